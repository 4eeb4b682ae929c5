"""Questions, answers and reminders for whoever has no account: they go by letter or telephone, and staff write it down.

The case waits and the internal clock stands still as with questions on the portal. What counts are the days on which a
letter was sent or came, not those on which somebody found the time to write it down.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit
from privacy_portal.core.services.uploads import CleanFile

from .. import selectors
from ..domain import silence as stages
from ..domain.answers import NOT_A_CHOICE, REQUIRED, Errors
from ..domain.silence import Stage
from ..domain.transitions import ENDED_STATUSES, WAITING_FOR_PERSON, Actor, Event, Note, possible_events
from ..models import DisclosureRequest, Message, RequestEvent, SilenceNotice
from . import paper_letters, transition
from .deadlines import asked_on
from .errors import InvalidAnswers, InvalidMessage, RequestError, ThreadClosed
from .messages import read_body
from .permissions import deny, require_staff
from .registration import CHANNELS, attach
from .silence import patience

# A letter that is printed today is in the box within these days; the day that it names leaves them to the person.
POSTING: Final = timedelta(days=7)


class NoReminderDue(RequestError):
    """The stage was sent already, or is not reached, or the person has answered meanwhile."""

    message = _("いま送る手紙はありません。画面を読み直して、いまの状態を確かめてください。")


@dataclass(frozen=True, slots=True)
class Contact:
    """By which way and on which day something was asked or answered, as it was typed; None: no day was given."""

    channel: str
    on: date | None


def ask(*, request: DisclosureRequest, actor: User, contact: Contact, body: str, now: datetime) -> Message:
    """Staff write down what they asked; the operator's clock stands still from the day of the letter or the call.

    Raises:
        InvalidAnswers: for ``channel``, ``on`` (before the request came, or in the future) or ``body``.
        NotAllowed: not staff, or the person has an account and is asked there.
        TransitionRefused: nothing can be asked in this status.
    """
    _require(actor, request)
    on, text = _read(contact, body, timezone.localdate(request.received_at), timezone.localdate(now))
    with transaction.atomic():
        row = transition.apply(
            request=request,
            event=Event.ASKED,
            actor=actor,
            actor_kind=Actor.STAFF,
            now=now,
            data={"channel": contact.channel},
            on=on,
        )
        return _write(row, actor, contact.channel, on, text, now, from_person=False)


def record_answer(
    *,
    request: DisclosureRequest,
    actor: User,
    contact: Contact,
    body: str,
    scan: CleanFile | None,
    now: datetime,
    key: uuid.UUID,
) -> Message:
    """Staff write down what the person answered, or sent without having been asked; the clock goes on where it stood.

    Args:
        contact: the day on which it came.
        scan: of the letter.
        key: of the form; the same form sent twice is one answer.

    Raises:
        InvalidAnswers: for ``channel``, ``on`` (before the question, or in the future) or ``body``.
        NotAllowed: not staff, or the person has an account.
        ThreadClosed: the request has ended.
    """
    _require(actor, request)
    with transaction.atomic():
        row = transition.locked(request)
        same = Message.objects.filter(pk=key, request=row).first()
        if same is not None:
            return same
        if row.status in ENDED_STATUSES:
            raise ThreadClosed
        waits = Event.REPLIED in possible_events(row.status, Actor.STAFF)
        first = asked_on(row) if waits else timezone.localdate(row.received_at)
        on, text = _read(contact, body, first, timezone.localdate(now))
        if waits:
            row = transition.apply(
                request=request,
                event=Event.REPLIED,
                actor=actor,
                actor_kind=Actor.STAFF,
                now=now,
                data={"channel": contact.channel},
                on=on,
            )
        else:
            _note(row, actor, Note.MESSAGE_FROM_PERSON, now, channel=contact.channel, on=on.isoformat())
        message = _write(row, actor, contact.channel, on, text, now, from_person=True, key=key)
        if scan is not None:
            attach(request=row, scan=scan, actor=actor, now=now, message=message)
    return message


def question_letter(*, message: Message, actor: User) -> bytes:
    """The question as a letter to print. That it was opened is recorded.

    Raises:
        NotAllowed: not staff, or no letter.
    """
    _require(actor, message.request)
    if message.from_person or message.channel != DisclosureRequest.Channel.LETTER:
        deny(actor, message.request)
    audit.record(action="message.letter_opened", actor=actor, obj=message.request)
    return paper_letters.question(message)


def reminder_due(*, request: DisclosureRequest, now: datetime) -> Stage | None:
    """The letter that is to be sent now: the newest stage that is reached and was not sent since the last turn."""
    if request.applicant_id is not None or request.status not in WAITING_FOR_PERSON:
        return None
    turn_at = selectors.last_turn(request)
    stage = stages.reached(turn_at, now, patience())
    return stage if stage is not None and not _told(request, turn_at, stage) else None


def _told(request: DisclosureRequest, turn_at: datetime, stage: Stage) -> bool:
    told = SilenceNotice.objects.filter(request=request, turn_at=turn_at, stage__in=stages.not_before(stage))
    return told.exists()


def _closes_on(turn_at: datetime, now: datetime) -> date:
    """The last day for an answer, if the letter leaves within :data:`POSTING` from now."""
    return stages.last_day(timezone.localdate(turn_at), timezone.localdate(now) + POSTING, patience())


def reminder_letter(*, request: DisclosureRequest, stage: Stage, actor: User, now: datetime) -> bytes:
    """The reminder as a letter to print. That it was opened is recorded.

    Raises:
        NotAllowed: not staff, or the person has an account.
        NoReminderDue: see there.
    """
    _require(actor, request)
    turn_at = _turn_of(request, stage, now)
    audit.record(action="request.reminder_opened", actor=actor, obj=request, detail={"stage": stage})
    closes_on = _closes_on(turn_at, now) if stage == Stage.WARNING else None
    return paper_letters.reminder(request, on=timezone.localdate(now), closes_on=closes_on)


def record_reminder(
    *, request: DisclosureRequest, stage: Stage, actor: User, sent_on: date, now: datetime
) -> SilenceNotice:
    """Staff sent the letter of this stage. A warning names the last day; it is never earlier than the printed one.

    Raises:
        InvalidAnswers: for ``sent_on``: before the last turn of either side, or in the future.
        NotAllowed: not staff, or the person has an account.
        NoReminderDue: see there; also for the second of two who record it at once.
    """
    _require(actor, request)
    with transaction.atomic():
        row = transition.locked(request)
        turn_at = _turn_of(row, stage, now)
        if not timezone.localdate(turn_at) <= sent_on <= timezone.localdate(now):
            raise InvalidAnswers({"sent_on": _("最後のやりとりの日から今日までの日付を入れてください。")})
        closes_on = _closes_on(turn_at, now) if stage == Stage.WARNING else None
        notice = SilenceNotice.objects.create(
            request=row,
            turn_at=turn_at,
            stage=stage,
            closes_on=closes_on,
            sent_on=sent_on,
            sent_by=actor,
            written_at=now,
        )
        kind = Note.CLOSING_ANNOUNCED if stage == Stage.WARNING else Note.REMINDED
        closes = {"closes_on": closes_on.isoformat()} if closes_on else {}
        _note(row, actor, kind, now, on=sent_on.isoformat(), **closes)
        audit.record(action="request.reminded", actor=actor, obj=row, detail={"stage": stage})
    return notice


def _turn_of(request: DisclosureRequest, stage: Stage, now: datetime) -> datetime:
    """The last turn, from which ``stage`` is reached and not told. A newer stage does not stand in the way of it."""
    turn_at = selectors.last_turn(request)
    reached = stages.reached(turn_at, now, patience())
    waits = request.status in WAITING_FOR_PERSON
    if not waits or reached not in stages.not_before(stage) or _told(request, turn_at, stage):
        raise NoReminderDue
    return turn_at


def _require(actor: User, request: DisclosureRequest) -> None:
    require_staff(actor, request)
    if request.applicant_id is not None:
        deny(actor, request)


def _read(contact: Contact, body: str, first: date, today: date) -> tuple[date, str]:
    """The day and the text as they are kept.

    Raises:
        InvalidAnswers: with a message for each field.
    """
    errors: Errors = {}
    if contact.channel not in CHANNELS:
        errors["channel"] = NOT_A_CHOICE if contact.channel else REQUIRED
    if contact.on is None:
        errors["on"] = REQUIRED
    elif contact.on > today:
        errors["on"] = _("今日までの日付にしてください。")
    elif contact.on < first:
        errors["on"] = _("請求や質問より前の日付です。日付を確かめてください。")
    text = ""
    try:
        text = read_body(body)
    except InvalidMessage as error:
        errors["body"] = error.message
    if errors or contact.on is None:
        raise InvalidAnswers(errors)
    return contact.on, text


def _write(
    request: DisclosureRequest,
    actor: User,
    channel: str,
    on: date,
    body: str,
    now: datetime,
    *,
    from_person: bool,
    key: uuid.UUID | None = None,
) -> Message:
    message = Message.objects.create(
        id=key or uuid.uuid4(),
        request=request,
        from_person=from_person,
        author=actor,
        channel=channel,
        on=on,
        body=body,
        asks_reply=not from_person,
        sent_at=now,
        # Whoever wrote the answer down has read it.
        read_at=now if from_person else None,
    )
    audit.record(action="message.written", actor=actor, obj=request, detail={"from_person": from_person})
    return message


def _note(request: DisclosureRequest, actor: User, kind: Note, now: datetime, **data: str) -> None:
    RequestEvent.objects.create(
        request=request,
        kind=kind,
        from_status=request.status,
        to_status=request.status,
        actor_kind=Actor.STAFF,
        actor=actor,
        at=now,
        data=data,
    )
