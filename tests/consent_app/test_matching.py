"""The same person is found again; two different people never become one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.formats.rows import Person
from consent_app.domain.matching import Known, Names, Register, Strength, compare_names, fit

HANAKO = {
    "family_name": "髙橋",
    "given_name": "花子",
    "email": "hanako@post1.example",
    "telephone": "+818011112222",
    "postal_code": "1000001",
    "address1": "千代田区千代田1-1",
    "birth_date": date(1985, 3, 4),
}


def known(key=0, **changes):
    return Known(key, Person(**{**HANAKO, **changes}))


NOTHING_ELSE = {"email": "", "telephone": "", "postal_code": "", "address1": "", "birth_date": None}


@pytest.mark.parametrize(
    ("changes", "strength"),
    [
        ({}, Strength.EMAIL_AND_NAME),
        ({"family_name": "高橋", "telephone": "", "postal_code": ""}, Strength.EMAIL_AND_NAME),
        ({"family_name": "佐藤"}, Strength.EMAIL),  # married
        ({"family_name": "", "given_name": ""}, Strength.EMAIL),
        ({"family_name": "Takahashi", "given_name": "Hanako"}, Strength.EMAIL),
        ({"telephone": "+818099999999", "postal_code": "9999999", "address1": "那覇市1-1"}, Strength.EMAIL_AND_NAME),
    ],
)
def test_the_same_person(changes, strength):
    assert fit(known(**changes), known()) is strength


@pytest.mark.parametrize(
    ("changes", "strength"),
    [
        ({}, Strength.NAME_AND_TELEPHONE),
        ({"postal_code": "9999999", "address1": "那覇市1-1"}, Strength.NAME_AND_TELEPHONE),
        ({"telephone": ""}, Strength.NAME_AND_POSTAL_CODE),
        ({"telephone": "+818099999999"}, Strength.NAME_AND_POSTAL_CODE),
        ({"telephone": "", "address2": "コーポ12"}, Strength.NAME_AND_POSTAL_CODE),
        ({"telephone": "", "address1": ""}, Strength.NAME_AND_POSTAL_CODE),
        ({"telephone": "+818099999999", "address1": ""}, True),
    ],
)
def test_without_mail_addresses_names_count(changes, strength):
    assert fit(known(email="", **changes), known(email="")) is strength


@pytest.mark.parametrize("changes", [{}, {"postal_code": ""}, {"telephone": ""}, {"birth_date": None}])
@pytest.mark.parametrize(
    ("one", "other"),
    [("attacker@evil.example", "hanako@post1.example"), ("attacker@evil.example", ""), ("", "attacker@evil.example")],
)
def test_an_address_is_never_joined_by_name(changes, one, other):
    """Neither to another address nor to somebody without one: it would become the key to what the other one has."""
    assert fit(known(email=one, **changes), known(email=other)) is True


@pytest.mark.parametrize(
    "changes",
    [
        # A couple, a mother and her son: one mail address, one telephone.
        {"given_name": "太郎"},
        {"given_name": "太郎", "email": ""} | {"telephone": "+818011112222"},
        # Another birthday.
        {"birth_date": date(1985, 3, 5)},
        {"birth_date": date(2010, 3, 4), "email": ""},
        # Namesakes under one postal code.
        {"email": "", "telephone": "", "address1": "千代田区千代田2-9"},
        {"email": "other@post1.example", "telephone": "+818099999999"},
    ],
)
@pytest.mark.parametrize("email", ["hanako@post1.example", ""])
def test_not_certainly_the_same_person(changes, email):
    assert not isinstance(fit(known(**changes), known(email=email)), Strength)


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "", "telephone": "", "postal_code": ""},  # the name alone
        {"given_name": "太郎", "email": ""},  # a family's telephone and home
        {"given_name": "太郎", "family_name": "田中", "email": "", "telephone": ""},  # a postal code alone
        NOTHING_ELSE | {"family_name": "", "given_name": ""},
    ],
)
def test_nothing_speaks_for_it(changes):
    assert fit(known(**changes), known()) is False


def test_names():
    assert compare_names(known(given_name="ハナコ", family_name="タカハシ"), known()) is Names.OPEN
    with_reading = known(family_kana="タカハシ", given_kana="ハナコ")
    assert compare_names(known(family_name="たかはし", given_name="はなこ"), with_reading) is Names.SAME
    assert compare_names(known(family_name="たかはし", given_name="さゆり"), with_reading) is Names.DIFFERENT
    alike = known(given_name="華子", family_kana="タカハシ", given_kana="ハナコ")
    assert compare_names(alike, with_reading) is Names.ALIKE
    # The same reading with other kanji is enough beside a mail address of one's own, not beside a family's telephone.
    assert fit(alike, with_reading) is Strength.EMAIL
    alike.email = with_reading.email = ""
    assert fit(alike, with_reading) is False


def test_two_equal_candidates_are_left_to_the_manager():
    register = Register([known(1, email=""), known(2, email="")])
    verdict = register.judge(known(None, email=""))
    assert verdict.joined is None
    assert sorted(verdict.possible) == [1, 2]


def test_the_better_candidate_is_taken_and_the_other_reported():
    register = Register([known(1, family_name="佐藤"), known(2), known(3, email="")])
    verdict = register.judge(known(None))
    assert verdict.joined == 2
    assert sorted(verdict.possible) == [1, 3]


def test_what_became_known_since_counts():
    register = Register([known(1, **NOTHING_ELSE)])
    assert register.judge(known(None)).joined is None
    register.add(known(1))
    assert register.judge(known(None)).joined == 1
    register.add(known(1, email="", telephone=""))
    assert register.judge(known(None, postal_code="", given_name="太郎")).possible == []


people = st.builds(
    Person,
    family_name=st.sampled_from(["", "佐藤", "高橋", "髙橋"]),
    given_name=st.sampled_from(["", "花子", "太郎"]),
    email=st.sampled_from(["", "a@x.example", "b@x.example"]),
    telephone=st.sampled_from(["", "+818011112222", "+818033334444"]),
    postal_code=st.sampled_from(["", "1000001", "1000002"]),
    address1=st.sampled_from(["", "港区1-1", "港区1-2"]),
    birth_date=st.sampled_from([None, date(1985, 3, 4), date(1990, 1, 1)]),
)


@given(people, people)
def test_it_makes_no_difference_who_came_first(one, other):
    assert fit(Known(1, one), Known(2, other)) == fit(Known(2, other), Known(1, one))


@given(people, people)
def test_contradictions_always_win(one, other):
    if isinstance(fit(Known(1, one), Known(2, other)), Strength):
        assert not (one.birth_date and other.birth_date and one.birth_date != other.birth_date)
        assert not (one.given_name and other.given_name and one.given_name != other.given_name)
        assert one.email == other.email
        assert one.email or (
            Known(1, one).name == Known(2, other).name
            and (one.telephone == other.telephone != "" or one.postal_code == other.postal_code != "")
        )


@given(people, st.lists(people, max_size=6))
def test_the_register_finds_what_comparing_everybody_finds(row, others):
    register = Register(Known(i, other) for i, other in enumerate(others))
    fits = {i: fit(Known(None, row), Known(i, other)) for i, other in enumerate(others)}
    verdict = register.judge(Known(None, row))
    found = set(verdict.possible) | ({verdict.joined} if verdict.joined is not None else set())
    assert found == {i for i, how in fits.items() if how is not False}
