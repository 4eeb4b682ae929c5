"""What the form of a decision meets: a second press, a withdrawal, and a colleague who was faster."""

import pytest
from django.test import Client
from django.utils import timezone

from privacy_portal.core.models import OutgoingMail, User
from requests_app.domain.transitions import Status
from requests_app.models import Decision
from requests_app.services import lifecycle
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

from .test_cases import address, decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client: Client) -> Client:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    manager: User = StaffFactory()
    pass_second_factor(client, manager)
    return client


def test_pressing_twice_decides_once_and_says_so(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    for _time in range(2):
        answer = signed_in.post(address(case, "decide"), decision(confirmed="1"), follow=True)
    assert "いまの状態（回答の準備中）ではできません" in answer.content.decode()
    assert Decision.objects.count() == OutgoingMail.objects.filter(template="request_decided").count() == 1


def test_after_a_withdrawal_nothing_is_decided(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    assert signed_in.post(address(case, "decide"), decision()).status_code == 200
    assert case.applicant is not None
    lifecycle.withdraw(request=case, actor=case.applicant, now=timezone.now())
    answer = signed_in.post(address(case, "decide"), decision(confirmed="1"), follow=True)
    assert "いまの状態（取下げ）ではできません" in answer.content.decode()
    case.refresh_from_db()
    assert (case.status, Decision.objects.count()) == (Status.WITHDRAWN, 0)
