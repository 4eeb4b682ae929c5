"""The only place that writes a request's status."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications
from ..domain.transitions import WAITING_FOR_PERSON, Actor, Event, Status, next_status
from ..models import DisclosureRequest, RequestEvent
from . import instructions
from .deadlines import target_after_waiting


def locked(request: DisclosureRequest) -> DisclosureRequest:
    """The newest state of the request, locked until the transaction ends.

    Every service that first looks at the status and then writes does so on this object, so that two at once come one
    after the other and the second one sees what the first one did.
    """
    return DisclosureRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)


def require(row: DisclosureRequest, event: Event, actor_kind: Actor) -> None:
    """Ask the table before doing what belongs to ``event``, on a row from :func:`locked`.

    Raises:
        TransitionRefused: the table has no such row.
    """
    next_status(row.status, event, actor_kind)


@transaction.atomic
def apply(
    *,
    request: DisclosureRequest,
    event: Event,
    actor: User | None,
    actor_kind: Actor,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    public: bool = True,
    on: date | None = None,
) -> DisclosureRequest:
    """Let ``event`` happen: new status, timeline entry, audit entry and mail, all of them or none.

    Args:
        request: its row is locked and read anew; the instance given is brought up to date.
        actor: the account, or None for the worker.
        data: codes for the timeline, no personal data.
        public: whether the person sees the timeline entry. The mail goes out in any case.
        on: the day on which it happened, where staff write down what came by letter; the internal clock goes by it.

    Returns:
        The locked row in its new status.

    Raises:
        TransitionRefused: the table has no such row. Nothing was written.
    """
    row = locked(request)
    before = Status(row.status)
    after = next_status(before, event, actor_kind)
    changed: dict[str, Any] = {"status": after, "status_changed_at": now, **_times(after, now)}
    if before in WAITING_FOR_PERSON and after not in WAITING_FOR_PERSON:
        changed["target_on"] = target_after_waiting(request=row, until=on or timezone.localdate(now))
    for instance in (row, request):
        for name, value in changed.items():
            setattr(instance, name, value)
    row.save(update_fields=list(changed))
    RequestEvent.objects.create(
        request=row,
        kind=event,
        from_status=before,
        to_status=after,
        actor_kind=actor_kind,
        actor=actor,
        public=public,
        data={**(data or {}), **({"on": on.isoformat()} if on else {})},
        at=now,
    )
    audit.record(
        action="request.status_changed",
        actor=actor or "worker",
        obj=row,
        detail={"event": event, "from_status": before, "to_status": after},
    )
    if after == Status.WITHDRAWN or event == Event.CLOSED_SILENT:
        instructions.take_back(request=row, now=now)
    notifications.status_changed(request=row, event=event)
    return row


def _times(status: Status, now: datetime) -> dict[str, datetime | None]:
    if status == Status.ANSWERED:
        return {"answered_at": now}
    if status in (Status.CLOSED, Status.WITHDRAWN):
        return {"closed_at": now}
    # A reopened request is not answered any more.
    return {"answered_at": None}
