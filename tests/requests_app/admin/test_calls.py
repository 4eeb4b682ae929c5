"""The pages for calling the registered number, and for who came to the counter."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.domain import care
from consent_app.models import Operator
from privacy_portal.core.models import AuditEntry, User
from requests_app.domain.transitions import Status
from requests_app.models import CallAttempt, CallBack, DisclosureRequest, Evidence, IdentityCheck
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import PersonFactory, RequestFactory

pytestmark = pytest.mark.django_db
NUMBER = "090-1234-5678"


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory(identity_means=["post_code", "call_back", "counter"])
    RequestRuleFactory()
    account = StaffFactory()
    pass_second_factor(client, account)
    return account


def url(name: str, case: DisclosureRequest) -> str:
    return reverse(f"admin:requests_app_case_{name}", args=[case.pk])


def overview(client: Client, case: DisclosureRequest) -> str:
    return client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])).content.decode()


def due() -> set[str]:
    kind = next(kind for kind in care.kinds() if kind.code == "request.call_back")
    today = timezone.localdate()
    return {entry.name for entry in kind.entries(today, today)}


def test_from_the_choice_to_the_answer(client: Client, manager: User) -> None:
    customer = CustomerFactory(email="hanako@post.example")
    silent = CustomerFactory(telephone="")
    case = RequestFactory.in_identity_review(applicant=PersonFactory(email=customer.email))
    page = client.get(url("call_back", case)).content.decode()
    assert customer.full_address in page
    assert str(silent.pk) not in page
    assert AuditEntry.objects.filter(action="customer.viewed", object_id=str(customer.pk)).exists()
    assert client.post(url("call_back", case), {}).status_code == 200
    assert not CallBack.objects.exists()

    chosen = client.post(url("call_back", case), {"customer": str(customer.pk)})
    assert chosen["Location"] == url("call_back", case)
    assert due() == {case.receipt_number}
    page = client.get(url("call_back", case)).content.decode()
    assert NUMBER not in page
    assert "•••-••••-••78" in page
    shown = client.post(url("call_back", case), {"number": "1"})
    assert NUMBER in shown.content.decode()
    assert shown["Cache-Control"] == "no-store, private"
    assert AuditEntry.objects.filter(action="identity.number_shown", actor=f"user:{manager.pk}").count() == 1

    wrong = client.post(url("call_back", case), {"outcome": "confirmed", "asked": ["name"], "matched": ["name"]})
    assert "氏名と、ほかに1つ以上をたずねてください。" in wrong.content.decode()
    client.post(url("call_back", case), {"outcome": "no_answer"})
    assert CallAttempt.objects.get().called_by == manager
    assert due() == set()
    later = client.get(url("call_back", case)).content.decode()
    assert "3回のうち1回電話しました" in later
    assert "電話したことを記録する" not in later
    CallAttempt.objects.update(next_on=timezone.localdate())
    assert due() == {case.receipt_number}
    answers = {"outcome": "confirmed", "asked": ["name", "order"], "matched": ["name", "order"]}
    done = client.post(url("call_back", case), answers, follow=True).content.decode()
    assert "本人であることを電話で確かめ、手続きを進めました。" in done
    case.refresh_from_db()
    assert (case.status, case.customer) == (Status.IN_REVIEW, customer)
    assert "登録された電話番号へのかけ直し" in overview(client, case)


def test_whoever_is_not_registered_is_told_the_same_and_nobody_is_called(client: Client, manager: User) -> None:
    case = RequestFactory.in_identity_review()
    client.post(url("call_back", case), {"customer": "nobody"})
    assert CallBack.objects.get().customer is None
    assert due() == set()
    assert "電話する顧客はいません" in client.get(url("call_back", case)).content.decode()
    client.post(url("call_back", case), {"number": "1"})
    assert not AuditEntry.objects.filter(action="identity.number_shown").exists()


def test_a_document_shown_at_the_counter(client: Client, manager: User) -> None:
    customer = CustomerFactory(email="hanako@post.example")
    case = RequestFactory.in_identity_review()
    values = {
        "document": "passport",
        "seen_on": timezone.localdate().isoformat(),
        "place": "本店の窓口",
        "checks": ["name", "photo"],
        "reason": "",
        "customer": str(customer.pk),
    }
    lacking = client.post(url("counter", case), values).content.decode()
    assert "氏名、顔写真、有効期限をすべて確かめてください。" in lacking
    assert not Evidence.objects.exists()
    done = client.post(url("counter", case), values | {"checks": ["name", "photo", "in_date"]}, follow=True)
    assert "本人であることを窓口で確かめ、手続きを進めました。" in done.content.decode()
    case.refresh_from_db()
    assert (case.status, case.customer) == (Status.IN_REVIEW, customer)
    assert IdentityCheck.objects.get(method="counter").decided_by == manager
    assert "本店の窓口" in overview(client, case)


def test_the_profile_says_which_means_there_are(client: Client, manager: User) -> None:
    case = RequestFactory.in_identity_review()
    assert "窓口での書類の提示" in overview(client, case)
    Operator.objects.update(identity_means=[])
    cache.clear()
    for name in ("call_back", "counter", "code_letter"):
        assert client.get(url(name, case)).status_code == 302, name
    page = overview(client, case)
    assert "窓口での書類の提示" not in page
    assert "プロフィールでは、この方法を使わないことにしています。" in page
