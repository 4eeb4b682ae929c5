"""What needs care among joint uses and trackers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.db.models import Q
from django.utils import timezone

from ..domain import joint_use as rules
from ..domain.care import Due
from ..models import JointUse, Tracker
from . import joint_uses, kept


def incomplete_joint_uses(today: datetime.date, until: datetime.date) -> Iterator[Due]:
    """Prepared, and not everything is there that must be announced."""
    for row in joint_uses.with_parts().exclude(state=JointUse.State.ENDED):
        if rules.missing(joint_uses.matters_of(row)):
            yield Due(str(row.pk), row.name)


def unannounced_joint_uses(today: datetime.date, until: datetime.date) -> Iterator[Due]:
    """Changed after the announcement: a new address must be announced without delay, so it is due since the change."""
    for row in joint_uses.with_parts().filter(state=JointUse.State.PUBLISHED):
        if joint_uses.differs_from_announced(row, day=today):
            change = kept.history(row).first()
            yield Due(str(row.pk), row.name, timezone.localdate(change.at) if change else None)


def coming_joint_uses(today: datetime.date, until: datetime.date) -> Iterator[Due]:
    """An announced beginning or change takes effect: whoever works with the data must know by then."""
    for row in joint_uses.with_parts().filter(state=JointUse.State.PUBLISHED):
        for version in joint_uses.standing(row.versions.all(), day=today).coming:
            if version.effective_from <= until:
                yield Due(str(row.pk), row.name, version.effective_from)


def incomplete_trackers(today: datetime.date, until: datetime.date) -> Iterator[Due]:
    """Data goes to others without a way to refuse it, or needs a consent that no purpose asks for."""
    no_way = Q(refusal_ja="", refusal_url="")
    no_consent = (Q(advertising=True) | Q(tied_to_person=True)) & Q(purposes=None)
    rows = Tracker.objects.filter(no_way | no_consent, active=True).exclude(recipient_ja="")
    for row in rows.distinct():
        yield Due(str(row.pk), row.name)
