"""A fee is told, accepted, paid, waived or given back; and impossible where the law forbids it."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from consent_app.models import RequestRule
from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app.domain import fees as rules
from requests_app.domain.fees import Standing
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.domain.transitions import Status, TransitionRefused
from requests_app.models import Decision, DisclosureRequest, Fee, Payment
from requests_app.services import decisions, fees, lifecycle, receipts
from requests_app.services.errors import InvalidDecision, NotAllowed
from requests_app.services.fees import InvalidFee
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.requests import FeeFactory, PersonFactory, RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
# Written down from article 38 once more, not read from the table.
CHARGEABLE = {"purpose_notice", "disclosure", "provision_records"}


def fixed(yen: int = 1100, **changes: Any) -> DisclosureRequest:
    RequestRuleFactory(request_type="disclosure", fee=RequestRule.Fee.FIXED, fee_yen=yen)
    return RequestFactory.in_review(**changes)


def quoted(**changes: Any) -> DisclosureRequest:
    RequestRuleFactory(request_type="disclosure", fee=RequestRule.Fee.QUOTED)
    return RequestFactory.in_review(**changes)


def ask(request: DisclosureRequest, amount: int | None = None) -> Fee:
    return fees.ask(request=request, actor=StaffFactory(), amount_yen=amount, explanation="調査と作成の実費", now=NOW)


def pay(fee: Fee, amount: int, kind: str = "payment", on: date = TODAY) -> Payment:
    return fees.record_money(
        fee=fee, actor=StaffFactory(), kind=kind, amount_yen=amount, on=on, method="transfer", note="", now=NOW
    )


def status(request: DisclosureRequest) -> str:
    return DisclosureRequest.objects.get(pk=request.pk).status


class TestLaw:
    @pytest.mark.parametrize("code", [*REQUEST_TYPES, "unheard_of"])
    def test_only_article_38(self, code: str) -> None:
        assert rules.may_be_charged(code) is (code in CHARGEABLE)

    @pytest.mark.django_db
    @pytest.mark.parametrize("code", REQUEST_TYPES)
    def test_the_database_refuses_every_other_fee(self, code: str) -> None:
        request = RequestFactory.in_review(request_type=code)
        if code in CHARGEABLE:
            FeeFactory(request=request, request_type=code)
            return
        with pytest.raises(IntegrityError), transaction.atomic():
            FeeFactory(request=request, request_type=code)
        # Nor under a type that it does not have.
        with pytest.raises(DatabaseError, match="type of its request"), transaction.atomic():
            FeeFactory(request=request, request_type="disclosure")

    @pytest.mark.django_db
    def test_a_request_with_a_fee_keeps_its_type(self) -> None:
        request = RequestFactory.waiting_for_fee()
        with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
            DisclosureRequest.objects.filter(pk=request.pk).update(request_type="erasure")

    @pytest.mark.django_db
    @pytest.mark.parametrize("code", sorted(set(REQUEST_TYPES) - CHARGEABLE))
    def test_staff_cannot_ask_for_one(self, code: str) -> None:
        request = RequestFactory.in_review(request_type=code)
        assert fees.rule_of(request) is None
        assert not fees.is_owed(request)
        with pytest.raises(InvalidFee, match="第38条"):
            ask(request, 500)
        with pytest.raises(InvalidFee):
            fees.waive(request=request, actor=StaffFactory(), reason="理由", now=NOW)
        assert not Fee.objects.exists()

    @pytest.mark.django_db
    def test_payments_are_only_added(self) -> None:
        payment = pay(RequestFactory.waiting_for_fee().fees.get(), 100)
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(amount_yen=5)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            payment.delete()


@given(amount=st.integers(1, 10_000), paid=st.integers(-100, 20_000))
def test_standing(amount: int, paid: int) -> None:
    found = rules.standing(amount=amount, paid=paid)
    assert (found in (Standing.PAID, Standing.OVERPAID)) is (paid >= amount)
    assert (found == Standing.UNPAID) is (paid <= 0)
    assert (found == Standing.PAID) is (paid == amount)


@pytest.mark.django_db
class TestAsking:
    def test_a_fixed_fee_is_what_the_profile_says(self) -> None:
        request = fixed()
        fee = ask(request, 9999)
        assert (fee.amount_yen, fee.due_on) == (1100, TODAY + timedelta(days=14))
        assert status(request) == Status.FEE_WAITING
        mail = OutgoingMail.objects.get()
        assert mail.template == "request_fee_asked"
        assert "1100" not in mail.body_text
        assert "1,100" not in mail.body_text

    @pytest.mark.parametrize("amount", [None, 0, -1, 100_001])
    def test_a_quote_is_an_amount_that_can_be(self, amount: int | None) -> None:
        request = quoted()
        with pytest.raises(InvalidFee) as error:
            ask(request, amount)
        assert error.value.field == "amount_yen"
        assert status(request) == Status.IN_REVIEW

    def test_only_in_the_review_of_the_content(self) -> None:
        RequestRuleFactory(request_type="disclosure", fee=RequestRule.Fee.QUOTED)
        with pytest.raises(TransitionRefused):
            ask(RequestFactory.in_identity_review(), 500)

    def test_a_person_cannot_ask_themselves_for_a_fee(self) -> None:
        staff = StaffFactory()
        request = quoted(applicant=staff)
        with pytest.raises(NotAllowed):
            fees.ask(request=request, actor=staff, amount_yen=500, explanation="", now=NOW)

    def test_twice_is_refused(self) -> None:
        request = fixed()
        fees.waive(request=request, actor=StaffFactory(), reason="常連のため", now=NOW)
        with pytest.raises(InvalidFee):
            ask(request)


@pytest.mark.django_db
class TestAnswering:
    def test_accepting_is_recorded_once(self) -> None:
        request = RequestFactory.waiting_for_fee()
        for _again in range(2):
            fees.accept(request=request, actor=request.applicant, now=NOW)
        assert Fee.objects.get().accepted_at == NOW
        assert request.events.filter(kind="fee_accepted").count() == 1
        assert status(request) == Status.FEE_WAITING

    def test_declining_ends_the_request(self) -> None:
        request = RequestFactory.waiting_for_fee()
        fees.decline(request=request, actor=request.applicant, now=NOW)
        assert status(request) == Status.WITHDRAWN
        with pytest.raises(InvalidFee):
            fees.accept(request=request, actor=request.applicant, now=NOW)

    @pytest.mark.parametrize("answer", [fees.accept, fees.decline])
    def test_nobody_else_answers(self, answer: Any) -> None:
        with pytest.raises(NotAllowed):
            answer(request=RequestFactory.waiting_for_fee(), actor=PersonFactory(), now=NOW)


@pytest.mark.django_db
class TestMoney:
    def test_the_whole_amount_lets_the_request_go_on(self) -> None:
        request = RequestFactory.waiting_for_fee()
        pay(request.fees.get(), 1100)
        assert status(request) == Status.IN_REVIEW
        assert Fee.objects.get().settled_at == NOW
        assert OutgoingMail.objects.get().template == "request_fee_settled"
        assert not fees.is_owed(request)

    def test_a_part_is_told_and_the_rest_settles_it(self) -> None:
        request = RequestFactory.waiting_for_fee()
        fee = request.fees.get()
        pay(fee, 600)
        assert status(request) == Status.FEE_WAITING
        assert fees.standing(fee) == Standing.PARTLY
        assert OutgoingMail.objects.get().template == "request_payment"
        pay(fee, 500)
        assert status(request) == Status.IN_REVIEW

    def test_too_much_is_owed_back(self) -> None:
        request = RequestFactory.waiting_for_fee()
        fee = request.fees.get()
        pay(fee, 1500)
        assert status(request) == Status.IN_REVIEW
        assert fees.owed_back_yen(fee) == 400
        with pytest.raises(InvalidFee, match="400"):
            pay(fee, 401, kind="refund")
        pay(fee, 400, kind="refund")
        assert fees.owed_back_yen(fee) == 0
        assert fees.standing(fee) == Standing.PAID

    def test_money_after_the_end_is_recorded_and_owed_back(self) -> None:
        request = RequestFactory.waiting_for_fee()
        fee = request.fees.get()
        lifecycle.withdraw(request=request, actor=request.applicant, now=NOW)
        pay(fee, 1100)
        assert status(request) == Status.WITHDRAWN
        fee.request.refresh_from_db()
        assert fees.owed_back_yen(fee) == 1100

    def test_nobody_pays_for_a_refusal(self) -> None:
        request = RequestFactory.waiting_for_fee()
        fee = request.fees.get()
        pay(fee, 1100)
        request.refresh_from_db()
        proposal = decisions.Proposal("refused", ground="harm_to_person", reason="ほかの方の情報です。")
        decisions.decide(request=request, actor=StaffFactory(), proposal=proposal, now=NOW)
        fee.refresh_from_db()
        assert fees.owed_back_yen(Fee.objects.get()) == 1100

    def test_a_wrong_entry_is_corrected_by_another(self) -> None:
        request = RequestFactory.waiting_for_fee()
        fee = request.fees.get()
        pay(fee, 1100)
        with pytest.raises(InvalidFee):
            pay(fee, 1101, kind="correction")
        pay(fee, 1100, kind="correction")
        assert fees.paid_yen(fee) == 0
        assert fees.is_owed(request)
        assert decisions.Outcome.GRANTED not in decisions.allowed_outcomes(request)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"amount": 0}, "amount_yen"),
            ({"kind": "gift"}, "kind"),
            ({"on": TODAY + timedelta(days=1)}, "on"),
            ({"on": date(2026, 11, 1)}, "on"),
        ],
    )
    def test_what_cannot_be(self, change: dict[str, Any], field: str) -> None:
        fee = RequestFactory.waiting_for_fee().fees.get()
        with pytest.raises(InvalidFee) as error:
            pay(fee, **{"amount": 1100, **change})
        assert error.value.field == field
        assert not Payment.objects.exists()


@pytest.mark.django_db
class TestDeciding:
    def test_nothing_positive_before_a_fixed_fee_is_settled(self) -> None:
        request = fixed()
        assert fees.is_owed(request)
        assert not {"granted", "partly"} & set(decisions.allowed_outcomes(request))
        with pytest.raises(InvalidDecision):
            decisions.decide(request=request, actor=StaffFactory(), proposal=decisions.Proposal("granted"), now=NOW)
        fees.waive(request=request, actor=StaffFactory(), reason="データが少ないため", now=NOW)
        assert "granted" in decisions.allowed_outcomes(request)

    def test_a_refusal_needs_no_fee(self) -> None:
        assert Decision.Outcome.REFUSED in decisions.allowed_outcomes(fixed())

    def test_a_quote_that_was_never_made_is_no_fee(self) -> None:
        assert Decision.Outcome.GRANTED in decisions.allowed_outcomes(quoted())

    def test_a_fee_that_was_taken_back_is_none(self) -> None:
        request = quoted()
        ask(request, 500)
        fees.cancel(request=request, actor=StaffFactory(), now=NOW)
        assert status(request) == Status.IN_REVIEW
        request.refresh_from_db()
        assert Decision.Outcome.GRANTED in decisions.allowed_outcomes(request)

    def test_a_waiver_needs_a_reason(self) -> None:
        with pytest.raises(InvalidFee) as error:
            fees.waive(request=fixed(), actor=StaffFactory(), reason=" ", now=NOW)
        assert error.value.field == "reason"
        assert not AuditEntry.objects.filter(action="fee.waived").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_receipt_names_amount_and_number(language: str) -> None:
    OperatorFactory()
    request = RequestFactory.waiting_for_fee(language=language, customer=CustomerFactory())
    fee = request.fees.get()
    assert not receipts.is_available(fee)
    pay(fee, 1500)
    pay(fee, 400, kind="refund")

    assert receipts.is_available(fee)
    reader = PdfReader(io.BytesIO(receipts.receipt(fee=fee, actor=StaffFactory())))
    text = "".join("".join(page.extract_text().split()) for page in reader.pages)
    assert "1,100" in text
    assert request.receipt_number in text
    assert ("領収書" if language == "ja" else "Receipt") in text
    assert AuditEntry.objects.filter(action="fee.receipt_opened").exists()
