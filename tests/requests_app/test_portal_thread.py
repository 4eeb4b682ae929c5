"""Files of messages in the portal: chosen, kept while something is wrong, sent, opened."""

from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from privacy_portal.core.models import AuditEntry, EncryptedFile, User
from privacy_portal.core.services import files
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Message, MessageFile
from requests_app.services import message_files
from tests.factories.consent import OperatorFactory
from tests.factories.requests import MessageFileFactory, PersonFactory, RequestFactory, StaffFactory
from tests.support.hostile_files import SECRET, jpeg, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(client: Client) -> DisclosureRequest:
    """A request with a question of staff, its person signed in."""
    OperatorFactory()
    request = RequestFactory.waiting()
    assert isinstance(request.applicant, User)
    client.force_login(request.applicant)
    return request


def url(made: DisclosureRequest) -> str:
    return f"/requests/{made.receipt_number}/messages/"


def photo(name: str = "委任状.jpg", content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or jpeg())


def post(client: Client, made: DisclosureRequest, *chosen: SimpleUploadedFile, **data: Any) -> Any:
    return client.post(url(made), {"files": list(chosen), **data})


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def test_text_and_files_go_at_once(client: Client, made: DisclosureRequest) -> None:
    response = post(client, made, photo(), photo("裏.png", png()), body="お送りします。")
    assert response.status_code == 302
    made.refresh_from_db()
    assert made.status == Status.IN_REVIEW
    message = made.messages.get()
    assert [one.name for one in message.files.all()] == ["委任状.jpg", "裏.png"]
    page = client.get(url(made)).content.decode()
    assert "委任状.jpg" in page
    assert str(message.files.all()[0].pk) in page
    assert "このメッセージと一緒に送るファイル" not in page


def test_a_refused_file_keeps_the_text_and_the_other_files(client: Client, made: DisclosureRequest) -> None:
    response = post(client, made, photo(), photo("偽.jpg", b"<html>"), body="まだ送られない本文")
    assert response.status_code == 200
    assert set(errors(response)) == {"files"}
    page = response.content.decode()
    assert "「偽.jpg」：この種類のファイルは受け取れません" in page
    assert "まだ送られない本文" in page
    assert "このメッセージと一緒に送るファイル" in page
    assert not Message.objects.exists()
    kept = MessageFile.objects.get()
    # What the page showed goes along without being chosen again.
    assert post(client, made, body="送ります。", attached=[str(kept.pk)]).status_code == 302
    assert made.messages.get().files.get() == kept


def test_a_wrong_text_keeps_the_files(client: Client, made: DisclosureRequest) -> None:
    response = post(client, made, photo(), body="")
    assert set(errors(response)) == {"body"}
    assert 'name="attached"' in response.content.decode()
    assert MessageFile.objects.count() == 1


def test_files_first_then_the_text(client: Client, made: DisclosureRequest) -> None:
    response = post(client, made, photo(), body="書きかけ", attach="1")
    assert errors(response) == {}
    page = response.content.decode()
    assert "書きかけ" in page
    assert "委任状.jpg" in page
    response = post(client, made, photo("二つ目.jpg"), body="", attach="1")
    assert errors(response) == {}
    assert MessageFile.objects.count() == 2
    assert not Message.objects.exists()
    # Coming back later, they are still there.
    assert "二つ目.jpg" in client.get(url(made)).content.decode()


def test_attaching_nothing_says_so(client: Client, made: DisclosureRequest) -> None:
    page = post(client, made, body="書きかけ", attach="1").content.decode()
    assert "添付するファイルを選んでから" in page
    assert "書きかけ" in page


def test_only_refused_files_first(client: Client, made: DisclosureRequest) -> None:
    response = post(client, made, photo("偽.pdf", b"MZ"), body="", attach="1")
    assert set(errors(response)) == {"files"}


def test_a_file_is_taken_out_and_the_text_stays(client: Client, made: DisclosureRequest) -> None:
    mine = MessageFileFactory(request=made)
    page = post(client, made, body="書きかけ", attached=[str(mine.pk)], remove=str(mine.pk)).content.decode()
    assert "書きかけ" in page
    assert "委任状.pdf" not in page
    assert not MessageFile.objects.exists()
    assert EncryptedFile.objects.get().erased_at
    assert not Message.objects.exists()


def test_sent_in_another_window_meanwhile(client: Client, made: DisclosureRequest) -> None:
    mine = MessageFileFactory(request=made)
    again = {"body": "送ります。", "attached": [str(mine.pk)]}
    assert post(client, made, **again).status_code == 302
    response = post(client, made, **again)
    assert set(errors(response)) == {"files"}
    assert "送ります。" in response.content.decode()
    assert made.messages.count() == 1


@pytest.mark.parametrize("key", ["", "x", "../..", "00000000-0000-0000-0000-000000000000"])
def test_made_up_keys(client: Client, made: DisclosureRequest, key: str) -> None:
    foreign = MessageFileFactory(request=made, added_by=StaffFactory())
    for name in ("remove", "attached"):
        assert post(client, made, body="はい", **{name: key}).status_code in (200, 302)
    post(client, made, body="はい", remove=str(foreign.pk))
    assert MessageFile.objects.get() == foreign


def test_too_many_in_a_short_time(client: Client, made: DisclosureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_files, "SENT_BY_PERSON", message_files.Limit("message-file", 1, 3600))
    response = post(client, made, photo(), photo(), body="書きかけ")
    assert response.status_code == 429
    assert response["Retry-After"]
    page = response.content.decode()
    assert "書きかけ" in page
    assert "このメッセージと一緒に送るファイル" in page


def test_the_download(client: Client, made: DisclosureRequest) -> None:
    post(client, made, photo("住所\u202e.jpg"), body="お送りします。")
    attached = MessageFile.objects.get()
    response = client.get(f"{url(made)}files/{attached.pk}/")
    assert b"".join(response.streaming_content) == b"".join(files.open_stream(attached.file))  # type: ignore[attr-defined]
    assert SECRET.encode() not in b"".join(files.open_stream(attached.file))
    assert unquote(response["Content-Disposition"]) == "attachment; filename*=utf-8''住所.jpg"
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    looked = AuditEntry.objects.get(action="message_file.opened")
    assert looked.actor == f"user:{made.applicant_id}"


def test_what_cannot_be_opened(client: Client, made: DisclosureRequest) -> None:
    unsent = MessageFileFactory(request=made)
    elsewhere = MessageFileFactory(request=RequestFactory.in_review(applicant=PersonFactory()), sent=True)
    for one in (unsent, elsewhere):
        assert client.get(f"{url(made)}files/{one.pk}/").status_code == 404
    erased = MessageFileFactory(request=made, sent=True)
    files.erase(file=erased.file, actor="worker")
    response = client.get(f"{url(made)}files/{erased.pk}/", follow=True)
    page = response.content.decode()
    assert "このファイルは消去されています" in page
    assert "ファイル（消去済み）" in page
    assert not AuditEntry.objects.filter(action="message_file.opened").exists()


def test_a_thread_with_files_takes_one_query_more(
    client: Client, made: DisclosureRequest, django_assert_max_num_queries: Any
) -> None:
    for _ in range(10):
        MessageFileFactory(request=made, sent=True)
    client.get(url(made))
    with django_assert_max_num_queries(9):
        client.get(url(made))
