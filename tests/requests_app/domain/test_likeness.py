"""Near is explained to the manager; it is never equal, and nobody passes by it."""

import functools
from collections import defaultdict
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.formats import Problem, detect, read_rows, scan
from consent_app.domain.formats.rows import SourceRow
from consent_app.domain.normalise import name_key
from requests_app.domain.comparison import Home, Person, Result, Verdict, compare, verdict
from requests_app.domain.likeness import NEAR_SHARE, WEIGHTS, Reason, likeness

REGISTERED = Person(
    family_name="髙橋",
    given_name="花子",
    family_kana="タカハシ",
    given_kana="ハナコ",
    telephone="+819012345678",
    home=Home("1000001", "東京都千代田区例町4-5-6 例マンション101"),
)


def line(fact: str, **stated: object) -> tuple[Result, Reason | None]:
    found = likeness(replace(REGISTERED, **stated), REGISTERED)  # type: ignore[arg-type]
    (one,) = (one for one in found.lines if one.fact == fact)
    return one.result, one.near


@pytest.mark.parametrize(
    ("family", "given_name", "near"),
    [
        ("鈴木", "花子", Reason.OTHER_FAMILY),
        ("高橋", "太郎", Reason.OTHER_GIVEN),
        ("", "高橋花", Reason.ONE_CHARACTER),
        ("", "高橋芳子", Reason.ONE_CHARACTER),
        ("鈴木", "太郎", None),
        ("", "鈴木花子", None),
    ],
)
def test_a_name(family: str, given_name: str, near: Reason | None) -> None:
    assert line("name", family_name=family, given_name=given_name) == (Result.DIFFERENT, near)


@pytest.mark.parametrize(
    ("registered", "stated"),
    [
        ("オオノ ユウコ", "オーノ ユーコ"),
        ("オウノ ユウコ", "おおの ゆうこ"),
        ("サトウ ケイ", "サトー ケー"),
        ("ミヅホ", "ミズホ"),
    ],
)
def test_a_reading_with_another_long_vowel(registered: str, stated: str) -> None:
    one, other = (replace(REGISTERED, family_kana=kana, given_kana="") for kana in (stated, registered))
    (found,) = (one for one in likeness(one, other).lines if one.fact == "kana")
    assert (found.result, found.near) == (Result.DIFFERENT, Reason.LONG_VOWEL)


@pytest.mark.parametrize(
    ("telephone", "near"),
    [
        ("090-1234-5679", Reason.ONE_DIGIT),
        ("090-1234-567", Reason.ONE_DIGIT),
        ("090-1243-5678", Reason.SWAPPED),
        ("090-1234-9999", None),
        ("03-1234-5678", None),
    ],
)
def test_a_telephone_number(telephone: str, near: Reason | None) -> None:
    assert line("telephone", telephone=telephone) == (Result.DIFFERENT, near)


@pytest.mark.parametrize(
    ("home", "near"),
    [
        (Home("1000001", "東京都千代田区例町4-5-6 例マンション102"), Reason.BUILDING),
        (Home("1000001", "東京都千代田区例町4-5-7"), Reason.NUMBER),
        (Home("1000001", "千代田区列町4-5-6例マンション101"), Reason.ONE_CHARACTER),
        (Home("1000002", "東京都千代田区例町四丁目5番6号 例マンション101"), Reason.POSTAL_CODE),
        (Home("5300001", "大阪府大阪市北区新町1-2-3"), None),
    ],
)
def test_an_address(home: Home, near: Reason | None) -> None:
    assert line("address", home=home) == (Result.MOVED, near)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("昭和55年4月2日", Reason.ONE_DIGIT),
        ("1981-04-01", Reason.ONE_DIGIT),
        ("S55.1.4", Reason.DAY_AND_MONTH),
        ("1908-04-01", Reason.SWAPPED),
        ("1980-04-10", Reason.SWAPPED),
        ("1982-03-01", None),
        ("春", None),
    ],
)
def test_a_day_of_birth(text: str, near: Reason | None) -> None:
    registered = replace(REGISTERED, birth_date="1980-04-01")
    (found,) = (
        one for one in likeness(replace(registered, birth_date=text), registered).lines if one.fact == "birth_date"
    )
    assert (found.result, found.near) == (Result.DIFFERENT, near)


def test_the_nearer_of_two_addresses_is_named() -> None:
    number, building = (Home("", f"千代田区例町4-5-{rest}") for rest in ("9", "6 別マンション5"))
    assert line("address", home=number, earlier=building) == (Result.DIFFERENT, Reason.BUILDING)


def test_the_same_address_in_another_prefecture_is_near_and_in_none_is_not() -> None:
    assert line("address", home=Home("", "広島県千代田区例町4-5-6")) == (Result.MOVED, Reason.PREFECTURE)
    assert line("address", home=Home("", "千代田区例町4-5-6")) == (Result.EQUAL, None)


def test_the_score() -> None:
    assert likeness(REGISTERED, REGISTERED).score == 100
    assert likeness(Person(), REGISTERED).score is None
    somebody = Person("鈴木", "太郎", telephone="0312345678")
    assert likeness(somebody, REGISTERED).score == 0
    married = likeness(replace(REGISTERED, family_name="鈴木", family_kana=""), REGISTERED)
    assert married.score is not None
    assert 0 < married.score < 100
    # What the person did not state does not count against them.
    assert likeness(Person("高橋", "花子"), REGISTERED).score == 100
    assert sum(WEIGHTS.values()) == 100
    assert NEAR_SHARE < 0.5


WORDS = st.text(alphabet="高橋花子太郎鈴木タカハシーオ1234-丁目", max_size=8)
PERSONS = st.builds(
    Person,
    WORDS,
    WORDS,
    WORDS,
    WORDS,
    st.text(alphabet="0123456789-", max_size=13),
    st.builds(Home, st.just(""), WORDS),
    birth_date=st.sampled_from(["", "1980-04-01", "S55.4.1", "昭和55年4月2日", "1980-01-04", "春"]),
)


@given(PERSONS, PERSONS)
def test_it_explains_the_comparison_and_changes_nothing(one: Person, other: Person) -> None:
    found = likeness(one, other)
    findings = compare(one, other)
    assert {line.fact: line.result for line in found.lines} == {fact: findings[fact] for fact in WEIGHTS}
    assert all(line.near is None or line.result in (Result.DIFFERENT, Result.MOVED) for line in found.lines)
    assert found.score is None or 0 <= found.score <= 100
    if findings["name"] == Result.DIFFERENT:
        assert found.score != 100
        assert verdict(findings) == Verdict.UNCLEAR
    # A day of birth can stop somebody; it lets nobody pass who would not have passed without it.
    without = verdict(compare(replace(one, birth_date=""), other))
    assert verdict(findings) in (without, Verdict.UNCLEAR)


def sample(name: str) -> list[SourceRow]:
    source = functools.partial((Path(__file__).parents[2] / "data" / name).open, "rb")
    layout = detect(source, wanted="")
    rows = read_rows(source, layout, scan(source, layout), today=date(2026, 11, 22), secret=b"s")
    return [row for row in rows if not isinstance(row, Problem)]


def person(row: SourceRow) -> Person:
    who = row.person
    return Person(
        who.family_name,
        who.given_name,
        who.family_kana,
        who.given_kana,
        who.telephone,
        Home(who.postal_code, who.prefecture + who.address1 + who.address2),
        birth_date=who.birth_date.isoformat() if who.birth_date else "",
    )


def test_two_people_of_the_sample_are_never_one() -> None:
    """Two rows of one cart with different mail addresses are two people, however alike their names are."""
    compared, namesakes, birthdays = 0, 0, 0
    for name in ("shopify_customers.csv", "eccube_customers.csv"):
        by_name: dict[str, list[SourceRow]] = defaultdict(list)
        for row in sample(name):
            by_name[name_key(row.person.family_name, row.person.given_name)].append(row)
        for rows in by_name.values():
            for one, other in combinations(rows, 2):
                if not one.person.email or one.person.email == other.person.email:
                    continue
                compared += 1
                findings = compare(person(one), person(other))
                birthdays += findings["birth_date"] in (Result.EQUAL, Result.DIFFERENT)
                namesakes += findings["name"] == Result.EQUAL
                assert verdict(findings) == Verdict.UNCLEAR, (one.external_id, other.external_id)
    assert compared > 100
    assert namesakes == compared
    assert birthdays > 10
