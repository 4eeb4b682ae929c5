"""Each type from the form to the answer, on the level of the services."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from consent_app.models import Purpose, RequestRule, Suspension
from consent_app.services import gate
from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import files
from requests_app.domain.transitions import Status
from requests_app.models import AnswerFile, Decision, DisclosureRequest
from requests_app.services import decisions, fulfilment, identity, intake
from requests_app.services.errors import InvalidAnswers, InvalidDecision
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    PurposeFactory,
    RequestRuleFactory,
    catalogue,
)
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
Outcome = Decision.Outcome
ANSWERS: dict[str, Any] = {
    "requester": "person",
    "family_name": "高橋",
    "given_name": "花子",
    "postal_code": "1000001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "telephone": "09012345678",
    "answer_method": "download",
}


def submit(request_type: str, **answers: Any) -> DisclosureRequest:
    OperatorFactory()
    RequestRuleFactory(request_type=request_type, fee=RequestRule.Fee.NONE)
    request = intake.submit(
        user=PersonFactory(email="hanako@post.example"),
        request_type=request_type,
        answers={**ANSWERS, **answers},
        language="ja",
        address_proven=True,
        now=NOW,
    )
    identity.verify(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    return request


def answer(request: DisclosureRequest, outcome: str, **proposal: Any) -> str:
    """Decide, fulfil, and give back the text of the notice without white space."""
    decisions.decide(request=request, actor=StaffFactory(), proposal=decisions.Proposal(outcome, **proposal), now=NOW)
    assert fulfilment.fulfil(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    assert request.status == Status.ANSWERED
    letter = AnswerFile.objects.get(request=request, kind="letter", decision__superseded_at=None)
    pdf = io.BytesIO(b"".join(files.open_stream(letter.file)))
    return "".join("".join(page.extract_text().split()) for page in PdfReader(pdf).pages)


@pytest.mark.parametrize("request_type", ["complaint", "inquiry"])
def test_a_complaint_goes_to_staff_without_a_check_of_identity(request_type: str) -> None:
    request = submit(request_type, wanted_note="案内の電話が多すぎます。")

    assert request.status == Status.IN_REVIEW
    assert OutgoingMail.objects.filter(template="request_taken_up").count() == 1
    assert not request.identity_checks.filter(state="pending").exists()
    with pytest.raises(InvalidDecision) as refused:
        answer(request, Outcome.REPLIED, reason=" ")
    assert refused.value.field == "reason"
    text = answer(request, Outcome.REPLIED, reason="電話の回数を減らしました。")
    assert "電話の回数を減らしました。" in text
    assert ("第40条" if request_type == "complaint" else "第32条第1項") in text


def test_a_complaint_needs_words() -> None:
    with pytest.raises(InvalidAnswers) as error:
        submit("complaint")
    assert set(error.value.errors) == {"wanted_note"}


def test_the_notice_of_purposes_names_those_of_what_is_held() -> None:
    items = catalogue()
    CustomerFactory(email="hanako@post.example")
    order, birth = PurposeFactory(text_ja="ご注文の品をお届けするため"), PurposeFactory(text_ja="誕生日のお祝いのため")
    unused = PurposeFactory(text_ja="採用の選考のため")
    order.items.set([items["address"]])
    birth.items.set([items["birth_date"]])
    request = submit("purpose_notice", wants_everything=False, wanted_items=["address"])

    text = answer(request, Outcome.GRANTED)

    assert "ご注文の品をお届けするため" in text
    assert "誕生日" not in text
    assert unused.text_ja not in text
    assert "第32条第2項" in text


def test_use_is_stopped_for_the_chosen_purposes_and_no_others() -> None:
    catalogue()
    customer = CustomerFactory(email="hanako@post.example")
    mail, shop = PurposeFactory(code="newsletter", text_ja="お知らせのため"), PurposeFactory(code="shipping")
    request = submit("stop_use", grounds=["interests_harmed"], wants_everything=False, wanted_purposes=["newsletter"])
    assert gate.may_use(customer=customer.pk, purpose="newsletter", at=NOW).allowed

    text = answer(request, Outcome.GRANTED)

    stop = Suspension.objects.get()
    assert (stop.customer, stop.purpose, stop.kind) == (customer, mail, Suspension.Kind.USE)
    assert (stop.ground, stop.reference) == ("35(5)", request.receipt_number)
    assert not gate.may_use(customer=customer.pk, purpose="newsletter", at=NOW).allowed
    assert gate.may_use(customer=customer.pk, purpose="shipping", at=NOW).allowed
    assert mail.text_ja in text
    assert shop.text_ja not in text
    assert "第35条第7項" in text


def test_use_is_stopped_for_everything_and_what_comes_later() -> None:
    catalogue()
    customer = CustomerFactory(email="hanako@post.example")
    PurposeFactory(code="newsletter")
    request = submit("stop_use", grounds=["beyond_purpose"])

    answer(request, Outcome.GRANTED)

    assert Suspension.objects.get().purpose is None
    PurposeFactory(code="later")
    assert not gate.may_use(customer=customer.pk, purpose="later", at=NOW).allowed


def test_a_partial_stop_leaves_the_purposes_that_go_on() -> None:
    catalogue()
    CustomerFactory(email="hanako@post.example")
    news, books = PurposeFactory(code="newsletter"), PurposeFactory(code="books", text_ja="帳簿を保存するため")
    request = submit("stop_use", grounds=["no_longer_needed"])

    text = answer(
        request,
        Outcome.PARTLY,
        ground="newer_claim_wrong",
        reason="帳簿は法律で保存します。",
        withheld_purposes=[books],
    )

    assert [stop.purpose for stop in Suspension.objects.all()] == [news]
    assert "応じないもの帳簿を保存するため" in text
    assert "第35条第6項" in text


def test_a_stop_of_provision_closes_the_gate_for_third_parties() -> None:
    catalogue()
    customer = CustomerFactory(email="hanako@post.example")
    request = submit("stop_provision", grounds=["without_consent"])

    text = answer(request, Outcome.GRANTED)

    stop = Suspension.objects.get()
    assert (stop.customer, stop.kind, stop.purpose, stop.ground) == (customer, "provision", None, "35(3)")
    assert "第三者への提供を停止しました" in text


def test_a_stop_must_name_its_ground() -> None:
    with pytest.raises(InvalidAnswers) as error:
        submit("stop_use")
    assert set(error.value.errors) == {"grounds"}


def test_a_ground_of_another_right_is_none() -> None:
    with pytest.raises(InvalidAnswers) as error:
        submit("stop_provision", grounds=["beyond_purpose"])
    assert set(error.value.errors) == {"grounds"}


def test_another_measure_is_described_and_stops_nothing() -> None:
    catalogue()
    CustomerFactory(email="hanako@post.example")
    PurposeFactory()
    request = submit("stop_use", grounds=["beyond_purpose"])
    ground = {"ground": "costly_or_difficult", "reason": "紙の台帳で、作り直しに多額の費用がかかります。"}

    with pytest.raises(InvalidDecision) as missing:
        answer(request, Outcome.ALTERNATIVE, **ground)
    assert missing.value.field == "measure"
    with pytest.raises(InvalidDecision) as alone:
        answer(request, Outcome.REFUSED, **ground)
    assert alone.value.field == "ground"
    text = answer(request, Outcome.ALTERNATIVE, measure="保存期間が終わる2027年3月31日に消します。", **ground)

    assert "保存期間が終わる2027年3月31日に消します。" in text
    assert not Suspension.objects.exists()


def test_a_refusal_under_the_newer_grounds_cannot_use_the_older_ones() -> None:
    catalogue()
    CustomerFactory(email="hanako@post.example")
    request = submit("stop_use", grounds=["interests_harmed"])

    with pytest.raises(InvalidDecision) as error:
        answer(request, Outcome.REFUSED, ground="claim_wrong", reason="違反はありません。")
    assert error.value.field == "ground"


def test_foreign_measures_are_told_in_words() -> None:
    catalogue()
    CustomerFactory(email="hanako@post.example")
    request = submit("foreign_measures", wanted_note="")

    with pytest.raises(InvalidDecision):
        answer(request, Outcome.GRANTED)
    text = answer(request, Outcome.GRANTED, reason="シンガポールの委託先は、当方と同じ基準で保護しています。")
    assert "シンガポールの委託先" in text
    assert "第28条第3項" in text


def test_what_is_no_request_under_the_act_is_said_with_its_reason() -> None:
    catalogue()
    CustomerFactory(email="hanako@post.example")
    request = submit("stop_use", grounds=["interests_harmed"])

    with pytest.raises(InvalidDecision) as error:
        answer(request, Outcome.NOT_VALID)
    assert error.value.field == "reason"
    assert "法律に基づくご請求としてはお受けできません" in answer(
        request, Outcome.NOT_VALID, reason="別の人の請求です。"
    )
    assert not Suspension.objects.exists()


def test_a_stop_runs_twice_without_harm() -> None:
    catalogue()
    CustomerFactory(email="hanako@post.example")
    Purpose.objects.all().update(active=True)
    request = submit("stop_provision", grounds=["without_consent"])
    answer(request, Outcome.GRANTED)
    again = RequestFactory.in_review(customer=request.customer, request_type="stop_provision")
    again.grounds = ["interests_harmed"]
    again.save(update_fields=["grounds"])

    answer(again, Outcome.GRANTED)

    assert Suspension.objects.count() == 1
