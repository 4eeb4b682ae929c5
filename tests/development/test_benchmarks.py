"""The benchmarks still run: each at a size that takes a moment, without looking at its figures."""

import pytest

from benchmarks import data, plans, queue
from consent_app.models import Customer, CustomerRecord
from requests_app.models import DisclosureRequest, Party, RequestEvent

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
