"""The registers' pages in the admin: readable with permission, never editable, and cheap to list."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consent_app.models import (
    Consent,
    DataItem,
    Operator,
    Provision,
    ProvisionBasis,
    Purpose,
    RefusalGround,
    RequestRule,
    Subcontractor,
)
from consent_app.services.profiles import load_profile, read_profile
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    DataItemFactory,
    ProvisionFactory,
    PurposeFactory,
    SubcontractorFactory,
)

pytestmark = pytest.mark.django_db

PROFILE_MODELS = [Operator, RequestRule, DataItem, Purpose, ProvisionBasis, RefusalGround, Subcontractor]
MODELS = [*PROFILE_MODELS, Consent, Provision]


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def rokusho() -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")
    customer = CustomerFactory()
    ConsentFactory(customer=customer, purpose=Purpose.objects.get(code="newsletter"))
    ProvisionFactory(customer=customer, basis=ProvisionBasis.objects.get(code="consent"), items=["name"])


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_and_pages_open_with_the_permission_to_view(model: Any, staff_client: Callable[..., Client]) -> None:
    client = staff_client(f"view_{model._meta.model_name}")
    row = model._default_manager.first()
    assert client.get(url(model, "changelist")).status_code == 200
    assert client.get(url(model, "change", row.pk)).status_code == 200


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_opens_without_the_permission(model: Any, staff_client: Callable[..., Client]) -> None:
    client = staff_client("view_customer")
    row = model._default_manager.first()
    assert client.get(url(model, "changelist")).status_code == 403
    assert client.get(url(model, "change", row.pk)).status_code == 403


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nobody_changes_a_register_by_hand(model: Any, manager_client: Client) -> None:
    row = model._default_manager.first()
    assert manager_client.get(url(model, "add")).status_code == 403
    assert manager_client.post(url(model, "change", row.pk), {"code": "changed"}).status_code == 403
    assert manager_client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    manager_client.post(
        url(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "index": 0}
    )
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize("model", PROFILE_MODELS, ids=lambda model: model.__name__)
def test_a_register_of_the_profile_says_where_it_is_changed(model: Any, manager_client: Client) -> None:
    row = model._default_manager.first()
    for address in (url(model, "changelist"), url(model, "change", row.pk)):
        assert "load_profile" in manager_client.get(address).content.decode()


@pytest.mark.usefixtures("rokusho")
def test_what_is_no_statutory_basis_warns(manager_client: Client) -> None:
    html = manager_client.get(url(ProvisionBasis, "changelist")).content.decode()
    assert html.count("別の根拠が必要") == 2
    assert "第27条第1項、第27条第5項第1号" in html
    assert "契約があることは、法律の定める例外ではありません。" in html


@pytest.mark.usefixtures("rokusho")
def test_the_list_of_consents_masks_the_person(manager_client: Client) -> None:
    row = Consent.objects.get()
    for address in (url(Consent, "changelist"), url(Consent, "change", row.pk)):
        html = manager_client.get(address).content.decode()
        assert "髙●●●" in html
        assert "花子" not in html


@pytest.mark.usefixtures("rokusho")
@pytest.mark.parametrize(
    ("model", "search", "found"),
    [
        (DataItem, "email", 1),
        (Purpose, "メールマガジン", 2),
        (ProvisionBasis, "27(5)", 1),
        (RefusalGround, "著しい", 1),
        (Subcontractor, "配送", 1),
    ],
)
def test_search(model: Any, search: str, found: int, manager_client: Client) -> None:
    response = manager_client.get(url(model, "changelist"), {"q": search})
    assert response.context["cl"].result_count == found


def _grow(model: Any, number: int) -> None:
    items = [DataItemFactory(), DataItemFactory()]
    for _ in range(number):
        if model is Purpose:
            PurposeFactory(items=items)
        elif model is Subcontractor:
            SubcontractorFactory(items=items)
        else:
            ConsentFactory()


@pytest.mark.parametrize(
    ("model", "queries"),
    [(Purpose, 6), (Subcontractor, 7), (Consent, 5)],
    ids=["purposes", "subcontractors", "consents"],
)
def test_number_of_queries_does_not_grow(
    model: Any, queries: int, manager_client: Client, django_assert_num_queries: Any
) -> None:
    _grow(model, 1)
    manager_client.get(url(model, "changelist"))
    with django_assert_num_queries(queries):
        manager_client.get(url(model, "changelist"))
    _grow(model, 29)
    with django_assert_num_queries(queries):
        assert manager_client.get(url(model, "changelist")).context["cl"].result_count == 30
