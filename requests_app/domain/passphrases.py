"""Passphrases for the answers that go out as encrypted files."""

import secrets
from typing import Final

# Neither 0 and O nor 1, l and I, nor others that are mixed up on paper or on the telephone (2 z, 5 s, 8 b, g q 9, u v).
ALPHABET: Final = "acdefhjkmnprtwxy3467"
GROUPS: Final = 5
GROUP: Final = 4


def generate() -> str:
    """A new passphrase such as ``kd3m-wyat-4hxe-nc7p-jf6r``: 20 of 20 characters, 86 bits.

    An encrypted ZIP derives its key with few rounds (PBKDF2, 1,000), so the passphrase itself must be out of reach.
    """
    return "-".join("".join(secrets.choice(ALPHABET) for _place in range(GROUP)) for _group in range(GROUPS))
