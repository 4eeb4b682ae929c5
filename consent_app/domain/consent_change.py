"""Whether a change of what is asked for leaves the consents that were given before."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_NO_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person consents to: the purpose in words, the items it uses, and who else gets them."""

    text_ja: str
    text_en: str
    explanation_ja: str
    explanation_en: str
    items: frozenset[str]
    provided_to: str


def is_material(before: Asked, after: Asked) -> bool:
    """Whether somebody who agreed to ``before`` may not have agreed to ``after``.

    Fewer items are covered by what was agreed to. Marks, spaces, widths and capital letters change no meaning. Any
    other word might: no program can tell a slip of the pen from another purpose, so it counts as a change of meaning
    until a person has said otherwise.
    """
    return (
        not after.items <= before.items
        or _words(before.provided_to) != _words(after.provided_to)
        or any(
            _words(getattr(before, name)) != _words(getattr(after, name))
            for name in ("text_ja", "text_en", "explanation_ja", "explanation_en")
        )
    )


def _words(text: str) -> str:
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text)).casefold()
