"""The privacy policy: drafting a version, publishing it."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.profile_reader import Text
from ..models import PolicyVersion
from ..selectors import forget_policies
from . import broadcasts


class PolicyError(Exception):
    """The version cannot be saved or published; the message tells a person why and what to do."""


class StaleDraft(PolicyError):
    """Somebody else has saved or published the draft since it was looked at."""

    def __init__(self) -> None:
        super().__init__(_("ほかの人が先に保存または公開しました。開き直して、内容を確かめてください。"))


def save_draft(*, draft: PolicyVersion, revision: int, actor: User) -> PolicyVersion:
    """Save a new draft, or an old one if it is still the ``revision`` that the person had before them.

    Raises:
        StaleDraft: it is not, or it has been published or deleted meanwhile.
    """
    with transaction.atomic():
        if not draft._state.adding:
            present = PolicyVersion.objects.select_for_update(of=["self"]).filter(pk=draft.pk).first()
            if present is None or present.state != PolicyVersion.State.DRAFT or present.revision != revision:
                raise StaleDraft
            draft.revision = present.revision + 1
        draft.save()
        audit.record(action="policy.drafted", actor=actor, obj=draft)
    return draft


def earliest_effect(*, material: bool, today: datetime.date) -> datetime.date:
    """The first day on which a version published today may take effect.

    ``material`` ones leave people the notice period of ``POLICY_NOTICE_DAYS`` days, except the very first version:
    there is no promise yet that would change. Later than every version published before.
    """
    last = PolicyVersion.objects.aggregate(last=Max("effective_from", filter=_published()))["last"]
    if last is None:
        return today
    earliest = today + datetime.timedelta(days=settings.POLICY_NOTICE_DAYS if material else 0)
    return max(earliest, last + datetime.timedelta(days=1))


def check_publishable(*, version: PolicyVersion, now: datetime.datetime) -> None:
    """Raise :class:`PolicyError` with everything that keeps a draft from being published today."""
    problems: list[str] = []
    if version.state != PolicyVersion.State.DRAFT:
        raise PolicyError(_("この版はもう公開されています。"))
    if not version.text_ja.strip() or not version.text_en.strip():
        problems.append(_("本文は日本語と英語の両方が必要です。"))
    first = not PolicyVersion.objects.filter(_published()).exists()
    if version.material and not first and not (version.summary_ja.strip() and version.summary_en.strip()):
        problems.append(_("重要な変更では、「何が変わるか」が日本語と英語の両方で必要です。"))
    if version.effective_from is None:
        problems.append(_("発効日を入れてください。"))
    else:
        earliest = earliest_effect(material=version.material, today=timezone.localdate(now))
        if version.effective_from < earliest:
            problems.append(_too_early(version, earliest))
    if problems:
        raise PolicyError(" ".join(problems))


def _too_early(version: PolicyVersion, earliest: datetime.date) -> str:
    reason = (
        _("重要な変更は、発効の%(days)s日前までにお知らせを始めます。") % {"days": settings.POLICY_NOTICE_DAYS}
        if version.material
        else _("発効日は今日以後で、公開済みの版の発効日より後にします。")
    )
    return reason + _("発効日を%(date)s以後にしてください。") % {"date": earliest.isoformat()}


def publish(*, version: PolicyVersion, revision: int, actor: User, now: datetime.datetime) -> PolicyVersion:
    """Publish a draft. It is announced from this moment and in effect from its date; nothing can change it any more.

    A material change is mailed to everybody whose data is held, except with the first version, which changes nothing.

    Args:
        revision: what the person looked at.

    Raises:
        StaleDraft: it has changed since.
        PolicyError: see :func:`check_publishable`.
    """
    with transaction.atomic():
        _one_at_a_time()
        locked = PolicyVersion.objects.select_for_update(of=["self"]).filter(pk=version.pk).first()
        if locked is None or locked.revision != revision or locked.state != PolicyVersion.State.DRAFT:
            raise StaleDraft
        check_publishable(version=locked, now=now)
        _publish(locked, actor=actor, now=now)
        if locked.material and locked.number != 1:
            broadcasts.start(policy=locked, actor=actor, now=now)
    version.refresh_from_db()
    return version


def delete_draft(*, version: PolicyVersion, actor: User) -> None:
    """Delete a draft.

    Raises:
        StaleDraft: it has been published or deleted meanwhile.
    """
    with transaction.atomic():
        locked = PolicyVersion.objects.select_for_update(of=["self"]).filter(pk=version.pk).first()
        if locked is None or locked.state != PolicyVersion.State.DRAFT:
            raise StaleDraft
        audit.record(action="policy.draft_deleted", actor=actor, obj=locked)
        locked.delete()


def load_first(*, text: Text, effective_from: datetime.date, actor: audit.Actor, now: datetime.datetime) -> bool:
    """Publish the text of the operator's profile as version 1, with the date that the profile names.

    Returns:
        Whether it was done; False where a version has been published already.
    """
    with transaction.atomic():
        _one_at_a_time()
        if PolicyVersion.objects.filter(_published()).exists():
            return False
        first = PolicyVersion(text_ja=text.ja, text_en=text.en, effective_from=effective_from)
        _publish(first, actor=actor, now=now)
        return True


def _published() -> Any:
    return Q(state=PolicyVersion.State.PUBLISHED)


def _one_at_a_time() -> None:
    """Numbers and dates are compared with those of all versions; two publications at once would not see each other."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {PolicyVersion._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def _publish(version: PolicyVersion, *, actor: audit.Actor, now: datetime.datetime) -> None:
    last = PolicyVersion.objects.aggregate(last=Max("number"))["last"] or 0
    version.number = last + 1
    version.state = PolicyVersion.State.PUBLISHED
    version.notice_from = timezone.localdate(now)
    version.published_at = now
    version.published_by = actor if isinstance(actor, User) else None
    version.save()
    audit.record(
        action="policy.published",
        actor=actor,
        obj=version,
        detail={"number": version.number, "change": "material" if version.material else "minor"},
    )
    transaction.on_commit(forget_policies)
