"""Consents, stops, collection points and uses beyond the purposes in a browser: accessible, wide and narrow."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from consent_app.models import CollectionPoint, Purpose
from consent_app.services import looks, suspensions, wordings
from consent_app.services.profiles import load_profile, read_profile
from tests.consent_app.portal.test_consents_in_a_browser import session_key_of
from tests.consent_app.services.test_added_purposes import announce, draft
from tests.e2e.axe import assert_accessible
from tests.factories.consent import ConsentFactory, CustomerFactory
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.off_purpose import use_beyond
from tests.factories.requests import PersonFactory

NOW = timezone.now()


def looked_at(page: Page, address: str, *, within: str = "body") -> None:
    page.goto(address)
    assert_accessible(page, within=within)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    load_profile(profile=read_profile("quipearl"), actor="command")
    person = PersonFactory()
    customer = CustomerFactory(email=person.email)
    newsletter = Purpose.objects.get(code="newsletter")
    wordings.keep_version(purpose=newsletter, now=NOW - timedelta(days=9))
    ConsentFactory(customer=customer, purpose=newsletter, at=NOW)
    newsletter.text_ja, newsletter.text_en = "メールと広告のため", "To send mail and advertising"
    newsletter.save()
    wordings.keep_version(purpose=Purpose.objects.get(pk=newsletter.pk), now=timezone.now())
    waiting = draft()
    added = announce(draft())
    gone = announce(draft(text_ja="春の企画のため", text_en="For the spring event"))
    for purpose in (added, gone):
        ConsentFactory(customer=customer, purpose=purpose, at=timezone.now())
    Purpose.objects.filter(pk=gone.pk).update(active=False)
    stop = suspensions.suspend(customer=customer, kind="provision", actor="command", ground="35(3)", now=NOW)
    use = use_beyond(customer)
    point = CollectionPoint.objects.get(code="purchase")
    CollectionPoint.objects.filter(pk=point.pk).update(wording_ja="次の文", wording_en="Next text")
    client = Client()
    staff = EnrolledStaffFactory(language=language[:2])
    pass_second_factor(client, staff)
    looks.give(customer=customer, staff=staff, reason="record", note="用紙", now=timezone.now())
    context = browser.new_context(
        locale=language,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    portal = browser.new_context(
        locale=language,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )

    def at(model: str, name: str, *args: object) -> str:
        return live_portal + reverse(f"admin:consent_app_{model}_{name}", args=args)

    try:
        context.add_cookies(
            [{"name": name, "value": cookie.value, "url": live_portal} for name, cookie in client.cookies.items()]
        )
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        for address in (
            at("consent", "record", customer.pk),
            at("consent", "record_for", customer.pk, newsletter.pk),
            at("suspension", "begin", customer.pk),
            at("suspension", "end", stop.pk),
            at("offpurposeuse", "change", use.pk),
            at("offpurposeuse", "void", use.pk),
            at("addedpurpose", "announce", waiting.pk),
            at("purpose", "judge", newsletter.pk, 2),
        ):
            looked_at(page, address, within=".pp")
        page.goto(at("offpurposeuse", "change", use.pk))
        page.locator("#person-words").fill(customer.email)
        with page.expect_navigation(url="**/persons/"):
            page.locator("#person-words").press("Enter")
        assert_accessible(page, within=".pp")
        for address in (
            at("collectionpoint", "change", point.pk),
            at("collectionpoint", "start", point.pk),
            at("purpose", "change", newsletter.pk),
            at("addedpurpose", "change", waiting.pk),
            at("offpurposeuse", "add"),
        ):
            page.goto(address)
            assert_accessible(page, within="#content-main")
        for model in ("consent", "suspension", "collectionpoint", "addedpurpose", "offpurposeuse"):
            page.goto(at(model, "changelist"))
            assert page.locator("#result_list tbody tr").count() >= 1
        portal.add_cookies([{"name": "sessionid", "value": session_key_of(person), "url": live_portal}])
        visitor = portal.new_page()
        for path in ("/consents/", "/purposes/", "/purposes/collection/"):
            looked_at(visitor, live_portal + path)
        assert errors == []
    finally:
        context.close()
        portal.close()
