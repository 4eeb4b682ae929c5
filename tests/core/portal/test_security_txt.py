"""The file that says where a weakness is reported (RFC 9116)."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from privacy_portal.core.checks import security_contact
from privacy_portal.core.portal.security_txt import contact_uri

pytestmark = pytest.mark.django_db
ADDRESS = "/.well-known/security.txt"


def test_it_names_contact_end_languages_and_its_own_address(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT = "security@shop.example"
    settings.PORTAL_URL = "https://privacy.shop.example"
    with time_machine.travel(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), tick=False):
        response = client.get(ADDRESS)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode().splitlines() == [
        "Contact: mailto:security@shop.example",
        "Expires: 2027-05-21T00:00:00Z",
        "Preferred-Languages: ja, en",
        "Canonical: https://privacy.shop.example/.well-known/security.txt",
    ]
    assert client.post(ADDRESS).status_code == 405


def test_without_a_contact_there_is_no_file(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT = " "
    assert client.get(ADDRESS).status_code == 404


@pytest.mark.parametrize("contact", ["mailto:a@b.example", "https://shop.example/report", "tel:+81-50-0000-0000"])
def test_an_address_that_is_one_stays(contact: str) -> None:
    assert contact_uri(contact) == contact


@pytest.mark.parametrize("contact", ["shop.example/report", "http://shop.example/", "a@b.example\nContact: x", "a b@c"])
def test_what_is_no_address_is_told_when_the_product_starts(contact: str, settings: Settings) -> None:
    settings.SECURITY_CONTACT = contact
    assert [error.id for error in security_contact(None)] == ["core.E004"]


def test_a_right_one_and_none_pass_the_check(settings: Settings) -> None:
    for contact in ("", "security@shop.example"):
        settings.SECURITY_CONTACT = contact
        assert security_contact(None) == []
