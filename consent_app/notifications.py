"""What the registers write to people."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from privacy_portal.core.localized import localized
from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import outbox

from .domain import incidents
from .models import (
    Consent,
    Customer,
    CustomerChange,
    DataItem,
    EmailChange,
    ExportOrder,
    IncidentNotice,
    PolicyVersion,
)

CONSENT_GIVEN, CONSENT_WITHDRAWN = "consent_given", "consent_withdrawn"
CONSENT_EXPIRED = "consent_expired"
POLICY_CHANGE = "policy_change"
INCIDENT_NOTICE = "incident_notice"
CARE_REMINDER = "care_reminder"
EXPORT_ASKED, EXPORT_ANSWERED = "export_asked", "export_answered"
REGISTERED_CHANGED = "registered_changed"
EMAIL_CHANGED_OLD, EMAIL_CHANGED_NEW = "email_changed_old", "email_changed_new"
EMAIL_CHANGE_UNDONE = "email_change_undone"


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


def policy_changes(*, policy: PolicyVersion, customers: Sequence[Customer]) -> list[OutgoingMail | None]:
    """A version of the policy will take effect; in the language of each customer's account, else Japanese.

    Returns:
        In the order of the customers, the mail, or None where the address is none that mail can go to.
    """

    def context(language: str) -> dict[str, Any]:
        return {
            "effective_from": policy.effective_from,
            "summary": localized(policy, "summary", language),
            "changes_url": settings.PORTAL_URL + reverse("portal:policy_changes", args=[policy.number]),
            "policy_url": settings.PORTAL_URL + reverse("portal:policy_version", args=[policy.number]),
        }

    return outbox.enqueue_notice(
        template=POLICY_CHANGE, addressees=map(_addressee, customers), context=context, about=policy
    )


def incident_notices(*, notice: IncidentNotice, customers: Sequence[Customer]) -> list[OutgoingMail | None]:
    """What happened to the person's data (article 26(2), Rule 10); in the language of their account, else Japanese.

    The same words for everybody: nothing of the person's own data is in it.

    Returns:
        As :func:`policy_changes`.
    """

    def context(language: str) -> dict[str, Any]:
        return {
            "further": notice.audience == IncidentNotice.Audience.ALL,
            **{item.field: localized(notice, item.field, language) for item in incidents.PERSON_ITEMS},
        }

    return outbox.enqueue_notice(
        template=INCIDENT_NOTICE, addressees=map(_addressee, customers), context=context, about=notice
    )


def _addressee(customer: Customer) -> outbox.Addressee:
    return outbox.Addressee(customer.email, customer.user.language if customer.user else "ja", customer.user_id)


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


def export_asked(*, order: ExportOrder, staff: User) -> OutgoingMail:
    """A colleague asks for leave to take a large file out; neither what it is for nor who is in it."""
    return _about_export(order, staff, EXPORT_ASKED)


def export_answered(*, order: ExportOrder) -> OutgoingMail:
    """What became of it: ready to be downloaded, declined, or not to be made."""
    outcome = "declined" if order.approved is False else "failed" if order.problem else "ready"
    return _about_export(order, order.asked_by, EXPORT_ANSWERED, outcome=outcome)


def _about_export(order: ExportOrder, staff: User, template: str, **more: Any) -> OutgoingMail:
    page = reverse("admin:consent_app_exportorder_change", args=[order.pk])
    with translation.override(staff.language):
        kind = str(order.get_kind_display())
    context = {"kind": kind, "persons": order.persons, "until": order.expires_at, **more}
    return outbox.enqueue(
        template=template,
        recipient=staff.email,
        language=staff.language,
        context={**context, "order_url": settings.PORTAL_URL + page},
        user=staff,
        object_type=order._meta.label_lower,
        object_id=str(order.pk),
    )


def addresses_of(customer: Customer, person: Any) -> list[str]:
    """Where a customer can be told what happens to their data: the registered address and those of their accounts."""
    accounts = [one for one in (customer.user, person) if isinstance(one, User) and not one.is_staff]
    found = [customer.email, *(account.email for account in accounts)]
    return list(dict.fromkeys(address for address in found if "@" in address))


def registered_changed(
    *, customer: Customer, changes: list[CustomerChange], addresses: list[str], language: str
) -> list[OutgoingMail]:
    """Confirm which items were changed, without a value, to every address that was known before the change."""
    items = DataItem.objects.in_bulk([change.item for change in changes], field_name="code")
    names = [localized(items[change.item], "name", language) for change in changes if change.item in items]
    context = {"items": names, "registered_url": settings.PORTAL_URL + reverse("portal:registered")}
    return [_about(customer, REGISTERED_CHANGED, address, language, context) for address in addresses]


def email_changed(*, change: EmailChange, token: str, language: str) -> None:
    """Tell both addresses; only the former one gets the way back."""
    undo_url = settings.PORTAL_URL + reverse("portal:registered_email_undo", args=[token])
    customer = change.customer
    context = {"undo_url": undo_url, "undo_until": change.undo_until}
    _about(customer, EMAIL_CHANGED_OLD, change.old_address, language, context)
    context = {"registered_url": settings.PORTAL_URL + reverse("portal:registered")}
    _about(customer, EMAIL_CHANGED_NEW, change.new_address, language, context)


def email_change_undone(*, change: EmailChange, language: str) -> None:
    """Tell both addresses that the former one is registered again."""
    for address in (change.old_address, change.new_address):
        _about(change.customer, EMAIL_CHANGE_UNDONE, address, language, {})


def _about(customer: Customer, template: str, address: str, language: str, context: dict[str, Any]) -> OutgoingMail:
    return outbox.enqueue(
        template=template,
        recipient=address,
        language=language,
        context=context,
        object_type=customer._meta.label_lower,
        object_id=str(customer.pk),
    )
