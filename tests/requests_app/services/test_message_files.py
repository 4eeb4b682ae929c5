"""Files of messages: who adds, who opens, what becomes of them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pytest_django import Settings

from privacy_portal.core.models import AuditEntry, EncryptedFile, OutgoingMail, User
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import files
from requests_app import tasks
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Message, MessageFile
from requests_app.services import message_files, messages, retention
from requests_app.services.errors import FileGone, FilesChanged, NoAccount, NotAllowed, ThreadClosed
from requests_app.services.message_files import Taken
from tests.factories.requests import MessageFileFactory, PersonFactory, RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once
from tests.support.files import path_of
from tests.support.hostile_files import SECRET, jpeg, pdf, png

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def upload(content: bytes = b"", name: str = "住所の写真.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or jpeg())


def take(request: DisclosureRequest, *chosen: SimpleUploadedFile, actor: User | None = None) -> Taken:
    return message_files.take(request=request, actor=actor or request.applicant, chosen=chosen or [upload()], now=NOW)


def content(attached: MessageFile, actor: User) -> bytes:
    return b"".join(message_files.open_file(attached=attached, actor=actor))


class TestTake:
    def test_kept_encrypted_and_clean_until_it_is_sent(self) -> None:
        request = RequestFactory.waiting()
        taken = take(request)
        attached = MessageFile.objects.get(pk=taken.accepted[0])
        assert not taken.refused
        assert (attached.name, attached.file.name, attached.message) == ("住所の写真.jpg", "attachment.jpg", None)
        assert SECRET.encode() not in b"".join(files.open_stream(attached.file))
        assert b"JFIF" not in path_of(attached.file).read_bytes()
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM requests_app_messagefile")
            assert "住所".encode() not in bytes(cursor.fetchone()[0])
        assert "住所" not in str(list(AuditEntry.objects.values()))

    def test_a_my_number_in_the_name_is_not_kept(self) -> None:
        taken = take(RequestFactory.waiting(), upload(name="1234 5678 9018.jpg"))
        assert MessageFile.objects.get(pk=taken.accepted[0]).name == "attachment.jpg"

    def test_one_that_is_refused_does_not_take_the_others_along(self) -> None:
        request = RequestFactory.waiting()
        taken = take(request, upload(b"<html>", "嘘\u202e.jpg"), upload(png(), "a.png"), upload())
        assert len(taken.accepted) == 2
        assert len(taken.refused) == 1
        assert taken.refused[0].startswith("「嘘.jpg」：この種類の")

    def test_only_so_many(self, settings: Settings) -> None:
        settings.MESSAGE_FILES_MAX = 2
        request = RequestFactory.waiting()
        taken = take(request, upload(), upload(), upload(name="三つ目.jpg"))
        assert (len(taken.accepted), len(taken.refused)) == (2, 1)
        assert "三つ目" in taken.refused[0]
        assert "2つまで" in taken.refused[0]
        assert len(take(request).refused) == 1

    def test_each_side_has_its_own(self, settings: Settings) -> None:
        settings.MESSAGE_FILES_MAX = 1
        request, staff, colleague = RequestFactory.in_review(), StaffFactory(), StaffFactory()
        for actor in (request.applicant, staff, colleague):
            assert take(request, actor=actor).accepted
        assert message_files.unsent(request=request, actor=staff).count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_two_windows_at_once(self, settings: Settings) -> None:
        settings.MESSAGE_FILES_MAX = 1
        request = RequestFactory.waiting()
        results = run_at_once([lambda: take(request), lambda: take(request)])
        assert sorted(len(one.accepted) for one in results) == [0, 1]
        assert MessageFile.objects.count() == 1

    def test_not_by_somebody_else(self) -> None:
        request = RequestFactory.waiting()
        reader = StaffFactory(is_superuser=False)
        reader.user_permissions.add(Permission.objects.get(codename="view_disclosurerequest"))
        for actor in (PersonFactory(), reader):
            with pytest.raises(NotAllowed):
                take(request, actor=actor)
        assert not EncryptedFile.objects.exists()

    def test_not_after_the_end(self) -> None:
        with pytest.raises(ThreadClosed):
            take(RequestFactory.in_status(Status.WITHDRAWN))

    def test_not_for_somebody_without_an_account(self) -> None:
        with pytest.raises(NoAccount):
            take(RequestFactory.by_letter(), actor=StaffFactory())

    def test_not_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(message_files, "SENT_BY_PERSON", message_files.Limit("message-file", 1, 3600))
        request = RequestFactory.waiting()
        with pytest.raises(LimitExceeded):
            take(request, upload(b"<html>"), upload())
        assert take(request, upload(), upload(), actor=StaffFactory()).accepted


class TestDiscard:
    def test_gone_with_its_content(self) -> None:
        request = RequestFactory.waiting()
        key = take(request).accepted[0]
        kept = MessageFile.objects.get().file
        assert message_files.discard(request=request, actor=request.applicant, key=key)
        kept.refresh_from_db()
        assert kept.erased_at
        assert not MessageFile.objects.exists()
        assert not message_files.discard(request=request, actor=request.applicant, key=key)
        assert AuditEntry.objects.filter(action="message_file.discarded").count() == 1

    def test_not_that_of_another_nor_one_that_was_sent(self) -> None:
        request = RequestFactory.waiting()
        of_staff = MessageFileFactory(request=request, added_by=StaffFactory())
        sent = MessageFileFactory(request=request, added_by=request.applicant, sent=True)
        for one in (of_staff, sent):
            assert not message_files.discard(request=request, actor=request.applicant, key=one.pk)
        assert MessageFile.objects.count() == 2


class TestSend:
    @pytest.mark.parametrize("send", [messages.write, messages.reply])
    def test_goes_with_the_message(self, send: Any) -> None:
        request = RequestFactory.waiting()
        keys = take(request).accepted
        message = send(request=request, actor=request.applicant, body="写真です。", files=keys, now=NOW)
        assert [one.pk for one in message.files.all()] == keys
        assert not message_files.unsent(request=request, actor=request.applicant).exists()

    def test_staff_ask_with_a_form_to_fill_in(self) -> None:
        request, staff = RequestFactory.in_review(), StaffFactory()
        keys = take(request, upload(pdf(), "記入用紙.pdf"), actor=staff).accepted
        message = messages.ask(request=request, actor=staff, body="記入してください。", files=keys, now=NOW)
        assert message.files.get().name == "記入用紙.pdf"
        mail = OutgoingMail.objects.get()
        assert "記入" not in mail.subject + mail.body_text + mail.body_html

    def test_the_same_page_sent_twice_sends_one_message(self) -> None:
        request = RequestFactory.in_review()
        keys = take(request).accepted
        messages.write(request=request, actor=request.applicant, body="写真です。", files=keys, now=NOW)
        with pytest.raises(FilesChanged):
            messages.write(request=request, actor=request.applicant, body="写真です。", files=keys, now=NOW)
        assert Message.objects.count() == 1

    def test_only_own_files_of_this_request(self) -> None:
        request = RequestFactory.in_review()
        elsewhere = MessageFileFactory(added_by=request.applicant)
        of_staff = MessageFileFactory(request=request, added_by=StaffFactory())
        for key in (elsewhere.pk, of_staff.pk, uuid.uuid4()):
            with pytest.raises(FilesChanged):
                messages.write(request=request, actor=request.applicant, body="はい", files=[key], now=NOW)
        assert not Message.objects.exists()

    def test_what_was_chosen_in_another_window_stays_behind(self) -> None:
        request = RequestFactory.in_review()
        take(request)
        messages.write(request=request, actor=request.applicant, body="はい", now=NOW)
        assert message_files.unsent(request=request, actor=request.applicant).count() == 1


class TestOpen:
    def test_both_sides_and_each_look_is_recorded(self) -> None:
        attached = MessageFileFactory(sent=True)
        reader = StaffFactory(is_superuser=False)
        reader.user_permissions.add(Permission.objects.get(codename="view_disclosurerequest"))
        for actor in (attached.request.applicant, reader):
            assert content(attached, actor) == b"".join(files.open_stream(attached.file))
        looks = AuditEntry.objects.filter(action="message_file.opened", object_id=str(attached.pk))
        assert [look.actor for look in looks.order_by("at")] == [
            f"user:{attached.request.applicant.pk}",
            f"user:{reader.pk}",
        ]

    def test_nobody_else(self) -> None:
        attached = MessageFileFactory(sent=True)
        for actor in (PersonFactory(), StaffFactory(is_superuser=False)):
            with pytest.raises(NotAllowed):
                content(attached, actor)
        assert not AuditEntry.objects.filter(action="message_file.opened").exists()

    def test_not_before_it_is_sent_nor_after_it_is_erased(self) -> None:
        with pytest.raises(FileGone):
            content(MessageFileFactory(), StaffFactory())
        attached = MessageFileFactory(sent=True)
        files.erase(file=attached.file, actor="worker")
        with pytest.raises(FileGone):
            content(attached, StaffFactory())


class TestErase:
    def test_with_the_files_of_the_case(self) -> None:
        ended = RequestFactory.in_status(Status.CLOSED, closed_at=NOW)
        gone, running = (MessageFileFactory(request=one, sent=True) for one in (ended, RequestFactory.in_review()))
        assert retention.run(now=NOW + timedelta(days=29))["files"] == 0
        assert retention.run(now=NOW + timedelta(days=30))["files"] == 1
        for one in (gone, running):
            one.refresh_from_db()
            one.file.refresh_from_db()
        assert (gone.name, bool(gone.file.erased_at), gone.message.body) == (None, True, "ご確認をお願いします。")
        assert running.file.erased_at is None
        assert running.name

    def test_what_was_never_sent(self) -> None:
        old = MessageFileFactory(added_at=NOW - timedelta(days=1))
        young = MessageFileFactory(added_at=NOW - timedelta(hours=23))
        assert message_files.discard_forgotten(now=NOW) == 1
        assert message_files.discard_forgotten(now=NOW) == 0
        old.file.refresh_from_db()
        assert old.file.erased_at
        assert MessageFile.objects.get() == young

    def test_the_sweep_does_it(self) -> None:
        attached = MessageFileFactory(added_at=datetime(2020, 1, 1, tzinfo=UTC))
        tasks.sweep()
        assert not MessageFile.objects.filter(pk=attached.pk).exists()
