"""Erasing what is held about the recipient of a gift (articles 22, 35): their rows in other people's orders.

The order stays with whoever placed it, and the books with it; the recipient's name, address and telephone number go.
A keyed hash keeps the next import from bringing them back, as for erased customers.
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from privacy_portal.core.models import EncryptedFile, User
from privacy_portal.core.services import audit, files

from ..domain.erasure import Preview, token_of
from ..domain.formats import SourceRow
from ..domain.normalise import name_key
from ..models import Entrustment, ErasureMark, ErasureRecord, Recipient
from ..models.parts import RECIPIENT_ITEM
from . import erasure_journal, erasure_marks, import_tables


def preview(*, recipients: Collection[uuid.UUID]) -> Preview:
    """What an erasure of these rows would do. Nothing is changed."""
    keys = sorted(str(key) for key in _rows(recipients).values_list("pk", flat=True))
    counts = {"recipients": len(keys), "files": _files(recipients).count()}
    state: list[object] = [keys, sorted(counts.items())]
    return Preview((), {place: number for place, number in counts.items() if number}, (), token_of(state))


def erase(*, recipients: Collection[uuid.UUID], reference: str, key: str, actor: audit.Actor, now: datetime) -> int:
    """Erase these rows and the files for subcontractors in which they stand. Twice does no harm.

    Args:
        reference: the receipt number of the request.
        key: names this erasure for good.

    Returns:
        How many rows went.
    """
    with transaction.atomic():
        import_tables.lock_imports()
        rows = list(_rows(recipients).select_for_update(of=("self",)).select_related("record"))
        if not rows:
            return 0
        for file in _files(recipients):
            files.erase(file=file, actor=actor)
        marks = [_digest(row.record.source, row.record.external_id, row.family_name, row.given_name) for row in rows]
        erasure_marks.mark(marks, now=now)
        # Each under its own key, so that the journal outside of the database has it, for a backup that is restored.
        ErasureRecord.objects.bulk_create(
            ErasureRecord(
                customer_id=row.pk,
                reference=reference,
                key=key,
                everything=False,
                items=[RECIPIENT_ITEM],
                counts={"recipients": 1},
                erased_at=now,
                erased_by=actor if isinstance(actor, User) else None,
            )
            for row in rows
        )
        transaction.on_commit(lambda: erasure_journal.write(now=now), robust=True)
        for row in rows:
            audit.record(action="recipient.erased", actor=actor, obj=row.record)
        _rows(recipients).delete()
    return len(rows)


def erase_marked(*, marks: Collection[bytes], actor: audit.Actor) -> int:
    """Erase the recipients to whom one of these marks belongs: after a backup from before their erasure was restored.

    Returns:
        How many rows went.
    """
    found = [
        row
        for row in Recipient.objects.select_related("record").iterator(chunk_size=1000)
        if _digest(row.record.source, row.record.external_id, row.family_name, row.given_name) in marks
    ]
    for row in found:
        audit.record(action="recipient.erased", actor=actor, obj=row.record)
    Recipient.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)


def _rows(recipients: Collection[uuid.UUID]) -> QuerySet[Recipient]:
    return Recipient.objects.filter(pk__in=set(recipients)).order_by("pk")


def _files(recipients: Collection[uuid.UUID]) -> QuerySet[EncryptedFile]:
    given = Entrustment.objects.filter(persons__recipient__in=set(recipients), file__isnull=False)
    return EncryptedFile.objects.filter(pk__in=given.values("file"), erased_at=None)


def _digest(source: str, external_id: str, family_name: str, given_name: str) -> bytes:
    """The mark of a recipient in the orders of one row of a source."""
    return erasure_marks.digest_of("recipient", source, external_id, name_key(family_name, given_name)[:200])


class KeptOut:
    """Which recipients of some rows were erased, and when. One query, none where no row has a recipient."""

    def __init__(self, rows: Iterable[SourceRow]) -> None:
        self._marks: dict[tuple[str, str, str, str], bytes] = {
            key: _digest(*key)
            for row in rows
            for record in row.records
            for to in record.recipients
            for key in [(row.source, row.external_id, to.family_name, to.given_name)]
        }
        found = (
            ErasureMark.objects.filter(digest__in=list(self._marks.values()), lifted_at=None)
            if self._marks
            else ErasureMark.objects.none()
        )
        self._erased = {bytes(digest): at for digest, at in found.values_list("digest", "erased_at")}

    def has(self, row: SourceRow, family_name: str, given_name: str, ordered_at: datetime | None) -> bool:
        """Whether this recipient was erased after the order; a gift that was sent later is newer business."""
        if not self._erased:
            return False
        at = self._erased.get(self._marks[row.source, row.external_id, family_name, given_name])
        return at is not None and (ordered_at is None or ordered_at <= at)
