"""The thread: who may write, what may be written, and what the other side is told."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app.domain.transitions import Note, Status, TransitionRefused
from requests_app.models import Message, RequestEvent
from requests_app.services import messages
from requests_app.services.errors import InvalidMessage, NotAllowed, ThreadClosed
from tests.factories.requests import MessageFactory, PersonFactory, RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SECRET = "ご住所の番地を教えてください。"

pytestmark = pytest.mark.django_db


class TestAsk:
    @pytest.mark.parametrize(
        ("before", "after"),
        [(Status.IN_REVIEW, Status.WAITING), (Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING)],
    )
    def test_waits_for_the_person(self, before: Status, after: Status) -> None:
        request, staff = RequestFactory.in_status(before), StaffFactory()
        message = messages.ask(request=request, actor=staff, body=SECRET, now=NOW)
        assert (message.from_person, message.asks_reply, message.author, message.body) == (False, True, staff, SECRET)
        assert request.status == after

    def test_the_mail_says_only_that_there_is_a_question(self) -> None:
        messages.ask(request=RequestFactory.in_review(), actor=StaffFactory(), body=SECRET, now=NOW)
        mail = OutgoingMail.objects.get()
        assert mail.template == "request_question"
        assert "番地" not in mail.subject + mail.body_text + mail.body_html

    def test_the_text_is_encrypted_and_not_in_the_audit_trail(self) -> None:
        messages.ask(request=RequestFactory.in_review(), actor=StaffFactory(), body=SECRET, now=NOW)
        with connection.cursor() as cursor:
            cursor.execute("SELECT body FROM requests_app_message")
            assert "番地".encode() not in bytes(cursor.fetchone()[0])
        assert "番地" not in str(list(AuditEntry.objects.values()))

    def test_not_twice_and_not_in_another_status(self) -> None:
        with pytest.raises(TransitionRefused):
            messages.ask(request=RequestFactory.waiting(), actor=StaffFactory(), body=SECRET, now=NOW)
        assert not Message.objects.exists()

    def test_not_by_the_person(self) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(NotAllowed):
            messages.ask(request=request, actor=request.applicant, body=SECRET, now=NOW)


class TestReply:
    def test_goes_on(self) -> None:
        request = RequestFactory.waiting()
        message = messages.reply(request=request, actor=request.applicant, body="1-2-3です。", now=NOW)
        assert (message.from_person, message.asks_reply) == (True, False)
        assert request.status == Status.IN_REVIEW
        assert OutgoingMail.objects.get().template == "request_reply_received"

    def test_not_by_somebody_else(self) -> None:
        request = RequestFactory.waiting()
        for actor in (PersonFactory(), StaffFactory()):
            with pytest.raises(NotAllowed):
                messages.reply(request=request, actor=actor, body="はい", now=NOW)

    def test_only_once(self) -> None:
        request = RequestFactory.waiting()
        messages.reply(request=request, actor=request.applicant, body="はい", now=NOW)
        with pytest.raises(TransitionRefused):
            messages.reply(request=request, actor=request.applicant, body="はい", now=NOW)
        assert Message.objects.count() == 1


class TestWrite:
    def test_staff_write_and_the_person_is_told(self) -> None:
        request = RequestFactory.in_review()
        messages.write(request=request, actor=StaffFactory(), body=SECRET, now=NOW)
        mail = OutgoingMail.objects.get()
        assert mail.template == "request_message"
        assert "番地" not in mail.subject + mail.body_text + mail.body_html
        event = RequestEvent.objects.get(kind=Note.MESSAGE_FROM_STAFF)
        assert (event.public, event.data, event.to_status) == (True, {}, Status.IN_REVIEW)
        request.refresh_from_db()
        assert request.status == Status.IN_REVIEW

    def test_the_person_writes_and_nobody_gets_a_mail(self) -> None:
        request = RequestFactory.answered()
        messages.write(request=request, actor=request.applicant, body="ありがとうございます。", now=NOW)
        assert RequestEvent.objects.filter(kind=Note.MESSAGE_FROM_PERSON).exists()
        assert not OutgoingMail.objects.exists()

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.WITHDRAWN])
    def test_not_after_the_end(self, status: Status) -> None:
        request = RequestFactory.in_status(status)
        for actor in (request.applicant, StaffFactory()):
            with pytest.raises(ThreadClosed):
                messages.write(request=request, actor=actor, body="はい", now=NOW)

    def test_not_by_somebody_else(self) -> None:
        with pytest.raises(NotAllowed):
            messages.write(request=RequestFactory.in_review(), actor=PersonFactory(), body="はい", now=NOW)

    def test_not_by_an_account_that_was_switched_off(self) -> None:
        request = RequestFactory.in_review(applicant=PersonFactory(is_active=False))
        with pytest.raises(NotAllowed):
            messages.write(request=request, actor=request.applicant, body="はい", now=NOW)

    @pytest.mark.parametrize("body", ["", "  \n", "あ" * 4001, "あ" * 100_000, "番号 1234 5678 9018", "\x00\u200b"])
    def test_what_cannot_be_written(self, body: str) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(InvalidMessage) as refused:
            messages.write(request=request, actor=request.applicant, body=body, now=NOW)
        assert str(refused.value)
        assert not Message.objects.exists()

    def test_the_longest_message(self) -> None:
        request = RequestFactory.in_review()
        messages.write(request=request, actor=request.applicant, body="あ" * 4000, now=NOW)
        assert len(Message.objects.get().body) == 4000


class TestRead:
    def test_each_side_reads_what_the_other_wrote(self) -> None:
        request = RequestFactory.in_review()
        MessageFactory(request=request, from_person=True, author=request.applicant)
        MessageFactory(request=request)
        MessageFactory(request=RequestFactory.in_review())
        assert messages.mark_read(request=request, reader=request.applicant, now=NOW) == 1
        assert messages.mark_read(request=request, reader=request.applicant, now=NOW) == 0
        assert Message.objects.get(request=request, read_at=NOW).from_person is False
        assert messages.mark_read(request=request, reader=StaffFactory(), now=NOW) == 1

    def test_not_by_somebody_else(self) -> None:
        with pytest.raises(NotAllowed):
            messages.mark_read(request=RequestFactory.in_review(), reader=PersonFactory(), now=NOW)
