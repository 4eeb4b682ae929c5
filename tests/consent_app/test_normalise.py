"""Every spelling that carts and people use comes out as one; what cannot be used says why."""

import unicodedata
from datetime import date, datetime

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_app.domain import my_number
from consent_app.domain import normalise as n
from consent_app.domain.kanji_variants import FOLD, OLD_FORMS, SHAPES

TODAY = date(2026, 11, 22)
texts = st.text(max_size=60)


@pytest.mark.parametrize(
    "written",
    [
        "08078217709",
        "080-7821-7709",
        "０８０－７８２１－７７０９",
        "(080)7821-7709",
        "+818078217709",
        "+81 (0)80 7821 7709",
        "080ー7821ー7709",
        "080−7821−7709",
        " 080 7821 7709 ",
        "8078217709",
        "818078217709",
        "080-7821-7709 内線12",
    ],
)
def test_one_telephone_number_in_many_spellings(written):
    assert n.telephone(written) == ("+818078217709", "")


def test_other_telephone_numbers():
    assert n.telephone("03-1234-5678").value == "+81312345678"
    assert n.telephone("0120-828-828").value == "+81120828828"
    assert n.telephone("+1 650 253 0000").value == "+16502530000"


@given(st.from_regex(r"0[6-9]0-?[0-9]{4}-?[0-9]{4}", fullmatch=True))
def test_the_short_way_for_mobile_numbers_says_what_the_library_says(written):
    number = phonenumbers.parse(written, "JP")
    valid = phonenumbers.is_valid_number(number)
    assert n.telephone(written).value == (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None
    )


@pytest.mark.parametrize("written", ["110", "090-1234-567", "abc", "00000000000", "=1+1"])
def test_no_telephone_number(written):
    assert n.telephone(written) == (None, n.TELEPHONE_INVALID)


@pytest.mark.parametrize("empty", ["", " ", "　", "なし", "-", "電話なし"])
def test_nothing_written_is_no_problem(empty):
    for read in (n.telephone, n.postal_code, n.email, n.moment):
        assert read(empty) == (None, "")
    assert n.birth_date(empty, today=TODAY) == (None, "")


@pytest.mark.parametrize(
    "written", ["0479812", "047-9812", "〒047-9812", "０４７－９８１２", "〒 ０４７ー９８１２", "047‐9812"]
)
def test_one_postal_code(written):
    assert n.postal_code(written) == ("0479812", "")


@pytest.mark.parametrize("written", ["479812", "04798123", "0000000", "SW1A 1AA", "047-981A"])
def test_no_postal_code(written):
    assert n.postal_code(written) == (None, n.POSTAL_CODE_INVALID)


def test_email():
    assert n.email(" ＴＡＲＯ＠Post8.Example ") == ("taro@post8.example", "")
    assert n.email("メールなし") == (None, "")
    assert n.email("a..b.@docomo.ne.jp").value == "a..b.@docomo.ne.jp"
    for wrong in ("taro", "taro@", "@x.example", "taro@example", "a b@x.example", "a@b@x.example", "太郎@x.example"):
        assert n.email(wrong) == (None, n.EMAIL_INVALID), wrong
    assert n.email("a" * 64 + "@" + "b." * 100 + "example").problem == n.EMAIL_INVALID


@pytest.mark.parametrize(
    "written",
    [
        "1985-03-04",
        "1985/3/4",
        "1985.03.04",
        "19850304",
        "1985年3月4日",
        "昭和60年3月4日",
        "S60.3.4",
        "１９８５／０３／０４",
        "1985-03-04 00:00:00",
    ],
)
def test_one_birthday(written):
    assert n.birth_date(written, today=TODAY) == (date(1985, 3, 4), "")


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("1985/13/40", n.DATE_IMPOSSIBLE),
        ("2023-02-29", n.DATE_IMPOSSIBLE),
        ("昭和65年1月1日", n.DATE_IMPOSSIBLE),
        ("平成元年1月7日", n.DATE_IMPOSSIBLE),
        ("2026-11-23", n.DATE_IN_FUTURE),
        ("1890-01-01", n.DATE_TOO_OLD),
        ("spring", n.DATE_UNREADABLE),
        ("1985-03-04x", n.DATE_UNREADABLE),
        ("85/03/04", n.DATE_UNREADABLE),
    ],
)
def test_no_birthday(written, problem):
    assert n.birth_date(written, today=TODAY) == (None, problem)


def test_first_and_last_days_of_eras():
    assert n.birth_date("昭和64年1月7日", today=TODAY).value == date(1989, 1, 7)
    assert n.birth_date("平成元年1月8日", today=TODAY).value == date(1989, 1, 8)
    assert n.birth_date("令和元年5月1日", today=TODAY).value == date(2019, 5, 1)
    assert n.birth_date("0000-00-00", today=TODAY) == (None, "")


def test_a_moment_is_japans_time():
    assert n.moment("2026/08/12 14:54").value == datetime(2026, 8, 12, 14, 54, tzinfo=n.TOKYO)
    assert n.moment("2023-01-05 09:00:00").value == datetime(2023, 1, 5, 9, tzinfo=n.TOKYO)
    assert n.moment("2023-01-05").value == datetime(2023, 1, 5, tzinfo=n.TOKYO)
    assert n.moment("2023-02-30 09:00:00").problem == n.DATE_IMPOSSIBLE
    assert n.moment("0000-00-00 00:00:00") == (None, "")
    assert n.moment("2023-01-05 25:00").problem == n.DATE_IMPOSSIBLE
    assert n.moment("yesterday").problem == n.DATE_UNREADABLE


def test_prefecture():
    assert n.prefecture("JP-13").value == "東京都"
    assert n.prefecture("13").value == "東京都"
    assert n.prefecture("1").value == n.prefecture("01").value == "北海道"
    assert n.prefecture("", "大阪").value == "大阪府"
    assert n.prefecture("26", "京都府") == ("京都府", "")
    assert n.prefecture("13", "大阪府") == ("大阪府", n.CODE_AND_NAME_DISAGREE)
    assert n.prefecture("48").problem == n.prefecture("", "江戸").problem == n.PREFECTURE_UNKNOWN
    assert n.prefecture("") == (None, "")
    assert len(n.PREFECTURES) == 47


def test_yes_or_no():
    assert n.yes_or_no("yes") is n.yes_or_no("ＴＲＵＥ") is n.yes_or_no("希望する") is True
    assert n.yes_or_no("no") is n.yes_or_no("0") is n.yes_or_no("しない") is False
    assert n.yes_or_no("") is n.yes_or_no("maybe") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋", "高橋"),
        ("山﨑", "山崎"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡辺"),
        ("齋藤", "斎藤"),
        ("𠮷田", "吉田"),
        ("さゆり", "サユリ"),
        ("ｻﾕﾘ", "サユリ"),
        ("ジョン・スミス", "ジョン スミス"),
        ("キョウスケ", "キヨウスケ"),
        ("YAMADA Taro", "yamada　taro"),
        ("辻󠄀", "辻"),
    ],
)
def test_one_name_in_two_spellings(one, other):
    assert n.name_key(one) == n.name_key(other)


@pytest.mark.parametrize(("one", "other"), [("斎藤", "斉藤"), ("齋藤", "齊藤"), ("太田", "大田"), ("一郎", "一朗")])
def test_two_names_stay_two(one, other):
    assert n.name_key(one) != n.name_key(other)


def test_a_name_is_stored_as_its_bearer_writes_it():
    assert n.clean_text("髙橋") == "髙橋"
    assert n.clean_text("神\ufa19") == "神\ufa19"
    assert n.clean_text("  ﾔﾏﾀﾞ　ﾀﾛｳ \u200b") == "ヤマダ タロウ"
    assert n.clean_text("a\x00b") == "ab"
    assert n.clean_kana("やまだ ﾀﾛｳ") == "ヤマダ タロウ"


def test_variants_fold_once():
    values = set(SHAPES.values()) | set(OLD_FORMS.values())
    assert not values & {chr(code) for code in FOLD}


def test_address():
    assert n.clean_address("９－６－８") == "9-6-8"
    assert n.clean_address("4ー21ー20メゾンコーポ") == "4-21-20メゾンコーポ"
    assert n.address_key("浅草四丁目7番3号") == n.address_key("浅草4-7-3")
    assert n.address_key("例町十二丁目二十三番地四号") == n.address_key("例町12-23-4")
    assert n.address_key("例町百二十番地") == n.address_key("例町120")
    assert n.address_key("大字例村一〇一番地") == n.address_key("例村101")
    assert n.address_key("霞が関1-2") == n.address_key("霞ヶ関一丁目２番")
    assert n.address_key("例町十一丁目") != n.address_key("例町一丁目")
    assert n.address_key("例町二十一番") != n.address_key("例町二十番1")
    assert n.address_key("鎌ヶ谷市 渡辺3-16-20") == n.address_key("鎌ケ谷市渡辺３－１６－２０")


def test_one_home_with_and_without_its_building():
    short, long = n.address_key("鎌ケ谷市渡辺3-16-20"), n.address_key("鎌ケ谷市渡辺3-16-20コーポ778")
    assert n.same_address(short, long)
    assert n.same_address(long, short)
    assert not n.same_address(n.address_key("渡辺3-16-2"), n.address_key("渡辺3-16-20"))
    assert not n.same_address(n.address_key("渡辺3-16"), n.address_key("渡辺3-16-20"))
    assert not n.same_address("", short)


@given(texts)
@example("ß¸")
def test_keys_are_stable(text):
    for key in (n.name_key, n.clean_text, n.clean_kana, n.clean_address):
        assert key(key(text)) == key(text)


@given(texts)
def test_full_width_makes_no_difference(text):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert n.name_key(wide) == n.name_key(unicodedata.normalize("NFKC", text))


@given(st.dates(min_value=date(1900, 1, 1), max_value=TODAY))
def test_every_birthday_is_read(day):
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"):
        assert n.birth_date(day.strftime(pattern), today=TODAY).value == day


@given(texts)
@example("=1+1")
@example("'=1+1")
@example("''@x")
@example("\t=1")
@example("＝1")
@example(" +81")
def test_formulas_are_neutralised_and_come_back(value):
    guarded = n.neutralise_formula(value)
    assert not n._FORMULA.match(guarded)
    assert n.strip_text_apostrophe(guarded) == value


def test_formula_examples():
    for value in (
        '=HYPERLINK("http://evil.example","click")',
        "+81",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        " =1",
    ):
        assert n.neutralise_formula(value) == "'" + value
    for value in ("", "渡辺", "1-2-3", "a=b", "'quoted'"):
        assert n.neutralise_formula(value) == value


# 123456789018 is the example whose check digit is 8: 6*1+5*2+4*3+3*4+2*5+7*6+6*7+5*8+4*9+3*0+2*1 = 212, 212 mod 11 = 3.
@pytest.mark.parametrize(
    "number",
    [
        "123456789018", "1234-5678-9018", "1234 5678 9018", "１２３４５６７８９０１８", "1234－5678－9018",
        "123 456 789 018",
        "12-34-56-78-90-18", "123456 789018", "1 2 3 4 5 6 7 8 9 0 1 8", "一二三四五六七八九〇一八",
        "壱弐参四五六七八九零壱八",
        "1234・5678・9018", "1234　-　5678　-　9018", "1234\u200b56789018", "①②③④⑤⑥⑦⑧⑨０１⑧",
        "１２３四 ５６７八 九〇一８",
    ],
)  # fmt: skip
def test_my_numbers_are_masked(number):
    assert my_number.mask_my_numbers(f"本人確認 {number} 済") == (f"本人確認 {my_number.MASK} 済", 1)


@pytest.mark.parametrize(
    "text", ["123456789012", "1123456789018", "+123456789018", "1234-56789018", "2023-01-05 0900", ""]
)
def test_other_numbers_stay(text):
    assert my_number.mask_my_numbers(text) == (text, 0)


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_but_the_number_is_masked(before, after):
    masked, count = my_number.mask_my_numbers(f"{before}、123456789018、{after}")
    assert (masked, count) == (f"{before}、{my_number.MASK}、{after}", 1)
    assert not my_number.holds_my_number(masked)


def test_each_of_several_is_masked():
    text = "甲 123456789018 と乙 一二三四五六七八九〇一八"
    assert my_number.mask_my_numbers(text) == (f"甲 {my_number.MASK} と乙 {my_number.MASK}", 2)


@given(st.text("0123456789", min_size=11, max_size=11))
def test_every_body_has_exactly_one_check_digit(body):
    assert sum(my_number.is_my_number(body + check) for check in "0123456789") == 1


def test_words():
    assert list(n.words("VIP, メガネ、　,ギフト")) == ["VIP", "メガネ", "ギフト"]
