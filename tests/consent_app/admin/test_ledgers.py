"""The pages of the ledgers: masked, searched by post, each look recorded, mended only by a counter-entry."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from consent_app.models import LedgerReversal, Provision, ReceivedProvision, RefusedProvision
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import (
    CustomerFactory,
    DataItemFactory,
    ProvisionBasisFactory,
    ProvisionFactory,
    ReceivedProvisionFactory,
    RefusedProvisionFactory,
)

pytestmark = pytest.mark.django_db

FACTORIES: dict[Any, Any] = {
    Provision: ProvisionFactory,
    ReceivedProvision: ReceivedProvisionFactory,
    RefusedProvision: RefusedProvisionFactory,
}
LEDGERS = list(FACTORIES)
RECORDS = [Provision, ReceivedProvision]


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_{model._meta.model_name}_{page}", args=args)


def name(model: Any) -> str:
    return str(model.__name__)


@pytest.mark.parametrize("model", LEDGERS, ids=name)
def test_the_list_masks_the_person(model: Any, manager_client: Client) -> None:
    FACTORIES[model]()
    html = manager_client.get(url(model, "changelist")).content.decode()
    assert "髙●●●" in html
    assert "花子" not in html


@pytest.mark.parametrize("model", LEDGERS, ids=name)
def test_permission_to_view(model: Any, staff_client: Callable[..., Client]) -> None:
    row = FACTORIES[model]()
    pages = [url(model, "changelist"), url(model, "change", row.pk)]
    may, may_not = staff_client(f"view_{model._meta.model_name}"), staff_client("view_customer")
    assert [may.get(page).status_code for page in pages] == [200, 200]
    assert [may_not.get(page).status_code for page in pages] == [403, 403]


@pytest.mark.parametrize("model", LEDGERS, ids=name)
def test_nobody_changes_a_record(model: Any, manager_client: Client) -> None:
    row = FACTORIES[model]()
    assert manager_client.get(url(model, "add")).status_code == 403
    assert manager_client.post(url(model, "change", row.pk), {"items": "x"}).status_code == 403
    assert manager_client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("model", "subject"), [(Provision, "provision"), (ReceivedProvision, "received")])
def test_the_page_names_the_person_and_records_the_look(model: Any, subject: str, manager_client: Client) -> None:
    row = FACTORIES[model]()
    assert "花子" in manager_client.get(url(model, "change", row.pk)).content.decode()
    assert AuditEntry.objects.get(action=f"{subject}.viewed").object_id == str(row.pk)


@pytest.mark.parametrize("model", LEDGERS, ids=name)
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("髙橋花子", 1),
        ("高橋", 1),
        ("たかはし", 1),
        ("例の", 1),
        ("customer@shop.example", 1),
        ("どこにも", 0),
    ],
)
def test_search_by_person_and_by_party(model: Any, words: str, found: int, manager_client: Client) -> None:
    person = CustomerFactory(email="customer@shop.example", telephone="")
    other = CustomerFactory(family_name="別", given_name="人", family_kana="ベツ", email="x@shop.example", telephone="")
    FACTORIES[model](customer=person)
    party = "provider_name" if model is ReceivedProvision else "recipient_name"
    FACTORIES[model](customer=other, **{party: "ほかの相手"})
    response = manager_client.post(url(model, "changelist"), {"words": words}, follow=True)
    assert response.context["cl"].result_count == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ground=27(1)", 1),
        ("ground=none", 1),
        ("standing=standing", 2),
        ("standing=concern", 1),
        ("standing=reversed", 1),
        ("item=email", 1),
        ("item=telephone", 0),
        ("historic__exact=0", 0),
    ],
)
def test_filters_of_provisions(query: str, found: int, manager_client: Client) -> None:
    DataItemFactory(code="email")
    ProvisionFactory(items=["email"])
    ProvisionFactory(ground="", concerns=["no_ground"])
    taken_back = ProvisionFactory(basis=ProvisionBasisFactory(article="27(1)i"))
    LedgerReversal.objects.create(provision=taken_back, reason="誤り")
    response = manager_client.get(f"{url(Provision, 'changelist')}?{query}")
    assert response.context["cl"].result_count == found


def test_what_is_wrong_with_a_provision_is_told(manager_client: Client) -> None:
    row = ProvisionFactory(concerns=["consent_withdrawn", "of_an_earlier_version"])
    html = manager_client.get(url(Provision, "change", row.pk)).content.decode()
    assert "法第35条第3項" in html
    assert "ご本人が同意を取り下げています。" in html
    assert "of_an_earlier_version" in html


@pytest.mark.parametrize("model", RECORDS, ids=name)
def test_taken_back_with_a_reason(model: Any, manager_client: Client, staff_client: Callable[..., Client]) -> None:
    row = FACTORIES[model]()
    address = url(model, "reverse", row.pk)
    clerk = staff_client(f"view_{model._meta.model_name}")
    assert clerk.post(address, {"reason": "誤り"}).status_code == 403
    assert AuditEntry.objects.filter(action="provisions.denied").count() == 1
    assert "取り消す理由を入れてください。" in manager_client.post(address, {"reason": " "}).content.decode()
    assert not LedgerReversal.objects.exists()
    response = manager_client.post(address, {"reason": "別人の記録だった"}, follow=True)
    assert "別人の記録だった" in response.content.decode()
    assert "もう取り消されています" in manager_client.post(address, {"reason": "また"}).content.decode()
    assert manager_client.get(url(model, "reverse", "00000000-0000-0000-0000-000000000000")).status_code == 404


def test_the_cases_that_need_no_record_are_said(manager_client: Client) -> None:
    html = manager_client.get(url(Provision, "changelist")).content.decode()
    assert "法第27条第5項各号" in html
    assert "ご本人に代わって渡したとき" in html


@pytest.mark.parametrize(("model", "queries"), [(Provision, 8), (ReceivedProvision, 7), (RefusedProvision, 8)])
def test_number_of_queries_does_not_grow(
    model: Any, queries: int, manager_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    DataItemFactory(code="email")
    factory = FACTORIES[model]
    factory(items=["name", "email"])
    manager_client.get(url(model, "changelist"))
    with django_assert_num_queries(queries):
        manager_client.get(url(model, "changelist"))
    factory.create_batch(29, items=["email"])
    with django_assert_num_queries(queries):
        assert manager_client.get(url(model, "changelist")).context["cl"].result_count == 30
