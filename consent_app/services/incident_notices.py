"""Notices to the persons whom an incident affects (article 26(2), Rule 10)."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import incidents as rules
from ..models import Broadcast, IncidentNotice
from . import broadcasts, incidents
from .incidents import IncidentError


def check(*, notice: IncidentNotice) -> None:
    """Raise :class:`IncidentError` with everything that keeps a notice from being sent."""
    if notice.started_at is not None:
        raise IncidentError(_("このお知らせはもう送り始めています。"))
    if notice.incident.closed_on is not None:
        raise IncidentError(_("終えた事故です。続けるには、もう一度開いてください。"))
    empty = [
        str(item.name)
        for item in rules.PERSON_ITEMS
        if not getattr(notice, f"{item.field}_ja").strip() or not getattr(notice, f"{item.field}_en").strip()
    ]
    if empty:
        raise IncidentError(_("日本語と英語の両方で書いてください：%(items)s。") % {"items": _("、").join(empty)})
    if not broadcasts.affected_to_tell(notice).exists():
        raise IncidentError(_("メールで知らせる人がいません。影響を受ける人を選んでください。"))


def start(*, notice: IncidentNotice, revision: int, actor: User, now: datetime.datetime) -> Broadcast:
    """Begin to send a notice; nothing can change it any more.

    Args:
        revision: what the person looked at.

    Raises:
        IncidentError: see :func:`check`; or it has changed since, or somebody else has started it.
    """
    with transaction.atomic():
        # The incident first, as everybody who changes its list does: two notices cannot be started at once.
        incident = incidents.locked(notice.incident)
        locked = IncidentNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
        locked.incident = incident
        if locked.revision != revision and locked.started_at is None:
            raise IncidentError(_("ほかの人が先に変えました。開き直して、内容を確かめてください。"))
        check(notice=locked)
        if Broadcast.objects.filter(notice__incident=incident, finished_at=None).exists():
            raise IncidentError(_("この事故のお知らせを送っている途中です。終わってから次を送ってください。"))
        locked.started_at = now
        locked.save(update_fields=["started_at"])
        broadcast = broadcasts.start_notice(notice=locked, actor=actor, now=now)
        audit.record(action="incident.notice_started", actor=actor, obj=locked)
    return broadcast


def delete_draft(*, notice: IncidentNotice, actor: User) -> None:
    """Delete a draft.

    Raises:
        IncidentError: it has been sent.
    """
    with transaction.atomic():
        locked = IncidentNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
        if locked.started_at is not None:
            raise IncidentError(_("このお知らせはもう送り始めています。"))
        audit.record(action="incident.notice_deleted", actor=actor, obj=locked)
        locked.delete()
