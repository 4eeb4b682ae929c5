"""Questions, answers and reminders by letter and telephone, for whoever has no account."""

import io
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pypdf import PdfReader

from consent_app.domain import care
from privacy_portal.core.business_days import add_business_days
from privacy_portal.core.models import AuditEntry, OutgoingMail
from privacy_portal.core.services import files
from requests_app import selectors
from requests_app.domain.silence import Patience, Stage
from requests_app.domain.transitions import Note, Status, TransitionRefused
from requests_app.models import DisclosureRequest, Message, RequestEvent, SilenceNotice
from requests_app.services import correspondence, retention, silence
from requests_app.services.correspondence import Contact, NoReminderDue
from requests_app.services.errors import InvalidAnswers, NotAllowed, ThreadClosed
from tests.factories.consent import OperatorFactory
from tests.factories.requests import FeeFactory, RequestFactory, StaffFactory
from tests.support.hostile_files import pdf, taken

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
DAYS = Patience(first=7, second=21, close=45, warning=14)
PDF = taken(pdf())
MY_NUMBER = "1234 5678 9018"


@pytest.fixture(autouse=True)
def _defaults(settings: Any) -> None:
    settings.REQUEST_REMIND_AFTER_DAYS, settings.REQUEST_REMIND_AGAIN_AFTER_DAYS = 7, 21
    settings.REQUEST_SILENCE_CLOSE_DAYS, settings.REQUEST_SILENCE_WARNING_DAYS = 45, 14
    OperatorFactory()


def after(days: float) -> datetime:
    return NOW + timedelta(days=days)


def by_letter(status: Status = Status.IN_REVIEW, **kwargs: Any) -> DisclosureRequest:
    return RequestFactory.by_letter(status, **kwargs)


def ask(request: DisclosureRequest, **changes: Any) -> Message:
    given: dict[str, Any] = {
        "actor": StaffFactory(),
        "contact": Contact("letter", date(2026, 11, 24)),
        "body": "ご注文の時期を教えてください。",
        "now": NOW,
    }
    return correspondence.ask(request=request, **given | changes)


def answer(request: DisclosureRequest, **changes: Any) -> Message:
    given: dict[str, Any] = {
        "actor": StaffFactory(),
        "contact": Contact("telephone", date(2026, 12, 4)),
        "body": "昨年の春です。",
        "scan": None,
        "now": after(10),
        "key": uuid.UUID(int=7),
    }
    return correspondence.record_answer(request=request, **given | changes)


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("status", "waits", "goes_on"),
    [
        (Status.IN_REVIEW, Status.WAITING, Status.IN_REVIEW),
        (Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING, Status.IDENTITY_REVIEW),
    ],
)
def test_the_clock_stands_still_from_the_letter_to_the_answer(status: Status, waits: Status, goes_on: Status) -> None:
    request = by_letter(status)
    target = request.target_on
    message = ask(request)
    request.refresh_from_db()
    assert (request.status, request.target_on) == (waits, target)
    assert (message.channel, message.on, message.asks_reply) == ("letter", date(2026, 11, 24), True)
    answered = answer(request)
    request.refresh_from_db()
    # Sent on 24 November and answered on 4 December; written down three days later each.
    assert (request.status, request.target_on) == (goes_on, add_business_days(target + timedelta(days=9), 1))
    assert (answered.from_person, answered.on, answered.read_at) == (True, date(2026, 12, 4), after(10))
    events = RequestEvent.objects.filter(request=request).order_by("at").values_list("kind", "data")
    assert [kind for kind, _data in events] == ["asked", "replied"]
    assert events[1][1] == {"channel": "telephone", "on": "2026-12-04"}
    assert not OutgoingMail.objects.exists()


def test_words_of_people_are_not_in_the_audit_trail() -> None:
    request = by_letter()
    ask(request)
    answer(request)
    told = str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert "昨年" not in told
    assert "ご注文" not in told


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"contact": Contact("letter", date(2026, 11, 28))}, "on"),
        ({"contact": Contact("letter", date(2026, 11, 15))}, "on"),
        ({"contact": Contact("letter", None)}, "on"),
        ({"contact": Contact("portal", date(2026, 11, 24))}, "channel"),
        ({"body": " "}, "body"),
        ({"body": "あ" * 4001}, "body"),
        ({"body": f"番号は{MY_NUMBER}です"}, "body"),
    ],
)
def test_a_question_that_cannot_be(changes: dict[str, Any], field: str) -> None:
    request = by_letter()
    with pytest.raises(InvalidAnswers) as caught:
        ask(request, **changes)
    assert set(caught.value.errors) == {field}
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"contact": Contact("letter", date(2026, 11, 23))}, "on"),
        ({"contact": Contact("letter", date(2026, 12, 8))}, "on"),
        ({"body": MY_NUMBER}, "body"),
    ],
)
def test_an_answer_that_cannot_be(changes: dict[str, Any], field: str) -> None:
    request = by_letter()
    ask(request)
    with pytest.raises(InvalidAnswers) as caught:
        answer(request, **changes)
    assert set(caught.value.errors) == {field}
    request.refresh_from_db()
    assert request.status == Status.WAITING


def test_the_scan_of_the_answer_is_kept_beside_it() -> None:
    request = by_letter()
    ask(request)
    message = answer(request, scan=PDF)
    kept = message.received_files.get()
    assert b"".join(files.open_stream(kept.file)) == PDF.content
    assert kept.file.name.endswith("-answer.pdf")
    DisclosureRequest.objects.update(status=Status.CLOSED, closed_at=NOW - timedelta(days=400))
    assert retention.run(now=after(20))["files"] == 1
    kept.file.refresh_from_db()
    assert kept.file.sealed_key is None


def test_the_same_form_twice_is_one_answer() -> None:
    request, actor = by_letter(), StaffFactory()
    ask(request)
    assert answer(request, actor=actor) == answer(request, actor=actor)
    assert RequestEvent.objects.filter(kind="replied").count() == 1


def test_what_comes_unasked_is_written_down_without_a_change() -> None:
    request = by_letter()
    answer(request)
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW
    assert RequestEvent.objects.get(request=request).kind == Note.MESSAGE_FROM_PERSON


def test_nothing_is_written_into_an_ended_request() -> None:
    request = by_letter(Status.WITHDRAWN, closed_at=NOW)
    with pytest.raises(ThreadClosed):
        answer(request)
    with pytest.raises(TransitionRefused):
        ask(request)


def test_who_has_an_account_is_asked_and_answers_there() -> None:
    request = RequestFactory.waiting()
    for attempt in (
        lambda: ask(request),
        lambda: answer(request),
        lambda: correspondence.record_reminder(
            request=request, stage=Stage.FIRST, actor=StaffFactory(), sent_on=NOW.date(), now=after(30)
        ),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert AuditEntry.objects.filter(action="request.denied").count() == 3


def test_a_clerk_without_the_permission_is_refused() -> None:
    with pytest.raises(NotAllowed):
        ask(by_letter(), actor=StaffFactory(is_superuser=False))


def test_a_message_on_paper_has_its_day_in_the_database() -> None:
    request = by_letter()
    with pytest.raises(IntegrityError, match="message_on_paper"), transaction.atomic():
        Message.objects.create(request=request, from_person=True, channel="letter", body="x")


@pytest.mark.parametrize(("language", "words"), [("ja", "お返事のしかた"), ("en", "Howtoreply")])
def test_the_question_as_a_letter(language: str, words: str) -> None:
    request = by_letter(language=language)
    message = ask(request, body="いつごろですか。\n#let x=1")
    letter = correspondence.question_letter(message=message, actor=StaffFactory())
    text = text_of(letter)
    assert words in text
    assert request.receipt_number in text
    assert "いつごろですか。#letx=1" in text
    assert "高橋花子" in text
    assert AuditEntry.objects.filter(action="message.letter_opened").exists()
    asked_by_phone = Message.objects.create(
        request=request, from_person=False, channel="telephone", on=NOW.date(), body="x"
    )
    with pytest.raises(NotAllowed):
        correspondence.question_letter(message=asked_by_phone, actor=StaffFactory())


class TestReminders:
    def waiting(self, language: str = "ja") -> DisclosureRequest:
        request = by_letter(language=language)
        ask(request)
        return DisclosureRequest.objects.get(pk=request.pk)

    def record(self, request: DisclosureRequest, stage: Stage, days: float, sent: float | None = None) -> SilenceNotice:
        return correspondence.record_reminder(
            request=request,
            stage=stage,
            actor=StaffFactory(),
            sent_on=after(days if sent is None else sent).date(),
            now=after(days),
        )

    def close(self, days: float) -> int:
        due = selectors.to_close_silent(now=after(days), patience=DAYS, limit=9)
        return sum(silence.close_when_silent(request_id=pk, now=after(days)) for pk in due)

    def test_stage_by_stage_and_then_the_end(self) -> None:
        request = self.waiting()
        stages = {}
        for number in range(70):
            stage = correspondence.reminder_due(request=request, now=after(number))
            listed = list(selectors.letters_to_send(now=after(number), patience=DAYS))
            assert bool(listed) is (stage is not None)
            if stage:
                stages[number] = stage
                self.record(request, stage, number)
            elif self.close(number):
                break
        assert stages == {7: Stage.FIRST, 21: Stage.SECOND, 31: Stage.WARNING}
        # A week to be posted, and the time that a warning leaves.
        assert SilenceNotice.objects.get(stage=Stage.WARNING).closes_on == after(31 + 7 + 14).date()
        assert number == 53
        request.refresh_from_db()
        assert (request.status, request.closed_at) == (Status.CLOSED, after(53))

    def test_without_the_letter_nothing_ends(self) -> None:
        self.waiting()
        assert self.close(400) == 0

    def test_an_answer_keeps_it_open(self) -> None:
        request = self.waiting()
        self.record(request, Stage.WARNING, 31)
        answer(request, contact=Contact("letter", after(40).date()), now=after(41))
        assert self.close(90) == 0
        request.refresh_from_db()
        assert request.status == Status.IN_REVIEW

    def test_no_stage_before_its_time_and_none_twice(self) -> None:
        request = self.waiting()
        for stage, days in ((Stage.FIRST, 6), (Stage.WARNING, 30)):
            with pytest.raises(NoReminderDue):
                self.record(request, stage, days)
        self.record(request, Stage.SECOND, 22)
        for stage in (Stage.FIRST, Stage.SECOND):
            with pytest.raises(NoReminderDue):
                self.record(request, stage, 23)

    def test_the_letter_that_was_printed_is_recorded_although_a_newer_stage_is_reached(self) -> None:
        request = self.waiting()
        assert self.record(request, Stage.SECOND, 31.5).stage == Stage.SECOND
        assert correspondence.reminder_due(request=request, now=after(31.5)) == Stage.WARNING

    @pytest.mark.parametrize("sent", [32, -1])
    def test_days_that_cannot_be(self, sent: int) -> None:
        request = self.waiting()
        with pytest.raises(InvalidAnswers):
            self.record(request, Stage.WARNING, 31, sent)

    def test_a_warning_that_was_posted_earlier_still_leaves_what_it_says(self) -> None:
        request = self.waiting()
        printed = correspondence.reminder_letter(
            request=request, stage=Stage.WARNING, actor=StaffFactory(), now=after(31)
        )
        assert "2027年1月18日）までに" in text_of(printed)
        assert self.record(request, Stage.WARNING, 35, sent=31).closes_on == date(2027, 1, 22)

    def test_a_letter_is_mailed_or_posted_and_not_both(self) -> None:
        request = self.waiting()
        with pytest.raises(IntegrityError, match="mailed_or_posted"), transaction.atomic():
            SilenceNotice.objects.create(request=request, turn_at=NOW, stage=Stage.FIRST)

    @pytest.mark.parametrize(("language", "words"), [("ja", "お返事をお待ち"), ("en", "waitingforyourreply")])
    def test_the_letter_repeats_the_question(self, language: str, words: str) -> None:
        request = self.waiting(language)
        letter = correspondence.reminder_letter(request=request, stage=Stage.FIRST, actor=StaffFactory(), now=after(8))
        assert words in text_of(letter)
        assert "ご注文の時期を教えてください。" in text_of(letter)
        assert AuditEntry.objects.get(action="request.reminder_opened").detail == {"stage": "first"}

    def test_the_letter_about_a_fee(self) -> None:
        request = by_letter(Status.FEE_WAITING)
        FeeFactory(request=request)
        letter = correspondence.reminder_letter(request=request, stage=Stage.FIRST, actor=StaffFactory(), now=after(30))
        assert "1,100円" in text_of(letter)

    def test_the_manager_has_it_on_the_list(self) -> None:
        request = by_letter(Status.WAITING, status_changed_at=NOW - timedelta(days=4000))
        kind = next(kind for kind in care.kinds() if kind.code == "request.letter_due")
        assert [due.name for due in kind.entries(NOW.date(), NOW.date())] == [request.receipt_number]
