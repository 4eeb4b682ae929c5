"""The pages on which staff correct what they wrote down."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from requests_app.domain.transitions import Status
from requests_app.models import Correction, DisclosureRequest
from tests.factories.consent import OperatorFactory, RequestRuleFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory
from tests.support.hostile_files import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(client: Client) -> DisclosureRequest:
    OperatorFactory()
    RequestRuleFactory()
    pass_second_factor(client, StaffFactory())
    return RequestFactory.by_letter(Status.IDENTITY_REVIEW, received_at=timezone.now())


def url(name: str, case: DisclosureRequest) -> str:
    return reverse(f"admin:requests_app_case_{name}", args=[case.pk])


def test_a_name_is_corrected_and_the_history_is_shown(client: Client, case: DisclosureRequest) -> None:
    page = client.get(url("correct", case))
    values = {
        name: field.value()
        for name, field in ((one.name, one) for one in page.context["form"])
        if field.value() is not None
    }
    assert (values["telephone"], values["postal_code"]) == ("090-1234-5678", "100-0001")
    wrong = client.post(url("correct", case), {**values, "given_name": "1234 5678 9018", "reason": "読みまちがい"})
    assert "given_name" in wrong.context["form"].errors
    assert "読みまちがい" in wrong.content.decode()
    done = client.post(url("correct", case), {**values, "given_name": "華子", "reason": "読みまちがい"})
    assert done.status_code == 302
    text = client.get(done["Location"]).content.decode()
    assert "登録の訂正" in text
    assert "花子 → 華子" in text
    # A number that is written in another way is not another number.
    assert list(Correction.objects.values_list("field", flat=True)) == ["principal.given_name"]
    stale = client.post(url("correct", case), {**values, "given_name": "英子", "reason": "読みまちがい"})
    assert "ほかの担当者が先に直しました" in stale.content.decode()


def test_arrival_and_scans(client: Client, case: DisclosureRequest) -> None:
    given = {"seen": "0", "channel": "counter", "arrived_on": str(timezone.localdate()), "reason": "窓口だった"}
    assert client.post(url("arrival", case), given).status_code == 302
    case.refresh_from_db()
    assert case.channel == "counter"
    assert (
        "手紙 → 窓口"
        in client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])).content.decode()
    )
    assert client.post(url("scans", case), {"scan": SimpleUploadedFile("二枚目.pdf", pdf())}).status_code == 302
    received = case.received_files.get()
    assert "消した写しは元に戻せません" in client.get(url("scans", case)).content.decode()
    given = {"remove": "1", "received": str(received.pk), "reason": "ほかの人の手紙"}
    assert client.post(url("scans", case), given).status_code == 302
    received.refresh_from_db()
    assert received.file.erased_at
    assert Correction.objects.count() == 2


def test_portal_requests_cannot_be_corrected(client: Client, case: DisclosureRequest) -> None:
    other = RequestFactory.in_review()
    for name in ("correct", "arrival", "scans"):
        assert client.get(url(name, other)).status_code == 302
