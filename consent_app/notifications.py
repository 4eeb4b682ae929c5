"""What the registers write to people."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from privacy_portal.core.localized import localized
from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import outbox

from .domain import incidents
from .models import Consent, Customer, IncidentNotice, PolicyVersion

CONSENT_GIVEN, CONSENT_WITHDRAWN = "consent_given", "consent_withdrawn"
CONSENT_EXPIRED = "consent_expired"
POLICY_CHANGE = "policy_change"
INCIDENT_NOTICE = "incident_notice"
CARE_REMINDER = "care_reminder"


def consent_changed(*, consent: Consent, person: User, language: str) -> OutgoingMail:
    """Confirm to the person what they just chose; the purpose is public text, nothing registered is named."""
    purpose = consent.purpose
    return outbox.enqueue(
        template=CONSENT_GIVEN if consent.event == Consent.Event.GIVEN else CONSENT_WITHDRAWN,
        recipient=person.email,
        language=language,
        context={
            "purpose": purpose.text_en if language == "en" else purpose.text_ja,
            "at": consent.at,
            "consents_url": f"{settings.PORTAL_URL}/consents/",
        },
        user=person,
        object_type=consent._meta.label_lower,
        object_id=str(consent.pk),
    )


def consent_recorded(*, consent: Consent) -> OutgoingMail | None:
    """Confirm to the customer what staff wrote down for them: whoever did not say it finds out."""
    given = consent.event == Consent.Event.GIVEN
    return _to_customer(consent, CONSENT_GIVEN if given else CONSENT_WITHDRAWN)


def consent_expired(*, consent: Consent) -> OutgoingMail | None:
    """A consent has run out; the page of consents is where to renew it."""
    return _to_customer(consent, CONSENT_EXPIRED)


def _to_customer(consent: Consent, template: str) -> OutgoingMail | None:
    """Mail the registered address about a consent; None where there is none that mail can go to."""
    customer, purpose = consent.customer, consent.purpose
    language = customer.user.language if customer.user else "ja"
    try:
        return outbox.enqueue(
            template=template,
            recipient=customer.email,
            language=language,
            context={
                "purpose": localized(purpose, "text", language),
                "at": consent.at,
                "consents_url": f"{settings.PORTAL_URL}/consents/",
            },
            user=customer.user,
            object_type=consent._meta.label_lower,
            object_id=str(consent.pk),
        )
    except ValueError:
        # Registered as it was imported; the row of the event tells staff as well that there is nobody to write to.
        return None


def policy_change(*, policy: PolicyVersion, customer: Customer) -> OutgoingMail:
    """A version of the policy will take effect; in the language of the customer's account, else Japanese.

    Raises:
        ValueError: the customer's address is none that mail can go to.
    """
    language = customer.user.language if customer.user else "ja"
    return outbox.enqueue(
        template=POLICY_CHANGE,
        recipient=customer.email,
        language=language,
        context={
            "effective_from": policy.effective_from,
            "summary": localized(policy, "summary", language),
            "changes_url": settings.PORTAL_URL + reverse("portal:policy_changes", args=[policy.number]),
            "policy_url": settings.PORTAL_URL + reverse("portal:policy_version", args=[policy.number]),
        },
        user=customer.user,
        object_type=policy._meta.label_lower,
        object_id=str(policy.pk),
        bulk=True,
    )


def incident_notice(*, notice: IncidentNotice, customer: Customer) -> OutgoingMail:
    """What happened to the person's data (article 26(2), Rule 10); in the language of their account, else Japanese.

    The same words for everybody: nothing of the person's own data is in it.

    Raises:
        ValueError: the customer's address is none that mail can go to.
    """
    language = customer.user.language if customer.user else "ja"
    return outbox.enqueue(
        template=INCIDENT_NOTICE,
        recipient=customer.email,
        language=language,
        context={
            "further": notice.audience == IncidentNotice.Audience.ALL,
            **{item.field: localized(notice, item.field, language) for item in incidents.PERSON_ITEMS},
        },
        user=customer.user,
        object_type=notice._meta.label_lower,
        object_id=str(notice.pk),
        bulk=True,
    )


def care_reminder(*, user: User, cares: Iterable[Any], today: datetime.date) -> OutgoingMail:
    """What in the registers is due, for one member of staff.

    Args:
        cares: kinds with their entries, as :class:`consent_app.services.care.Care`; names of entries are no person's.
    """
    with translation.override(user.language):
        parts = [{"title": str(care.kind.title), "entries": care.entries} for care in cares]
    return outbox.enqueue(
        template=CARE_REMINDER,
        recipient=user.email,
        language=user.language,
        context={"parts": parts, "today": today, "admin_url": settings.PORTAL_URL + reverse("admin:index")},
        user=user,
    )
