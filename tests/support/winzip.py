"""A second reader of encrypted ZIP files, written from the format's description alone.

WinZip's AE-2 (https://www.winzip.com/en/support/aes-encryption/): a key from PBKDF2 with SHA-1 and 1,000 rounds, AES in
counter mode with a counter of the lowest byte first, and ten bytes of an HMAC with SHA-1. It shares nothing with the
library that writes the files: what both read, any program that knows the format reads.
"""

import hashlib
import hmac
import io
import struct
import zipfile
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def opened(content: bytes, passphrase: str) -> dict[str, bytes]:
    """Every file of the archive by its name.

    Raises:
        ValueError: another passphrase, or the content was changed.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {one.filename: _member(content, one, passphrase.encode()) for one in archive.infolist()}


def _member(content: bytes, member: zipfile.ZipInfo, passphrase: bytes) -> bytes:
    names, extra = struct.unpack_from("<HH", content, member.header_offset + 26)
    begin = member.header_offset + 30 + names + extra
    sealed = content[begin : begin + member.compress_size]
    strength, method = struct.unpack_from("<BH", member.extra, 8)
    key_size = {1: 16, 2: 24, 3: 32}[strength]
    salt, verifier = sealed[: key_size // 2], sealed[key_size // 2 : key_size // 2 + 2]
    data, tag = sealed[key_size // 2 + 2 : -10], sealed[-10:]
    keys = hashlib.pbkdf2_hmac("sha1", passphrase, salt, 1000, 2 * key_size + 2)
    if keys[-2:] != verifier or hmac.new(keys[key_size:-2], data, "sha1").digest()[:10] != tag:
        raise ValueError("another passphrase, or changed")
    plain = _counted(keys[:key_size], data)
    return zlib.decompress(plain, -15) if method == zipfile.ZIP_DEFLATED else plain


def _counted(key: bytes, data: bytes) -> bytes:
    blocks = b"".join(number.to_bytes(16, "little") for number in range(1, len(data) // 16 + 2))
    # Counter mode with this order of bytes is the encrypted counter over the data.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # nosec B305
    stream = encryptor.update(blocks)[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")
