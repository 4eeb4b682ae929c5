"""An instruction in a browser: from the mailed link to the answer, and the pages where staff see it."""

import os
import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from privacy_portal.core.models import OutgoingMail
from requests_app.domain.instructions import AddresseeKind, State
from requests_app.models import Instruction
from requests_app.services import instructions, notes
from requests_app.services.instructions import Addressee
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.instructions import sent
from tests.factories.requests import RequestFactory

from .axe import assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)


def look(page: Page, name: str, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("language", "width"), list(product(["ja", "en"], [1280, 390])))
def test_from_the_link_to_what_is_asked(browser: Browser, live_portal: str, language: str, width: int) -> None:
    OperatorFactory()
    catalogue()
    row = sent(addressee=Addressee(AddresseeKind.SUBCONTRACTOR, "例倉庫", "dpo@warehouse.example", language))
    # The browser speaks the other language: the addressee's counts.
    context = browser.new_context(locale="en" if language == "ja" else "ja", viewport={"width": width, "height": 900})
    page = opened(context.new_page(), row, f"{live_portal}/instructions/{instructions.token_of(row)}/", language, width)
    assert_accessible(page)
    look(page, f"instruction-open-{language}-{width}", width)
    context.close()


def test_the_answer(browser: Browser, live_portal: str) -> None:
    OperatorFactory()
    catalogue()
    row = sent()
    context = browser.new_context(locale="ja", viewport={"width": 390, "height": 900})
    page = opened(context.new_page(), row, f"{live_portal}/instructions/{instructions.token_of(row)}/", "ja", 390)
    page.get_by_text("済みました", exact=True).click()
    page.locator("input[name=done_on]").fill(timezone.localdate().isoformat())
    button = page.get_by_role("button", name="返答を送る", exact=True)
    button.click()
    expect(button).to_have_count(0)
    expect(page.locator("main")).to_contain_text("いただいた返答")
    assert_accessible(page)
    look(page, "instruction-done-ja-390", 390)
    row.refresh_from_db()
    assert row.state == State.DONE
    context.close()


def opened(page: Page, row: Instruction, address: str, language: str, width: int) -> Page:
    """The page after the code that was mailed."""
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("main")).not_to_contain_text("C-1001")
    assert_accessible(page)
    look(page, f"instruction-closed-{language}-{width}", width)
    page.locator("button[name=action][value=send]").click()
    expect(page.locator("input[name=code]")).to_be_visible()
    mail = OutgoingMail.objects.filter(template="instruction_code").latest("created_at")
    code = re.search(r"\d{4} \d{4}", mail.body_text or "")
    assert code
    page.locator("input[name=code]").fill(code.group())
    page.locator("form:has(input[name=code]) button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("C-1001")
    return page


@pytest.mark.parametrize(("language", "width"), [("ja", 1280), ("en", 390)])
def test_the_pages_of_staff(browser: Browser, live_portal: str, client: Client, language: str, width: int) -> None:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    staff = StaffFactory(language=language)
    pass_second_factor(client, staff)
    case = RequestFactory.in_review()
    sent(case, text="下の棚も見てください。")
    notes.write(request=case, actor=staff, body="倉庫に電話した。", now=timezone.now())
    context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [
            {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_portal},
            {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_portal},
        ]
    )
    page = context.new_page()
    for name in ("change/?tab=instructions", "instruct/", "instructions/1/", "note/", "finding/"):
        page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/{name}")
        expect(page.locator("div.pp").first).to_be_visible()
        assert_accessible(page, within=".pp")
        look(page, f"instructions-{re.sub('[^a-z0-9]', '', name)}-{language}-{width}", width)
    context.close()
