"""What was erased, written down outside of the database, for the day when a backup from before is restored.

One sealed line for each erasure: keys of rows, codes of items and the keyed hashes by which imports know the person;
no name and no address. What is not in the file yet is written, so a lost line is found again by the next run, and each
machine that writes has all of it. Lines older than the oldest backup are dropped.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings

from privacy_portal.core.crypto import keyring

from ..models import ErasureMark, ErasureRecord

_CONTEXT = b"erasure journal"


@dataclass(frozen=True, slots=True)
class Entry:
    """One erasure.

    Attributes:
        items: codes of the data items; None for everything.
        marks: keyed hashes (``erasure_marks``) that imports leave out since then.
    """

    record: uuid.UUID
    customer: uuid.UUID
    reference: str
    key: str
    items: tuple[str, ...] | None
    marks: tuple[bytes, ...]
    at: datetime

    def sealed(self) -> str:
        """One line of text; only the product's keys open it, and nobody without them can add one."""
        plain = {
            "record": str(self.record),
            "customer": str(self.customer),
            "reference": self.reference,
            "key": self.key,
            "items": self.items,
            "marks": [mark.hex() for mark in self.marks],
            "at": self.at.isoformat(),
        }
        return base64.b64encode(keyring().seal(json.dumps(plain).encode(), context=_CONTEXT)).decode()

    @classmethod
    def opened(cls, line: str) -> Entry:
        """What :meth:`sealed` made.

        Raises:
            DecryptionError: the line was changed, or its key is not configured.
            ValueError: it is no such line, as when the machine stopped in the middle of it.
        """
        plain = json.loads(keyring().open(base64.b64decode(line, validate=True), context=_CONTEXT))
        return cls(
            record=uuid.UUID(plain["record"]),
            customer=uuid.UUID(plain["customer"]),
            reference=plain["reference"],
            key=plain["key"],
            items=None if plain["items"] is None else tuple(plain["items"]),
            marks=tuple(bytes.fromhex(mark) for mark in plain["marks"]),
            at=datetime.fromisoformat(plain["at"]),
        )


def read(path: Path) -> Iterator[Entry]:
    """The erasures of a journal. A line that was cut off is left out: its erasure is written again by the next run.

    Raises:
        DecryptionError: a line was changed, or a key is missing. Better no restore than one that forgets an erasure.
    """
    with contextlib.suppress(FileNotFoundError), path.open(encoding="ascii") as file:
        for line in file:
            if line.endswith("\n"):
                yield Entry.opened(line.strip())


def missing(*, before: datetime, now: datetime) -> list[ErasureRecord]:
    """Erasures until a moment that the journal lacks."""
    written = {entry.record for entry in read(Path(settings.ERASURE_JOURNAL))}
    since = now - timedelta(days=settings.BACKUP_KEEP_DAYS)
    records = ErasureRecord.objects.filter(erased_at__gt=since, erased_at__lte=before).order_by("erased_at", "pk")
    return [record for record in records if record.pk not in written]


def write(*, now: datetime) -> int:
    """Write what the journal lacks, and drop what no backup needs any more. May run twice, and in parallel.

    Lines of an older key are sealed anew, so that the key can go; else nothing could be written from then on.
    """
    path = Path(settings.ERASURE_JOURNAL)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path):
        lacking = missing(before=now, now=now)
        oldest = now - timedelta(days=settings.BACKUP_KEEP_DAYS)
        kept = list(read(path))
        if any(entry.at < oldest for entry in kept) or _has_old_key(path) or not _ends_whole(path):
            _replace(path, [entry for entry in kept if entry.at >= oldest])
        with _appended(path) as file:
            file.writelines(f"{_entry(record).sealed()}\n".encode() for record in lacking)
            file.flush()
            os.fsync(file.fileno())
    return len(lacking)


def _entry(record: ErasureRecord) -> Entry:
    # Marks bear the moment of their erasure, and nothing else ties them to it.
    marks = ErasureMark.objects.filter(erased_at=record.erased_at).order_by("pk").values_list("digest", flat=True)
    return Entry(
        record=record.pk,
        customer=record.customer_id,
        reference=record.reference,
        key=record.key,
        items=None if record.everything else tuple(record.items),
        marks=tuple(bytes(mark) for mark in marks),
        at=record.erased_at,
    )


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(path.name + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _appended(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _has_old_key(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError), path.open(encoding="ascii") as file:
        return any(not keyring().is_current(base64.b64decode(line)) for line in file if line.endswith("\n"))
    return False


def _ends_whole(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0 or path.read_bytes()[-1:] == b"\n"


def _replace(path: Path, entries: Iterable[Entry]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with _appended(fresh) as file:
        file.writelines(f"{entry.sealed()}\n".encode() for entry in entries)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
