"""Asking others: an instruction with a link, its reminders, and what came back (articles 22 and 25).

Every change of state goes through :func:`_apply`: lock, table, row, entry, audit. An entry that was sent keeps the
whole text as the addressee read it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.normalise import clean_note
from consent_app.models import DataItem, Entrustment, Subcontractor
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications
from ..domain import instructions as table
from ..domain.answers import MY_NUMBER, REQUIRED, TOO_LONG, holds_my_number
from ..domain.instructions import WAITING, AddresseeKind, By, Event, Kind, Stage, State
from ..domain.transitions import IDENTITY_STATUSES, Status
from ..models import CaseFinding, Decision, DisclosureRequest, Instruction, InstructionContact, InstructionEntry
from .errors import RequestError
from .permissions import require_staff

LINK_DAYS = 30
# After the due date somebody who is late must still be able to answer.
LINK_DAYS_AFTER_DUE = 14
TEXT_LENGTH = 4000
SALT = "requests_app.instruction"


class InvalidInstruction(RequestError):
    """Something about an instruction is missing or wrong; ``field`` names the form field."""

    def __init__(self, field: str, message: object) -> None:
        super().__init__()
        self.field = field
        self.message = str(message)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom an instruction goes to. Without an address it can only be kept, and recorded as done by other means."""

    kind: AddresseeKind
    name: str
    email: str = ""
    language: str = "ja"
    subcontractor: Subcontractor | None = None


def addressee_of(contact: InstructionContact) -> Addressee:
    """What the register says."""
    return Addressee(
        AddresseeKind(contact.kind), str(contact)[:200], contact.email, contact.language, contact.subcontractor
    )


def addressee_staff(user: User) -> Addressee:
    """A member of staff, at the address of their account."""
    return Addressee(AddresseeKind.STAFF, str(user)[:200], user.email, user.language)


def permission_for(kind: str) -> str:
    """Whoever may write to the person may ask a question; what changes data is for who decides."""
    return "change_disclosurerequest" if kind == Kind.QUESTION else "decide_request"


def clean_body(text: str, field: str, *, required: bool = True) -> str:
    """A text as it is kept.

    Raises:
        InvalidInstruction: empty though needed, longer than 4,000 characters, or with a My Number in it.
    """
    body = clean_note(text[: 2 * TEXT_LENGTH])
    if required and not body:
        raise InvalidInstruction(field, REQUIRED)
    if len(body) > TEXT_LENGTH:
        raise InvalidInstruction(field, TOO_LONG)
    if holds_my_number(body):
        raise InvalidInstruction(field, MY_NUMBER)
    return body


def create(
    *,
    request: DisclosureRequest,
    addressee: Addressee,
    kind: Kind,
    actor: audit.Actor,
    now: datetime,
    items: list[str] | None = None,
    identifier: str = "",
    text: str = "",
    decision: Decision | None = None,
    entrustment: Entrustment | None = None,
    finding: CaseFinding | None = None,
    key: str = "",
) -> Instruction:
    """Write one down, not sent yet. With a ``key`` that is there already, the one that is there. In a transaction.

    Args:
        items: codes of data items; empty: everything the addressee holds.
        identifier: what tells the person apart for the addressee, and nothing more; empty: none is needed or known.
        text: what is said beyond the standard text.
        finding: of staff, whose data the addressee keeps.
    """
    DisclosureRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if key and (known := Instruction.objects.filter(key=key).first()):
        return known
    last = Instruction.objects.filter(request=request).aggregate(last=Max("number"))["last"] or 0
    instruction = Instruction.objects.create(
        request=request,
        number=last + 1,
        kind=kind,
        addressee_kind=addressee.kind,
        addressee=addressee.name,
        subcontractor=addressee.subcontractor,
        email=addressee.email,
        language=addressee.language,
        identifier=identifier or None,
        items=sorted(items or []),
        text=text or None,
        due_on=table.due_on(kind, timezone.localdate(now)),
        decision=decision,
        entrustment=entrustment,
        finding=finding,
        key=key,
        created_at=now,
        created_by=actor if isinstance(actor, User) else None,
    )
    _entry(instruction, Event.CREATED, By.STAFF if isinstance(actor, User) else By.WORKER, actor, now)
    audit.record(action="instruction.created", actor=actor, obj=instruction, detail={"kind": str(kind)})
    return instruction


def ask(
    *,
    request: DisclosureRequest,
    addressee: Addressee,
    kind: Kind,
    actor: User,
    now: datetime,
    items: list[str],
    identifier: str,
    text: str,
) -> Instruction:
    """Staff write one and send it at once.

    Raises:
        InvalidInstruction: no address, no text though the kind needs one, a My Number, or nothing to be asked any more
            (withdrawn) or yet (nobody knows for sure whose data it is).
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, permission_for(kind))
    if kind not in table.BY_HAND:
        raise InvalidInstruction("kind", _("この種類は、専用の画面から送ってください。"))
    if not addressee.email:
        raise InvalidInstruction("addressee", _("送り先のメールアドレスが登録されていません。"))
    body = clean_body(text, "text", required=table.ENTRIES[kind].own_words)
    named = clean_body(identifier, "identifier", required=not table.ENTRIES[kind].own_words)
    with transaction.atomic():
        require_open(request, kind)
        instruction = create(
            request=request,
            addressee=addressee,
            kind=kind,
            actor=actor,
            now=now,
            items=items,
            identifier=named,
            text=body,
        )
        return _send(instruction, actor, By.STAFF, now)


def require_open(request: DisclosureRequest, kind: Kind) -> None:
    """Somebody may be asked about the person of this request, now and until the transaction ends.

    Raises:
        InvalidInstruction: the request was withdrawn; or data would change though nobody knows whose it is.
    """
    status = DisclosureRequest.objects.select_for_update(of=("self",)).get(pk=request.pk).status
    if status == Status.WITHDRAWN:
        raise InvalidInstruction("kind", _("取り下げられた請求では送れません。"))
    if kind not in (Kind.QUESTION, Kind.FORWARD) and status in IDENTITY_STATUSES:
        raise InvalidInstruction("kind", _("データを変える指示は、ご本人の確認が済んでから送ります。"))


def send(
    *,
    instruction: Instruction,
    actor: User,
    now: datetime,
    email: str = "",
    identifier: str | None = None,
    text: str = "",
) -> Instruction:
    """Send it, or send it again with a new link and a new due date; the link before stops working.

    Args:
        email: another address than the one it has.
        identifier: what tells the person apart; None: as it is.
        text: what is added, for example the answer to a question that came back.

    Raises:
        InvalidInstruction: no address, or a text that cannot be kept.
        InstructionRefused: it has ended.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, instruction.request, permission_for(instruction.kind))
    added = clean_body(text, "text", required=False)
    named = None if identifier is None else clean_body(identifier, "identifier", required=False)
    with transaction.atomic():
        row = _locked(instruction)
        row.email = email or row.email
        if not row.email:
            raise InvalidInstruction("email", _("送り先のメールアドレスを入れてください。"))
        if named is not None:
            row.identifier = named or None
        if not row.identifier and not table.ENTRIES[Kind(row.kind)].own_words:
            raise InvalidInstruction("identifier", _("本人を示すものを入れてください。"))
        if added:
            row.text = f"{row.text}\n\n{added}" if row.text else added
        return _send(row, actor, By.STAFF, now)


def send_new(*, instruction: Instruction, actor: audit.Actor, by: By, now: datetime) -> Instruction:
    """Send one that was made in this transaction, by whoever made it."""
    return _send(_locked(instruction), actor, by, now)


def send_by_worker(*, instruction: Instruction, now: datetime) -> Instruction:
    """Send what a decision made, in the decision's transaction. What cannot be sent stays for staff."""
    row = _locked(instruction)
    if row.state != State.DRAFTED or not row.email or not row.identifier:
        return row
    return _send(row, "worker", By.WORKER, now)


def full_text(instruction: Instruction) -> str:
    """The standard text with today's items and due date, in the addressee's language."""
    names = dict(
        DataItem.objects.filter(code__in=instruction.items).values_list("code", f"name_{instruction.language}")
    )
    items = [names.get(code, code) for code in instruction.items]
    return table.text_of(instruction.kind, instruction.language, items=items, day=instruction.due_on)


def token_of(instruction: Instruction) -> str:
    """What stands in the newest link: signed, for this purpose only, of this mail only."""
    return signing.dumps([instruction.pk.hex, instruction.round], salt=SALT)


def _send(row: Instruction, actor: audit.Actor, by: By, now: datetime) -> Instruction:
    today = timezone.localdate(now)
    row.state = table.next_state(row.state, Event.SENT, by)
    if row.round or row.due_on <= today:
        row.due_on = table.due_on(row.kind, today)
    row.round += 1
    row.sent_at = now
    row.link_expires_at = now + timedelta(days=max(LINK_DAYS, (row.due_on - today).days + LINK_DAYS_AFTER_DUE))
    row.save()
    parts = (full_text(row), row.identifier, row.text)
    _entry(row, Event.SENT, by, actor, now, text="\n\n".join(part for part in parts if part))
    notifications.instruction_sent(instruction=row, token=token_of(row))
    audit.record(action="instruction.changed", actor=actor, obj=row, detail={"event": Event.SENT})
    return row


def answer(
    *, instruction: Instruction, round: int, event: Event, text: str, done_on: date | None, now: datetime
) -> Instruction:
    """The addressee answers, once for each link.

    Args:
        round: of the link that was opened; one that was replaced takes no answer.

    Raises:
        InvalidInstruction: no words, or no possible day.
        InstructionRefused: answered before, withdrawn, or another link was sent meanwhile.
    """
    event = Event(event)
    if event not in table.possible(State.SENT, By.ADDRESSEE):
        raise table.InstructionRefused(instruction.state, event, By.ADDRESSEE)
    day = _day(done_on, instruction, now) if event == Event.DONE else None
    body = clean_body(text, "text", required=event != Event.DONE)
    with transaction.atomic():
        row = _locked(instruction)
        if row.round != round:
            raise table.InstructionRefused(row.state, event, By.ADDRESSEE)
        return _apply(row, event, By.ADDRESSEE, "anonymous", now, text=body, done_on=day)


def record(
    *, instruction: Instruction, actor: User, event: Event, text: str, done_on: date | None, now: datetime
) -> Instruction:
    """Staff write down what they were told by telephone or letter, or that an answer is enough; or take it back.

    Raises:
        InvalidInstruction: no words, or no possible day.
        InstructionRefused: not possible in this state.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, instruction.request, permission_for(instruction.kind))
    event = Event(event)
    if event not in (Event.DONE, Event.FAILED, Event.WITHDRAWN):
        raise table.InstructionRefused(instruction.state, event, By.STAFF)
    day = _day(done_on, instruction, now) if event == Event.DONE else None
    body = clean_body(text, "text")
    with transaction.atomic():
        return _apply(_locked(instruction), event, By.STAFF, actor, now, text=body, done_on=day)


def remind(*, instruction_id: uuid.UUID, now: datetime) -> Stage | None:
    """Whatever is due towards somebody who has not answered. Twice does no harm.

    Returns:
        The stage that was done; None when there was nothing to do, or somebody else is at it.
    """
    today = timezone.localdate(now)
    with transaction.atomic():
        rows = Instruction.objects.select_for_update(of=("self",), skip_locked=True).select_related("request")
        row = rows.filter(pk=instruction_id, state__in=WAITING).first()
        if row is None or row.sent_at is None or row.state == State.ESCALATED or _is_reconsidered(row):
            return None
        stage = table.reached(timezone.localdate(row.sent_at), row.due_on, today)
        if stage is None or row.entries.filter(round=row.round, stage=stage).exists():
            return None
        event = Event.ESCALATED if stage == Stage.ESCALATE else Event.REMINDED
        row.state = table.next_state(row.state, event, By.WORKER)
        row.save(update_fields=["state"])
        _entry(row, event, By.WORKER, "worker", now, stage=stage)
        notifications.instruction_reminded(instruction=row, token=token_of(row), late=stage != Stage.BEFORE)
        audit.record(action="instruction.reminded", actor="worker", obj=row, detail={"stage": stage})
    return stage


def take_back(*, request: DisclosureRequest, now: datetime) -> None:
    """End what was asked for a request that was withdrawn or ended unheard, in its transaction.

    What a decision made stays: it was done here, so the others have to do it too.
    """
    rows = Instruction.objects.select_for_update(of=("self",)).filter(request=request, decision=None)
    for row in rows.filter(state__in=(*WAITING, State.DRAFTED)).order_by("pk"):
        _apply(row, Event.WITHDRAWN, By.WORKER, "worker", now, text="", done_on=None)


def reconsider(*, request: DisclosureRequest, now: datetime) -> int:
    """Tell those who were instructed by a decision of this request that it is looked at once more; in a transaction.

    What was done elsewhere stays until staff send the instruction again or take it back, because what the decision did
    here stays too. Each mail with a link is followed by one such mail at most. Returns how many were told.
    """
    rows = Instruction.objects.select_for_update(of=("self",)).select_related("request")
    told = 0
    for row in rows.filter(request=request, decision__isnull=False, round__gte=1, state__in=table.TOLD).order_by("pk"):
        if row.entries.filter(round=row.round, event=Event.RECONSIDERED).exists():
            continue
        _entry(row, Event.RECONSIDERED, By.WORKER, "worker", now)
        notifications.instruction_reconsidered(instruction=row)
        audit.record(action="instruction.changed", actor="worker", obj=row, detail={"event": Event.RECONSIDERED})
        told += 1
    return told


def _is_reconsidered(row: Instruction) -> bool:
    """Whether the addressee was asked to wait, and nothing has been decided since."""
    if row.decision_id is None or row.request.decisions.filter(superseded_at=None).exists():
        return False
    return row.entries.filter(round=row.round, event=Event.RECONSIDERED).exists()


def _locked(instruction: Instruction) -> Instruction:
    rows = Instruction.objects.select_for_update(of=("self",)).select_related("request", "subcontractor")
    return rows.get(pk=instruction.pk)


def _apply(
    row: Instruction, event: Event, by: By, actor: audit.Actor, now: datetime, *, text: str, done_on: date | None
) -> Instruction:
    row.state = table.next_state(row.state, event, by)
    if event == Event.WITHDRAWN and row.round:
        notifications.instruction_withdrawn(instruction=row)
    row.ended_at = now if row.state in table.ENDED else None
    row.save(update_fields=["state", "ended_at"])
    _entry(row, event, by, actor, now, text=text, done_on=done_on)
    audit.record(action="instruction.changed", actor=actor, obj=row, detail={"event": event})
    return row


def _entry(
    row: Instruction,
    event: Event,
    by: By,
    actor: audit.Actor,
    now: datetime,
    *,
    text: str = "",
    done_on: date | None = None,
    stage: str = "",
) -> None:
    InstructionEntry.objects.create(
        instruction=row,
        event=event,
        by=by,
        actor=actor if isinstance(actor, User) else None,
        round=row.round,
        stage=stage,
        text=text or None,
        done_on=done_on,
        at=now,
    )


def _day(done_on: date | None, instruction: Instruction, now: datetime) -> date:
    """The day on which it was done.

    Raises:
        InvalidInstruction: no day, one before the instruction, or one in the future.
    """
    first, today = timezone.localdate(instruction.created_at), timezone.localdate(now)
    if done_on is None:
        raise InvalidInstruction("done_on", _("済んだ日を入れてください。"))
    if not first <= done_on <= today:
        raise InvalidInstruction("done_on", _("指示を作った日から今日までの日付を入れてください。"))
    return done_on


def save_contact(*, contact: InstructionContact, actor: User) -> InstructionContact:
    """Keep where instructions go. What was sent before went where it went."""
    with transaction.atomic():
        contact.save()
        audit.record(action="instruction_contact.saved", actor=actor, obj=contact)
    return contact
