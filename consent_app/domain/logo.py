"""An operator's logo: an SVG that is only a drawing.

An SVG can carry scripts, fetch other files and break out of the page that shows it. Nothing is cleaned away here: a
file with anything but shapes and plain colours is refused with a reason, and what is kept is written anew from what was
checked, so that a trick in the spelling cannot survive.
"""

from __future__ import annotations

import re
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr  # nosec B406, it writes, it reads nothing

from django.utils.translation import gettext as _

from .colour import HEX_COLOUR, WHITE, contrast

LIMIT = 20_000
# WCAG 2.2, success criterion 1.4.11: what must be seen to understand a drawing.
MINIMUM_CONTRAST = 3.0

_SVG = "http://www.w3.org/2000/svg"
_SHAPES = frozenset({"path", "circle", "ellipse", "rect", "line", "polyline", "polygon"})
_ELEMENTS = _SHAPES | {"svg", "g", "defs", "linearGradient", "radialGradient", "stop", "title"}
_COLOURS = frozenset({"fill", "stroke", "stop-color"})
_ATTRIBUTES = _COLOURS | {
    *("id", "viewBox", "width", "height", "d", "points", "transform", "x", "y", "x1", "x2", "y1", "y2"),
    *("cx", "cy", "r", "rx", "ry", "fx", "fy", "offset", "opacity", "fill-opacity", "stroke-opacity", "stop-opacity"),
    *("fill-rule", "clip-rule", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
    *("stroke-dasharray", "gradientUnits", "gradientTransform"),
}
# Numbers, commands of paths, names: nothing that could name another place or be code.
_PLAIN = re.compile(r"[A-Za-z0-9 ,.()+%\-\s]*")
_GRADIENT = re.compile(r"url\(#[A-Za-z][A-Za-z0-9_-]*\)")


class BadLogo(Exception):
    """The file is no plain drawing; the message says what is wrong."""


def clean(content: bytes) -> str:
    """The drawing, written anew.

    Raises:
        BadLogo: too large, not readable, more than shapes and colours, or hardly visible on white.
    """
    if len(content) > LIMIT:
        raise BadLogo(
            _("%(size)sバイトあり、大きすぎます（%(limit)sバイトまで）。") % {"size": len(content), "limit": LIMIT}
        )
    drawing = _Drawing()
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler = drawing.start
    parser.EndElementHandler = drawing.end
    parser.CharacterDataHandler = drawing.text
    # Declared entities are how a small file becomes a huge one, or reads another.
    parser.StartDoctypeDeclHandler = drawing.refuse_doctype
    parser.ProcessingInstructionHandler = drawing.refuse_instruction
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadLogo(_("SVG として読めません（%(line)s行）。") % {"line": error.lineno}) from None
    drawing.check()
    return "".join(drawing.parts) + "\n"


class _Drawing:
    """What the parser meets, checked at once and written again."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.colours: set[str] = set()
        self.open: list[str] = []
        self.shapes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _space, tag = name.rpartition(" ")
        if namespace != _SVG or tag not in _ELEMENTS or (tag == "svg") != (not self.open):
            raise BadLogo(_("要素「%(name)s」は使えません。図形と色だけにしてください。") % {"name": tag or name})
        self.open.append(tag)
        self.shapes += tag in _SHAPES
        written = f' xmlns="{_SVG}"' if tag == "svg" else ""
        if tag == "svg" and "viewBox" not in attributes:
            raise BadLogo(_("svg に viewBox がありません。大きさが決まらないので、書いてください。"))
        for key, value in attributes.items():
            self._check(key, value)
            written += f" {key}={quoteattr(value)}"
        self.parts.append(f"<{tag}{written}>")

    def _check(self, key: str, value: str) -> None:
        if key not in _ATTRIBUTES:
            raise BadLogo(_("属性「%(name)s」は使えません。図形と色だけにしてください。") % {"name": key})
        if key in _COLOURS:
            colour = value.lower()
            if HEX_COLOUR.fullmatch(colour):
                self.colours.add(colour)
            elif value != "none" and not _GRADIENT.fullmatch(value):
                raise BadLogo(_("色「%(value)s」は #rrggbb の形で書いてください。") % {"value": value})
        elif key == "id":
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", value):
                raise BadLogo(_("属性「%(name)s」の値を読めません。") % {"name": key})
        elif not _PLAIN.fullmatch(value):
            raise BadLogo(_("属性「%(name)s」の値を読めません。") % {"name": key})

    def end(self, name: str) -> None:
        self.parts.append(f"</{self.open.pop()}>")

    def text(self, content: str) -> None:
        if self.open[-1] == "title":
            self.parts.append(escape(content))
        elif content.strip():
            raise BadLogo(_("文字は使えません。図形にしてください。"))

    def refuse_doctype(self, *_arguments: object) -> None:
        raise BadLogo(_("DOCTYPE の宣言は使えません。その行を消してください。"))

    def refuse_instruction(self, *_arguments: object) -> None:
        raise BadLogo(_("処理命令（<?…?>）は使えません。その行を消してください。"))

    def check(self) -> None:
        if not self.shapes:
            raise BadLogo(_("図形がありません。"))
        # Without a colour a shape is black.
        best = max((contrast(colour, WHITE) for colour in self.colours), default=21.0)
        if best < MINIMUM_CONTRAST:
            raise BadLogo(
                _("どの色も白とのコントラスト比が%(minimum)s未満で、よく見えません。もっと濃い色を使ってください。")
                % {"minimum": MINIMUM_CONTRAST}
            )
