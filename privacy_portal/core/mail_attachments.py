"""Files that go along with a mail, made at the moment of sending: the outbox keeps the kind and a key, never a copy.

An app lists its own in a module ``attachment_kinds``, which is found when the apps are ready.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.module_loading import import_string

_builders: dict[str, str] = {}


class AttachmentGone(Exception):
    """What should go along does not exist any more, so the mail is not sent either."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it goes into a mail."""

    name: str
    content: bytes
    content_type: str


def register(kind: str, builder: str) -> None:
    """Register the function (dotted path) that makes the file of a key; it raises :class:`AttachmentGone`."""
    _builders[kind] = builder


def reference(kind: str, key: object) -> str:
    """What a mail's row keeps.

    Raises:
        ValueError: the kind is not registered.
    """
    if kind not in _builders:
        raise ValueError(f"There is no attachment of the kind {kind!r}.")
    return f"{kind}:{key}"


def build(kept: str) -> Attachment:
    """The file that a row names.

    Raises:
        AttachmentGone: see there.
    """
    kind, _colon, key = kept.partition(":")
    if kind not in _builders:
        raise AttachmentGone
    builder: Callable[[str], Attachment] = import_string(_builders[kind])
    return builder(key)
