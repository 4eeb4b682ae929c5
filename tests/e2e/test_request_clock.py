"""Moving the target in a browser, and what the person then sees."""

from datetime import timedelta
from itertools import product

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, expect

from privacy_portal.core.models import User
from requests_app.services import extensions
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

from .axe import assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)


def cookies(client: Client, address: str) -> list[dict[str, str]]:
    name = settings.SESSION_COOKIE_NAME
    return [{"name": name, "value": client.cookies[name].value, "url": address}]


@pytest.mark.parametrize(("language", "width"), list(product(["ja", "en"], [1280, 390])))
def test_the_pages_of_an_extension(
    browser: Browser, live_portal: str, client: Client, language: str, width: int
) -> None:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    staff: User = StaffFactory()
    pass_second_factor(client, staff)
    case = RequestFactory.in_review(target_on=timezone.localdate() + timedelta(days=2))
    person = Client()
    assert case.applicant is not None
    person.force_login(case.applicant)
    context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
    context.add_cookies(cookies(client, live_portal))  # type: ignore[arg-type]
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_portal}])
    page = context.new_page()
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/extend/")
    assert_accessible(page, within=".pp")
    to_on = timezone.localdate() + timedelta(days=12)
    extensions.extend(request=case, actor=staff, to_on=to_on, reason="倉庫の記録を調べています。", now=timezone.now())
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/change/?tab=timeline")
    expect(page.locator("div.pp")).to_contain_text("倉庫の記録を調べています。")
    assert_accessible(page, within=".pp")
    context.clear_cookies()
    context.add_cookies(cookies(person, live_portal))  # type: ignore[arg-type]
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_portal}])
    page.goto(f"{live_portal}/requests/{case.receipt_number}/")
    expect(page.locator("main")).to_contain_text("倉庫の記録を調べています。")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_accessible(page)
    context.close()
