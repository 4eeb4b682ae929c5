"""The public pages say what the profile says, in both languages, whoever asks."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from consent_app.domain.profile_reader import Text
from consent_app.domain.request_words import REQUEST_WORDS
from consent_app.models import DataItem, ForeignArrangement, Operator, RefusalGround, RequestRule, Subcontractor
from consent_app.services.profiles import load_profile, read_profile

PAGES = ["contact", "purposes", "subcontractors", "procedure"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def rokusho() -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")


def text_of(client: Client, page: str, language: str = "ja") -> str:
    response = client.get(reverse(f"portal:{page}"), headers={"accept-language": language})
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.usefixtures("rokusho")
def test_contact_names_the_ways_and_the_hours(client: Client) -> None:
    html = client.get(reverse("portal:contact")).content.decode()
    assert 'href="mailto:privacy@rokusho.example"' in html
    assert 'href="tel:050-0000-0000"' in html
    text = text_of(client, "contact")
    for fact in (
        "12:00〜18:00",
        "〒100-0000 東京都千代田区例町1-2-3",
        "代表　例野 太郎".replace("　", " "),
        "個人情報管理者",
    ):
        assert fact in text
    complaints = text[text.index("苦情の申し出") : text.index("代表者")]
    assert "手紙" in complaints
    assert "メール" in complaints
    assert "電話" not in complaints


@pytest.mark.usefixtures("rokusho")
def test_contact_in_english(client: Client) -> None:
    text = text_of(client, "contact", "en")
    assert "12:00 to 18:00 (Japan time)" in text
    assert "Taro Reino, owner" in text
    assert "〒100-0000 東京都" not in text


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize(
    ("language", "purpose", "item", "consequence"),
    [
        ("ja", "ご注文品のお届け、メールマガジンの配信など", "生年月日", "商品をお届けできません。"),
        ("en", "such as delivering your order and sending our newsletter", "Date of birth", "We cannot deliver goods."),
    ],
)
def test_purposes_with_items_and_what_follows(
    client: Client, language: str, purpose: str, item: str, consequence: str
) -> None:
    text = text_of(client, "purposes", language)
    assert purpose in text
    assert item in text
    assert consequence in text


@pytest.mark.usefixtures("rokusho")
def test_a_part_of_a_purpose_stands_with_the_whole(client: Client) -> None:
    html = client.get(reverse("portal:purposes")).content.decode()
    assert "このうち、メールマガジンを希望した方にお送りするため" in html
    assert "この目的には、別に同意をいただいたときだけ使います。" in html
    assert re.findall(r"<h3[^>]*>(\d)", html) == ["1", "2"]


@pytest.mark.usefixtures("rokusho")
def test_what_was_retired_is_not_published(client: Client) -> None:
    DataItem.objects.filter(code="note").update(active=False)
    Subcontractor.objects.update(active=False)
    RefusalGround.objects.filter(code="business_hindrance").update(active=False)
    assert "接客のためのメモ" not in text_of(client, "purposes")
    assert "公表している委託先はありません" in text_of(client, "subcontractors")
    # What the law gives stays; what the policy says beside it goes.
    assert "著しい支障" not in text_of(client, "procedure").split("お断りすることがある場合")[1]


@pytest.mark.usefixtures("rokusho")
def test_subcontractors_that_are_published(client: Client) -> None:
    text = text_of(client, "subcontractors")
    for fact in ("例示配送株式会社", "商品の配送", "氏名、郵便番号・住所", "お届けする商品だけを渡します"):
        assert fact in text
    assert "日本" in text
    Subcontractor.objects.update(public=False)
    assert "例示配送株式会社" not in text_of(client, "subcontractors")


@pytest.mark.usefixtures("rokusho")
def test_what_people_are_told_about_a_subcontractor_abroad(client: Client) -> None:
    """Article 28(2), Rule 17: the country, its regime, the measures of the recipient. Without an agreement, too."""
    subcontractor = Subcontractor.objects.get()
    subcontractor.country = "US"
    subcontractor.save()
    text = text_of(client, "subcontractors")
    assert "アメリカ合衆国（US）" in text
    assert "その国の制度" not in text
    ForeignArrangement.objects.create(
        subcontractor=subcontractor,
        basis="consent",
        regime_ja="包括的な法律はありません。",
        regime_en="There is no comprehensive law.",
        measures_ja="暗号化します。",
        measures_en="It encrypts.",
        informed_from=timezone.localdate(),
    )
    text = text_of(client, "subcontractors")
    for fact in ("例示配送株式会社での取扱い：アメリカ合衆国（US）", "包括的な法律はありません。", "暗号化します。"):
        assert fact in text


@pytest.mark.usefixtures("rokusho")
def test_procedure_tells_cost_time_check_and_refusals(client: Client) -> None:
    text = text_of(client, "procedure")
    assert text.count("始める前に金額をお知らせします") == 2
    assert text.count("無料です。") == 9 + 1  # nine types, and the sentence about article 38
    assert "10営業日以内" in text
    assert "外国にある第三者の体制の情報" not in text
    assert "第33条第2項第1号" in text
    assert "開示、 第三者提供記録の開示" in re.sub("、 *", "、 ", text)
    assert "メールのコード、登録情報との照合、書類の写し" not in text

    RequestRule.objects.filter(request_type="erasure").update(identity_level=3, target_business_days=1)
    text = text_of(client, "procedure")
    assert "メールのコード、登録情報との照合、書類の写し" in text
    assert "1営業日以内" in text


@pytest.mark.usefixtures("rokusho")
def test_a_fixed_fee_is_told_with_its_amount(client: Client) -> None:
    RequestRule.objects.filter(request_type="disclosure").update(
        fee="fixed", fee_yen=1100, fee_note_ja="振込手数料はご負担ください。"
    )
    assert "1件につき1,100円（税込）です。振込手数料はご負担ください。" in text_of(client, "procedure")


@pytest.mark.usefixtures("rokusho")
def test_a_ground_that_is_not_statutory_says_what_it_needs(client: Client) -> None:
    RefusalGround.objects.filter(code="content_is_right").update(
        statutory=False, article="", requires=["33(2)i", "34(2)"], text_ja="公序良俗に反するとき"
    )
    text = text_of(client, "procedure")
    assert re.search(r"公序良俗に反するとき （これだけでは理由にならず.*法第33条第2項第1号、 ?法第34条第2項）", text)


@pytest.mark.usefixtures("rokusho")
def test_procedure_tells_each_right_with_its_article_and_grounds_and_the_evidence_of_agents(client: Client) -> None:
    text = text_of(client, "procedure")
    for fact in ("第33条第5項", "第35条第5項", "重大な漏えいなどがあった", "登記事項証明書", "委任状"):
        assert fact in text
    assert "手数料の払い方" in text
    page = client.get(reverse("portal:procedure")).content.decode()
    assert 'href="/requests/new/provision_records/"' in page
    RequestRule.objects.update(fee="none")
    RequestRule.objects.filter(request_type="provision_records").update(offered=False)
    page = client.get(reverse("portal:procedure")).content.decode()
    assert "手数料の払い方" not in page
    assert "provision_records" not in page


def test_every_request_type_has_words() -> None:
    profile = read_profile("rokusho")
    assert {request.type for request in profile.requests} == set(REQUEST_WORDS)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_profile_the_page_says_so(client: Client, page: str) -> None:
    response = client.get(reverse(f"portal:{page}"))
    assert response.status_code == 503
    assert "準備中です" in response.content.decode()


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_reading_only(client: Client, page: str) -> None:
    assert client.post(reverse(f"portal:{page}")).status_code == 405


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize(
    ("page", "queries"), [("contact", 0), ("purposes", 3), ("subcontractors", 2), ("procedure", 3)]
)
def test_number_of_queries_does_not_grow(client: Client, page: str, queries: int, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    client.get(reverse("portal:contact"))
    with django_assert_num_queries(queries):
        client.get(reverse(f"portal:{page}"))
    profile = read_profile("rokusho")
    more = tuple(dataclasses.replace(profile.subcontractors[0], code=f"extra{number}") for number in range(30))
    purposes = tuple(
        dataclasses.replace(profile.purposes[0], code=f"extra{number}", text=Text("例", "Example"))
        for number in range(30)
    )
    load_profile(
        profile=dataclasses.replace(profile, subcontractors=more, purposes=purposes + profile.purposes), actor="command"
    )
    with django_assert_num_queries(queries):
        client.get(reverse(f"portal:{page}"))


@pytest.mark.usefixtures("rokusho")
def test_operator_css_carries_the_accent_and_is_cached(client: Client) -> None:
    response = client.get(reverse("portal:operator_css"))
    assert response.content == b":root { --operator-accent: #0f5c4d; }\n"
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "public" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    again = client.get(reverse("portal:operator_css"), headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_operator_css_without_a_profile_is_empty(client: Client) -> None:
    response = client.get(reverse("portal:operator_css"))
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.usefixtures("rokusho")
def test_every_page_leads_to_what_must_be_knowable(client: Client) -> None:
    html = client.get(reverse("portal:contact"), headers={"accept-language": "en"}).content.decode()
    for page in PAGES:
        assert f'href="{reverse(f"portal:{page}")}"' in html
    assert "12:00 to 18:00" in html


@pytest.fixture
def no_cache(settings: Any, tmp_path: Path) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nobody-listens"}}
    with pytest.raises(RedisError):
        cache.get("anything")


@pytest.mark.usefixtures("no_cache", "rokusho")
@pytest.mark.parametrize("page", [*PAGES, "operator_css"])
def test_the_pages_do_not_need_the_cache(client: Client, page: str) -> None:
    assert client.get(reverse(f"portal:{page}")).status_code == 200


@pytest.mark.usefixtures("rokusho")
def test_an_accent_is_only_ever_a_colour() -> None:
    operator = Operator.objects.get()
    operator.accent_color = "red; }"
    with pytest.raises(Exception, match="accent_color"):
        operator.full_clean()
