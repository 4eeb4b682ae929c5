"""Every key of a TOML document is found where it stands."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.toml_positions import key_positions

DOCUMENT = r'''# a comment = "not a key"
format = 1
[operator]
code = "x" # [not.a.table]
name.ja = "名\"=前"
  name . "en" = 'C:\'
[[items]]
code = "a"
text = """
code = "inside a string"
[items]
quotes "" and \""" stay inside"""
[[items]]
code = "b"
list = [
  "one", # comment with ]
  { deep = 1, "quo.ted" = [2, 3] },
  2026-04-01,
]
[items.sub]
key = true
'''


def test_finds_tables_keys_and_elements() -> None:
    places = key_positions(DOCUMENT)
    assert places[("format",)] == (2, 1)
    assert places[("operator",)] == (3, 1)
    assert places[("operator", "name")] == (5, 1)
    assert places[("operator", "name", "ja")] == (5, 1)
    assert places[("operator", "name", "en")] == (6, 3)
    assert places[("items",)] == (7, 1)
    assert places[("items", 0, "text")] == (9, 1)
    assert places[("items", 1)] == (13, 1)
    assert places[("items", 1, "code")] == (14, 1)
    assert places[("items", 1, "list", 0)] == (16, 3)
    assert places[("items", 1, "list", 1, "deep")] == (17, 5)
    assert places[("items", 1, "list", 1, "quo.ted", 1)] == (17, 31)
    assert places[("items", 1, "list", 2)] == (18, 3)
    assert places[("items", 1, "sub", "key")] == (21, 1)
    assert ("items", 0, "sub") not in places


def test_finds_every_path_that_tomllib_reads() -> None:
    assert set(key_positions(DOCUMENT)) == set(_paths(tomllib.loads(DOCUMENT)))


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, child in value.items():
            found += _paths(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            found += _paths(child, (*path, index))
    return found


_strings = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
_values = st.recursive(
    _strings | st.integers(-9, 9).map(str) | st.booleans().map(lambda value: str(value).lower()),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: "[" + ", # c ]\n ".join([*parts, ""]) + "]")
        | st.lists(inner.filter(lambda text: "\n" not in text), max_size=2).map(
            lambda parts: "{" + ", ".join(f"k{index} = {part}" for index, part in enumerate(parts)) + "}"
        )
    ),
    max_leaves=6,
)


@given(st.lists(_values, max_size=5))
def test_agrees_with_tomllib_on_any_values(values: list[str]) -> None:
    document = "".join(f"[[t]]\nkey = {value}\nlast.x = 1\n" for value in values)
    assert set(key_positions(document)) == set(_paths(tomllib.loads(document)))


def test_refuses_what_is_not_toml() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        key_positions("a = ")
