"""The pages of a proposal: made by one, approved or returned by another."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from consent_app.models import RegisterChange, SecondLookRule
from privacy_portal.core.models import User
from requests_app.domain.transitions import Status
from requests_app.models import Decision, DecisionProposal, DisclosureRequest
from requests_app.services import messages, second_look
from requests_app.services.decisions import Proposal
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

from .test_cases import address, decision, shown

pytestmark = pytest.mark.django_db
REFUSED = decision(outcome="refused", ground="harm_to_person", reason="ほかの方の情報です。")


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    user: User = StaffFactory()
    pass_second_factor(client, user)
    return user


@pytest.fixture
def colleague() -> Client:
    client = Client()
    pass_second_factor(client, StaffFactory())
    return client


def proposed(case: DisclosureRequest, actor: User) -> DecisionProposal:
    content = Proposal("refused", ground="harm_to_person", reason="ほかの方の情報です。")
    return second_look.propose(request=case, actor=actor, proposal=content, now=case.received_at)


def test_a_decision_that_needs_it_is_proposed_and_then_approved(
    client: Client, manager: User, colleague: Client
) -> None:
    SecondLookRule.objects.create(code="disclosure", outcomes=["refused"])
    case = RequestFactory.in_review()
    page = client.post(address(case, "decide"), REFUSED).content.decode()
    assert "二人目の確認が必要です" in page
    assert 'value="propose"' in page
    client.post(address(case, "decide"), {**REFUSED, "confirmed": "propose"})
    proposal = DecisionProposal.objects.get()
    assert not Decision.objects.exists()
    assert shown(client, "second_look") == {case.receipt_number}
    assert shown(client, "decide") == set()
    # Its author sees that it waits for somebody else.
    own = client.get(address(case)).content.decode()
    assert "自分の提案は、自分では承認も差戻しもできません" in own
    assert client.post(address(case, "second_look"), {"proposal": proposal.pk, "approve": "1"}).status_code == 302
    assert not Decision.objects.exists()
    page = colleague.get(address(case, "second_look")).content.decode()
    assert "ほかの方の情報です。" in page
    assert colleague.post(address(case, "second_look_letter")).content.startswith(b"%PDF")
    colleague.post(address(case, "second_look"), {"proposal": proposal.pk, "approve": "1"})
    made = Decision.objects.get()
    assert (made.proposal, made.outcome) == (proposal, "refused")
    assert made.decided_by != manager
    assert "提案した人" in client.get(address(case)).content.decode()


def test_the_confirmed_button_of_an_older_page_does_not_pass_by_the_rule(
    client: Client, manager: User, colleague: Client
) -> None:
    case = RequestFactory.in_review()
    assert 'value="1"' in client.post(address(case, "decide"), REFUSED).content.decode()
    SecondLookRule.objects.create(code="disclosure", outcomes=["refused"])
    answer = client.post(address(case, "decide"), {**REFUSED, "confirmed": "1"})
    assert answer.status_code == 200
    assert "ほかの方の情報です。" in answer.content.decode()
    assert not Decision.objects.exists()


def test_where_nobody_else_may_approve_what_was_typed_stays(client: Client, manager: User) -> None:
    SecondLookRule.objects.create(code="disclosure", outcomes=["refused"])
    case = RequestFactory.in_review()
    answer = client.post(address(case, "decide"), {**REFUSED, "confirmed": "propose"})
    assert "ほかの方の情報です。" in answer.content.decode()
    assert "ほかにいません" in answer.content.decode()
    assert not DecisionProposal.objects.exists()


def test_a_returned_proposal_is_gone_on_with(client: Client, manager: User, colleague: Client) -> None:
    case = RequestFactory.in_review()
    proposal = proposed(case, manager)
    answer = colleague.post(address(case, "second_look"), {"proposal": proposal.pk, "return": "1", "remark": ""})
    assert "差し戻す理由を1,000文字以内で" in answer.content.decode()
    colleague.post(address(case, "second_look"), {"proposal": proposal.pk, "return": "1", "remark": "くわしく"})
    assert "くわしく" in client.get(address(case)).content.decode()
    form = client.get(address(case, "decide")).context["form"]
    assert form["reason"].value() == "ほかの方の情報です。"
    assert form["ground"].value() == "harm_to_person"


def test_a_stale_proposal_cannot_be_approved_and_says_so(client: Client, manager: User, colleague: Client) -> None:
    case = RequestFactory.in_review()
    proposal = proposed(case, manager)
    assert case.applicant is not None
    messages.write(request=case, actor=case.applicant, body="急ぎません。", now=case.received_at)
    page = colleague.get(address(case, "second_look")).content.decode()
    assert "提案のあとで状況が変わった" in page
    assert 'name="approve"' not in page
    answer = colleague.post(address(case, "second_look"), {"proposal": proposal.pk, "approve": "1"}, follow=True)
    assert "もう一度提案してください" in answer.content.decode()
    case.refresh_from_db()
    assert (case.status, Decision.objects.count()) == (Status.IN_REVIEW, 0)


def test_the_page_of_an_older_proposal_approves_nothing(client: Client, manager: User, colleague: Client) -> None:
    case = RequestFactory.in_review()
    old = proposed(case, manager)
    proposed(case, manager)
    answer = colleague.post(address(case, "second_look"), {"proposal": old.pk, "approve": "1"})
    assert "ほかの提案に替わりました" in answer.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize("step", ["second_look", "second_look_letter"])
def test_without_the_permission_nothing_is_shown(manager: User, colleague: Client, step: str) -> None:
    case = RequestFactory.in_review()
    proposed(case, manager)
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["decide_request", "view_disclosurerequest", "change_disclosurerequest"])
    )
    client = Client()
    pass_second_factor(client, clerk)
    assert client.post(address(case, step)).status_code == 403


def test_the_setting_is_changed_with_history(client: Client, manager: User) -> None:
    rule = SecondLookRule.objects.create(code="erasure", outcomes=[])
    page = reverse("admin:consent_app_secondlookrule_change", args=[rule.pk])
    text = client.get(page).content.decode()
    assert "代わりの措置をとる" in text
    assert "回答する" not in text
    client.post(page, {"outcomes": ["granted", "refused"], "seen_revision": rule.revision})
    rule.refresh_from_db()
    assert (rule.outcomes, rule.kept_by_staff) == (["granted", "refused"], True)
    assert RegisterChange.objects.filter(object_type="consent_app.secondlookrule").count() == 1
    client.post(page, {"outcomes": ["replied"], "seen_revision": rule.revision})
    rule.refresh_from_db()
    assert rule.outcomes == ["granted", "refused"]
    assert "請求のとおりにする" in client.get(reverse("admin:consent_app_secondlookrule_changelist")).content.decode()
