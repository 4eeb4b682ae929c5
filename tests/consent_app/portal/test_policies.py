"""The privacy policy in the portal: what holds, what is coming, what held, in both languages."""

import datetime
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.services.profiles import load_profile, read_profile
from tests.factories.consent import OperatorFactory
from tests.factories.policies import TEXT_JA, draft, published

pytestmark = pytest.mark.django_db


def day(number: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=number)


@pytest.fixture
def versions() -> None:
    OperatorFactory()
    published(effective_from=day(-100), text_ja=TEXT_JA.replace("商品", "古い商品"))
    published(effective_from=day(-10))
    published(
        effective_from=day(20),
        material=True,
        text_ja=TEXT_JA.replace("お届け", "販売"),
        text_en="## Purposes\n\nWe use it to sell goods.\n",
    )
    draft(text_ja="秘密の下書き", text_en="Secret draft")


def text_of(client: Client, name: str, *args: int, language: str = "ja") -> str:
    response = client.get(reverse(f"portal:{name}", args=args), headers={"accept-language": language})
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.usefixtures("versions")
def test_the_page_has_the_text_its_date_the_coming_one_and_the_archive(client: Client) -> None:
    text = text_of(client, "policy")
    assert "商品をお届けするために使います。" in text
    assert "古い商品" not in text
    assert "秘密の下書き" not in text
    assert re.search(rf"最終更新日 ?： ?{day(-10).year}年{day(-10).month}月{day(-10).day}日", text)
    assert "第3版に変わります。" in text
    assert "利用目的を加えます。" in text
    html = client.get(reverse("portal:policy")).content.decode()
    for number in (1, 2, 3):
        assert reverse("portal:policy_version", args=[number]) in html
    assert "We use it to deliver goods." in text_of(client, "policy", language="en")


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "使っていた版です"), (2, "いまの版です"), (3, "まだ効力はありません")],
)
def test_every_published_version_says_when_it_holds(client: Client, number: int, words: str) -> None:
    assert words in text_of(client, "policy_version", number)


@pytest.mark.usefixtures("versions")
def test_what_changed_line_by_line(client: Client) -> None:
    html = client.get(reverse("portal:policy_changes", args=[3])).content.decode()
    assert "商品を<strong>販売</strong>するために使います。</ins>" in html
    assert "商品を<strong>お届け</strong>するために使います。</del>" in html
    english = client.get(reverse("portal:policy_changes", args=[3]), headers={"accept-language": "en"})
    assert "<strong>deliver</strong> goods.</del>" in english.content.decode()


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(("name", "number"), [("policy_version", 4), ("policy_version", 0), ("policy_changes", 1)])
def test_what_is_not_there(client: Client, name: str, number: int) -> None:
    assert client.get(reverse(f"portal:{name}", args=[number])).status_code == 404


@pytest.mark.usefixtures("versions")
def test_the_banner_stands_on_every_page_until_the_change_takes_effect(client: Client, time_machine: Any) -> None:
    for name in ("home", "contact", "sign_in", "policy"):
        assert "プライバシーポリシーが変わります" in text_of(client, name), name
    assert "Our privacy policy will change on" in text_of(client, "contact", language="en")
    time_machine.move_to(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=21))
    cache.clear()
    assert "プライバシーポリシーが変わります" not in text_of(client, "contact")
    assert "商品を販売するために使います。" in text_of(client, "policy")


def test_a_small_change_has_no_banner(client: Client) -> None:
    OperatorFactory()
    published(effective_from=day(-10))
    published(effective_from=day(20))
    assert "プライバシーポリシーが変わります" not in text_of(client, "contact")
    assert "第2版に変わります。" in text_of(client, "policy")


def test_without_a_profile_or_a_policy_the_page_says_so(client: Client) -> None:
    assert client.get(reverse("portal:policy")).status_code == 503
    OperatorFactory()
    cache.clear()
    assert "公開しているプライバシーポリシーはまだありません" in text_of(client, "policy")


@pytest.mark.usefixtures("versions")
def test_number_of_queries_does_not_grow(client: Client, django_assert_num_queries: Any) -> None:
    client.get(reverse("portal:contact"))
    counts = {"policy": 2, "policy_version": 1, "policy_changes": 1}
    for turn in range(2):
        for name, count in counts.items():
            with django_assert_num_queries(count):
                client.get(reverse(f"portal:{name}", args=[] if name == "policy" else [2]))
        for number in range(30 * (1 - turn)):
            published(effective_from=day(40 + number))


def test_the_footer_leads_there_first_and_the_profile_brings_version_1(client: Client) -> None:
    for _time in range(2):
        load_profile(profile=read_profile("rokusho"), actor="command")
    text = text_of(client, "policy")
    assert "実施する前に、目立つ方法でお知らせします" in text
    assert "最終更新日 ： 2026年4月1日" in text.replace("最終更新日：", "最終更新日 ： ")
    assert "we give prominent notice of it" in text_of(client, "policy", language="en")
    footer = client.get(reverse("portal:contact")).content.decode().partition("<footer")[2]
    assert footer.index(reverse("portal:policy")) < footer.index(reverse("portal:purposes"))
