"""From the form to the request: drafts, and the submission in one transaction."""

import hmac
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import redis
from django.db import IntegrityError, transaction
from django.db.models import Subquery
from django.utils import timezone
from django.utils.crypto import salted_hmac

from consent_app.models import DataItem, Purpose, RequestRule
from consent_app.selectors import current_operator, data_items
from privacy_portal.core import ratelimit
from privacy_portal.core.models import User
from privacy_portal.core.ratelimit import Limit, LimitExceeded
from privacy_portal.core.services import audit

from .. import notifications
from ..domain import receipt_numbers
from ..domain.answers import (
    METHODS,
    MY_NUMBER,
    CleanAnswers,
    Errors,
    PartyAnswers,
    holds_my_number,
    read_answers,
)
from ..domain.request_types import REQUEST_TYPES
from ..domain.requesters import usual
from ..domain.transitions import OPEN_STATUSES, Actor, Note, Status
from ..models import DisclosureRequest, IdentityCheck, Party, RequestDraft, RequestedChange, RequestEvent
from . import nudges
from .deadlines import first_target
from .errors import AddressNotProven, InvalidAnswers, TypeNotOffered

logger = logging.getLogger(__name__)

# What a draft may hold at most, as JSON: far more than the longest honest form, far less than a nuisance.
DRAFT_LENGTH = 50_000
# Nobody is kept from asking again (whether a request is an abuse is judged by people, by the law); only programs are
# slowed down.
SUBMITTED = Limit("request-submit", 10, 24 * 3600)


def offered_rule(request_type: str) -> RequestRule:
    """The operator's rule for a type that can be asked for here.

    Raises:
        TypeNotOffered: unknown, or the profile does not offer it.
    """
    rule = RequestRule.objects.filter(request_type=request_type, offered=True).first()
    if rule is None or request_type not in REQUEST_TYPES:
        raise TypeNotOffered
    return rule


def save_draft(*, user: User, request_type: str, answers: Mapping[str, Any], now: datetime) -> RequestDraft:
    """Keep what was typed so far, encrypted. A draft may be incomplete, but never holds a My Number.

    Args:
        answers: everything typed so far; replaces what the draft held.

    Raises:
        TypeNotOffered: see :func:`offered_rule`.
        InvalidAnswers: a My Number in any text, or more than a form can hold.
    """
    if request_type not in REQUEST_TYPES:
        raise TypeNotOffered
    errors = {name: MY_NUMBER for name, value in answers.items() if _holds_my_number(value)}
    text = json.dumps(dict(answers), ensure_ascii=False, sort_keys=True)
    if errors or len(text) > DRAFT_LENGTH:
        raise InvalidAnswers(errors)
    draft = _overwrite_draft(user, request_type, text, now)
    if draft is not None:
        return draft
    try:
        with transaction.atomic():
            return RequestDraft.objects.create(
                user=user, request_type=request_type, answers=text, created_at=now, updated_at=now
            )
    except IntegrityError:
        # The same person saved in a second window between the look and the insert: the later one stays.
        draft = _overwrite_draft(user, request_type, text, now)
        if draft is None:
            raise
        return draft


def _holds_my_number(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_my_number, value))
    return isinstance(value, str) and holds_my_number(value)


@transaction.atomic
def _overwrite_draft(user: User, request_type: str, text: str, now: datetime) -> RequestDraft | None:
    draft = RequestDraft.objects.select_for_update().filter(user=user, request_type=request_type).first()
    if draft is not None:
        draft.answers, draft.updated_at = text, now
        draft.save(update_fields=["answers", "updated_at"])
    return draft


def draft_of(*, user: User, request_type: str) -> dict[str, Any]:
    """What the person typed so far; empty where there is no draft."""
    draft = RequestDraft.objects.filter(user=user, request_type=request_type).first()
    answers: dict[str, Any] = json.loads(str(draft.answers)) if draft else {}
    return answers


@transaction.atomic
def discard_draft(*, user: User, request_type: str) -> bool:
    """Throw the draft away, as the person wishes. Returns whether there was one."""
    number, _by_model = RequestDraft.objects.filter(user=user, request_type=request_type).delete()
    if number:
        audit.record(action="draft.discarded", actor=user)
    return bool(number)


def _chosen_items(request_type: str, answers: Mapping[str, Any]) -> dict[str, int]:
    """Keys of the chosen data items that the operator holds at all; no query where nothing was chosen."""
    if "changes" in REQUEST_TYPES[request_type].asks:
        chosen: object = [value for name, value in answers.items() if name.startswith("item_")]
    else:
        chosen = answers.get("wanted_items") if answers.get("wants_everything", True) is False else None
    if not isinstance(chosen, list | tuple):
        return {}
    codes = [code for code in chosen if isinstance(code, str)]
    return dict(DataItem.objects.filter(active=True, code__in=codes).values_list("code", "pk")) if codes else {}


def _chosen_purposes(answers: Mapping[str, Any]) -> dict[str, int]:
    """Keys of the chosen purposes of the present register; no query where nothing was chosen."""
    chosen = answers.get("wanted_purposes")
    if answers.get("wants_everything", True) is not False or not isinstance(chosen, list | tuple):
        return {}
    codes = [code for code in chosen if isinstance(code, str)]
    return dict(Purpose.objects.filter(active=True, code__in=codes).values_list("code", "pk")) if codes else {}


@dataclass(frozen=True, slots=True)
class ReadForm:
    """A form as it was read, with the keys of the data items and purposes that were chosen in it."""

    clean: CleanAnswers
    items: Mapping[str, int]
    purposes: Mapping[str, int]


def offered_methods() -> list[str]:
    """The ways of an answer that people can choose: an encrypted attachment only where the operator sends such."""
    operator = current_operator()
    mails = operator is not None and operator.mails_answers
    return [method for method in METHODS if mails or method != DisclosureRequest.AnswerMethod.ATTACHMENT]


def asks_birth_date() -> bool:
    """Whether the operator registers days of birth: where it does not, there is nothing to compare one with."""
    return data_items().filter(code="birth_date").exists()


def read_form(request_type: str, answers: Mapping[str, Any], *, today: date) -> tuple[ReadForm, Errors]:
    """Read a form, whoever filled it in; usable only when there are no errors."""
    if answers.get("birth_date") and not asks_birth_date():
        answers = {**answers, "birth_date": ""}
    items, purposes = _chosen_items(request_type, answers), _chosen_purposes(answers)
    clean, errors = read_answers(
        answers,
        entry=REQUEST_TYPES[request_type],
        item_codes=items,
        purpose_codes=purposes,
        methods=offered_methods(),
        today=today,
    )
    return ReadForm(clean, items, purposes), errors


def write_wishes(request: DisclosureRequest, form: ReadForm) -> None:
    """The rows of what is asked: changes, data items, purposes."""
    clean = form.clean
    RequestedChange.objects.bulk_create(_requested_changes(request, clean, form.items))
    _choose(DisclosureRequest.wanted_items.through, "dataitem_id", request, [form.items[c] for c in clean.wanted_items])
    _choose(
        DisclosureRequest.wanted_purposes.through,
        "purpose_id",
        request,
        [form.purposes[c] for c in clean.wanted_purposes],
    )


def submit(
    *,
    user: User,
    request_type: str,
    answers: Mapping[str, Any],
    language: str,
    address_proven: bool,
    now: datetime,
    sent_with: str = "",
) -> DisclosureRequest:
    """File a request: request, parties, identity checks, timeline, mail and audit entry in one transaction.

    The draft is deleted first, or the row of the account locked, so that two clicks on "send" come one after the other.
    Whoever asks the same thing in the same words while the first one is still open gets the first one back; it does not
    become a second.

    Args:
        answers: columns of ``Party`` (an agent's with the prefix ``agent_``), ``requester``, ``wants_everything``,
            ``wanted_items`` and ``wanted_purposes`` and ``grounds`` (codes), ``wanted_note``, ``answer_method``,
            ``answer_method_note``; what the type does not ask is left out.
        language: "ja" or "en", that of the letter.
        address_proven: whether the session was signed in by a code mailed to the account's address. It is what passes
            the check of level 1, so nothing is filed without it.
        sent_with: receipt number of a request of the same account from which this one was begun: documents that are
            sent for one of them serve both, as long as both are about the same people.

    Returns:
        The new request, or the open one that was submitted with the same answers.

    Raises:
        InvalidAnswers: with a message for each field.
        TypeNotOffered: the profile does not offer this type.
        AddressNotProven: see ``address_proven``.
        ratelimit.LimitExceeded: more than ten new requests of this account within a day; nothing was filed.
    """
    if not address_proven:
        raise AddressNotProven
    try:
        return _submit(user, request_type, answers, language, now, sent_with)
    except LimitExceeded:
        audit.record(action="request.limited", actor=user)
        raise


@transaction.atomic
def _submit(
    user: User, request_type: str, answers: Mapping[str, Any], language: str, now: datetime, sent_with: str
) -> DisclosureRequest:
    if request_type not in REQUEST_TYPES:
        raise TypeNotOffered
    # A second click waits for the row of the draft until the first has committed; where there is none, for that of the
    # account.
    if not RequestDraft.objects.filter(user=user, request_type=request_type).delete()[0]:
        _lock(user)
    form, errors = read_form(request_type, answers, today=timezone.localdate(now))
    if errors:
        offered_rule(request_type)
        raise InvalidAnswers(errors)
    clean = form.clean
    digest = _digest(user, request_type, clean)
    same = DisclosureRequest.objects.filter(
        applicant=user, request_type=request_type, status__in=OPEN_STATUSES, submission_digest=digest
    )
    # One statement for both questions; the lock stands before it, so that it sees what the first click wrote.
    rule = RequestRule.objects.filter(request_type=request_type, offered=True)
    found = rule.annotate(same=Subquery(same.values("pk")[:1])).first()
    if found is None:
        raise TypeNotOffered
    if found.same is not None:
        return DisclosureRequest.objects.get(pk=found.same)
    _count(user, now)
    request = _create(user, found, clean, digest, language, now)
    write_wishes(request, form)
    _join(request, sent_with)
    return request


def _lock(user: User) -> None:
    # PostgreSQL: FOR NO KEY UPDATE does not stop others from referring to the account meanwhile.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _count(user: User, now: datetime) -> None:
    """Count one more request of the account. Without Redis the rows are counted: no request is lost for that.

    Raises:
        LimitExceeded: see :data:`SUBMITTED`.
    """
    try:
        ratelimit.hit((SUBMITTED, str(user.pk)))
    except redis.RedisError:
        logger.warning("Redis does not answer; the requests of the last day are counted in the database.")
        _lock(user)  # forms of different types come one after the other here too
        window = timedelta(seconds=SUBMITTED.seconds)
        times = DisclosureRequest.objects.filter(applicant=user, received_at__gt=now - window).order_by("-received_at")
        latest = list(times.values_list("received_at", flat=True)[: SUBMITTED.amount])
        if len(latest) == SUBMITTED.amount:
            raise LimitExceeded(max(1, math.ceil((latest[-1] + window - now).total_seconds()))) from None


def _join(request: DisclosureRequest, receipt_number: str) -> None:
    """Note that the request belongs to one that the same person sent before, about the same people.

    Whoever changed a name on the way asks for somebody else, whose documents are others.
    """
    if not receipt_number:
        return
    first = DisclosureRequest.objects.filter(applicant=request.applicant, receipt_number=receipt_number).first()
    if first is None or _people(first) != _people(request):
        return
    request.visit = first.visit or first.pk
    request.save(update_fields=["visit"])
    DisclosureRequest.objects.filter(pk=first.pk, visit=None).update(visit=request.visit)


def _people(request: DisclosureRequest) -> tuple[str, set[tuple[str, str, str]]]:
    parties = request.parties.values_list("kind", "family_name", "given_name")
    return request.requester or usual(request.role) or request.role, set(parties)


def _digest(user: User, request_type: str, clean: CleanAnswers) -> bytes:
    content = json.dumps([str(user.pk), request_type, asdict(clean)], ensure_ascii=False, sort_keys=True)
    mac: hmac.HMAC = salted_hmac("requests_app.submission", content, algorithm="sha256")
    return mac.digest()


def _create(
    user: User,
    rule: RequestRule,
    clean: CleanAnswers,
    digest: bytes,
    language: str,
    now: datetime,
) -> DisclosureRequest:
    request = DisclosureRequest.objects.create(
        receipt_number=receipt_numbers.generate(),
        request_type=rule.request_type,
        language="en" if language.startswith("en") else "ja",
        role=clean.role,
        requester=clean.requester,
        applicant=user,
        grounds=list(clean.grounds),
        wants_everything=clean.wants_everything,
        wanted_note=clean.wanted_note or None,
        answer_method=clean.answer_method,
        answer_method_note=clean.answer_method_note or None,
        submission_digest=digest,
        received_at=now,
        status_changed_at=now,
        target_on=first_target(rule=rule, received_at=now),
    )
    Party.objects.bulk_create(parties(request, clean, "" if clean.agent else user.email, user.email))
    IdentityCheck.objects.bulk_create(_checks(request, rule, now))
    RequestEvent.objects.create(
        request=request, kind=Note.RECEIVED, to_status=Status.RECEIVED, actor_kind=Actor.PERSON, actor=user, at=now
    )
    audit.record(action="request.submitted", actor=user, obj=request, detail={"request_type": rule.request_type})
    notifications.received(request=request)
    nudges.verify_identity(request)
    return request


def _requested_changes(
    request: DisclosureRequest, clean: CleanAnswers, items: Mapping[str, int]
) -> list[RequestedChange]:
    return [
        RequestedChange(
            request=request,
            position=position,
            item_id=items[change.item],
            present=change.present or None,
            wanted=change.wanted or None,
            why=change.why or None,
        )
        for position, change in enumerate(clean.changes, start=1)
    ]


def _choose(through: Any, column: str, request: DisclosureRequest, keys: list[int]) -> None:
    """Write what was chosen, in one statement; none where nothing was."""
    if keys:
        through.objects.bulk_create([through(disclosurerequest_id=request.pk, **{column: key}) for key in keys])


def parties(request: DisclosureRequest, clean: CleanAnswers, email: str, agent_email: str) -> list[Party]:
    """The persons in a request, unsaved. The verified address of an account belongs to whoever fills in the form."""

    def party(kind: Party.Kind, answers: PartyAnswers, address: str) -> Party:
        row = Party(request=request, kind=kind, email=address, **asdict(answers))
        row.birth_date = answers.birth_date or None
        return row

    if clean.agent is None:
        return [party(Party.Kind.PRINCIPAL, clean.principal, email)]
    return [
        party(Party.Kind.PRINCIPAL, clean.principal, email),
        party(Party.Kind.AGENT, clean.agent, agent_email),
    ]


def _checks(request: DisclosureRequest, rule: RequestRule, now: datetime) -> list[IdentityCheck]:
    """Level 1 is passed by having signed in with a mailed code; level 2, where it is needed, waits for the worker."""
    level = RequestRule.IdentityLevel
    checks = [
        IdentityCheck(
            request=request,
            level=level.ADDRESS,
            method=IdentityCheck.Method.EMAIL_CODE,
            state=IdentityCheck.State.PASSED,
            created_at=now,
            finished_at=now,
        )
    ]
    if REQUEST_TYPES[rule.request_type].needs_identity and rule.identity_level >= level.FACTS:
        checks.append(
            IdentityCheck(request=request, level=level.FACTS, method=IdentityCheck.Method.FACTS, created_at=now)
        )
    return checks


def purge_drafts(*, before: datetime, batch: int = 1000) -> int:
    """Erase drafts that nobody touched since ``before``. Returns how many."""
    with transaction.atomic():
        keys = list(
            RequestDraft.objects.select_for_update(skip_locked=True)
            .filter(updated_at__lt=before)
            .values_list("pk", flat=True)[:batch]
        )
        number, _by_model = RequestDraft.objects.filter(pk__in=keys).delete() if keys else (0, {})
        if number:
            audit.record(action="draft.purged", actor="worker", detail={"count": number})
    return number
