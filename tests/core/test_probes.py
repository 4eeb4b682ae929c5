"""What a load balancer asks, and that nothing else comes in between."""

import logging
import os
import subprocess
import sys

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.core import UserFactory, sign_in_by_code
from tests.support.worker import ROOT

pytestmark = pytest.mark.django_db

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.mark.parametrize(("path", "body"), [("/healthz", {"status": "alive"}), ("/readyz", {"status": "ready"})])
def test_all_is_well(client: Client, path: str, body: dict[str, str]) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, body)
    assert response["Cache-Control"] == "no-store"
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_needs_no_name_no_tls_and_gets_no_cookie(client: Client, settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/contact/").status_code == 301
    response = client.get(path, headers={"host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert not response.cookies
    assert set(response.headers) == {"Content-Type", "Cache-Control"}


@pytest.mark.parametrize(("path", "statements"), [("/healthz", 0), ("/readyz", 2)])
def test_a_session_is_not_opened(client: Client, path: str, statements: int) -> None:
    sign_in_by_code(client, UserFactory())
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    assert len(queries) == statements


def test_probes_are_not_counted(client: Client, settings) -> None:
    settings.REDIS_URL = NOWHERE
    assert {client.get("/healthz").status_code for _ in range(100)} == {200}


def test_redis_is_named(client: Client, settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = NOWHERE
    with caplog.at_level(logging.WARNING):
        response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "not ready", "failed": ["redis"]})
    assert "Not ready: redis" in caplog.text
    assert NOWHERE not in caplog.text


def test_a_missing_migration_is_named(client: Client) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="core").latest("pk")
    newest.delete()
    response = client.get("/readyz")
    assert (response.status_code, response.json()["failed"]) == (503, ["migrations"])


def test_a_database_that_nobody_migrated_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO elsewhere")
    assert client.get("/readyz").json()["failed"] == ["migrations"]


def test_a_database_that_is_away_is_named_and_nothing_of_its_address() -> None:
    """In a process of its own, with a password that must not show."""
    look = "import django; django.setup(); from django.test import Client; r = Client().get('/readyz');"
    done = subprocess.run(
        [sys.executable, "-c", look + "print(r.status_code, r.content.decode())"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgres://role:s3cret@127.0.0.1:1/portal", "REDIS_URL": NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == '503 {"status": "not ready", "failed": ["database", "redis"]}', done.stderr
    assert "s3cret" not in done.stdout + done.stderr
