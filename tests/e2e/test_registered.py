"""Registered information in a real browser: an address, and a mail address through both mailboxes and back."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from consent_app.models import Customer
from privacy_portal.core.models import OutgoingMail, User
from tests.e2e.axe import assert_accessible
from tests.e2e.test_portal_pages import session_of
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    PurposeFactory,
    RequestRuleFactory,
    catalogue,
)
from tests.factories.requests import PersonFactory
from tests.support.browser import follow

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "old@post.example", "new@post.example"


@pytest.fixture
def person() -> User:
    OperatorFactory()
    RequestRuleFactory()
    items = catalogue()
    PurposeFactory(items=list(items.values()))
    return PersonFactory(email=OLD)


@pytest.fixture
def customer(person: User) -> Customer:
    customer = CustomerFactory(email=person.email)
    OrderFactory(customer=customer)
    return customer


def sign_in(page: Page, portal: str, person: User) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session_of(person).session_key or "", "url": portal}])


def open_registered(page: Page, portal: str) -> None:
    page.goto(f"{portal}/registered/")
    page.get_by_label("姓", exact=False).first.fill("高橋")
    page.locator("[name=given_name]").fill("花子")
    page.locator("[name=telephone]").fill("０９０−１２３４−５６７８")
    follow(page.get_by_role("button", name="登録情報を開く"))
    expect(page).to_have_url(f"{portal}/registered/")


def mail(address: str, pattern: str) -> str:
    rows = [row for row in OutgoingMail.objects.order_by("created_at") if row.recipient == address]
    found = re.search(pattern, rows[-1].body_text or "")
    assert found
    return found[0]


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")


def test_an_address_is_changed_checked_kept_in_history_and_taken_back(
    page: Page, live_portal: str, person: User, customer: Customer
) -> None:
    sign_in(page, live_portal, person)
    page.goto(f"{live_portal}/registered/")
    assert_accessible(page)
    open_registered(page, live_portal)
    assert_accessible(page)
    follow(page.locator('a[href="/registered/address/"]'))
    assert_accessible(page)
    page.locator("[name=postal_code]").fill("150")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("郵便番号は7桁")
    assert_accessible(page)
    page.locator("[name=postal_code]").fill("１５０ー０００１")
    page.locator("[name=address1]").fill("渋谷区例町９－８")
    page.locator("[name=address2]").fill("")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_text("まだ保存していません")).to_be_visible()
    assert_accessible(page)
    follow(page.get_by_role("button", name="入力し直す"))
    expect(page.locator("[name=address1]")).to_have_value("渋谷区例町９－８")
    follow(page.get_by_role("button", name="確認へ進む"))
    follow(page.get_by_role("button", name="この内容で保存する"))
    expect(page.get_by_text("〒150-0001 東京都渋谷区例町9-8")).to_be_visible()
    assert "住所" in mail(OLD, r"- .*")
    follow(page.get_by_role("link", name="これまでの変更の記録を見る"))
    assert_accessible(page)
    follow(page.locator('a[href*="undo="]'))
    expect(page.locator("[name=address1]")).to_have_value("千代田区例町4-5-6")
    follow(page.get_by_role("button", name="確認へ進む"))
    follow(page.get_by_role("button", name="この内容で保存する"))
    customer.refresh_from_db()
    assert customer.address1 == "千代田区例町4-5-6"
    assert customer.changes.count() == 2


def test_two_tabs(page: Page, live_portal: str, person: User, customer: Customer) -> None:
    sign_in(page, live_portal, person)
    open_registered(page, live_portal)
    url = f"{live_portal}/registered/telephone/"
    page.goto(url)
    other = page.context.new_page()
    other.goto(url)
    for tab, number in ((other, "03-1234-5678"), (page, "03-1234-5679")):
        tab.locator("[name=telephone]").fill(number)
        follow(tab.get_by_role("button", name="確認へ進む"))
        follow(tab.get_by_role("button", name="この内容で保存する"))
    expect(page.get_by_text("このページを開いたあとで、登録が変わりました")).to_be_visible()
    expect(page.get_by_text("いまの登録：03-1234-5678")).to_be_visible()
    expect(page.locator("[name=telephone]")).to_have_value("03-1234-5679")
    assert_accessible(page)
    follow(page.get_by_role("button", name="確認へ進む"))
    follow(page.get_by_role("button", name="この内容で保存する"))
    customer.refresh_from_db()
    assert customer.telephone == "+81312345679"


def test_the_mail_address_is_changed_through_both_mailboxes_and_taken_back(
    page: Page, browser: Browser, live_portal: str, person: User, customer: Customer
) -> None:
    sign_in(page, live_portal, person)
    open_registered(page, live_portal)
    follow(page.locator('a[href="/registered/email/"]'))
    assert_accessible(page)
    page.locator("[name=email]").fill("ＮＥＷ@post.example")
    follow(page.get_by_role("button", name="コードを送る"))
    expect(page.get_by_text(NEW)).to_be_visible()
    assert_accessible(page)
    page.locator("[name=code]").fill(mail(NEW, r"\d{4} \d{4}"))
    follow(page.get_by_role("button", name="次へ進む"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("いまのアドレスの確認")
    assert_accessible(page)
    page.locator("[name=code]").fill(mail(OLD, r"\d{4} \d{4}"))
    follow(page.get_by_role("button", name="メールアドレスを変更する"))
    expect(page.get_by_text("メールアドレスを変更しました")).to_be_visible()
    customer.refresh_from_db()
    assert customer.email == NEW

    elsewhere = browser.new_context(locale="ja-JP", viewport={"width": 320, "height": 700}, java_script_enabled=False)
    reader = elsewhere.new_page()
    reader.goto(mail(OLD, r"http://\S+/undo/\S+"))
    follow(reader.get_by_role("button", name="元に戻す"))
    expect(reader.get_by_role("heading", level=1)).to_contain_text("メールアドレスを元に戻しました")
    elsewhere.close()
    customer.refresh_from_db()
    assert customer.email == OLD
    page.goto(f"{live_portal}/registered/")
    assert "/sign-in/" in page.url


def test_it_works_without_scripts_and_fits_a_small_phone(
    browser: Browser, live_portal: str, person: User, customer: Customer
) -> None:
    context = browser.new_context(locale="ja-JP", viewport={"width": 320, "height": 700}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    sign_in(page, live_portal, person)
    open_registered(page, live_portal)
    follow(page.locator('a[href="/registered/company/"]'))
    page.locator("[name=company]").fill("例" * 100)
    follow(page.get_by_role("button", name="確認へ進む"))
    follow(page.get_by_role("button", name="この内容で保存する"))
    expect(page.get_by_text("「会社名」を変更しました")).to_be_visible()
    context.close()
    small = browser.new_context(locale="ja-JP", viewport={"width": 320, "height": 700})
    page = small.new_page()
    sign_in(page, live_portal, person)
    open_registered(page, live_portal)
    for path in ("", "history/", "address/", "email/", "open/"):
        page.goto(f"{live_portal}/registered/{path}")
        assert_fits(page)
    small.close()
