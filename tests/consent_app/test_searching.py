"""Persons are found however their names, addresses and numbers are spelt."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain import searching
from consent_app.domain.kanji_variants import OLD_FORMS, SHAPES
from consent_app.domain.normalise import name_key
from consent_app.models import Customer
from consent_app.models.searching import found_by
from tests.factories.consent import CustomerFactory

SATO = {"family_name": "佐藤", "given_name": "一", "family_kana": "サトウ", "given_kana": "ハジメ"}


@pytest.fixture
def person() -> Customer:
    CustomerFactory(**SATO, email="sato@mail.example", telephone="+81312345678")
    return CustomerFactory(
        family_name="渡邊",
        given_name="和也",
        family_kana="ワタナベ",
        given_kana="カズヤ",
        company="株式会社キャンドル",
        email="kazuya.w@post.example",
        telephone="+819098765432",
    )


def found(term: str) -> list[Customer]:
    condition = found_by(term)
    return list(Customer.objects.filter(condition)) if condition is not None else []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "term",
    [
        "渡邊和也", "渡辺　和也", "渡邉", "辺和", "和也 渡辺", "わたなべ", "ワタナベ カズヤ", "ﾜﾀﾅﾍﾞ", "なべか", "渡",
        "和", "カ", "カズヤ わた", "株式会社きゃんどる", "キヤンドル", "ｷｬﾝﾄﾞﾙ", "kazuya.w@post.example", "KAZUYA",
        "zuya", "ｋａｚｕｙａ．ｗ", "kazuya.w@post", "090-9876-5432", "０９０－９８７６－５４３２", "09098765432",
        "+81 90 9876 5432", "090 9876", "5432", "(090)9876ー5432", "渡辺 5432", "渡辺 zuya",
    ],
)  # fmt: skip
def test_found_in_any_spelling(term: str, person: Customer) -> None:
    assert found(term) == [person]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "term",
    ["渡部", "也和", "辺", "渡辺 佐藤", "@post.example", "post.example", "000", "1111", "%", "・", "", "xy", "' --"],
)
def test_nobody_else_is_found(term: str, person: Customer) -> None:
    assert person not in found(term)


@pytest.mark.django_db
def test_whoever_is_changed_or_emptied_by_any_statement_is_found_by_what_stands_there(person: Customer) -> None:
    Customer.objects.filter(pk=person.pk).update(family_name="別府")
    assert found("別府") == [person]
    assert found("渡辺") == []
    Customer.objects.filter(pk=person.pk).update(
        **dict.fromkeys(("family_name", "given_name", "family_kana", "given_kana", "company", "email", "telephone"), "")
    )
    person.refresh_from_db()
    assert person.search_pieces == []


def folded(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT portal_search_wanted(%s)", [f"甲{text}乙"])
        pieces = cursor.fetchone()[0]
    return "".join(piece[0] for piece in pieces)[1:]


@pytest.mark.django_db
def test_the_database_folds_as_the_comparison_does() -> None:
    """Whoever adds a variant of a kanji has to give the database's function a new migration."""
    kana = "".join(chr(code) for code in range(0x3041, 0x30FB))
    for text in ("".join({**OLD_FORMS, **SHAPES}), kana, "ｶﾞｷﾞﾎﾟｱｯ", "ＡＢＣａｂｃ１２３", "渡　邊 ・-'’．"):
        assert folded(text) == name_key(text)


@given(st.text(alphabet="0123456789０１２３-－ー()　 +", max_size=20))
def test_digits_are_digits(text: str) -> None:
    digits = searching.digits_of(text)
    assert not digits or (digits.isascii() and digits.isdigit() and len(digits) >= searching.DIGITS_LENGTH)
    assert all(len(piece) == 5 for piece in searching.digit_pieces(digits))
