"""The public pages in a browser: nothing for axe-core to find, nothing wider than the window, with every part open."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from consent_app.services.profiles import load_profile, read_profile
from tests.e2e.axe import assert_accessible
from tests.factories import joint_uses
from tests.factories.consent import PurposeFactory
from tests.factories.policies import TEXT_EN, TEXT_JA, published
from tests.factories.trackers import TrackerFactory

PAGES = ["policy", "contact", "purposes", "subcontractors", "procedure", "joint_use", "trackers"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 320, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")
    soon = timezone.localdate() + datetime.timedelta(days=30)
    published(effective_from=soon, material=True, text_ja=TEXT_JA + "長い行" * 60, text_en=TEXT_EN + "word " * 60)
    context = browser.new_context(
        locale=language,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    try:
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        joint_use = joint_uses.published()
        joint_use.purposes.add(PurposeFactory(code="ads"))
        joint_uses.announce(joint_use, effective_from=soon, announced_on=timezone.localdate())
        TrackerFactory(to_advertisers=True, recipient_country="US", refusal_url="https://ads.example/no")
        announced = reverse("portal:joint_use_version", args=["group", 2])
        versions = [reverse(f"portal:{name}", args=[2]) for name in ("policy_version", "policy_changes")]
        for address in [*(reverse(f"portal:{name}") for name in PAGES), *versions, announced]:
            page.goto(live_portal + address)
            for details in page.query_selector_all("details"):
                details.evaluate("element => { element.open = true }")
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        assert errors == []
    finally:
        context.close()
