"""Backups: the database as ``pg_dump`` writes it, encrypted while it passes, and the encrypted files beside it.

A backup is a folder of its own. Files that an earlier backup in the same place has are linked, not copied: they never
change. Keys are in none of it. docs/decisions/backups.md says why it is like this.
"""

import contextlib
import datetime
import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg.conninfo import make_conninfo

from ..crypto import Keyring, keyring
from ..file_storage import file_storage
from ..models import AuditLink
from ..sealed_stream import opened, seal
from . import files

SEALED, PLAIN, FILES, MANIFEST = "database.dump.sealed", "database.dump", "files", "manifest.json"
UNFINISHED = ".part"


class BackupError(Exception):
    """It cannot be done; the text says why and holds no secret."""


def backup(*, folder: Path, plain: bool, now: datetime.datetime) -> Path:
    """Write a backup below ``folder`` and return where.

    Files are copied before the database and again after it: every row of the dump has its file.

    Args:
        plain: do not encrypt the dump, because something else does.

    Raises:
        BackupError: no key and not ``plain``, or ``pg_dump`` failed.
    """
    if not plain and not settings.BACKUP_KEYS:
        raise BackupError("BACKUP_KEYS is not set: the dump would lie there readable. Set it, or say --plain.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / now.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    unfinished = target.with_name(target.name + UNFINISHED)
    earlier = max((path for path in folder.iterdir() if (path / MANIFEST).is_file()), default=None)
    unfinished.mkdir(mode=0o700)
    _copy_out(unfinished / FILES, earlier and earlier / FILES)
    head = _audit_head()
    _dump(unfinished / (PLAIN if plain else SEALED), None if plain else Keyring(settings.BACKUP_KEYS))
    number = _copy_out(unfinished / FILES, None)
    manifest = {
        "at": now.isoformat(),
        "audit_head": head,
        "files": number,
        # Ids, not keys: without these keys the backup is of no use.
        "encryption_keys": sorted(keyring().ids),
        "migrations": sorted(".".join(node) for node in MigrationLoader(None).graph.leaf_nodes()),
    }
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    unfinished.rename(target)
    return target


def restore(*, source: Path) -> dict[str, Any]:
    """Bring a backup back into an empty database and an empty folder of files; the manifest.

    What was erased since is there again until the journal of erasures is applied: the caller's duty.

    Raises:
        BackupError: something is there already, keys are missing, or ``pg_restore`` failed, which leaves the database
            empty.
        DecryptionError: the dump was changed, or none of ``BACKUP_KEYS`` opens it; the database is left empty.
    """
    if not (source / MANIFEST).is_file():
        raise BackupError(f"{source} is no finished backup: it has no {MANIFEST}.")
    manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    if missing := set(manifest["encryption_keys"]) - keyring().ids:
        raise BackupError(f"FIELD_ENCRYPTION_KEYS lacks the keys that this backup needs: {', '.join(sorted(missing))}.")
    if connection.introspection.table_names():
        raise BackupError("The database is not empty. A backup is restored into an empty one only.")
    if any(files.stored()):
        raise BackupError(f"{settings.FILES_S3_BUCKET or settings.MEDIA_ROOT} is not empty.")
    _load(source)
    _copy_in(source / FILES)
    return manifest


def _audit_head() -> str:
    """As ``verify_audit --expect`` takes it; empty while nothing is linked."""
    link = AuditLink.objects.order_by("-position").first()
    return f"{link.position}:{bytes(link.digest).hex()}" if link else ""


def _copy_out(target: Path, earlier: Path | None) -> int:
    """What is still being written gets its name at the end, and is not among these."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = 0
    for name in files.stored():
        number += 1
        copy = target / name
        if copy.exists():
            continue
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if earlier and _linked(earlier / name, copy):
            continue
        # Erased a moment ago.
        with contextlib.suppress(FileNotFoundError), file_storage().open(name) as content, _private(copy) as file:
            shutil.copyfileobj(content, file)
    return number


def _copy_in(source: Path) -> None:
    storage = file_storage()
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        name = path.relative_to(source).as_posix()
        partial = storage.partial(name)
        shutil.copyfile(path, partial)
        partial.chmod(0o600)
        storage.keep(partial, name)


def _linked(earlier: Path, copy: Path) -> bool:
    """Not when the earlier backup lacks the file, nor on a file system without links."""
    try:
        os.link(earlier, copy)
    except OSError:
        return False
    return True


def _dump(target: Path, keys: Keyring | None) -> None:
    options = ("--format=custom", "--no-owner", "--no-privileges")
    with _program("pg_dump", *options, stdout=subprocess.PIPE) as process, _private(target) as file:
        assert process.stdout is not None  # noqa: S101, asked for above
        if keys is None:
            shutil.copyfileobj(process.stdout, file)
        else:
            seal(process.stdout, file, keys)
        file.flush()
        os.fsync(file.fileno())


def _load(source: Path) -> None:
    """One transaction, which ``pg_restore`` ends only when its input ends as it should."""
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    sealed = (source / SEALED).is_file()
    with (
        (source / (SEALED if sealed else PLAIN)).open("rb") as file,
        _program("pg_restore", *options, stdin=subprocess.PIPE) as process,
    ):
        assert process.stdin is not None  # noqa: S101, asked for above
        pieces = opened(file, Keyring(settings.BACKUP_KEYS)) if sealed else iter(lambda: file.read(1 << 16), b"")
        try:
            # What has ended early says why by its exit status.
            with contextlib.suppress(BrokenPipeError):
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
        except BaseException:
            # Before its input ends, or it would take what came for the whole.
            process.kill()
            raise


@contextlib.contextmanager
def _program(
    name: str, *options: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of PostgreSQL on our database. The password goes by the environment: everybody sees arguments."""
    parameters = connection.get_connection_params()
    known = {"dbname", "user", "host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "service"}
    info = make_conninfo(**{key: value for key, value in parameters.items() if key in known})
    path = Path(settings.POSTGRESQL_PROGRAMS) / name if settings.POSTGRESQL_PROGRAMS else shutil.which(name)
    if path is None:
        raise BackupError(f"{name} is not installed; POSTGRESQL_PROGRAMS names the folder where it is.")
    environment = {"PATH": os.environ.get("PATH", "")}
    if password := parameters.get("password"):
        environment["PGPASSWORD"] = str(password)
    try:
        process = subprocess.Popen(
            [str(path), f"--dbname={info}", *options],
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise BackupError(f"{name} cannot be started: {type(error).__name__}.") from None
    with process:
        yield process
        stderr = process.stderr.read() if process.stderr else b""
    if process.returncode:
        # Its words may quote rows: only the first line's kind is told.
        kind = b" ".join(stderr.split(b"\n", 1)[0].split(b":")[:2]).decode(errors="replace")[:80]
        raise BackupError(f"{name} ended with {process.returncode} ({kind}).")


def _private(path: Path) -> IO[bytes]:
    opener = functools.partial(os.open, mode=0o600)
    return open(path, "xb", opener=lambda name, flags: opener(name, flags))
