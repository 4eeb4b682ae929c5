"""The first page and the one that helps to choose."""

import re

import pytest
from django.test import Client

from consent_app.models import RequestRule
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.portal.home import GROUPS
from requests_app.portal.offers import offers
from requests_app.portal.situations import SITUATIONS
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture
def rules() -> None:
    OperatorFactory()
    catalogue()
    for code in REQUEST_TYPES:
        RequestRuleFactory(request_type=code)


def links(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.findall(r'href="/requests/new/([a-z_]+)/"', main)


def test_every_type_is_in_one_group_and_in_a_situation_that_exists() -> None:
    grouped = [code for _title, codes in GROUPS for code in codes]
    assert sorted(grouped) == sorted(REQUEST_TYPES)
    assert {code for situation in SITUATIONS for code in situation.types} <= set(REQUEST_TYPES)


@pytest.mark.usefixtures("rules")
def test_the_first_page_has_one_line_for_each_offer(client: Client) -> None:
    found = links(client, "/")
    assert sorted(found) == sorted(offer.type.code for offer in offers())
    assert len(found) == len(set(found))


@pytest.mark.usefixtures("rules")
def test_what_is_not_offered_is_in_neither_page_and_an_empty_group_is_left_out(client: Client) -> None:
    RequestRule.objects.filter(request_type__in=["complaint", "inquiry", "stop_use"]).update(offered=False)
    assert "苦情を伝える・質問する" not in client.get("/").content.decode()
    for address in ("/", "/help/"):
        assert not {"complaint", "inquiry", "stop_use"} & set(links(client, address))


@pytest.mark.usefixtures("rules")
def test_costs_are_in_a_fold_out(client: Client) -> None:
    RequestRule.objects.filter(request_type="disclosure").update(fee="fixed", fee_yen=1100)
    page = client.get("/").content.decode()
    assert "1,100円" in page.partition("<details")[2].partition("</details>")[0]


@pytest.mark.usefixtures("rules")
def test_a_situation_leads_to_what_helps(client: Client) -> None:
    page = client.get("/help/").content.decode()
    refused = page.partition("断ったのに、案内が届く")[2].partition("</details>")[0]
    assert 'href="/consents/"' in refused
    assert 'href="/requests/new/stop_use/"' in refused
    leaked = page.partition("漏れたのではないか")[2].partition("</details>")[0]
    assert 'href="/requests/new/inquiry/"' in leaked


def test_without_offers_help_still_leads_somewhere(client: Client) -> None:
    OperatorFactory()
    page = client.get("/help/").content.decode()
    assert "知らない会社から" not in page
    assert 'href="/registered/"' in page
    assert 'href="/contact/"' in page
