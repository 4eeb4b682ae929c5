"""The queue by keyboard and with kept lists, in a browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from requests_app.models import DisclosureRequest, SavedView
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory
from tests.support.browser import follow

from .axe import assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES", "")
QUEUE = "/admin/requests_app/disclosurerequest/"


@pytest.fixture
def staff_page(browser: Browser, live_portal: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    language, width = request.param
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    staff = StaffFactory(language=language)
    for number in range(3):
        RequestFactory.in_review(receipt_number=f"RK7D-4M2P-Q8X{number}", target_on=f"2026-12-0{number + 1}")
    client = Client()
    pass_second_factor(client, staff)
    context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    context.add_cookies(
        [{"name": name, "value": morsel.value, "url": live_portal} for name, morsel in client.cookies.items()]
    )
    yield context.new_page()
    context.close()


def look(page: Page, name: str) -> None:
    assert_accessible(page, within="#main")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


@pytest.mark.parametrize("staff_page", [("ja", 1280), ("en", 390)], indirect=True)
def test_keys_move_open_and_can_be_turned_off(staff_page: Page, live_portal: str) -> None:
    page = staff_page
    page.goto(f"{live_portal}{QUEUE}?queue=open")
    look(page, "queue")
    rows = page.locator("#result_list tbody th a[href*='change']")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#words")).to_be_focused()
    # In a field a key is a letter.
    page.keyboard.type("j?k")
    expect(page.locator("#words")).to_have_value("j?k")
    page.locator("#words").blur()
    page.keyboard.press("?")
    dialog = page.locator("[data-keys-help]")
    expect(dialog).to_be_visible()
    look(page, "keys")
    page.locator("[data-keys-on]").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    expect(rows.nth(0)).not_to_be_focused()
    page.locator("[data-keys-open]").click()
    page.locator("[data-keys-on]").check()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    look(page, "case")
    with page.expect_navigation():
        page.keyboard.press("5")
    expect(page.locator("nav.pp-tabs a[aria-current]")).to_have_attribute("data-key", "5")
    with page.expect_navigation():
        page.keyboard.press("n")
    first = DisclosureRequest.objects.get(receipt_number="RK7D-4M2P-Q8X0")
    expect(page).to_have_url(f"{live_portal}{QUEUE}{first.pk}/decide/")


@pytest.mark.parametrize("staff_page", [("ja", 1280), ("en", 390)], indirect=True)
def test_a_list_is_kept(staff_page: Page, live_portal: str) -> None:
    page = staff_page
    page.goto(f"{live_portal}{QUEUE}?queue=decide&channel=portal")
    follow(page.locator("a[href*='views/save']"))
    page.locator("#id_name").fill("Portal 01")
    look(page, "view-form")
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.locator(".pp-views a[aria-current]").last).to_have_text("Portal 01")
    look(page, "queue-view")
    follow(page.locator("a[href$='/views/']"))
    look(page, "views")
    page.goto(f"{live_portal}{QUEUE}?type=complaint")
    look(page, "empty")
    assert SavedView.objects.count() == 1
