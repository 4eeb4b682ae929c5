"""Correcting what staff wrote down of a request that came by letter and the like.

A slip of the pen must not decide whose data is disclosed or when an answer is due. What the decision rests on can be
corrected until it is made; what was there before stays in the history. What people wrote on the portal is theirs.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain import normalise
from consent_app.domain.normalise import clean_note
from consent_app.models import RequestRule
from privacy_portal.core.models import User
from privacy_portal.core.services import audit, files
from privacy_portal.core.services.uploads import CleanFile

from .. import selectors
from ..domain.answers import MY_NUMBER, NOT_A_CHOICE, REQUIRED, TOO_LONG, Errors, holds_my_number, read_party
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import IDENTITY_STATUSES, OPEN_STATUSES, Actor, Event, Note, Status
from ..models import Correction, DisclosureRequest, IdentityCheck, Party, ReceivedFile, RequestEvent
from . import transition
from .deadlines import first_target, moved_by
from .errors import InvalidAnswers, RequestError
from .permissions import deny, require_staff
from .registration import CHANNELS, OLDEST, PERMISSION, attach

REASON_LENGTH: Final = 500
# Until the decision. While it is prepared or sent, the answer rests on what was there.
UNDECIDED: Final = OPEN_STATUSES - {Status.FULFILLING, Status.READY_TO_POST}
# Facts change only where the identity check can be made anew at once.
FACTS_OPEN: Final = frozenset({Status.RECEIVED, Status.IN_REVIEW, *IDENTITY_STATUSES})
# They go before the case does (``domain.retention``), so their values are not in its history.
UNTOLD: Final = frozenset(
    {"registered_postal_code", "registered_address", "birth_date", "customer_number", "order_number"}
)


class Stale(RequestError):
    """Somebody else corrected the same request in between."""

    message = _("ほかの担当者が先に直しました。画面を読み直して、いまの内容を確かめてください。")


class TooLate(RequestError):
    """The decision rests on what is there, or the person owes an answer first."""

    message = _(
        "いまの状態では直せません。決定のあとは「もう一度確認する」から、返答を待っているときは返答を記録してから直します。"
    )


def revision(request: DisclosureRequest) -> int:
    """How often the request was corrected; a form that shows another number is out of date."""
    return request.corrections.count()


def why_not(request: DisclosureRequest, *, facts: bool) -> Any:
    """The reason why nothing can be corrected now, empty when it can."""
    if request.registered_by_id is None:
        return _("本人がポータルで書いた内容は、担当者が直しません。")
    return "" if request.status in (FACTS_OPEN if facts else UNDECIDED) else TooLate.message


def correct_person(
    *,
    request: DisclosureRequest,
    actor: User,
    kind: str,
    values: Mapping[str, Any],
    reason: str,
    seen: int,
    now: datetime,
) -> DisclosureRequest:
    """Correct what was copied of a person's name, contact and numbers. Identity is looked at anew.

    Args:
        kind: of ``Party``.
        values: by the columns of ``Party``, as typed.
        seen: the revision that the form showed.

    Raises:
        InvalidAnswers: with a message for each field; also where nothing was changed.
        NotAllowed: no permission, or the person wrote it themself.
        Stale, TooLate: see there.
    """
    require(actor, request)
    why, errors = read_reason(reason)
    stated, wrong = read_party(values, paper=_answered_to(request, kind), today=timezone.localdate(now))
    email = normalise.email(str(values.get("email", "")))
    if email.problem:
        wrong["email"] = _("メールアドレスを確かめてください。")
    if errors | wrong:
        raise InvalidAnswers(errors | wrong)
    with transaction.atomic():
        row = current(request, seen, FACTS_OPEN)
        party = Party.objects.get(request=row, kind=kind)
        new = {**asdict(stated), "email": email.value or ""}
        changed = {name: value for name, value in new.items() if (getattr(party, name) or "") != value}
        if not changed:
            raise InvalidAnswers({"reason": _("変わったところがありません。")})
        for name, value in changed.items():
            before = "" if name in UNTOLD else getattr(party, name)
            keep(row, actor, f"{kind}.{name}", before, "" if name in UNTOLD else value, why, now)
            setattr(party, name, value if value or name != "birth_date" else None)
        party.save(update_fields=list(changed))
        look_anew(row, request, actor, now)
        _tell(row, actor, sorted(changed), now)
    return row


def correct_arrival(
    *,
    request: DisclosureRequest,
    actor: User,
    channel: str,
    arrived_on: date | None,
    reason: str,
    seen: int,
    now: datetime,
) -> DisclosureRequest:
    """Correct how and when the request came. The internal target and the day of article 39 move with it.

    Raises:
        InvalidAnswers: for ``channel``, ``reason`` or ``arrived_on`` (in the future, a year ago, after a question).
        NotAllowed, Stale, TooLate: as in :func:`correct_person`.
    """
    require(actor, request)
    why, errors = read_reason(reason)
    if channel not in CHANNELS:
        errors["channel"] = NOT_A_CHOICE if channel else REQUIRED
    errors |= _errors_of_day(request, arrived_on, timezone.localdate(now))
    if errors or arrived_on is None:
        raise InvalidAnswers(errors)
    with transaction.atomic():
        row = current(request, seen, UNDECIDED)
        before_on, names = timezone.localdate(row.received_at), []
        if row.channel != channel:
            keep(row, actor, "channel", row.channel, channel, why, now)
            names.append("channel")
            row.channel = channel
        if before_on != arrived_on:
            keep(row, actor, "arrived_on", before_on.isoformat(), arrived_on.isoformat(), why, now)
            names.append("arrived_on")
            _move_arrival(row, arrived_on)
        if not names:
            raise InvalidAnswers({"reason": _("変わったところがありません。")})
        row.save(update_fields=["channel", "received_at", "target_on"])
        _tell(row, actor, names, now)
    return row


def add_scan(*, request: DisclosureRequest, actor: User, scan: CleanFile, now: datetime) -> ReceivedFile:
    """Keep one more page or paper of the request.

    Raises:
        NotAllowed, TooLate: as in :func:`correct_person`.
    """
    require(actor, request)
    with transaction.atomic():
        row = current(request, None, UNDECIDED)
        return attach(request=row, scan=scan, actor=actor, now=now)


def remove_scan(*, received: ReceivedFile, actor: User, reason: str, now: datetime) -> None:
    """Destroy a scan that does not belong here, perhaps somebody else's letter. That it was there stays on record.

    Raises:
        InvalidAnswers: for ``reason``.
        NotAllowed, TooLate: as in :func:`correct_person`.
    """
    require(actor, received.request)
    why, errors = read_reason(reason)
    if errors:
        raise InvalidAnswers(errors)
    with transaction.atomic():
        row = current(received.request, None, UNDECIDED)
        kept = ReceivedFile.objects.select_for_update(of=("self",)).select_related("file").get(pk=received.pk)
        if kept.file.erased_at is not None:
            return
        keep(row, actor, "scan_removed", "", "", why, now)
        files.erase(file=kept.file, actor=actor)
        audit.record(action="received_file.removed", actor=actor, obj=kept)
        _tell(row, actor, ["scan"], now)


def require(actor: User, request: DisclosureRequest) -> None:
    require_staff(actor, request, PERMISSION.split(".")[1])
    if request.registered_by_id is None:
        deny(actor, request)


def current(request: DisclosureRequest, seen: int | None, statuses: frozenset[Status]) -> DisclosureRequest:
    row = transition.locked(request)
    if row.status not in statuses:
        raise TooLate
    if seen is not None and revision(row) != seen:
        raise Stale
    return row


def read_reason(typed: str) -> tuple[str, Errors]:
    text = clean_note(typed[: 2 * REASON_LENGTH])
    if not text:
        return "", {"reason": REQUIRED}
    if len(text) > REASON_LENGTH:
        return "", {"reason": TOO_LONG}
    return (text, {}) if not holds_my_number(text) else ("", {"reason": MY_NUMBER})


def _errors_of_day(request: DisclosureRequest, day: date | None, today: date) -> Errors:
    if day is None:
        return {"arrived_on": REQUIRED}
    if day > today:
        return {"arrived_on": _("届いた日は、今日までの日付にしてください。")}
    if day < today - OLDEST:
        return {"arrived_on": _("届いた日が1年より前です。日付を確かめてください。")}
    first = request.messages.exclude(on=None).order_by("on").values_list("on", flat=True).first()
    if first is not None and day > first:
        return {"arrived_on": _("質問や返答を記録した日より後です。日付を確かめてください。")}
    return {}


def _move_arrival(row: DisclosureRequest, day: date) -> None:
    """The target moves as far as the first one would have, so that waits and extensions stay counted."""
    rule = RequestRule.objects.filter(request_type=row.request_type).first()
    before = row.received_at
    row.received_at = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    if rule is None:
        return
    moved = first_target(rule=rule, received_at=row.received_at) - first_target(rule=rule, received_at=before)
    row.target_on = moved_by(row.target_on, moved)


def _answered_to(request: DisclosureRequest, kind: str) -> bool:
    """Whether a letter goes to this person, who then needs an address."""
    to_agent = request.role != DisclosureRequest.Role.PERSON
    paper = request.answer_method == DisclosureRequest.AnswerMethod.PAPER
    return paper and kind == (Party.Kind.AGENT if to_agent else Party.Kind.PRINCIPAL)


def look_anew(row: DisclosureRequest, request: DisclosureRequest, actor: User, now: datetime) -> None:
    """Who was confirmed by other facts is not confirmed any more."""
    if not REQUEST_TYPES[row.request_type].needs_identity:
        return
    selectors.confirming_checks(row).update(state=IdentityCheck.State.UNCLEAR)
    row.gift_links.all().delete()
    if row.status == Status.IN_REVIEW:
        transition.apply(request=row, event=Event.IDENTITY_REOPENED, actor=actor, actor_kind=Actor.STAFF, now=now)
        audit.record(action="identity.reconsidered", actor=actor, obj=row, detail={"customer": row.customer_id})
    row.customer = request.customer = None
    row.save(update_fields=["customer"])


def keep(
    request: DisclosureRequest, actor: User, field: str, before: str, after: str, reason: str, now: datetime
) -> None:
    Correction.objects.create(
        request=request,
        field=field,
        before=before or None,
        after=after or None,
        reason=reason,
        made_by=actor,
        made_at=now,
    )


def _tell(request: DisclosureRequest, actor: User, fields: list[str], now: datetime) -> None:
    RequestEvent.objects.create(
        request=request,
        kind=Note.CORRECTED,
        from_status=request.status,
        to_status=request.status,
        actor_kind=Actor.STAFF,
        actor=actor,
        public=False,
        at=now,
        data={"fields": fields},
    )
    audit.record(action="request.corrected", actor=actor, obj=request, detail={"fields": fields})
