"""The person owes something and says nothing: reminders, a warning, the end; nothing twice, nothing lost."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app import selectors
from requests_app.domain.silence import Patience, Stage, last_day, reached
from requests_app.domain.transitions import WAITING_FOR_PERSON, Note, Status, TransitionRefused
from requests_app.models import DisclosureRequest, RequestEvent, SilenceNotice
from requests_app.services import fees, lifecycle, messages, silence
from tests.factories.consent import OperatorFactory
from tests.factories.requests import RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once

ASKED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DAYS = Patience(first=7, second=21, close=45, warning=14)


def day(number: float) -> datetime:
    return ASKED + timedelta(days=number)


@pytest.fixture(autouse=True)
def _defaults(settings: Any) -> None:
    settings.REQUEST_REMIND_AFTER_DAYS, settings.REQUEST_REMIND_AGAIN_AFTER_DAYS = 7, 21
    settings.REQUEST_SILENCE_CLOSE_DAYS, settings.REQUEST_SILENCE_WARNING_DAYS = 45, 14


def waiting(status: Status = Status.WAITING, **kwargs: Any) -> DisclosureRequest:
    return RequestFactory.in_status(status, **{"status_changed_at": ASKED, **kwargs})


def sweep(now: datetime, *, sends: bool = True) -> list[str]:
    """What the worker does in one sweep, with the mails on their way; the templates written."""
    before = set(OutgoingMail.objects.values_list("pk", flat=True))
    for pk in selectors.to_remind(now=now, patience=DAYS, limit=100):
        silence.remind(request_id=pk, now=now)
    for pk in selectors.to_close_silent(now=now, patience=DAYS, limit=100):
        silence.close_when_silent(request_id=pk, now=now)
    fresh = OutgoingMail.objects.exclude(pk__in=before)
    written = sorted(fresh.values_list("template", flat=True))
    if sends:
        fresh.update(state=OutgoingMail.State.SENT, sent_at=now)
    return written


@pytest.mark.parametrize(
    ("days", "stage"),
    [(6.99, None), (7, Stage.FIRST), (20.99, Stage.FIRST), (21, Stage.SECOND), (30.99, Stage.SECOND),
     (31, Stage.WARNING), (400, Stage.WARNING)],
)  # fmt: skip
def test_stages(days: float, stage: Stage | None) -> None:
    assert reached(ASKED, day(days), DAYS) == stage


def test_whoever_is_warned_late_has_the_same_time_left() -> None:
    asked = date(2026, 11, 24)
    assert last_day(asked, asked + timedelta(days=31), DAYS) == asked + timedelta(days=45)
    assert last_day(asked, asked + timedelta(days=60), DAYS) == asked + timedelta(days=74)


@pytest.mark.parametrize("change", [{"first": 0}, {"second": 7}, {"close": 35}, {"warning": 6}, {"warning": 24}])
def test_an_order_that_cannot_be(change: dict[str, int]) -> None:
    assert DAYS.is_in_order
    assert not Patience(**{"first": 7, "second": 21, "close": 45, "warning": 14, **change}).is_in_order


@pytest.mark.django_db
class TestWholeSilence:
    @pytest.mark.parametrize("status", sorted(WAITING_FOR_PERSON))
    def test_day_by_day_each_mail_once_and_then_the_end(self, status: Status) -> None:
        request = waiting(status)
        written = {number: mails for number in range(60) if (mails := sweep(day(number)) + sweep(day(number)))}
        assert written == {
            7: ["request_reminder"],
            21: ["request_reminder"],
            31: ["request_closing_soon"],
            46: ["request_closed_silent"],
        }
        request.refresh_from_db()
        assert (request.status, request.closed_at, request.answered_at) == (Status.CLOSED, day(46), None)
        assert [notice.stage for notice in request.silence_notices.all()] == [*Stage]
        assert request.silence_notices.get(stage=Stage.WARNING).closes_on == date(2027, 1, 8)
        kinds = list(RequestEvent.objects.filter(request=request, at__gte=ASKED).values_list("kind", flat=True))
        assert kinds == [Note.REMINDED, Note.REMINDED, Note.CLOSING_ANNOUNCED, "closed_silent"]
        assert AuditEntry.objects.filter(action="request.reminded").count() == 3

    def test_the_warning_names_the_last_day_and_no_mail_says_what_is_owed(self) -> None:
        waiting(Status.FEE_WAITING)
        for number in (7, 31, 46):
            sweep(day(number))
        bodies = [mail.body_text or "" for mail in OutgoingMail.objects.order_by("created_at", "pk")]
        assert sum("2027年1月8日" in body for body in bodies) == 1
        assert not any(word in body for body in bodies for word in ("高橋", "1,100", "1100"))

    def test_the_last_day_is_the_persons(self) -> None:
        request = waiting()
        for number in (7, 21, 31):
            sweep(day(number))
        # 23:59 of 8 January in Japan, and a minute later.
        assert sweep(datetime(2027, 1, 8, 14, 59, tzinfo=UTC)) == []
        assert sweep(datetime(2027, 1, 8, 15, 0, tzinfo=UTC)) == ["request_closed_silent"]
        request.refresh_from_db()
        assert request.status == Status.CLOSED

    def test_missed_days_lose_nothing_and_cut_nothing_short(self) -> None:
        """The worker was away for three months: one warning with its full time, not four mails and the end."""
        request = waiting()
        assert sweep(day(90)) == ["request_closing_soon"]
        assert request.silence_notices.get().closes_on == date(2026, 11, 24) + timedelta(days=104)
        assert sweep(day(104)) == []
        assert sweep(day(105)) == ["request_closed_silent"]

    @pytest.mark.parametrize("state", ["queued", "waiting", "failed"])
    def test_without_a_warning_that_has_left_nothing_ends(self, state: str) -> None:
        request = waiting()
        sweep(day(31), sends=False)
        OutgoingMail.objects.update(state=state)
        assert sweep(day(100)) == []
        request.refresh_from_db()
        assert request.status == Status.WAITING
        # Sent at last: the time that the warning leaves begins then.
        OutgoingMail.objects.update(state="sent", sent_at=day(100))
        assert sweep(day(113)) == []
        assert sweep(day(114)) == ["request_closed_silent"]

    def test_without_an_account_nobody_is_mailed_and_nothing_ends(self) -> None:
        request = RequestFactory.by_letter(Status.WAITING, status_changed_at=ASKED)
        assert [sweep(day(number)) for number in (7, 31, 90)] == [[], [], []]
        assert silence.remind(request_id=request.pk, now=day(90)) is None
        assert list(selectors.letters_to_send(now=day(7), patience=DAYS)) == [request]
        assert not selectors.letters_to_send(now=day(6), patience=DAYS).exists()
        assert not selectors.not_reminded(day(7)).exists()

    def test_staff_are_told_of_mails_that_did_not_arrive(self) -> None:
        request, fine = waiting(), waiting()
        sweep(day(7))
        OutgoingMail.objects.filter(object_id=str(request.pk)).update(state="failed")
        assert list(selectors.not_reminded(day(8))) == [request]
        messages.write(request=request, actor=StaffFactory(), body="お電話しました。", now=day(8))
        assert not selectors.not_reminded(day(9)).exists()
        assert not selectors.not_reminded(day(9)).filter(pk=fine.pk).exists()


@pytest.mark.django_db
class TestTurns:
    def test_a_message_begins_the_silence_anew(self) -> None:
        request = waiting(Status.FEE_WAITING)
        for number in (7, 21, 31):
            sweep(day(number))
        messages.write(request=request, actor=request.applicant, body="来週払います。", now=day(40))
        assert [number for number in range(40, 95) if sweep(day(number))] == [47, 61, 71, 86]

    def test_a_reply_ends_it(self) -> None:
        request = waiting()
        sweep(day(31))
        messages.reply(request=request, actor=request.applicant, body="はい。", now=day(45))
        assert [sweep(day(number)) for number in (46, 90)] == [[], []]

    @pytest.mark.parametrize("status", sorted(set(Status) - WAITING_FOR_PERSON))
    def test_whoever_owes_nothing_is_left_alone(self, status: Status) -> None:
        request = waiting(status)
        assert sweep(day(100)) == []
        assert silence.remind(request_id=request.pk, now=day(100)) is None
        assert not silence.close_when_silent(request_id=request.pk, now=day(100))

    def test_the_query_and_the_single_look_agree(self) -> None:
        request = waiting()
        messages.write(request=request, actor=StaffFactory(), body="お願いします。", now=day(3))
        assert selectors.silent(day(9)).get().turn_at == selectors.last_turn(request) == day(3)


@pytest.mark.django_db
class TestAfterwards:
    def test_money_that_came_in_is_owed_back(self) -> None:
        request = waiting(Status.FEE_WAITING)
        fee = request.fees.get()
        fees.record_money(
            fee=fee, actor=StaffFactory(), kind="payment", amount_yen=500, on=date(2026, 11, 25), method="transfer",
            note="", now=day(1),
        )  # fmt: skip
        for number in (8, 22, 32, 47):
            sweep(day(number))
        fee.refresh_from_db()
        assert fee.request.status == Status.CLOSED
        assert fees.owed_back_yen(fee) == 500
        assert [one.pk for one in selectors.fees_owed_back()] == [fee.pk]

    def test_it_is_an_end(self) -> None:
        request = waiting()
        for number in (31, 46):
            sweep(day(number))
        request.refresh_from_db()
        with pytest.raises(TransitionRefused):
            lifecycle.reopen(request=request, actor=StaffFactory(), now=day(47))


@pytest.mark.django_db
class TestRecords:
    def test_no_stage_twice_in_a_wait(self) -> None:
        waiting()
        sweep(day(7))
        notice = SilenceNotice.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            SilenceNotice.objects.create(
                request=notice.request, turn_at=notice.turn_at, stage=notice.stage, mail=notice.mail
            )

    def test_a_warning_names_its_day_and_nothing_else_does(self) -> None:
        request = waiting()
        sweep(day(7))
        mail = OutgoingMail.objects.get()
        for stage, closes_on in ((Stage.WARNING, None), (Stage.SECOND, date(2027, 1, 1))):
            with pytest.raises(IntegrityError), transaction.atomic():
                SilenceNotice.objects.create(
                    request=request, turn_at=ASKED, stage=stage, closes_on=closes_on, mail=mail
                )

    def test_only_added(self) -> None:
        waiting()
        sweep(day(7))
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            SilenceNotice.objects.update(stage=Stage.SECOND)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            SilenceNotice.objects.all().delete()


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_two_workers_mail_once_and_close_once(self) -> None:
        request = waiting()

        def remind() -> Stage | None:
            return silence.remind(request_id=request.pk, now=day(31))

        def close() -> bool:
            return silence.close_when_silent(request_id=request.pk, now=day(46))

        assert sorted(map(str, run_at_once([remind, remind]))) == ["None", "warning"]
        OutgoingMail.objects.update(state="sent", sent_at=day(31))
        assert sorted(run_at_once([close, close])) == [False, True]

    @pytest.mark.parametrize("_round", range(3))
    def test_a_reply_and_the_end_one_wins_and_the_other_does_nothing(self, _round: int) -> None:
        OperatorFactory()
        request = waiting()
        silence.remind(request_id=request.pk, now=day(31))
        OutgoingMail.objects.update(state="sent", sent_at=day(31))

        def reply() -> bool:
            try:
                messages.reply(
                    request=DisclosureRequest.objects.get(pk=request.pk), actor=request.applicant, body="はい。",
                    now=day(46),
                )  # fmt: skip
            except TransitionRefused:
                return False
            return True

        replied, closed = run_at_once([reply, lambda: silence.close_when_silent(request_id=request.pk, now=day(46))])
        assert replied is not closed
        request.refresh_from_db()
        assert request.status == (Status.CLOSED if closed else Status.IN_REVIEW)
        assert request.messages.count() == (0 if closed else 1)
