"""Writing the audit trail, linking it into a hash chain, and proving that it was not changed."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db import connection, models, transaction

from .. import audit_registry
from ..models import AuditEntry, AuditLink, AuditPending, User
from ..request_id import current_request_id

Actor = User | AnonymousUser | Literal["worker", "anonymous", "command"]

GENESIS = bytes(32)
BATCH = 1000
# Any number will do, as long as nothing else of the product takes the same advisory lock.
LINKER_LOCK = 7_302_491_150


def record(
    *, action: str, actor: Actor, obj: models.Model | None = None, detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Write down that somebody did something.

    Called inside the transaction of what it speaks of, both are committed or neither. A failed or denied attempt must
    be recorded outside the transaction that is rolled back.

    Args:
        action: a registered name (``audit_actions`` of the app).
        actor: the account, or "worker", "anonymous", "command".
        obj: what it was done to; only its type and key are kept.
        detail: registered keys with values of their registered kinds; None values are left out.

    Raises:
        UnregisteredAction: the action, a key or the kind of a value is not registered.
    """
    registered = audit_registry.action(action)
    return AuditEntry.objects.create(
        action=registered.name,
        actor=actor_reference(actor),
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        request_id=current_request_id.get()[:40],
        detail=audit_registry.checked_detail(registered, detail),
    )


def actor_reference(actor: Actor) -> str:
    """How an actor is written into an entry: never a name or an address.

    Raises:
        ValueError: neither an account nor one of the known words.
    """
    if isinstance(actor, User):
        return f"user:{actor.pk}"
    if isinstance(actor, AnonymousUser):
        return "anonymous"
    if actor in ("worker", "anonymous", "command"):
        return actor
    raise ValueError("The actor is an account, 'worker', 'anonymous' or 'command'.")


class Entry(Protocol):
    """The columns of an entry: a row of the model, or the bare tuple that is faster to read."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> datetime.datetime: ...
    @property
    def action(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def object_type(self) -> str: ...
    @property
    def object_id(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def detail(self) -> Any: ...


_COLUMNS = ("id", "at", "action", "actor", "object_type", "object_id", "request_id", "detail")
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def canonical_bytes(entry: Entry) -> bytes:
    """The one way to write an entry as bytes; every column is in it."""
    content = {
        "action": entry.action,
        "actor": entry.actor,
        "at": entry.at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
        "detail": entry.detail,
        "id": entry.id,
        "object_id": entry.object_id,
        "object_type": entry.object_type,
        "request_id": entry.request_id,
    }
    return _JSON.encode(content).encode()


def link_digest(previous: bytes, entry: Entry) -> bytes:
    """SHA-256 over the previous digest followed by the entry."""
    return hashlib.sha256(previous + canonical_bytes(entry)).digest()


def link_pending() -> int:
    """Link every entry that waits, in batches of one short transaction each.

    One linker at a time, by an advisory lock: two would give the same position to two entries. A second one returns at
    once, because the first does its work.

    Returns:
        How many were linked.
    """
    linked = 0
    while count := _link_batch():
        linked += count
    return linked


def _link_batch() -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LINKER_LOCK])
            if not cursor.fetchone()[0]:
                return 0
        # Keys first: joined, a planner with old statistics might walk through all entries to find the few that wait.
        keys = list(AuditPending.objects.order_by("entry_id").values_list("entry_id", flat=True)[:BATCH])
        if not keys:
            return 0
        entries = AuditEntry.objects.filter(pk__in=keys).order_by("id").values_list(*_COLUMNS, named=True)
        last = AuditLink.objects.order_by("-position").first()
        position, digest = (last.position, bytes(last.digest)) if last else (0, GENESIS)
        links = []
        for entry in entries:
            position += 1
            digest = link_digest(digest, entry)
            links.append(AuditLink(position=position, entry_id=entry.id, digest=digest))
        AuditLink.objects.bulk_create(links)
        AuditPending.objects.filter(pk__in=keys).delete()
        return len(links)


@dataclass(frozen=True)
class Problem:
    """The first thing that is wrong with the chain: at which position, and with which entry where one is known."""

    code: Literal["gap", "entry_missing", "digest", "not_linked", "head"]
    position: int | None
    entry_id: int | None


@dataclass(frozen=True)
class Verification:
    """What :func:`verify` found. ``pending`` entries are committed but not linked yet, which is no fault by itself."""

    links: int
    head: bytes
    pending: int
    problem: Problem | None


def verify(*, expected: tuple[int, bytes] | None = None) -> Verification:
    """Compute the whole chain again, in the memory of one batch.

    Args:
        expected: a position and its digest that were written down earlier. Somebody who may rewrite the tables could
            rewrite the chain too, or cut off its end; what was noted elsewhere shows it.

    Returns:
        The number of links, the digest of the last one, and the first problem. Entries that are neither linked nor
        waiting for it are looked for last: the database never lets that happen by itself.
    """
    digest, position = GENESIS, 0
    for link, entry in _links_with_entries():
        position += 1
        problem = None
        if link.position != position:
            problem = Problem("gap", position, None)
        elif entry is None:
            problem = Problem("entry_missing", position, link.entry_id)
        else:
            digest = link_digest(digest, entry)
            if digest != bytes(link.digest):
                problem = Problem("digest", position, entry.id)
            elif expected and expected[0] == position and expected[1] != digest:
                problem = Problem("head", position, entry.id)
        if problem:
            return Verification(position - 1, digest, AuditPending.objects.count(), problem)
    if expected and expected[0] > position:
        return Verification(position, digest, AuditPending.objects.count(), Problem("head", expected[0], None))
    stray = AuditEntry.objects.filter(link__isnull=True, pending__isnull=True).order_by("id").first()
    problem = Problem("not_linked", None, stray.pk) if stray else None
    return Verification(position, digest, AuditPending.objects.count(), problem)


class _Link(NamedTuple):
    position: int
    entry_id: int
    digest: bytes


def _links_with_entries() -> Iterator[tuple[_Link, Entry | None]]:
    """Links by position, each with its entry; by key and not by a cursor, so that it works behind a pooler."""
    after: int | None = None
    while True:
        links = AuditLink.objects.order_by("position").values_list(*_Link._fields)
        page = [_Link(*row) for row in (links if after is None else links.filter(position__gt=after))[:BATCH]]
        if not page:
            return
        rows = AuditEntry.objects.filter(pk__in=[link.entry_id for link in page])
        entries = {row.id: row for row in rows.values_list(*_COLUMNS, named=True)}
        for link in page:
            yield link, entries.get(link.entry_id)
        after = page[-1].position


def oldest_pending_at() -> datetime.datetime | None:
    """When the oldest entry that still waits for its link was made; a long wait means that no linker runs."""
    return AuditEntry.objects.filter(pending__isnull=False).order_by("id").values_list("at", flat=True).first()


def actor_user_id(entry: AuditEntry) -> uuid.UUID | None:
    """The account's key where the actor was one."""
    kind, _, key = entry.actor.partition(":")
    return uuid.UUID(key) if kind == "user" else None
