"""The page of an instruction: nothing by the link alone, everything after the code, one answer."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app.domain.instructions import AddresseeKind, Event, Kind, State
from requests_app.models import Instruction
from requests_app.services import instructions
from requests_app.services.instructions import Addressee
from tests.factories.consent import OperatorFactory, catalogue
from tests.factories.instructions import sent
from tests.factories.requests import StaffFactory

pytestmark = pytest.mark.django_db


def url(row: Instruction) -> str:
    return f"/instructions/{instructions.token_of(row)}/"


def code() -> str:
    body = OutgoingMail.objects.filter(template="instruction_code").latest("created_at").body_text or ""
    return re.search(r"\d{4} \d{4}", body).group()  # type: ignore[union-attr]


def opened(client: Client, row: Instruction) -> Any:
    client.post(url(row), {"action": "send"})
    return client.post(url(row), {"code": code()}, follow=True)


@pytest.fixture
def row() -> Instruction:
    OperatorFactory()
    catalogue()
    return sent(text="下の棚も見てください。")


def test_the_link_alone_shows_nothing_about_anybody(client: Client, row: Instruction) -> None:
    page = client.get(url(row))
    content = page.content.decode()
    assert page.status_code == 200
    for secret in ("C-1001", "棚", row.email):
        assert secret not in content
    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    # An answer without the code is not taken either.
    client.post(url(row), {"outcome": "done", "done_on": timezone.localdate().isoformat()})
    row.refresh_from_db()
    assert row.state == State.SENT


def test_the_code_opens_it_and_the_look_is_recorded(client: Client, row: Instruction) -> None:
    content = opened(client, row).content.decode()
    assert "C-1001" in content
    assert "棚" in content
    assert "noindex" in content
    assert AuditEntry.objects.filter(action="instruction.opened", object_id=str(row.pk)).exists()
    # In another browser it is closed.
    assert "C-1001" not in Client().get(url(row)).content.decode()


def test_a_code_of_one_instruction_opens_no_other(client: Client, row: Instruction) -> None:
    other = sent(identifier="会員番号 C-2002")
    opened(client, row)
    assert "C-2002" not in client.get(url(other)).content.decode()
    client.post(url(other), {"action": "send"})
    first = OutgoingMail.objects.filter(template="instruction_code").earliest("created_at").body_text or ""
    wrong = re.search(r"\d{4} \d{4}", first).group()  # type: ignore[union-attr]
    assert "C-2002" not in client.post(url(other), {"code": wrong}, follow=True).content.decode()


def test_it_is_answered_once_and_stays_readable(client: Client, row: Instruction) -> None:
    opened(client, row)
    values = {"outcome": "done", "done_on": timezone.localdate().isoformat(), "text": "控えも消しました。"}
    page = client.post(url(row), values, follow=True).content.decode()
    assert "控えも消しました。" in page
    assert "返答を送る" not in page
    assert "受け付けています" not in page
    row.refresh_from_db()
    assert row.state == State.DONE
    client.post(url(row), {"outcome": "failed", "text": "やはりできません"}, follow=True)
    assert row.entries.filter(by="addressee").count() == 1


def test_the_answer_in_english(client: Client, row: Instruction) -> None:
    english = sent(addressee=Addressee(AddresseeKind.RECIPIENT, "Example Ltd", "dpo@example.com", "en"))
    assert "Please erase the data" in opened(client, english).content.decode()
    values = {"outcome": "done", "done_on": timezone.localdate().isoformat()}
    page = client.post(url(english), values, follow=True).content.decode()
    assert "We have received your answer." in page
    assert "Send the answer" not in page
    english.refresh_from_db()
    assert english.state == State.DONE


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "結果を選んでください。"),
        ({"outcome": "done"}, "済んだ日を入れてください。"),
        ({"outcome": "done", "done_on": "2020-01-01"}, "指示を作った日から今日まで"),
        ({"outcome": "failed", "text": ""}, "入力してください"),
        ({"outcome": "withdrawn", "text": "x"}, "エラー"),
    ],
)
def test_what_is_missing_is_said_beside_the_field(
    client: Client, row: Instruction, values: dict[str, str], words: str
) -> None:
    opened(client, row)
    assert words in client.post(url(row), values).content.decode()
    row.refresh_from_db()
    assert row.state == State.SENT


def test_ended_links_give_calm_pages(client: Client, row: Instruction) -> None:
    old = url(row)
    assert client.get("/instructions/nonsense/").status_code == 410
    again = instructions.send(instruction=row, actor=StaffFactory(), now=timezone.now())
    page = client.get(old)
    assert page.status_code == 410
    assert "新しいリンクをお送りしています" in page.content.decode()
    instructions.record(
        instruction=again, actor=StaffFactory(), event=Event.WITHDRAWN, text="不要", done_on=None, now=timezone.now()
    )
    page = client.get(url(again))
    assert page.status_code == 410
    assert "取り下げられました" in page.content.decode()


def test_a_session_opened_before_does_not_open_a_new_link(client: Client, row: Instruction) -> None:
    opened(client, row)
    again = instructions.send(instruction=row, actor=StaffFactory(), now=timezone.now())
    assert "C-1001" not in client.get(url(again)).content.decode()


def test_it_speaks_the_addressees_language_unless_another_was_chosen(client: Client, row: Instruction) -> None:
    english = sent(addressee=Addressee(AddresseeKind.RECIPIENT, "Example Ltd", "dpo@example.com", "en"))
    assert "Open the request" in client.get(url(english)).content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ja"
    assert "依頼の内容を開く" in client.get(url(english)).content.decode()


def test_a_question_is_answered_in_words(client: Client, row: Instruction) -> None:
    question = sent(kind=Kind.QUESTION, identifier="", text="いつ発送しましたか。")
    content = opened(client, question).content.decode()
    assert 'name="done_on"' not in content
    client.post(url(question), {"outcome": "answered", "text": "20日です。"}, follow=True)
    question.refresh_from_db()
    assert question.state == State.ANSWERED


def test_codes_are_limited(client: Client, row: Instruction) -> None:
    for _try in range(3):
        page = client.post(url(row), {"action": "send"}, follow=True)
    assert "回数が多すぎます" in page.content.decode()
    assert OutgoingMail.objects.filter(template="instruction_code").count() == 1


def test_a_forged_post_is_refused(row: Instruction) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(url(row), {"action": "send"}).status_code == 403
