"""Answers that go out as an encrypted attachment: what leaves, who sees the passphrase, and what staff can do."""

import io
import math
import struct
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import pyzipper
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from privacy_portal.core.mail_attachments import AttachmentGone
from privacy_portal.core.models import AuditEntry, EncryptedFile, OutgoingMail, User
from privacy_portal.core.services import delivery, files
from requests_app.domain import passphrases
from requests_app.domain.transitions import Note, Status, TransitionRefused
from requests_app.models import AnswerFile, AnswerMail, DisclosureRequest
from requests_app.services import answer_mails, fulfilment, intake
from requests_app.services.errors import AnswerGone, NoAddress, NotAllowed, TooLargeToMail
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import pass_second_factor
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory
from tests.requests_app.test_portal_answer import base, enter
from tests.support import winzip
from tests.support.mail import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
State = OutgoingMail.State


def answered(**changes: Any) -> DisclosureRequest:
    OperatorFactory(mails_answers=True)
    RequestRuleFactory()
    catalogue()
    request = RequestFactory.fulfilling(**{"answer_method": "attachment", **changes})
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    request.refresh_from_db()
    return request


def mailed(request: DisclosureRequest) -> AnswerMail:
    found = answer_mails.in_force(request)
    assert found is not None
    return found


def opened(content: bytes, passphrase: str | None) -> dict[str, bytes]:
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword((passphrase or "").encode())
        return {name: archive.read(name) for name in archive.namelist()}


def letter_of(request: DisclosureRequest) -> AnswerFile:
    return AnswerFile.objects.select_related("file").get(request=request, kind=AnswerFile.Kind.LETTER)


def text_of(letter: EncryptedFile) -> str:
    reader = PdfReader(io.BytesIO(b"".join(files.open_stream(letter))))
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def test_passphrases_are_out_of_reach_and_can_be_read_aloud() -> None:
    assert len(set(passphrases.ALPHABET)) == len(passphrases.ALPHABET)
    assert passphrases.GROUPS * passphrases.GROUP * math.log2(len(passphrases.ALPHABET)) >= 80
    assert not set("0o1li5s2z8bgq9uv") & set(passphrases.ALPHABET)
    made = {passphrases.generate() for _time in range(200)}
    assert len(made) == 200
    assert all(set(one) <= set(passphrases.ALPHABET) | {"-"} and len(one) == 24 for one in made)


def test_what_leaves_is_encrypted_and_opens_with_the_passphrase_alone(smtp_sink: SmtpSink) -> None:
    request = answered()
    made = mailed(request)
    assert delivery.deliver_due() >= 2
    assert request.status == Status.ANSWERED
    with_file = [one for one in smtp_sink.received if list(one.message.iter_attachments())]
    assert len(with_file) == 1
    (part,) = with_file[0].message.iter_attachments()
    assert part.get_filename() == f"{request.receipt_number}.zip"
    content = part.get_content()
    found = opened(content, made.passphrase)
    assert found[f"{request.receipt_number}-notice.pdf"].startswith(b"%PDF")
    assert b"receipt_number" in found["data.json"]
    assert "index.ja.html" in found
    # The other mail tells that there is an answer, so that nobody depends on a file that a filter throws away.
    assert any("回答の用意ができました" in one.text for one in smtp_sink.received)
    for one in smtp_sink.received:
        assert str(made.passphrase) not in one.message.as_string() + one.text + one.html
    for row in OutgoingMail.objects.all():
        assert str(made.passphrase) not in f"{row.subject}{row.body_text}{row.body_html}{row.attachment}"
    with pytest.raises(RuntimeError):
        opened(content, "kd3m-wyat-4hxe-nc7p-jf6r")
    with zipfile.ZipFile(io.BytesIO(content)) as plain:
        for member in plain.infolist():
            # WinZip AES (method 99): vendor version 2 keeps no checksum of the content, strength 3 is 256 bits.
            assert member.compress_type == 99
            assert member.CRC == 0
            header, _size, version, vendor, strength, _method = struct.unpack("<HHH2sBH", member.extra[:11])
            assert (header, version, vendor, strength) == (0x9901, 2, b"AE", 3)
            assert not any(word in member.filename for word in ("髙橋", "花子"))


def test_a_second_implementation_of_the_format_reads_it() -> None:
    made = mailed(answered())
    content = answer_mails.attachment(str(made.pk)).content
    passphrase = made.passphrase or ""
    assert winzip.opened(content, passphrase) == opened(content, passphrase)
    assert len(winzip.opened(content, passphrase)) > 2
    with pytest.raises(ValueError, match="another passphrase"):
        winzip.opened(content, passphrase[:-1])
    with zipfile.ZipFile(io.BytesIO(content)) as plain:
        middle = plain.infolist()[0].header_offset + 30 + len(plain.namelist()[0]) + 60
    with pytest.raises(ValueError, match="changed"):
        winzip.opened(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :], passphrase)


def test_each_attempt_makes_the_file_anew_for_the_same_passphrase(smtp_sink: SmtpSink) -> None:
    made = mailed(answered())
    one, other = (answer_mails.attachment(str(made.pk)).content for _attempt in range(2))
    assert one != other
    assert opened(one, made.passphrase).keys() == opened(other, made.passphrase).keys()
    fulfilment.fulfil(request_id=made.decision.request_id, now=timezone.now())
    assert AnswerMail.objects.count() == 1


@pytest.mark.parametrize("outcome", ["refused", "no_such_data"])
def test_a_notice_alone_is_mailed_too(outcome: str) -> None:
    more = {"ground": "harm_to_person", "reason": "理由です。"} if outcome == "refused" else {}
    request = answered(decision={"outcome": outcome, **more})
    made = mailed(request)
    assert list(opened(answer_mails.attachment(str(made.pk)).content, made.passphrase)) == [
        f"{request.receipt_number}-notice.pdf"
    ]


def test_what_is_too_large_is_opened_on_the_page(client: Client, settings: Any) -> None:
    settings.ANSWER_MAIL_MAX_MB = 0
    request = answered()
    assert not AnswerMail.objects.exists()
    assert not OutgoingMail.objects.exclude(attachment="").exists()
    assert request.events.filter(kind=Note.ANSWER_TOO_LARGE, public=True).exists()
    client.force_login(request.applicant)  # type: ignore[arg-type]
    assert "メールに添付できませんでした" in client.get(f"/requests/{request.receipt_number}/").content.decode()
    enter(client, request, request.applicant)  # type: ignore[arg-type]
    page = client.get(f"{base(request)}files/").content.decode()
    assert "メールに添付できませんでした" in page
    assert "ダウンロード" in page
    with pytest.raises(TooLargeToMail):
        answer_mails.resend(request=request, actor=StaffFactory(), now=timezone.now())


class TestPassphrase:
    def test_it_is_shown_after_a_fresh_code_only_and_each_look_is_recorded(self, client: Client) -> None:
        request = answered()
        person, passphrase = request.applicant, str(mailed(request).passphrase)
        assert isinstance(person, User)
        client.force_login(person)
        address = f"{base(request)}files/"
        assert client.post(address, {"action": "passphrase"}).url == base(request)
        assert passphrase not in client.get(f"/requests/{request.receipt_number}/").content.decode()
        assert not AuditEntry.objects.filter(action="answer.passphrase_shown").exists()
        enter(client, request, person)
        assert passphrase not in client.get(address).content.decode()
        for _look in range(2):
            response = client.post(address, {"action": "passphrase"})
            assert passphrase in response.content.decode()
            assert "no-store" in response["Cache-Control"]
        assert passphrase not in client.get(address).content.decode()
        made = mailed(request)
        assert made.shown_count == 2
        assert made.first_shown_at is not None
        entries = AuditEntry.objects.filter(action="answer.passphrase_shown", actor=f"user:{person.pk}")
        assert entries.count() == 2
        assert passphrase not in str(list(entries.values()))
        assert request.events.filter(kind=Note.PASSPHRASE_SHOWN).count() == 1

    def test_nobody_else_sees_it(self, client: Client) -> None:
        request = answered()
        with pytest.raises(AnswerMail.DoesNotExist):
            answer_mails.show_passphrase(request=request, user=PersonFactory(), now=timezone.now())
        client.force_login(PersonFactory())
        assert client.post(f"{base(request)}files/", {"action": "passphrase"}).status_code == 404

    def test_it_goes_with_the_files_and_the_mail_does_not_leave(self, smtp_sink: SmtpSink) -> None:
        request = answered()
        made = mailed(request)
        fulfilment.erase_expired(now=timezone.now() + timedelta(days=40))
        made.refresh_from_db()
        assert made.passphrase is None
        assert made.ended_at is not None
        delivery.deliver_due()
        assert not any(list(one.message.iter_attachments()) for one in smtp_sink.received)
        assert made.mail is not None
        made.mail.refresh_from_db()
        assert (made.mail.state, made.mail.last_error) == (State.FAILED, "AttachmentGone")


class TestStaff:
    def test_sent_again_it_has_a_new_passphrase(self) -> None:
        request = answered()
        before = mailed(request)
        after = answer_mails.resend(request=request, actor=StaffFactory(), now=timezone.now())
        former = before.passphrase
        before.refresh_from_db()
        assert before.passphrase is None
        assert after.passphrase != former
        assert before.mail is not None
        before.mail.refresh_from_db()
        assert before.mail.state == State.FAILED
        with pytest.raises(AttachmentGone):
            answer_mails.attachment(str(before.pk))
        assert mailed(request) == after

    def test_download_instead(self) -> None:
        request = answered()
        answer_mails.switch(request=request, actor=StaffFactory(), to="download", now=timezone.now())
        request.refresh_from_db()
        assert (request.answer_method, request.status) == ("download", Status.ANSWERED)
        assert answer_mails.in_force(request) is None
        assert OutgoingMail.objects.filter(template="request_answered").count() == 2

    def test_paper_instead_waits_for_the_post_and_is_answered_again(self) -> None:
        request = answered()
        now = timezone.now()
        answer_mails.switch(request=request, actor=StaffFactory(), to="paper", now=now)
        request.refresh_from_db()
        assert (request.answer_method, request.status) == ("paper", Status.READY_TO_POST)
        assert answer_mails.in_force(request) is None
        fulfilment.mark_posted(request=request, actor=StaffFactory(), now=now)
        request.refresh_from_db()
        assert request.status == Status.ANSWERED

    @pytest.mark.parametrize(
        ("to", "says"), [("download", "お手続きのページからダウンロードできます"), ("paper", "この通知に同封します")]
    )
    def test_the_letter_names_the_way_in_which_the_answer_comes(self, to: str, says: str) -> None:
        request = answered()
        old = letter_of(request).file
        assert "メールに添付" in text_of(old)
        answer_mails.switch(request=request, actor=StaffFactory(), to=to, now=timezone.now())
        new = letter_of(request).file
        assert says in text_of(new)
        assert "メールに添付" not in text_of(new)
        old.refresh_from_db()
        assert old.erased_at is not None

    def test_paper_needs_an_address(self) -> None:
        request = answered()
        request.parties.update(address1="")
        with pytest.raises(NoAddress):
            answer_mails.switch(request=request, actor=StaffFactory(), to="paper", now=timezone.now())
        request.refresh_from_db()
        assert request.answer_method == "attachment"
        assert mailed(request).passphrase

    @pytest.mark.parametrize("to", ["download", "paper"])
    def test_not_for_others_not_before_the_answer_not_after_it_is_gone(self, to: str) -> None:
        request = answered()
        now = timezone.now()
        with pytest.raises(NotAllowed):
            answer_mails.switch(request=request, actor=PersonFactory(is_staff=True), to=to, now=now)
        other = answered(answer_method="download")
        with pytest.raises(AnswerGone):
            answer_mails.switch(request=other, actor=StaffFactory(), to=to, now=now)
        with pytest.raises(TransitionRefused):
            answer_mails.switch(request=RequestFactory.in_review(), actor=StaffFactory(), to=to, now=now)
        fulfilment.erase_expired(now=now + timedelta(days=40))
        with pytest.raises(AnswerGone):
            answer_mails.switch(request=request, actor=StaffFactory(), to=to, now=now)

    @pytest.mark.parametrize(
        ("to", "words"), [("again", "もう一度"), ("download", "ダウンロードに"), ("paper", "書面に")]
    )
    def test_the_case_page_shows_the_mail_and_never_the_passphrase(self, client: Client, to: str, words: str) -> None:
        request = answered()
        pass_second_factor(client, StaffFactory())
        address = f"/admin/requests_app/disclosurerequest/{request.pk}/"
        page = client.get(f"{address}change/", {"tab": "files"}).content.decode()
        assert "送信待ち" in page
        assert str(mailed(request).passphrase) not in page
        response = client.post(f"{address}answer-mail/", {"to": to}, follow=True)
        assert words in response.content.decode()
        assert client.get(f"{address}answer-mail/").status_code == 405


class TestOffer:
    def test_only_where_the_operator_sends_such(self) -> None:
        operator = OperatorFactory()
        assert "attachment" not in intake.offered_methods()
        operator.mails_answers = True
        operator.save()
        cache.clear()
        assert "attachment" in intake.offered_methods()

    def test_the_gate_refuses_what_is_not_offered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        OperatorFactory()
        RequestRuleFactory()
        catalogue()
        answers = {"requester": "person", "family_name": "髙橋", "answer_method": "attachment"}
        assert "answer_method" in intake.read_form("disclosure", answers, today=timezone.localdate())[1]
        monkeypatch.setattr(intake, "current_operator", lambda: OperatorFactory.build(mails_answers=True))
        assert "answer_method" not in intake.read_form("disclosure", answers, today=timezone.localdate())[1]
