"""Every page about requests in a real browser: axe-core, content security policy, widths, without scripts."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from privacy_portal.core.models import User
from privacy_portal.core.portal.views import ADDRESS_PROVEN
from requests_app.models import DisclosureRequest, DownloadGrant
from requests_app.services import access, fulfilment, intake
from tests.e2e.axe import assert_accessible
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.requests import MessageFactory, PersonFactory, RequestFactory
from tests.support.browser import follow

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "/requests/new/disclosure/"
NAMES = {"family_name": "髙橋", "given_name": "花子", "family_kana": "タカハシ", "given_kana": "ハナコ"}
CONTACT = {
    "postal_code": "1000001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "address2": "",
    "telephone": "090-1234-5678",
}
DRAFT = {
    "requester": "mandated",
    **NAMES,
    **CONTACT,
    **{f"agent_{name}": value for name, value in (NAMES | CONTACT).items()},
    **dict.fromkeys(
        ("registered_postal_code", "registered_address", "birth_date", "customer_number", "order_number"), ""
    ),
    "wants_everything": False,
    "wanted_items": ["order"],
    "wanted_note": "",
    "answer_method": "other",
    "answer_method_note": "CD-R",
}


@dataclass(frozen=True)
class World:
    """A person with a draft and with requests in every state that has a page of its own."""

    person: User
    received: DisclosureRequest
    waiting: DisclosureRequest
    withdrawn: DisclosureRequest
    answered: DisclosureRequest
    used: DownloadGrant


@pytest.fixture
def world() -> World:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    person = PersonFactory()
    intake.save_draft(user=person, request_type="disclosure", answers=DRAFT, now=timezone.now())
    waiting = RequestFactory.waiting(applicant=person)
    MessageFactory(request=waiting, body="ご注文の時期を教えてください。\nおおよそでかまいません。", asks_reply=True)
    MessageFactory(request=waiting, body="春ごろです。", from_person=True, author=person)
    answered = RequestFactory.fulfilling(applicant=person, customer=waiting.customer)
    fulfilment.fulfil(request_id=answered.pk, now=timezone.now())
    answered.refresh_from_db()
    used = access.grant(answer_file=answered.answer_files.get(kind="letter"), user=person, now=timezone.now())
    used.used_at = timezone.now()
    used.save()
    return World(
        person,
        RequestFactory.received(applicant=person),
        waiting,
        RequestFactory.withdrawn(applicant=person),
        answered,
        used,
    )


def of(disclosure: DisclosureRequest, rest: str = "") -> str:
    return f"/requests/{disclosure.receipt_number}/{rest}"


def pages(world: World) -> dict[str, str]:
    steps = ("who", "name", "contact", "records", "wanted", "method", "check", "discard")
    return {
        "home": "/",
        "help": "/help/",
        "list": "/requests/",
        "new": FORM,
        **{step: f"{FORM}{step}/" for step in steps},
        "done": of(world.received, "received/"),
        "status": of(world.received),
        "status-waiting": of(world.waiting),
        "status-withdrawn": of(world.withdrawn),
        "status-answered": of(world.answered),
        "messages": of(world.waiting, "messages/"),
        "withdraw": of(world.received, "withdraw/"),
        "code": of(world.answered, "answer/"),
        "link-ended": of(world.answered, f"answer/{world.used.pk}/"),
    }


def session_of(person: User) -> SessionStore:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session[ADDRESS_PROVEN] = str(person.pk)
    session.save()
    return session


class Visit:
    """A signed-in person's page that remembers what the browser complained about."""

    def __init__(self, page: Page, address: str, session: SessionStore, label: str) -> None:
        self.page, self.address, self.session, self.label = page, address, session, label
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)

    def go(self, path: str) -> None:
        response = self.page.goto(self.address + path)
        assert response is not None
        assert response.status in (200, 410), path

    def look(self, name: str) -> None:
        """What holds on every page. With SCREENSHOTS=<folder> each is also kept as a picture."""
        assert_accessible(self.page)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} pixels too wide"
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}-{self.label}.png", full_page=True)


SIGHTS = [("ja-JP", 1280, "light"), ("en-GB", 390, "light"), ("ja-JP", 320, "dark")]


@pytest.fixture(params=SIGHTS, ids=lambda sight: "-".join(map(str, sight)))
def visit(browser: Browser, live_portal: str, world: World, request: pytest.FixtureRequest) -> Iterator[Visit]:
    locale, width, scheme = request.param
    context = browser.new_context(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 900})
    context.set_default_timeout(15_000)
    session = session_of(world.person)
    context.add_cookies([{"name": "sessionid", "value": session.session_key or "", "url": live_portal}])
    found = Visit(context.new_page(), live_portal, session, f"{locale[:2]}-{width}")
    yield found
    context.close()
    # The used link answers 410, which the console reports; that is no fault of the page.
    assert [text for text in found.complaints if "410" not in text] == []


def test_every_page(visit: Visit, world: World) -> None:
    for name, path in pages(world).items():
        visit.go(path)
        visit.look(name)
    visit.session["answer_open"] = {"request": world.answered.receipt_number, "until": time.time() + 600}
    visit.session.save()
    visit.go(of(world.answered, "answer/files/"))
    visit.look("files")


def test_errors_what_was_sent_and_the_code(visit: Visit, world: World) -> None:
    page = visit.page
    visit.go(f"{FORM}contact/")
    page.locator("[name=postal_code]").fill("12")
    page.locator("[name=agent_address1]").fill("")
    follow(page.locator("main form [type=submit]").first)
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    visit.look("errors")
    summary.get_by_role("link").nth(1).click()
    expect(page.locator("[name=agent_address1]")).to_be_focused()

    visit.go(of(world.waiting))
    expect(page.get_by_text("090-1234-5678")).to_be_hidden()
    page.locator("details summary").click()
    expect(page.get_by_text("090-1234-5678")).to_be_visible()
    visit.look("stated")

    visit.go(of(world.answered, "answer/"))
    follow(page.locator("main form [type=submit]"))
    expect(page.locator("[name=code]")).to_be_visible()
    visit.look("code-sent")
    page.locator("[name=code]").fill("1234")
    follow(page.locator("main form [type=submit]").first)
    expect(summary).to_be_focused()
    visit.look("code-error")


def test_what_does_not_belong_to_the_choice_is_put_away(visit: Visit) -> None:
    page = visit.page
    visit.go(f"{FORM}wanted/")
    expect(page.locator("#div_id_wanted_items")).to_be_visible()
    page.locator("label[for=id_wants_everything_0]").click()
    expect(page.locator("#div_id_wanted_items")).to_be_hidden()


def test_the_form_works_without_scripts_and_by_keyboard(browser: Browser, live_portal: str, world: World) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ja-JP", viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    session = session_of(PersonFactory())
    context.add_cookies([{"name": "sessionid", "value": session.session_key or "", "url": live_portal}])
    page = context.new_page()
    page.goto(f"{live_portal}{FORM}who/")
    page.locator("[name=requester]").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("[name=family_name]").fill("Suharto")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("[name=postal_code]").fill("１００ー０００１")
    page.locator("[name=prefecture]").select_option("東京都")
    page.locator("[name=address1]").fill("千代田区例町4-5-6")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("[name=order_number]").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    follow(page.get_by_role("button", name="次へ進む"))
    follow(page.get_by_role("button", name="次へ進む"))
    follow(page.get_by_role("button", name="この内容で請求を送る"))
    page.wait_for_url("**/received/")
    expect(page.locator("main")).to_contain_text("請求を受け付けました")
    # A button that needs a script is not shown without one.
    expect(page.locator("[data-print]")).to_be_hidden()
    context.close()
