"""Every profile that comes with the product: it loads, and all public pages say it in one language."""

import re
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from consent_app.domain.colour import MINIMUM_CONTRAST, WHITE, contrast
from consent_app.domain.profile import REQUEST_TYPES, Profile
from consent_app.models import Operator, ProvisionBasis, RefusalGround, RequestRule
from consent_app.services.profiles import PROFILES, LoadReport, load_profile, read_profile
from tests.support.words import JAPANESE, words_and_links

CODES = sorted(path.stem for path in PROFILES.glob("*.toml"))
PAGES = [
    "home",
    "contact",
    "matters",
    "policy",
    "purposes",
    "subcontractors",
    "procedure",
    "joint_use",
    "trackers",
    "sign_in",
]
# Everything that leads out of the product is reserved, so that no demonstration can reach a real shop.
RESERVED = re.compile(r"https://(\w+\.example)/")

pytestmark = pytest.mark.django_db


def load(code: str) -> tuple[Profile, LoadReport]:
    cache.clear()
    profile = read_profile(code)
    return profile, load_profile(profile=profile, actor="command")


def text_of(client: Client, address: str, language: str) -> str:
    response = client.get(address, headers={"accept-language": language})
    assert response.status_code == 200, address
    return " ".join(words_and_links(response.content.decode(), language)[0])


def test_all_five_operators_are_there() -> None:
    assert CODES == ["agreement", "cleng", "kloset", "quipearl", "rokusho"]


@pytest.mark.parametrize("code", CODES)
def test_a_profile_is_complete_and_reserved(code: str) -> None:
    profile, report = load(code)
    operator = profile.operator
    assert (operator.code, Operator.objects.get().code) == (code, code)
    assert report.changed == report.retired == []
    assert RESERVED.fullmatch(operator.website), operator.website
    assert operator.email.endswith(f"@{code}.example")
    assert operator.telephone == "" or re.fullmatch(r"050-0000-000\d", operator.telephone)
    assert contrast(operator.accent_color, WHITE) >= MINIMUM_CONTRAST
    # Imports note the wish for the newsletter under this purpose.
    assert [purpose.needs_consent for purpose in profile.purposes if purpose.code == "newsletter"] == [True]
    again = load(code)[1]
    assert again.created == again.changed == again.retired == []


def test_no_two_operators_look_alike() -> None:
    operators = [read_profile(code).operator for code in CODES]
    for key in ("name", "email", "accent_color"):
        assert len({getattr(operator, key) for operator in operators}) == len(operators), key


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_public_page_in_one_language(client: Client, code: str, language: str) -> None:
    profile, _ = load(code)
    addresses = [reverse(f"portal:{page}") for page in PAGES]
    seen = {address: text_of(client, address, language) for address in addresses}
    if language == "en":
        for address, text in seen.items():
            assert not JAPANESE.search(text.replace("日本語", "")), address
    english = language == "en"
    for purpose in profile.purposes:
        assert (purpose.text.en if english else purpose.text.ja) in seen["/purposes/"]
    for item in profile.data_items:
        assert (item.name.en if english else item.name.ja) in seen["/purposes/"]
    for subcontractor in profile.subcontractors:
        assert (subcontractor.name.en if english else subcontractor.name.ja) in seen["/subcontractors/"]
    for ground in profile.refusal_grounds:
        assert (ground.text.en if english else ground.text.ja) in seen["/procedure/"]
    operator = profile.operator
    assert (operator.introduction.en if english else operator.introduction.ja) in seen["/"]
    for value in (operator.name, operator.representative, operator.address, operator.hours):
        words = (value.en if english else value.ja).split()
        assert " ".join(words) in seen["/contact/"]


@pytest.mark.parametrize("code", CODES)
def test_a_fee_only_where_the_law_and_the_policy_name_one(code: str) -> None:
    load(code)
    told = dict(RequestRule.objects.exclude(fee="none").values_list("request_type", "fee"))
    assert told == {
        "rokusho": {"purpose_notice": "quoted", "disclosure": "quoted"},
        "kloset": {"disclosure": "fixed"},
    }.get(code, {})
    assert all(REQUEST_TYPES[request_type] for request_type in told)
    offered = set(RequestRule.objects.filter(offered=True).values_list("request_type", flat=True))
    assert offered == set(REQUEST_TYPES) - {"foreign_measures"}


@pytest.mark.parametrize(
    ("language", "fee"),
    [("ja", "1,100円（税込）です。振込手数料はご負担ください。"), ("en", "1,100 yen")],
)
@pytest.mark.parametrize("address", ["/", "/procedure/"])
def test_kloset_tells_its_fee_with_the_amount(client: Client, address: str, language: str, fee: str) -> None:
    load("kloset")
    text = text_of(client, address, language)
    assert fee in text
    if language == "en":
        assert "You bear the bank's transfer fee." in text


@pytest.mark.parametrize(
    ("code", "bases"),
    [
        ("kloset", {"terms_violation": ["27(1)", "27(1)i", "27(1)ii"]}),
        ("quipearl", {"inquiry_handling": ["27(1)", "27(5)i"], "payment_checks": ["27(1)", "27(5)i"]}),
        ("cleng", {"danger": ["27(1)", "27(1)ii"], "protection": ["27(1)", "27(1)ii"]}),
        ("agreement", {"other_services": ["27(1)"]}),
    ],
)
def test_cases_that_are_no_exception_in_the_law_warn(code: str, bases: dict[str, list[str]]) -> None:
    _, report = load(code)
    found = ProvisionBasis.objects.filter(statutory=False)
    assert {basis.code: basis.requires for basis in found} == bases
    assert all(basis.warning_en for basis in found)
    # A case that is in the law can have a warning too, such as the duties towards a subcontractor.
    for basis in ProvisionBasis.objects.exclude(warning_ja=""):
        assert any(basis.warning_ja in caution for caution in report.cautions), basis.code


def test_public_morals_need_a_ground_of_the_law_beside_them() -> None:
    load("quipearl")
    found = RefusalGround.objects.get(statutory=False)
    assert (found.code, found.requires) == ("public_morals", ["33(2)i", "33(2)ii", "33(2)iii"])


@pytest.mark.parametrize(
    ("code", "count"), [("rokusho", 2), ("kloset", 13), ("quipearl", 15), ("cleng", 8), ("agreement", 7)]
)
def test_number_of_purposes(code: str, count: int) -> None:
    """The policies' own lists; quipearl's gift recipients and cleng's requesters stand apart from them."""
    assert sum(not purpose.part_of for purpose in read_profile(code).purposes) == count


@pytest.mark.parametrize("code", CODES)
def test_gift_recipients_are_there_for_what_ships(code: str) -> None:
    """A purpose that cannot use them should not claim to."""
    purposes = read_profile(code).purposes
    assert [purpose.shipping for purpose in purposes if "recipient" in purpose.items] == [True]


def test_gift_recipients_of_quipearl_are_used_for_shipping_only() -> None:
    purposes = read_profile("quipearl").purposes
    assert [purpose.code for purpose in purposes if "recipient" in purpose.items] == ["gift_delivery"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_policy_says_what_the_registers_say(client: Client, code: str, language: str) -> None:
    """Purposes and cases of provision stand in policy and registers in the same words, so that neither can drift."""
    profile, _ = load(code)
    shown = text_of(client, reverse("portal:policy"), language)
    numbered = re.findall(r"^\d+\. (.+)$", profile.policy_text.in_language(language), re.MULTILINE)
    published = [purpose.text.in_language(language) for purpose in profile.purposes if not purpose.part_of]
    # Two purposes stand in sections of their own: gift recipients of quipearl, requesters of cleng.
    assert [text for text in published if text not in numbered] == [
        purpose.text.in_language(language)
        for purpose in profile.purposes
        if purpose.code in ("gift_delivery", "handling_requests")
    ]
    for basis in profile.provision_bases:
        if not basis.statutory:
            assert basis.text.in_language(language) in shown, basis.code


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_policy_of_quipearl_names_its_grounds_of_refusal(client: Client, language: str) -> None:
    profile, _ = load("quipearl")
    shown = text_of(client, reverse("portal:policy"), language)
    named = ("not_identified", "harm_to_person", "business_hindrance", "other_law_breached", "public_morals")
    texts = [ground.text.in_language(language) for ground in profile.refusal_grounds if ground.code in named]
    assert len(texts) == len(named)
    assert [text for text in texts if text not in shown] == []


def test_kloset_and_the_agreement_say_what_the_person_made_public(client: Client) -> None:
    for code in ("kloset", "agreement"):
        load(code)
        assert "印を付けます" in text_of(client, reverse("portal:policy"), "ja")


@pytest.mark.parametrize("code", CODES)
def test_newer_grounds_can_be_met_in_another_way(code: str) -> None:
    """Article 35(5) holds for every operator, and with it the alternative of 35(6)."""
    load(code)
    found = RefusalGround.objects.get(article="35(6)")
    assert found.requests == ["stop_use", "erasure", "stop_provision"]


@pytest.mark.parametrize("code", CODES)
def test_the_logo_stands_in_the_header_and_can_do_nothing(client: Client, code: str) -> None:
    load(code)
    assert '<img class="pp-brand__logo" src="/operator.svg" alt=""' in client.get("/").content.decode()
    response = client.get(reverse("portal:operator_logo"))
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert sorted(policy.split("; ")) == ["default-src 'none'", "frame-ancestors 'none'", "sandbox"]
    assert response.content.decode() == Operator.objects.get().logo
    again = client.get(reverse("portal:operator_logo"), headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304


def test_without_a_logo_the_name_stands_alone(client: Client) -> None:
    profile = read_profile("kloset")
    load_profile(profile=replace(profile, logo_drawing=""), actor="command")
    assert "pp-brand__logo" not in client.get("/").content.decode()
    assert client.get(reverse("portal:operator_logo")).status_code == 404
