"""The passphrase of a mailed answer in a browser, and what staff see of the mail."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, expect

from requests_app.services import answer_mails
from tests.factories.core import StaffFactory, pass_second_factor
from tests.requests_app.test_answer_mails import answered
from tests.requests_app.test_portal_answer import base, enter

from .axe import assert_accessible
from .test_request_clock import cookies

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "width"), [("ja", 390), ("en", 1280)])
def test_the_passphrase_on_its_page(
    browser: Browser, live_portal: str, client: Client, language: str, width: int
) -> None:
    case = answered()
    assert case.applicant is not None
    person = Client()
    person.force_login(case.applicant)
    enter(person, case, case.applicant)
    made = answer_mails.in_force(case)
    assert made is not None
    pass_second_factor(client, StaffFactory())
    context = browser.new_context(locale=language, viewport={"width": width, "height": 1000})
    context.add_cookies(cookies(person, live_portal))  # type: ignore[arg-type]
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_portal}])
    page = context.new_page()
    page.goto(f"{live_portal}{base(case)}files/")
    assert_accessible(page)
    page.locator("button[value=passphrase]").click()
    expect(page.locator(".pp-passphrase")).to_have_text(str(made.passphrase))
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    _picture(page, f"passphrase-{language}-{width}")
    context.clear_cookies()
    context.add_cookies(cookies(client, live_portal))  # type: ignore[arg-type]
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_portal}])
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/change/?tab=files")
    expect(page.locator("button[value=again]")).to_be_visible()
    expect(page.locator("div.pp").first).not_to_contain_text(str(made.passphrase))
    assert_accessible(page, within=".pp")
    _picture(page, f"mail-{language}-{width}")
    context.close()


def _picture(page: object, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)  # type: ignore[attr-defined]
