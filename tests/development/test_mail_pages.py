"""The mail catcher and its pages under /dev/mail/."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.test import Client
from django.urls import include, path

from privacy_portal.engines.environment import free_port

urlpatterns = [path("dev/", include("privacy_portal.development.urls")), path("", include("privacy_portal.urls"))]

pytestmark = pytest.mark.django_db


def a_mail(subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "窓口 <privacy@shop.example>"
    mail["To"] = "髙橋 <takahashi@mail.example>"
    mail["Subject"] = subject
    mail.set_content("確認コードは 1234-5678 です。\nhttp://127.0.0.1:8000/requests/ <script>alert(1)</script>\n")
    mail.add_alternative("<p style='color: red'>確認コード</p>", subtype="html")
    return mail


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    settings.DEV_MAIL_FOLDER = tmp_path / "mail"
    settings.DEBUG = True
    settings.ROOT_URLCONF = __name__
    return tmp_path / "mail"


@pytest.fixture
def caught(folder: Path) -> Iterator[Path]:
    """Two mails that went over SMTP to the real catcher."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "privacy_portal.development.mail_catcher", str(port), str(folder)],
        cwd=project_settings.BASE_DIR,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", port) as server:
                    server.send_message(a_mail("最初の件名"))
                    server.send_message(a_mail("次の件名"))
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield folder
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_mails_are_kept_for_the_owner_only(caught: Path) -> None:
    files = sorted(caught.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert caught.stat().st_mode & 0o777 == 0o700


def test_list_shows_the_newest_first(caught: Path, client: Client) -> None:
    page = client.get("/dev/mail/").content.decode()
    assert page.index("次の件名") < page.index("最初の件名")
    assert "髙橋" in page


def test_detail_shows_text_with_links_and_runs_nothing(caught: Path, client: Client) -> None:
    newest = max(caught.iterdir()).stem
    page = client.get(f"/dev/mail/{newest}/").content.decode()
    assert "1234-5678" in page
    assert '<a href="http://127.0.0.1:8000/requests/"' in page
    assert "<script>alert" not in page
    assert "alert(1)" in page


def test_html_is_a_document_that_may_run_nothing(caught: Path, client: Client) -> None:
    newest = max(caught.iterdir()).stem
    response = client.get(f"/dev/mail/{newest}/html/")
    assert "確認コード" in response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_source_is_plain_text(caught: Path, client: Client) -> None:
    newest = max(caught.iterdir()).stem
    response = client.get(f"/dev/mail/{newest}/source/")
    assert response["Content-Type"].startswith("text/plain")
    assert b"Subject:" in response.content


def test_list_says_when_nothing_came(folder: Path, client: Client) -> None:
    assert "まだ届いていません" in client.get("/dev/mail/").content.decode()


@pytest.mark.parametrize("name", ["nothing", "..%2fdevelopment", "a.eml"])
def test_only_mails_can_be_opened(folder: Path, client: Client, name: str) -> None:
    folder.mkdir()
    (folder.parent / "development.eml").write_text("secret")
    assert client.get(f"/dev/mail/{name}/").status_code == 404


@pytest.mark.parametrize("page", ["", "x/", "x/html/", "x/source/"])
class TestWithoutDebug:
    def test_addresses_do_not_exist(self, client: Client, page: str) -> None:
        assert client.get(f"/dev/mail/{page}").status_code == 404

    def test_pages_answer_404_even_if_included(self, folder: Path, client: Client, settings, page: str) -> None:  # type: ignore[no-untyped-def]
        folder.mkdir()
        (folder / "x.eml").write_bytes(bytes(a_mail("件名")))
        assert client.get(f"/dev/mail/{page}").status_code == 200
        settings.DEBUG = False
        assert client.get(f"/dev/mail/{page}").status_code == 404
