"""Corrections, additions and deletions: item by item, with the new content in the notice (article 34)."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from consent_app.models import Customer, CustomerChange, DataItem
from privacy_portal.core.models import AuditEntry
from requests_app.domain.transitions import Status, TransitionRefused
from requests_app.models import DisclosureRequest, RequestedChange
from requests_app.services import changes, decisions, fulfilment
from requests_app.services.changes import InvalidFinding
from requests_app.services.errors import InvalidDecision, NotAllowed
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory as ManagerFactory
from tests.factories.core import pass_second_factor
from tests.factories.requests import RequestFactory, StaffFactory
from tests.requests_app.services.test_every_right import NOW, answer

pytestmark = pytest.mark.django_db
HOME = {"postal_code": "5300001", "prefecture": "大阪府", "address1": "大阪市北区例町7-8", "address2": ""}


def request_of(*items: str, request_type: str = "correction", **more: Any) -> DisclosureRequest:
    OperatorFactory()
    RequestRuleFactory(request_type=request_type)
    known = catalogue()
    request = RequestFactory.in_review(request_type=request_type, grounds=["untrue"], **more)
    for position, item in enumerate(items, start=1):
        RequestedChange.objects.create(
            request=request,
            position=position,
            item=known[item],
            present="前の内容",
            wanted="正しい内容",
            why="引っ越した",
        )
    return request


def examine(request: DisclosureRequest, item: str, accepted: bool = True, **values: Any) -> RequestedChange:
    return changes.examine(
        change=request.changes.get(item__code=item),
        actor=StaffFactory(),
        accepted=accepted,
        finding="住民票の写しで確かめました。",
        values=values,
        now=NOW,
    )


def test_the_new_values_are_registered_with_history_and_stand_in_the_notice() -> None:
    request = request_of("address", "telephone")
    examine(request, "address", **HOME)
    examine(request, "telephone", telephone="０９０－９８７６－５４３２")
    assert decisions.allowed_outcomes(request) == ["granted", "not_valid"]

    text = answer(request, "granted")

    customer = Customer.objects.get(pk=request.customer_id)
    assert (customer.postal_code, customer.address1, customer.telephone) == (
        "5300001",
        HOME["address1"],
        "+819098765432",
    )
    history = CustomerChange.objects.filter(customer=customer)
    assert {(one.item, one.channel, one.reference) for one in history} == {
        ("address", "request", request.receipt_number),
        ("telephone", "request", request.receipt_number),
    }
    assert "大阪市北区例町7-8" in text
    assert "090-9876-5432" in text
    assert "第34条第3項" in text


def test_some_items_only_is_a_partial_answer_that_names_the_rest() -> None:
    request = request_of("address", "birth_date")
    examine(request, "address", **HOME)
    examine(request, "birth_date", accepted=False)
    assert decisions.allowed_outcomes(request) == ["partly", "not_valid"]
    with pytest.raises(InvalidDecision) as error:
        answer(request, "partly")
    assert error.value.field == "ground"

    text = answer(request, "partly", ground="content_true", reason="生年月日は登録のとおりでした。")

    assert "変えなかった項目" in text
    assert "住民票の写しで確かめました。" in text
    assert CustomerChange.objects.count() == 1


def test_nothing_can_be_decided_before_every_item_was_looked_at() -> None:
    request = request_of("address", "telephone")
    examine(request, "address", **HOME)
    assert decisions.allowed_outcomes(request) == ["not_valid"]
    with pytest.raises(InvalidDecision):
        answer(request, "granted")
    assert not CustomerChange.objects.exists()


def test_a_refusal_changes_nothing() -> None:
    request = request_of("address")
    before = Customer.objects.values().get(pk=request.customer_id)
    examine(request, "address", accepted=False)
    assert decisions.allowed_outcomes(request) == ["refused", "not_valid"]
    answer(request, "refused", ground="content_true", reason="登録のとおりでした。")
    assert Customer.objects.values().get(pk=request.customer_id) == before


def test_a_deletion_takes_the_value_away() -> None:
    request = request_of("birth_date", request_type="deletion")
    examine(request, "birth_date", birth_date="")
    text = answer(request, "granted")
    assert Customer.objects.get(pk=request.customer_id).birth_date is None
    assert "削除しました" in text
    assert "（消しました）" in text


def test_what_is_held_elsewhere_is_changed_by_people_and_said() -> None:
    request = request_of("order")
    changes.examine(
        change=request.changes.get(),
        actor=StaffFactory(),
        accepted=True,
        finding="注文の宛名を「高橋」に直しました。",
        values={"family_name": "攻撃"},
        now=NOW,
    )
    text = answer(request, "granted")
    assert "注文の宛名を「高橋」に直しました。" in text
    assert not CustomerChange.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({**HOME, "postal_code": "53"}, "postal_code"),
        ({**HOME, "prefecture": "江戸府"}, "prefecture"),
        ({**HOME, "address1": "あ" * 400}, "address1"),
    ],
)
def test_a_value_that_cannot_be_stored_is_told_beside_its_field(values: dict[str, str], field: str) -> None:
    request = request_of("address")
    with pytest.raises(InvalidFinding) as error:
        examine(request, "address", **values)
    assert set(error.value.errors) == {field}
    assert RequestedChange.objects.get().accepted is None


@pytest.mark.parametrize("finding", ["", " \n", "あ" * 2001, "番号は123456789018です"])
def test_a_finding_is_written_down(finding: str) -> None:
    request = request_of("address")
    with pytest.raises(InvalidFinding) as error:
        changes.examine(
            change=request.changes.get(), actor=StaffFactory(), accepted=False, finding=finding, values={}, now=NOW
        )
    assert set(error.value.errors) == {"finding"}


def test_nobody_examines_their_own_request_or_one_that_is_decided() -> None:
    staff = StaffFactory()
    with pytest.raises(NotAllowed):
        changes.examine(
            change=request_of("address", applicant=staff).changes.get(),
            actor=staff,
            accepted=True,
            finding="見た",
            values=HOME,
            now=NOW,
        )
    decided = RequestFactory.fulfilling(request_type="correction")
    change = RequestedChange.objects.create(request=decided, position=1, item=DataItem.objects.get(code="address"))
    with pytest.raises(TransitionRefused):
        changes.examine(change=change, actor=StaffFactory(), accepted=False, finding="見た", values={}, now=NOW)


def test_the_effect_runs_twice_without_harm() -> None:
    request = request_of("address")
    examine(request, "address", **HOME)
    decision = decisions.decide(request=request, actor=StaffFactory(), proposal=decisions.Proposal("granted"), now=NOW)
    request.refresh_from_db()
    changes.apply(request=request, decision=decision, now=NOW)
    written = list(CustomerChange.objects.values_list("pk", flat=True))
    assert written
    # The person changes it again themself; a second run of the worker must not take that back.
    Customer.objects.filter(pk=request.customer_id).update(address1="別の町1")
    changes.apply(request=request, decision=decision, now=NOW)
    assert list(CustomerChange.objects.values_list("pk", flat=True)) == written
    assert Customer.objects.get(pk=request.customer_id).address1 == "別の町1"
    assert fulfilment.fulfil(request_id=request.pk, now=NOW)


def test_the_database_keeps_findings_and_values_together() -> None:
    request = request_of("address")
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestedChange.objects.filter(request=request).update(accepted=True)


def test_staff_investigate_in_the_admin(client: Client) -> None:
    request = request_of("address", customer=CustomerFactory())
    pass_second_factor(client, ManagerFactory())
    case = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[request.pk]))
    assert case.context["primary"].step.code == "examine"
    listing = client.get(reverse("admin:requests_app_case_examine", args=[request.pk])).content.decode()
    assert "正しい内容" in listing
    change = request.changes.get()
    one = reverse("admin:requests_app_case_examine_one", args=[request.pk, change.pk])
    page = client.get(one)
    assert page.context["form"]["postal_code"].value() == "1000001"
    wrong = client.post(one, {"accepted": "yes", "finding": "住民票", **HOME, "postal_code": "12"})
    assert "この値は登録できません" in wrong.content.decode()
    assert "大阪市北区例町7-8" in wrong.content.decode()
    assert client.post(one, {"accepted": "yes", "finding": "住民票", **HOME}).status_code == 302
    assert AuditEntry.objects.filter(action="change.examined").count() == 1
    case = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[request.pk]))
    assert case.context["primary"].step.code == "decide"
    other = RequestFactory.in_review()
    stranger = reverse("admin:requests_app_case_examine_one", args=[other.pk, change.pk])
    assert client.get(stranger).status_code == 302
    assert client.get(reverse("admin:requests_app_case_examine", args=[other.pk])).status_code == 302
    assert DisclosureRequest.objects.get(pk=request.pk).status == Status.IN_REVIEW
