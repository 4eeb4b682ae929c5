"""My consents in a browser: accessible, no wider than the window, and without scripts."""

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from playwright.sync_api import Browser, expect

from consent_app.models import Consent
from privacy_portal.core.models import User
from privacy_portal.core.portal.views import ADDRESS_PROVEN
from tests.e2e.axe import assert_accessible
from tests.factories.consent import ConsentFactory, CustomerFactory, DataItemFactory, OperatorFactory, PurposeFactory
from tests.factories.requests import PersonFactory


def session_key_of(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session[ADDRESS_PROVEN] = str(person.pk)
    session.create()
    return session.session_key or ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "width", "scheme", "words"),
    [
        ("ja-JP", 1280, "light", ("同意する", "同意を取り下げる")),
        ("en-US", 320, "dark", ("Consent", "Withdraw consent")),
    ],
)
def test_consents(
    live_portal: str, browser: Browser, language: str, width: int, scheme: str, words: tuple[str, str]
) -> None:
    OperatorFactory()
    person = PersonFactory()
    customer = CustomerFactory(email=person.email)
    items = [DataItemFactory(code=code) for code in ("email", "name")]
    PurposeFactory(code="newsletter", needs_consent=True, items=items)
    given = PurposeFactory(code="partner", needs_consent=True, items=items, provided_to="例の百貨店")
    ConsentFactory(customer=customer, purpose=given)
    context = browser.new_context(
        java_script_enabled=True,
        locale=language,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "sessionid", "value": session_key_of(person), "url": live_portal}])
    plain = browser.new_context(java_script_enabled=False, locale=language)
    plain.set_default_timeout(15_000)
    plain.add_cookies([{"name": "sessionid", "value": session_key_of(person), "url": live_portal}])
    stranger = browser.new_context(locale=language, viewport={"width": width, "height": 900})
    stranger.add_cookies([{"name": "sessionid", "value": session_key_of(PersonFactory()), "url": live_portal}])
    try:
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{live_portal}/consents/")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        without_scripts = plain.new_page()
        without_scripts.goto(f"{live_portal}/consents/")
        card = without_scripts.locator("section", has=without_scripts.locator("#consent-newsletter"))
        card.get_by_role("button", name=words[0]).click()
        expect(card.get_by_role("button", name=words[1])).to_be_visible()
        card.get_by_role("button", name=words[1]).click()
        expect(card.get_by_role("button", name=words[0])).to_be_visible()
        page.reload()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        empty = stranger.new_page()
        empty.goto(f"{live_portal}/consents/")
        assert_accessible(empty)
        assert errors == []
    finally:
        for one in (context, plain, stranger):
            one.close()
    assert Consent.objects.count() == 3
