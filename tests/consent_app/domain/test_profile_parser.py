"""The profile format: what is accepted, and every way to be wrong with its place and its remedy."""

import datetime
import re
from pathlib import Path

import pytest

from consent_app.domain.profile import REQUEST_TYPES
from consent_app.domain.profile_parser import ProfileError, parse_profile
from consent_app.domain.profile_reader import Problem, Text
from consent_app.services.profiles import PROFILES

ROKUSHO = (PROFILES / "rokusho.toml").read_text(encoding="utf-8")


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.encode())
    return list(caught.value.problems)


def changed(old: str, new: str, *, count: int = 1) -> str:
    """The rokusho profile with ``old`` replaced by ``new``, the first ``count`` times."""
    assert old in ROKUSHO
    return ROKUSHO.replace(old, new, count)


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_of_the_product_is_valid_and_named_by_its_code(path: Path) -> None:
    assert parse_profile(path.read_bytes()).operator.code == path.stem


def test_rokusho_keeps_the_facts_of_its_policy() -> None:
    profile = parse_profile(ROKUSHO.encode())
    assert profile.operator.name == Text("optic-salon ROKUSHO", "optic-salon ROKUSHO")
    assert profile.operator.hours.ja == "12:00〜18:00"
    assert profile.operator.telephone == "050-0000-0000"
    assert profile.operator.email.endswith("@rokusho.example")
    assert set(profile.operator.complaint_channels) == {"letter", "email"}
    assert profile.operator.policy_updated_on == datetime.date(2026, 4, 1)
    assert [purpose.code for purpose in profile.purposes] == ["services", "newsletter", "statistics"]
    assert [purpose.code for purpose in profile.purposes if not purpose.part_of] == ["services", "statistics"]
    asked = {item.code for item in profile.data_items if item.entered_by == "customer"}
    assert {"name", "address", "telephone", "email", "gender", "birth_date"} <= asked
    assert all(item.optional for item in profile.data_items)
    assert [(basis.code, basis.article, basis.requires) for basis in profile.provision_bases] == [
        ("consent", "27(1)", ()),
        ("subcontractor", "27(5)i", ()),
        ("statistics", "2(1)", ()),
        ("bound_third_party", "", ("27(1)", "27(5)i")),
        ("legal_demand", "27(1)i", ()),
        ("protection", "", ("27(1)", "27(1)ii")),
    ]
    assert [(each.code, each.public) for each in profile.subcontractors] == [("delivery", True)]
    assert {request.type: request.fee for request in profile.requests if request.fee != "none"} == {
        "purpose_notice": "quoted",
        "disclosure": "quoted",
    }


def test_every_address_and_number_of_the_profiles_is_a_reserved_one() -> None:
    for path in PROFILES.glob("*.toml"):
        operator = parse_profile(path.read_bytes()).operator
        assert operator.email.endswith(".example")
        assert operator.website.rstrip("/").endswith(".example") or not operator.website
        assert re.fullmatch(r"(050-0000-000\d)?", operator.telephone)


@pytest.mark.parametrize(
    ("old", "new", "key", "at", "what", "remedy"),
    [
        ("format = 1", "format = 2", "format", "format = 2", "版", "format = 1"),
        ('code = "rokusho"', 'code = "Rokusho!"', "operator.code", 'code = "Rokusho!"', "書き方", "例："),
        ('code = "rokusho"', "code = 5", "operator.code", "code = 5", "文字列ではありません", '""'),
        ('code = "rokusho"', 'code = " "', "operator.code", 'code = " "', "空です", "消して"),
        (
            'name.en = "optic-salon ROKUSHO"\n',
            "",
            "operator.name.en",
            'name.ja = "optic-salon',
            "必要な項目がありません",
            "「en = …」",
        ),
        ('name.en = "Name"\n', "name.fr = 'Nom'\n", "data_items[1].name.fr", "name.fr", "知らない項目", "en, ja"),
        (
            'postal_code = "100-0000"',
            'postal_code = "1000000"',
            "operator.postal_code",
            "postal_code",
            "書き方",
            "100-0000",
        ),
        (
            'accent_color = "#0f5c4d"',
            'accent_color = "#0f9c8d"',
            "operator.accent_color",
            "accent_color",
            "3.4",
            "暗い色",
        ),
        (
            "policy_updated_on = 2026-04-01",
            'policy_updated_on = "2026"',
            "operator.policy_updated_on",
            "policy_up",
            "日付",
            "引用符",
        ),
        (
            'website = "https://rokusho',
            'website = "http://rokusho',
            "operator.website",
            "website",
            "ウェブ",
            "https://",
        ),
        ('email = "privacy@rokusho.example"', 'email = "privacy"', "contact.email", 'email = "pr', "メール", "例："),
        ('telephone = "050-0000-0000"\n', "", "contact.telephone", "[contact]", "番号がありません", "channels"),
        (
            "complaint_channels",
            "complaint_chanels",
            "contact.complaint_chanels",
            "complaint_chanels",
            "知らない",
            "complaint_channels",
        ),
        (
            '["letter", "email"]',
            '["letter", "fax"]',
            "contact.complaint_channels[2]",
            "complaint_ch",
            "fax",
            "portal, email",
        ),
        (
            '["letter", "email"]',
            '["letter", "letter"]',
            "contact.complaint_channels[2]",
            "complaint_ch",
            "2回",
            "1つだけ",
        ),
        ('["letter", "email"]', '"letter"', "contact.complaint_channels", "complaint_ch", "一覧", "["),
        ('["letter", "email"]', "[]", "contact.complaint_channels", "complaint_ch", "空です", "1つ以上"),
        (
            "statistical_only = true",
            'statistical_only = "true"',
            "purposes[3].statistical_only",
            "statistical_only",
            "真偽値",
            "引用符なし",
        ),
        (
            '"order", "recipient", "inquiry"',
            '"ordr", "recipient", "inquiry"',
            "purposes[1].items[9]",
            '  "ordr"',
            "ordr",
            "「order」",
        ),
        ('country = "JP"', 'country = "Japan"', "subcontractors[1].country", "country", "書き方", "JP"),
        (
            'country = "JP"',
            'country = "JP"\nreview_months = 48',
            "subcontractors[1].review_months",
            "review_months",
            "使えない",
            "36",
        ),
        (
            'article = "27(5)i"',
            'article = "27(6)"',
            "provision_bases[2].article",
            'article = "27(6)"',
            "27(6)",
            "27(5)i",
        ),
        (
            'article = "27(5)i"\n',
            "",
            "provision_bases[2].article",
            '[[provision_bases]]\ncode = "sub',
            "必要",
            "article",
        ),
        (
            'article = "27(5)i"',
            'article = "27(5)i"\nrequires = ["27(1)"]',
            "provision_bases[2].requires",
            'requires = ["27(1)"]\n',
            "書けません",
            "消す",
        ),
        (
            'requires = ["27(1)", "27(5)i"]',
            'requires = ["27(1)"]\narticle = "27(1)"',
            "provision_bases[4].article",
            'article = "27(1)"\n\n[[provision_bases]]\ncode = "legal',
            "書けません",
            "requires",
        ),
        (
            'requires = ["27(1)", "27(5)i"]\n',
            "",
            "provision_bases[4].requires",
            '[[provision_bases]]\ncode = "bound',
            "必要",
            "requires",
        ),
        (
            'type = "erasure"',
            'type = "erasure"\nfee = "quoted"',
            "requests[8].fee",
            'fee = "quoted"\n\n[[requests]]\ntype = "stop_prov',
            "第38条",
            "消して",
        ),
        (
            'type = "provision_records"',
            'type = "provision_records"\nfee = "fixed"',
            "requests[3].fee_yen",
            '[[requests]]\ntype = "prov',
            "金額がありません",
            "1100",
        ),
        (
            'type = "provision_records"',
            'type = "provision_records"\nfee_yen = 300',
            "requests[3].fee_yen",
            "fee_yen",
            "定額ではない",
            "fixed",
        ),
        (
            'type = "provision_records"',
            'type = "provision_records"\nfee_yen = 0\nfee = "fixed"',
            "requests[3].fee_yen",
            "fee_yen",
            "使えない値",
            "1から",
        ),
        (
            'type = "erasure"',
            'type = "erasure"\noffered = false',
            "requests[8].offered",
            "offered = false",
            "受け付けないことに",
            "消して",
        ),
        (
            'type = "erasure"',
            'type = "erasure"\nidentity_level = 4',
            "requests[8].identity_level",
            "identity_level = 4",
            "使えない値",
            "1から3",
        ),
        ('[[requests]]\ntype = "erasure"\n', "", "requests", "[[requests]]", "erasure", "[[requests]]"),
        (
            '[[requests]]\ntype = "erasure"',
            '[[requests]]\ntype = "stop_use"',
            "requests[8].type",
            'type = "stop_use"\n\n[[requests]]\ntype = "stop_prov',
            "2回",
            "違う値",
        ),
        (
            'code = "statistics"\ntext',
            'code = "services"\ntext',
            "purposes[3].code",
            'code = "services"\ntext.ja = "サービスを',
            "2回",
            "違う値",
        ),
        (
            'article = "37(1)"',
            "statutory = false",
            "refusal_grounds[13].requires",
            '[[refusal_grounds]]\ncode = "not_id',
            "必要",
            "requires",
        ),
        (
            'consequence.ja = "商品をお届けできません。"\nconsequence.en = "We cannot deliver goods."\n',
            "",
            "data_items[4].consequence",
            '[[data_items]]\ncode = "address"',
            "影響",
            "consequence.ja",
        ),
        (
            'items = ["address", "gender", "birth_date", "order", "purchases", "membership"]',
            'items = ["address"]',
            "data_items[10].code",
            'code = "purchases"',
            "利用目的がありません",
            "items に加える",
        ),
        (
            "[[subcontractors]]",
            "[[subcontractor]]",
            "subcontractor",
            "[[subcontractor]]",
            "知らない",
            "「subcontractors」",
        ),
        ("[contact]", "[kontakt]", "kontakt", "[kontakt]", "知らない", "「contact」"),
        (
            'name.ja = "氏名"\nname.en = "Name"',
            'name = "Name"',
            "data_items[1].name",
            'name = "Name"',
            "言語",
            "name.ja",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_its_remedy(
    old: str, new: str, key: str, at: str, what: str, remedy: str
) -> None:
    text = changed(old, new)
    problems = problems_of(text)
    (problem,) = [problem for problem in problems if problem.key == key] or pytest.fail("\n".join(map(str, problems)))
    assert problem.line == line_of(text, at)
    assert what in problem.what
    assert remedy in problem.remedy


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = (
        changed('country = "JP"', "country = 1").replace("format = 1", "format = 9").replace("[contact]", "[Contact]")
    )
    found = problems_of(text)
    assert [problem.key for problem in found if problem.key != "contact"] == [
        "format",
        "Contact",
        "subcontractors[1].country",
    ]
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_a_missing_section_is_one_problem() -> None:
    start, end = ROKUSHO.index("[contact]"), ROKUSHO.index("# What the shop asks for")
    assert [(problem.key, problem.line) for problem in problems_of(ROKUSHO[:start] + ROKUSHO[end:])] == [("contact", 1)]


def test_missing_data_items_do_not_make_every_reference_a_problem() -> None:
    start, end = ROKUSHO.index("[[data_items]]"), ROKUSHO.index("[[purposes]]")
    assert [problem.key for problem in problems_of(ROKUSHO[:start] + ROKUSHO[end:])] == ["data_items"]


def test_texts_are_one_line_of_bounded_length() -> None:
    text = changed('name.en = "Name"', f'name.en = "{"N" * 101}"').replace(
        'name.en = "Company name"', 'name.en = """Company\nname"""'
    )
    assert [(problem.key, problem.what) for problem in problems_of(text)] == [
        ("data_items[1].name.en", "101文字あり、長すぎます。"),
        ("data_items[3].name.en", "改行が入っています。"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("format = 1\n[operator\n", 2, 10), ("format = 1\nname = ", 2, 8), ("a = 1\na = 2\n", 2, 6)],
)
def test_what_is_not_toml_is_told_with_its_place(text: str, line: int, column: int) -> None:
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == (line, column)
    assert "TOML" in problem.what
    assert problem.remedy


def test_what_is_not_utf_8_is_told_with_its_place() -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile("format = 1\nname = 'あ'\n".encode() + "x = '髙'".encode("cp932"))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 6)
    assert "UTF-8" in problem.what


def test_line_ends_and_byte_order_mark_of_windows_make_no_difference() -> None:
    assert parse_profile(b"\xef\xbb\xbf" + ROKUSHO.replace("\n", "\r\n").encode()) == parse_profile(ROKUSHO.encode())
    text = "\ufeff" + changed('country = "JP"', "country = 1").replace("\n", "\r\n")
    assert problems_of(text)[0].line == line_of(ROKUSHO, 'country = "JP"')


def test_how_an_item_is_changed() -> None:
    change = {item.code: item.change for item in parse_profile(ROKUSHO.encode()).data_items}
    assert {code for code, how in change.items() if how == "direct"} == {
        *("name", "kana", "company", "address", "telephone", "email", "gender"),
    }
    text = changed('code = "name"\n', 'code = "name"\nchange = "request"\n')
    text = text.replace('code = "birth_date"\n', 'code = "birth_date"\nchange = "direct"\n', 1)
    change = {item.code: item.change for item in parse_profile(text.encode()).data_items}
    assert (change["name"], change["birth_date"]) == ("request", "direct")
    text = changed('code = "gender"\n', 'code = "gender"\nentered_by = "operator"\n')
    change = {item.code: item.change for item in parse_profile(text.encode()).data_items}
    assert change["gender"] == "request"


@pytest.mark.parametrize("code", ["order", "recipient", "note"])
def test_what_is_no_column_of_a_customer_is_not_changed_directly(code: str) -> None:
    (problem,) = problems_of(changed(f'code = "{code}"\n', f'code = "{code}"\nchange = "direct"\n'))
    assert problem.key.endswith(".change")


def test_what_a_second_person_looks_at() -> None:
    text = changed('type = "erasure"', 'type = "erasure"\nsecond_look = ["granted", "refused"]')
    rules = {rule.type: rule.second_look for rule in parse_profile(text.encode()).requests}
    assert rules["erasure"] == ("granted", "refused")
    assert rules["disclosure"] == ()
    wrong = changed('type = "erasure"', 'type = "erasure"\nsecond_look = ["maybe"]')
    assert [problem.key for problem in problems_of(wrong)] == ["requests[8].second_look[1]"]


def test_every_request_type_is_in_the_profile() -> None:
    assert {request.type for request in parse_profile(ROKUSHO.encode()).requests} == set(REQUEST_TYPES)
