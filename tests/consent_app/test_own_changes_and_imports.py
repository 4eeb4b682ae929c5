"""What a person changed themself and a later file says otherwise (docs/decisions/own-changes-and-imports.md)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consent_app.models import Customer, CustomerChange
from consent_app.services.customer_changes import change_customer
from tests.consent_app.test_imports import eccube, load, shopify
from tests.factories.consent import OperatorFactory, catalogue
from tests.factories.requests import PersonFactory

pytestmark = pytest.mark.django_db

OLD = {"email": "a@x.example", "phone": "09011112222", "postal": "100-0001", "address": "千代田区例町1-1"}


@pytest.fixture
def customer() -> Customer:
    OperatorFactory()
    catalogue()
    load(eccube(**OLD))
    return Customer.objects.get()


def problems(**changes: str) -> list[str]:
    """Import the member's row once more with changes, later than everything else; what is listed."""
    outcome = load(eccube(**{**OLD, "updated": "2030-01-01 00:00:00", **changes}))
    return [problem.code for problem in outcome.job.problems.all()]


def change(customer: Customer, channel: str = "self", **values: dict[str, str]) -> None:
    change_customer(
        customer=customer,
        values=values,
        actor=PersonFactory(),
        channel=channel,
        reference="R-1" if channel == "request" else "",
        now=timezone.now() - timedelta(minutes=1),
    )


@pytest.mark.parametrize("channel", ["self", "staff", "request"])
def test_a_file_with_the_old_value_is_listed_and_brings_only_the_rest(customer: Customer, channel: str) -> None:
    change(customer, channel, address={"address1": "港区例町9-9"})
    assert problems(phone="09033334444") == ["kept_correction"]
    customer.refresh_from_db()
    assert (customer.address1, customer.telephone) == ("港区例町9-9", "+819033334444")
    assert customer.origins["address"]["source"] == channel


def test_a_value_that_is_new_to_both_is_listed_too(customer: Customer) -> None:
    change(customer, address={"address1": "港区例町9-9"})
    assert problems(address="渋谷区例町5-5") == ["kept_correction"]
    customer.refresh_from_db()
    assert customer.address1 == "港区例町9-9"


def test_another_shop_does_not_change_it_back_either(customer: Customer) -> None:
    change(customer, telephone={"telephone": "09055556666"})
    outcome = load(shopify(given="花子", family="高橋", email="a@x.example", phone="'+819011112222"))
    assert [problem.code for problem in outcome.job.problems.all()] == ["kept_correction"]
    customer.refresh_from_db()
    assert customer.telephone == "+819055556666"


def test_what_was_taken_away_is_not_filled_again(customer: Customer) -> None:
    change(customer, telephone={"telephone": ""})
    assert problems() == ["kept_correction"]
    customer.refresh_from_db()
    assert customer.telephone == ""


def test_a_file_that_agrees_by_now_is_no_conflict(customer: Customer) -> None:
    change(customer, address={"address1": "港区例町9-9"})
    assert problems(address="港区例町９丁目９") == []
    customer.refresh_from_db()
    assert (customer.address1, customer.origins["address"]["source"]) == ("港区例町9-9", "self")


def test_the_mail_address_stays_and_the_row_still_finds_its_customer(customer: Customer) -> None:
    change(customer, email={"email": "b@x.example"})
    assert problems(phone="09033334444") == ["kept_correction"]
    customer = Customer.objects.get()
    assert (customer.email, customer.telephone) == ("b@x.example", "+819033334444")


def test_an_import_writes_no_history(customer: Customer) -> None:
    problems(phone="09033334444")
    assert not CustomerChange.objects.exists()
