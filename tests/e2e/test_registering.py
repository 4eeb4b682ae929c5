"""Staff register a letter in a browser, in both languages and on a phone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest
from requests_app.services import identity
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.support.browser import follow
from tests.support.hostile_files import cleaned, pdf

from .axe import assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)

PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def staff_page(browser: Browser, live_portal: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    language, width = request.param
    OperatorFactory()
    RequestRuleFactory()
    RequestRuleFactory(request_type="correction", fee="none", fee_yen=None)
    catalogue()
    client = Client()
    pass_second_factor(client, StaffFactory(language=language))
    context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    context.add_cookies(
        [{"name": name, "value": morsel.value, "url": live_portal} for name, morsel in client.cookies.items()]
    )
    yield context.new_page()
    context.close()


def look(page: Page, name: str) -> None:
    assert_accessible(page, within="#main")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


@pytest.mark.parametrize("staff_page", [("ja", 1280), ("en", 390)], indirect=True)
def test_a_letter_becomes_a_case(staff_page: Page, live_portal: str, tmp_path: Path) -> None:
    page = staff_page
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(cleaned(pdf()).content)
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/")
    follow(page.locator("a[href$='/register/']"))
    look(page, "choose")
    follow(page.locator("a[href$='/register/correction/']"))
    look(page, "form")
    page.locator("input[name=channel][value=letter]").check()
    page.locator("input[name=arrived_on]").fill(str(timezone.localdate()))
    page.locator("input[name=family_name]").fill("高橋")
    page.locator("input[name=scan]").set_input_files(letter)
    follow(page.locator("form.pp-form button.pp-primary"))
    # The address and the item are missing.
    expect(page.locator("#id_address1_error")).to_be_visible()
    expect(page.locator("#id_item_0_error")).to_be_visible()
    look(page, "errors")
    page.locator("select[name=prefecture]").select_option("東京都")
    page.locator("input[name=postal_code]").fill("100-0001")
    page.locator("input[name=address1]").fill("千代田区例町4-5-6")
    page.locator("select[name=item_0]").select_option(index=1)
    page.locator("textarea[name=wanted_0]").fill("正しい内容")
    page.locator("input[name=scan]").set_input_files(letter)
    follow(page.locator("form.pp-form button.pp-primary"))
    page.wait_for_url("**/change/**")
    case = DisclosureRequest.objects.get()
    assert case.received_files.count() == 1
    identity.verify(request_id=case.pk, now=timezone.now())
    page.reload()
    look(page, "case")
    with page.expect_download() as download:
        page.locator("form[action*='/received/'] button").click()
    assert download.value.suggested_filename == f"{case.receipt_number}-original.pdf"
    assert Path(download.value.path()).read_bytes() == letter.read_bytes()
    case.refresh_from_db()
    assert case.status == Status.IDENTITY_REVIEW
