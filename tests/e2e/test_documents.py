"""Documents in a browser: a photo is chosen, looked at and sent; staff cover a part of it with the mouse and judge."""

import os
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from privacy_portal.core.models import User
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Evidence, EvidenceRequest, Party
from requests_app.services import identity
from tests.factories import evidence
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor, sign_in_by_code
from tests.factories.requests import PartyFactory, RequestFactory
from tests.support.browser import follow

from .axe import assert_accessible

pytestmark = pytest.mark.django_db(transaction=True)


def context_of(browser: Browser, client: Client, address: str, language: str, width: int) -> BrowserContext:
    name = settings.SESSION_COOKIE_NAME
    context = browser.new_context(
        locale=language, viewport={"width": width, "height": 900}, has_touch=width < 600, is_mobile=width < 600
    )
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}])
    return context


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def agents_case(db: None) -> DisclosureRequest:
    OperatorFactory(channels=["portal", "letter"])
    RequestRuleFactory()
    catalogue()
    case = RequestFactory.waiting_for_identity(role="mandated_agent")
    PartyFactory(request=case, kind=Party.Kind.AGENT, family_name="代理", given_name="人子")
    EvidenceRequest.objects.create(request=case, proofs=["principal", "agent", "authority", "seal"])
    return case


@pytest.mark.parametrize(("language", "width"), list(product(["ja", "en"], [390])))
def test_sending_from_a_telephone(
    browser: Browser,
    live_portal: str,
    client: Client,
    agents_case: DisclosureRequest,
    tmp_path: Path,
    language: str,
    width: int,
) -> None:
    assert agents_case.applicant is not None
    sign_in_by_code(client, agents_case.applicant)
    photo = tmp_path / "licence.jpg"
    photo.write_bytes(evidence.picture((1200, 800)))
    context = context_of(browser, client, live_portal, language, width)
    page = context.new_page()
    page.goto(f"{live_portal}/requests/{agents_case.receipt_number}/documents/")
    assert_accessible(page)
    fits(page, width)
    shoot(page, f"documents-{language}-{width}")
    with page.expect_navigation():
        page.locator(".pp-tasks a").first.click()
    page.locator("summary").nth(1).click()
    expect(page.locator("figure img").nth(1)).to_be_visible()
    expect(page.locator("#div_id_photo")).to_be_visible()
    assert_accessible(page)
    fits(page, width)
    shoot(page, f"document-add-{language}-{width}")
    page.locator("label[for=id_document_0]").click()
    page.locator("input[name=copies]").set_input_files(photo)
    with page.expect_navigation():
        page.locator("main form button[type=submit]").click()
    stored = page.locator(".pp-doc-pages img")
    expect(stored).to_be_visible()
    assert stored.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200
    assert_accessible(page)
    fits(page, width)
    shoot(page, f"documents-chosen-{language}-{width}")
    with page.expect_navigation():
        page.locator("main .btn-primary").click()
    expect(page.locator("main")).to_contain_text(agents_case.receipt_number)
    agents_case.refresh_from_db()
    assert agents_case.status == Status.IDENTITY_REVIEW
    assert Evidence.objects.get().state == "given"
    context.close()


@pytest.mark.parametrize(("language", "width"), [("ja", 1280), ("en", 390)])
def test_an_agent_who_asks_for_two_things_sends_the_documents_once(
    browser: Browser,
    live_portal: str,
    client: Client,
    agents_case: DisclosureRequest,
    tmp_path: Path,
    language: str,
    width: int,
) -> None:
    RequestRuleFactory(request_type="purpose_notice", fee="none", fee_yen=None)
    person = agents_case.applicant
    assert person is not None
    sign_in_by_code(client, person)
    photo = tmp_path / "card.jpg"
    photo.write_bytes(evidence.picture())
    context = context_of(browser, client, live_portal, language, width)
    page = context.new_page()
    page.goto(f"{live_portal}/requests/new/disclosure/who/")
    page.locator("summary").first.click()
    expect(page.locator("details li")).to_have_count(7)
    assert_accessible(page)
    fits(page, width)
    shoot(page, f"who-{language}-{width}")
    page.goto(f"{live_portal}/requests/{agents_case.receipt_number}/received/")
    page.locator("select[name=request_type]").select_option("purpose_notice")
    follow(page.locator("form:has(select[name=request_type]) button[type=submit]"))
    while "/check/" not in page.url:
        follow(page.locator("main form .btn-primary"))
    follow(page.locator("main form .btn-primary"))
    second = DisclosureRequest.objects.get(request_type="purpose_notice")
    assert second.requester == "mandated"
    identity.verify(request_id=second.pk, now=timezone.now())
    page.goto(f"{live_portal}/requests/{second.receipt_number}/documents/")
    expect(page.locator("main")).to_contain_text(agents_case.receipt_number)
    assert_accessible(page)
    fits(page, width)
    shoot(page, f"documents-together-{language}-{width}")
    follow(page.locator(".pp-tasks a").first)
    page.locator("label[for=id_document_0]").click()
    page.locator("input[name=copies]").set_input_files(photo)
    follow(page.locator("main form button[type=submit]"))
    follow(page.locator("main .btn-primary"))
    for case in (agents_case, second):
        case.refresh_from_db()
        assert (case.status, case.evidence.get().state) == (Status.IDENTITY_REVIEW, "given")
    context.close()


@pytest.mark.parametrize(("language", "width"), [("ja", 1280), ("en", 390)])
def test_looking_and_covering(
    browser: Browser, live_portal: str, client: Client, agents_case: DisclosureRequest, language: str, width: int
) -> None:
    staff: User = StaffFactory(display_name="佐藤花")
    pass_second_factor(client, staff)
    row = evidence.given(agents_case)
    context = context_of(browser, client, live_portal, language, width)
    page = context.new_page()
    case = f"{live_portal}/admin/requests_app/disclosurerequest/{agents_case.pk}"
    page.goto(f"{case}/evidence/{row.pk}/")
    picture = page.locator(".pp-paper img")
    expect(picture).to_be_visible()
    page.locator(".pp-cover summary").click()
    paper = picture.bounding_box()
    assert paper is not None
    if width > 600:
        page.mouse.move(paper["x"] + paper["width"] * 0.7, paper["y"] + paper["height"] * 0.2)
        page.mouse.down()
        page.mouse.move(paper["x"] + paper["width"] * 0.9, paper["y"] + paper["height"] * 0.6, steps=4)
        page.mouse.up()
    else:
        for side, value in {"left": "70", "top": "20", "width": "20", "height": "40"}.items():
            page.locator(f"[data-box] [data-side={side}]").first.fill(value)
    expect(page.locator(".pp-paper span")).to_be_visible()
    assert_accessible(page, within=".pp")
    fits(page, width)
    shoot(page, f"evidence-{language}-{width}")
    with page.expect_navigation():
        page.locator(".pp-cover button[type=submit]").click()
    expect(picture).to_be_visible()
    assert row.pages.get().masked_by == staff
    shoot(page, f"evidence-covered-{language}-{width}")
    for address in (f"{case}/evidence/add/", f"{case}/change/"):
        page.goto(address)
        assert_accessible(page, within=".pp")
        fits(page, width)
        shoot(page, f"{address.rstrip('/').rsplit('/', 1)[-1]}-{language}-{width}")
    DisclosureRequest.objects.filter(pk=agents_case.pk).update(status=Status.IDENTITY_REVIEW)
    page.goto(f"{case}/documents/")
    assert_accessible(page, within=".pp")
    fits(page, width)
    shoot(page, f"ask-documents-{language}-{width}")
    context.close()
