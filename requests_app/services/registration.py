"""Requests that come by letter, telephone, at the counter or by mail: staff write them down (article 37(1)).

From there on it is the same case. There is no account, hence no mail, no page and no download: the answer goes by post,
and nobody is confirmed by a comparison, because no mail address was proven. Staff judge with the papers before them.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain import normalise
from consent_app.models import RequestRule
from privacy_portal.core.models import User
from privacy_portal.core.services import audit, files, uploads
from privacy_portal.core.services.uploads import CleanFile

from ..domain import receipt_numbers
from ..domain.answers import NOT_A_CHOICE, REQUIRED, Errors
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Actor, Note, Status
from ..models import DisclosureRequest, IdentityCheck, Message, Party, ReceivedFile, RequestEvent
from . import intake, nudges
from .deadlines import first_target
from .errors import FileGone, InvalidAnswers, NotAllowed
from .fulfilment import EFFECTS

PERMISSION: Final = "requests_app.register_request"
# Who works on the case reads the letter too.
READERS: Final = (PERMISSION, "requests_app.check_identity", "requests_app.decide_request")
CHANNELS: Final = ("letter", "telephone", "counter", "email")
OLDEST: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How and when a request came, and in which language its letters are written.

    Args:
        key: of the form; the same form sent twice is one request.
        email: as the person stated it, proven by nothing.
    """

    key: uuid.UUID
    channel: str
    arrived_on: date | None
    language: str
    email: str = ""
    agent_email: str = ""


def registrable_types() -> list[str]:
    """The types that can be registered, in the order of the table: offered by the profile and carried out here."""
    offered = set(RequestRule.objects.filter(offered=True).values_list("request_type", flat=True))
    return [code for code, entry in REQUEST_TYPES.items() if code in offered and entry.effect in EFFECTS]


def register(
    *,
    actor: User,
    request_type: str,
    arrival: Arrival,
    answers: Mapping[str, Any],
    scan: CleanFile | None,
    now: datetime,
) -> DisclosureRequest:
    """Write down a request that has come: request, parties, check, timeline, scan and audit entry, all or none.

    The internal target and the date of article 39 count from the day of arrival.

    Args:
        answers: as in ``intake.submit``; a download is impossible.
        scan: the original.

    Returns:
        The request; the one that was made before, when the same form is sent again.

    Raises:
        InvalidAnswers: with a message for each field.
        NotAllowed: no permission.
        TypeNotOffered: the profile does not offer this type.
    """
    if not (actor.is_active and actor.is_staff and actor.has_perm(PERMISSION)):
        audit.record(action="request.denied", actor=actor)
        raise NotAllowed
    rule = intake.offered_rule(request_type)
    form, errors = intake.read_form(request_type, answers, today=timezone.localdate(now))
    errors |= _errors_of(arrival, timezone.localdate(now))
    if form.clean.answer_method in (DisclosureRequest.AnswerMethod.DOWNLOAD, DisclosureRequest.AnswerMethod.ATTACHMENT):
        errors["answer_method"] = _("アカウントがないので、ダウンロードと添付は選べません。")
    if errors:
        raise InvalidAnswers(errors)
    with transaction.atomic():
        # Two clicks at once come one after the other.
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        same = DisclosureRequest.objects.filter(pk=arrival.key).first()
        if same is not None:
            if same.registered_by_id != actor.pk:
                raise NotAllowed
            return same
        request = _create(actor, rule, arrival, form, now)
        if scan is not None:
            attach(request=request, scan=scan, actor=actor, now=now)
    return request


def _errors_of(arrival: Arrival, today: date) -> Errors:
    errors: Errors = {}
    if arrival.channel not in CHANNELS:
        errors["channel"] = NOT_A_CHOICE if arrival.channel else REQUIRED
    if arrival.language not in ("ja", "en"):
        errors["language"] = NOT_A_CHOICE if arrival.language else REQUIRED
    if arrival.arrived_on is None:
        errors["arrived_on"] = REQUIRED
    elif arrival.arrived_on > today:
        errors["arrived_on"] = _("届いた日は、今日までの日付にしてください。")
    elif arrival.arrived_on < today - OLDEST:
        errors["arrived_on"] = _("届いた日が1年より前です。日付を確かめてください。")
    for name in ("email", "agent_email"):
        if normalise.email(getattr(arrival, name)).problem:
            errors[name] = _("メールアドレスを確かめてください。")
    return errors


def _create(
    actor: User, rule: RequestRule, arrival: Arrival, form: intake.ReadForm, now: datetime
) -> DisclosureRequest:
    clean, day = form.clean, arrival.arrived_on or timezone.localdate(now)
    midnight = timezone.make_aware(datetime.combine(day, dt.time.min))
    received_at = now if day == timezone.localdate(now) else midnight
    request = DisclosureRequest.objects.create(
        id=arrival.key,
        receipt_number=receipt_numbers.generate(),
        request_type=rule.request_type,
        channel=arrival.channel,
        language=arrival.language,
        role=clean.role,
        requester=clean.requester,
        registered_by=actor,
        grounds=list(clean.grounds),
        wants_everything=clean.wants_everything,
        wanted_note=clean.wanted_note or None,
        answer_method=clean.answer_method,
        answer_method_note=clean.answer_method_note or None,
        received_at=received_at,
        status_changed_at=now,
        target_on=first_target(rule=rule, received_at=received_at),
    )
    addresses = (normalise.email(text).value or "" for text in (arrival.email, arrival.agent_email))
    Party.objects.bulk_create(intake.parties(request, clean, *addresses))
    intake.write_wishes(request, form)
    if REQUEST_TYPES[rule.request_type].needs_identity:
        IdentityCheck.objects.create(
            request=request,
            level=RequestRule.IdentityLevel.FACTS,
            method=IdentityCheck.Method.FACTS,
            created_at=now,
        )
    RequestEvent.objects.create(
        request=request,
        kind=Note.RECEIVED,
        to_status=Status.RECEIVED,
        actor_kind=Actor.STAFF,
        actor=actor,
        at=now,
        data={"arrived_on": day.isoformat(), "channel": arrival.channel},
    )
    audit.record(
        action="request.registered",
        actor=actor,
        obj=request,
        detail={"request_type": rule.request_type, "channel": arrival.channel},
    )
    nudges.verify_identity(request)
    return request


def attach(
    *, request: DisclosureRequest, scan: CleanFile, actor: User, now: datetime, message: Message | None = None
) -> ReceivedFile:
    """Keep a scan, encrypted; in the transaction of what it belongs to.

    Args:
        message: the answer that it shows; None: the request itself.
    """
    what = "answer" if message else "original"
    file = uploads.store(scan, name=f"{request.receipt_number}-{what}")
    kept = ReceivedFile.objects.create(request=request, message=message, file=file, added_by=actor, added_at=now)
    audit.record(action="received_file.added", actor=actor, obj=kept)
    return kept


def open_received(*, received: ReceivedFile, actor: User) -> Iterator[bytes]:
    """The original, decrypted while it is read. The look is recorded.

    Raises:
        NotAllowed: no permission.
        FileGone: it was erased.
    """
    if not (actor.is_active and actor.is_staff and any(map(actor.has_perm, READERS))):
        audit.record(action="request.denied", actor=actor, obj=received.request)
        raise NotAllowed
    if received.file.erased_at is not None:
        raise FileGone
    audit.record(action="received_file.opened", actor=actor, obj=received)
    return files.open_stream(received.file)
