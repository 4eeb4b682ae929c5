"""A Chromium for browser tests, found on the machine and driven by Playwright."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome; CHROMIUM names another."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    for program in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if found := shutil.which(program):
            return found
    return None


def follow(locator: Locator) -> None:
    """Press a link or button and wait until the page that it leads to has loaded.

    A click alone returns before the answer is there, so that whatever is asserted next may still see the page before.
    """
    with locator.page.expect_navigation():
        locator.click()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser process for the session.

    Without a Chromium the test is skipped, or fails where REQUIRE_BROWSER=1 says that there must be one.
    """
    path = find_chromium()
    if path is None:
        missing = "no Chromium was found; install one or name it in CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    # Playwright's synchronous interface runs an event loop in this thread, where Django refuses database calls.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield instance
        instance.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh context: no cookies, Japanese, Japan's time, a desktop's width."""
    context = browser.new_context(
        locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 900}, accept_downloads=True
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """A blank page of the fresh context."""
    return browser_context.new_page()


@pytest.fixture
def live_portal(live_server, settings) -> str:  # type: ignore[no-untyped-def]
    """The address of the running portal, which mails and redirects name too."""
    settings.PORTAL_URL = live_server.url
    return str(live_server.url)
