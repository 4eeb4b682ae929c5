"""Giving cookies, histories and the like to somebody who ties them to a person (article 31, promise C8)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import provisions as rules
from ..domain.normalise import clean_text
from ..domain.referable import ConfirmationFacts, ReferableAnswer, decide_referable
from ..models import ReferableConfirmation, ReferableProvision
from .ledger import LedgerError


def may_provide(
    *, recipient: str, data: Collection[str], first_on: date, last_on: date | None = None
) -> ReferableAnswer:
    """May this data be given to the recipient of this name, who ties it to a person? One statement.

    Without a confirmation that the persons consented, it may not.

    Args:
        recipient: the name as the confirmation has it.
        data: values of ``ReferableData``.
        first_on: the day, or the first of several; ``last_on``: the last of them.
    """
    rows = ReferableConfirmation.objects.filter(recipient_name=clean_text(recipient))
    return decide_referable(
        confirmations=[facts_of(row) for row in rows],
        data=frozenset(data),
        first_on=first_on,
        last_on=last_on or first_on,
    )


def facts_of(row: ReferableConfirmation) -> ConfirmationFacts:
    """A confirmation as the rule of article 31 needs it."""
    return ConfirmationFacts(
        key=str(row.pk),
        data=frozenset(row.data),
        confirmed_on=row.confirmed_on,
        ended_on=row.ended_on,
        country=row.recipient_country,
        informed=row.informed_abroad,
    )


def confirm(*, confirmation: ReferableConfirmation, actor: User, now: datetime) -> ReferableConfirmation:
    """Record that the recipient has the consent of the persons.

    Raises:
        LedgerError: the day lies ahead, or the recipient is abroad and the persons were not told.
    """
    if confirmation.confirmed_on > timezone.localdate(now):
        raise LedgerError(_("確かめた日が先の日付です。"))
    if confirmation.recipient_country != "JP" and not confirmation.informed_abroad:
        raise LedgerError(
            _("提供先が外国にあるときは、ご本人への情報提供を確かめるまで記録できません（法第31条第1項第2号）。")
        )
    confirmation.recipient_name = clean_text(confirmation.recipient_name)
    confirmation.recorded_by = actor
    confirmation.ended_on = None
    with transaction.atomic():
        confirmation.save(force_insert=True)
        audit.record(action="referable.confirmed", actor=actor, obj=confirmation)
    return confirmation


def end(*, confirmation: ReferableConfirmation, actor: User, now: datetime) -> ReferableConfirmation:
    """The confirmation no longer holds: from tomorrow on nothing may be given on it. One that has ended stays so."""
    with transaction.atomic():
        row = ReferableConfirmation.objects.select_for_update(of=["self"]).get(pk=confirmation.pk)
        if row.ended_on is None:
            row.ended_on = max(timezone.localdate(now), row.confirmed_on)
            row.save(update_fields=["ended_on"])
            audit.record(action="referable.ended", actor=actor, obj=row)
    return row


def record(*, provision: ReferableProvision, actor: User, now: datetime) -> ReferableProvision:
    """Record a provision, or a series, on its confirmation.

    Raises:
        LedgerError: the confirmation does not cover it, or its days lie ahead.
    """
    today = timezone.localdate(now)
    last_on = provision.provided_until or provision.provided_on
    if max(last_on, provision.provided_on) > today:
        raise LedgerError(_("提供日が先の日付です。"))
    if provision.method == rules.Method.BATCH and provision.provided_until is None:
        raise LedgerError(_("まとめて記録するときは、最後の提供日が要ります。"))
    if last_on < provision.provided_on:
        raise LedgerError(_("最後の提供日が、提供日より前です。"))
    with transaction.atomic():
        # Held, so that nobody ends it between the question and the record.
        row = ReferableConfirmation.objects.select_for_update(of=["self"]).get(pk=provision.confirmation_id)
        answer = decide_referable(
            confirmations=[facts_of(row)],
            data=frozenset(provision.data),
            first_on=provision.provided_on,
            last_on=last_on,
        )
        if not answer.allowed:
            audit.record(action="referable.refused", actor=actor, obj=row, detail={"reasons": list(answer.reasons)})
        else:
            provision.recorded_by = actor
            provision.keep_until = rules.keep_until(method=provision.method, recorded_on=today, last_on=last_on)
            provision.save(force_insert=True)
            audit.record(action="referable.provided", actor=actor, obj=provision)
    if not answer.allowed:
        raise LedgerError(_("この確認では渡せません。確かめた日、終わった日、データの種類を確かめてください。"))
    return provision
