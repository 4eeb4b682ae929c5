"""Erasing what is held about the recipient of a gift (articles 22, 35): their rows in other people's orders.

The order stays with whoever placed it, and the books with it; the recipient's name, address and telephone number go.
A keyed hash keeps the next import from bringing them back, as for erased customers; one more for each item where only
some go. What the person had corrected stays corrected: an import makes the row anew and asks :class:`Decided`.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from privacy_portal.core.models import EncryptedFile, User
from privacy_portal.core.services import audit, files

from ..domain.erasure import Preview, token_of
from ..domain.formats import SourceRow
from ..domain.normalise import name_key
from ..models import Entrustment, ErasureMark, ErasureRecord, Recipient, RecipientChange, RecipientSuspension
from ..models.customer import recipient_key
from ..models.erasure import digest_of
from ..models.parts import RECIPIENT_ITEM
from . import erasure_journal, erasure_marks, import_tables


def preview(*, recipients: Collection[uuid.UUID], items: Collection[str] | None = None) -> Preview:
    """What an erasure of these rows would do. Nothing is changed.

    Args:
        items: codes of the items of ``Recipient.ITEM_FIELDS`` that go; None: the whole row.
    """
    rows = [row for row in _rows(recipients).select_related("record") if _holds(row, items)]
    counts = {
        "recipients" if items is None else "parts": len(rows),
        "recipient_changes": _history(rows, items).count(),
        "files": _files([row.pk for row in rows]).count(),
    }
    if items is None:
        counts["recipient_stops"] = _stops(rows).count()
    state: list[object] = [sorted(str(row.pk) for row in rows), sorted(items or ()), sorted(counts.items())]
    return Preview((), {place: number for place, number in counts.items() if number}, (), token_of(state))


def erase(
    *,
    recipients: Collection[uuid.UUID],
    reference: str,
    key: str,
    actor: audit.Actor,
    now: datetime,
    items: Collection[str] | None = None,
) -> int:
    """Erase these rows, or some items of them, and the files for subcontractors in which they stand. Twice is no harm.

    Args:
        reference: the receipt number of the request.
        key: names this erasure for good.
        items: codes of the items of ``Recipient.ITEM_FIELDS`` that go; None: the whole row.

    Returns:
        In how many rows something went.
    """
    with transaction.atomic():
        import_tables.lock_imports()
        found = _rows(recipients).select_for_update(of=("self",)).select_related("record")
        rows = [row for row in found if _holds(row, items)]
        if not rows:
            return 0
        for file in _files([row.pk for row in rows]):
            files.erase(file=file, actor=actor)
        erasure_marks.mark((mark for row in rows for mark in _marks(row.person_key, items)), now=now)
        # Each under its own key, so that the journal outside of the database has it, for a backup that is restored.
        ErasureRecord.objects.bulk_create(
            ErasureRecord(
                customer_id=row.pk,
                reference=reference,
                key=key,
                everything=False,
                items=[RECIPIENT_ITEM, *sorted(items or ())],
                counts={"recipients" if items is None else "parts": 1},
                erased_at=now,
                erased_by=actor if isinstance(actor, User) else None,
            )
            for row in rows
        )
        transaction.on_commit(lambda: erasure_journal.write(now=now), robust=True)
        for row in rows:
            audit.record(action="recipient.erased", actor=actor, obj=row.record)
        _take_out(rows, items)
    return len(rows)


@dataclass(slots=True)
class Marked:
    """What went: in how many rows something, and who was erased as a whole (order -> keys of persons, hexadecimal)."""

    rows: int = 0
    persons: dict[uuid.UUID, set[str]] = field(default_factory=dict)


def erase_marked(*, marks: Collection[bytes], actor: audit.Actor) -> Marked:
    """Erase what belongs to one of these marks: after a backup from before its erasure was restored."""
    went = Marked()
    for row in Recipient.objects.select_related("record").iterator(chunk_size=1000):
        key = row.person_key
        items = None if key in marks else [item for item in Recipient.ITEM_FIELDS if _item_mark(key, item) in marks]
        if (items is not None and not items) or not _holds(row, items):
            continue
        audit.record(action="recipient.erased", actor=actor, obj=row.record)
        _take_out([row], items)
        went.rows += 1
        if items is None:
            went.persons.setdefault(row.record_id, set()).add(key.hex())
    return went


def _take_out(rows: list[Recipient], items: Collection[str] | None) -> None:
    """The values with their history; with the whole person the stops as well."""
    _history(rows, items).delete()
    if items is None:
        _stops(rows).delete()
        _rows([row.pk for row in rows]).delete()
        return
    for row in rows:
        row.imported_as = row.person_key
        emptied(row, items)
        row.save()


def emptied(row: Recipient, items: Iterable[str]) -> None:
    """Take the values of these items out of a row that is not saved yet; ``imported_as`` is set before."""
    for item in items:
        for column in Recipient.ITEM_FIELDS[item]:
            setattr(row, column, "")
            row.originals.pop(column, None)
        row.originals.pop(item, None)
    row.own_items = sorted({*row.own_items, *items})
    row.name_key = name_key(row.family_name, row.given_name)[:200]


def _holds(row: Recipient, items: Collection[str] | None) -> bool:
    if items is None:
        return True
    return any(
        getattr(row, column) or row.originals.get(column) for item in items for column in Recipient.ITEM_FIELDS[item]
    )


def _marks(person: bytes, items: Collection[str] | None) -> list[bytes]:
    return [person] if items is None else [_item_mark(person, item) for item in sorted(items)]


def _item_mark(person: bytes, item: str) -> bytes:
    return digest_of("recipient-item", person.hex(), item)


def of_persons(rows: Iterable[Recipient]) -> Q:
    """What is kept beside the orders for the persons of these rows."""
    found = Q(pk__in=[])
    for record, person in {(row.record_id, row.person_key) for row in rows}:
        found |= Q(record=record, person=person)
    return found


def _history(rows: Iterable[Recipient], items: Collection[str] | None) -> QuerySet[RecipientChange]:
    changes = RecipientChange.objects.filter(of_persons(rows))
    return changes if items is None else changes.filter(item__in=items)


def _stops(rows: Iterable[Recipient]) -> QuerySet[RecipientSuspension]:
    return RecipientSuspension.objects.filter(of_persons(rows))


def _rows(recipients: Collection[uuid.UUID]) -> QuerySet[Recipient]:
    return Recipient.objects.filter(pk__in=set(recipients)).order_by("pk")


def _files(recipients: Collection[uuid.UUID]) -> QuerySet[EncryptedFile]:
    given = Entrustment.objects.filter(persons__recipient__in=set(recipients), file__isnull=False)
    return EncryptedFile.objects.filter(pk__in=given.values("file"), erased_at=None)


UNDO = "undo:"


def standing(changes: Iterable[RecipientChange]) -> dict[str, RecipientChange]:
    """The newest change of each item that was not taken back, of one person in the order in which they were made.

    An item whose changes were all taken back has the value of the source again, and belongs to the sender again.
    """
    made = list(changes)
    undone: set[str] = set()
    # The newest first: taking back can be taken back, too.
    for change in reversed(made):
        if change.key.startswith(UNDO) and str(change.pk) not in undone:
            undone.add(change.key.removeprefix(UNDO))
    return {one.item: one for one in made if not one.key.startswith(UNDO) and str(one.pk) not in undone}


class Decided:
    """What was erased of the recipients of some rows, and changed, which imports do not bring back.

    Two queries, none where no row has a recipient.
    """

    def __init__(self, rows: Iterable[SourceRow]) -> None:
        self._keys: dict[tuple[str, str, str, str], bytes] = {
            key: recipient_key(*key)
            for row in rows
            for record in row.records
            for to in record.recipients
            for key in [(row.source, row.external_id, to.family_name, to.given_name)]
        }
        self._erased: dict[bytes, datetime] = {}
        self._changed: dict[bytes, dict[str, dict[str, str]]] = {}
        persons = list(self._keys.values())
        if not persons:
            return
        marks = {*persons, *(_item_mark(person, item) for person in persons for item in Recipient.ITEM_FIELDS)}
        found = ErasureMark.objects.filter(digest__in=marks, lifted_at=None)
        self._erased = {bytes(digest): at for digest, at in found.values_list("digest", "erased_at")}
        changes: dict[bytes, list[RecipientChange]] = {}
        for change in RecipientChange.objects.filter(person__in=persons).order_by("at", "pk"):
            changes.setdefault(bytes(change.person), []).append(change)
        for person, made in changes.items():
            self._changed[person] = {item: one.after for item, one in standing(made).items()}

    def has(self, row: SourceRow, family_name: str, given_name: str, ordered_at: datetime | None) -> bool:
        """Whether this recipient was erased after the order; a gift that was sent later is newer business."""
        return self._is_erased(self._keys[row.source, row.external_id, family_name, given_name], ordered_at)

    def _is_erased(self, mark: bytes, ordered_at: datetime | None) -> bool:
        at = self._erased.get(mark)
        return at is not None and (ordered_at is None or ordered_at <= at)

    def apply(self, row: SourceRow, recipient: Recipient, ordered_at: datetime | None) -> bool:
        """Write what was decided over what the source says; False where nothing of the person may be kept.

        Args:
            recipient: as the source has it, not saved.
        """
        person = self._keys[row.source, row.external_id, recipient.family_name, recipient.given_name]
        if self._is_erased(person, ordered_at):
            return False
        changed = self._changed.get(person, {})
        gone = [item for item in Recipient.ITEM_FIELDS if self._is_erased(_item_mark(person, item), ordered_at)]
        if changed or gone:
            recipient.imported_as = person
            for item, values in changed.items():
                written(recipient, item, values)
            emptied(recipient, gone)
        return True


def written(row: Recipient, item: str, values: Mapping[str, str]) -> None:
    """Give an item of a row that is not saved yet the values that its person had set; ``imported_as`` is set before."""
    for column, value in values.items():
        setattr(row, column, value)
        row.originals.pop(column, None)
    row.originals.pop(item, None)
    row.own_items = sorted({*row.own_items, item})
    row.name_key = name_key(row.family_name, row.given_name)[:200]
