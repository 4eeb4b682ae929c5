"""Recording, linking and verifying the audit trail."""

import datetime
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from privacy_portal.core import audit_registry
from privacy_portal.core.audit_registry import UnregisteredAction, words
from privacy_portal.core.models import AuditEntry, AuditLink, AuditPending, OutgoingMail, User
from privacy_portal.core.request_id import current_request_id
from privacy_portal.core.services import audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def action() -> Iterator[str]:
    audit_registry.register(
        "test.done",
        "試した",
        count=int,
        final=bool,
        other=uuid.UUID,
        day=datetime.date,
        state=words(OutgoingMail.State),
        fields=[words(["name", "kana"])],
    )
    yield "test.done"
    del audit_registry._actions["test.done"]


@contextmanager
def owner_of_the_tables() -> Iterator[None]:
    """Somebody whom the triggers cannot stop, because the tables are theirs; foreign keys are dropped as well."""
    tables = ["core_auditentry", "core_auditlink", "core_auditpending"]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conrelid::regclass, conname FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
            [tables],
        )
        for table, constraint in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def execute(sql: str, *values: object) -> None:
    with owner_of_the_tables(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def record_some(count: int) -> list[AuditEntry]:
    return [audit.record(action="file.erased", actor="worker") for _ in range(count)]


class TestRecord:
    def test_account_object_and_request_are_referred_to(self, action: str) -> None:
        user = User.objects.create_user("a@shop.example")
        token = current_request_id.set("abc-123")
        try:
            entry = audit.record(action=action, actor=user, obj=user)
        finally:
            current_request_id.reset(token)
        entry.refresh_from_db()
        assert (entry.actor, entry.object_type, entry.object_id, entry.request_id) == (
            f"user:{user.pk}",
            "core.user",
            str(user.pk),
            "abc-123",
        )
        assert audit.actor_user_id(entry) == user.pk

    @pytest.mark.parametrize("actor", ["worker", "anonymous", "command", AnonymousUser()])
    def test_actors_without_an_account(self, action: str, actor: audit.Actor) -> None:
        entry = audit.record(action=action, actor=actor)
        assert entry.actor == ("anonymous" if isinstance(actor, AnonymousUser) else actor)
        assert audit.actor_user_id(entry) is None

    def test_any_other_actor_is_a_mistake(self, action: str) -> None:
        with pytest.raises(ValueError, match="actor"):
            audit.record(action=action, actor="yamada")  # type: ignore[arg-type]

    def test_unregistered_action_is_a_mistake(self) -> None:
        with pytest.raises(UnregisteredAction):
            audit.record(action="no.such", actor="worker")

    def test_registered_details_are_kept(self, action: str) -> None:
        other, day = uuid.uuid4(), datetime.date(2026, 11, 22)
        detail = {
            "count": 3,
            "final": True,
            "other": other,
            "day": day,
            "state": OutgoingMail.State.SENT,
            "fields": ["kana"],
        }
        entry = audit.record(action=action, actor="worker", detail=detail)
        entry.refresh_from_db()
        expected = {
            "count": 3,
            "final": True,
            "other": str(other),
            "day": "2026-11-22",
            "state": "sent",
            "fields": ["kana"],
        }
        assert entry.detail == expected

    def test_missing_detail_is_left_out(self, action: str) -> None:
        assert audit.record(action=action, actor="worker", detail={"count": None}).detail == {}

    @pytest.mark.parametrize(
        "detail",
        [
            {"name": "山田"},
            {"count": "山田"},
            {"count": True},
            {"final": 1},
            {"state": "yamada@shop.example"},
            {"other": "not-a-uuid"},
            {"day": datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)},
            {"fields": ["name", "山田"]},
        ],
    )
    def test_anything_else_is_refused_and_not_repeated(self, action: str, detail: dict[str, object]) -> None:
        with pytest.raises(UnregisteredAction) as caught:
            audit.record(action=action, actor="worker", detail=detail)
        assert "山田" not in str(caught.value)
        assert "yamada" not in str(caught.value)

    def test_registering_twice_or_too_long_is_a_mistake(self, action: str) -> None:
        with pytest.raises(ValueError, match="twice"):
            audit_registry.register(action, "")
        with pytest.raises(ValueError, match="longer"):
            audit_registry.register("x" * 61, "")

    def test_every_registered_action_says_what_it_is(self) -> None:
        assert all(str(action.description) for action in audit_registry.all_actions())


class TestLinking:
    def test_everything_is_linked_once_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "BATCH", 3)
        record_some(8)
        assert audit.link_pending() == 8
        assert audit.link_pending() == 0
        assert list(AuditLink.objects.order_by("position").values_list("position", flat=True)) == list(range(1, 9))
        assert not AuditPending.objects.exists()
        assert audit.verify() == audit.Verification(8, bytes(AuditLink.objects.get(position=8).digest), 0, None)

    def test_digest_covers_every_column(self) -> None:
        (entry,) = record_some(1)
        before = audit.link_digest(audit.GENESIS, entry)
        changes = {
            "at": entry.at + datetime.timedelta(microseconds=1),
            "action": "mail.retried",
            "actor": "command",
            "object_type": "core.user",
            "object_id": "1",
            "request_id": "1",
            "detail": {"a": 1},
            "id": entry.pk + 1,
        }
        assert {"id", *changes} == {field.name for field in AuditEntry._meta.concrete_fields}
        for name, value in changes.items():
            original = getattr(entry, name)
            setattr(entry, name, value)
            assert audit.link_digest(audit.GENESIS, entry) != before, name
            setattr(entry, name, original)
        assert audit.link_digest(bytes([1] * 32), entry) != before
        assert audit.link_digest(audit.GENESIS, entry) == before

    def test_digest_is_the_one_that_is_documented(self) -> None:
        entry = AuditEntry(
            pk=1,
            at=datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=9))),
            action="file.erased",
            actor="worker",
        )
        assert audit.canonical_bytes(entry) == (
            b'{"action":"file.erased","actor":"worker","at":"2026-11-22T00:00:00.000000+00:00","detail":{},'
            b'"id":1,"object_id":"","object_type":"","request_id":""}'
        )

    @pytest.mark.django_db(transaction=True)
    def test_entry_that_commits_late_is_linked_too(self) -> None:
        """Its id is lower than one that has been linked already."""
        written, go_on = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                record_some(1)
                written.set()
                go_on.wait(10)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        assert written.wait(10)
        (early,) = record_some(1)
        assert audit.link_pending() == 1
        go_on.set()
        thread.join()
        assert audit.link_pending() == 1
        assert list(AuditLink.objects.order_by("position").values_list("entry_id", flat=True)) == [
            early.pk,
            early.pk - 1,
        ]
        assert audit.verify().problem is None

    @pytest.mark.django_db(transaction=True)
    def test_two_linkers_never_collide(self) -> None:
        record_some(300)
        barrier = threading.Barrier(4)
        linked: list[int] = []

        def link() -> None:
            barrier.wait(10)
            linked.append(audit.link_pending())
            connection.close()

        threads = [threading.Thread(target=link) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(linked) == 300
        assert audit.verify().links == 300


class TestTampering:
    @pytest.fixture
    def entries(self, monkeypatch: pytest.MonkeyPatch) -> list[AuditEntry]:
        monkeypatch.setattr(audit, "BATCH", 4)
        entries = record_some(10)
        audit.link_pending()
        return entries

    def test_changed_entry_is_named(self, entries: list[AuditEntry]) -> None:
        execute("UPDATE core_auditentry SET actor = 'command' WHERE id = %s", entries[5].pk)
        assert audit.verify().problem == audit.Problem("digest", 6, entries[5].pk)

    def test_changed_digest_is_named(self, entries: list[AuditEntry]) -> None:
        execute("UPDATE core_auditlink SET digest = sha256('x') WHERE position = 3")
        assert audit.verify().problem == audit.Problem("digest", 3, entries[2].pk)

    def test_deleted_entry_is_named(self, entries: list[AuditEntry]) -> None:
        execute("DELETE FROM core_auditentry WHERE id = %s", entries[4].pk)
        assert audit.verify().problem == audit.Problem("entry_missing", 5, entries[4].pk)

    def test_deleted_link_is_a_gap(self, entries: list[AuditEntry]) -> None:
        execute("DELETE FROM core_auditlink WHERE position = 8")
        assert audit.verify().problem == audit.Problem("gap", 8, None)

    def test_link_deleted_from_the_end_leaves_an_entry_that_is_not_linked(self, entries: list[AuditEntry]) -> None:
        execute("DELETE FROM core_auditlink WHERE position = 10")
        assert audit.verify().problem == audit.Problem("not_linked", None, entries[9].pk)

    def test_entry_smuggled_in_is_named(self, entries: list[AuditEntry]) -> None:
        execute(
            "INSERT INTO core_auditentry (at, action, actor, object_type, object_id, request_id, detail)"
            " VALUES (now(), 'file.erased', 'worker', '', '', '', '{}')"
        )
        problem = audit.verify().problem
        assert problem is not None
        assert problem.code == "not_linked"

    def test_end_cut_off_is_found_against_a_head_kept_elsewhere(self, entries: list[AuditEntry]) -> None:
        kept = audit.verify()
        execute("DELETE FROM core_auditlink WHERE position = 10")
        execute("DELETE FROM core_auditentry WHERE id = %s", entries[9].pk)
        assert audit.verify().problem is None
        assert audit.verify(expected=(kept.links, kept.head)).problem == audit.Problem("head", 10, None)

    def test_chain_that_was_built_again_is_found_against_a_head_kept_elsewhere(self, entries: list[AuditEntry]) -> None:
        kept = audit.verify()
        with owner_of_the_tables():
            AuditEntry.objects.filter(pk=entries[0].pk).update(actor="command")
            digest = audit.GENESIS
            for link in AuditLink.objects.order_by("position"):
                digest = audit.link_digest(digest, AuditEntry.objects.get(pk=link.entry_id))
                AuditLink.objects.filter(pk=link.pk).update(digest=digest)
        assert audit.verify().problem is None
        assert audit.verify(expected=(kept.links, kept.head)).problem == audit.Problem("head", 10, entries[9].pk)

    def test_verifying_takes_two_queries_a_page(
        self, entries: list[AuditEntry], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        # Pages of 4, 4, 2 and an empty one, then what is not linked and how many wait.
        with django_assert_num_queries(2 * 3 + 1 + 2):
            audit.verify()


class TestCommand:
    def run(self, *args: str) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        code = 0
        with translation.override("ja"):
            try:
                call_command("verify_audit", *args, stdout=out, stderr=err, no_color=True)
            except SystemExit as exit_:
                code = int(exit_.code or 0)
        return code, out.getvalue(), err.getvalue()

    def test_links_first_and_prints_a_head_that_can_be_expected_later(self) -> None:
        record_some(3)
        code, out, _err = self.run()
        assert code == 0
        assert "連鎖：3件、連鎖待ち：0件" in out
        head = out.splitlines()[-1]
        record_some(1)
        assert self.run("--expect", head)[0] == 0
        assert self.run("--expect", f"9:{head.partition(':')[2]}")[0] == 1

    def test_only_reading_says_how_many_wait(self) -> None:
        record_some(3)
        assert "連鎖：0件、連鎖待ち：3件" in self.run("--no-link")[1]

    def test_entries_that_wait_too_long_are_an_error(self) -> None:
        AuditEntry.objects.create(
            at=timezone.now() - datetime.timedelta(minutes=11), action="file.erased", actor="worker"
        )
        code, _out, err = self.run("--no-link")
        assert code == 1
        assert "1件の監査記録が10分以上" in err

    def test_first_broken_link_is_named(self) -> None:
        entries = record_some(5)
        audit.link_pending()
        for entry in entries[2:]:
            execute("UPDATE core_auditentry SET actor = 'command' WHERE id = %s", entry.pk)
        code, _out, err = self.run()
        assert code == 1
        assert f"位置3（監査記録{entries[2].pk}）" in err

    def test_empty_trail_is_whole(self) -> None:
        assert self.run()[0] == 0
