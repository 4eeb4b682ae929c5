"""The files that leave after a second person's yes: what they are of, made ready by a worker, taken by who asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import translation

from privacy_portal.core.models import EncryptedFile, User
from privacy_portal.core.services import audit, files

from .. import notifications
from ..models import Entrustment, ExportKind, ExportOrder, Incident, ProvisionRun
from . import affected, entrusted_file, exports, provision_runs

_MODELS: dict[str, type[models.Model]] = {
    ExportKind.PROVISION: ProvisionRun,
    ExportKind.ENTRUSTMENT: Entrustment,
    ExportKind.ADDRESSES: Incident,
}


def object_of(kind: str, key: str) -> Any:
    """What a file of this kind is about; None where there is no such kind or object."""
    model = _MODELS.get(kind)
    if model is None or model._meta.pk is None:
        return None
    try:
        return model._default_manager.filter(pk=model._meta.pk.to_python(key)).first()
    except ValidationError:
        return None


def persons(obj: models.Model) -> int:
    """How many persons are in the file about ``obj``; 0 where there is no file."""
    if isinstance(obj, ProvisionRun):
        return obj.provisions.count() if _lies_ready(obj.output) else 0
    if isinstance(obj, Entrustment):
        return obj.allowed if _lies_ready(obj.file) else 0
    return affected.to_be_told_otherwise(obj).count() if isinstance(obj, Incident) else 0


def _lies_ready(file: EncryptedFile | None) -> bool:
    return file is not None and file.erased_at is None


def make(*, order: ExportOrder, now: datetime) -> None:
    """Make what was approved ready, encrypted, and tell who asked. For a worker; may come twice.

    The files for recipients and subcontractors were made when they were recorded; that nobody in them has stopped it
    since is asked at each download. Addresses are written now.
    """
    with files.removed_on_error(), transaction.atomic():
        locked = ExportOrder.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=order.pk)
        if locked.state(now) != "making":
            return
        obj = object_of(locked.kind, locked.object_id)
        count = persons(obj) if obj is not None else 0
        if not count:
            locked.problem = ExportOrder.Problem.GONE
        elif count > locked.persons:
            locked.problem = ExportOrder.Problem.GROWN
        else:
            if isinstance(obj, Incident):
                with translation.override(locked.asked_by.language):
                    locked.file = _addresses(obj)
            locked.made_at, locked.expires_at = now, now + timedelta(hours=settings.EXPORT_HOURS)
        locked.save(update_fields=["problem", "file", "made_at", "expires_at"])
        audit.record(
            action="export.failed" if locked.problem else "export.made",
            actor="worker",
            obj=locked,
            detail={"kind": locked.kind, "persons": count},
        )
        notifications.export_answered(order=locked)


def _addresses(incident: Incident) -> EncryptedFile:
    with files.create(name="addresses.csv", content_type="text/csv; charset=utf-8") as writer:
        writer.write(affected.written(incident)[0].encode())
    return writer.file


def take(*, order: ExportOrder, actor: User, now: datetime) -> EncryptedFile:
    """The file, about to leave; everybody in it is asked about once more.

    Raises:
        ExportError: it is not ready, is over or used up, or somebody else asked for it or may no longer take it.
        entrusted_file.NotChosen, entrusted_file.Stopped, file_runs.NotReady, provision_runs.Stopped: see there.
    """
    obj = object_of(order.kind, order.object_id)
    if order.asked_by_id != actor.pk or not exports.may_take(actor, order.kind) or obj is None:
        audit.record(action="export.denied", actor=actor, obj=order)
        raise exports.ExportError(str(exports.NOT_YOURS))
    if isinstance(obj, ProvisionRun):
        return provision_runs.take(run=obj, actor=actor, now=now, order=order)
    if isinstance(obj, Entrustment):
        return entrusted_file.open_file(entrustment=obj, actor=actor, now=now, order=order)
    with transaction.atomic():
        exports.allow(kind=order.kind, obj=obj, persons=order.persons, actor=actor, now=now, order=order)
        audit.record(action="incident.persons_exported", actor=actor, obj=obj, detail={"persons": order.persons})
        file: EncryptedFile = ExportOrder.objects.select_related("file").get(pk=order.pk).file  # type: ignore[assignment]
    return file
