"""Withdrawing, closing and reopening a request."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from privacy_portal.core.models import User

from .. import selectors
from ..domain.transitions import Actor, Event, Status
from ..models import AnswerFile, Decision, DisclosureRequest, DownloadGrant
from ..selectors_found import still_to_do
from . import instructions, transition
from .errors import StillToDo
from .permissions import deny, require_person, require_staff


def withdraw(*, request: DisclosureRequest, actor: User, now: datetime) -> DisclosureRequest:
    """The person takes the request back, as long as it is not decided.

    Raises:
        NotAllowed: not the person's own request.
        TransitionRefused: it is decided or has ended.
    """
    require_person(actor, request)
    return transition.apply(request=request, event=Event.WITHDRAWN, actor=actor, actor_kind=Actor.PERSON, now=now)


def record_withdrawal(*, request: DisclosureRequest, actor: User, now: datetime) -> DisclosureRequest:
    """Staff write down that somebody without an account took their request back, by letter or telephone.

    Whoever has an account does it themself: nobody else ends their request.

    Raises:
        NotAllowed: no permission, or the person has an account.
        TransitionRefused: it is decided or has ended.
    """
    require_staff(actor, request, "decide_request")
    if request.applicant_id is not None:
        deny(actor, request)
    return transition.apply(request=request, event=Event.WITHDRAWN, actor=actor, actor_kind=Actor.STAFF, now=now)


def close(*, request: DisclosureRequest, actor: User, now: datetime) -> DisclosureRequest:
    """Staff end an answered request before that happens by itself.

    Raises:
        NotAllowed: no permission, or their own request.
        StillToDo: somebody has not yet done what was decided.
        TransitionRefused: it is not answered.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        if still_to_do(transition.locked(request)):
            raise StillToDo
        return transition.apply(request=request, event=Event.CLOSED, actor=actor, actor_kind=Actor.STAFF, now=now)


def reopen(*, request: DisclosureRequest, actor: User, now: datetime) -> DisclosureRequest:
    """Staff look at the request once more. A new decision is needed; what was answered cannot be opened any more.

    Where identity was never confirmed, the request goes back to that question and not on to the content.

    Raises:
        NotAllowed: no permission, or their own request.
        TransitionRefused: it has not been answered, or has ended.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        transition.require(transition.locked(request), Event.REOPENED, Actor.STAFF)
        confirmed = selectors.identity_confirmed(request)
        row = transition.apply(
            request=request,
            event=Event.REOPENED if confirmed else Event.IDENTITY_REOPENED,
            actor=actor,
            actor_kind=Actor.STAFF,
            now=now,
        )
        Decision.objects.filter(request=row, superseded_at__isnull=True).update(superseded_at=now)
        AnswerFile.objects.filter(request=row, expires_at__gt=now).update(expires_at=now)
        DownloadGrant.objects.filter(answer_file__request=row, used_at__isnull=True, expires_at__gt=now).update(
            expires_at=now
        )
        instructions.reconsider(request=row, now=now)
    return row


def close_after() -> timedelta:
    """How long an answered request stays open for questions."""
    return timedelta(days=settings.REQUEST_CLOSE_AFTER_DAYS)


@transaction.atomic
def close_when_due(*, request_id: uuid.UUID, now: datetime) -> bool:
    """The worker ends a request that was answered long enough ago and has nothing left to do.

    Returns whether it did; twice does no harm.
    """
    request = (
        DisclosureRequest.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=request_id, status=Status.ANSWERED, answered_at__lte=now - close_after())
        .first()
    )
    if request is None or still_to_do(request):
        return False
    transition.apply(request=request, event=Event.CLOSED, actor=None, actor_kind=Actor.WORKER, now=now)
    return True
