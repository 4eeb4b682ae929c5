"""The pages for letters and calls with a person who has no account."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy_portal.core.models import User
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Message, SilenceNotice
from tests.factories.consent import OperatorFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import MessageFactory, RequestFactory
from tests.support.hostile_files import cleaned, pdf

pytestmark = pytest.mark.django_db
PDF = pdf()


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory()
    account = StaffFactory()
    pass_second_factor(client, account)
    return account


def url(name: str, case: DisclosureRequest, *more: object) -> str:
    return reverse(f"admin:requests_app_case_{name}", args=[case.pk, *more])


def shown(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_question_and_its_answer(client: Client, manager: User) -> None:
    case = RequestFactory.by_letter(Status.IN_REVIEW, received_at=timezone.now() - timedelta(days=3))
    assert "質問を記録する" in shown(client, url("ask", case))
    today = str(timezone.localdate())
    answered = client.post(url("ask", case), {"channel": "letter", "on": today, "body": "いつですか。"})
    assert answered.status_code == 302
    case.refresh_from_db()
    assert case.status == Status.WAITING
    question = Message.objects.get()
    page = shown(client, answered["Location"])
    assert "いつですか。" in page
    assert url("question_letter", case, question.pk) in page
    letter = client.post(url("question_letter", case, question.pk))
    assert letter.content.startswith(b"%PDF-")
    assert letter["Cache-Control"] == "no-store, private"

    form = shown(client, url("answered", case))
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key
    given = {"key": key[1], "channel": "letter", "on": today, "body": "春です。"}
    scan = SimpleUploadedFile("手紙.pdf", PDF, "application/pdf")
    assert client.post(url("answered", case), {**given, "scan": scan}).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW
    received = case.received_files.get()
    page = shown(client, reverse("admin:requests_app_disclosurerequest_change", args=[case.pk]) + "?tab=messages")
    assert "春です。" in page
    opened = client.post(url("received", case, received.pk))
    assert b"".join(opened.streaming_content) == cleaned(PDF).content  # type: ignore[attr-defined]


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(client: Client, manager: User) -> None:
    case = RequestFactory.by_letter(Status.IN_REVIEW)
    tomorrow = str(timezone.localdate() + timedelta(days=1))
    page = client.post(url("ask", case), {"channel": "letter", "on": tomorrow, "body": "1234 5678 9018 です"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "今日までの日付にしてください。" in text
    assert "マイナンバー（個人番号）のような" in text
    assert "1234 5678 9018 です" in text


def test_a_reminder_is_printed_and_recorded(client: Client, manager: User) -> None:
    long_ago = timezone.now() - timedelta(days=40)
    case = RequestFactory.by_letter(Status.WAITING, status_changed_at=long_ago, received_at=long_ago)
    MessageFactory(request=case, channel="letter", on=long_ago.date(), asks_reply=True)
    page = shown(client, url("remind", case))
    assert "手続きを終了することを知らせる手紙" in page
    given = {"stage": "warning", "sent_on": str(timezone.localdate())}
    letter = client.post(url("remind", case), {**given, "print": "1"})
    assert letter.content.startswith(b"%PDF-")
    assert not SilenceNotice.objects.exists()
    assert client.post(url("remind", case), given).status_code == 302
    assert SilenceNotice.objects.get().sent_by == manager
    # The second of two, and whoever goes back.
    assert client.post(url("remind", case), given).status_code == 302
    assert SilenceNotice.objects.count() == 1


def test_who_has_an_account_is_asked_on_the_portal(client: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    assert "質問を送る" in shown(client, url("ask", case))
    for name in ("answered", "remind"):
        assert client.get(url(name, case)).status_code == 302
    message = MessageFactory(request=case)
    assert client.post(url("question_letter", case, message.pk)).status_code == 404


def test_a_letter_of_another_case_is_not_found(client: Client, manager: User) -> None:
    case, other = RequestFactory.by_letter(Status.WAITING), RequestFactory.by_letter(Status.WAITING)
    message = MessageFactory(request=other, channel="letter", on=timezone.localdate(), asks_reply=True)
    assert client.post(url("question_letter", case, message.pk)).status_code == 404
