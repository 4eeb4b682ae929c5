"""Joint use as everybody reads it."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.domain.joint_use import Change
from consent_app.models import JointUse, JointUser, Operator
from consent_app.services import joint_uses
from tests.factories.consent import OperatorFactory, PurposeFactory
from tests.factories.core import StaffFactory
from tests.factories.joint_uses import announce, draft, published, today

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _operator() -> None:
    OperatorFactory()


def text_of(client: Client, address: str, language: str = "ja") -> str:
    response = client.get(address, headers={"accept-language": language})
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(client: Client, language: str = "ja") -> str:
    return text_of(client, reverse("portal:joint_use"), language)


def version_page(client: Client, number: int, code: str = "group") -> str:
    return text_of(client, reverse("portal:joint_use_version", args=[code, number]))


def test_nothing_is_said_of_a_draft(client: Client) -> None:
    draft()
    text = page(client)
    assert "行っている共同利用はありません" in text
    assert "例グループ" not in text
    assert client.get(reverse("portal:joint_use_version", args=["group", 1])).status_code == 404
    assert reverse("portal:joint_use") not in client.get("/contact/").content.decode()


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        (
            "ja",
            (
                "項目 name",
                "例グループの各社",
                "目的 news のため",
                "例の店株式会社",
                "例町1-2-3",
                "例野 代表",
                "例0株式会社",
            ),
        ),
        (
            "en",
            (
                "Item name",
                "Companies of the Example Group",
                "For the purpose news",
                "1-2-3 Reicho",
                "Daihyo",
                "Example 0",
            ),
        ),
    ],
)
def test_every_matter_of_the_law_is_there(client: Client, language: str, facts: tuple[str, ...]) -> None:
    published()
    text = page(client, language)
    for fact in facts:
        assert fact in text
    assert reverse("portal:joint_use") in client.get("/contact/").content.decode()


def test_an_announced_change_stands_beside_what_holds(client: Client) -> None:
    joint_use = published()
    joint_use.purposes.set([PurposeFactory(code="ads", text_ja="広告のため", text_en="For ads")])
    announce(joint_use, effective_from=today(20), announced_on=today())
    text = page(client)
    day = today(20)
    coming = re.search(rf"{day.year}年{day.month}月{day.day}日（.）から変わります", text)
    assert coming
    assert coming.start() < text.index("目的 news のため") < text.index("広告のため")
    assert "まだ始まっていません" in version_page(client, 2)
    assert "いまの内容です" in version_page(client, 1)


def test_what_was_before_stays_readable(client: Client) -> None:
    joint_use = published()
    JointUse.objects.filter(pk=joint_use.pk).update(responsible_address_ja="大阪府大阪市例区1")
    announce(
        joint_use,
        effective_from=today(),
        announced_on=today(),
        change=Change.WITHOUT_DELAY,
    )
    assert "大阪府大阪市例区1" in page(client)
    assert "東京都千代田区例町1-2-3" not in page(client)
    assert "東京都千代田区例町1-2-3" in version_page(client, 1)
    assert "以前の内容です" in version_page(client, 1)
    second = version_page(client, 2)
    assert "変わる前" in second
    assert "東京都千代田区例町1-2-3" in second


def test_the_texts_are_those_that_were_announced(client: Client) -> None:
    """A profile may word an item or a purpose anew; what people were told does not change with it."""
    joint_use = published()
    joint_use.purposes.update(text_ja="すべてのため")
    joint_use.items.update(name_ja="すべて")
    text = page(client)
    assert "目的 news のため" in text
    assert "すべて" not in text


def test_before_it_begins_and_after_its_end(client: Client) -> None:
    joint_use = published(effective_from=today(3))
    assert "まだ始まっていません" in page(client)
    joint_uses.end(joint_use=joint_use, revision=1, actor=StaffFactory(), now=timezone.now())
    text = page(client)
    assert "に終わりました" in text
    assert "例グループの各社" in text
    assert "例0株式会社" not in text


def test_a_company_that_left_is_not_named(client: Client) -> None:
    published()
    JointUser.objects.update(until=today(-1))
    assert "例0株式会社" not in page(client)


def test_what_does_not_exist(client: Client) -> None:
    published()
    for code, number in (("group", 2), ("other", 1)):
        assert client.get(reverse("portal:joint_use_version", args=[code, number])).status_code == 404
    assert client.post(reverse("portal:joint_use")).status_code == 405


def test_as_many_statements_for_many_as_for_one(client: Client, django_assert_num_queries: Any) -> None:
    published()
    page(client)
    for number in range(2):
        with django_assert_num_queries(5):
            page(client)
        for more in range(20 * (1 - number)):
            published(code=f"group{more}")


def test_without_a_profile_the_page_says_so(client: Client) -> None:
    Operator.objects.all().delete()
    cache.clear()
    assert client.get(reverse("portal:joint_use")).status_code == 503
