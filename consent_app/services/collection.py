"""Texts at collection points: from when on people are shown which."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import CollectionPoint, CollectionWording
from . import kept


class CollectionError(Exception):
    """The text cannot be used like this; the message tells a person what to do."""


def current(point: CollectionPoint) -> CollectionWording | None:
    """What people are shown at this point now."""
    return CollectionWording.objects.filter(point=point).order_by("-number").first()


def gaps(point: CollectionPoint) -> list[str]:
    """What is missing before people may be asked for data there (articles 17, 18, 21 and the promise of consent)."""
    missing = []
    if not point.wording_ja.strip() or not point.wording_en.strip():
        missing.append(_("日本語と英語の文言"))
    if not point.purposes.filter(active=True).exists():
        missing.append(_("利用目的"))
    if not point.items.filter(active=True).exists():
        missing.append(_("集める項目"))
    if not point.proof_ja.strip() or not point.proof_en.strip():
        missing.append(_("同意の確かめ方と証跡"))
    return missing


def start(
    *, point: CollectionPoint, actor: audit.Actor, now: datetime, revision: int | None = None
) -> CollectionWording:
    """From now on people are shown the text that the point has. Nothing can change it afterwards.

    Args:
        point: with the text to show.
        actor: who decided it.
        now: an aware moment.
        revision: what the person looked at; None for a profile that is loaded.

    Raises:
        CollectionError: something is missing, the point is retired, or this text is shown already.
        consent_app.services.kept.ChangedMeanwhile: somebody changed the point since it was looked at.
    """
    with transaction.atomic():
        row = CollectionPoint.objects.select_for_update(of=("self",)).get(pk=point.pk)
        if revision is not None:
            kept.lock(row, revision=revision)
        if not row.active:
            raise CollectionError(_("この場面は使われていません。"))
        if missing := gaps(row):
            raise CollectionError(_("まだ足りないものがあります：%(gaps)s。") % {"gaps": _("、").join(missing)})
        text_ja, text_en = row.wording_ja.strip(), row.wording_en.strip()
        last = current(row)
        if last is not None and (last.text_ja, last.text_en) == (text_ja, text_en):
            raise CollectionError(_("この文言は、もう使われています。"))
        wording = CollectionWording.objects.create(
            point=row,
            number=last.number + 1 if last else 1,
            text_ja=text_ja,
            text_en=text_en,
            shown_from=max(now, last.shown_from + timedelta(microseconds=1)) if last else now,
            started_by=actor if isinstance(actor, User) else None,
        )
        audit.record(action="collection.started", actor=actor, obj=wording, detail={"number": wording.number})
    return wording
