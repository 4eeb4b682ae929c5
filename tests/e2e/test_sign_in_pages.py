"""The sign-in pages in a real browser: nothing that the content security policy blocks, nothing that axe-core finds."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from privacy_portal.core.models import OutgoingMail, User
from tests.e2e.axe import assert_accessible
from tests.factories.core import PASSWORD, EnrolledStaffFactory, StaffFactory
from tests.support.browser import follow
from tests.support.limits import empty_redis

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = [("ja-JP", 1280), ("en-GB", 390), ("ja-JP", 320)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails its test for every error in the browser's console, a blocked script or style among them."""
    locale, width = request.param
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    # A refused form is answered with 429, which the console reports; that is no fault of the page.
    assert [text for text in problems if "429" not in text] == []


def look(page: Page) -> None:
    assert_accessible(page)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} is {overflow} pixels too wide"


def press(page: Page, ja: str, en: str) -> None:
    follow(page.get_by_role("button", name=re.compile(f"^({ja}|{en})$")))


def mailed_code() -> str:
    mail = OutgoingMail.objects.filter(template="sign_in_code").latest("created_at")
    found = re.search(r"\d{4} \d{4}", mail.body_text or "")
    assert found
    return found[0]


def app_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_customer(watched: Page, live_portal: str) -> None:
    page = watched
    target = reverse("account_login")
    page.goto(f"{live_portal}/sign-in/?next={target}")
    look(page)
    press(page, "コードを送る", "Send the code")
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page)
    page.get_by_role("textbox").fill("hanako@mail.example")
    press(page, "コードを送る", "Send the code")
    page.wait_for_url("**/sign-in/code/")
    look(page)
    code = mailed_code()
    page.get_by_role("textbox").fill("00000000" if code != "0000 0000" else "11111111")
    press(page, "ログインする", "Sign in")
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page)
    press(page, "新しいコードを送る", "Send a new code")
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page)
    empty_redis()
    press(page, "新しいコードを送る", "Send a new code")
    expect(page.get_by_role("status")).to_be_visible()
    look(page)
    page.get_by_role("textbox").fill(mailed_code())
    press(page, "ログインする", "Sign in")
    page.wait_for_url(f"{live_portal}{target}")
    assert User.objects.get().email == "hanako@mail.example"


def test_staff_first_sign_in_and_every_page_of_the_second_factor(watched: Page, live_portal: str) -> None:
    page, user = watched, StaffFactory()
    page.goto(f"{live_portal}/admin/")
    page.wait_for_url("**/staff/login/**")
    look(page)
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill("wrong")
    press(page, "次へ", "Next")
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page)
    page.locator("[name=password]").fill(PASSWORD)
    press(page, "次へ", "Next")
    page.wait_for_url("**/staff/second-factor/")
    look(page)
    page.goto(f"{live_portal}/staff/second-factor/app/activate/")
    look(page)
    page.locator("[name=code]").fill(app_code(page.locator("code").inner_text()))
    press(page, "設定する", "Set up")
    page.wait_for_url("**/recovery-codes/")
    look(page)
    for path in ("", "recovery-codes/generate/", "passkeys/", "passkeys/add/", "app/deactivate/", "reauthenticate/"):
        page.goto(f"{live_portal}/staff/second-factor/{path}")
        look(page)
    page.goto(f"{live_portal}/staff/logout/")
    look(page)
    page.goto(f"{live_portal}/admin/")
    assert page.url == f"{live_portal}/admin/"


def test_passkey_from_adding_to_signing_in(browser: Browser, live_portal: str, settings: Any) -> None:
    """With the authenticator that Chromium emulates; on localhost, because passkeys know no bare addresses."""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    origin = live_portal.replace("127.0.0.1", "localhost")
    user = StaffFactory()
    context = browser.new_context(locale="ja-JP")
    context.set_default_timeout(15_000)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{origin}/staff/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    follow(page.get_by_role("button", name="次へ"))
    page.wait_for_url("**/staff/second-factor/")
    page.goto(f"{origin}/staff/second-factor/passkeys/add/")
    page.locator("[name=name]").fill("事務所の端末")
    page.get_by_role("button", name="追加する").click()
    page.wait_for_url("**/recovery-codes/")
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
    page.goto(f"{origin}/staff/second-factor/passkeys/")
    assert_accessible(page)
    for name in ("の名前を変える", "を外す"):
        follow(page.get_by_role("link", name=name))
        assert_accessible(page)
        page.goto(f"{origin}/staff/second-factor/passkeys/")
    page.goto(f"{origin}/staff/logout/")
    follow(page.get_by_role("button", name="ログアウトする"))
    page.wait_for_url("**/staff/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    follow(page.get_by_role("button", name="次へ"))
    page.wait_for_url("**/authenticate/")
    assert_accessible(page)
    page.get_by_role("button", name="パスキーを使う").click()
    page.wait_for_url(f"{origin}/admin/")
    context.close()


def test_staff_second_step(watched: Page, live_portal: str) -> None:
    page, user = watched, EnrolledStaffFactory()
    page.goto(f"{live_portal}/staff/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    press(page, "次へ", "Next")
    page.wait_for_url("**/authenticate/")
    look(page)
    page.locator("[name=code]").fill("abc")
    press(page, "ログインする", "Sign in")
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page)


def test_where_one_is_signed_in(watched: Page, browser: Browser, live_portal: str) -> None:
    page, other = watched, browser.new_context(user_agent="Mozilla/5.0 (iPhone) Version/17.5 Safari/604.1")
    for one in (page, other.new_page()):
        empty_redis()
        one.goto(f"{live_portal}/sign-in/")
        one.get_by_role("textbox").fill("hanako@mail.example")
        press(one, "コードを送る", "Send the code")
        one.get_by_role("textbox").fill(mailed_code())
        press(one, "ログインする", "Sign in")
        one.goto(f"{live_portal}/requests/")
    follow(page.get_by_role("link", name=re.compile("ログイン中の端末を見る|See where you are signed in")))
    expect(page.get_by_text(re.compile("iPhoneのSafari|Safari on iPhone")).first).to_be_visible()
    look(page)
    follow(page.get_by_role("button", name=re.compile("^(終わらせる|End) ?（?.*1")))
    expect(page.get_by_role("status")).to_be_visible()
    look(page)
    other.pages[0].goto(f"{live_portal}/requests/")
    other.pages[0].wait_for_url("**/sign-in/**")
    other.close()
