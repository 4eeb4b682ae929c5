"""Files with many persons leave when a second person has said yes; one way for every such file.

Whoever gives a file out calls :func:`allow` in its transaction, with how many persons are in it. What is made for whom
after a yes is :mod:`.export_files`.
"""

from __future__ import annotations

import datetime
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy_portal.core.models import User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import audit, files

from .. import notifications
from ..models import ExportKind, ExportOrder, ExportTaken

APPROVE: Final = "consent_app.approve_exportorder"
# Who may take which file at all.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    ExportKind.PROVISION: ("consent_app.add_provisionrun", "consent_app.export_provisionrun"),
    ExportKind.ENTRUSTMENT: ("consent_app.add_entrustment",),
    ExportKind.ADDRESSES: ("consent_app.notify_affected",),
}
MAKE_TASK: Final = "consent.make_export"
# What one member of staff takes without leave within this time counts together: a large file in pieces is a large file.
TOGETHER: Final = timedelta(days=1)
NUDGE_PATIENCE: Final = timedelta(minutes=1)
# How long it is kept who asked, who answered and what left; the audit entries stay.
KEPT: Final = timedelta(days=366)
NOT_YOURS: Final = gettext_lazy("承認は、求めた人の、求めたファイルにだけ使えます。")


class ExportError(Exception):
    """It cannot be done; the message says why, in words for staff."""


class NeedsSecondPerson(ExportError):
    """The file is large, and nobody else has said yes to this member of staff."""

    def __init__(self, kind: str, obj: models.Model, persons: int) -> None:
        super().__init__(
            _("%(persons)s人のデータです。ほかの人の承認を受けてから持ち出してください。") % {"persons": persons}
        )
        self.kind, self.obj, self.persons = kind, obj, persons


def is_large(persons: int) -> bool:
    """Whether so many persons need a second person's leave; with a limit of 0 never."""
    limit: int = settings.EXPORT_SECOND_PERSON_FROM
    return 0 < limit <= persons


def may_take(user: User, kind: str) -> bool:
    """Whether somebody may take files of this kind at all."""
    return user.is_active and user.is_staff and user.has_perms(NEEDS[kind])


def approvers(asker: User) -> list[User]:
    """Who may answer what ``asker`` asks for."""
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(pk=asker.pk).order_by("pk")
    return [one for one in staff if one.has_perm(APPROVE)]


def allow(
    *,
    kind: str,
    obj: models.Model,
    persons: int,
    actor: audit.Actor,
    now: datetime.datetime,
    order: ExportOrder | None = None,
) -> None:
    """Let a file leave and write it down. Call it in the transaction that gives the file out.

    Args:
        persons: in the file, now.
        order: the leave that it goes out with; without one only a small file does.

    Raises:
        NeedsSecondPerson: without ``order``, and it is large by itself or with what this person took today.
        ExportError: ``order`` is another person's, about another file or fewer persons, over, or used up.
    """
    if not isinstance(actor, User):
        raise ExportError(_("ファイルを持ち出せるのは、担当者だけです。"))
    if order is None:
        # Held until the end of the transaction: two small files at once must see each other.
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if is_large(persons + _taken_lately(actor, kind, obj, now)):
            raise NeedsSecondPerson(kind, obj, persons)
    else:
        row = ExportOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if (row.asked_by_id, row.kind, row.object_id) != (actor.pk, kind, str(obj.pk)):
            raise ExportError(str(NOT_YOURS))
        if row.state(now) != "ready" or persons > row.persons:
            raise ExportError(_("このファイルは、もう持ち出せません。"))
        row.downloads += 1
        row.save(update_fields=["downloads"])
        audit.record(action="export.taken", actor=actor, obj=row, detail={"kind": kind, "persons": persons})
    ExportTaken.objects.create(kind=kind, object_id=str(obj.pk), persons=persons, by=actor, at=now, order=order)


def _taken_lately(actor: User, kind: str, obj: models.Model, now: datetime.datetime) -> int:
    """Persons in the other files that somebody took without leave; the same file twice is one file."""
    rows = ExportTaken.objects.filter(by=actor, order=None, at__gt=now - TOGETHER)
    rows = rows.exclude(kind=kind, object_id=str(obj.pk)).order_by()
    return sum(row["most"] for row in rows.values("kind", "object_id").annotate(most=Max("persons")))


def ask(*, kind: str, obj: models.Model, persons: int, why: str, actor: User, now: datetime.datetime) -> ExportOrder:
    """Ask for leave to take a file out; those who may give it are told by mail. Asked again, it is the same order.

    Raises:
        ExportError: no permission, no reason, nobody in the file, or nobody who could answer.
    """
    if not may_take(actor, kind):
        audit.record(action="export.denied", actor=actor)
        raise ExportError(_("このファイルを持ち出す権限がありません。"))
    if not why.strip():
        raise ExportError(_("持ち出す理由を書いてください。"))
    if persons < 1:
        raise ExportError(_("ファイルに入る人がいません。"))
    others = approvers(actor)
    if not others:
        raise ExportError(_("承認できる人がほかにいません。承認できる役割のアカウントを、もう1つ作ってください。"))
    with transaction.atomic():
        # The row of whoever asks: two clicks at once must not make two orders.
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        orders = ExportOrder.objects.filter(kind=kind, object_id=str(obj.pk), asked_by=actor, persons__gte=persons)
        for order in orders:
            if order.state(now) in ("waiting", "making", "ready"):
                return order
        order = ExportOrder.objects.create(
            kind=kind,
            object_id=str(obj.pk),
            persons=persons,
            why=why.strip()[:200],
            asked_by=actor,
            asked_at=now,
            expires_at=now + timedelta(hours=settings.EXPORT_HOURS),
        )
        audit.record(action="export.asked", actor=actor, obj=order, detail={"kind": kind, "persons": persons})
        for other in others:
            notifications.export_asked(order=order, staff=other)
    return order


def decide(*, order: ExportOrder, approve: bool, actor: User, now: datetime.datetime) -> ExportOrder:
    """Say yes or no to what somebody else asked for. After a yes a worker makes the file ready.

    Raises:
        ExportError: no permission, one's own, decided already, withdrawn, or too late.
    """
    own = order.asked_by_id == actor.pk
    if own or not actor.has_perm(APPROVE):
        audit.record(action="export.denied", actor=actor, obj=order)
        if own:
            raise ExportError(_("自分が求めたものは、自分では承認できません。"))
        raise ExportError(_("承認する権限がありません。"))
    with transaction.atomic():
        locked = ExportOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if locked.state(now) != "waiting":
            raise ExportError(_("もう決まっているか、期限が過ぎています。"))
        locked.approved, locked.decided_by, locked.decided_at = approve, actor, now
        if approve:
            locked.expires_at = now + timedelta(hours=settings.EXPORT_HOURS)
        locked.save(update_fields=["approved", "decided_by", "decided_at", "expires_at"])
        audit.record(
            action="export.approved" if approve else "export.declined",
            actor=actor,
            obj=locked,
            detail={"kind": locked.kind, "persons": locked.persons},
        )
        if approve:
            nudge(MAKE_TASK, str(locked.pk))
        else:
            notifications.export_answered(order=locked)
    return locked


def withdraw(*, order: ExportOrder, actor: User, now: datetime.datetime) -> ExportOrder:
    """Take a request or a leave back: whoever asked, or whoever may give leave. A file made for it is erased.

    Raises:
        ExportError: it has ended, or somebody else's concern.
    """
    if order.asked_by_id != actor.pk and not actor.has_perm(APPROVE):
        audit.record(action="export.denied", actor=actor, obj=order)
        raise ExportError(_("取り消せるのは、求めた人と承認できる人です。"))
    with transaction.atomic():
        locked = ExportOrder.objects.select_for_update(of=("self",)).select_related("file").get(pk=order.pk)
        if locked.state(now) not in ("waiting", "making", "ready"):
            raise ExportError(_("もう終わっています。"))
        locked.withdrawn_by, locked.withdrawn_at = actor, now
        locked.save(update_fields=["withdrawn_by", "withdrawn_at"])
        _erase_file(locked, actor)
        audit.record(action="export.withdrawn", actor=actor, obj=locked, detail={"kind": locked.kind})
    return locked


def sweep(*, now: datetime.datetime) -> int:
    """Nudge for files that no worker made, erase those whose time is over, forget orders after a year; how many.

    May run twice.
    """
    count = 0
    made = Q(made_at=None, problem="") & Q(approved=True, withdrawn_at=None, expires_at__gt=now)
    for pk in ExportOrder.objects.filter(made, decided_at__lt=now - NUDGE_PATIENCE).values_list("pk", flat=True):
        nudge(MAKE_TASK, str(pk))
        count += 1
    ended = Q(expires_at__lte=now) | Q(downloads__gte=ExportOrder.DOWNLOADS)
    for order in ExportOrder.objects.filter(ended, file__erased_at=None, file__isnull=False).select_related("file"):
        _erase_file(order, "worker")
        count += 1
    ExportTaken.objects.filter(at__lt=now - KEPT).delete()
    old = ExportOrder.objects.filter(Q(file=None) | Q(file__erased_at__isnull=False), asked_at__lt=now - KEPT)
    return count + old.delete()[0]


def _erase_file(order: ExportOrder, actor: audit.Actor) -> None:
    if order.file is not None:
        files.erase(file=order.file, actor=actor)
