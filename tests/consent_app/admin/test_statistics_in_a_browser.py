"""The tables of statistics in a browser: nothing for axe-core to find, wide and narrow, light and dark."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from consent_app.services import statistics
from tests.consent_app.services.test_statistics import a_shop
from tests.e2e.axe import assert_accessible
from tests.factories.core import EnrolledStaffFactory, pass_second_factor


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    a_shop()
    manager = EnrolledStaffFactory(language=language[:2])
    made = [
        statistics.release(table=table, actor=manager, now=timezone.now()) for table in ("age_gender", "prefecture")
    ]
    client = Client()
    pass_second_factor(client, manager)
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
        page.goto(live_portal + reverse("admin:consent_app_statisticsrelease_changelist"))
        assert_accessible(page, within=".pp-statistics")
        for one in made:
            page.goto(live_portal + reverse("admin:consent_app_statisticsrelease_change", args=[one.pk]))
            assert_accessible(page, within=".pp-statistics")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert page.locator("svg.pp-bars rect").count() >= 1
        assert errors == []
    finally:
        context.close()
