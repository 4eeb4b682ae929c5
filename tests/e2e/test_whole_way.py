"""The whole way of a disclosure request, home page to opened ZIP: browser, worker process, SMTP and both engines."""

import csv
import io
import json
import re
import subprocess
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, Download, Page, expect
from pypdf import PdfReader

from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest
from tests.e2e.axe import assert_accessible
from tests.factories.consent import CustomerFactory, OrderFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.support.browser import follow
from tests.support.mail import Received, SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "hanako@mail.example"
CODE = re.compile(r"\b(\d{4} \d{4})\b")


class Walk:
    """One person at one browser with one mailbox, in one language."""

    def __init__(self, page: Page, address: str, mailbox: SmtpSink) -> None:
        self.page, self.address, self.mailbox = page, address, mailbox
        self.read: set[int] = set()

    def look(self) -> None:
        assert_accessible(self.page)
        assert self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    def press(self, ja: str, en: str) -> None:
        """Press the button or follow the link with these words, after looking at the page."""
        self.look()
        words = re.compile(f"^({ja}|{en})")
        main = self.page.locator("main")
        follow(main.get_by_role("button", name=words).or_(main.get_by_role("link", name=words)).first)

    def mail(self, pattern: str, timeout: float = 30) -> Received:
        """The next unread mail whose subject or text has the pattern."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for place, received in enumerate(self.mailbox.to(ADDRESS)):
                text = f"{received.message['Subject']}\n{received.text}"
                if place not in self.read and re.search(pattern, text):
                    self.read.add(place)
                    return received
            time.sleep(0.1)
        subjects = [str(received.message["Subject"]) for received in self.mailbox.to(ADDRESS)]
        raise AssertionError(f"no mail with {pattern!r}; there came {subjects}")

    def mailed_code(self) -> str:
        found = CODE.search(self.mail(CODE.pattern).text)
        assert found
        return found[1]


def wait_for_status(receipt: str, status: Status, timeout: float = 60) -> DisclosureRequest:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = DisclosureRequest.objects.get(receipt_number=receipt)
        if found.status == status:
            return found
        time.sleep(0.1)
    raise AssertionError(f"the request is {found.status} and not {status}")


def sign_in(walk: Walk) -> None:
    walk.page.get_by_role("textbox").fill(ADDRESS)
    walk.press("コードを送る", "Send the code")
    walk.page.wait_for_url("**/sign-in/code/")
    walk.page.get_by_role("textbox").fill(walk.mailed_code())
    walk.press("ログインする", "Sign in")


def file_request(walk: Walk) -> str:
    """From the home page to the confirmation; the receipt number."""
    page = walk.page
    page.goto(walk.address)
    walk.press("自分について持っているデータを見る", "See what is held about me")
    sign_in(walk)
    page.wait_for_url("**/requests/new/disclosure/")
    walk.press("入力をはじめる", "Begin")
    walk.press("次へ進む", "Continue")
    page.locator("[name=family_name]").fill("高橋")
    page.locator("[name=given_name]").fill("花子")
    page.locator("[name=family_kana]").fill("たかはし")
    page.locator("[name=given_kana]").fill("ﾊﾅｺ")
    walk.press("次へ進む", "Continue")
    page.locator("[name=postal_code]").fill("１００－０００１")
    page.locator("[name=prefecture]").select_option("東京都")
    page.locator("[name=telephone]").fill("０９０ー１２３４ー５６７８")
    walk.press("次へ進む", "Continue")
    # The street is missing: the summary says so, takes the focus, and what was typed is still there.
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("[name=telephone]")).to_have_value(re.compile("1234|１２３４"))
    page.locator("[name=address1]").fill("千代田区例町４丁目５番６号")
    walk.press("保存して、あとで続ける", "Save and continue later")
    page.wait_for_url("**/requests/")
    walk.press("続きから入力する", "Go on")
    walk.press("続きから入力する", "Go on")
    page.wait_for_url("**/records/")
    walk.press("次へ進む", "Continue")
    expect(page.locator("[name=wants_everything][value=True]")).to_be_checked()
    walk.press("次へ進む", "Continue")
    walk.press("次へ進む", "Continue")
    page.wait_for_url("**/check/")
    expect(page.locator("main")).to_contain_text("千代田区例町4丁目5番6号")
    walk.press("この内容で請求を送る", "Send this request")
    page.wait_for_url("**/received/")
    walk.look()
    receipt = page.locator(".pp-receipt__number").inner_text().strip()
    assert receipt in walk.mail(receipt).text
    return receipt


def decide(browser: Browser, address: str, receipt: str) -> None:
    """What the manager does in the admin once identity is confirmed: queue, case, decision, confirmation."""
    wait_for_status(receipt, Status.IN_REVIEW)
    manager, client = StaffFactory(), Client()
    pass_second_factor(client, manager)
    context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/admin/requests_app/disclosurerequest/")
    follow(page.get_by_role("link", name=receipt).first)
    follow(page.get_by_role("link", name="回答を決定する"))
    page.locator("[name=outcome][value=granted]").check()
    follow(page.get_by_role("button", name="次へ（確認する）"))
    follow(page.get_by_role("button", name="決定する", exact=True))
    expect(page.locator("body")).to_contain_text("回答を決定しました")
    context.close()


def open_answer(walk: Walk, receipt: str) -> tuple[Download, Download]:
    """From the mail to the two files."""
    wait_for_status(receipt, Status.ANSWERED)
    mail = walk.mail(r"回答の用意ができました|Your answer is ready|answer is ready")
    assert "高橋" not in mail.text + mail.html
    assert "090" not in mail.text
    link = re.search(rf"{re.escape(walk.address)}/\S+", mail.text)
    assert link
    assert link[0] == f"{walk.address}/requests/{receipt}/"
    walk.page.goto(link[0])
    walk.press("回答を開く", "Open the answer")
    walk.press("コードを送る", "Send the code")
    walk.page.get_by_role("textbox").fill(walk.mailed_code())
    walk.press("回答を開く", "Open the answer")
    walk.page.wait_for_url("**/answer/files/")
    walk.look()
    return download(walk.page, 0), download(walk.page, 1)


def download(page: Page, place: int) -> Download:
    with page.expect_download() as caught:
        page.locator(".pp-file button").nth(place).click()
    return caught.value


def check_package(path: Path, receipt: str) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {"index.ja.html", "index.en.html", "data.json"} <= names
        japanese = archive.read("index.ja.html").decode()
        for text in ("髙橋", "花子", "千代田区例町4-5-6", ADDRESS, "サングラス", receipt):
            assert text in japanese, text
        assert '<html lang="en"' in archive.read("index.en.html").decode()
        assert "髙橋" in json.dumps(json.loads(archive.read("data.json")), ensure_ascii=False)
        tables = [name for name in names if name.endswith(".csv")]
        cells = [cell for name in tables for row in csv.reader(io.StringIO(_text(archive, name))) for cell in row]
        assert "髙橋" in " ".join(cells)


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8-sig")


@pytest.mark.parametrize(("locale", "width"), [("ja-JP", 1280), ("en-GB", 390)])
def test_from_the_home_page_to_the_opened_package(
    browser: Browser,
    live_portal: str,
    celery_worker_process: subprocess.Popen[str],
    smtp_sink: SmtpSink,
    tmp_path: Path,
    locale: str,
    width: int,
) -> None:
    call_command("load_profile", "rokusho")
    customer = CustomerFactory(email=ADDRESS, birth_date=date(1985, 4, 3))
    OrderFactory(customer=customer)
    context = browser.new_context(
        locale=locale, timezone_id="Asia/Tokyo", viewport={"width": width, "height": 900}, accept_downloads=True
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    walk = Walk(page, live_portal, smtp_sink)

    receipt = file_request(walk)
    assert page.locator("html").get_attribute("lang") == locale[:2]
    walk.press("進み具合を見る", "See where it stands")
    decide(browser, live_portal, receipt)
    package, letter = open_answer(walk, receipt)

    package.save_as(tmp_path / "package.zip")
    check_package(tmp_path / "package.zip", receipt)
    letter.save_as(tmp_path / "letter.pdf")
    pages = [sheet.extract_text() for sheet in PdfReader(tmp_path / "letter.pdf").pages]
    assert receipt in "".join(pages).replace("\n", "")

    # The link of the download was used up, and another browser has to sign in first.
    assert page.request.get(package.url).status == 410
    stranger = browser.new_context()
    assert "/sign-in/" in stranger.request.get(package.url).url
    stranger.close()

    page.goto(f"{live_portal}/requests/{receipt}/")
    walk.look()
    assert complaints == []
    context.close()
