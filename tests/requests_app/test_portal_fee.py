"""The page of a fee in the portal and its steps in the admin."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import RequestRule
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Fee
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor, sign_in_by_code
from tests.factories.requests import RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(client: Client) -> DisclosureRequest:
    OperatorFactory(payment_ja="例の銀行に振り込んでください。", payment_en="Example Bank")
    catalogue()
    RequestRuleFactory(request_type="disclosure", fee=RequestRule.Fee.FIXED, fee_yen=1100)
    request = RequestFactory.waiting_for_fee(fee={"explanation": "作成の実費"})
    assert request.applicant is not None
    sign_in_by_code(client, request.applicant)
    return request


def page(client: Client, request: DisclosureRequest) -> str:
    return client.get(f"/requests/{request.receipt_number}/fee/").content.decode()


def test_the_person_sees_amount_way_and_reference_and_accepts(client: Client, waiting: DisclosureRequest) -> None:
    status = client.get(f"/requests/{waiting.receipt_number}/").content.decode()
    assert f"/requests/{waiting.receipt_number}/fee/" in status
    text = page(client, waiting)
    for words in ("1,100円", "作成の実費", "例の銀行に振り込んでください。", waiting.receipt_number, "2026年12月8日"):
        assert words in text
    response = client.post(f"/requests/{waiting.receipt_number}/fee/", {"accept": "1"}, follow=True)
    assert "承諾を受け付けました" in response.content.decode()
    assert "承諾する</button>" not in page(client, waiting)
    assert Fee.objects.get().accepted_at is not None


def test_declining_withdraws(client: Client, waiting: DisclosureRequest) -> None:
    client.post(f"/requests/{waiting.receipt_number}/fee/", {"decline": "1"})
    waiting.refresh_from_db()
    assert waiting.status == Status.WITHDRAWN
    late = client.post(f"/requests/{waiting.receipt_number}/fee/", {"accept": "1"}, follow=True)
    assert "手数料の状態が変わりました" in late.content.decode()


def test_a_request_without_a_fee_has_no_such_page(client: Client, waiting: DisclosureRequest) -> None:
    other = RequestFactory.in_review(applicant=waiting.applicant)
    assert client.get(f"/requests/{other.receipt_number}/fee/").status_code == 404
    assert client.get(f"/requests/{waiting.receipt_number}/fee/receipt.pdf").status_code == 404


def test_staff_tell_record_and_print(client: Client) -> None:
    OperatorFactory()
    catalogue()
    RequestRuleFactory(request_type="disclosure", fee=RequestRule.Fee.QUOTED)
    case = RequestFactory.in_review()
    pass_second_factor(client, StaffFactory())

    def address(step: str) -> str:
        return reverse(f"admin:requests_app_case_{step}", args=[case.pk])

    wrong = client.post(address("fee"), {"amount_yen": "0", "explanation": "実費"})
    assert wrong.status_code == 200
    assert "実費" in wrong.content.decode()
    assert client.post(address("fee"), {"amount_yen": "700", "explanation": "実費"}).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.FEE_WAITING
    money = {"kind": "payment", "amount_yen": "700", "on": "2099-01-01", "method": "transfer", "note": ""}
    assert "未来の日付" in client.post(address("money"), money).content.decode()
    fee = Fee.objects.get()
    money["on"] = str(timezone.localdate(fee.asked_at))
    assert client.post(address("money"), money).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW
    pdf = client.get(address("receipt"))
    assert pdf["Content-Type"] == "application/pdf"
    overview = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])).content.decode()
    assert "支払い済み" in overview


def test_a_fixed_fee_is_the_next_step_and_other_types_have_none(client: Client) -> None:
    OperatorFactory()
    RequestRuleFactory(request_type="disclosure", fee=RequestRule.Fee.FIXED, fee_yen=1100)
    pass_second_factor(client, StaffFactory())
    case = RequestFactory.in_review()
    page = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk]))
    assert page.context["primary"].step.code == "fee"
    decide = client.get(reverse("admin:requests_app_case_decide", args=[case.pk])).content.decode()
    assert "手数料の手続きがまだ済んでいない" in decide
    other = RequestFactory.in_review(request_type="stop_use")
    page = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[other.pk]))
    assert page.context["primary"].step.code == "decide"
    (why,) = [str(choice.why_not) for choice in page.context["others"] if choice.step.code == "fee"]
    assert "第38条" in why
