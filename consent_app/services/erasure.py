"""Erasing what is held about a person (articles 22 and 35), in full or by items.

One transaction: everything that may go is gone, or nothing is. The customer's row stays, emptied, as long as something
refers to it that must be kept; the database holds that it is empty. docs/decisions/erasure.md says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, ProtectedError, Q, QuerySet
from django.utils import timezone

from privacy_portal.core.models import EncryptedFile, OutgoingMail, User
from privacy_portal.core.services import audit, files, outbox

from ..domain.erasure import Later, Preview, erased_from, token_of
from ..domain.normalise import name_key
from ..models import (
    AffectedPerson,
    BroadcastRecipient,
    Consent,
    Customer,
    CustomerChange,
    CustomerIdentity,
    CustomerRecord,
    EmailChange,
    EntrustedPerson,
    Entrustment,
    ErasureRecord,
    OffPurposePerson,
    Provision,
    ProvisionRun,
    ReceivedProvision,
    Recipient,
    RecipientChange,
    RecipientSuspension,
    RefusedProvision,
    SelfDisclosure,
    Suspension,
)
from ..models.erasure import digest_of
from ..models.parts import MEMBER_ITEM, RECIPIENT_ITEM, kept_parts
from . import erasure_journal, erasure_marks, import_tables, provision_runs

CHUNK = 1000
# Columns that are not emptied to empty text.
_EMPTY: dict[str, Any] = {"birth_date": None}
REQUEST = "requests_app.disclosurerequest"


class Stale(Exception):
    """Something changed since it was looked at. Nothing was erased."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What lies where, and what an erasure would do with it."""

    items: tuple[str, ...]
    now: list[CustomerRecord]
    held: list[tuple[CustomerRecord, date]]
    parted: list[tuple[CustomerRecord, dict[str, Any]]]
    rows: dict[str, QuerySet[Any]]
    preview: Preview


def lock(customer: Customer) -> Customer:
    """Let erasures, changes and imports take turns; held until the transaction ends. The row as it is now."""
    import_tables.lock_imports()
    return Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)


def preview(*, customer: Customer, items: Collection[str] | None, now: datetime) -> Preview:
    """What an erasure would do, place by place. Nothing is changed.

    Args:
        items: codes of the data items to erase; None erases everything.
    """
    return _found(Customer.objects.get(pk=customer.pk), _scope(items), now).preview


def _scope(items: Collection[str] | None) -> frozenset[str] | None:
    return None if items is None else frozenset(items)


def erase(
    *,
    customer: Customer,
    items: Collection[str] | None,
    token: str,
    reference: str,
    key: str,
    actor: audit.Actor,
    now: datetime,
) -> ErasureRecord:
    """Erase what may go, and give what must be kept the day on which it goes.

    Args:
        items: codes of the data items to erase; None erases everything.
        token: of the preview that was decided on.
        reference: the receipt number of the request.
        key: names this erasure for good: with the same key, nothing is done a second time.

    Raises:
        Stale: what is held is not what the preview showed.
        ValueError: no reference, or no item.
    """
    scope = _scope(items)
    if not reference or not key or scope == frozenset():
        raise ValueError("An erasure names its request and what is erased.")
    with transaction.atomic():
        row = lock(customer)
        if done := ErasureRecord.objects.filter(customer_id=row.pk, key=key).first():
            return done
        found = _found(row, scope, now)
        if found.preview.token != token:
            raise Stale
        record = ErasureRecord.objects.create(
            customer_id=row.pk,
            reference=reference,
            key=key,
            everything=scope is None,
            items=sorted(scope or ()),
            counts=dict(found.preview.counts),
            deferred=[later.as_json() for later in found.preview.later],
            erased_at=now,
            erased_by=actor if isinstance(actor, User) else None,
        )
        _mark(row, scope, now)
        _erase_rows(row, found, actor, now)
        _empty(row, found.items, now, everything=scope is None)
        audit.record(
            action="customer.erased",
            actor=actor,
            obj=row,
            detail={
                "erasure": record.pk,
                "everything": scope is None,
                "rows": sum(found.preview.counts.values()),
                "later": sum(later.number for later in found.preview.later),
            },
        )
        # At once, and not by the next sweep: the person is told that it is done.
        # No partial: Django asks a robust hook that failed for its name, which a partial does not have.
        transaction.on_commit(lambda: erasure_journal.write(now=now), robust=True)
    return record


# --------------------------------------------------------------------------------------------------- what lies where


def _found(row: Customer, scope: frozenset[str] | None, now: datetime) -> _Found:
    items = tuple(item for item in Customer.ITEM_FIELDS if _wanted(item, scope) and _holds(row, item))
    going, held, parted = _records(row, scope, timezone.localdate(now))
    rows = _rows(row, scope)
    counts = Counter({"items": len(items), "parts": len(parted)})
    counts.update(record.kind for record in going)
    counts.update({place: query.count() for place, query in rows.items()})
    later = _later(row, held, everything=scope is None)
    state = [
        str(row.pk),
        row.updated_at,
        row.status,
        sorted(scope) if scope is not None else None,
        sorted(counts.items()),
        [one.as_json() for one in later],
        sorted(str(record.pk) for record in going),
        sorted(str(record.pk) for record, _ in held),
    ]
    shown = Preview(items, {place: number for place, number in counts.items() if number}, later, token_of(state))
    return _Found(items, going, held, parted, rows, shown)


def _wanted(item: str, scope: frozenset[str] | None) -> bool:
    return scope is None or item in scope


def _holds(row: Customer, item: str) -> bool:
    columns = Customer.ITEM_FIELDS[item]
    return any(getattr(row, column) or column in row.originals for column in columns)


def _records(
    row: Customer, scope: frozenset[str] | None, today: date
) -> tuple[list[CustomerRecord], list[tuple[CustomerRecord, date]], list[tuple[CustomerRecord, dict[str, Any]]]]:
    """The records that go now, those that go on a later day, and those of which a part goes, with what is left."""
    going: list[CustomerRecord] = []
    held: list[tuple[CustomerRecord, date]] = []
    parted: list[tuple[CustomerRecord, dict[str, Any]]] = []
    for record in row.records.select_related("item").order_by("pk"):
        own = record.item.code if record.item else record.kind
        until = _held_until(record)
        is_held = until is not None and until > today
        if not _wanted(own, scope):
            left = kept_parts(record.data, own, lambda item: not _wanted(item, scope))
            # What the books need of an order that is kept by law stays whole.
            if left != record.data and not is_held:
                parted.append((record, left))
        elif is_held and until is not None:
            held.append((record, until))
        else:
            going.append(record)
    return going, held, parted


def _held_until(record: CustomerRecord) -> date | None:
    """The day on which the duty to keep it is over: orders are what the books rest on."""
    if record.kind != CustomerRecord.Kind.ORDER:
        return None
    if record.erase_on:
        return record.erase_on
    day = timezone.localdate(record.occurred_at or record.created_at)
    return erased_from(day, settings.ORDER_RECORDS_MONTHS)


def _rows(row: Customer, scope: frozenset[str] | None) -> dict[str, QuerySet[Any]]:
    """What goes beside the columns and records."""
    rows: dict[str, QuerySet[Any]] = {}
    if _wanted(RECIPIENT_ITEM, scope):
        rows["recipients"] = Recipient.objects.filter(record__customer=row)
        rows["recipient_changes"] = RecipientChange.objects.filter(record__customer=row)
        rows["recipient_stops"] = RecipientSuspension.objects.filter(record__customer=row)
    changes = CustomerChange.objects.filter(customer=row)
    rows["changes"] = changes if scope is None else changes.filter(item__in=scope)
    marks = SelfDisclosure.objects.filter(customer=row)
    rows["self_disclosures"] = marks if scope is None else marks.filter(item__code__in=scope)
    if _wanted("email", scope):
        rows["email_changes"] = EmailChange.objects.filter(customer=row)
        rows["mails"] = _mails(row)
    if _wanted(MEMBER_ITEM, scope):
        rows["identities"] = CustomerIdentity.objects.filter(customer=row)
    if scope is not None:
        return rows
    return rows | {
        "consents": _free_consents(Consent.objects.filter(customer=row)),
        "suspensions": Suspension.objects.filter(customer=row),
        "broadcasts": BroadcastRecipient.objects.filter(customer=row),
        "incidents": AffectedPerson.objects.filter(customer=row),
        "entrusted": EntrustedPerson.objects.filter(customer=row),
        "off_purpose": OffPurposePerson.objects.filter(customer=row),
        "files": EncryptedFile.objects.filter(
            Q(pk__in=Entrustment.objects.filter(persons__customer=row).values("file"))
            | Q(pk__in=ProvisionRun.objects.filter(provisions__customer=row).values("output")),
            erased_at=None,
        ),
    }


def _free_consents(consents: QuerySet[Consent]) -> QuerySet[Consent]:
    """Without those that are the evidence of a provision on record, which go with that record."""
    return consents.filter(
        ~Exists(Provision.objects.filter(consent=OuterRef("pk"))),
        ~Exists(ReceivedProvision.objects.filter(consent=OuterRef("pk"))),
    )


def _mails(row: Customer) -> QuerySet[OutgoingMail]:
    """Mails to the person; not those about requests, which are no customers' data, and none that is just leaving."""
    theirs = Q(object_type=Customer._meta.label_lower, object_id=str(row.pk))
    consents = [str(key) for key in row.consents.values_list("pk", flat=True)]
    theirs |= Q(object_type=Consent._meta.label_lower, object_id__in=consents)
    theirs |= Q(pk__in=BroadcastRecipient.objects.filter(customer=row, mail__isnull=False).values("mail"))
    theirs |= Q(pk__in=AffectedPerson.objects.filter(customer=row, mail__isnull=False).values("mail"))
    if row.user_id:
        theirs |= Q(user=row.user_id)
    mails = OutgoingMail.objects.filter(theirs, emptied_at=None)
    return mails.exclude(object_type=REQUEST).exclude(state=OutgoingMail.State.SENDING)


def _later(row: Customer, held: list[tuple[CustomerRecord, date]], *, everything: bool) -> tuple[Later, ...]:
    later = [Later("order", len(held), max(until for _, until in held))] if held else []
    if not everything:
        return tuple(later)
    ledgers: dict[str, QuerySet[Any]] = {
        "provisions": Provision.objects.filter(customer=row),
        "received": ReceivedProvision.objects.filter(customer=row),
    }
    ends: dict[str, date] = {}
    for place, query in ledgers.items():
        if (until := query.aggregate(until=Max("keep_until"))["until"]) is not None:
            # Kept to the end of that day.
            ends[place] = date.fromordinal(until.toordinal() + 1)
            later.append(Later(place, query.count(), ends[place]))
    evidence = Consent.objects.filter(customer=row).exclude(
        pk__in=_free_consents(Consent.objects.filter(customer=row)).values("pk")
    )
    if number := evidence.count():
        later.append(Later("consents", number, max(ends.values())))
    return tuple(later)


# --------------------------------------------------------------------------------------------------------- erasing


def _mark(row: Customer, scope: frozenset[str] | None, now: datetime) -> None:
    """Let imports know whom not to bring back. A single item is kept out by the record of the erasure itself."""
    digests = []
    if _wanted(MEMBER_ITEM, scope):
        identities = row.identities.values_list("source", "external_id")
        digests = [digest_of("id", *identity) for identity in identities]
    if scope is None and row.email:
        digests.append(digest_of("email", row.email))
    erasure_marks.mark(digests, now=now)


def _erase_rows(row: Customer, found: _Found, actor: audit.Actor, now: datetime) -> None:
    rows = dict(found.rows)
    if (mails := rows.pop("mails", None)) is not None:
        outbox.empty_now(mails, now=now)
    if "files" in rows:
        _erase_files(row, rows.pop("files"), actor)
    if (affected := rows.pop("incidents", None)) is not None:
        # How many were affected stays true.
        affected.update(customer=None)
    for place in ("off_purpose", "consents", "self_disclosures"):
        if place in rows:
            rows.pop(place).delete()
    for query in rows.values():
        query.delete()
    CustomerRecord.objects.filter(pk__in=[record.pk for record in found.now]).delete()
    for record, left in found.parted:
        record.data = left
    CustomerRecord.objects.bulk_update([record for record, _ in found.parted], ["data"], batch_size=CHUNK)
    for record, until in found.held:
        record.erase_on = until
    CustomerRecord.objects.bulk_update([record for record, _ in found.held], ["erase_on"], batch_size=CHUNK)


def _erase_files(row: Customer, open_files: QuerySet[EncryptedFile], actor: audit.Actor) -> None:
    """Files with the person in them go at once; a file for a third party that was never taken gave nothing."""
    with_person = ProvisionRun.objects.filter(provisions__customer=row, output__erased_at=None).values("pk")
    for run in ProvisionRun.objects.select_for_update(of=("self",)).filter(pk__in=with_person, output__isnull=False):
        provision_runs.stop_file(run, actor, people=run.provisions.count(), stopped=1)
    for file in open_files:
        files.erase(file=file, actor=actor)


def _empty(row: Customer, items: Collection[str], now: datetime, *, everything: bool) -> None:
    for item in Customer.ITEM_FIELDS if everything else items:
        for column in Customer.ITEM_FIELDS[item]:
            setattr(row, column, _EMPTY.get(column, ""))
            row.originals.pop(column, None)
        row.originals.pop(item, None)
        # No file brings back what was erased: the origin is none that an import outranks.
        row.origins[item] = {"source": CustomerChange.Channel.REQUEST, "at": now.isoformat()}
    if everything:
        row.origins, row.originals, row.user, row.status = {}, {}, None, Customer.Status.ERASED
    elif "email" in items:
        row.user = None
    row.name_key = name_key(row.family_name, row.given_name)[:200]
    row.updated_at = now
    row.save()


# --------------------------------------------------------------------------------------------------- on a later day


def erase_due(*, now: datetime) -> dict[str, int]:
    """Erase what had to be kept until now. Due is what is still there; may run twice, and after a missed day."""
    today = timezone.localdate(now)
    counts = {
        "records": _delete(CustomerRecord.objects.filter(erase_on__lte=today)),
        "consents": _delete(_free_consents(Consent.objects.filter(customer__status=Customer.Status.ERASED))),
        "customers": _delete_empty_rows(),
    }
    if any(counts.values()):
        audit.record(action="erasure.completed", actor="worker", detail=counts)
    return counts


def _delete(rows: QuerySet[Any]) -> int:
    count = 0
    while True:
        with transaction.atomic():
            keys = list(
                rows.select_for_update(skip_locked=True, of=("self",))
                .order_by("pk")
                .values_list("pk", flat=True)[:CHUNK]
            )
            if not keys:
                return count
            rows.model._default_manager.filter(pk__in=keys).delete()
            count += len(keys)


def _delete_empty_rows() -> int:
    """Delete the emptied rows to which nothing refers any more that has to be kept."""
    models = (CustomerRecord, Consent, Provision, ReceivedProvision, RefusedProvision)
    free = Customer.objects.filter(status=Customer.Status.ERASED)
    for model in models:
        free = free.filter(~Exists(model._default_manager.filter(customer=OuterRef("pk"))))
    count = 0
    for row in free.iterator(chunk_size=CHUNK):
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            continue  # a case still refers to it
        count += 1
    return count
