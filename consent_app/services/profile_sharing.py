"""Joint uses and trackers of a profile: the file begins them, staff keep them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.services import audit

from ..domain import joint_use as rules
from ..domain.joint_use import Change
from ..domain.profile_sharing import JointUseSection, TrackerSection
from ..models import DataItem, JointUse, Purpose, Tracker
from . import joint_uses, seeding
from .load_report import LoadReport


def load_trackers(report: LoadReport, sections: Iterable[TrackerSection], purposes: Mapping[str, Purpose]) -> None:
    """Write ``[[trackers]]``."""
    seeding.seed(report, Tracker, sections, related={"purposes": purposes})


def load_joint_uses(
    report: LoadReport,
    sections: Iterable[JointUseSection],
    *,
    items: Mapping[str, DataItem],
    purposes: Mapping[str, Purpose],
    actor: audit.Actor,
    now: datetime.datetime,
) -> None:
    """Write ``[[joint_uses]]`` as drafts, and announce one that is complete and names the day of its announcement.

    What was announced, or what staff have changed, is left alone; a difference is told. What has left the file and was
    never more than the file's draft is ended.
    """
    present = {row.code: row for row in joint_uses.with_parts()}
    for position, section in enumerate(sections, start=1):
        row = present.pop(section.code, None)
        name = f"jointuse: {section.code}"
        if row is None:
            row = JointUse.objects.create(code=section.code, position=position)
            report.created.append(name)
            _write(row, section, items, purposes)
        elif not _differs(row, section):
            report.unchanged.append(name)
        elif row.kept_by_staff or row.state != JointUse.State.DRAFT:
            report.unchanged.append(name)
            report.cautions.append(_differs_words(section.code))
            continue
        else:
            report.changed.append(name)
            _write(row, section, items, purposes)
        if row.state == JointUse.State.DRAFT:
            _announce_or_tell(report, row, section, actor=actor, now=now)
    for row in present.values():
        if row.state == JointUse.State.DRAFT and not row.kept_by_staff:
            row.state, row.ended_on = JointUse.State.ENDED, timezone.localdate(now)
            row.save(update_fields=["state", "ended_on"])
            report.retired.append(f"jointuse: {row.code}")


def _columns(section: JointUseSection) -> dict[str, Any]:
    values = seeding.columns(asdict(section))
    for name in ("items", "purposes", "announced_on"):
        del values[name]
    return values


def _differs(row: JointUse, section: JointUseSection) -> bool:
    return (
        any(getattr(row, column) != value for column, value in _columns(section).items())
        or {item.code for item in row.items.all()} != set(section.items)
        or {purpose.code for purpose in row.purposes.all()} != set(section.purposes)
    )


def _write(
    row: JointUse, section: JointUseSection, items: Mapping[str, DataItem], purposes: Mapping[str, Purpose]
) -> None:
    for column, value in _columns(section).items():
        setattr(row, column, value)
    row.save()
    row.items.set([items[code] for code in section.items])
    row.purposes.set([purposes[code] for code in section.purposes])


def _announce_or_tell(
    report: LoadReport, row: JointUse, section: JointUseSection, *, actor: audit.Actor, now: datetime.datetime
) -> None:
    row = joint_uses.with_parts().get(pk=row.pk)
    gaps = rules.missing(joint_uses.matters_of(row))
    if gaps:
        report.cautions.append(
            _("共同利用「%(code)s」は、そろうまで始められません。足りないもの：%(gaps)s。")
            % {"code": section.code, "gaps": joint_uses.in_words(gaps)}
        )
    elif section.announced_on is None or section.announced_on > timezone.localdate(now):
        report.cautions.append(
            _("共同利用「%(code)s」は、まだ公表していません。始める前に、管理画面で公表してください。")
            % {"code": section.code}
        )
    else:
        joint_uses.add_version(
            joint_use=row,
            change=Change.FIRST,
            announced_on=section.announced_on,
            effective_from=section.announced_on + datetime.timedelta(days=1),
            actor=actor,
        )
        row.state = JointUse.State.PUBLISHED
        row.save(update_fields=["state"])


def _differs_words(code: str) -> str:
    return _(
        "共同利用「%(code)s」は、公表したか担当者が変更したので、プロフィールの内容に直していません。"
        "プロフィールと違うところがあります。"
    ) % {"code": code}
