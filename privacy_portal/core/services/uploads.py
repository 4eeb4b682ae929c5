"""Files that somebody sends: what they are, whether they are taken, and what of them is kept.

The one place that looks at an uploaded file. :func:`clean` is for what comes from outside; what it returns was written
anew (:mod:`privacy_portal.core.cleaning`) and is the only thing that a service should accept. :func:`examined` is for
the operator's own papers, which have to stay as they are.
"""

import json
import logging
import os
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .. import clamd
from ..cleaning import child
from ..cleaning.kinds import ENDINGS, ENDINGS_OF, HEAD, HEIC, JPEG, PDF, PNG, TAKEN, WEBP, Limits, Refused, kind_of
from ..models import EncryptedFile
from . import files

logger = logging.getLogger(__name__)

# For the "accept" attribute. HEIC is left out on purpose: a telephone then sends its photos as JPEG by itself.
ACCEPT: Final = "image/jpeg,image/png,image/webp,application/pdf"
NAME_LENGTH: Final = 80
# Only the decoders' limits are in seconds of work; a machine under load may take longer for the same.
PATIENCE: Final = 25
# Opening a file may take a gigabyte; more at once wait for their turn.
AT_ONCE: Final = 2
_turns = threading.BoundedSemaphore(AT_ONCE)
_START: Final = "import sys; sys.path.append(sys.argv[1]); from cleaning.child import main; main()"
_FOLDER: Final = str(Path(child.__file__).parent.parent)

KIND_NAMES: Final = {JPEG: "JPEG", PNG: "PNG", WEBP: "WebP", PDF: "PDF"}
WORDS: Final[dict[str, Any]] = {
    "empty": _("ファイルが空です。選び直してください。"),
    "size": _("ファイルが大きすぎます。1つ%(megabytes)sMBまでです。"),
    "kind": _("この種類のファイルは受け取れません。写真（JPEG、PNG）かPDFを選んでください。"),
    "document": _("この種類のファイルは受け取れません。PDF、PNG、JPEGのファイルを選んでください。"),
    "heic": _("HEIC形式の写真は受け取れません。JPEGにするか、画面を撮った画像（スクリーンショット）を選んでください。"),
    "name": _(
        "ファイルの名前の終わりと中身が合いません（中身は%(kind)s）。名前を直すか、ほかのファイルを選んでください。"
    ),
    "broken": _("ファイルが壊れているか、途中で切れています。作り直すか、撮り直してください。"),
    "pixels": _("画像が大きすぎます。%(pixels)s画素までです。小さくして送ってください。"),
    "pages": _("PDFのページが多すぎます。%(pages)sページまでです。分けて送ってください。"),
    "moving": _("動く画像は受け取れません。動かない画像を選んでください。"),
    "encrypted": _(
        "パスワードや暗号化で保護されたPDFは受け取れません。保護を外すか、印刷した紙を撮って送ってください。"
    ),
    "form": _("入力した内容が、このPDFのままでは残りません。「印刷」からPDFとして保存し直して送ってください。"),
    "unsafe": _("このファイルは安全に開けませんでした。印刷した紙や画面を撮って、写真で送ってください。"),
    "infected": _("ウイルス対策ソフトが、このファイルに問題を見つけました。受け取れません。"),
    "scanner": _("ウイルスの検査が今できないため、ファイルを受け取れません。時間をおいて、もう一度お試しください。"),
}


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file that may be kept. Made by :func:`clean` and :func:`examined` only.

    Args:
        name: as its owner called it, without what could deceive; personal data, so kept encrypted or not at all.
        pages: of a PDF; 1 for a picture.
    """

    name: str = field(repr=False)
    content: bytes = field(repr=False)
    content_type: str
    pages: int = 1

    @property
    def ending(self) -> str:
        """Of a file name, without the dot."""
        return ENDINGS[self.content_type]


def limits() -> Limits:
    """What is taken of a file here."""
    return Limits(size=settings.UPLOAD_MAX_MB * 1024 * 1024)


def clean(upload: BinaryIO, *, name: str, kinds: Iterable[str] = TAKEN, most: Limits | None = None) -> CleanFile:
    """What may be kept of a file from outside: its pictures or pages, written anew, and nothing else of it.

    Args:
        name: what the sender calls it.
        kinds: media types that are taken here.
        most: the limits, if not the usual ones.

    Raises:
        ValidationError: with words for the sender and one of the codes of :data:`WORDS`.
    """
    most = most or limits()
    content = _content(upload, most)
    kind = kind_of(content[:HEAD])
    if kind == HEIC:
        raise _refusal("heic", most)
    if kind not in tuple(kinds):
        raise _refusal("kind", most)
    _require_honest_name(name, kind, most)
    _scan(content, most)
    result = _cleaned(content, kind, most)
    if isinstance(result, Refused):
        raise _refusal(result.code, most)
    content_type, pages, cleaned = result
    return CleanFile(name=safe_name(name, content_type), content=cleaned, content_type=content_type, pages=pages)


def examined(upload: BinaryIO, *, name: str, most: Limits | None = None) -> CleanFile:
    """The operator's own paper, byte for byte: an electronic signature in it is worth something only as it is.

    Type, size and, where there is a scanner, viruses are looked at; nothing is taken out. Not for files from outside.

    Raises:
        ValidationError: as :func:`clean`.
    """
    most = most or limits()
    content = _content(upload, most)
    kind = kind_of(content[:HEAD])
    if kind not in ENDINGS:
        raise _refusal("document", most)
    _require_honest_name(name, kind, most)
    _scan(content, most)
    return CleanFile(name=safe_name(name, kind), content=content, content_type=kind)


def store(file: CleanFile, *, name: str) -> EncryptedFile:
    """Keep it encrypted. Inside the transaction of what refers to it.

    Args:
        name: of the download, without its ending and without personal data.
    """
    with files.create(name=f"{name}.{file.ending}", content_type=file.content_type) as writer:
        writer.write(file.content)
    return writer.file


def shown_name(claimed: str) -> str:
    """The name as one line that shows what it says.

    No folder, no control or direction marks (which can make ``gnp.exe`` look like ``exe.png``), at most 80 characters.
    """
    last = unicodedata.normalize("NFC", claimed).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(
        " " if one.isspace() else one for one in last if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    return " ".join("".join("_" if one in '<>:"|?*' else one for one in shown).split())[:NAME_LENGTH].strip()


def safe_name(claimed: str, content_type: str) -> str:
    """The same with the ending of what the file is."""
    shown = shown_name(claimed)
    stem, dot, ending = shown.rpartition(".")
    if not dot or ending.lower() not in ENDINGS_OF.get(content_type, ()):
        stem = shown
    stem = stem.strip(". ")[: NAME_LENGTH - 5].rstrip(". ")
    return f"{stem or 'file'}.{ENDINGS[content_type]}"


def _content(upload: BinaryIO, most: Limits) -> bytes:
    # What came was counted already; it may not have been kept, if it was too large.
    stated = getattr(upload, "size", None)
    if stated is not None and stated > most.size:
        raise _refusal("size", most)
    upload.seek(0)
    content = upload.read(most.size + 1)
    upload.seek(0)
    if not content:
        raise _refusal("empty", most)
    if len(content) > most.size:
        raise _refusal("size", most)
    return content


def _require_honest_name(name: str, kind: str, most: Limits) -> None:
    """A name without an ending says nothing; one with the ending of something else lies."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    _stem, dot, ending = last.rpartition(".")
    is_ending = dot and ending.isascii() and ending.isalnum() and not ending.isdigit()
    if is_ending and ending.lower() not in ENDINGS_OF[kind]:
        raise _refusal("name", most, kind=KIND_NAMES[kind])


def _scan(content: bytes, most: Limits) -> None:
    try:
        clamd.require_clean(content)
    except clamd.Infected:
        raise _refusal("infected", most) from None
    except clamd.Unreachable:
        raise _refusal("scanner", most) from None


def _cleaned(content: bytes, kind: str, most: Limits) -> tuple[str, int, bytes] | Refused:
    """Let a process of its own open the file. Whatever becomes of that process, an answer comes."""
    numbers = [str(most.size), str(most.pixels), str(most.pages)]
    # Of the environment only what finds the interpreter's own libraries: the keys of this product are in it.
    needed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    command = [sys.executable, "-I", "-c", _START, _FOLDER, kind, *numbers]
    try:
        with _turns:
            done = subprocess.run(
                command, input=content, capture_output=True, timeout=PATIENCE, env=needed, check=False
            )
    except subprocess.TimeoutExpired:
        logger.warning("An uploaded file took too long to be cleaned.")
        return Refused("unsafe")
    line, _newline, cleaned = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        # Its messages may quote the file.
        logger.warning("The process that cleans an uploaded file ended with %s.", done.returncode)
        return Refused("unsafe")
    answer = json.loads(line)
    if "refused" in answer:
        return Refused(answer["refused"])
    if not cleaned or answer["kind"] not in ENDINGS:
        return Refused("unsafe")
    return answer["kind"], answer["pages"], cleaned


def _refusal(code: str, most: Limits, **values: object) -> ValidationError:
    numbers = {"megabytes": most.size // 1024**2, "pixels": f"{most.pixels:,}", "pages": most.pages}
    return ValidationError(WORDS[code], code=code, params={**numbers, **values})
