"""The address of a list takes what its filters offer: what is masked cannot be found out by asking for it."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from tests.core.test_admin import make_mail
from tests.factories.consent import CustomerFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.support.looks import ClientWithReasons

# Of the product's own models; the groups are Django's and hold names of roles.
LISTS = [(model, model_admin) for model, model_admin in admin.site._registry.items() if model._meta.app_label != "auth"]


@pytest.mark.django_db
def test_no_list_takes_a_lookup_that_it_does_not_offer() -> None:
    request = RequestFactory().get("/admin/")
    request.user = StaffFactory()
    assert LISTS
    for model, model_admin in LISTS:
        for field in model._meta.get_fields():
            for ending in ("__startswith", "__contains", "__icontains", "__regex", "__email__startswith"):
                assert not model_admin.lookup_allowed(f"{field.name}{ending}", "vic", request), (model, field.name)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["email__startswith=vic", "email=victim@post.example", "birth_date=1985-04-03"])
def test_a_customer_cannot_be_probed(client: Client, query: str) -> None:
    CustomerFactory(email="victim@post.example")
    pass_second_factor(client, StaffFactory())
    assert client.get(f"/admin/consent_app/customer/?{query}").status_code == 400


@pytest.mark.django_db
def test_offered_filters_still_work(client: Client) -> None:
    pass_second_factor(client, StaffFactory())
    for address in (
        "consent_app/customer/?status__exact=active",
        "consent_app/customer/?user__isempty=1",
        "consent_app/customer/?source=base",
        "consent_app/provision/?provided_on__year=2026&provided_on__month=11",
        "requests_app/disclosurerequest/?queue=decide&status=in_review",
        "core/auditentry/?action=mail.retried",
    ):
        assert client.get(f"/admin/{address}").status_code == 200, address


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "no key", "\x00", "9" * 400])
def test_a_key_that_is_none_is_refused_and_breaks_nothing(client: Client, key: str) -> None:
    mail = make_mail()
    pass_second_factor(client, StaffFactory())
    posted = {"action": "retry_selected", "_selected_action": [str(mail.pk), key]}
    assert client.post("/admin/core/outgoingmail/", posted).status_code == 400


@pytest.mark.django_db
def test_a_form_that_claims_thousands_of_rows_is_not_believed(client: Client) -> None:
    pass_second_factor(client, StaffFactory())
    claimed = {"findings-TOTAL_FORMS": "100000", "findings-INITIAL_FORMS": "0"}
    page = client.post("/admin/consent_app/securityaudit/add/", claimed).content.decode()
    assert 'name="findings-99-text"' in page
    assert 'name="findings-100-text"' not in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "no_such", "password"])
def test_an_object_is_looked_up_by_no_field_that_the_address_names(name: str) -> None:
    client = ClientWithReasons()
    pass_second_factor(client, StaffFactory())
    for page in ("change/", "history/", "delete/"):
        address = f"/admin/consent_app/customer/{CustomerFactory().pk}/{page}?_to_field={name}"
        assert client.get(address).status_code in (400, 403, 404) or page == "history/"
    assert client.post("/admin/consent_app/tracker/add/", {"_to_field": name}).status_code == 400
