"""Staff record consents on a customer's page: with proof, and never twice."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import Consent, ConsentAgent, Customer, Purpose, PurposeVersion
from consent_app.services import collection, wordings
from privacy_portal.core.models import AuditEntry, OutgoingMail
from tests.factories.collection import CollectionPointFactory
from tests.factories.consent import ConsentFactory, CustomerFactory, DataItemFactory, OperatorFactory, PurposeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def purpose() -> Purpose:
    OperatorFactory()
    items = [DataItemFactory(code="email")]
    purpose = PurposeFactory(needs_consent=True, text_ja="お知らせのため", text_en="News", items=items)
    wordings.keep_version(purpose=purpose, now=timezone.now() - timedelta(days=9))
    return purpose


@pytest.fixture
def customer() -> Customer:
    return CustomerFactory()


def choose(customer: Customer) -> str:
    return reverse("admin:consent_app_consent_record", args=[customer.pk])


def form(customer: Customer, purpose: Purpose) -> str:
    return reverse("admin:consent_app_consent_record_for", args=[customer.pk, purpose.pk])


def filled(client: Client, address: str, **values: Any) -> dict[str, Any]:
    found = re.search(r'name="key" value="([0-9a-f-]{36})"', client.get(address).content.decode())
    assert found
    day = timezone.localtime() - timedelta(days=1)
    return {
        "key": found[1],
        "event": "given",
        "channel": "letter",
        "at": day.strftime("%Y-%m-%dT%H:%M"),
        "shown": f"v{PurposeVersion.objects.latest('number').pk}",
        "language": "ja",
        "proof": "綴り 12番",
        **values,
    }


def test_from_the_customers_page_to_the_record(manager_client: Client, customer: Customer, purpose: Purpose) -> None:
    page = manager_client.get(reverse("admin:consent_app_customer_change", args=[customer.pk])).content.decode()
    assert choose(customer) in page
    html = manager_client.get(choose(customer)).content.decode()
    assert "お知らせのため" in html
    assert "同意していない" in html
    assert customer.given_name not in html
    data = filled(manager_client, form(customer, purpose))
    for _ in range(2):
        response = manager_client.post(form(customer, purpose), data, follow=True)
    assert "同意している" in response.content.decode()
    consent = Consent.objects.get()
    assert (consent.channel, consent.proof, consent.event) == ("letter", "綴り 12番", "given")
    assert consent.recorded_by is not None
    assert OutgoingMail.objects.count() == 1
    detail = manager_client.get(reverse("admin:consent_app_consent_change", args=[consent.pk])).content.decode()
    assert "綴り 12番" in detail
    assert "ご本人" in detail


def test_an_agent(manager_client: Client, customer: Customer, purpose: Purpose) -> None:
    address = form(customer, purpose)
    data = filled(manager_client, address, relation="parent")
    html = manager_client.post(address, data).content.decode()
    assert html.count("代理人から受けたときは必要です。") >= 3
    data |= {"agent_name": "髙橋 太郎", "evidence": "mandate", "checked_on": "2026-04-01"}
    assert "この書類では" in manager_client.post(address, data).content.decode()
    data["evidence"] = "family_register"
    assert manager_client.post(address, data).status_code == 302
    agent = ConsentAgent.objects.get()
    page = manager_client.get(reverse("admin:consent_app_consent_change", args=[agent.consent_id])).content.decode()
    assert "親権者（戸籍謄本など" in page
    assert "太郎" not in page


def test_a_text_at_a_collection_point(manager_client: Client, customer: Customer, purpose: Purpose) -> None:
    point = CollectionPointFactory(purposes=[purpose], name_ja="店頭の申込書")
    wording = collection.start(point=point, actor="command", now=timezone.now() - timedelta(days=3))
    address = form(customer, purpose)
    assert "店頭の申込書 第1版" in manager_client.get(address).content.decode()
    manager_client.post(address, filled(manager_client, address, shown=f"c{wording.pk}", valid_until="2099-12-31"))
    consent = Consent.objects.get()
    assert consent.collection_wording == wording
    assert consent.valid_until is not None
    assert timezone.localtime(consent.valid_until).strftime("%Y-%m-%d %H:%M") == "2099-12-31 23:59"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"shown": ""}, "どの版の説明を示したか"),
        ({"at": "2099-01-01T00:00"}, "未来"),
        ({"at": "yesterday"}, "日時"),
        ({"channel": "portal"}, "選択"),
        ({"proof": ""}, "必須"),
        ({"shown": "v0"}, "選択"),
    ],
)
def test_what_is_wrong_is_said(
    manager_client: Client, customer: Customer, purpose: Purpose, values: dict[str, str], words: str
) -> None:
    address = form(customer, purpose)
    response = manager_client.post(address, filled(manager_client, address, **values))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Consent.objects.exists()


def test_it_is_told_when_a_later_event_counts(manager_client: Client, customer: Customer, purpose: Purpose) -> None:
    ConsentFactory(customer=customer, purpose=purpose, event="withdrawn", channel="portal")
    address = form(customer, purpose)
    response = manager_client.post(address, filled(manager_client, address), follow=True)
    assert "その後の記録があるので、いまの状態は変わりません" in response.content.decode()


def test_a_key_of_somebody_else_is_not_taken(manager_client: Client, customer: Customer, purpose: Purpose) -> None:
    other = ConsentFactory()
    address = form(customer, purpose)
    manager_client.post(address, filled(manager_client, address, key=str(other.pk)))
    assert Consent.objects.filter(customer=customer).count() == 1


def test_who_may(staff_client: Callable[..., Client], customer: Customer, purpose: Purpose) -> None:
    for permissions in (["view_customer"], ["add_consent"], ["view_customer", "view_consent"]):
        client = staff_client(*permissions)
        assert client.get(choose(customer)).status_code == 403
        assert client.post(form(customer, purpose), {}).status_code == 403
    assert AuditEntry.objects.filter(action="consent.denied", object_id=str(customer.pk)).count() == 6
    allowed = staff_client("view_customer", "add_consent")
    assert allowed.get(choose(customer)).status_code == 200
    assert allowed.get(form(customer, PurposeFactory())).status_code == 404
    nobody = "00000000-0000-0000-0000-000000000000"
    assert allowed.get(reverse("admin:consent_app_consent_record", args=[nobody])).status_code == 404
