"""A person gives and withdraws consents, each by itself (article 27, promises R1, K1, A1).

Events are only added. Both ways are one call: withdrawing asks for nothing that giving does not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation

from privacy_portal.core import ratelimit
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications, selectors
from ..models import Consent, Customer
from . import consent_events, wordings
from .consent_events import is_given

# A change of mind is free; a program that flips a switch for hours is not a person.
GIVING = ratelimit.Limit("consent.given", 20, 3600)


class ConsentError(Exception):
    """The consent cannot be changed like this."""


class NotAsked(ConsentError):
    """Nobody of that account is known, or the purpose is not one that is asked for."""


class WordingChanged(ConsentError):
    """What the person read is not what is asked now."""


class NeedsAgent(ConsentError):
    """The person is too young to decide alone; a statutory agent tells the operator."""


class CustomerLeft(ConsentError):
    """Somebody who left cannot open new uses of their data; withdrawing stays possible."""


def give(
    *, actor: User, address_proven: bool, purpose: str, version: str, language: str, now: datetime
) -> Consent | None:
    """The person consents. Returns the event, or None where they already had: a double click changes nothing.

    Args:
        actor: the signed-in person.
        address_proven: whether a mailed code opened the session.
        purpose: code of the purpose.
        version: of the wording that stood beside the button.
        language: "ja" or "en", in which it was read.
        now: an aware moment.

    Raises:
        NotAsked: the account is no customer's, or the purpose is not asked for.
        WordingChanged: the page showed another text.
        CustomerLeft: the customer is no customer any more.
        NeedsAgent: the customer is too young to decide alone.
        LimitExceeded: too many changes within an hour.
    """
    ratelimit.hit((GIVING, str(actor.pk)))
    return _change(
        actor=actor,
        address_proven=address_proven,
        code=purpose,
        event=Consent.Event.GIVEN,
        version=version,
        language=language,
        now=now,
    )


def withdraw(*, actor: User, address_proven: bool, purpose: str, language: str, now: datetime) -> Consent | None:
    """The person takes a consent back. Returns the event, or None where there was none to take back.

    One that is no longer asked for (its purpose is retired) can be taken back, too.

    Raises:
        NotAsked: the account is no customer's, or the purpose is not asked for.
        NeedsAgent: the customer is too young to decide alone.
    """
    return _change(
        actor=actor,
        address_proven=address_proven,
        code=purpose,
        event=Consent.Event.WITHDRAWN,
        version=None,
        language=language,
        now=now,
    )


def refuse(
    *, actor: User, address_proven: bool, purpose: str, sign: str, language: str, now: datetime
) -> Consent | None:
    """The person refuses, by a ``sign`` of theirs, whether or not they had ever consented; None where they had refused.

    Unlike :func:`withdraw` it leaves a record where there was nothing to take back: it is a choice, not a silence.

    Raises:
        NotAsked: the account is no customer's, or the purpose is not asked for.
        NeedsAgent: the customer is too young to decide alone.
    """
    return _change(
        actor=actor,
        address_proven=address_proven,
        code=purpose,
        event=Consent.Event.WITHDRAWN,
        version=None,
        language=language,
        now=now,
        sign=sign,
    )


def _change(
    *,
    actor: User,
    address_proven: bool,
    code: str,
    event: Consent.Event,
    version: str | None,
    language: str,
    now: datetime,
    sign: str = "",
) -> Consent | None:
    with transaction.atomic():
        # The row is locked, so that of two clicks the second sees what the first did; whose it is, is asked once more.
        customer = selectors.customer_of(actor, address_proven=address_proven)
        if customer is None:
            raise NotAsked
        consent_events.locked(customer)
        customer = selectors.customer_of(actor, address_proven=address_proven)
        if customer is None:
            raise NotAsked
        given = event == Consent.Event.GIVEN
        purpose = selectors.consent_purposes(customer, now).filter(code=code).first()
        if purpose is None or (given and not purpose.asks_for_consent):
            raise NotAsked
        if consent_events.is_minor(customer, now):
            raise NeedsAgent
        newest = consent_events.newest(customer, purpose, now)
        outdated = newest is not None and newest.outdated  # type: ignore[attr-defined]
        if sign:
            if newest is not None and newest.event == event:
                return None
        elif is_given(newest, now) == given and not (given and outdated):
            return None
        with translation.override(language):
            shown = wordings.wording(purpose)
        if given:
            if customer.status != Customer.Status.ACTIVE:
                raise CustomerLeft
            if version != shown.version:
                raise WordingChanged
        # Never before the event that it follows, however the clocks of two servers differ.
        at = now if newest is None else max(now, newest.at + timedelta(microseconds=1))
        consent = Consent.objects.create(
            customer=customer,
            purpose=purpose,
            event=event,
            channel=Consent.Channel.PORTAL,
            wording=shown.text,
            purpose_version=wordings.keep_version(purpose=purpose, now=now) if purpose.asks_for_consent else None,
            proof=f"{sign} wording:{shown.version}".lstrip(),
            recorded_by=actor,
            at=at,
            recorded_at=now,
            valid_until=consent_events.limit(purpose, at) if given else None,
        )
        action = "consent.given" if given else "consent.withdrawn"
        audit.record(action=action, actor=actor, obj=consent, detail={"purpose": purpose.pk})
        notifications.consent_changed(consent=consent, person=actor, language=language)
    return consent
