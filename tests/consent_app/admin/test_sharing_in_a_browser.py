"""Joint use and trackers of the admin in a browser: nothing for axe-core to find, nothing wider than the window."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from consent_app.services.profiles import load_profile, read_profile
from tests.e2e.axe import assert_accessible
from tests.factories import joint_uses
from tests.factories.consent import PurposeFactory
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.trackers import TrackerFactory


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    load_profile(profile=read_profile("kloset"), actor="command")
    changed = joint_uses.published(items=("name", "email"), purposes=("advertising",))
    changed.purposes.add(PurposeFactory(code="ads", text_ja="長い目的" * 20, text_en="long purpose " * 20))
    joint_uses.announce(changed, effective_from=joint_uses.today(20), announced_on=joint_uses.today())
    changed.purposes.clear()
    changed.purposes.add(PurposeFactory(code="other"))
    draft = joint_uses.draft(code="ready", items=("name",), purposes=("advertising",))
    tracker = TrackerFactory(to_advertisers=True)
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
        addresses = [
            reverse("admin:consent_app_jointuse_changelist"),
            reverse("admin:consent_app_jointuse_add"),
            *(
                reverse(f"admin:consent_app_jointuse_{name}", args=[row.pk])
                for row in (changed, draft)
                for name in ("change", "publish", "end")
            ),
            reverse("admin:consent_app_tracker_changelist"),
            reverse("admin:consent_app_tracker_change", args=[tracker.pk]),
        ]
        for address in addresses:
            page.goto(live_portal + address)
            for details in page.query_selector_all("details"):
                details.evaluate("element => { element.open = true }")
            # The search button above a list is the theme's, and smaller than it should be.
            assert_accessible(page, within="#result_list" if page.query_selector("#result_list") else "#content")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        assert errors == []
    finally:
        context.close()
