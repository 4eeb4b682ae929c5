"""Lists of persons: encodings, columns, and what is wrong with a row."""

import io
from datetime import date
from typing import Any

import pytest

from consent_app.domain.formats import FileProblem
from consent_app.domain.formats.rows import Problem
from consent_app.domain.provision_file import Entry, Registers, count_rows, detect_list, read_entries

REGISTERS = Registers(
    items={"name": "name", "氏名": "name", "email": "email", "メールアドレス": "email"},
    bases={"consent": "consent", "protection": "protection"},
    grounds={"consent": ("27(1)", "28(1)"), "protection": ("27(1)", "27(1)ii", "28(1)")},
    purposes={"store": "store"},
    subcontractors={"例の運送": "delivery", "delivery": "delivery"},
)
COMMON = {"party": "例の店", "address": "京都市", "items": ["name"], "basis": "consent"}


def read(text: str | bytes, common: dict[str, Any] | None = None) -> list[Entry | list[Problem]]:
    data = text if isinstance(text, bytes) else text.encode()

    def source() -> io.BytesIO:
        return io.BytesIO(data)

    return list(read_entries(source, detect_list(source), REGISTERS, COMMON if common is None else common))


def entry(text: str, common: dict[str, Any] | None = None) -> Entry:
    (one,) = read(text, common)
    assert isinstance(one, Entry), one
    return one


def problems(text: str, common: dict[str, Any] | None = None) -> list[tuple[int, str, str]]:
    (one,) = read(text, common)
    assert isinstance(one, list), one
    return [(problem.line, problem.column, problem.code) for problem in one]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_encodings(encoding: str) -> None:
    (one,) = read("顧客番号,提供先\r\n12,髙島の店\r\n".encode(encoding))
    assert isinstance(one, Entry)
    assert (one.reference, one.values["party"]) == ("12", "髙島の店")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b" \n", "empty_file"),
        ("顧客番号\n1".encode("utf-16"), "unknown_encoding"),
        (b"\xff\xfe\xfd\x00", "unknown_encoding"),
        ("提供先\n例の店".encode(), "columns_missing"),
        ("顧客番号,提供先,提供元\n1,a,b".encode(), "column_twice"),
    ],
)
def test_what_is_no_list(content: bytes, code: str) -> None:
    with pytest.raises(FileProblem) as caught:
        detect_list(lambda: io.BytesIO(content))
    assert caught.value.code == code


@pytest.mark.parametrize(("rows", "code"), [(0, "no_rows"), (4, "list_too_long")])
def test_too_few_and_too_many(rows: int, code: str) -> None:
    data = "\n".join(["顧客番号", *map(str, range(rows))]).encode()

    def source() -> io.BytesIO:
        return io.BytesIO(data)

    with pytest.raises(FileProblem) as caught:
        count_rows(source, detect_list(source), limit=3)
    assert caught.value.code == code


def test_the_row_goes_before_what_is_the_same_for_all() -> None:
    one = entry("顧客番号,提供先,データ項目,提供日,知らない列\n12,別の店,氏名／メールアドレス,2026/7/8,x")
    assert (one.values["party"], one.values["address"], one.items) == ("別の店", "京都市", ("name", "email"))
    assert (one.on, one.until, one.values["ground"]) == (date(2026, 7, 8), None, "27(1)")


def test_width_case_and_the_spreadsheets_apostrophe_do_not_matter() -> None:
    one = entry("CUSTOMER,ITEMS,Country\n'１２,ＮＡＭＥ、name,ｊｐ")
    assert (one.reference, one.items, one.values["country"]) == ("12", ("name",), "JP")


@pytest.mark.parametrize(("written", "ground"), [("none", ""), ("なし", ""), ("27(1)II", "27(1)ii"), ("", "?")])
def test_which_article(written: str, ground: str) -> None:
    text = f"顧客番号,根拠,条文\n12,protection,{written}"
    if ground == "?":
        assert problems(text) == [(2, "条文", "ground_missing")]
    else:
        assert entry(text).values["ground"] == ground


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("顧客番号,国\n,JP", [(2, "顧客番号", "customer_missing")]),
        ("顧客番号,データ項目\n1,氏名 血液型", [(2, "データ項目", "item_unknown")]),
        ("顧客番号,根拠\n1,nowhere", [(2, "根拠", "basis_unknown")]),
        ("顧客番号,利用目的\n1,nowhere", [(2, "利用目的", "purpose_unknown")]),
        ("顧客番号,委託先\n1,だれか", [(2, "委託先", "subcontractor_unknown")]),
        ("顧客番号,国\n1,日本", [(2, "国", "country_unreadable")]),
        ("顧客番号,記録のしかた\n1,sometimes", [(2, "記録のしかた", "method_unknown")]),
        ("顧客番号,提供日\n1,2026-02-30", [(2, "日付", "date_impossible")]),
        ("顧客番号,提供先\n1," + "店" * 201, [(2, "相手の名称", "too_long"), (2, "相手の名称", "party_missing")]),
        ("顧客番号,国\n1", [(2, "", "column_count")]),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(text: str, found: list[tuple[int, str, str]]) -> None:
    assert problems(text) == found


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert [code for _line, _column, code in problems("顧客番号\n1", {})] == [
        "party_missing",
        "address_missing",
        "items_missing",
    ]


def test_line_numbers_are_those_of_the_file() -> None:
    found = read('顧客番号,提供先\n1,"例の\n店"\n,x\n2,y')
    lines = [one.line if isinstance(one, Entry) else one[0].line for one in found]
    assert lines == [2, 4, 5]
