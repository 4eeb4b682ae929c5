"""What staff do themselves, in a browser: found data, a call, a document at the counter, leave for a large file."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from consent_app.models import ExportOrder, Operator
from consent_app.selectors import forget_operator
from requests_app.models import AnswerFile, CallAttempt, Evidence
from requests_app.services import fulfilment
from tests.factories import security
from tests.factories.consent import CustomerFactory
from tests.factories.core import StaffFactory
from tests.factories.requests import RequestFactory
from tests.support.browser import follow
from tests.support.hostile_files import pdf

from .test_registering import look, staff_page

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["staff_page"]
EACH = pytest.mark.parametrize("staff_page", [("ja", 1280), ("en", 390)], indirect=True)
SEND = "form.pp-form button.pp-primary"


@EACH
def test_an_applicants_papers_are_found_and_disclosed(staff_page: Page, live_portal: str, tmp_path: Path) -> None:
    page = staff_page
    case = RequestFactory.in_review(customer=None, requester="applicant")
    start = f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}"
    page.goto(f"{start}/finding/")
    page.locator("input[name=place]").fill("応募書類の棚")
    page.locator("select[name=result]").select_option("found")
    look(page, "finding")
    follow(page.locator(SEND))
    page.wait_for_url("**/findings/**")
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(pdf(pages=2))
    page.locator("textarea[name=text]").fill("志望の動機の写し")
    page.locator("input[name=file]").set_input_files(paper)
    follow(page.locator(SEND))
    expect(page.locator(".pp-list li")).to_have_count(2)
    look(page, "found")
    with page.expect_download() as download:
        page.locator("form[action*='/found/'] button").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    follow(page.locator("button[name=remove]").first)
    expect(page.locator(".pp-list li")).to_have_count(1)

    page.goto(f"{start}/decide/")
    page.locator("input[name=outcome][value=granted]").check()
    look(page, "found-decide")
    follow(page.locator(SEND))
    follow(page.locator("button.pp-primary").last)
    assert fulfilment.fulfil(request_id=case.pk, now=timezone.now())
    assert AnswerFile.objects.filter(request=case, kind="package").exists()


def every_means() -> None:
    Operator.objects.update(identity_means=Operator.IdentityMeans.values)
    forget_operator()


@EACH
def test_a_call_to_the_registered_number(staff_page: Page, live_portal: str) -> None:
    page, customer = staff_page, CustomerFactory()
    every_means()
    case = RequestFactory.in_identity_review()
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/call-back/")
    page.locator(f"input[name=customer][value='{customer.pk}']").check()
    look(page, "call-choose")
    follow(page.locator("form:has(input[name=customer]) button.pp-primary"))
    expect(page.locator(".pp-number")).to_contain_text("•")
    look(page, "call-masked")
    follow(page.locator("button[name=number]"))
    expect(page.locator(".pp-number")).to_contain_text("5678")
    look(page, "call-number")
    page.locator("input[name=outcome][value=no_answer]").check()
    follow(page.locator("form:has(input[name=outcome]) button.pp-primary"))
    assert CallAttempt.objects.get().outcome == "no_answer"


@EACH
def test_a_document_at_the_counter(staff_page: Page, live_portal: str) -> None:
    page, customer = staff_page, CustomerFactory()
    every_means()
    case = RequestFactory.in_identity_review()
    page.goto(f"{live_portal}/admin/requests_app/disclosurerequest/{case.pk}/counter/")
    send = page.locator("form:has(input[name=customer]) button.pp-primary")
    page.locator("select[name=document]").select_option("driving_licence")
    page.locator(f"input[name=customer][value='{customer.pk}']").check()
    page.locator("input[name=place]").fill("本店の窓口")
    follow(send)
    # What was looked at is missing; what was chosen stays.
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("select[name=document]")).to_have_value("driving_licence")
    look(page, "counter")
    for check in ("name", "photo", "in_date"):
        page.locator(f"input[name=checks][value={check}]").check()
    follow(send)
    assert Evidence.objects.get().place == "本店の窓口"
    case.refresh_from_db()
    assert case.customer == customer


@EACH
def test_leave_for_a_large_file(staff_page: Page, live_portal: str, settings: LazySettings) -> None:
    settings.EXPORT_SECOND_PERSON_FROM = 2
    page, incident, other = staff_page, security.reportable(), StaffFactory()
    security.affected(incident, CustomerFactory(email=""), CustomerFactory(email=""))
    page.goto(live_portal + reverse("admin:consent_app_exportorder_ask", args=["addresses", incident.pk]))
    page.locator("[name=why]").fill("印刷会社へ渡すため")
    look(page, "export-ask")
    follow(page.locator(SEND))
    order = ExportOrder.objects.get()
    look(page, "export-waiting")
    # Somebody else asked for it: now it is this person's to answer.
    ExportOrder.objects.update(asked_by=other)
    page.reload()
    look(page, "export-answer")
    follow(page.locator("button[name=answer][value=yes]"))
    order.refresh_from_db()
    assert order.approved is True
    page.goto(live_portal + reverse("admin:consent_app_exportorder_changelist"))
    look(page, "exports")
