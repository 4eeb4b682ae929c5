"""Marking what a person made public, in a browser: nothing for axe-core to find, wide and narrow, light and dark."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from consent_app.models import SelfDisclosure
from tests.e2e.axe import assert_accessible
from tests.factories.consent import CustomerFactory, OrderFactory, catalogue
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.support.browser import follow


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_mark_and_take_it_off(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    catalogue()
    order = OrderFactory(customer=CustomerFactory())
    client = Client()
    pass_second_factor(client, EnrolledStaffFactory(language=language[:2]))
    japanese = language == "ja-JP"
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
        page.goto(
            live_portal + reverse("admin:consent_app_customer_published_record", args=[order.customer.pk, order.pk])
        )
        assert_accessible(page, within="div.pp")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.locator("[name=look-reason][value=contact]").check()
        page.locator("[name=look-note]").fill("電話への返事")
        follow(page.get_by_role("button", name="記録して見る" if japanese else "Record it and look"))
        assert_accessible(page, within="#content-main")
        page.locator("[name=place]").fill("商品のレビュー")
        page.get_by_role("button", name="印を付ける" if japanese else "Mark it").click()
        page.get_by_role("button", name="印を外す" if japanese else "Take the mark off").wait_for()
        assert_accessible(page, within="#content-main")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.get_by_role("button", name="印を外す" if japanese else "Take the mark off").click()
        page.locator("[name=place]").wait_for()
        assert SelfDisclosure.objects.get().ended_at is not None
    finally:
        context.close()
