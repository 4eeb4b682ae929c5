"""A person sends photos from a phone, and staff open them."""

import os
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from requests_app.domain.transitions import Status
from tests.factories.consent import OperatorFactory
from tests.factories.core import StaffFactory, pass_second_factor, sign_in_by_code
from tests.factories.requests import MessageFactory, RequestFactory
from tests.support.browser import follow
from tests.support.hostile_files import jpeg, pdf

from .axe import assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)

PICTURES = os.environ.get("PICTURES", "")


def look(page: Page, name: str, within: str | None = None) -> None:
    assert_accessible(page, within=within) if within else assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


def opened(browser: Browser, address: str, client: Client, language: str, width: int) -> Page:
    cookies = {**{key: one.value for key, one in client.cookies.items()}, "django_language": language}
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": key, "value": value, "url": address} for key, value in cookies.items()])
    context.set_default_timeout(20_000)
    return context.new_page()


@pytest.mark.parametrize(("language", "width"), [("ja", 390), ("en", 1280)])
def test_photos_from_a_phone(
    browser: Browser, live_portal: str, tmp_path: Path, client: Client, language: str, width: int
) -> None:
    OperatorFactory()
    case = RequestFactory.waiting(language=language)
    MessageFactory(request=case, body="委任状の写真を送ってください。")
    assert case.applicant is not None
    sign_in_by_code(client, case.applicant)
    front, wrong, back = tmp_path / "委任状の表.jpg", tmp_path / "page.pdf", tmp_path / "裏.pdf"
    front.write_bytes(jpeg(size=(800, 600)))
    wrong.write_bytes(b"<html>")
    back.write_bytes(pdf())
    page = opened(browser, live_portal, client, language, width)
    page.goto(f"{live_portal}/requests/{case.receipt_number}/messages/")
    look(page, "thread")
    page.locator("textarea[name=body]").fill("表と裏をお送りします。")
    page.locator("input[name=files]").set_input_files([front, wrong])
    follow(page.locator("button.btn-primary[type=submit]"))
    expect(page.locator(".pp-chosen li")).to_have_count(1)
    expect(page.locator("textarea[name=body]")).to_have_value("表と裏をお送りします。")
    look(page, "refused")
    page.locator("input[name=files]").set_input_files(back)
    follow(page.locator("button[name=attach]"))
    expect(page.locator(".pp-chosen li")).to_have_count(2)
    look(page, "chosen")
    follow(page.locator("button.btn-primary[type=submit]"))
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW
    page.goto(f"{live_portal}/requests/{case.receipt_number}/messages/")
    expect(page.locator(".pp-thread__files li")).to_have_count(2)
    look(page, "sent")
    with page.expect_download() as download:
        page.get_by_role("link", name="委任状の表.jpg").click()
    assert download.value.suggested_filename == "委任状の表.jpg"

    staff = Client()
    pass_second_factor(staff, StaffFactory(language=language))
    page = opened(browser, live_portal, staff, language, 1280 if width == 390 else 390)
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/change/?tab=messages")
    look(page, "staff-thread", within="#main")
    with page.expect_download() as download:
        page.locator(
            "form[action*='/message/'] button", has_text="記録" if language == "ja" else "recorded"
        ).first.click()
    assert download.value.suggested_filename == "委任状の表.jpg"
    page.locator("textarea[name=body]").fill("裏が読めません。")
    page.locator("input[name=files]").set_input_files([back, wrong])
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.locator("input[name=attached]")).to_have_count(1)
    look(page, "staff-refused", within="#main")
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.locator(".pp-thread li")).to_have_count(3)
