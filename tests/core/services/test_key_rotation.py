"""Changing the key while the product runs: nothing is lost, nothing is left, and what is missing is named."""

import base64
import os
import re
import signal
import subprocess
import sys
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test import RequestFactory as RequestFactoryOfDjango
from django.urls import reverse
from psycopg import sql

from privacy_portal.checks import encrypted, what_is_encrypted_is_listed
from privacy_portal.core.checks import keys_open_what_is_stored
from privacy_portal.core.crypto import DecryptionError, Keyring, keyring
from privacy_portal.core.middleware import MissingKeyMiddleware
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files, key_rotation
from privacy_portal.core.staff import secrets
from privacy_portal.development.encrypted_places import table
from privacy_portal.encrypted_places import PLACES
from requests_app.models import DisclosureRequest, Message, TargetExtension
from tests.factories.consent import OperatorFactory
from tests.factories.core import TOTP_SECRET, StaffFactory, pass_second_factor
from tests.factories.requests import MessageFactory, PersonFactory, RequestFactory
from tests.support.concurrency import in_thread
from tests.support.worker import ROOT, session_database_url

OLD, NEW = (f"{name}:{base64.b64encode(bytes([number] * 32)).decode()}" for name, number in (("old", 1), ("new", 2)))
WRONG = f"old:{base64.b64encode(bytes([3] * 32)).decode()}"


@pytest.fixture
def keys(settings: Any) -> Any:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    return settings


def stored(content: bytes = b"content") -> EncryptedFile:
    with files.create(name="a.txt", content_type="text/plain") as writer:
        writer.write(content)
    return writer.file


def read(pk: object) -> str:
    return Message.objects.get(pk=pk).body


def raw(message: Message) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM requests_app_message WHERE id = %s", [message.pk])
        return bytes(cursor.fetchone()[0])


def command(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("rotate_keys", *arguments, stdout=out, stderr=out, no_color=True)
    except SystemExit as error:
        return int(error.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.django_db(transaction=True)
class TestRotation:
    def test_everything_is_sealed_anew_and_the_old_key_can_go(self, keys: Any, client: Client) -> None:
        OperatorFactory()
        staff = StaffFactory()
        pass_second_factor(client, staff)
        request = RequestFactory.in_review(wanted_note="説明")
        message = MessageFactory(request=request, body="本文𠮷")
        # A table of evidence, which refuses every change.
        extension = TargetExtension.objects.create(
            request=request, from_on=date(2026, 12, 1), to_on=date(2026, 12, 8), reason="延長"
        )
        file, erased = stored(), stored()
        files.erase(file=erased, actor="worker")
        keys.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        code, said = command("--status")
        assert code == 1
        assert "鍵「old」：まだ" in said

        code, said = command()
        assert code == 0
        assert "鍵「old」：使われていません" in said
        assert set(key_rotation.used()) == {"new"}
        keys.FIELD_ENCRYPTION_KEYS = [NEW]
        assert read(message.pk) == "本文𠮷"
        assert TargetExtension.objects.get().reason == "延長"
        request.refresh_from_db()
        assert request.wanted_note == "説明"
        assert b"".join(files.open_stream(EncryptedFile.objects.get(pk=file.pk))) == b"content"
        with secrets.of(staff):
            assert secrets.unseal(staff.authenticator_set.get().data["secret"]) == TOTP_SECRET
        assert keys_open_what_is_stored(None, databases=["default"]) == []
        # The evidence refuses changes as before.
        with pytest.raises(DatabaseError), transaction.atomic():
            TargetExtension.objects.filter(pk=extension.pk).update(to_on=date(2027, 1, 1))
        # A second run finds nothing to do.
        assert key_rotation.rotate().sealed.total() == 0

    def test_a_value_that_is_written_meanwhile_wins(self, keys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        message = MessageFactory(request=RequestFactory.in_review(), body="前")
        keys.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        original, calls = key_rotation._written, []

        def slow(column: Any, changes: Any, **given: Any) -> int:
            if column.label == "requests_app.message.body" and not calls:
                calls.append(1)

                def write() -> None:
                    other = Message.objects.get(pk=message.pk)
                    other.body = "後"
                    other.save()

                in_thread(write)
            return original(column, changes, **given)

        monkeypatch.setattr(key_rotation, "_written", slow)
        key_rotation.rotate()
        assert calls
        assert read(message.pk) == "後"
        assert Keyring.key_id(raw(message)) == "new"

    def test_a_row_that_was_loaded_before_does_not_bring_the_old_key_back(self, keys: Any) -> None:
        message = MessageFactory(request=RequestFactory.in_review(), body="本文")
        stale = Message.objects.get(pk=message.pk)
        keys.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        key_rotation.rotate()
        stale.save()
        assert Keyring.key_id(raw(message)) == "new"
        assert read(message.pk) == "本文"

    def test_a_killed_run_is_taken_up_again(self, keys: Any) -> None:
        request, number = RequestFactory.in_review(), 8 * key_rotation.CHUNK
        Message.objects.bulk_create(Message(request=request, from_person=True, body=f"本文{i}") for i in range(number))
        keys.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        environment = {
            **os.environ,
            "DATABASE_URL": session_database_url(),
            "FIELD_ENCRYPTION_KEYS": f"{NEW},{OLD}",
            "PYTHONUNBUFFERED": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "rotate_keys"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("requests_app.message.body"):
                os.kill(process.pid, signal.SIGKILL)
                break
        process.stdout.close()
        assert process.wait(60) == -signal.SIGKILL
        done = key_rotation.used()["new"]["requests_app.message.body"]
        assert key_rotation.CHUNK <= done < number
        # The killed process keeps nobody out.
        assert key_rotation.rotate().sealed["requests_app.message.body"] == number - done
        keys.FIELD_ENCRYPTION_KEYS = [NEW]
        assert sorted(row.body for row in Message.objects.all()) == sorted(f"本文{i}" for i in range(number))

    def test_one_at_a_time(self, keys: Any) -> None:
        with key_rotation._alone():
            code, said = in_thread(command)
        assert code == 1
        assert "もう別のところで" in said
        assert command()[0] == 0

    def test_only_the_owner_changes_the_ciphertext_of_evidence(
        self, keys: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        TargetExtension.objects.create(
            request=RequestFactory.in_review(), from_on=date(2026, 12, 1), to_on=date(2026, 12, 8), reason="延長"
        )
        keys.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        original = key_rotation._statement

        def not_the_owner(template: str, column: Any) -> sql.Composable:
            """A table that is certainly not ours."""
            if "DISABLE" in template:
                return sql.SQL("ALTER TABLE pg_catalog.pg_class DISABLE TRIGGER USER")
            return original(template, column)

        monkeypatch.setattr(key_rotation, "_statement", not_the_owner)
        code, said = command()
        assert code == 1
        assert re.search(r"表「(requests|consent)_app_\w+」は証拠", said)
        assert key_rotation.used()["old"]["requests_app.targetextension.reason"] == 1


@pytest.mark.django_db(transaction=True)
class TestMissingKeys:
    @pytest.mark.parametrize("configured", [[NEW], [NEW, WRONG]], ids=["missing", "wrong"])
    def test_it_is_named_everywhere_and_nothing_is_garbage(
        self, configured: list[str], keys: Any, client: Client
    ) -> None:
        OperatorFactory()
        request = RequestFactory.in_review(wanted_note="秘密の説明")
        keys.FIELD_ENCRYPTION_KEYS = configured
        staff = StaffFactory()
        pass_second_factor(client, staff)
        loaded = DisclosureRequest.objects.get()
        with pytest.raises(DecryptionError, match="'old'") as caught:
            _ = loaded.wanted_note
        assert caught.value.key_id == "old"
        page = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[request.pk]))
        assert page.status_code == 503
        assert "鍵「old」" in page.content.decode()
        found = keys_open_what_is_stored(None, databases=["default"])
        assert [error.id for error in found] == ["core.E009"]
        assert "'old'" in str(found[0].msg)
        code, said = command()
        assert code == 1
        assert "requests_app.disclosurerequest.wanted_note：1件を復号できません" in said
        # It is all there once the key is back.
        keys.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        assert command()[0] == 0
        request.refresh_from_db()
        assert request.wanted_note == "秘密の説明"

    @pytest.mark.parametrize("who", [AnonymousUser, PersonFactory])
    def test_whoever_is_not_staff_reads_no_name_of_a_key(self, who: Any, rf: RequestFactoryOfDjango) -> None:
        request = rf.get("/")
        request.user = who()
        page = MissingKeyMiddleware(lambda _: HttpResponse()).process_exception(
            request, DecryptionError("No key", key_id="k-2019")
        )
        assert page is not None
        assert page.status_code == 503
        assert "k-2019" not in page.content.decode()  # type: ignore[attr-defined]


class TestTable:
    def test_everything_that_is_encrypted_is_listed(self) -> None:
        assert what_is_encrypted_is_listed(None) == []
        assert set(encrypted()) == set(PLACES)

    def test_the_document_has_the_table(self) -> None:
        text = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")
        assert table() in text, "put the output of python -m privacy_portal.development.encrypted_places there"

    def test_the_rotation_knows_every_column(self) -> None:
        rotated = {column.label for column in key_rotation.columns()}
        texts = {place for place in PLACES if not place.endswith((".file", ".upload", ".report", ".output", ".scan"))}
        assert rotated == texts | {"core.encryptedfile.sealed_key"}
        assert keyring().primary_id
