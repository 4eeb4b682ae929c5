"""Staff ask somebody without an account by letter and write down the answer, in both languages and on a phone."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, SilenceNotice
from tests.factories.requests import RequestFactory
from tests.support.browser import follow
from tests.support.hostile_files import pdf

from .test_registering import look, staff_page

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["staff_page"]


@pytest.mark.parametrize("staff_page", [("ja", 1280), ("en", 390)], indirect=True)
def test_a_question_a_reminder_and_the_answer(staff_page: Page, live_portal: str, tmp_path: Path) -> None:
    page, long_ago = staff_page, timezone.now() - timedelta(days=40)
    case = RequestFactory.by_letter(Status.IN_REVIEW, received_at=long_ago, status_changed_at=long_ago)
    start = f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}"
    page.goto(f"{start}/ask/")
    look(page, "ask")
    page.locator("textarea[name=body]").fill("いつごろ買われましたか。")
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.get_by_text("いつごろ買われましたか。")).to_be_visible()
    look(page, "asked")
    with page.expect_download() as download:
        page.locator("form[action*='/question/'] button").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")

    DisclosureRequest.objects.update(status_changed_at=long_ago)
    case.events.update(at=long_ago)
    page.goto(f"{start}/remind/")
    look(page, "remind")
    with page.expect_download() as download:
        page.locator("button[name=print]").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    follow(page.locator("form.pp-form button.pp-primary"))
    page.wait_for_url("**tab=timeline")
    assert SilenceNotice.objects.get().stage == "warning"
    look(page, "reminded")

    letter = tmp_path / "answer.pdf"
    letter.write_bytes(pdf())
    page.goto(f"{start}/answered/")
    page.locator("textarea[name=body]").fill("春です。")
    page.locator("input[name=scan]").set_input_files(letter)
    look(page, "answered")
    follow(page.locator("form.pp-form button.pp-primary"))
    expect(page.get_by_text("春です。")).to_be_visible()
    look(page, "answer")
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW
