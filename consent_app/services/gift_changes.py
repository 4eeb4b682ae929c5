"""Changing what is held of the recipient of a gift, in the order of somebody else (article 34).

The order and its sender stay as they are. The history lies beside the order under the person's key, so that an import,
which makes the recipient's row anew, writes the new value again (``gift_erasure.Decided``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import registered
from ..models import Recipient, RecipientChange
from . import import_tables
from .customer_changes import ChangeError, UnusableValues
from .gift_erasure import UNDO, standing, written


def change_recipients(
    *,
    recipients: Collection[Recipient],
    values: Mapping[str, Mapping[str, Any]],
    actor: audit.Actor,
    reference: str,
    key: str,
    now: datetime,
    reason: str = "",
) -> list[RecipientChange]:
    """Give items of these recipients new values, with history and audit entry. Twice with one key does no harm.

    An item that has these values already is left as it is.

    Args:
        recipients: rows with their orders loaded; they are read anew and locked.
        values: the new values by item of ``Recipient.ITEM_FIELDS`` and column. Empty takes away.
        reference: the receipt number of the request.
        key: names this change for good.
        reason: why, for the history; encrypted.

    Returns:
        One entry of the history for each person, order and item that changed.

    Raises:
        UnusableValues: a value cannot be stored.
        KeyError: an item that no recipient has.
    """
    today = timezone.localdate(now)
    try:
        wanted = {
            item: {**dict.fromkeys(Recipient.ITEM_FIELDS[item], ""), **registered.cleaned(given, today=today)}
            for item, given in values.items()
        }
    except registered.Unusable as error:
        raise UnusableValues(error.codes) from None
    made = []
    with transaction.atomic():
        import_tables.lock_imports()
        keys = [row.pk for row in recipients]
        rows = Recipient.objects.filter(pk__in=keys).select_for_update(of=("self",)).select_related("record")
        persons: dict[tuple[Any, bytes], list[Recipient]] = {}
        for row in rows.order_by("pk"):
            persons.setdefault((row.record_id, row.person_key), []).append(row)
        for (record, person), same in persons.items():
            about = RecipientChange.objects.filter(record=record, person=person, key=key)
            done = set(about.values_list("item", flat=True))
            for item, after in wanted.items():
                before = [{column: getattr(row, column) for column in after} for row in same]
                if item in done or all(one == after for one in before):
                    continue
                distinct = [one for place, one in enumerate(before) if one not in before[:place]]
                for row in same:
                    row.imported_as = person
                    written(row, item, after)
                    row.save()
                made.append(
                    RecipientChange.objects.create(
                        record=same[0].record,
                        person=person,
                        item=item,
                        before_text=json.dumps(distinct, ensure_ascii=False),
                        after_text=json.dumps(after, ensure_ascii=False),
                        reason=reason or None,
                        reference=reference,
                        key=key,
                        changed_by=actor if isinstance(actor, User) else None,
                        at=now,
                    )
                )
        for one in made:
            audit.record(action="recipient.changed", actor=actor, obj=one.record, detail={"items": [one.item]})
    return made


def undo(
    *, change: RecipientChange, actor: audit.Actor, reference: str, reason: str, now: datetime
) -> list[RecipientChange]:
    """Give the item the value from before; the history keeps both. Twice does no harm.

    What is as the source has it again, the sender sees again.

    Raises:
        ChangeError: something newer stands there, the person was erased, or there was more than one value before.
    """
    key = f"{UNDO}{change.pk}"
    with transaction.atomic():
        if done := list(RecipientChange.objects.filter(record=change.record_id, person=change.person, key=key)):
            return done
        rows = [row for row in _rows_of(change) if _values(row, change.item) == change.after]
        if not rows or len(change.before) != 1:
            raise ChangeError("The value before cannot come back.")
        values = {change.item: change.before[0]}
        made = change_recipients(
            recipients=rows, values=values, actor=actor, reference=reference, key=key, now=now, reason=reason
        )
        history = RecipientChange.objects.filter(record=change.record_id, person=change.person).order_by("at", "pk")
        if change.item not in standing(history):
            for row in Recipient.objects.filter(pk__in=[row.pk for row in rows]):
                row.own_items = [item for item in row.own_items if item != change.item]
                row.save(update_fields=["own_items"])
    return made


def _rows_of(change: RecipientChange) -> list[Recipient]:
    rows = Recipient.objects.filter(record=change.record_id).select_related("record")
    return [row for row in rows if row.person_key == bytes(change.person)]


def _values(row: Recipient, item: str) -> dict[str, str]:
    return {column: getattr(row, column) for column in Recipient.ITEM_FIELDS[item]}
