"""The components in a real browser: both languages and schemes, every width, with and without scripts."""

import re
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .axe import assert_accessible

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.e2e.gallery_urls")]

GALLERY = "/dev/components/"


def open_gallery(page: Page, address: str, query: str = "") -> list[str]:
    """Open the gallery; the list collects what the browser complains about from then on."""
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}{GALLERY}{query}")
    return complaints


@pytest.mark.parametrize(("language", "scheme"), list(product(["ja", "en"], ["light", "dark"])))
def test_components_are_accessible_and_keep_the_content_security_policy(
    browser: Browser, live_portal: str, language: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(locale=language, color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = context.new_page()
    for query in ("", "?errors=1&messages=1"):
        complaints = open_gallery(page, live_portal, query)
        assert page.locator("html").get_attribute("lang") == language
        assert_accessible(page)
        assert complaints == []
    context.close()


@pytest.mark.parametrize("text", ["100%", "200%"])
def test_nothing_is_wider_than_the_page(page: Page, live_portal: str, text: str) -> None:
    open_gallery(page, live_portal, "?errors=1&messages=1")
    page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
    for width in (320, 390, 639, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_targets_are_large_enough_for_a_thumb(page: Page, live_portal: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_gallery(page, live_portal)
    targets = ".btn, .form-control, .form-select, .form-check, header a, header button, footer a"
    small = page.locator(targets).evaluate_all(
        """elements => elements.filter(element => element.offsetParent && element.getBoundingClientRect().height < 44)
                               .map(element => element.outerHTML)"""
    )
    assert small == []


def test_error_summary_takes_the_focus_and_leads_to_the_field(page: Page, live_portal: str) -> None:
    open_gallery(page, live_portal, "?errors=1")
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    summary.get_by_role("link").nth(1).click()
    expect(page.locator("#id_name")).to_be_focused()
    assert page.locator("#id_name").evaluate("e => e.closest('.pp-field').getBoundingClientRect().top") >= 0


def test_works_without_scripts(browser: Browser, live_portal: str) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{live_portal}{GALLERY}?errors=1")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_role("button", name="印刷する")).to_be_hidden()
    page.get_by_role("link", name="「どなたの情報ですか」を選んでください。").click()
    expect(page).to_have_url(re.compile("#id_role_0$"))
    context.close()


def test_keyboard_reaches_the_text_by_the_skip_link(page: Page, live_portal: str) -> None:
    open_gallery(page, live_portal)
    page.keyboard.press("Tab")
    skip = page.locator(".pp-skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_form_is_not_sent_twice(page: Page, live_portal: str) -> None:
    open_gallery(page, live_portal)
    sent = page.locator("main form").evaluate(
        """form => {
          let sent = 0;
          window.addEventListener("submit", event => { sent += !event.defaultPrevented; event.preventDefault(); });
          form.requestSubmit();
          form.requestSubmit();
          return sent;
        }"""
    )
    assert sent == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_accent_colour_of_an_operator_keeps_the_contrast(
    page: Page, live_portal: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    open_gallery(page, live_portal)
    for accent in ("#ffffff", "#000000", "#ffe380", "#00ff00", "#ff5454", "#0017c1"):
        page.evaluate("accent => document.documentElement.style.setProperty('--operator-accent', accent)", accent)
        assert_accessible(page, rules=["color-contrast"])
