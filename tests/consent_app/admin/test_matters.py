"""Matters made knowable in the admin: what is missing and where, publishing, the difference after a change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import MattersVersion, Operator
from consent_app.services import matters
from consent_app.services.profiles import load_profile, read_profile
from privacy_portal.core.models import AuditEntry
from tests.factories.matters import measure, publish

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_mattersversion_{page}", args=args)


@pytest.fixture(autouse=True)
def rokusho() -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")
    measure()


def confirm(client: Client, **changes: Any) -> Any:
    fields = {"confirmed": "1", "seen": matters.digest(matters.content()), **changes}
    return client.post(url("publish"), fields, follow=True)


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_what_is_missing_and_where_to_mend_it(manager_client: Client) -> None:
    Operator.objects.update(representative_ja="", complaint_channels=[])
    for page in (url("changelist"), url("publish")):
        text = manager_client.get(page).content.decode()
        assert "代表者の氏名を登録してください" in text
        assert "苦情の申出先を" in text
        assert "第32条第1項第1号" in text
        assert "施行令第10条第2号" in text
        assert reverse("admin:consent_app_operator_changelist") in text
        assert "住所を登録してください" not in text
    assert 'name="confirmed"' not in manager_client.get(url("publish")).content.decode()
    assert "足りない事項がある" in messages_of(confirm(manager_client))
    assert not MattersVersion.objects.exists()


def test_from_complete_to_published_and_changed(manager_client: Client, client: Client) -> None:
    assert "準備中です" in client.get(reverse("portal:matters")).content.decode()
    assert "必要な事項はそろっています" in manager_client.get(url("changelist")).content.decode()
    assert "チェックを入れて" in messages_of(confirm(manager_client, confirmed=""))
    assert "もう一度、内容を確かめて" in messages_of(confirm(manager_client, seen="old"))
    assert "公表しました" in messages_of(confirm(manager_client))
    version = MattersVersion.objects.get()
    page = manager_client.get(url("changelist")).content.decode()
    assert "公表した内容から変わっていません" in page
    assert "前に公表した内容から変わっていません" in manager_client.get(url("publish")).content.decode()
    assert version.content["ja"][0]["lines"][0] in manager_client.get(url("change", version.pk)).content.decode()

    Operator.objects.update(address_ja="東京都千代田区例町9-9-9")
    matters.record_changes(now=timezone.now())
    page = manager_client.get(url("changelist")).content.decode()
    assert "台帳が変わり" in page
    assert "台帳が変わった" in page, "the version that the worker kept"
    page = manager_client.get(url("publish")).content.decode()
    assert "前に公表した内容との違い" in page
    assert "9-9-9" in page
    confirm(manager_client)
    assert [version.automatic for version in MattersVersion.objects.all()] == [False, True, False]


def test_the_page_for_everybody(client: Client) -> None:
    page = client.get("/").content.decode()
    assert reverse("portal:matters") in page, "it can be found from every page"
    publish(now=timezone.now())
    page = client.get(reverse("portal:matters")).content.decode()
    for words in ("事業者の名称", "代表者", "利用目的", "安全管理のための措置", "苦情の申出先", "訂正：無料です。"):
        assert words in page
    assert reverse("portal:purposes") in page
    assert reverse("portal:procedure") in page
    # It follows the registers: an old address would be wrong.
    Operator.objects.update(address_ja="東京都千代田区例町9-9-9")
    assert "9-9-9" in client.get(reverse("portal:matters")).content.decode()
    page = client.get(reverse("portal:matters"), headers={"accept-language": "en"}).content.decode()
    assert "Correction: Free." in page


def test_without_a_profile(client: Client) -> None:
    from django.core.cache import cache

    Operator.objects.all().delete()
    cache.clear()
    assert client.get(reverse("portal:matters")).status_code == 503


def test_looking_is_not_publishing(staff_client: Callable[..., Client]) -> None:
    version = publish(now=timezone.now())
    client = staff_client("view_mattersversion")
    assert "publish/" not in client.get(url("changelist")).content.decode()
    assert client.get(url("change", version.pk)).status_code == 200
    assert client.get(url("publish")).status_code == 403
    assert confirm(client).status_code == 403
    assert AuditEntry.objects.filter(action="matters.denied").count() == 2
    stranger = staff_client("view_customer")
    for address in (url("changelist"), url("change", version.pk), url("publish")):
        assert stranger.get(address).status_code == 403
    assert MattersVersion.objects.count() == 1


def test_the_list_at_one_and_at_thirty_rows(manager_client: Client, django_assert_max_num_queries: Any) -> None:
    version = publish(now=timezone.now())
    manager_client.get(url("changelist"))
    counts = []
    for rows in (0, 29):
        MattersVersion.objects.bulk_create(
            MattersVersion(number=number + 2, content=version.content, made_by=version.made_by)
            for number in range(rows)
        )
        with django_assert_max_num_queries(40) as queries:
            assert manager_client.get(url("changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_link_of_the_first_page(manager_client: Client) -> None:
    Operator.objects.update(representative_ja="")
    publish_address = url("changelist") + "?care=matters.made_known"
    assert publish_address in manager_client.get(reverse("admin:index")).content.decode()
    assert manager_client.get(publish_address).status_code == 200
