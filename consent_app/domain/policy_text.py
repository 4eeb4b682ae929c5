"""Markdown to HTML that is safe to show, and the difference between two texts, line by line."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import Literal

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# CommonMark with tables. HTML is shown as text and pictures are left out; the library itself refuses links that run
# something ("javascript:", "data:").
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_HEADING = re.compile(r"h[1-6]\Z")
# A Latin word or a number is one piece, everything else (Japanese has no spaces) a character.
_PIECE = re.compile(r"[A-Za-z0-9’'-]+|\s+|.", re.DOTALL)
# Two lines that differ more than this are shown as one that went and one that came.
_ALIKE = 0.4
CONTEXT = 2


def render(text: str) -> SafeString:
    """The Markdown as HTML. Its highest headings become ``h2``: the page has its own first one."""
    tokens = _MARKDOWN.parse(text)
    headings = [token for token in tokens if _HEADING.match(token.tag)]
    down = 2 - min((int(token.tag[1]) for token in headings), default=2)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) + down)}"
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return mark_safe(html)  # noqa: S308, written by the renderer above, which escapes all that the text holds  # nosec B308, B703


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line; ``changed`` marks what is not in the other version's line."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the difference; ``skip`` stands for lines that are the same and left out."""

    kind: Literal["same", "added", "removed", "skip"]
    parts: tuple[Part, ...] = field(default=())
    count: int = 0


def difference(before: str, after: str) -> list[Line]:
    """What changed, with two lines around each change. Empty where nothing did; blank lines do not count."""
    old, new = _lines(before), _lines(after)
    lines: list[Line] = []
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    if all(kind == "equal" for kind, *_places in blocks):
        return []
    for place, (kind, old_from, old_to, new_from, new_to) in enumerate(blocks):
        if kind == "equal":
            lines += _around(old[old_from:old_to], first=place == 0, last=place == len(blocks) - 1)
        else:
            lines += _changed(old[old_from:old_to], new[new_from:new_to])
    return lines


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _around(same: list[str], *, first: bool, last: bool) -> list[Line]:
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if len(same) <= head + tail + 1:
        return [Line("same", (Part(line),)) for line in same]
    left = len(same) - head - tail
    return [
        *(Line("same", (Part(line),)) for line in same[:head]),
        Line("skip", count=left),
        *(Line("same", (Part(line),)) for line in same[len(same) - tail :]),
    ]


def _changed(old: list[str], new: list[str]) -> list[Line]:
    """The old wording beside the new one, line for line as far as both go, then what is left of either."""
    lines: list[Line] = []
    for one, other in zip(old, new, strict=False):
        gone, came = _parts(one, other)
        lines += [Line("removed", gone), Line("added", came)]
    paired = min(len(old), len(new))
    lines += [Line("removed", (Part(line),)) for line in old[paired:]]
    lines += [Line("added", (Part(line),)) for line in new[paired:]]
    return lines


def _parts(one: str, other: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    old, new = _PIECE.findall(one), _PIECE.findall(other)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return (Part(one),), (Part(other),)
    gone: list[Part] = []
    came: list[Part] = []
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        for parts, pieces in ((gone, old[old_from:old_to]), (came, new[new_from:new_to])):
            if pieces:
                parts.append(Part("".join(pieces), changed=kind != "equal"))
    return tuple(gone), tuple(came)
