"""Good rows are read, bad ones are named with line, column and reason, whatever the file looks like."""

import functools
import io
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.formats import FileProblem, Problem, detect, files, read_rows, scan
from consent_app.domain.formats.reader import LONGEST_LINE, Line, read_records
from consent_app.domain.normalise import TOKYO
from consent_app.domain.record_fields import RECORD_FIELDS

DATA = Path(__file__).parents[1] / "data"
TODAY = date(2026, 11, 22)

SHOPIFY = "Customer ID,First Name,Last Name,Email,Phone,Note"
ECCUBE = (
    "会員ID,お名前(姓),お名前(名),メールアドレス,TEL,誕生日,性別(ID),性別(名称),会員ステータス(ID),会員ステータス(名称)"
)
BASE = (
    "注文ID,注文日時,氏(請求先),名(請求先),メールアドレス(請求先),電話番号(請求先),"
    "氏(配送先),名(配送先),電話番号(配送先),商品名,価格,備考"
)


def opener(content):
    return functools.partial(io.BytesIO, content if isinstance(content, bytes) else content.encode())


def read(source, *, wanted="", secret=b"s"):
    layout = detect(source, wanted=wanted)
    found = list(read_rows(source, layout, scan(source, layout), today=TODAY, secret=secret))
    rows = [one for one in found if not isinstance(one, Problem)]
    rejected = [one for one in found if isinstance(one, Problem)]
    return rows, rejected


def problems(rows, rejected):
    return sorted([*rejected, *(problem for row in rows for problem in row.problems)])


def sample(name):
    return functools.partial((DATA / name).open, "rb")


class TestSampleFiles:
    """The whole truth about the three files: every oddity, counted."""

    def test_shopify(self):
        layout = detect(sample("shopify_customers.csv"))
        assert (layout.format.code, layout.encoding, layout.unknown) == ("shopify", "utf-8", ())
        rows, rejected = read(sample("shopify_customers.csv"))
        assert len(rows) == 600
        assert problems(rows, rejected) == []
        assert all(row.external_id.isdigit() and row.person.telephone.startswith("+81") for row in rows)
        assert rows[0].person.email == "tarookada0@post8.example"
        assert rows[0].originals["email"] == "TAROOKADA0@POST8.EXAMPLE"
        assert sum("email" in row.originals for row in rows) == 12
        notes = Counter(record.data["text"] for row in rows for record in row.records if record.kind == "note")
        assert notes == {
            "ギフト包装希望": 100,
            '=HYPERLINK("http://evil.example","click")': 100,
            '電話は夕方に\n"ご自宅"宛': 100,
        }
        assert sum(row.newsletter is True for row in rows) == 378
        # 100 notes of two lines: the last record of 601 begins on line 700 of 701.
        assert rows[-1].line == 701
        assert rows[5].line == 8

    def test_eccube(self):
        layout = detect(sample("eccube_customers.csv"))
        assert (layout.format.code, layout.encoding, layout.unknown) == ("eccube", "cp932", ())
        rows, rejected = read(sample("eccube_customers.csv"))
        assert len(rows) == 800
        assert rejected == [Problem(802, "", "column_count", "99999", True)]
        assert Counter((p.column, p.code) for row in rows for p in row.problems) == {
            ("会員ステータス(名称)", "code_and_name_disagree"): 20,
            ("誕生日", "date_impossible"): 4,
        }
        assert sum(row.membership == "withdrawn" for row in rows) == 20
        assert sum(not row.person.email for row in rows) == 9
        assert all(row.person.telephone and row.person.postal_code and row.person.prefecture for row in rows)
        impossible = [row for row in rows if any(p.code == "date_impossible" for p in row.problems)]
        assert {row.originals["birth_date"] for row in impossible} == {"1985/13/40"}
        assert all(row.person.birth_date is None for row in impossible)
        assert sum(row.person.birth_date is None for row in rows) == 89 + 4

    def test_base(self):
        layout = detect(sample("base_orders.csv"))
        assert (layout.format.code, layout.encoding, layout.unknown) == ("base", "utf-8-sig", ())
        rows, rejected = read(sample("base_orders.csv"))
        assert len(rows) == 1200
        assert problems(rows, rejected) == []
        gifts = [row for row in rows if row.records[0].recipients]
        assert len(gifts) == 173
        assert all(row.records[0].data["remarks"] == "のし希望" for row in gifts)
        assert all("sent_to" not in row.records[0].data for row in rows)


def test_line_numbers_survive_breaks_inside_values_and_broken_rows():
    rows, rejected = read(
        opener(
            f"{SHOPIFY}\r\n"
            '1,花子,髙橋,a@x.example,,"one\ntwo\nthree"\r\n'
            "2,too,short\r\n"
            '3,太郎,佐藤,c@x.example,,"never closed\r\n'
            '4,次郎,佐藤,d@x.example,,5" wide\r\n'
            "\r\n"
            ",,,,,\r\n"
            '5,三郎,佐藤,e@x.example,,"two\nlines"\r\n'
            "6,四郎,佐藤,f@x.example,,cut"
        )
    )
    assert [(row.external_id, row.line) for row in rows] == [("1", 2), ("4", 7), ("5", 10), ("6", 12)]
    assert rejected == [
        Problem(5, "", "column_count", "2", True),
        Problem(6, "", "quote_not_closed", "", True),
    ]


def test_a_line_without_end_fills_no_memory():
    long = "x" * (LONGEST_LINE * 3)
    rows, rejected = read(opener(f"{SHOPIFY}\n1,{long},a,,,\n2,花子,髙橋,a@x.example,,\n"))
    assert rejected == [Problem(2, "", "line_too_long", "", True)]
    assert [(row.external_id, row.line) for row in rows] == [("2", 3)]


def test_bytes_of_another_encoding_cost_one_row():
    content = f"{ECCUBE}\r\n1,髙橋,花子,,,,,,,\r\n".encode("cp932") + b"2,\x81\xff,x,,,,,,,\r\n"
    rows, rejected = read(opener(content))
    assert [row.person.family_name for row in rows] == ["髙橋"]
    assert rejected == [Problem(3, "お名前(姓)", "undecodable", "2", True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_encodings(encoding):
    for header, cells in ((SHOPIFY, "1,花子,髙橋,,,"), (ECCUBE, "1,髙橋,花子,,,,,,,"), (BASE, "1,,髙橋,花子,,,,,,,,")):
        rows, rejected = read(opener(f"{header}\r\n{cells}\r\n".encode(encoding)))
        assert not rejected
        assert (rows[0].person.family_name, rows[0].person.given_name) == ("髙橋", "花子")


@pytest.mark.parametrize(
    ("content", "code", "columns"),
    [
        (b"", "empty_file", ()),
        (b"\xef\xbb\xbf\r\n", "unknown_format", ()),
        ("会員ID".encode("utf-16"), "unknown_encoding", ()),
        (b"a,b,c\n1,2,3\n", "unknown_format", ()),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "unknown_format", ()),
        (SHOPIFY.encode(), "no_rows", ()),
        (f"{SHOPIFY},Email\n1,a,b,,,,".encode(), "column_twice", ("Email",)),
    ],
)
def test_files_that_are_none(content, code, columns):
    with pytest.raises(FileProblem) as caught:
        read(opener(content))
    assert (caught.value.code, caught.value.columns) == (code, columns)


def test_a_format_that_somebody_names_must_fit():
    with pytest.raises(FileProblem) as caught:
        detect(opener("会員ID,お名前(姓)\n1,a\n"), wanted="eccube")
    assert (caught.value.code, caught.value.columns) == ("columns_missing", ("お名前(名)", "メールアドレス"))
    with pytest.raises(FileProblem) as caught:
        detect(sample("shopify_customers.csv"), wanted="base")
    assert caught.value.code == "unknown_format"


def test_columns_in_another_order_and_unknown_ones():
    source = opener("Favourite colour,Email,Last Name,First Name,Customer ID\nblue,a@x.example,髙橋,花子,'7\n")
    assert detect(source).unknown == ("Favourite colour",)
    rows, _ = read(source)
    straight, _ = read(opener("Customer ID,First Name,Last Name,Email\n'7,花子,髙橋,a@x.example\n"))
    assert rows[0].person == straight[0].person
    assert rows[0].digest == straight[0].digest


def test_ids():
    rows, rejected = read(
        opener(f"{SHOPIFY}\n,a,b,,,\n1,花子,髙橋,,,\n'1,太郎,佐藤,,,\n2,,,,,note only\n{'9' * 101},a,b,,,\n")
    )
    assert [(row.external_id, row.person.given_name) for row in rows] == [("1", "花子")]
    assert [(problem.line, problem.code, problem.external_id) for problem in rejected] == [
        (2, "external_id_missing", ""),
        (4, "external_id_repeated", "1"),
        (5, "nobody", "2"),
        (6, "too_long", ""),
    ]


def test_bad_cells_leave_the_row_good_and_their_text_kept():
    rows, rejected = read(
        opener(f"{ECCUBE}\n1,{'長' * 101},花子,not-an-address,123,1985/13/40,1,女性,3,本会員\n".encode("cp932"))
    )
    (row,) = rows
    assert not rejected
    assert {problem.column: problem.code for problem in row.problems} == {
        "お名前(姓)": "too_long",
        "メールアドレス": "email_invalid",
        "TEL": "telephone_invalid",
        "誕生日": "date_impossible",
        "性別(名称)": "code_and_name_disagree",
        "会員ステータス(名称)": "code_and_name_disagree",
    }
    assert (row.person.family_name, row.person.email, row.person.telephone) == ("", "", "")
    assert row.originals == {
        "family_name": "長" * 101,
        "email": "not-an-address",
        "telephone": "123",
        "birth_date": "1985/13/40",
    }
    assert (row.person.gender, row.membership) == ("female", "withdrawn")


def test_amounts_are_not_rounded_and_nothing_is_lost():
    header = "Customer ID,First Name,Last Name,Email,Total Spent,Total Orders"
    rows, _ = read(opener(f'{header}\n1,a,b,,"1,234.50",many\n'))
    assert rows[0].records[1].data == {"total": "1234.50", "count": "many"}
    assert [(problem.column, problem.code) for problem in rows[0].problems] == [("Total Orders", "number_unreadable")]


def test_my_numbers_are_not_kept():
    rows, _ = read(opener(f"{SHOPIFY}\n1,花子,髙橋,,,id 1234 5678 9018 shown\n"))
    assert rows[0].records[-1].data == {"text": "id ************ shown"}
    assert [(problem.column, problem.code) for problem in rows[0].problems] == [("Note", "my_number_masked")]


def test_addresses_abroad_stay_as_they_are():
    header = (
        "Customer ID,First Name,Last Name,Email,Default Address Address1,Default Address City,"
        "Default Address Province Code,Default Address Zip,Default Address Country Code"
    )
    rows, _ = read(opener(f"{header}\n1,Ann,Lee,,1 Main St,Springfield,IL,62701,US\n"))
    assert rows[0].problems == []
    assert rows[0].person.address1 == "1 Main St, Springfield, IL, 62701, US"
    assert (rows[0].person.postal_code, rows[0].person.prefecture) == ("", "")


def base_row(order, product, *, price="100", buyer="髙橋,花子,a@x.example,09011112222", to="高橋,花子,090-1111-2222"):
    return f"{order},2026/08/12 14:54,{buyer},{to},{product},{price},\n"


def keys(value):
    """Every key of nested data."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("name", ["shopify_customers.csv", "eccube_customers.csv", "base_orders.csv"])
def test_no_internal_word_reaches_a_person(name):
    rows, _ = read(sample(name))
    assert {key for row in rows for record in row.records for key in keys(record.data)} <= set(RECORD_FIELDS)


class TestOrders:
    """One row an item; the rows of an order belong together wherever they are."""

    def test_items_become_orders(self):
        rows, rejected = read(
            opener(BASE + "\n" + base_row("A", "x") + base_row("B", "y") + base_row("B", "z") + base_row("A", "w"))
        )
        assert not rejected
        products = {row.external_id: [item["product"] for item in row.records[0].data["items"]] for row in rows}
        assert products == {"A": ["x", "w"], "B": ["y", "z"]}
        assert {row.external_id: row.line for row in rows} == {"A": 2, "B": 3}
        assert rows[0].records[0].occurred_at == datetime(2026, 8, 12, 14, 54, tzinfo=TOKYO)
        assert rows[0].records[0].recipients == []

    def test_an_order_changes_when_one_of_its_items_does(self):
        first, _ = read(opener(BASE + "\n" + base_row("A", "x") + base_row("A", "y")))
        second, _ = read(opener(BASE + "\n" + base_row("A", "x") + base_row("A", "y", price="101")))
        assert first[0].digest != second[0].digest

    def test_a_gift_goes_to_another_person(self):
        rows, _ = read(
            opener(
                BASE
                + "\n"
                + base_row("A", "x", to="青木,学,09033334444")
                + base_row("A", "y", to="青木,学,09033334444")
                + base_row("A", "z", to="山田,舞,abc")
            )
        )
        (row,) = rows
        recipients = row.records[0].recipients
        assert [(one.family_name, one.telephone, one.originals) for one in recipients] == [
            ("青木", "+819033334444", {"telephone": "09033334444"}),
            ("山田", "", {"telephone": "abc"}),
        ]
        assert [(problem.line, problem.column) for problem in row.problems] == [(4, "電話番号(配送先)")]

    def test_a_parcel_to_the_buyers_own_other_place_is_no_gift(self):
        rows, _ = read(opener(BASE + "\n" + base_row("A", "x", to="髙橋,花子,0312345678")))
        assert rows[0].records[0].recipients == []
        assert rows[0].records[0].data["sent_to"]["telephone"] == "+81312345678"

    def test_rows_that_disagree_about_the_buyer_are_listed(self):
        rows, _ = read(
            opener(BASE + "\n" + base_row("A", "x") + base_row("A", "y", buyer="佐藤,太郎,b@x.example,0311112222"))
        )
        assert rows[0].person.family_name == "髙橋"
        assert [(problem.line, problem.code) for problem in rows[0].problems] == [(3, "order_rows_disagree")]

    def test_orders_scattered_all_over_a_huge_file_are_refused(self, monkeypatch):
        monkeypatch.setattr(files, "_MOST_ROWS_WAITING", 3)
        content = BASE + "\n" + "".join(base_row(order, "x") for order in "ABAB")
        with pytest.raises(FileProblem) as caught:
            read(opener(content))
        assert caught.value.code == "orders_scattered"


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@given(st.lists(st.lists(cells, min_size=3, max_size=3).filter(any), min_size=1, max_size=8))
def test_whatever_csv_writes_is_read_with_its_line(rows):
    import csv

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    lines = []
    for row in rows:
        lines.append(len((text.getvalue() + "x").replace("\r\n", "\n").replace("\r", "\n").split("\n")))
        writer.writerow(row)
    raw = io.TextIOWrapper(io.BytesIO(text.getvalue().encode()), encoding="utf-8", newline="")
    assert list(read_records(raw)) == [Line(line, row) for line, row in zip(lines, rows, strict=True)]


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(content):
    for encoding in ("utf-8", "cp932"):
        text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="surrogateescape", newline="")
        for record in read_records(text):
            assert record.number >= 1


@given(st.binary(max_size=300))
def test_no_bytes_behind_a_header_break_a_format(content):
    for header in (SHOPIFY, ECCUBE, BASE):
        source = opener(header.encode() + b"\n" + content)
        try:
            rows, rejected = read(source)
        except FileProblem as problem:
            code = problem.code
            rows, rejected = [], []
        else:
            code = ""
        assert code in ("", "no_rows", "unknown_format")
        for row in rows:
            assert "\x00" not in repr(row.person)
        assert all(problem.line > 1 for problem in rejected)
