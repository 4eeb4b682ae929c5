"""Mistakes in the settings are named before anybody meets them."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from privacy_portal.core import checks


def named(host: str, options: dict[str, Any], redis: str, mail: str, objects: str = "", *, tls: bool) -> list[str]:
    settings = SimpleNamespace(
        DATABASES={"default": {"HOST": host, "OPTIONS": options}}, REDIS_URL=redis, EMAIL_HOST=mail, EMAIL_USE_TLS=tls,
        EMAIL_USE_SSL=False, FILES_S3_ENDPOINT=objects,
    )  # fmt: skip
    with patch.object(checks, "settings", settings):
        return [str(found.id) for found in checks.other_machines_are_reached_by_tls(None)]


@pytest.mark.parametrize(
    ("host", "redis", "mail"),
    [
        ("", "unix:///run/redis.sock", "localhost"),
        ("/run/postgresql", "redis://127.0.0.1:6379/0", "127.0.0.1"),
        ("postgres", "redis://:secret@redis:6379/0", "mail"),
        ("::1", "redis://[::1]:6379/0", "::1"),
    ],
)
def test_what_stays_on_this_machine_needs_none(host: str, redis: str, mail: str) -> None:
    assert named(host, {}, redis, mail, "http://objects:9000", tls=False) == []


@pytest.mark.parametrize("host", ["db.shop.example", "10.0.0.5", "2001:db8::5"])
def test_another_machine_needs_it_and_its_certificate_is_looked_at(host: str) -> None:
    there = f"[{host}]" if ":" in host else host
    clear = named(host, {"sslmode": "require"}, f"redis://{there}:6379/0", host, f"http://{there}", tls=False)
    assert clear == ["core.W001", "core.W002", "core.W003", "core.W004"]
    sealed = named(host, {"sslmode": "verify-full"}, f"rediss://{there}:6379/0", host, f"https://{there}", tls=True)
    assert sealed == []


@pytest.mark.parametrize("sender", ["privacy@shop.example", "個人情報窓口 <privacy@shop.example>"])
def test_a_sender_with_an_address(sender: str) -> None:
    with patch.object(checks, "settings", SimpleNamespace(DEFAULT_FROM_EMAIL=sender)):
        assert checks.mails_have_a_sender(None) == []


@pytest.mark.parametrize("sender", ["", "privacy", "privacy@", "Shop <privacy>"])
def test_a_sender_without_one(sender: str) -> None:
    with patch.object(checks, "settings", SimpleNamespace(DEFAULT_FROM_EMAIL=sender)):
        assert [found.id for found in checks.mails_have_a_sender(None)] == ["core.E008"]
