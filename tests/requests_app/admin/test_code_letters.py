"""The pages for the letter with a code."""

import io
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from consent_app.domain import care
from privacy_portal.core.models import AuditEntry, User
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, PostCode
from requests_app.services import post_codes, typesetting
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory()
    RequestRuleFactory()
    account = StaffFactory()
    pass_second_factor(client, account)
    return account


def url(name: str, case: DisclosureRequest) -> str:
    return reverse(f"admin:requests_app_case_{name}", args=[case.pk])


def due() -> set[str]:
    kind = next(kind for kind in care.kinds() if kind.code == "request.code_letter")
    today = timezone.localdate()
    return {entry.name for entry in kind.entries(today, today)}


def test_from_the_choice_to_the_posting(client: Client, manager: User) -> None:
    customer = CustomerFactory(email="hanako@post.example")
    homeless = CustomerFactory(address1="")
    case = RequestFactory.in_identity_review()
    page = client.get(url("code_letter", case)).content.decode()
    assert customer.full_address in page
    assert str(homeless.pk) not in page
    assert "住所の登録がない候補が1人" in page
    assert AuditEntry.objects.filter(action="customer.viewed", object_id=str(customer.pk)).exists()
    assert client.post(url("code_letter", case), {}).status_code == 200
    assert not PostCode.objects.exists()

    chosen = client.post(url("code_letter", case), {"customer": str(customer.pk)})
    assert chosen["Location"] == url("code_letter", case)
    assert due() == {case.receipt_number}
    letter = client.post(url("code_letter", case), {"print": "1"})
    assert letter["Cache-Control"] == "no-store, private"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(letter.content)).pages)
    assert case.receipt_number in text
    today = timezone.localdate().isoformat()
    bad = client.post(url("code_letter", case), {"sent_on": today, "tracking_number": "1"})
    assert "追跡番号を確かめてください" in bad.content.decode()
    sent = client.post(url("code_letter", case), {"sent_on": today, "tracking_number": "123-45-67890-1"})
    assert sent.status_code == 302
    assert due() == set()
    assert "12345678901" in client.get(url("code_letter", case)).content.decode()


def test_nobody_gets_no_letter(client: Client, manager: User) -> None:
    case = RequestFactory.in_identity_review()
    assert client.post(url("code_letter", case), {"customer": "nobody"}).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.IDENTITY_WAITING
    assert "送る手紙はありません" in client.get(url("code_letter", case)).content.decode()
    assert client.post(url("code_letter", case), {"print": "1"}).status_code == 302
    assert PostCode.objects.get().printed_at is None
    assert due() == set()


def test_a_customer_who_was_not_shown_is_not_chosen(client: Client, manager: User) -> None:
    stranger = CustomerFactory(name_key="別人", family_name="別", given_name="人")
    case = RequestFactory.in_identity_review()
    client.post(url("code_letter", case), {"customer": str(stranger.pk)})
    assert not PostCode.objects.exists()


def test_the_code_that_was_told(client: Client, manager: User) -> None:
    case = RequestFactory.by_letter(Status.IDENTITY_REVIEW)
    assert client.get(url("code_told", case)).status_code == 302
    post_codes.order(request=case, actor=manager, customer=CustomerFactory(), now=timezone.now())
    with mock.patch.object(typesetting, "typeset", return_value=b"") as typeset:
        post_codes.print_letter(request=case, actor=manager, now=timezone.now())
    code = typeset.call_args.args[1]["code"]
    assert "コードは8桁" in client.post(url("code_told", case), {"code": "1"}).content.decode()
    wrong = f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"
    assert "あと4回" in client.post(url("code_told", case), {"code": wrong}).content.decode()
    assert client.post(url("code_told", case), {"code": code}).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW
