"""The pages of subcontractors in a browser: nothing for axe-core to find, wide and narrow, light and dark."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from consent_app.models import Entrustment
from tests.e2e.axe import assert_accessible
from tests.factories.consent import OrderFactory, PurposeFactory, SubcontractorFactory, catalogue
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.supervision import question, supervised
from tests.support.browser import follow


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    items = catalogue()
    wanted = [items["name"], items["order"]]
    PurposeFactory(code="delivery", shipping=True, items=wanted)
    ready = supervised(items=wanted)
    blocked = SubcontractorFactory(items=wanted)
    question("rules")
    OrderFactory(external_id="A1")
    client = Client()
    pass_second_factor(client, EnrolledStaffFactory(language=language[:2]))
    context = browser.new_context(
        locale=language,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    try:
        context.add_cookies(
            [{"name": name, "value": cookie.value, "url": live_portal} for name, cookie in client.cookies.items()]
        )
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        for address in (
            reverse("admin:consent_app_subcontractor_change", args=[ready.pk]),
            reverse("admin:consent_app_subcontractor_change", args=[blocked.pk]),
            reverse("admin:consent_app_subcontractor_select", args=[blocked.pk]),
            reverse("admin:consent_app_entrustment_hand_over", args=[blocked.pk]),
            reverse("admin:consent_app_entrustment_hand_over", args=[ready.pk]),
        ):
            page.goto(live_portal + address)
            assert_accessible(page, within=".pp")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.locator("select[name=purpose]").select_option("delivery")
        for item in ("name", "order"):
            page.locator(f"input[value={item}]").check()
        page.locator("textarea[name=lines]").fill("A1")
        follow(page.locator(".pp-primary"))
        assert_accessible(page, within=".pp")
        follow(page.locator(".pp-primary"))
        page.wait_for_url("**/change/")
        assert_accessible(page, within=".pp")
        with page.expect_download() as download:
            page.locator(".pp-primary").click()
        assert download.value.path().read_text(encoding="utf-8-sig").count("A1") == 1
        assert Entrustment.objects.get().allowed == 1
        assert errors == []
    finally:
        context.close()
