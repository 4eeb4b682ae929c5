"""Each type of request in a browser, from the form to the opened answer and its effect, with a real worker and SMTP."""

import re
import subprocess
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pypdf import PdfReader

from consent_app.models import Customer, CustomerRecord, ErasureRecord, RequestRule, Suspension
from privacy_portal.core.models import User
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Fee
from tests.e2e.axe import assert_accessible
from tests.e2e.test_portal_pages import session_of
from tests.factories.consent import CustomerFactory, OrderFactory, ProvisionFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import PersonFactory
from tests.support.browser import follow
from tests.support.mail import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "hanako@mail.example"
CODE = re.compile(r"\b(\d{4} \d{4})\b")
TYPED = {
    "family_name": "高橋",
    "given_name": "花子",
    "postal_code": "１００－０００１",
    "address1": "千代田区例町４ー５ー６",
    "telephone": "０９０ー１２３４ー５６７８",
    "wanted_0": "横浜市例区例町1-2-3",
    "why_0": "6月に引っ越しました。",
}
WORDS = "知らない会社から電話がありました。"


def contained(browser: Browser, portal: str, user: User, language: str, width: int) -> BrowserContext:
    context = browser.new_context(
        locale=language, timezone_id="Asia/Tokyo", viewport={"width": width, "height": 900}, accept_downloads=True
    )
    context.set_default_timeout(10_000)
    if user.is_staff:
        client = Client()
        pass_second_factor(client, user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
    else:
        value = session_of(user).session_key or ""
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": portal}])
    return context


def look(page: Page, within: str = "body") -> None:
    assert_accessible(page, within=within)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def wait_for(request_id: object, *statuses: Status) -> DisclosureRequest:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = DisclosureRequest.objects.get(pk=request_id)
        if found.status in statuses:
            return found
        time.sleep(0.1)
    raise AssertionError(f"the request is {found.status} and not {statuses}")


def forward(page: Page) -> None:
    """Press the one button of a portal's page that leads on."""
    follow(page.locator("main .btn-primary").first)


def file_request(page: Page, portal: str, code: str) -> DisclosureRequest:
    """Fill whatever the form of the type asks, page after page, as a person would who knows little of the law."""
    entry = REQUEST_TYPES[code]
    page.goto(f"{portal}/requests/new/{code}/")
    look(page)
    forward(page)
    for _page in range(len(entry.asks) + 2):
        look(page)
        if page.url.endswith("/check/"):
            break
        fill(page, code)
        forward(page)
    else:
        raise AssertionError(f"the form never came to its end: {page.url}")
    forward(page)
    page.wait_for_url("**/received/")
    look(page)
    return DisclosureRequest.objects.get(receipt_number=page.locator(".pp-receipt__number").inner_text().strip())


def fill(page: Page, code: str) -> None:
    for name, value in TYPED.items():
        field = page.locator(f"main [name={name}]")
        if field.count():
            field.fill(value)
    for name, choice in (("prefecture", "東京都"), ("item_0", "address")):
        if page.locator(f"main select[name={name}]").count():
            page.locator(f"main select[name={name}]").select_option(choice)
    if page.locator("main [name=grounds]").count():
        page.locator("main label[for=id_grounds_0]").click()
    note = page.locator("main [name=wanted_note]")
    if note.count():
        note.fill(WORDS)


def step(page: Page, portal: str, case: DisclosureRequest, code: str) -> None:
    page.goto(f"{portal}/admin/requests_app/disclosurerequest/{case.pk}/change/")
    follow(page.locator(f"#content-main a[href*='/{code}/'], .pp a[href*='/{code}/']").first)
    look(page, within=".pp")


def primary(page: Page) -> None:
    follow(page.locator(".pp button.pp-primary").first)


def decide(page: Page, portal: str, case: DisclosureRequest) -> None:
    """What the manager does: the investigation where there is one, the fee where one is due, the decision."""
    entry = REQUEST_TYPES[case.request_type]
    if entry.effect == "change":
        step(page, portal, case, "examine")
        follow(page.locator(".pp a[href*='/examine/']").first)
        look(page, within=".pp")
        page.locator("[name=accepted][value=yes]").check()
        page.locator("[name=finding]").fill("住民票の写しで確かめました。")
        if case.request_type != "deletion":
            page.locator("[name=address1]").fill("横浜市例区例町1-2-3")
        else:
            page.locator("[name=address1]").fill("")
        primary(page)
    step(page, portal, case, "decide")
    outcome = "replied" if page.locator("[name=outcome][value=replied]").count() else "granted"
    page.locator(f"[name=outcome][value={outcome}]").check()
    if entry.effect == "reply":
        page.locator("[name=reason]").fill("電話をかけたのは、当社ではありませんでした。")
    primary(page)
    look(page, within=".pp")
    typed = page.locator("[name=typed]")
    if typed.count():
        typed.fill(case.receipt_number)
    follow(page.locator("button[name=confirmed]"))
    look(page, within=".pp")


def pay(page: Page, staff_page: Page, portal: str, case: DisclosureRequest) -> None:
    """The fee is told, accepted by the person, paid by bank transfer and recorded."""
    step(staff_page, portal, case, "fee")
    primary(staff_page)
    wait_for(case.pk, Status.FEE_WAITING)
    page.goto(f"{portal}/requests/{case.receipt_number}/fee/")
    look(page)
    expect(page.locator("main")).to_contain_text("1,100")
    forward(page)
    look(page)
    step(staff_page, portal, case, "money")
    staff_page.locator("[name=amount_yen]").fill("1100")
    staff_page.locator("[name=on]").fill(str(timezone.localdate()))
    primary(staff_page)
    wait_for(case.pk, Status.IN_REVIEW)
    assert Fee.objects.get().is_settled


def open_letter(page: Page, portal: str, case: DisclosureRequest, mailbox: SmtpSink, folder: Path) -> str:
    """With a fresh code, as the person; the letter's text without white space."""
    page.goto(f"{portal}/requests/{case.receipt_number}/")
    look(page)
    forward(page)
    before = len(mailbox.to(ADDRESS))
    forward(page)
    deadline = time.monotonic() + 30
    found = None
    while found is None and time.monotonic() < deadline:
        found = next((hit for mail in mailbox.to(ADDRESS)[before:] if (hit := CODE.search(mail.text))), None)
        time.sleep(0.1)
    assert found, "no code came"
    page.locator("[name=code]").fill(found[1])
    forward(page)
    page.wait_for_url("**/answer/files/")
    look(page)
    with page.expect_download() as caught:
        page.locator(".pp-file button").last.click()
    caught.value.save_as(folder / "letter.pdf")
    return "".join("".join(sheet.extract_text().split()) for sheet in PdfReader(folder / "letter.pdf").pages)


def _corrected(customer: Customer) -> None:
    assert customer.address1 == "横浜市例区例町1-2-3"


def _deleted(customer: Customer) -> None:
    assert not customer.address1


def _stopped(kind: str) -> Callable[[Customer], None]:
    def check(customer: Customer) -> None:
        stop = Suspension.objects.get()
        assert (stop.customer, stop.kind, stop.purpose) == (customer, kind, None)

    return check


def _erased(customer: Customer) -> None:
    assert customer.email in (None, "")
    assert ErasureRecord.objects.count() == 1
    # Bookkeeping keeps the order until its day.
    assert CustomerRecord.objects.filter(customer=customer).count() == 1


def _untouched(customer: Customer) -> None:
    assert customer.address1 == "千代田区例町4-5-6"
    assert not Suspension.objects.exists()


EFFECTS: dict[str, Callable[[Customer], None]] = {
    "correction": _corrected,
    "addition": _corrected,
    "deletion": _deleted,
    "stop_use": _stopped("use"),
    "stop_provision": _stopped("provision"),
    "erasure": _erased,
}
SIGHTS = [("ja-JP", 1280), ("en-GB", 390)]


@pytest.mark.parametrize("code", REQUEST_TYPES)
def test_from_the_form_to_the_opened_answer(
    browser: Browser,
    live_portal: str,
    celery_worker_process: subprocess.Popen[str],
    smtp_sink: SmtpSink,
    tmp_path: Path,
    code: str,
) -> None:
    # One operator asks a fee for disclosure; the others never do.
    call_command("load_profile", "kloset" if code == "disclosure" else "rokusho")
    # None of the five tells of a recipient abroad; an operator that has one offers this by its rule.
    RequestRule.objects.filter(request_type="foreign_measures").update(offered=True)
    customer = CustomerFactory(email=ADDRESS, birth_date=date(1985, 4, 3))
    OrderFactory(customer=customer)
    ProvisionFactory(customer=customer)
    language, width = SIGHTS[list(REQUEST_TYPES).index(code) % 2]
    person = contained(browser, live_portal, PersonFactory(email=ADDRESS), language, width)
    staff = contained(browser, live_portal, StaffFactory(), *SIGHTS[0])
    page, staff_page = person.new_page(), staff.new_page()
    complaints: list[str] = []
    for opened in (page, staff_page):
        opened.on("pageerror", lambda error: complaints.append(str(error)))

    case = file_request(page, live_portal, code)
    case = wait_for(case.pk, Status.IN_REVIEW)
    if code == "disclosure":
        pay(page, staff_page, live_portal, case)
    decide(staff_page, live_portal, case)
    case = wait_for(case.pk, Status.ANSWERED)
    text = open_letter(page, live_portal, case, smtp_sink, tmp_path)
    assert case.receipt_number in text

    customer.refresh_from_db()
    EFFECTS.get(code, _untouched)(customer)

    step(staff_page, live_portal, case, "close")
    primary(staff_page)
    wait_for(case.pk, Status.CLOSED)
    page.goto(f"{live_portal}/requests/{case.receipt_number}/")
    look(page)
    assert complaints == []
    staff.close()
    person.close()
