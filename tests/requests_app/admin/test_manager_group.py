"""The Personal Information Manager's group, without any superuser: enough for a whole case."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from privacy_portal.core.models import User
from privacy_portal.core.services import staff_accounts
from requests_app.domain.transitions import Status
from requests_app.services import fulfilment
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

from .test_cases import address, decision

pytestmark = pytest.mark.django_db

PAGES = (
    "",
    "requests_app/disclosurerequest/",
    "consent_app/customer/",
    "consent_app/consent/",
    "consent_app/importbatch/",
    "consent_app/importbatch/add/",
    "consent_app/operator/",
    "consent_app/dataitem/",
    "consent_app/purpose/",
    "consent_app/subcontractor/",
    "consent_app/provision/",
    "core/outgoingmail/",
    "core/job/",
    "core/auditentry/",
)


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    boss = StaffFactory()
    staff_accounts.create(email="clerk@shop.example", display_name="係", language="ja", roles=["manager"], actor=boss)
    clerk = User.objects.get(email="clerk@shop.example")
    pass_second_factor(client, clerk)
    return clerk


def test_the_whole_case(client: Client, manager: User) -> None:
    case = RequestFactory.in_identity_review()
    customer = CustomerFactory(email="old@post.example", telephone="")
    client.post(address(case, "assign"), {"assigned_to": manager.pk})
    found: dict[str, Any] = {"words": "高橋花子", "customer": customer.pk, "note": "電話で確認した"}
    client.post(address(case, "identity"), found)
    case.refresh_from_db()
    assert (case.status, case.assigned_to) == (Status.IN_REVIEW, manager)
    client.post(address(case, "message"), {"body": "受け付けました。"})
    assert client.get(address(case), {"tab": "data"}).status_code == 200
    client.post(address(case, "decide"), decision(confirmed="1"))
    case.refresh_from_db()
    assert case.status == Status.FULFILLING
    fulfilment.fulfil(request_id=case.pk, now=timezone.now())
    client.post(address(case, "close"))
    case.refresh_from_db()
    assert case.status == Status.CLOSED


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_days_work_opens(client: Client, manager: User, page: str) -> None:
    assert client.get(f"/admin/{page}").status_code == 200


def test_mails_can_be_sent_again(manager: User) -> None:
    assert manager.has_perm("core.change_outgoingmail")
    assert not manager.has_perm("core.change_user")
    assert not manager.has_perm("consent_app.delete_customer")
