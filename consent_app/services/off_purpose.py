"""Recording a use beyond the purposes, whose data it concerns, and that it was recorded by mistake."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.off_purpose import CONSENT, GROUNDS
from ..models import Customer, DataItem, OffPurposePerson, OffPurposeUse, Purpose
from . import consent_events


class OffPurposeError(Exception):
    """It cannot be recorded like this; the message tells a person why."""


def record(
    *,
    aim_ja: str,
    aim_en: str,
    ground: str,
    reason: str,
    items: Collection[DataItem],
    begins_on: date,
    ends_on: date,
    tellable: bool,
    decided_by: str,
    decided_on: date,
    actor: User,
    now: datetime,
    consent_purpose: Purpose | None = None,
) -> OffPurposeUse:
    """Write down that a use was decided. Nobody's data may be used under it before they are added.

    Raises:
        OffPurposeError: something is missing or contradicts itself.
    """
    if ground not in GROUNDS:
        raise OffPurposeError(_("根拠を選んでください。"))
    if (ground == CONSENT) != (consent_purpose is not None):
        raise OffPurposeError(_("本人の同意による場合だけ、同意を得た目的を選びます。"))
    if consent_purpose is not None and not consent_purpose.asks_for_consent:
        raise OffPurposeError(_("この利用目的では、いまは同意をお願いしていません。"))
    if not reason.strip() or not aim_ja.strip() or not aim_en.strip() or not decided_by.strip() or not items:
        raise OffPurposeError(_("何に使うか、理由、項目、決めた人をすべて入れてください。"))
    if ends_on < begins_on:
        raise OffPurposeError(_("最終日は初日より後です。"))
    if decided_on > begins_on:
        raise OffPurposeError(_("使い始める前に決めます。決めた日は初日までの日です。"))
    with transaction.atomic():
        use = OffPurposeUse.objects.create(
            aim_ja=aim_ja.strip(),
            aim_en=aim_en.strip(),
            ground=ground,
            reason=reason.strip(),
            consent_purpose=consent_purpose,
            begins_on=begins_on,
            ends_on=ends_on,
            tellable=tellable,
            decided_by=decided_by.strip(),
            decided_on=decided_on,
            recorded_by=actor,
            recorded_at=now,
        )
        use.items.set(items)
        audit.record(action="off_purpose.recorded", actor=actor, obj=use, detail={"told": tellable})
    return use


def add_person(*, use: OffPurposeUse, customer: Customer, actor: User, now: datetime) -> OffPurposePerson:
    """The use concerns this person, too. Whoever is on the list already stays as they are.

    Raises:
        OffPurposeError: it is voided, or rests on a consent that this person has not given.
    """
    with transaction.atomic():
        row = OffPurposeUse.objects.select_for_update(of=("self",)).select_related("consent_purpose").get(pk=use.pk)
        if row.voided_at is not None:
            raise OffPurposeError(_("この記録は取り消されています。"))
        person = consent_events.locked(customer)
        present = OffPurposePerson.objects.filter(use=row, customer=person).first()
        if present is not None:
            return present
        consent = None
        if row.consent_purpose is not None:
            consent = consent_events.newest(person, row.consent_purpose, now)
            if not consent_events.is_given(consent, now) or consent.outdated:  # type: ignore[union-attr]
                raise OffPurposeError(_("この方の同意の記録がありません。先に同意を得てください。"))
        added = OffPurposePerson.objects.create(use=row, customer=person, consent=consent, added_by=actor, added_at=now)
        audit.record(action="off_purpose.person_added", actor=actor, obj=added)
    return added


def void(*, use: OffPurposeUse, reason: str, actor: User, now: datetime) -> OffPurposeUse:
    """The record was a mistake. It stays, says why, and nothing may be done under it any more.

    Raises:
        OffPurposeError: no reason, or it is voided already.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise OffPurposeError(_("取り消す理由を書いてください。"))
    with transaction.atomic():
        row = OffPurposeUse.objects.select_for_update(of=("self",)).get(pk=use.pk)
        if row.voided_at is not None:
            raise OffPurposeError(_("この記録は取り消されています。"))
        row.voided_at, row.voided_by, row.void_reason = now, actor, reason
        row.save(update_fields=["voided_at", "voided_by", "void_reason"])
        audit.record(action="off_purpose.voided", actor=actor, obj=row)
    return row
