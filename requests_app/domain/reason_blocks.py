"""Gaps in the texts that reasons are built from: which are filled in by themselves, and which are left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Filled in where the case says what belongs there.
ARTICLE: Final = "article"
ITEMS: Final = "items"
_GAP = re.compile(r"\{([^{}\n]{1,100})\}")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the gaps that ``values`` names filled in; the others stay for the person who writes."""
    return _GAP.sub(lambda gap: values.get(gap[1]) or gap[0], text)


def gaps(text: str) -> list[str]:
    """What is still to be written, each once and in order, with its braces."""
    return list(dict.fromkeys(gap[0] for gap in _GAP.finditer(text)))


def inserted(text: str, block: str) -> str:
    """``block`` below what was typed, as a paragraph of its own."""
    return f"{text.rstrip()}\n\n{block}" if text.strip() else block
