"""A logo is shapes and colours; whatever else an SVG can do is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.logo import LIMIT, BadLogo, clean
from consent_app.services.profiles import PROFILES

NS = 'xmlns="http://www.w3.org/2000/svg"'
SHAPE = '<path d="M0 0h9v9z" fill="#0f5c4d"/>'


def svg(inside: str, attributes: str = 'viewBox="0 0 48 48"', before: str = "") -> bytes:
    return f"{before}<svg {NS} {attributes}>{inside}</svg>".encode()


@pytest.mark.parametrize("path", sorted((PROFILES / "logos").iterdir()), ids=lambda path: path.name)
def test_the_logos_that_come_with_the_product(path) -> None:
    drawing = clean(path.read_bytes())
    assert drawing.startswith(f"<svg {NS}")
    assert clean(drawing.encode()) == drawing


def test_what_is_kept_is_written_anew() -> None:
    content = svg(f"<!-- a note --><title>A &amp; &lt;B&gt;</title>\n<g  opacity = '0.5'>{SHAPE}</g>")
    assert clean(content) == (
        f'<svg {NS} viewBox="0 0 48 48"><title>A &amp; &lt;B&gt;</title><g opacity="0.5">'
        '<path d="M0 0h9v9z" fill="#0f5c4d"></path></g></svg>\n'
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (svg("<script>alert(1)</script>" + SHAPE), "script"),
        (svg("<style>*{fill:red}</style>" + SHAPE), "style"),
        (svg("<foreignObject/>" + SHAPE), "foreignObject"),
        (svg('<image width="9" height="9"/>' + SHAPE), "image"),
        (svg('<use id="a"/>' + SHAPE), "use"),
        (svg('<a id="a">' + SHAPE + "</a>"), "「a」"),
        (svg("<animate/>" + SHAPE), "animate"),
        (svg("<svg viewBox='0 0 1 1'/>" + SHAPE), "svg"),
        (svg('<h:p xmlns:h="http://www.w3.org/1999/xhtml"/>' + SHAPE), "「p」"),
        (svg('<path d="M0 0" onload="alert(1)"/>'), "onload"),
        (svg('<path d="M0 0" style="fill:url(https://example.com)"/>'), "style"),
        (svg('<path d="M0 0" href="#a"/>'), "href"),
        (svg('<path d="M0 0" xmlns:x="http://www.w3.org/1999/xlink" x:href="data:,"/>'), "href"),
        (svg('<path d="M0 0" fill="url(https://example.com/a)"/>'), "url(https"),
        (svg('<path d="M0 0" fill="url(#a) url(//example.com)"/>'), "#rrggbb"),
        (svg('<path d="M0 0" fill="red"/>'), "red"),
        (svg('<path d="M0 0" transform="url(#a)"/>'), "transform"),
        (svg('<path d="javascript:alert(1)"/>'), "「d」"),
        (svg('<path id="a b" d="M0 0"/>'), "「id」"),
        (svg("text" + SHAPE), "文字"),
        (svg("<![CDATA[text]]>" + SHAPE), "文字"),
        (svg(SHAPE, attributes=""), "viewBox"),
        (svg(""), "図形がありません"),
        (svg("<title>only a title</title>"), "図形がありません"),
        (svg('<path d="M0 0" fill="#cccccc"/>'), "コントラスト"),
        (svg(SHAPE, before='<!DOCTYPE svg [<!ENTITY a "b">]>'), "DOCTYPE"),
        (svg(SHAPE, before='<?xml-stylesheet href="https://example.com/a.css"?>'), "処理命令"),
        (svg(SHAPE + "&unknown;"), "読めません"),
        (svg("<path")[:-7], "読めません"),
        (b"", "読めません"),
        (b"\x89PNG\r\n\x1a\n", "読めません"),
        (b"\xff\xfe<\x00s\x00", "読めません"),
        (f"<html {NS}/>".encode(), "html"),
        (b'<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>', "svg"),
        (svg(SHAPE + " " * LIMIT), "大きすぎます"),
    ],
)
def test_anything_else_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadLogo, match=said.replace("(", r"\(")):
        clean(content)


def test_entities_that_grow_are_never_expanded() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    with pytest.raises(BadLogo, match="DOCTYPE"):
        clean(svg("&e8;", before=f'<!DOCTYPE svg [<!ENTITY e0 "x">{entities}]>'))


def test_deep_nesting_does_no_harm() -> None:
    deep = "<g>" * 2000 + SHAPE + "</g>" * 2000
    assert clean(svg(deep)).count("<g>") == 2000


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_fail_plainly(content: bytes) -> None:
    with pytest.raises(BadLogo):
        clean(content)


@given(st.text(max_size=40))
def test_no_value_of_an_attribute_gets_out_of_it(value: str) -> None:
    escaped = "".join(f"&#{ord(letter)};" for letter in value)
    for name in ("d", "fill", "id", "transform"):
        try:
            drawing = clean(svg(f'<path {name}="{escaped}"/>'))
        except BadLogo:
            continue
        assert drawing.count("<") == 4
        assert drawing.count(">") == 4
