"""Trackers in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consent_app.models import Tracker
from tests.factories.consent import PurposeFactory
from tests.factories.trackers import TrackerFactory

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_tracker_{page}", args=args)


def fields(row: Tracker | None = None, **changes: Any) -> dict[str, Any]:
    values = {
        "code": "ads",
        "kind": "cookie",
        "name_ja": "広告のクッキー",
        "name_en": "Ad cookie",
        "sent_ja": "見たページ",
        "sent_en": "Pages",
        "aim_ja": "広告のため",
        "aim_en": "For advertising",
        "recipient_ja": "例の広告",
        "recipient_en": "Example Ads",
        "recipient_country": "JP",
        "advertising": "on",
        "active": "on",
        "seen_revision": row.revision if row else "",
    }
    return {**values, **changes}


def test_one_is_added_and_changed(manager_client: Client) -> None:
    purpose = PurposeFactory(code="ads", needs_consent=True)
    response = manager_client.post(url("add"), fields(purposes=[purpose.pk], refusal_url="https://ads.example/no"))
    assert response.status_code == 302
    row = Tracker.objects.get()
    assert (row.kept_by_staff, [str(one) for one in row.purposes.all()]) == (True, [str(purpose)])
    manager_client.post(url("change", row.pk), fields(row, name_ja="新しい名称", code="other"))
    row.refresh_from_db()
    assert (row.name_ja, row.code, row.revision) == ("新しい名称", "ads", 2)
    stale = manager_client.post(url("change", row.pk), fields(row, seen_revision=1, name_ja="二人目"))
    assert "ほかの人が先に保存しました" in stale.content.decode()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"recipient_ja": "", "recipient_en": ""}, "広告のための提供には、送信先が要ります。"),
        ({"recipient_en": ""}, "送信先は、日本語と英語の両方"),
        ({"refusal_ja": "断れます"}, "断り方は、日本語と英語の両方"),
        ({"recipient_country": "日本"}, "英大文字2字"),
        ({"refusal_url": "http://ads.example/"}, "https:// で始めます"),
        ({"refusal_url": "javascript:alert(1)"}, "URL"),
        ({"kind": "spy"}, "選択"),
        ({"code": "Ad Cookie"}, "英小文字"),
        ({"name_en": ""}, "必須"),
    ],
)
def test_what_is_wrong_is_said(manager_client: Client, bad: dict[str, str], words: str) -> None:
    response = manager_client.post(url("add"), fields(**bad))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Tracker.objects.exists()


def test_only_a_purpose_that_is_consented_to_can_be_named(manager_client: Client) -> None:
    purpose = PurposeFactory(code="shipping", needs_consent=False)
    assert manager_client.post(url("add"), fields(purposes=[purpose.pk])).status_code == 200
    assert not Tracker.objects.exists()


def test_looking_is_not_changing(staff_client: Callable[..., Client]) -> None:
    row = TrackerFactory()
    client = staff_client("view_tracker")
    assert 'name="name_ja"' not in client.get(url("change", row.pk)).content.decode()
    assert client.post(url("change", row.pk), fields(row)).status_code == 403
    assert client.get(url("add")).status_code == 403
    assert staff_client("view_customer").get(url("changelist")).status_code == 403


def test_the_list_at_one_and_at_thirty_rows(manager_client: Client, django_assert_max_num_queries: Any) -> None:
    TrackerFactory()
    manager_client.get(url("changelist"))
    counts = []
    for more in range(2):
        with django_assert_max_num_queries(30) as queries:
            assert manager_client.get(url("changelist")).status_code == 200
        counts.append(len(queries))
        TrackerFactory.create_batch(30 * (1 - more), to_advertisers=True)
    assert counts[0] == counts[1]


def test_the_list_finds_what_needs_care(manager_client: Client) -> None:
    TrackerFactory(code="fine")
    good = TrackerFactory(code="good", to_advertisers=True)
    good.purposes.add(PurposeFactory(needs_consent=True))
    TrackerFactory(code="no_consent", to_advertisers=True)
    TrackerFactory(code="no_way", recipient_ja="例", recipient_en="Example")
    TrackerFactory(code="gone", to_advertisers=True, active=False)
    found = manager_client.get(url("changelist"), {"care": "tracker.incomplete"})
    assert {row.code for row in found.context["cl"].queryset} == {"no_consent", "no_way"}
