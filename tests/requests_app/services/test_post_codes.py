"""A code by registered post: ordered, printed, sent, entered, ended; and that it tells nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import IntegrityError, transaction

from consent_app.models import Customer, RequestRule
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from privacy_portal.core.services.codes import CodeDead, CodeWrong
from requests_app import selectors
from requests_app.domain.identity_levels import MEANS, REACHES, Level, Means, reached, reaching
from requests_app.domain.transitions import Status, TransitionRefused
from requests_app.models import DisclosureRequest, IdentityCheck, PostCode
from requests_app.services import identity, paper_letters, post_codes, typesetting
from requests_app.services.errors import CodeLetterRefused, InvalidPosting, NotAllowed
from requests_app.tasks import sweep
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.requests import PartyFactory, PersonFactory, RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=5)


@pytest.fixture(autouse=True)
def _rule(db: None) -> None:
    OperatorFactory()
    RequestRuleFactory()


def ordered(customer: Customer | None, request: DisclosureRequest | None = None) -> DisclosureRequest:
    request = request or RequestFactory.in_identity_review()
    post_codes.order(request=request, actor=StaffFactory(), customer=customer, now=NOW)
    return request


def printed(request: DisclosureRequest, now: datetime = NOW) -> str:
    """Print the letter; the code that stands on it."""
    with mock.patch.object(typesetting, "typeset", return_value=b"%PDF") as typeset:
        assert post_codes.print_letter(request=request, actor=StaffFactory(), now=now) == b"%PDF"
    code: str = typeset.call_args.args[1]["code"]
    return code


def other_than(code: str) -> str:
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"


def person_of(request: DisclosureRequest) -> User:
    assert request.applicant is not None
    return request.applicant


def enter(request: DisclosureRequest, code: str, now: datetime = LATER) -> DisclosureRequest:
    return post_codes.enter(request=request, actor=person_of(request), code=code, now=now)


class TestTheTable:
    def test_levels_are_those_of_the_rules(self) -> None:
        rules = {int(value) for value in RequestRule.IdentityLevel.values}
        assert rules == {int(level) for level in Level if level}

    def test_every_means_has_a_row_and_reaches_something(self) -> None:
        assert set(MEANS) == set(Means)
        assert set().union(*(means for means, _level in REACHES)) == set(Means)

    @pytest.mark.parametrize(
        ("passed", "level"),
        [
            ([], Level.NONE),
            (["facts"], Level.NONE),
            (["call_back"], Level.NONE),
            (["email_code"], Level.ADDRESS),
            (["email_code", "facts"], Level.FACTS),
            (["email_code", "call_back"], Level.FACTS),
            (["post_code"], Level.FACTS),
            (["post_code", "call_back", "facts", "email_code"], Level.FACTS),
            (["documents"], Level.DOCUMENTS),
            (["counter", "facts"], Level.DOCUMENTS),
        ],
    )
    def test_what_is_reached(self, passed: list[str], level: Level) -> None:
        assert reached(passed) == level

    def test_ways_to_a_level(self) -> None:
        assert reaching(3) == [frozenset({Means.DOCUMENTS}), frozenset({Means.COUNTER})]
        assert len(reaching(1)) == len(REACHES)


class TestOrdering:
    def test_it_waits_for_the_person(self) -> None:
        customer = CustomerFactory()
        request = ordered(customer)
        row = PostCode.objects.get()
        assert request.status == Status.IDENTITY_WAITING
        assert (row.customer, row.code_digest, row.expires_at) == (customer, None, NOW + timedelta(days=30))
        assert OutgoingMail.objects.get().template == "request_code_letter"
        assert AuditEntry.objects.get(action="identity.code_ordered").detail == {"customer": str(customer.pk)}
        assert post_codes.live(request, NOW) == row
        assert post_codes.waits_for_code(request)

    def test_not_to_somebody_without_an_address(self) -> None:
        with pytest.raises(CodeLetterRefused):
            ordered(CustomerFactory(address1=""))
        assert not PostCode.objects.exists()

    def test_not_by_everybody_nor_at_any_time(self) -> None:
        request = RequestFactory.in_identity_review()
        with pytest.raises(NotAllowed):
            post_codes.order(request=request, actor=StaffFactory(is_superuser=False), customer=None, now=NOW)
        for status in (Status.IN_REVIEW, Status.IDENTITY_WAITING, Status.CLOSED):
            with pytest.raises(TransitionRefused):
                ordered(None, RequestFactory.in_status(status))

    def test_three_letters_and_no_more(self) -> None:
        request = RequestFactory.in_identity_review()
        for _time in range(3):
            ordered(None, request)
            DisclosureRequest.objects.update(status=Status.IDENTITY_REVIEW)
        assert PostCode.objects.filter(ended_at=None).count() == 1
        with pytest.raises(CodeLetterRefused):
            ordered(None, request)

    def test_the_database_keeps_one_live_code(self) -> None:
        request = ordered(None)
        with pytest.raises(IntegrityError), transaction.atomic():
            PostCode.objects.create(request=request, expires_at=NOW)

    def test_it_ends_before_the_request_ends_by_silence(self, settings: Any) -> None:
        settings.REQUEST_SILENCE_CLOSE_DAYS, settings.REQUEST_SILENCE_WARNING_DAYS = 40, 14
        assert post_codes.lifetime() == timedelta(days=25)


class TestTheLetter:
    @pytest.mark.parametrize("language", ["ja", "en"])
    @pytest.mark.parametrize("account", [True, False])
    def test_it_is_a_letter_to_the_registered_address(self, language: str, account: bool) -> None:
        request = RequestFactory.in_identity_review(language=language, party={"address1": "大阪市別町9-9"})
        if not account:
            DisclosureRequest.objects.update(applicant=None)
            request.refresh_from_db()
        ordered(CustomerFactory(), request)
        with mock.patch.object(typesetting, "typeset", wraps=typesetting.typeset) as typeset:
            content = post_codes.print_letter(request=request, actor=StaffFactory(), now=NOW)
        template, data = typeset.call_args.args
        assert content.startswith(b"%PDF")
        assert template == f"{language}/post_code.typ"
        assert data["recipient_lines"] == ["〒100-0001", "東京都千代田区例町4-5-6", "例マンション101"]
        assert "髙橋" in data["recipient_name"]
        assert "大阪" not in str(data)

    def test_printing_again_makes_another_code(self) -> None:
        request = ordered(CustomerFactory())
        first, second = printed(request), printed(request)
        assert first != second
        with pytest.raises(CodeWrong):
            enter(request, first)
        enter(request, second)
        assert AuditEntry.objects.filter(action="identity.code_printed").count() == 2

    def test_the_code_stands_nowhere(self) -> None:
        request = ordered(CustomerFactory())
        code = printed(request).replace(" ", "")
        row = PostCode.objects.values().get()
        assert code not in str(row)
        assert code not in str(list(AuditEntry.objects.values_list("detail", flat=True)))

    def test_where_nobody_is_registered_there_is_none(self) -> None:
        request = ordered(None)
        with pytest.raises(CodeLetterRefused):
            post_codes.print_letter(request=request, actor=StaffFactory(), now=NOW)

    def test_sent_once_with_its_number(self) -> None:
        request = ordered(CustomerFactory())
        staff, day = StaffFactory(), NOW.date()
        sent = {"request": request, "actor": staff, "now": NOW}
        with pytest.raises(CodeLetterRefused):
            post_codes.mark_sent(sent_on=day, tracking_number="", **sent)
        printed(request)
        for wrong in ({"sent_on": day + timedelta(days=1)}, {"tracking_number": "12"}):
            with pytest.raises(InvalidPosting):
                post_codes.mark_sent(**{"sent_on": day, "tracking_number": "", **wrong}, **sent)
        row = post_codes.mark_sent(sent_on=day, tracking_number="123-45-67890-1", **sent)
        assert (row.sent_on, row.tracking_number, row.sent_by) == (day, "12345678901", staff)
        with pytest.raises(CodeLetterRefused):
            post_codes.mark_sent(sent_on=day, tracking_number="", **sent)
        with pytest.raises(CodeLetterRefused):
            post_codes.print_letter(request=request, actor=staff, now=NOW)

    def test_only_who_checks_identity_prints(self) -> None:
        request = ordered(CustomerFactory())
        with pytest.raises(NotAllowed):
            post_codes.print_letter(request=request, actor=StaffFactory(is_superuser=False), now=NOW)
        assert PostCode.objects.get().code_digest is None


class TestEntering:
    def test_the_right_code_confirms_and_links(self) -> None:
        customer = CustomerFactory()
        request = ordered(customer)
        code = printed(request)
        enter(request, code.replace(" ", "－"))
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.IN_REVIEW, customer)
        check = IdentityCheck.objects.get(method="post_code")
        assert (check.level, check.state, check.customer) == (2, "passed", customer)
        assert selectors.identity_confirmed(request)
        assert OutgoingMail.objects.order_by("pk").last() is not None
        with pytest.raises(CodeDead):
            enter(request, code)

    @pytest.mark.parametrize("status", [Status.IDENTITY_WAITING, Status.IDENTITY_REVIEW])
    def test_more_is_needed_for_documents_and_agents(self, status: Status) -> None:
        RequestRule.objects.update(identity_level=3)
        request = ordered(CustomerFactory())
        code = printed(request)
        DisclosureRequest.objects.update(status=status)
        enter(request, code)
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.IDENTITY_REVIEW, None)
        assert IdentityCheck.objects.get(method="post_code").state == "supports"
        assert not selectors.identity_confirmed(request)

    def test_an_agent_is_not_passed_by_a_code(self) -> None:
        request = RequestFactory.in_identity_review(role="mandated_agent")
        PartyFactory(request=request, kind="agent")
        ordered(CustomerFactory(), request)
        enter(request, printed(request))
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_REVIEW

    def test_five_tries_in_all(self) -> None:
        request = ordered(CustomerFactory())
        code = printed(request)
        left = []
        for _try in range(4):
            with pytest.raises(CodeWrong) as caught:
                enter(request, other_than(code))
            left.append(caught.value.remaining)
        assert left == [4, 3, 2, 1]
        for typed in (other_than(code), code):
            with pytest.raises(CodeDead):
                enter(request, typed)
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_WAITING
        assert AuditEntry.objects.filter(action="identity.code_refused").count() == 6

    def test_not_after_its_time_and_not_by_others(self) -> None:
        request = ordered(CustomerFactory())
        code = printed(request)
        with pytest.raises(CodeDead):
            enter(request, code, NOW + timedelta(days=30))
        for stranger in (PersonFactory(), StaffFactory()):
            with pytest.raises(NotAllowed):
                post_codes.enter(request=request, actor=stranger, code=code, now=LATER)
        with pytest.raises(NotAllowed):
            post_codes.enter_for_person(request=request, actor=StaffFactory(), code=code, now=LATER)
        assert PostCode.objects.get().attempts == 0

    def test_the_code_of_another_request_does_not_fit(self) -> None:
        mine, other = ordered(CustomerFactory()), ordered(CustomerFactory())
        printed(mine)
        with pytest.raises(CodeWrong):
            enter(mine, printed(other))

    def test_staff_type_it_for_whoever_has_no_account(self) -> None:
        customer = CustomerFactory()
        request = ordered(customer, RequestFactory.by_letter(Status.IDENTITY_REVIEW))
        post_codes.enter_for_person(request=request, actor=StaffFactory(), code=printed(request), now=LATER)
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.IN_REVIEW, customer)

    def test_taking_the_confirmation_back_takes_the_code_back(self) -> None:
        request = ordered(CustomerFactory())
        enter(request, printed(request))
        identity.reconsider(request=request, actor=StaffFactory(), note="別の方でした。", now=LATER)
        assert not selectors.identity_confirmed(request)


class TestEnding:
    @pytest.mark.parametrize("customer", [True, False])
    def test_an_expired_code_goes_back_to_staff_once(self, customer: bool) -> None:
        request = ordered(CustomerFactory() if customer else None)
        over = NOW + timedelta(days=30)
        assert post_codes.to_end(now=over - timedelta(seconds=1), limit=9) == []
        assert post_codes.to_end(now=over, limit=9) == [request.pk]
        assert post_codes.end_when_due(request_id=request.pk, now=over)
        assert not post_codes.end_when_due(request_id=request.pk, now=over)
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_REVIEW
        assert post_codes.to_end(now=over, limit=9) == []

    def test_so_does_one_that_was_tried_too_often(self) -> None:
        request = ordered(None)
        for _try in range(5):
            with pytest.raises((CodeWrong, CodeDead)):
                enter(request, "12345678")
        sweep()
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_REVIEW

    def test_what_was_asked_later_is_still_waited_for(self) -> None:
        request = ordered(None)
        DisclosureRequest.objects.update(status=Status.IDENTITY_WAITING)
        request.events.create(kind="asked", to_status=Status.IDENTITY_WAITING, actor_kind="staff", at=LATER)
        assert post_codes.end_when_due(request_id=request.pk, now=NOW + timedelta(days=31))
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_WAITING

    def test_a_settled_request_needs_no_code(self) -> None:
        request = ordered(None)
        identity.confirm(request=request, actor=StaffFactory(), customer=None, note="電話で確かめた。", now=LATER)
        sweep()
        assert PostCode.objects.get().ended_at is not None
        request.refresh_from_db()
        assert request.status == Status.IN_REVIEW


@pytest.mark.django_db(transaction=True)
def test_forty_guesses_at_once_are_five_tries() -> None:
    request = ordered(CustomerFactory())
    outcomes: list[str] = []

    def guess() -> None:
        try:
            enter(request, "00000000")
        except (CodeWrong, CodeDead) as error:
            outcomes.append(type(error).__name__)

    run_at_once([guess] * 12)
    assert PostCode.objects.get().attempts == 5
    assert outcomes.count("CodeWrong") == 4


@pytest.mark.django_db(transaction=True)
def test_the_right_code_twice_at_once_confirms_once() -> None:
    request = ordered(CustomerFactory())
    code = printed(request)
    outcomes: list[str] = []

    def right() -> None:
        try:
            enter(DisclosureRequest.objects.select_related("applicant").get(pk=request.pk), code)
        except CodeDead:
            outcomes.append("dead")
        else:
            outcomes.append("passed")

    run_at_once([right] * 4)
    assert outcomes.count("passed") == 1
    assert IdentityCheck.objects.filter(method="post_code").count() == 1


def test_the_letter_names_no_requester() -> None:
    request = ordered(CustomerFactory(), RequestFactory.in_identity_review(party={"family_name": "佐藤"}))
    row = PostCode.objects.get()
    with mock.patch.object(typesetting, "typeset", return_value=b"") as typeset:
        paper_letters.post_code(row, CustomerFactory(), "1234 5678", on=NOW.date())
    assert "佐藤" not in str(typeset.call_args.args[1])
    assert person_of(request).email not in str(typeset.call_args.args[1])
