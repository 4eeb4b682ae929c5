"""The gate behind the form."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.domain.answers import MY_NUMBER, CleanAnswers, Errors, PartyAnswers, read_answers
from requests_app.domain.request_types import DISCLOSURE

FULL: dict[str, Any] = {"requester": "person", "family_name": "髙橋", "answer_method": "download"}
TODAY = date(2026, 11, 22)
PARTY = [field.name for field in fields(PartyAnswers)]


def read(items: tuple[str, ...] = ("orders",), **changes: Any) -> tuple[CleanAnswers, Errors]:
    return read_answers({**FULL, **changes}, entry=DISCLOSURE, item_codes=items, today=TODAY)


def test_the_least_that_is_needed() -> None:
    clean, errors = read()
    assert not errors
    assert (clean.wants_everything, clean.agent, clean.principal.family_name) == (True, None, "髙橋")


@pytest.mark.parametrize("name", ["requester", "family_name", "answer_method"])
@pytest.mark.parametrize("value", ["", None, "　"])
def test_what_is_required(name: str, value: Any) -> None:
    assert set(read(**{name: value})[1]) == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requester", "manager"),
        ("requester", ["person"]),
        ("answer_method", "fax"),
        ("family_name", 7),
        ("family_name", ["髙橋"]),
        ("family_name", "髙" * 101),
        ("family_name", "髙" * 100_000),
        ("family_kana", "髙橋"),
        ("telephone", "12"),
        ("telephone", {"number": "090"}),
        ("birth_date", "昭和55年13月1日"),
        ("birth_date", "2026-11-23"),
        ("birth_date", "1880-01-01"),
        ("birth_date", "春"),
        ("birth_date", 19800401),
        ("postal_code", "100-001"),
        ("registered_postal_code", "10000010"),
        ("prefecture", "大都会"),
        ("address1", "あ" * 301),
        ("wants_everything", "yes"),
        ("wanted_note", "あ" * 2001),
        ("wanted_note", "番号は 1234-5678-9018 です"),
        ("wanted_note", "１２３４５６７８９０１８"),
        ("answer_method_note", "123456789018"),
    ],
)
def test_what_is_refused_names_its_field(name: str, value: Any) -> None:
    _clean, errors = read(**{name: value})
    assert set(errors) == {name}
    assert str(errors[name])


@pytest.mark.parametrize("note", ["123456789012", "+81 90 1234 5678", "注文 0B000001", "1234567890123"])
def test_other_numbers_may_be_written(note: str) -> None:
    clean, errors = read(wanted_note=note)
    assert (clean.wanted_note, errors) == (note, {})


LINES = [
    *("family_name", "given_name", "family_kana", "given_kana", "telephone", "postal_code", "prefecture"),
    *("address1", "address2", "registered_postal_code", "registered_address", "customer_number", "order_number"),
]


@pytest.mark.parametrize("name", [*LINES, "wanted_note", "answer_method_note", *(f"agent_{name}" for name in LINES)])
@pytest.mark.parametrize(
    "typed",
    [
        "123456789018",
        "１２３４５６７８９０１８",
        "1234-5678-9018",
        "1234 5678 9018",
        "123.456.789.018",
        "12 34 56 78 90 18",
        "一二三四五六七八九〇一八",
        "一二三四　五六七八　九零一八",
    ],
)
def test_a_my_number_is_refused_in_every_text(name: str, typed: str) -> None:
    clean, errors = read(**{"requester": "mandated", "agent_family_name": "代理", name: typed})
    assert errors == {name: MY_NUMBER}
    assert "9018" not in str(clean)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("telephone", "090-1234-5678"),
        ("telephone", "+81 90 1234 5678"),
        ("telephone", "03-1234-5678"),
        ("order_number", "123456789012"),
        ("order_number", "#1023"),
        ("order_number", "2026-11-22-0001"),
        ("customer_number", "1234567890123"),
        ("address1", "札幌市中央区北1条西2丁目3-4-1203"),
    ],
)
def test_other_numbers_of_other_fields_are_taken(name: str, typed: str) -> None:
    assert not read(**{name: typed})[1]


class TestWanted:
    def test_everything_needs_nothing_else(self) -> None:
        clean, errors = read(wants_everything=True, wanted_items=["orders"])
        assert (clean.wanted_items, errors) == ((), {})

    def test_chosen_items(self) -> None:
        assert read(wants_everything=False, wanted_items=["orders"])[0].wanted_items == ("orders",)

    def test_words_alone_are_enough(self) -> None:
        assert not read(wants_everything=False, wanted_note="去年の注文")[1]

    @pytest.mark.parametrize("items", [[], None, ["unknown"], "orders", [["orders"]], 7])
    def test_nothing_or_something_unknown(self, items: Any) -> None:
        assert set(read(wants_everything=False, wanted_items=items)[1]) == {"wanted_items"}


class TestAgent:
    def test_is_read_beside_the_principal(self) -> None:
        clean, errors = read(requester="parent", agent_family_name="親", agent_telephone="03-1234-5678")
        assert not errors
        assert clean.agent is not None
        assert clean.agent.telephone == "+81312345678"

    def test_needs_a_name(self) -> None:
        assert set(read(requester="mandated")[1]) == {"agent_family_name"}

    def test_gets_the_paper(self) -> None:
        _clean, errors = read(requester="mandated", agent_family_name="代理", answer_method="paper")
        assert set(errors) == {"agent_address1"}


class TestMethod:
    def test_another_way_is_described(self) -> None:
        assert set(read(answer_method="other")[1]) == {"answer_method_note"}
        assert not read(answer_method="other", answer_method_note="点字で")[1]

    def test_paper_needs_an_address(self) -> None:
        assert set(read(answer_method="paper", prefecture="東京都")[1]) == {"postal_code", "address1"}

    def test_paper_can_go_abroad(self) -> None:
        assert not read(answer_method="paper", address1="1 Main Street, Springfield, USA")[1]


values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text(), max_size=3))
OTHER = ["requester", "wants_everything", "wanted_items", "wanted_note", "answer_method", "answer_method_note"]
names = st.sampled_from([*PARTY, *(f"agent_{name}" for name in PARTY), *OTHER])


@given(st.dictionaries(names, values))
def test_no_answers_break_it(answers: dict[str, Any]) -> None:
    clean, errors = read_answers(answers, entry=DISCLOSURE, item_codes={"orders"}, today=TODAY)
    if not errors:
        assert "\x00" not in repr(clean)


@pytest.mark.parametrize("name", ["花子、太郎", "花子＆太郎", "花子 & 太郎", "花子および太郎", "Hanako and Taro"])
@pytest.mark.parametrize("field", ["family_name", "given_name"])
def test_a_request_for_data_of_two_people(field: str, name: str) -> None:
    assert field in read(**{field: name})[1]


@pytest.mark.parametrize(
    "name", ["Alexander", "Sandra", "Kumar A/L Raman", "Smith, John", "ヨハン・セバスチャン", "恩"]
)
def test_names_of_one_person(name: str) -> None:
    assert "family_name" not in read(family_name=name)[1]
