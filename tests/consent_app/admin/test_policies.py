"""The policy in the admin: draft, look, compare, publish, watch."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import Broadcast, PolicyVersion
from consent_app.services import broadcasts
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import CustomerFactory, OperatorFactory
from tests.factories.policies import TEXT_EN, TEXT_JA, draft, published

pytestmark = pytest.mark.django_db


def day(number: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=number)


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_policyversion_{page}", args=args)


def fields(version: PolicyVersion | None = None, **changes: Any) -> dict[str, Any]:
    values = {"text_ja": TEXT_JA, "text_en": TEXT_EN, "summary_ja": "変わります。", "summary_en": "It changes."}
    return {**values, "effective_from": day(30).isoformat(), "seen": version.revision if version else "", **changes}


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_from_draft_to_everybody_told(manager_client: Client) -> None:
    OperatorFactory()
    published(effective_from=day(-100))
    CustomerFactory(email="one@post.example")
    CustomerFactory(email="")
    page = manager_client.get(url("add")).content.decode()
    assert "商品をお届けするために使います。" in page, "a new draft begins with the present text"
    text = TEXT_JA.replace("お届け", "販売")
    response = manager_client.post(url("add"), fields(text_ja=text, material="on"))
    version = PolicyVersion.objects.get(state="draft")
    assert response.url == url("change", version.pk)

    assert "<h2>利用目的</h2>" in manager_client.get(url("preview", version.pk)).content.decode()
    difference = manager_client.get(url("difference", version.pk)).content.decode()
    assert "商品を<strong>販売</strong>" in difference

    confirm = manager_client.get(url("publish", version.pk)).content.decode()
    assert "お客さま1人全員にメール" in confirm
    assert "30日間" in confirm
    response = manager_client.post(url("publish", version.pk), {"seen": 1}, follow=True)
    assert "チェックを入れて" in messages_of(response)
    response = manager_client.post(url("publish", version.pk), {"seen": 7, "confirmed": 1}, follow=True)
    assert "ほかの人が先に" in messages_of(response)
    assert not Broadcast.objects.exists()
    manager_client.post(url("publish", version.pk), {"seen": 1, "confirmed": 1})

    response = manager_client.get(url("change", version.pk))
    assert "一時停止する" in response.content.decode()
    assert response["Refresh"]
    manager_client.post(url("pause", version.pk))
    broadcasts.run(broadcast_id=Broadcast.objects.get().pk)
    assert "再開する" in manager_client.get(url("change", version.pk)).content.decode()
    manager_client.post(url("resume", version.pk))
    broadcasts.run(broadcast_id=Broadcast.objects.get().pk)
    assert "1通のメールを用意し終えました" in manager_client.get(url("change", version.pk)).content.decode()


def test_what_keeps_it_from_being_published_is_said(manager_client: Client) -> None:
    published(effective_from=day(-100))
    version = draft(material=True, effective_from=day(3))
    assert "発効の14日前までに" in manager_client.get(url("publish", version.pk)).content.decode()
    response = manager_client.post(url("publish", version.pk), {"seen": 1, "confirmed": 1}, follow=True)
    assert "発効の14日前までに" in messages_of(response)
    version.refresh_from_db()
    assert version.state == "draft"


def test_dates_that_overlap_are_answered_with_the_first_day_that_is_free(manager_client: Client) -> None:
    """A version that was announced for a day is not overtaken by a later one of an earlier or the same day."""
    published(effective_from=day(-100))
    published(effective_from=day(20), material=True)
    for number in (5, 20):
        version = draft(effective_from=day(number))
        page = manager_client.get(url("publish", version.pk)).content.decode()
        assert "公開済みの版の発効日より後" in page
        assert day(21).isoformat() in page
        assert 'name="confirmed"' not in page
        response = manager_client.post(url("publish", version.pk), {"seen": 1, "confirmed": 1}, follow=True)
        assert day(21).isoformat() in messages_of(response)
    free = draft(effective_from=day(21))
    manager_client.post(url("publish", free.pk), {"seen": 1, "confirmed": 1})
    free.refresh_from_db()
    assert free.number == 3


def test_two_people_at_one_draft(manager_client: Client) -> None:
    version = draft()
    manager_client.post(url("change", version.pk), fields(version, text_ja="一人目の文"))
    response = manager_client.post(url("change", version.pk), fields(version, text_ja="二人目の文"))
    assert "ほかの人が先に保存または公開しました" in response.content.decode()
    version.refresh_from_db()
    assert (version.text_ja, version.revision) == ("一人目の文", 2)


def test_a_published_version_cannot_be_changed_or_deleted(manager_client: Client) -> None:
    version = published(effective_from=day(-10))
    page = manager_client.get(url("change", version.pk))
    assert page.status_code == 200
    assert 'name="text_ja"' not in page.content.decode()
    assert manager_client.post(url("change", version.pk), fields(version)).status_code == 403
    assert manager_client.post(url("delete", version.pk), {"post": "yes"}).status_code == 403
    assert PolicyVersion.objects.filter(pk=version.pk).exists()


def test_a_draft_can_be_deleted(manager_client: Client) -> None:
    version = draft()
    manager_client.post(url("delete", version.pk), {"post": "yes"})
    assert not PolicyVersion.objects.exists()
    assert AuditEntry.objects.filter(action="policy.draft_deleted").exists()


def test_looking_is_not_publishing(staff_client: Callable[..., Client]) -> None:
    version = draft()
    client = staff_client("view_policyversion")
    for page in ("change", "preview"):
        assert client.get(url(page, version.pk)).status_code == 200
    assert client.get(url("publish", version.pk)).status_code == 403
    assert client.post(url("publish", version.pk), {"seen": 1, "confirmed": 1}).status_code == 403
    assert client.post(url("pause", version.pk)).status_code == 403
    assert AuditEntry.objects.filter(action="policy.denied").count() == 3
    assert staff_client("view_customer").get(url("preview", version.pk)).status_code == 403


def test_the_list_at_one_and_at_thirty_rows(manager_client: Client, django_assert_max_num_queries: Any) -> None:
    published(effective_from=day(-100))
    manager_client.get(url("changelist"))
    counts = []
    for more in range(2):
        with django_assert_max_num_queries(30) as queries:
            assert manager_client.get(url("changelist")).status_code == 200
        counts.append(len(queries))
        for number in range(30 * (1 - more)):
            published(effective_from=day(number - 60))
    assert counts[0] == counts[1]
