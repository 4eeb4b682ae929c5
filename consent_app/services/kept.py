"""Saving entries that staff keep: never over somebody else's change, and never without history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import RegisterChange
from ..models.kept import KeptModel

# Values as staff read them, by the name of the field; many-valued fields are lists.
Snapshot = dict[str, Any]
_OWN_FIELDS = frozenset({"id", "revision", "kept_by_staff"})


class ChangedMeanwhile(Exception):
    """Somebody else has saved the entry since it was opened.

    Attributes:
        change: their newest change, None if the history has none.
        current: the entry as it is now.
    """

    def __init__(self, current: KeptModel) -> None:
        self.current = current
        self.change = history(current).first()
        super().__init__(f"{current._meta.label_lower} {current.pk} is at revision {current.revision}")


def history(row: models.Model) -> models.QuerySet[RegisterChange]:
    """Every change of an entry, the newest first."""
    return RegisterChange.objects.filter(object_type=row._meta.label_lower, object_id=str(row.pk)).select_related("by")


def snapshot(row: models.Model) -> Snapshot:
    """What an entry says, as staff read it: labels of choices, names of what it refers to."""
    values: Snapshot = {}
    for field in row._meta.concrete_fields:
        if field.name in _OWN_FIELDS or field.primary_key:
            continue
        value = getattr(row, field.name)
        if field.flatchoices and not isinstance(value, list):
            value = dict(field.flatchoices).get(value, value)
        values[field.name] = _readable(value)
    if row.pk is not None and not row._state.adding:
        for many in row._meta.many_to_many:
            values[many.name] = [str(one) for one in getattr(row, many.name).all()]
    return values


def lock(row: KeptModel, *, revision: int) -> KeptModel:
    """Lock an entry that somebody wants to save, if it is still what they saw. Inside a transaction.

    Raises:
        ChangedMeanwhile: it is not.
    """
    current: KeptModel = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if current.revision != revision:
        raise ChangedMeanwhile(current)
    return current


def record(
    *,
    row: KeptModel,
    before: Snapshot | None,
    actor: User,
    now: datetime | None = None,
    more: Mapping[str, Any] | None = None,
) -> RegisterChange | None:
    """Write down that an entry was added (``before`` None) or changed, and count its revision.

    Called in the transaction that saved it, after its many-valued fields were saved.

    Args:
        before: :func:`snapshot` taken before the change.
        more: what changed in rows that belong to the entry, as ``{name: [before, after]}``.

    Returns:
        The change, or None where nothing differs.
    """
    after = snapshot(row)
    if before is None:
        fields = {name: [None, value] for name, value in after.items() if value not in ("", [], None)}
    else:
        fields = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    fields |= dict(more or {})
    if before is not None and not fields:
        return None
    with transaction.atomic():
        if before is not None:
            row.revision += 1
        row.kept_by_staff = True
        type(row)._default_manager.filter(pk=row.pk).update(revision=row.revision, kept_by_staff=True)
        kind = RegisterChange.Kind.ADDED if before is None else RegisterChange.Kind.CHANGED
        change = RegisterChange.objects.create(
            object_type=row._meta.label_lower,
            object_id=str(row.pk),
            revision=row.revision,
            kind=kind,
            fields=fields,
            by=actor,
            at=now or timezone.now(),
        )
        audit.record(action=f"register.{kind.value}", actor=actor, obj=row, detail={"fields": len(fields)})
    return change


def _readable(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(value)
