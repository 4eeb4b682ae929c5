"""Advertising: what goes to others for it, and refusing that by the browser's signal (promises K9, Q10).

The signal counts for the visitor who sends it. Signed in, a person can have it stored: as the withdrawal of their
consent to every purpose that something is sent on for, so that it holds in every browser and for whatever asks the
gate.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from privacy_portal.core.models import User

from .. import selectors
from ..domain import trackers as rules
from ..domain.gate import Answer
from ..models import Consent, Customer, Purpose, Suspension, Tracker
from ..models.referable import ReferableData
from . import consents, gate, referable

SIGN = "GPC signal"
# Which kind of data of a confirmation a tracker's kind is; what is none of them is covered by no confirmation.
_REFERABLE = {
    Tracker.Kind.COOKIE: ReferableData.COOKIE,
    Tracker.Kind.ACCESS_LOG: ReferableData.BROWSING,
    Tracker.Kind.URL: ReferableData.BROWSING,
    Tracker.Kind.BROWSING: ReferableData.BROWSING,
    Tracker.Kind.DEVICE: ReferableData.DEVICE,
    Tracker.Kind.ATTRIBUTES: ReferableData.ATTRIBUTES,
}


def purposes() -> QuerySet[Purpose]:
    """The present purposes that are consented to and that something is sent on for, for advertising."""
    rows = selectors.purposes_with_items().filter(needs_consent=True, trackers__active=True, trackers__advertising=True)
    return rows.distinct()


def is_refused(customer: Customer, at: datetime) -> bool:
    """Whether a refusal of every such purpose is stored. Somebody who was never asked has refused nothing."""
    keys = set(purposes().values_list("pk", flat=True))
    newest: dict[int, str] = {}
    for event in selectors.newest_consent(at, customer=customer, purpose__in=keys).values("purpose", "event"):
        newest.setdefault(event["purpose"], event["event"])
    return bool(keys) and all(newest.get(key) == Consent.Event.WITHDRAWN for key in keys)


def can_be_refused(customer: Customer, at: datetime) -> bool:
    """Whether there is something to refuse that is not refused yet."""
    return purposes().exists() and not is_refused(customer, at)


def store_refusal(*, actor: User, address_proven: bool, language: str, now: datetime) -> int:
    """Store what the browser's signal says, for each purpose that was not refused yet.

    Args:
        actor: the signed-in person, whose browser sent the signal.
        address_proven: whether a mailed code opened the session.
        language: "ja" or "en", in which the page was read.
        now: an aware moment.

    Returns:
        The number of purposes for which something changed; a second click changes nothing.

    Raises:
        consents.NotAsked: the account is no customer's, or there is no such purpose.
        consents.NeedsAgent: the customer is too young to decide alone.
    """
    codes = list(purposes().values_list("code", flat=True))
    if not codes:
        raise consents.NotAsked
    with transaction.atomic():
        events = [
            consents.refuse(
                actor=actor, address_proven=address_proven, purpose=code, sign=SIGN, language=language, now=now
            )
            for code in codes
        ]
    return sum(1 for event in events if event is not None)


def may_send(*, tracker: str, customer: uuid.UUID | None, signal: bool, at: datetime) -> Answer:
    """May this tracker be used for this visitor?

    Args:
        tracker: its code.
        customer: key of the customer, None where nobody knows who the visitor is.
        signal: the browser sent ``Sec-GPC: 1``.
        at: an aware moment.

    Raises:
        ValueError: the moment has no zone.
    """
    row = Tracker.objects.prefetch_related("purposes").filter(code=tracker).first()
    if row is None:
        return rules.decide_sending(tracker=None, visitor=None, signal=signal)
    named = [purpose.code for purpose in row.purposes.all()]
    facts = rules.TrackerFacts(
        key=str(row.pk),
        active=row.active,
        sends=bool(row.recipient_ja),
        advertising=row.advertising,
        tied_to_person=row.tied_to_person,
        needs_consent=bool(named),
        confirmation=_confirmation(row, at) if row.tied_to_person else "",
    )
    return rules.decide_sending(tracker=facts, visitor=_visitor(customer, named, at), signal=signal)


def _confirmation(row: Tracker, at: datetime) -> str:
    """The confirmation of article 31 for this recipient and kind of data, by the recipient's Japanese name."""
    data = _REFERABLE.get(Tracker.Kind(row.kind))
    answer = referable.may_provide(
        recipient=row.recipient_ja, data=[data] if data else [], first_on=timezone.localdate(at)
    )
    return answer.key


def _visitor(customer: uuid.UUID | None, named: list[str], at: datetime) -> rules.VisitorFacts | None:
    if customer is None:
        return None
    stops = Suspension.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at), customer=customer, begins_at__lte=at, purpose=None
    )
    person = Customer.objects.filter(pk=customer, status=Customer.Status.ACTIVE).first()
    return rules.VisitorFacts(
        known=person is not None,
        refused=person is not None and is_refused(person, at),
        uses=tuple(gate.may_use(customer=customer, purpose=code, at=at) for code in named),
        stopped=frozenset(stops.values_list("kind", flat=True)),
    )
