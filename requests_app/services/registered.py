"""Opening one's registered information: a mailed code is not enough, registered facts have to be stated.

Who may see what, and why: docs/decisions/registered-information.md.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from consent_app.models import Customer
from consent_app.selectors import customer_of
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import comparison
from ..domain.comparison import Home, Person, Verdict
from ..models import RegisteredCheck
from . import identity

# More than for a request, where people look at what does not fit: here a slip of the pen has to be mended by oneself.
TRIES = 3


class NotOpened(Exception):
    """The registered information is not shown."""


class NotConfirmed(NotOpened):
    """What was stated does not fit, or nobody is registered. Neither that nor which fact it was is told to anybody."""


class TriedTooOften(NotOpened):
    """Nothing is compared any more for some weeks, right or not."""


def confirm(*, user: User, address_proven: bool, stated: Person, now: datetime) -> Customer:
    """Compare what was stated with what is registered, by the rule of identity checks at level 2.

    Where the account belongs to no customer, or not to exactly one, the same is done with nothing: who reads somebody's
    mail does not learn whether the address is registered.

    Raises:
        NotConfirmed, TriedTooOften: see there. Each try is recorded.
    """
    with transaction.atomic():
        # Tries of one account take turns, so that none is compared beyond the last.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        customer = customer_of(user, address_proven=address_proven)
        if identity.unclear_tries(user, now) >= TRIES:
            audit.record(action="registered.limited", actor=user, obj=customer)
            raised: NotOpened | None = TriedTooOften()
        else:
            findings = comparison.compare(stated, identity.registered_person(customer) if customer else Person())
            passed = customer is not None and comparison.verdict(findings) == Verdict.PASSED
            RegisteredCheck.objects.create(user=user, passed=passed, codes=comparison.codes(findings), at=now)
            audit.record(action="registered.opened" if passed else "registered.refused", actor=user, obj=customer)
            raised = None if passed else NotConfirmed()
    # Outside of the transaction, which would take the try back.
    if raised is not None or customer is None:
        raise raised or NotConfirmed
    return customer


def stated(*, family_name: str, given_name: str, telephone: str, postal_code: str, address: str) -> Person:
    """What somebody typed, for :func:`confirm`. An address that differs may be a new home: the telephone can do."""
    return Person(
        family_name=family_name,
        given_name=given_name,
        telephone=telephone,
        home=Home(postal_code, address),
    )


def viewed(*, user: User, customer: Customer, page: str) -> None:
    """Somebody looks at their registered information. ``page``: "registered", "history" or "change"."""
    audit.record(action="registered.viewed", actor=user, obj=customer, detail={"page": page})


def purge(*, now: datetime) -> int:
    """Delete comparisons that no longer count as tries. Returns how many."""
    return RegisteredCheck.objects.filter(at__lt=now - identity.TRIES_WITHIN).delete()[0]
