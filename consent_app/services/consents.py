"""A person gives and withdraws consents, each by itself (article 27, promises R1, K1, A1).

Events are only added. Both ways are one call: withdrawing asks for nothing that giving does not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from privacy_portal.core import ratelimit
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications, selectors
from ..models import Consent, Customer, Purpose

# A change of mind is free; a program that flips a switch for hours is not a person.
GIVING = ratelimit.Limit("consent.given", 20, 3600)


class ConsentError(Exception):
    """The consent cannot be changed like this."""


class NotAsked(ConsentError):
    """Nobody of that account is known, or the purpose is not one that is asked for."""


class WordingChanged(ConsentError):
    """What the person read is not what is asked now."""


class CustomerLeft(ConsentError):
    """Somebody who left cannot open new uses of their data; withdrawing stays possible."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What is shown beside the button, in one language."""

    purpose: str
    items: str
    given: str
    not_given: str
    provided_to: str

    @property
    def text(self) -> str:
        """As it is kept with the consent."""
        lines = (self.purpose, self.items, self.provided_to, self.given, self.not_given)
        return "\n".join(line for line in lines if line)

    @property
    def version(self) -> str:
        """Names exactly this text: 32 hexadecimal digits of its SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]


def wording(purpose: Purpose) -> Wording:
    """What the page says about a purpose, in the active language."""
    items = _("、").join(item.name for item in purpose.items.all() if item.active)
    return Wording(
        purpose=purpose.text,
        items=_("使う情報：%(items)s") % {"items": items} if items else "",
        provided_to=_("渡す相手：%(name)s") % {"name": purpose.provided_to} if purpose.provided_to else "",
        given=_("同意すると、この目的に使います。いつでも取り下げられます。"),
        not_given=_(
            "同意しないとき、取り下げたあとは、この目的には使いません。ほかのサービスはそのまま使えます。"
            "取り下げる前に行った利用は、取り消されません。"
        ),
    )


def is_given(consent: Consent | None, at: datetime) -> bool:
    """Whether the event that counts is a consent that has not run out."""
    return (
        consent is not None
        and consent.event == Consent.Event.GIVEN
        and (consent.valid_until is None or consent.valid_until > at)
    )


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

    Raises:
        NotAsked: the account is no customer's, or the purpose is not asked for.
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


def _change(
    *,
    actor: User,
    address_proven: bool,
    code: str,
    event: Consent.Event,
    version: str | None,
    language: str,
    now: datetime,
) -> Consent | None:
    with transaction.atomic():
        # The row is locked, so that of two clicks the second sees what the first did; whose it is, is asked once more.
        customer = selectors.customer_of(actor, address_proven=address_proven)
        if customer is None:
            raise NotAsked
        Customer.objects.select_for_update().only("pk").get(pk=customer.pk)
        customer = selectors.customer_of(actor, address_proven=address_proven)
        if customer is None:
            raise NotAsked
        purpose = selectors.consent_purposes(customer, now).filter(code=code).first()
        if purpose is None:
            raise NotAsked
        newest = selectors.newest_consent(now + timedelta(days=1), customer=customer, purpose=purpose).first()
        given = event == Consent.Event.GIVEN
        if is_given(newest, now) == given:
            return None
        with translation.override(language):
            shown = wording(purpose)
        if given:
            if customer.status != Customer.Status.ACTIVE:
                raise CustomerLeft
            if version != shown.version:
                raise WordingChanged
        consent = Consent.objects.create(
            customer=customer,
            purpose=purpose,
            event=event,
            channel=Consent.Channel.PORTAL,
            wording=shown.text,
            proof=f"wording:{shown.version}",
            recorded_by=actor,
            # Never before the event that it follows, however the clocks of two servers differ.
            at=now if newest is None else max(now, newest.at + timedelta(microseconds=1)),
        )
        action = "consent.given" if given else "consent.withdrawn"
        audit.record(action=action, actor=actor, obj=consent, detail={"purpose": purpose.pk})
        notifications.consent_changed(consent=consent, person=actor, language=language)
    return consent
