"""Staff send files to the person and open those of the person."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from privacy_portal.core.models import AuditEntry, User
from privacy_portal.core.services import files
from requests_app.domain.transitions import Status
from requests_app.models import MessageFile
from tests.factories.consent import OperatorFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import MessageFileFactory, RequestFactory
from tests.support.hostile_files import pdf

from .test_cases import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory()
    account = StaffFactory()
    pass_second_factor(client, account)
    return account


def paper(name: str = "記入用紙.pdf", content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or pdf())


def thread(client: Client, case: Any) -> str:
    return client.get(address(case), {"tab": "messages"}).content.decode()


@pytest.mark.parametrize(("step", "after"), [("message", Status.IN_REVIEW), ("ask", Status.WAITING)])
def test_a_file_goes_along(client: Client, manager: User, step: str, after: Status) -> None:
    case = RequestFactory.in_review()
    response = client.post(address(case, step), {"body": "記入してください。", "files": [paper(), paper("例.pdf")]})
    assert response.status_code == 302
    case.refresh_from_db()
    assert case.status == after
    assert [one.name for one in case.messages.get().files.all()] == ["記入用紙.pdf", "例.pdf"]
    assert "記入用紙.pdf" in thread(client, case)


@pytest.mark.parametrize("step", ["message", "ask"])
def test_what_is_wrong_keeps_text_and_files(client: Client, manager: User, step: str) -> None:
    case = RequestFactory.in_review()
    sent = {"body": "まだ送られない", "files": [paper(), paper("嘘.pdf", b"<html>")]}
    response = client.post(address(case, step), sent)
    page = response.content.decode()
    assert response.status_code == 200
    assert "「嘘.pdf」：" in page
    assert "まだ送られない" in page
    kept = MessageFile.objects.get()
    assert f'value="{kept.pk}"' in page
    assert f'value="{kept.pk}"' in thread(client, case)
    page = client.post(address(case, step), {"body": "まだ送られない", "remove": str(kept.pk)}).content.decode()
    assert "まだ送られない" in page
    assert not MessageFile.objects.exists()
    assert not case.messages.exists()


def test_files_of_a_colleague_stay_theirs(client: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    theirs = MessageFileFactory(request=case, added_by=StaffFactory())
    assert f'value="{theirs.pk}"' not in thread(client, case)
    response = client.post(address(case, "message"), {"body": "はい", "attached": [str(theirs.pk)]})
    assert "取り除かれました" in response.content.decode()
    assert not case.messages.exists()


def test_opening_is_a_recorded_download(client: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    attached = MessageFileFactory(request=case, sent=True)
    opening = address(case, "message_file", file_id=attached.pk)
    assert opening in thread(client, case)
    assert client.get(opening).status_code == 405
    response = client.post(opening)
    assert b"".join(response) == b"".join(files.open_stream(attached.file))  # type: ignore[arg-type]
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(action="message_file.opened", actor=f"user:{manager.pk}").count() == 1
    files.erase(file=attached.file, actor="worker")
    assert "このファイルは消去されています" in client.post(opening, follow=True).content.decode()
    assert "ファイル（消去済み）" in thread(client, case)


def test_files_that_do_not_belong_to_the_case(client: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    for other in (MessageFileFactory(sent=True), MessageFileFactory(request=case)):
        assert client.post(address(case, "message_file", file_id=other.pk)).status_code == 404


def test_who_may_not_see_the_case_opens_nothing(client: Client) -> None:
    OperatorFactory()
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.add(Permission.objects.get(codename="view_subcontractor"))
    pass_second_factor(client, clerk)
    case = RequestFactory.in_review()
    attached = MessageFileFactory(request=case, sent=True)
    assert client.post(address(case, "message_file", file_id=attached.pk)).status_code == 403
    assert not AuditEntry.objects.filter(action="message_file.opened").exists()


def test_who_may_only_look_sends_nothing(client: Client) -> None:
    OperatorFactory()
    reader = StaffFactory(is_superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_disclosurerequest"))
    pass_second_factor(client, reader)
    case = RequestFactory.in_review()
    assert client.post(address(case, "message"), {"body": "はい", "files": [paper()]}).status_code == 403
    assert not MessageFile.objects.exists()
