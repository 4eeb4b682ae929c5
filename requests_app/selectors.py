"""Who may see which requests, and how they are counted."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Concat, Greatest, Replace, TruncWeek
from django.utils import timezone

from consent_app.domain import normalise
from consent_app.domain.formats import FORMATS
from consent_app.models import Customer, CustomerIdentity, CustomerRecord, Recipient, SecondLookRule
from consent_app.selectors import current_operator, recipients_like
from privacy_portal.core.models import OutgoingMail, User

from .connectors.found import FoundData, found_data, held_items
from .domain.comparison import number_key
from .domain.identity_levels import ALWAYS
from .domain.instructions import OUTSTANDING
from .domain.receipt_numbers import InvalidReceiptNumber, parse
from .domain.request_types import REQUEST_TYPES
from .domain.silence import ORDER, Patience, Stage, not_before
from .domain.transitions import (
    ENDED_STATUSES,
    OPEN_STATUSES,
    WAITING_FOR_PERSON,
    Actor,
    Event,
    Note,
    Status,
    possible_events,
)
from .models import (
    Decision,
    DecisionProposal,
    DisclosureRequest,
    Fee,
    IdentityCheck,
    Instruction,
    Message,
    MessageFile,
    Party,
    Payment,
    RequestEvent,
    SilenceNotice,
    TargetExtension,
)
from .models.decision import POSITIVE
from .selectors_found import FoundByHand

# The list with masked names, without any case.
LIST_PERMISSION = "requests_app.list_requests"

# Messages shown at once: a conversation, not an archive.
THREAD_PAGE = 50

__all__ = [
    "FoundData",
    "alike",
    "anything_wanted_is_held",
    "asked_already",
    "candidates",
    "concerns_somebody_held",
    "confirming_checks",
    "dashboard_counts",
    "extensions_of",
    "fees_owed_back",
    "found_data",
    "identities_with",
    "identity_confirmed",
    "last_turn",
    "letters_to_send",
    "linked_recipients",
    "may_see_list",
    "needs_second_look",
    "not_reminded",
    "open_proposal",
    "orders_with",
    "perhaps_senders",
    "queue_conditions",
    "recipients",
    "request_of",
    "requests_of",
    "thread_page",
    "timeline",
    "to_close",
    "to_close_silent",
    "to_fulfil",
    "to_remind",
    "to_verify",
    "warnings_over",
    "weekly_counts",
]


# A worker prepares an answer within seconds. What takes longer needs somebody to look at it.
STUCK_AFTER = timedelta(minutes=10)


# A try begins at most this long after ``before`` of :func:`to_fulfil`.
NO_TRY = timedelta(hours=1)

# Where staff can decide; a proposal about a case that ended waits for nobody.
_DECIDABLE = [status for status in Status if Event.DECIDED in possible_events(status, Actor.STAFF)]


def may_see_list(user: User) -> bool:
    """Whether a member of staff may open the queue: whoever sees cases, and support, who sees masked names only."""
    return user.has_perm("requests_app.view_disclosurerequest") or user.has_perm(LIST_PERMISSION)


def requests_of(user: User) -> QuerySet[DisclosureRequest]:
    """The person's own requests, newest first; each knows how many messages are new to them (``unread``)."""
    return (
        DisclosureRequest.objects.filter(applicant_id=user.pk)
        .annotate(unread=Count("messages", filter=Q(messages__from_person=False, messages__read_at__isnull=True)))
        .order_by("-received_at", "pk")
    )


def request_of(user: User, receipt_number: str) -> DisclosureRequest:
    """One of the person's own requests, by the number as it was typed.

    Raises:
        DisclosureRequest.DoesNotExist: no such number, or somebody else's: the two cannot be told apart.
    """
    try:
        number = parse(receipt_number)
    except InvalidReceiptNumber:
        raise DisclosureRequest.DoesNotExist from None
    return DisclosureRequest.objects.select_related("applicant").get(applicant_id=user.pk, receipt_number=number)


def timeline(request: DisclosureRequest, *, public_only: bool) -> QuerySet[RequestEvent]:
    """What happened, oldest first. The person sees the public entries, and no names of staff."""
    events = RequestEvent.objects.filter(request=request).order_by("at", "pk")
    return events.filter(public=True) if public_only else events.select_related("actor")


def needs_second_look(request_type: str, outcome: str) -> bool:
    """Whether the operator wants a second person to look at such a decision before it is made."""
    return SecondLookRule.objects.filter(code=request_type, active=True, outcomes__contains=[outcome]).exists()


def open_proposal(request: DisclosureRequest) -> DecisionProposal | None:
    """The decision that waits for a second person; None where none does or nothing can be decided any more."""
    if request.status not in _DECIDABLE:
        return None
    waiting = DecisionProposal.objects.filter(request=request, state=DecisionProposal.State.OPEN)
    return waiting.select_related("proposed_by").first()


def extensions_of(request: DisclosureRequest, events: Collection[RequestEvent]) -> dict[int, TargetExtension]:
    """Key of an event of the timeline -> the extension of the target that it tells of. Asks only where there is one."""
    told = {event.pk: event.data.get("extension") for event in events if event.kind == Note.TARGET_EXTENDED}
    if not told:
        return {}
    found = {str(extension.pk): extension for extension in request.extensions.all()}
    return {event: found[key] for event, key in told.items() if key in found}


def thread_page(request: DisclosureRequest, number: str | int | None) -> Page[Message]:
    """A page of the messages, oldest first; page 1 holds the newest ones. Whatever is no page number counts as 1."""
    newest_first = Message.objects.filter(request=request).select_related("author").order_by("-sent_at", "-pk")
    newest_first = newest_first.prefetch_related(Prefetch("files", MessageFile.objects.select_related("file")))
    if request.applicant_id is None:
        newest_first = newest_first.prefetch_related("received_files__file")
    page: Page[Message] = Paginator(newest_first, THREAD_PAGE).get_page(number)
    page.object_list = list(page.object_list)[::-1]
    return page


# Who asks the same again within this time may mean the same matter. It is shown, never refused.
ALIKE_WITHIN = timedelta(days=90)


def alike(request: DisclosureRequest, limit: int = 5) -> list[DisclosureRequest]:
    """Other requests of the same type, perhaps of the same person, that came not long before or after; newest first.

    Of the same account or customer they are shown whatever became of them, under the same name while they are open.
    """
    party = _principal(request)
    if party is None:
        return []
    near = DisclosureRequest.objects.filter(
        request_type=request.request_type,
        received_at__range=(request.received_at - ALIKE_WITHIN, request.received_at + ALIKE_WITHIN),
    )
    named = Party.objects.annotate(
        # Some write the whole name into one field.
        whole=Replace(Concat("family_name", "given_name"), Value(" "), Value(""))
    ).filter(
        kind=Party.Kind.PRINCIPAL,
        whole=f"{party.family_name}{party.given_name}".replace(" ", ""),
        # Of the few that are open only: a condition on all of them would read every name that was ever stated.
        request__in=near.filter(status__in=OPEN_STATUSES),
    )
    ways: list[QuerySet[Any, Any]] = [named.values("request_id")]
    if request.applicant_id is not None:
        ways.append(near.filter(applicant=request.applicant_id).order_by().values("pk"))
    if request.customer_id is not None:
        ways.append(near.filter(customer=request.customer_id).order_by().values("pk"))
    keys = ways[0].union(*ways[1:]) if ways[1:] else ways[0]
    found = DisclosureRequest.objects.filter(pk__in=keys).exclude(pk=request.pk).order_by("-received_at", "pk")
    return list(found[:limit])


def asked_already(user: User, request_type: str, limit: int = 3) -> list[DisclosureRequest]:
    """The account's own open requests of this type, newest first: told on the form, never in the way of a new one."""
    return list(requests_of(user).filter(request_type=request_type, status__in=OPEN_STATUSES)[:limit])


def queue_conditions(now: datetime) -> dict[str, Q]:
    """What belongs to each of the day's jobs. The dashboard's numbers and the lists that they open both ask here.

    What waits for the person is neither due nor overdue: the clock stands still. This week ends on Sunday.
    """
    today = timezone.localdate(now)
    sunday = today + timedelta(days=6 - today.weekday())
    running = Q(status__in=OPEN_STATUSES - WAITING_FOR_PERSON)
    unread = Message.objects.filter(request=OuterRef("pk"), from_person=True, read_at__isnull=True)
    waiting = DecisionProposal.objects.filter(request=OuterRef("pk"), state=DecisionProposal.State.OPEN)
    proposed = Q(Exists(waiting), status__in=_DECIDABLE)
    return {
        "identity": Q(status=Status.IDENTITY_REVIEW) & ~proposed,
        "decide": Q(status=Status.IN_REVIEW) & ~proposed,
        "second_look": proposed,
        "waiting": Q(status__in=WAITING_FOR_PERSON),
        "fulfilling": Q(status=Status.FULFILLING),
        "stuck": Q(status=Status.FULFILLING, status_changed_at__lte=now - STUCK_AFTER),
        "to_post": Q(status=Status.READY_TO_POST),
        "due_today": running & Q(target_on=today),
        "due_this_week": running & Q(target_on__gt=today, target_on__lte=sunday),
        "overdue": running & Q(target_on__lt=today),
        "unread": Q(Exists(unread)),
        "open": Q(status__in=OPEN_STATUSES),
    }


def dashboard_counts(now: datetime) -> dict[str, int]:
    """How many requests each of :func:`queue_conditions` holds, in two statements.

    What ended is no longer looked at, except for messages that nobody has read: together in one condition, the database
    would read every request that there ever was.
    """
    conditions = queue_conditions(now)
    del conditions["unread"]
    counts: dict[str, int] = DisclosureRequest.objects.filter(conditions["open"]).aggregate(
        **{name: Count("pk", filter=condition) for name, condition in conditions.items()}
    )
    unread = Message.objects.filter(from_person=True, read_at__isnull=True)
    return counts | unread.aggregate(unread=Count("request_id", distinct=True))


def weekly_counts(now: datetime, weeks: int = 12) -> list[dict[str, Any]]:
    """Arrived and ended requests of the last ``weeks`` weeks, oldest first: ``week`` (its Monday), two numbers."""
    monday = timezone.localdate(now) - timedelta(days=timezone.localdate(now).weekday())
    mondays = [monday - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]
    since = timezone.make_aware(datetime.combine(mondays[0], datetime.min.time()))

    def per_week(column: str) -> Mapping[Any, int]:
        rows = (
            DisclosureRequest.objects.filter(**{f"{column}__gte": since})
            .annotate(week=TruncWeek(column))
            .values("week")
            .annotate(number=Count("pk"))
            .order_by("week")
        )
        return {timezone.localdate(row["week"]): row["number"] for row in rows}

    arrived, ended = per_week("received_at"), per_week("closed_at")
    return [{"week": day, "arrived": arrived.get(day, 0), "closed": ended.get(day, 0)} for day in mondays]


def confirming_checks(request: DisclosureRequest) -> QuerySet[IdentityCheck]:
    """The checks by which the person is confirmed; the mailed code alone is none of them."""
    passed = IdentityCheck.objects.filter(request=request, state=IdentityCheck.State.PASSED)
    return passed.exclude(method=IdentityCheck.Method.EMAIL_CODE)


def offered_means() -> frozenset[str]:
    """The means of checking identity that this operator uses."""
    operator = current_operator()
    return ALWAYS | frozenset(operator.identity_means if operator else ())


def identity_confirmed(request: DisclosureRequest) -> bool:
    """Whether the person is confirmed, by comparison to the level of the type or by the judgement of staff.

    What shows and changes nothing of anybody's data does not ask for it.
    """
    return not REQUEST_TYPES[request.request_type].needs_identity or confirming_checks(request).exists()


def candidates(request: DisclosureRequest, limit: int = 20) -> list[Customer]:
    """Customers that staff should look at: by mail address, number, order, or name with telephone or postal code.

    Each way is a look-up of its own in an index, put together by UNION: one condition with OR over joined tables would
    read every customer.
    """
    party = _principal(request)
    if party is None:
        return []
    ways: list[QuerySet[Any, Any]] = []
    emails = _addresses(request, party)
    if emails:
        ways.append(Customer.objects.filter(email__in=emails).values("pk"))
    if party.customer_number:
        ways.append(identities_with(party.customer_number).values("customer_id"))
    if party.order_number:
        ways.append(orders_with(party.order_number).values("customer_id"))
    named = Customer.objects.filter(name_key=normalise.name_key(party.family_name, party.given_name))
    telephone = normalise.telephone(party.telephone).value
    if telephone:
        ways.append(named.filter(telephone=telephone).values("pk"))
    postal_codes = {party.postal_code, party.registered_postal_code} - {""}
    if postal_codes:
        ways.append(named.filter(postal_code__in=postal_codes).values("pk"))
    if not ways:
        return []
    first, *others = (way.order_by() for way in ways)
    found = Customer.objects.filter(pk__in=first.union(*others) if others else first)
    # An order that is kept by law still refers to the emptied row of its buyer.
    found = found.exclude(status=Customer.Status.ERASED)
    return list(found.order_by("created_at", "pk")[:limit])


def perhaps_senders(request: DisclosureRequest, customers: Collection[Customer]) -> set[uuid.UUID]:
    """Those of ``customers`` who have nothing but the stated order in common with the person, and another name.

    Who got a gift knows its order number, too, and is not to be shown the sender's data.
    """
    party = _principal(request)
    if party is None or not party.order_number:
        return set()
    keys = [customer.pk for customer in customers]
    by_order = set(orders_with(party.order_number).filter(customer__in=keys).values_list("customer_id", flat=True))
    if party.customer_number:
        numbered = identities_with(party.customer_number).filter(customer__in=keys)
        by_order -= set(numbered.values_list("customer_id", flat=True))
    name, addresses = normalise.name_key(party.family_name, party.given_name), _addresses(request, party)
    return {
        customer.pk
        for customer in customers
        if customer.pk in by_order and customer.name_key != name and customer.email not in addresses
    }


def recipients(request: DisclosureRequest, limit: int = 20) -> list[Recipient]:
    """To whom gifts were sent who may be the person: the same name, and postal code, telephone or order number.

    Only offered to staff, who judge: none of it is enough to know that it is the same person.
    """
    return list(_recipients(request)[:limit])


def linked_recipients(request: DisclosureRequest) -> list[Recipient]:
    """The rows of the recipients of whom staff judged that they are the person, in orders of others."""
    links = {link.record_id: set(link.persons) for link in request.gift_links.all()}
    if not links:
        return []
    found = Recipient.objects.filter(record__in=links).select_related("record").order_by("record__external_id", "pk")
    if request.customer_id is not None:
        found = found.exclude(record__customer=request.customer_id)
    return [row for row in found if row.person_key.hex() in links[row.record_id]]


def concerns_somebody_held(request: DisclosureRequest) -> bool:
    """Whether somebody's data is there to be changed: a customer's, a recipient's, or what staff found by hand."""
    return request.customer_id is not None or request.gift_links.exists() or bool(FoundByHand(request).found)


def _recipients(request: DisclosureRequest) -> QuerySet[Recipient]:
    """By what was stated, and once the person is known as a customer by what is registered as well.

    Whoever states the order with a contact that fits is found under a wrong name, too: that may be what they want to
    have corrected. Recipients in the person's own orders are the person's data already.
    """
    party, customer = _principal(request), request.customer
    found = Recipient.objects.none()
    if party is not None:
        name = normalise.name_key(party.family_name, party.given_name)
        codes = {party.postal_code, party.registered_postal_code} - {""}
        telephone = normalise.telephone(party.telephone).value or ""
        found |= recipients_like(name=name, postal_codes=codes, telephone=telephone)
        if party.order_number:
            same = Q(postal_code__in=codes)
            if name:
                same |= Q(name_key=name)
            if telephone:
                same |= Q(telephone=telephone)
            found |= Recipient.objects.filter(same, record__in=orders_with(party.order_number))
    if customer is not None:
        found |= recipients_like(
            name=customer.name_key, postal_codes={customer.postal_code}, telephone=customer.telephone
        )
        found = found.exclude(record__customer=customer)
    return found.select_related("record").order_by("record__external_id", "pk")


def _principal(request: DisclosureRequest) -> Party | None:
    return next((one for one in request.parties.all() if one.kind == Party.Kind.PRINCIPAL), None)


def _addresses(request: DisclosureRequest, party: Party) -> set[str]:
    """The mail addresses of the person, stated and signed in with."""
    return {address.lower() for address in (party.email, request.applicant.email if request.applicant else "")} - {""}


def identities_with(number: str) -> QuerySet[CustomerIdentity]:
    """Who has this number in one of the source systems. The sources are named because the index begins with them."""
    return CustomerIdentity.objects.filter(source__in=FORMATS, external_id__in=_spellings(number))


def orders_with(number: str) -> QuerySet[CustomerRecord]:
    """The orders with this number in one of the source systems."""
    return CustomerRecord.objects.filter(
        source__in=FORMATS, kind=CustomerRecord.Kind.ORDER, external_id__in=_spellings(number)
    )


def _spellings(number: str) -> set[str]:
    key = number_key(number)
    return {number, key, key.lower()}


def anything_wanted_is_held(request: DisclosureRequest) -> bool:
    """Whether something of what the person asked for is held; a wish in free text is judged by staff, not by this."""
    if request.customer is None:
        return False
    held = held_items(request.customer)
    if request.wants_everything:
        return bool(held)
    return not held.isdisjoint(request.wanted_items.values_list("code", flat=True))


def to_verify(*, limit: int) -> list[uuid.UUID]:
    """Requests that no worker has looked at yet, oldest first."""
    return _due(DisclosureRequest.objects.filter(status=Status.RECEIVED), "received_at", limit)


def to_fulfil(*, before: datetime, limit: int) -> list[uuid.UUID]:
    """Decided requests whose answer is not prepared although that was due ``before``, and that were not tried since."""
    decision = Decision.objects.filter(request=OuterRef("pk"), superseded_at=None)
    due = (
        DisclosureRequest.objects.filter(status=Status.FULFILLING, status_changed_at__lte=before)
        .annotate(attempted_at=Subquery(decision.values("attempted_at")))
        # A try of tomorrow was written by a clock that has been put right since.
        .filter(Q(attempted_at=None) | Q(attempted_at__lte=before) | Q(attempted_at__gt=before + NO_TRY))
    )
    # Whoever was tried longest ago comes first, so that a hundred that always fail do not keep the others waiting.
    return list(
        due.order_by(F("attempted_at").asc(nulls_first=True), "status_changed_at").values_list("pk", flat=True)[:limit]
    )


def to_close(*, answered_before: datetime, limit: int) -> list[uuid.UUID]:
    """Answered requests that stay open no longer: nobody has to change or erase anything by hand for them."""
    to_do = Instruction.objects.filter(request=OuterRef("pk"), finding__isnull=False, state__in=OUTSTANDING)
    due = DisclosureRequest.objects.filter(~Exists(to_do), status=Status.ANSWERED, answered_at__lte=answered_before)
    return _due(due, "answered_at", limit)


_NO_TURN = Q(actor_kind=Actor.WORKER) | Q(kind__in=[Note.REMINDED, Note.CLOSING_ANNOUNCED])


def last_turn(request: DisclosureRequest) -> datetime:
    """When either side last did something in the request; a reminder, mailed or posted, is no turn."""
    done = RequestEvent.objects.filter(request=request).exclude(_NO_TURN).aggregate(at=Max("at"))["at"]
    return max(request.status_changed_at, done) if done else request.status_changed_at


def silent(now: datetime) -> QuerySet[DisclosureRequest]:
    """Requests in which the person owes something, each with the last turn (``turn_at``); see :func:`last_turn`."""
    turns = RequestEvent.objects.filter(request=OuterRef("pk")).exclude(_NO_TURN).order_by("-at")
    # PostgreSQL's GREATEST leaves out what is NULL.
    return DisclosureRequest.objects.filter(status__in=WAITING_FOR_PERSON, status_changed_at__lte=now).annotate(
        turn_at=Greatest("status_changed_at", Subquery(turns.values("at")[:1]))
    )


def to_remind(*, now: datetime, patience: Patience, limit: int) -> list[uuid.UUID]:
    """Requests in which a stage of reminding is reached whose mail was not written since the last turn."""
    return _due(silent(now).filter(_untold(now, patience), applicant__isnull=False), "turn_at", limit)


def letters_to_send(*, now: datetime, patience: Patience) -> QuerySet[DisclosureRequest]:
    """The same for those without an account: staff print a letter and send it."""
    return silent(now).filter(_untold(now, patience), applicant=None)


def _untold(now: datetime, patience: Patience) -> Q:
    due = Q()
    for stage in ORDER:
        told = SilenceNotice.objects.filter(
            request=OuterRef("pk"), turn_at=OuterRef("turn_at"), stage__in=not_before(stage)
        )
        due |= Q(~Exists(told), turn_at__lte=now - patience.after(stage))
    return due


def to_close_silent(*, now: datetime, patience: Patience, limit: int) -> list[uuid.UUID]:
    """Requests whose last day, as the person was warned of it, has passed."""
    warned = warnings_over(now=now, patience=patience).filter(request=OuterRef("pk"), turn_at=OuterRef("turn_at"))
    return _due(silent(now).filter(Exists(warned)), "turn_at", limit)


def warnings_over(*, now: datetime, patience: Patience) -> QuerySet[SilenceNotice]:
    """Warnings that left, by mail or by post, and gave the person their time; their last day has passed."""
    enough = timedelta(days=patience.warning)
    left = Q(mail__state=OutgoingMail.State.SENT, mail__sent_at__lte=now - enough)
    left |= Q(sent_on__lte=timezone.localdate(now) - enough)
    return SilenceNotice.objects.filter(left, stage=Stage.WARNING, closes_on__lt=timezone.localdate(now))


def not_reminded(now: datetime) -> QuerySet[DisclosureRequest]:
    """Requests in which the person owes something and the mail that said so came back."""
    failed = SilenceNotice.objects.filter(
        request=OuterRef("pk"), turn_at=OuterRef("turn_at"), mail__state=OutgoingMail.State.FAILED
    )
    return silent(now).filter(Exists(failed))


def fees_owed_back() -> QuerySet[Fee]:
    """Fees of which money has to be paid back, as ``services.fees.owed_back_yen`` counts it for one."""
    signed = Case(
        When(payments__kind=Payment.Kind.PAYMENT, then=F("payments__amount_yen")), default=-F("payments__amount_yen")
    )
    decision = Decision.objects.filter(request=OuterRef("request"), superseded_at=None)
    nothing_charged = (
        Q(waived_at__isnull=False)
        | Q(cancelled_at__isnull=False)
        | Q(declined_at__isnull=False)
        | Q(request__status=Status.WITHDRAWN)
        | Exists(decision.exclude(outcome__in=POSITIVE))
        | (Q(request__status__in=ENDED_STATUSES) & ~Exists(decision))
    )
    return Fee.objects.annotate(paid=Sum(signed)).filter(Q(paid__gt=F("amount_yen")) | Q(paid__gt=0) & nothing_charged)


def _due(requests: QuerySet[DisclosureRequest], order: str, limit: int) -> list[uuid.UUID]:
    return list(requests.order_by(order).values_list("pk", flat=True)[:limit])


def other_open_cases(request: DisclosureRequest) -> list[DisclosureRequest]:
    """Requests about the same customer that are not answered yet, beside this one."""
    if request.customer_id is None:
        return []
    rows = DisclosureRequest.objects.filter(customer=request.customer_id, status__in=OPEN_STATUSES)
    return list(rows.exclude(pk=request.pk).order_by("received_at"))
