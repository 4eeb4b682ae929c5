"""The gaps of building blocks, and that there is a block for everything that can be refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.reason_texts import GROUNDS, REASON_BLOCKS
from requests_app.domain.reason_blocks import filled, gaps, inserted
from requests_app.domain.request_types import REQUEST_TYPES

PAIRS = sorted((code, refusal.code) for code, entry in REQUEST_TYPES.items() for refusal in entry.refusals)


def test_what_is_known_is_filled_in_and_the_rest_is_left() -> None:
    text = "{items}は{法令の名前}により（{article}）。{法令の名前}"
    assert (
        filled(text, {"article": "第33条第2項", "items": "氏名"})
        == "氏名は{法令の名前}により（第33条第2項）。{法令の名前}"
    )
    assert filled(text, {"article": "", "items": ""}) == text
    assert gaps(text) == ["{items}", "{法令の名前}", "{article}"]
    assert gaps("これで終わりです。{}｛全角｝") == []


@given(st.text(), st.dictionaries(st.sampled_from(["article", "items", "x"]), st.text(min_size=1)))
def test_only_gaps_are_filled(text: str, values: dict[str, str]) -> None:
    if not gaps(text):
        assert filled(text, values) == text
    clean = {name: value for name, value in values.items() if not {"{", "}"} & set(value)}
    left = set(gaps(filled("{article}{items}", clean)))
    assert left == {"{article}", "{items}"} - {f"{{{name}}}" for name in clean}


@given(st.text(), st.text(min_size=1))
def test_what_was_typed_stays(typed: str, block: str) -> None:
    result = inserted(typed, block)
    assert result.endswith(block)
    assert result.startswith(typed.rstrip())


@pytest.mark.parametrize(("code", "ground"), PAIRS, ids=lambda value: value)
def test_there_is_a_block_for_every_ground_of_every_type(code: str, ground: str) -> None:
    instead = next(one.instead for one in REQUEST_TYPES[code].refusals if one.code == ground)
    outcomes = {"alternative"} if instead else {"refused"}
    assert [
        block.code
        for block in REASON_BLOCKS
        if code in block.requests and ground in block.grounds and outcomes & set(block.outcomes)
    ]


@pytest.mark.parametrize("block", REASON_BLOCKS, ids=lambda block: block.code)
def test_a_block_is_whole_in_both_languages_and_speaks_of_what_there_is(block) -> None:  # type: ignore[no-untyped-def]
    assert block.title.ja and block.title.en and block.text.ja and block.text.en  # noqa: PT018
    assert len(gaps(block.text.ja)) == len(gaps(block.text.en))
    assert ("{article}" in block.text.ja) == ("{article}" in block.text.en)
    types = [REQUEST_TYPES[code] for code in block.requests] or list(REQUEST_TYPES.values())
    assert set(block.grounds) <= {refusal.code for entry in types for refusal in entry.refusals}
    assert set(block.outcomes) <= {outcome for entry in types for outcome in entry.outcome_articles}
    assert not block.grounds or "{article}" in block.text.ja


def test_profiles_can_name_every_ground_of_the_table() -> None:
    assert set(GROUNDS) == {ground for _code, ground in PAIRS}
    assert len({block.code for block in REASON_BLOCKS}) == len(REASON_BLOCKS)
