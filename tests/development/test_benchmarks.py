"""The benchmarks still run: each at a size that takes a moment, without looking at its figures."""

import pytest

from benchmarks import data, measure, plans, portal, queue, web, work
from consent_app.models import Customer, CustomerRecord
from requests_app.models import DisclosureRequest, Party, RequestEvent
from tests.support.worker import session_database_url

CUSTOMERS, REQUESTS = 60, 30


@pytest.fixture
def filled(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "OPEN", 20)
    data.fill(CUSTOMERS, REQUESTS)


@pytest.mark.usefixtures("filled")
def test_the_database_and_the_managers_pages() -> None:
    assert Customer.objects.count() == CUSTOMERS
    assert CustomerRecord.objects.count() == 5 * CUSTOMERS
    assert Party.objects.count() == DisclosureRequest.objects.count() == REQUESTS
    assert RequestEvent.objects.count() == 2 * REQUESTS + (REQUESTS - data.OPEN)
    pages = queue.pages()
    assert len(pages) == 26
    for name, call in pages.items():
        page = call().content.decode()
        assert "長" in page or not name.startswith(("requests: kana", "customers: kana")), name
    # Without an order: where tests before have left dead rows, the index of the order is cheaper than the table.
    unordered = Customer.objects.filter(company="x").order_by()
    assert plans.sequential_scans(lambda: list(unordered)) == ["consent_app_customer"]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("name", ["gate", "sweep", "audit", "package", "mail", "import"])
def test_the_work_of_workers(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    customers = Customer.objects.count()
    job, _rows = work.JOBS[name]
    job(REQUESTS)
    assert "| baseline: " in capsys.readouterr().out
    # What it wrote is taken back.
    assert Customer.objects.count() == customers


@pytest.mark.django_db(transaction=True)
def test_the_posts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(data, "OPEN", 20)
    data.fill(CUSTOMERS, REQUESTS)
    here = {"DATABASE_URL": session_database_url(), "DJANGO_SETTINGS_MODULE": "privacy_portal.settings.test"}
    web.run(posts=3, rounds=1, environ=here)
    shown = capsys.readouterr().out
    for line in ("bare view", "the same, signed in, within our middleware", "sending a request", "entering a code"):
        assert f"| {line} |" in shown


@pytest.mark.usefixtures("filled")
def test_the_portals_pages_and_how_much_they_ask() -> None:
    pages = portal.pages()
    known = ("home, stranger", "request_detail, customer", "request_review, customer", "registered, customer")
    assert pages.keys() >= {*known}
    asked = {}
    for name, call in pages.items():
        call()
        with measure.statements() as sent:
            assert call().status_code == (404 if name.startswith(portal.NO_SUCH_PAGE) else 200)
        asked[name] = len(sent)
    # Everything that is held about somebody comes from many tables.
    assert asked.pop("registered, customer") <= 16
    assert {name: number for name, number in asked.items() if number > 9} == {}
