"""A refusal in a browser: a building block at the cursor, the proposal, and the second person."""

import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from consent_app.domain.reason_texts import REASON_BLOCKS
from consent_app.models import ReasonBlock, SecondLookRule
from consent_app.services.load_report import LoadReport
from consent_app.services.seeding import seed
from privacy_portal.core.models import User
from requests_app.models import Decision, DecisionProposal
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory
from tests.support.browser import follow

from .axe import assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)

PICTURES = os.environ.get("PICTURES", "")
VIEWS = list(product(["ja", "en"], [1280, 390])) if PICTURES else [("ja", 1280), ("en", 390)]


def signed_in(browser: Browser, address: str, staff: User, language: str, width: int) -> Page:
    client = Client()
    pass_second_factor(client, staff)
    context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    cookies = [{"name": name, "value": morsel.value, "url": address} for name, morsel in client.cookies.items()]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context.new_page()


def look(page: Page, name: str, language: str) -> None:
    assert_accessible(page, within="#main")
    width: Any = page.viewport_size["width"]  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{language}-{width}.png", full_page=True)


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_a_refusal_that_two_people_make(browser: Browser, live_portal: str, language: str, width: int) -> None:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    seed(LoadReport(), ReasonBlock, REASON_BLOCKS)
    SecondLookRule.objects.create(code="disclosure", outcomes=["refused"])
    case = RequestFactory.in_review(language=language)
    second: User = StaffFactory(language=language)
    page = signed_in(browser, live_portal, StaffFactory(language=language), language, width)
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/decide/")
    expect(page.locator("option[value=not_valid]")).to_be_enabled()
    page.locator("input[name=outcome][value=refused]").check()
    page.locator("input[name=ground][value=business_hindrance]").check()
    expect(page.locator("option[value=not_valid]")).to_be_disabled()
    reason = page.locator("textarea[name=reason]")
    reason.fill("AB")
    reason.evaluate("field => field.setSelectionRange(1, 1)")
    page.locator("select[name=block]").select_option("hindrance")
    page.locator("[data-blocks] button").click()
    expect(reason).not_to_have_value("AB")
    text = reason.input_value()
    assert text.startswith("A")
    assert text.endswith("B")
    assert ("第33条第2項第2号" if language == "ja" else "article 33") in text
    look(page, "decide", language)
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.locator("#id_reason_error")).to_contain_text("{")
    look(page, "gap", language)
    page.locator("textarea[name=reason]").fill("Because." if language == "en" else "理由です。")
    follow(page.locator("form.pp-form button.pp-primary"))
    look(page, "propose", language)
    follow(page.locator("button[name=confirmed]"))
    page.wait_for_url("**/change/**")
    look(page, "proposed", language)
    assert DecisionProposal.objects.get().state == "open"
    other = signed_in(browser, live_portal, second, language, width)
    other.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/second-look/")
    look(other, "second-look", language)
    follow(other.locator("button[name=approve]"))
    other.wait_for_url("**/change/**")
    assert Decision.objects.get().proposal_id is not None
    for one in (page, other):
        one.context.close()
