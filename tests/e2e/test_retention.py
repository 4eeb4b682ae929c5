"""The page of what is kept how long, the way to other times, and a hold, in both languages and on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from consent_app.selectors import retention_periods
from requests_app.models import RetentionHold
from tests.factories.requests import RequestFactory
from tests.support.browser import follow

from .test_registering import look, staff_page

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["staff_page"]


@pytest.mark.parametrize("staff_page", [("ja", 1280), ("en", 390)], indirect=True)
def test_other_times_and_a_hold(staff_page: Page, live_portal: str) -> None:
    page = staff_page
    case = RequestFactory.withdrawn(closed_at=timezone.now() - timedelta(days=20), party={"customer_number": "K-1"})
    case_page = f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}"

    page.goto(f"{case_page}/hold/")
    page.locator("input[name=kind]").first.check()
    page.locator("textarea[name=reason]").fill("訴えられたため")
    look(page, "hold")
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.get_by_text("訴えられたため")).to_be_visible()
    look(page, "held")
    page.goto(f"{live_portal}/admin/consent_app/retentionrule/")
    expect(page.get_by_text(case.receipt_number)).to_be_visible()
    look(page, "retention-held")

    page.goto(f"{case_page}/unhold/")
    page.locator("textarea[name=reason]").fill("和解した")
    look(page, "unhold")
    follow(page.locator("form.pp-form button.pp-primary"))
    assert RetentionHold.objects.filter(ended_at=None).count() == 0

    page.goto(f"{live_portal}/admin/consent_app/retentionrule/change/")
    page.locator("input[name=identity_days]").fill("10")
    look(page, "retention-change")
    follow(page.locator("form.pp-form button.pp-primary"))
    look(page, "retention-confirm")
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.get_by_text(case.receipt_number).first).to_be_visible()
    look(page, "retention")
    assert retention_periods().identity_days == 10
