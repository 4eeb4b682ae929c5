"""Joint use: announcing it, changing what was announced, ending it (articles 27(5)iii, 27(6), promises K4, C3)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain import joint_use as rules
from ..domain.gate import JointUseFacts
from ..domain.joint_use import Change, Gap, Matters
from ..domain.profile_reader import Text
from ..models import DataItem, JointUse, JointUser, JointUseVersion, Purpose
from . import kept

# A date further away than this is a slip of the pen.
FURTHEST_DAYS = 366


class JointUseError(Exception):
    """The joint use cannot be announced, changed or ended like this; the message tells a person why and what to do."""


def with_parts(rows: QuerySet[JointUse] | None = None) -> QuerySet[JointUse]:
    """Joint uses (all, by default) with everything that :func:`matters_of` and the pages read."""
    return (JointUse.objects.all() if rows is None else rows).prefetch_related(
        Prefetch("items", queryset=DataItem.objects.order_by("position", "id")),
        Prefetch("purposes", queryset=Purpose.objects.order_by("position", "id")),
        Prefetch("versions", queryset=JointUseVersion.objects.order_by("-number")),
        Prefetch("members", queryset=JointUser.objects.order_by("since", "id")),
    )


def matters_of(joint_use: JointUse) -> Matters:
    """What staff have prepared. A purpose that was retired is no purpose to use data for."""
    purposes = [purpose for purpose in joint_use.purposes.all() if purpose.active]
    return Matters(
        name=_pair(joint_use, "name"),
        items=frozenset(item.code for item in joint_use.items.all()),
        users=_pair(joint_use, "users"),
        purposes=frozenset(purpose.code for purpose in purposes),
        purpose_texts=frozenset(Text(purpose.text_ja, purpose.text_en) for purpose in purposes),
        responsible_name=_pair(joint_use, "responsible_name"),
        responsible_address=_pair(joint_use, "responsible_address"),
        responsible_representative=_pair(joint_use, "responsible_representative"),
        responsible_is_person=joint_use.responsible_is_person,
    )


def announced_matters(version: JointUseVersion) -> Matters:
    """What people were told."""
    return Matters(
        name=_pair(version, "name"),
        items=frozenset(version.item_codes),
        users=_pair(version, "users"),
        purposes=frozenset(version.purpose_codes),
        purpose_texts=frozenset(Text(*texts) for texts in zip(version.purposes_ja, version.purposes_en, strict=True)),
        responsible_name=_pair(version, "responsible_name"),
        responsible_address=_pair(version, "responsible_address"),
        responsible_representative=_pair(version, "responsible_representative"),
        responsible_is_person=version.responsible_is_person,
    )


def _pair(row: JointUse | JointUseVersion, name: str) -> Text:
    return Text(getattr(row, f"{name}_ja"), getattr(row, f"{name}_en"))


def in_words(gaps: Iterable[Gap]) -> str:
    """What is missing, by the names that the form gives it."""
    names = (str(getattr(JointUse._meta.get_field(gap.value), "verbose_name", gap.value)) for gap in gaps)
    return _("、").join(capfirst(name) for name in names)


@dataclass(frozen=True, slots=True)
class Standing:
    """The versions of a joint use, seen on one day.

    Args:
        current: in effect.
        coming: announced, the next one first.
        past: were in effect, the newest first.
        dropped: announced and replaced before they took effect, the newest first.
    """

    current: JointUseVersion | None
    coming: tuple[JointUseVersion, ...]
    past: tuple[JointUseVersion, ...]
    dropped: tuple[JointUseVersion, ...]


def standing(versions: Iterable[JointUseVersion], *, day: datetime.date) -> Standing:
    """What is in effect on a day, what will be and what was."""
    by_number = {version.number: version for version in versions}
    dates = [rules.VersionDates(version.number, version.effective_from) for version in by_number.values()]
    current = rules.current_number(dates, day=day)
    coming = rules.coming_numbers(dates, day=day)
    # It was in effect if its first day has come and nothing was announced before that day to hold instead.
    begun = {
        version.number
        for version in by_number.values()
        if version.effective_from <= day
        and not any(
            later.number > version.number and later.effective_from <= version.effective_from > later.announced_on
            for later in by_number.values()
        )
    }
    rest = sorted(set(by_number) - {current, *coming}, reverse=True)
    return Standing(
        current=by_number[current] if current is not None else None,
        coming=tuple(by_number[number] for number in coming),
        past=tuple(by_number[number] for number in rest if number in begun),
        dropped=tuple(by_number[number] for number in rest if number not in begun),
    )


def differs_from_announced(joint_use: JointUse, *, day: datetime.date) -> bool:
    """Whether staff have prepared something else than what was announced last."""
    view = standing(joint_use.versions.all(), day=day)
    last = view.coming[-1] if view.coming else view.current
    return last is None or announced_matters(last) != matters_of(joint_use)


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing today would be.

    Args:
        change: how it has to be announced.
        earliest: the first day on which it may take effect.
        before: the version in effect, None before the first.
        replaced: announced versions that would never take effect.
        renamed: the name of the responsible party differs, so staff must say whether it is still the same.
    """

    change: Change
    earliest: datetime.date
    before: JointUseVersion | None
    replaced: tuple[JointUseVersion, ...]
    renamed: bool


def plan(*, joint_use: JointUse, same_party: bool, now: datetime.datetime) -> Plan:
    """Look ahead at publishing what staff have prepared.

    Raises:
        JointUseError: with everything that keeps it from being published.
    """
    if joint_use.state == JointUse.State.ENDED:
        raise JointUseError(_("この共同利用は終わっています。新しい共同利用を作ってください。"))
    today = timezone.localdate(now)
    matters = matters_of(joint_use)
    gaps = rules.missing(matters)
    if gaps:
        raise JointUseError(_("まだ公表できません。足りないもの：%(gaps)s。") % {"gaps": in_words(gaps)})
    view = standing(joint_use.versions.all(), day=today)
    announced = view.current or (view.coming[-1] if view.coming else None)
    before = announced_matters(announced) if announced else None
    if before is not None and rules.fixed_parts_changed(before, matters):
        raise JointUseError(
            _(
                "共同で使うデータ項目と利用者の範囲は、ご本人の同意がなければ変えられません（法第27条第6項）。"
                "この共同利用を終え、同意をいただいたうえで、新しい共同利用を始めてください。"
            )
        )
    if announced is not None and not differs_from_announced(joint_use, day=today):
        raise JointUseError(_("公表した内容から変わったところがありません。"))
    change = rules.kind_of_change(before if view.current else None, matters, same_party=same_party)
    return Plan(
        change=change,
        earliest=rules.earliest_effect(change, today=today, notice_days=settings.POLICY_NOTICE_DAYS),
        before=view.current,
        replaced=view.coming,
        renamed=before is not None and before.responsible_name != matters.responsible_name,
    )


def publish(
    *,
    joint_use: JointUse,
    revision: int,
    effective_from: datetime.date,
    same_party: bool,
    actor: User,
    now: datetime.datetime,
) -> JointUseVersion:
    """Announce what staff have prepared. Nothing can change the version any more.

    Args:
        revision: what the person looked at.
        effective_from: from when on it holds; what was in effect stays until then.
        same_party: a changed name of the responsible party is only its new name.

    Raises:
        kept.ChangedMeanwhile: somebody else has changed it since.
        JointUseError: see :func:`plan`, or the day is too early or too far away.
    """
    with transaction.atomic():
        kept.lock(joint_use, revision=revision)
        row = with_parts().get(pk=joint_use.pk)
        before = kept.snapshot(row)
        step = plan(joint_use=row, same_party=same_party, now=now)
        today = timezone.localdate(now)
        if effective_from < step.earliest:
            raise JointUseError(_too_early(step))
        if effective_from > today + datetime.timedelta(days=FURTHEST_DAYS):
            raise JointUseError(_("日付が遠すぎます。1年以内の日にしてください。"))
        version = add_version(
            joint_use=row,
            change=step.change,
            announced_on=today,
            effective_from=effective_from,
            actor=actor,
        )
        if row.state == JointUse.State.DRAFT:
            row.state = JointUse.State.PUBLISHED
            row.save(update_fields=["state"])
        kept.record(row=row, before=before, actor=actor, now=now, more={"jointuseversion": [None, str(version)]})
    return version


def add_version(
    *,
    joint_use: JointUse,
    change: Change,
    announced_on: datetime.date,
    effective_from: datetime.date,
    actor: audit.Actor,
) -> JointUseVersion:
    """Write down what is announced, in the words that stand in the registers now. Inside a transaction.

    The database refuses it where it is not complete or would change what must not change.
    """
    items = list(joint_use.items.all())
    purposes = [purpose for purpose in joint_use.purposes.all() if purpose.active]
    last = max((version.number for version in joint_use.versions.all()), default=0)
    version = JointUseVersion.objects.create(
        joint_use=joint_use,
        number=last + 1,
        change=change.value,
        item_codes=[item.code for item in items],
        items_ja=[item.name_ja for item in items],
        items_en=[item.name_en for item in items],
        purpose_codes=[purpose.code for purpose in purposes],
        purposes_ja=[purpose.text_ja for purpose in purposes],
        purposes_en=[purpose.text_en for purpose in purposes],
        announced_on=announced_on,
        effective_from=effective_from,
        published_by=actor if isinstance(actor, User) else None,
        **{name: getattr(joint_use, name) for name in _shared_columns()},
    )
    audit.record(
        action="joint_use.published",
        actor=actor,
        obj=joint_use,
        detail={"number": version.number, "change": change.value},
    )
    transaction.on_commit(selectors.forget_joint_uses)
    return version


def end(*, joint_use: JointUse, revision: int, actor: User, now: datetime.datetime) -> JointUse:
    """End it today: from now on nobody may use data under it. What was announced stays readable.

    Raises:
        kept.ChangedMeanwhile: somebody else has changed it since.
        JointUseError: it has ended already.
    """
    with transaction.atomic():
        kept.lock(joint_use, revision=revision)
        row = with_parts().get(pk=joint_use.pk)
        if row.state == JointUse.State.ENDED:
            raise JointUseError(_("この共同利用は、もう終わっています。"))
        before = kept.snapshot(row)
        row.state = JointUse.State.ENDED
        row.ended_on = timezone.localdate(now)
        row.save(update_fields=["state", "ended_on"])
        kept.record(row=row, before=before, actor=actor, now=now)
        audit.record(action="joint_use.ended", actor=actor, obj=row)
        transaction.on_commit(selectors.forget_joint_uses)
    return row


def facts(*, code: str, at: datetime.datetime) -> JointUseFacts | None:
    """What the gate needs: what was announced and holds on that day, and who belongs to it. None: no such joint use."""
    row = JointUse.objects.filter(code=code).prefetch_related("versions", "members").first()
    if row is None:
        return None
    day = timezone.localdate(at)
    current = standing(row.versions.all(), day=day).current
    ended = row.ended_on is not None and row.ended_on <= day
    if current is None or ended:
        return JointUseFacts(key=str(row.pk), in_force=False)
    return JointUseFacts(
        key=str(row.pk),
        in_force=True,
        items=frozenset(current.item_codes),
        purposes=frozenset(current.purpose_codes),
        users={
            str(member.pk): member.country
            for member in row.members.all()
            if member.since <= day and (member.until is None or member.until >= day)
        },
    )


def _too_early(step: Plan) -> str:
    if step.change is Change.FIRST:
        reason = _("共同利用を始められるのは、公表した日の翌日からです。")
    elif step.change is Change.BEFOREHAND:
        reason = _("目的や管理責任者の変更は、%(days)s日前までに公表します（法第27条第6項）。") % {
            "days": settings.POLICY_NOTICE_DAYS
        }
    else:
        reason = _("過ぎた日にはできません。")
    return reason + _("%(date)s以後にしてください。") % {"date": step.earliest.isoformat()}


def _shared_columns() -> set[str]:
    """The columns that a joint use and its versions have in common."""
    columns = ({field.name for field in model._meta.concrete_fields} for model in (JointUse, JointUseVersion))
    return set.intersection(*columns) - {"id"}
