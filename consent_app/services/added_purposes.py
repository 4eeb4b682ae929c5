"""Announcing and closing the purposes that staff add."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import AddedPurpose, Purpose
from . import kept, wordings


class AddedPurposeError(Exception):
    """It cannot be announced or closed; the message tells a person why."""


def gaps(row: AddedPurpose) -> list[str]:
    """What is missing before people can be asked."""
    missing = []
    if not (row.text_ja.strip() and row.text_en.strip()):
        missing.append(_("日本語と英語の利用目的"))
    if not (row.explanation_ja.strip() and row.explanation_en.strip()):
        missing.append(_("日本語と英語の説明"))
    if not row.items.filter(active=True).exists():
        missing.append(_("使うデータ項目"))
    if row.part_of is not None and not (row.part_of.active and row.part_of.part_of_id is None):
        missing.append(_("いまも有効な、含まれる利用目的"))
    return missing


def announce(*, row: AddedPurpose, revision: int, actor: User, now: datetime) -> Purpose:
    """From now on it is on the public page, and people are asked for their consent in the portal.

    Args:
        row: the draft.
        revision: what the person looked at.
        actor: who announces it.
        now: an aware moment.

    Raises:
        AddedPurposeError: it is announced already, or something is missing.
        consent_app.services.kept.ChangedMeanwhile: somebody changed it since it was looked at.
    """
    with transaction.atomic():
        kept.lock(row, revision=revision)
        draft = AddedPurpose.objects.select_related("part_of").get(pk=row.pk)
        if draft.announced_at is not None:
            raise AddedPurposeError(_("この利用目的は、もう公表されています。"))
        if missing := gaps(draft):
            raise AddedPurposeError(_("まだ足りないものがあります：%(gaps)s。") % {"gaps": _("、").join(missing)})
        before = kept.snapshot(draft)
        purpose = Purpose.objects.create(
            # A code of the profile has no hyphen, so that the two never meet.
            code=f"added-{draft.pk}",
            position=(Purpose.objects.aggregate(last=Max("position"))["last"] or 0) + 1,
            text_ja=draft.text_ja.strip(),
            text_en=draft.text_en.strip(),
            explanation_ja=draft.explanation_ja.strip(),
            explanation_en=draft.explanation_en.strip(),
            needs_consent=True,
            provided_to=draft.provided_to.strip(),
            valid_months=draft.valid_months,
            part_of=draft.part_of,
            from_profile=False,
        )
        purpose.items.set(draft.items.filter(active=True))
        wordings.keep_version(purpose=purpose, now=now)
        draft.purpose, draft.announced_at = purpose, now
        draft.save(update_fields=["purpose", "announced_at"])
        kept.record(row=draft, before=before, actor=actor, now=now)
        audit.record(action="added_purpose.announced", actor=actor, obj=draft)
    return purpose


def close(*, row: AddedPurpose, actor: User, now: datetime) -> AddedPurpose:
    """Nobody is asked any more, and nothing is used for it any more. The consents stay as they are.

    Raises:
        AddedPurposeError: it was never announced, or is closed already.
    """
    with transaction.atomic():
        locked = AddedPurpose.objects.select_for_update(of=("self",)).select_related("purpose").get(pk=row.pk)
        if locked.purpose is None or locked.closed_at is not None:
            raise AddedPurposeError(_("公表中の利用目的だけを終えられます。"))
        before = kept.snapshot(locked)
        locked.purpose.active = False
        locked.purpose.save(update_fields=["active"])
        locked.closed_at = now
        locked.save(update_fields=["closed_at"])
        kept.record(row=locked, before=before, actor=actor, now=now)
        audit.record(action="added_purpose.closed", actor=actor, obj=locked)
    return locked
