"""Incidents and the registers of security in a browser: nothing for axe-core to find, wide and narrow."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from consent_app.services.profiles import load_profile, read_profile
from tests.e2e.axe import assert_accessible
from tests.factories.consent import CustomerFactory, RecipientFactory
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.security import action, affected, finding, incident, notice, reportable, today

OURS = ".pp"


def looked_at(page: Page, address: str, *, within: str = OURS) -> None:
    page.goto(address)
    assert_accessible(page, within=within)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width", "scheme"), [("ja-JP", 1280, "light"), ("en-US", 390, "dark")])
def test_pages(live_portal: str, browser: Browser, language: str, width: int, scheme: str) -> None:
    load_profile(profile=read_profile("cleng"), actor="command")
    row = reportable(title="注文確認メールの誤送信", days_ago=4, cause="")
    affected(row, CustomerFactory(), CustomerFactory(email=""), RecipientFactory().record.customer)
    open_question = incident(title="ノートパソコンの紛失")
    draft = notice(row)
    closed = action(
        source="audit",
        finding=finding(),
        request_number="",
        done_on=today(-9),
        checked_on=today(-1),
        effective=False,
    )
    manager = EnrolledStaffFactory(language=language[:2])
    client = Client()
    pass_second_factor(client, manager)
    context = browser.new_context(
        locale=language,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )

    def at(model: str, name: str, *args: object) -> str:
        return live_portal + reverse(f"admin:consent_app_{model}_{name}", args=args)

    try:
        context.add_cookies(
            [{"name": name, "value": cookie.value, "url": live_portal} for name, cookie in client.cookies.items()]
        )
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        for each in (row, open_question):
            looked_at(page, at("incident", "change", each.pk))
            assert page.locator("svg.pp-clock circle").count() == 4
        for name in ("report", "sheet", "choose", "persons"):
            looked_at(page, at("incident", name, row.pk))
        looked_at(page, at("incidentnotice", "change", draft.pk))
        looked_at(page, at("incidentnotice", "send", draft.pk))
        looked_at(page, at("correctiveaction", "change", closed.pk))
        for model in ("incident", "measure", "department", "securityaudit", "correctiveaction", "reviewevent"):
            page.goto(at(model, "changelist"))
            assert page.locator("#result_list tbody tr").count() >= 1
            page.goto(at(model, "add"))
            assert page.locator("form").count() >= 1
        assert errors == []
    finally:
        context.close()


@pytest.mark.django_db(transaction=True)
def test_the_report_alone_goes_on_paper(live_portal: str, browser: Browser) -> None:
    load_profile(profile=read_profile("cleng"), actor="command")
    row = reportable(title="誤送信", known_at=datetime.datetime(2026, 11, 2, 1, 0, tzinfo=datetime.UTC))
    client = Client()
    pass_second_factor(client, EnrolledStaffFactory())
    context = browser.new_context(locale="ja-JP")
    try:
        context.add_cookies(
            [{"name": name, "value": cookie.value, "url": live_portal} for name, cookie in client.cookies.items()]
        )
        page = context.new_page()
        page.goto(live_portal + reverse("admin:consent_app_incident_sheet", args=[row.pk]))
        page.emulate_media(media="print")
        expect(page.locator(".pp-sheet h1")).to_be_visible()
        expect(page.locator(".pp-crumbs")).to_be_hidden()
        assert page.locator(".pp-sheet-items li").count() == 9
    finally:
        context.close()
