"""Encrypted files in a bucket: a real S3 client and a server of its protocol in a process of its own."""

import datetime
import os
import socket
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.checks import run_checks
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from privacy_portal.core import doctor_checks
from privacy_portal.core.crypto import DecryptionError
from privacy_portal.core.file_storage import file_storage
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import backup, files
from tests.support.worker import ROOT, session_database_url

pytestmark = pytest.mark.django_db(transaction=True)

LATER = datetime.timedelta(days=2)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "only-for-tests",
    "AWS_SECRET_ACCESS_KEY": "only-for-tests",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _try in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def bucket(endpoint: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket that the product keeps its files in."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    settings.MEDIA_ROOT = tmp_path / "spool"
    name = f"files-{time.time_ns()}"
    bucket = boto3.resource("s3", endpoint_url=endpoint).create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
    )
    point_to(settings, name, endpoint)
    return bucket


def point_to(settings: Settings, name: str, endpoint: str) -> None:
    settings.FILES_S3_BUCKET = name
    settings.STORAGES = {
        **settings.STORAGES,
        "encrypted": {
            "BACKEND": "privacy_portal.core.bucket.Bucket",
            "OPTIONS": {"bucket_name": name, "endpoint_url": endpoint, "region_name": "ap-northeast-1"},
        },
    }


def store(content: bytes) -> EncryptedFile:
    with files.create(name="answer.zip", content_type="application/zip") as writer:
        writer.write(content)
    return writer.file


def read(file: EncryptedFile) -> bytes:
    return b"".join(files.open_stream(file))


def objects(bucket: Any) -> list[str]:
    return [one.key for one in bucket.objects.all()]


def spooled(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_content_comes_back_and_only_ciphertext_lies_there(bucket: Any, settings: Settings) -> None:
    content = b"secret " * 50_000
    file = store(content)
    assert objects(bucket) == [file.path]
    assert spooled(settings) == []
    lies_there = bucket.Object(file.path).get()["Body"].read()
    assert b"secret" not in lies_there
    assert read(EncryptedFile.objects.get()) == content


def test_large_file_goes_in_parts_and_keeps_nothing_in_memory(bucket: Any) -> None:
    content = os.urandom(1024) * 20 * 1024
    file = store(content)
    assert bucket.Object(file.path).e_tag.endswith('-3"'), "three parts"
    read(store(b"what is loaded once"))
    tracemalloc.start()
    assert sum(map(len, files.open_stream(file))) == len(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 1024 * 1024
    assert read(file) == content


def test_nothing_is_public_or_overwritten(bucket: Any) -> None:
    file = store(b"x")
    grants = bucket.Object(file.path).Acl().grants
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"], "its owner's alone"
    storage = file_storage()
    before = bucket.Object(file.path).e_tag
    partial = storage.partial(file.path)
    partial.write_bytes(b"other")
    with pytest.raises(FileExistsError):
        storage.keep(partial, file.path)
    assert (objects(bucket), bucket.Object(file.path).e_tag) == ([file.path], before)


def test_object_that_was_changed_or_lost(bucket: Any) -> None:
    changed, lost = store(b"a" * 100), store(b"b")
    bucket.Object(changed.path).put(Body=bucket.Object(changed.path).get()["Body"].read()[:-1] + b"x")
    bucket.Object(lost.path).delete()
    with pytest.raises(DecryptionError):
        read(changed)
    with pytest.raises(FileNotFoundError):
        read(lost)
    assert doctor_checks.files_lost(timezone.now()).examples == (str(lost.pk),)


def test_error_while_writing_leaves_nothing(bucket: Any, settings: Settings) -> None:
    writer = files.create(name="a", content_type="b")
    writer.write(os.urandom(200_000))
    with pytest.raises(TypeError), writer:
        writer.write("text instead of bytes")
    assert (objects(bucket), spooled(settings), EncryptedFile.objects.count()) == ([], [], 0)


def test_files_made_before_an_error_go_with_the_transaction(bucket: Any) -> None:
    def fail() -> None:
        store(b"inside")
        assert len(objects(bucket)) == 1
        raise KeyError

    with pytest.raises(KeyError), files.removed_on_error(), transaction.atomic():
        fail()
    assert objects(bucket) == []


def test_erasing(bucket: Any) -> None:
    erased, kept = store(b"x"), store(b"y")
    files.erase(file=erased, actor="worker")
    files.erase(file=erased, actor="worker")
    assert objects(bucket) == [kept.path]
    with pytest.raises(files.FileErased):
        files.open_stream(EncryptedFile.objects.get(pk=erased.pk))


def test_storage_that_is_away(bucket: Any, settings: Settings, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing half: no row without its object, no partial file, and the error is one of the system."""
    file = store(b"x")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    point_to(settings, bucket.name, nobody)
    with pytest.raises(OSError, match="object storage failed: EndpointConnectionError"):
        store(b"y")
    with pytest.raises(OSError, match="object storage failed"):
        read(file)
    assert (spooled(settings), EncryptedFile.objects.count()) == ([], 1)
    point_to(settings, bucket.name, endpoint)
    assert (objects(bucket), read(file)) == ([file.path], b"x")


def test_bucket_that_is_not_ours(bucket: Any, settings: Settings, endpoint: str) -> None:
    point_to(settings, "no-such-bucket", endpoint)
    with pytest.raises(OSError, match="object storage refused: NoSuchBucket"):
        store(b"y")
    assert EncryptedFile.objects.count() == 0


def test_killed_writer(bucket: Any, settings: Settings) -> None:
    """What it wrote is on this machine, without a key, and goes a day later; in the bucket is nothing."""
    script = """
import django; django.setup()
from privacy_portal.core.services import files
writer = files.create(name="a", content_type="b")
writer.write(b"x" * 1_000_000)
writer._target.flush()
print("written", flush=True)
input()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": session_database_url(),
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "FILES_S3_BUCKET": bucket.name,
            "FILES_S3_ENDPOINT": str(settings.STORAGES["encrypted"]["OPTIONS"]["endpoint_url"]),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.communicate()
    (left,) = spooled(settings)
    assert objects(bucket) == []
    assert list(files.orphans(now=timezone.now())) == []
    assert list(files.orphans(now=timezone.now() + LATER)) == [left.relative_to(settings.MEDIA_ROOT).as_posix()]
    assert files.remove_orphans(now=timezone.now() + LATER) == 1
    assert spooled(settings) == []


def test_orphans_in_the_bucket(bucket: Any) -> None:
    kept, erased = store(b"kept"), store(b"erased")
    EncryptedFile.objects.filter(pk=erased.pk).update(sealed_key=None, erased_at=timezone.now())
    with transaction.atomic():
        rolled_back = store(b"rolled back")
        transaction.set_rollback(True)
    bucket.Object("encrypted/aa/not-one-of-ours").put(Body=b"x")
    gone = sorted([erased.path, rolled_back.path, "encrypted/aa/not-one-of-ours"])
    assert list(files.orphans(now=timezone.now())) == []
    assert sorted(files.orphans(now=timezone.now() + LATER)) == gone
    found = doctor_checks.files_orphaned(timezone.now() + 2 * LATER)
    assert sorted(found.examples) == sorted(name.rpartition("/")[2] for name in gone)
    assert files.remove_orphans(now=timezone.now() + LATER) == 3
    assert objects(bucket) == [kept.path]


def test_object_that_goes_while_orphans_are_looked_for(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        bucket.Object(f"encrypted/aa/{name}").put(Body=b"x")
    original = type(file_storage()).get_modified_time

    def gone(self: Any, name: str) -> object:
        bucket.Object("encrypted/aa/one").delete()
        return original(self, name)

    monkeypatch.setattr(type(file_storage()), "get_modified_time", gone)
    assert list(files.orphans(now=timezone.now() + LATER)) == ["encrypted/aa/two"]


def test_file_that_cannot_be_removed_hides_no_error(
    bucket: Any, settings: Settings, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        store(b"inside")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        point_to(settings, bucket.name, "http://127.0.0.1:1")
        raise KeyError

    with pytest.raises(KeyError), files.removed_on_error(), transaction.atomic():
        fail()
    point_to(settings, bucket.name, endpoint)
    assert len(list(files.orphans(now=timezone.now() + LATER))) == 1


def test_backup_and_back_into_another_bucket(
    bucket: Any, settings: Settings, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files; the database has a drill of its own."""
    monkeypatch.setattr(backup, "_dump", lambda target, keys: target.write_bytes(b""))
    monkeypatch.setattr(backup, "_load", lambda source: None)
    monkeypatch.setattr(backup.connection.introspection, "table_names", list)
    one, two = store(b"one"), store(b"two")
    first = backup.backup(folder=tmp_path / "b", plain=True, now=timezone.now())
    three = store(b"three")
    monkeypatch.setattr(type(file_storage()), "open", opened := Opened(type(file_storage()).open), raising=True)
    second = backup.backup(folder=tmp_path / "b", plain=True, now=timezone.now() + LATER)
    assert opened.names == [three.path], "what the first has is linked, not fetched again"
    assert (first / "files" / one.path).stat().st_ino == (second / "files" / one.path).stat().st_ino
    with pytest.raises(backup.BackupError, match=f"{bucket.name} is not empty"):
        backup.restore(source=second)
    other = boto3.resource("s3", endpoint_url=endpoint).create_bucket(
        Bucket=f"{bucket.name}-new", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
    )
    point_to(settings, other.name, endpoint)
    assert backup.restore(source=second)["files"] == 3
    assert objects(other) == sorted([one.path, two.path, three.path])
    assert [read(file) for file in (one, two, three)] == [b"one", b"two", b"three"]
    assert spooled(settings) == []


class Opened:
    """Notes what is opened."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.names: list[str] = []

    def __get__(self, instance: Any, owner: Any) -> Any:
        def call(name: str, mode: str = "rb") -> Any:
            self.names.append(name)
            return self.original(instance, name, mode)

        return call


def test_settings_that_cannot_work_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [one for one in run_checks() if one.id == "core.E006"]
    monkeypatch.setitem(sys.modules, "storages.backends.s3", None)
    monkeypatch.delitem(sys.modules, "privacy_portal.core.bucket", raising=False)
    point_to(settings, "files", "http://127.0.0.1:1")
    (found,) = [one for one in run_checks() if one.id == "core.E006"]
    assert "django-storages[s3]" in found.msg


@pytest.mark.parametrize(("name", "endpoint"), [("", "https://objects.example"), ("files", "objects.example")])
def test_endpoint_that_cannot_be_meant(settings: Settings, name: str, endpoint: str) -> None:
    settings.FILES_S3_BUCKET, settings.FILES_S3_ENDPOINT = name, endpoint
    assert [one.id for one in run_checks() if one.id == "core.E007"]
