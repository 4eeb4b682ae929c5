"""What the audit trail's tables let nobody do, whichever way it is tried."""

import uuid

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from privacy_portal.core.models import AuditEntry, AuditLink, User
from privacy_portal.core.services import audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> AuditEntry:
    entry = audit.record(action="file.erased", actor="worker")
    audit.link_pending()
    return entry


def refused(sql: str) -> None:
    with connection.cursor() as cursor:
        # TRUNCATE has its own refusal while checks are pending, which is not the one that is tested.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(sql)


@pytest.mark.parametrize("table", ["core_auditentry", "core_auditlink"])
class TestSql:
    def test_delete_is_refused(self, entry: AuditEntry, table: str) -> None:
        refused(f"DELETE FROM {table}")

    def test_truncate_is_refused(self, entry: AuditEntry, table: str) -> None:
        refused(f"TRUNCATE {table} CASCADE")


def test_update_is_refused(entry: AuditEntry) -> None:
    refused("UPDATE core_auditentry SET actor = 'worker'")
    refused("UPDATE core_auditlink SET position = 7")


def test_truncating_something_else_does_not_take_entries_along(entry: AuditEntry) -> None:
    User.objects.create_user("a@shop.example")
    refused("TRUNCATE core_auditentry, core_user CASCADE")


class TestOrm:
    def test_saving_again_is_refused(self, entry: AuditEntry) -> None:
        entry.actor = f"user:{uuid.uuid4()}"
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            entry.save()

    def test_update_is_refused(self, entry: AuditEntry) -> None:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            AuditEntry.objects.update(actor="command")

    def test_delete_is_refused(self, entry: AuditEntry) -> None:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            entry.delete()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            AuditLink.objects.all().delete()

    def test_everything_is_still_there(self, entry: AuditEntry) -> None:
        self.test_delete_is_refused(entry)
        assert AuditEntry.objects.get().pk == AuditLink.objects.get().entry_id == entry.pk


@pytest.mark.django_db(transaction=True)
def test_flush_of_the_test_runner_leaves_the_triggers_on() -> None:
    audit.record(action="file.erased", actor="worker")
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists()
    audit.record(action="file.erased", actor="worker")
    refused("TRUNCATE core_auditentry CASCADE")
