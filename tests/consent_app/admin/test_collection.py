"""The pages of collection points: kept by staff, with texts that are started once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import CollectionPoint, CollectionWording, RegisterChange
from consent_app.services import collection
from privacy_portal.core.models import AuditEntry
from tests.factories.collection import CollectionPointFactory
from tests.factories.consent import DataItemFactory, PurposeFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:consent_app_collectionpoint_changelist")


def page(point: CollectionPoint) -> str:
    return reverse("admin:consent_app_collectionpoint_change", args=[point.pk])


def start(point: CollectionPoint) -> str:
    return reverse("admin:consent_app_collectionpoint_start", args=[point.pk])


def filled(**values: Any) -> dict[str, Any]:
    item = DataItemFactory()
    return {
        "code": "shop",
        "position": 1,
        "kind": "purchase",
        "name_ja": "店頭",
        "name_en": "Shop",
        "active": "on",
        "purposes": [PurposeFactory(items=[item]).pk],
        "items": [item.pk],
        "wording_ja": "お届けのため",
        "wording_en": "To deliver",
        "proof_ja": "申込書",
        "proof_en": "Form",
        **values,
    }


def test_from_nothing_to_a_text_that_is_shown(manager_client: Client, client: Client) -> None:
    assert manager_client.post(reverse("admin:consent_app_collectionpoint_add"), filled()).status_code == 302
    point = CollectionPoint.objects.get()
    assert RegisterChange.objects.get().kind == "added"
    assert "まだ文言を使い始めていません" in manager_client.get(page(point)).content.decode()
    html = manager_client.get(start(point)).content.decode()
    assert "だれにも変えられなくなります" in html
    assert "お届けのため" in html
    response = manager_client.post(start(point), {"seen": point.revision}, follow=True)
    assert "いま示している文言：第1版" in response.content.decode()
    wording = CollectionWording.objects.get()
    assert wording.started_by is not None
    assert AuditEntry.objects.filter(action="collection.started", object_id=str(wording.pk)).count() == 1


def test_an_item_that_no_purpose_uses(manager_client: Client) -> None:
    other = DataItemFactory(name_ja="生年月日")
    data = filled()
    data["items"] = [*data["items"], other.pk]
    html = manager_client.post(reverse("admin:consent_app_collectionpoint_add"), data).content.decode()
    assert "どれにも使わない項目があります：生年月日" in html
    assert not CollectionPoint.objects.exists()


def test_two_people_at_one_text(manager_client: Client) -> None:
    point = CollectionPointFactory()
    point.revision = 2
    point.save()
    response = manager_client.post(start(point), {"seen": 1}, follow=True)
    assert "ほかの人が先に保存しました" in response.content.decode()
    assert not CollectionWording.objects.exists()


def test_what_is_missing_is_said_and_not_started(manager_client: Client) -> None:
    point = CollectionPointFactory(proof_en="")
    for address in (page(point), start(point)):
        assert "データを集める前に要るもの：同意の確かめ方と証跡" in manager_client.get(address).content.decode()
    response = manager_client.post(start(point), {"seen": point.revision}, follow=True)
    assert "足りないもの" in response.content.decode()


def test_who_may_what(staff_client: Callable[..., Client]) -> None:
    point = CollectionPointFactory()
    viewer = staff_client("view_collectionpoint")
    assert viewer.get(LIST).status_code == 200
    assert "使い始める" not in viewer.get(page(point)).content.decode()
    for send in (viewer.get, viewer.post):
        assert send(start(point)).status_code == 403
    assert AuditEntry.objects.filter(action="register.denied", object_id=str(point.pk)).count() == 2
    assert staff_client("view_customer").get(LIST).status_code == 403
    assert staff_client("change_collectionpoint").get("/admin/consent_app/collectionpoint/99/start/").status_code == 404


def test_list(manager_client: Client, django_assert_num_queries: Any) -> None:
    shown = CollectionPointFactory(name_ja="会員登録")
    collection.start(point=shown, actor="command", now=timezone.now() - timedelta(days=1))
    shown.wording_ja = "次"
    shown.save()
    manager_client.get(LIST)
    with django_assert_num_queries(6):
        assert "次の文言あり" in manager_client.get(LIST).content.decode()
    for _ in range(29):
        CollectionPointFactory()
    with django_assert_num_queries(6):
        html = manager_client.get(LIST).content.decode()
    assert "まだありません" in html
    assert manager_client.get(LIST, {"q": "会員"}).context["cl"].result_count == 1
    assert manager_client.get(LIST, {"kind__exact": "survey"}).context["cl"].result_count == 0
    assert manager_client.get(LIST, {"care": "collection.incomplete"}).context["cl"].result_count == 29
