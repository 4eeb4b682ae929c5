"""Handing a person the receipt of a consent that they gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain import receipt
from ..models import Consent, ConsentAgent, Operator
from . import consent_events, consents, wordings


def take_receipt(*, actor: User, address_proven: bool, purpose: str, now: datetime) -> dict[str, Any]:
    """The receipt of the consent in force, in the active language, as JSON values. That it was taken is recorded.

    Raises:
        NotAsked: the account is no customer's, no such purpose is asked for, or no consent to it is in force.
    """
    customer = selectors.customer_of(actor, address_proven=address_proven)
    operator = selectors.current_operator()
    if customer is None or operator is None:
        raise consents.NotAsked
    row = selectors.consent_purposes(customer, now).filter(code=purpose).first()
    events = Consent.objects.select_related("purpose_version", "collection_wording__point", "agent")
    consent = events.filter(pk=row.newest_id).first() if row else None  # type: ignore[attr-defined]
    if row is None or consent is None or not consent_events.is_given(consent, now):
        raise consents.NotAsked
    if not row.asks_for_consent or row.newest_outdated:  # type: ignore[attr-defined]
        raise consents.NotAsked
    until = consent.valid_until
    collected = consent.collection_wording
    agent: ConsentAgent | None = getattr(consent, "agent", None)
    given = receipt.Given(
        key=str(consent.pk),
        at=consent.at,
        language=_language(consent),
        method=consent.get_channel_display(),
        principal=actor.email,
        purpose_code=row.code,
        purpose=consent.wording or row.text,
        items=[receipt.Item(item.name, item.sensitive) for item in row.items.all()],
        termination=f"{timezone.localtime(until):%Y-%m-%d}" if until else _("取り下げるまで"),
        provided_to=row.provided_to,
        collection_point=collected.point.name if collected else "",
        wording_version=_version(consent),
        acted_for_by=agent.get_relation_display() if agent else "",
    )
    audit.record(action="consent.receipt_taken", actor=actor, obj=consent)
    return receipt.receipt(
        consent=given, controller=_controller(operator), policy_url=f"{settings.PORTAL_URL}/purposes/"
    )


def _version(consent: Consent) -> str:
    """The version of what was shown, at the collection point or under the purpose, and the digest of the text."""
    version = consent.collection_wording or consent.purpose_version
    if version is None or not consent.wording:
        return ""
    return f"{version.number} sha256:{wordings.digest(consent.wording)}"


def _language(consent: Consent) -> str:
    """The language in which it was obtained, told by its letters."""
    if not consent.wording:
        return "en" if (get_language() or "ja").startswith("en") else "ja"
    return "ja" if any("\u3040" <= letter <= "\u9fff" for letter in consent.wording) else "en"


def _controller(operator: Operator) -> receipt.Controller:
    return receipt.Controller(
        name=operator.name,
        contact=operator.manager_title,
        postal_code=operator.postal_code,
        address=operator.address,
        email=operator.email,
        telephone=operator.telephone,
        website=operator.website,
    )
