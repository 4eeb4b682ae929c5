"""The matters made known in a browser, for everybody and for staff: nothing for axe-core to find."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from consent_app.models import Operator
from consent_app.services.profiles import load_profile, read_profile
from tests.e2e.axe import assert_accessible
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.matters import publish


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")
    manager = EnrolledStaffFactory(language=language[:2])
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
        staff = [reverse(f"admin:consent_app_mattersversion_{name}") for name in ("changelist", "publish")]
        page.goto(live_portal + reverse("portal:matters"))
        assert_accessible(page)
        version = publish(now=timezone.now())
        staff.append(reverse("admin:consent_app_mattersversion_change", args=[version.pk]))
        Operator.objects.update(address_ja="東京都千代田区例町9-9-9", address_en="9-9-9 Reicho, Chiyoda-ku, Tokyo")
        page.goto(live_portal + reverse("portal:matters"))
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        for address in staff:
            page.goto(live_portal + address)
            assert_accessible(page, within=".pp-matters")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        assert errors == []
    finally:
        context.close()
