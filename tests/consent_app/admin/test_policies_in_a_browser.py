"""The policy and its notice to everybody in a browser: nothing for axe-core to find, wide and narrow."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from consent_app.models import Broadcast
from consent_app.services import broadcasts, policies
from tests.e2e.axe import assert_accessible
from tests.factories.consent import CustomerFactory, OperatorFactory
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.policies import TEXT_EN, TEXT_JA, draft, published


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    OperatorFactory()
    for number in range(3):
        CustomerFactory(email="no address" if number == 2 else f"c{number}@post.example")
    manager = EnrolledStaffFactory(language=language[:2])
    today = timezone.localdate()
    published(effective_from=today - datetime.timedelta(days=100))
    version = draft(
        effective_from=today + datetime.timedelta(days=30),
        material=True,
        text_ja=TEXT_JA.replace("お届け", "販売"),
        text_en=TEXT_EN.replace("deliver", "sell"),
    )
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

        def look(name: str) -> None:
            page.goto(live_portal + reverse(f"admin:consent_app_policyversion_{name}", args=[version.pk]))
            assert_accessible(page, within=WITHIN[name])
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name

        for name in ("preview", "difference", "publish", "change"):
            look(name)
        policies.publish(version=version, revision=1, actor=manager, now=timezone.now())
        broadcast = Broadcast.objects.get()
        look("change")
        broadcasts.pause(broadcast=broadcast, actor=manager, now=timezone.now())
        look("change")
        broadcasts.resume(broadcast=broadcast, actor=manager)
        broadcasts.run(broadcast_id=broadcast.pk)
        look("change")
        assert errors == []
    finally:
        context.close()


# Our part of each page; the frame around it is the theme's.
WITHIN = {"preview": "#content-main", "difference": "#content-main", "publish": "#content-main", "change": "#content"}
