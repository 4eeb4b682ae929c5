"""The thread between the person and the operator."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from consent_app.domain.normalise import clean_note
from privacy_portal.core import ratelimit
from privacy_portal.core.models import User
from privacy_portal.core.ratelimit import Limit
from privacy_portal.core.services import audit

from .. import notifications
from ..domain.answers import MY_NUMBER, REQUIRED, TOO_LONG, holds_my_number
from ..domain.transitions import ENDED_STATUSES, Actor, Event, Note
from ..models import DisclosureRequest, Message, RequestEvent
from . import message_files, transition
from .errors import InvalidMessage, NoAccount, ThreadClosed
from .permissions import require_person, require_staff

BODY_LENGTH = 4000
# Far more than anybody writes who has something to say; a program would bury what matters.
WRITTEN_BY_PERSON = Limit("request-message", 30, 3600)


def read_body(text: str) -> str:
    """The text as it is kept.

    Raises:
        InvalidMessage: empty, longer than 4,000 characters, or with a My Number in it.
    """
    body = clean_note(text[: 2 * BODY_LENGTH])
    if not body:
        raise InvalidMessage(REQUIRED)
    if len(body) > BODY_LENGTH:
        raise InvalidMessage(TOO_LONG)
    if holds_my_number(body):
        raise InvalidMessage(MY_NUMBER)
    return body


def _require_account(request: DisclosureRequest) -> None:
    if request.applicant_id is None:
        raise NoAccount


def _write(
    request: DisclosureRequest,
    actor: User,
    body: str,
    now: datetime,
    *,
    from_person: bool,
    files: Collection[uuid.UUID],
    asks_reply: bool = False,
) -> Message:
    message = Message.objects.create(
        request=request, from_person=from_person, author=actor, body=body, asks_reply=asks_reply, sent_at=now
    )
    message_files.attach(message=message, actor=actor, keys=files)
    audit.record(action="message.written", actor=actor, obj=request, detail={"from_person": from_person})
    return message


def ask(
    *, request: DisclosureRequest, actor: User, body: str, files: Collection[uuid.UUID] = (), now: datetime
) -> Message:
    """Staff ask the person something; the operator's clock stands still until the answer.

    Args:
        files: keys of the chosen files that go along; see :mod:`.message_files`.

    Raises:
        FilesChanged: one of them is not there to be sent any more.
        InvalidMessage: see :func:`read_body`.
        NoAccount: the person would never see it.
        NotAllowed: not staff, or their own request.
        TransitionRefused: nothing can be asked in this status.
    """
    require_staff(actor, request)
    _require_account(request)
    text = read_body(body)
    with transaction.atomic():
        row = transition.apply(request=request, event=Event.ASKED, actor=actor, actor_kind=Actor.STAFF, now=now)
        return _write(row, actor, text, now, from_person=False, files=files, asks_reply=True)


def reply(
    *, request: DisclosureRequest, actor: User, body: str, files: Collection[uuid.UUID] = (), now: datetime
) -> Message:
    """The person answers what was asked; the operator goes on.

    Raises:
        FilesChanged: see :func:`ask`.
        InvalidMessage: see :func:`read_body`.
        NotAllowed: not the person's own request.
        TransitionRefused: nothing was asked, or it was answered already.
        ratelimit.LimitExceeded: more than 30 messages of this account within an hour.
    """
    require_person(actor, request)
    text = read_body(body)
    ratelimit.hit((WRITTEN_BY_PERSON, str(actor.pk)))
    with transaction.atomic():
        row = transition.apply(request=request, event=Event.REPLIED, actor=actor, actor_kind=Actor.PERSON, now=now)
        return _write(row, actor, text, now, from_person=True, files=files)


def write(
    *, request: DisclosureRequest, actor: User, body: str, files: Collection[uuid.UUID] = (), now: datetime
) -> Message:
    """Either side writes without a change of status. The person is told by mail that there is a message.

    Raises:
        FilesChanged: see :func:`ask`.
        InvalidMessage: see :func:`read_body`.
        NoAccount: the person would never see it.
        NotAllowed: neither the person nor staff.
        ThreadClosed: the request has ended.
        ratelimit.LimitExceeded: more than 30 messages of this account within an hour; staff have no such limit.
    """
    from_person = actor.pk == request.applicant_id
    if from_person:
        require_person(actor, request)
    else:
        require_staff(actor, request)
        _require_account(request)
    text = read_body(body)
    if from_person:
        ratelimit.hit((WRITTEN_BY_PERSON, str(actor.pk)))
    with transaction.atomic():
        row = transition.locked(request)
        if row.status in ENDED_STATUSES:
            raise ThreadClosed
        message = _write(row, actor, text, now, from_person=from_person, files=files)
        RequestEvent.objects.create(
            request=row,
            kind=Note.MESSAGE_FROM_PERSON if from_person else Note.MESSAGE_FROM_STAFF,
            from_status=row.status,
            to_status=row.status,
            actor_kind=Actor.PERSON if from_person else Actor.STAFF,
            actor=actor,
            at=now,
        )
        if not from_person:
            notifications.message_written(request=row)
    return message


def mark_read(*, request: DisclosureRequest, reader: User, now: datetime) -> int:
    """The reader has seen what the other side wrote. Returns how many messages were new.

    Raises:
        NotAllowed: neither the person nor staff who work on the case.
    """
    is_person = reader.pk == request.applicant_id
    if is_person:
        require_person(reader, request)
    else:
        require_staff(reader, request)
    return Message.objects.filter(request=request, from_person=not is_person, read_at__isnull=True).update(read_at=now)
