"""Telling everybody: recipients first, then their mails, in chunks that are done once whatever happens to the worker.

Each step is one transaction under the lock of the broadcast's row: the rows that it writes, the mark that it wrote them
and the progress are committed together or not at all. So nobody is written to twice and nobody is left out, however
often a worker dies; the sweep has the rest taken up.

Two things are told so: a change of the policy, to everybody with an address; and an incident, to those whom it affects.
"""

from __future__ import annotations

import datetime
import time
import uuid
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from privacy_portal.core.models import Job, OutgoingMail, User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import audit, jobs

from .. import notifications
from ..job_kinds import INCIDENT_NOTICE, POLICY_NOTICE
from ..models import AffectedPerson, Broadcast, BroadcastRecipient, Customer, IncidentNotice, PolicyVersion
from . import affected, incidents

TASK: Final = "consent.send_broadcast"
FOUND_AT_ONCE: Final = 5000
WRITTEN_AT_ONCE: Final = 500
# A worker that has only one hand turns to other work after this time; the rest is a new task at the end of the line.
SECONDS_AT_A_TIME: Final = 20.0
PATIENCE: Final = datetime.timedelta(minutes=1)
# Who was told is kept this long after the last mail was written; the numbers stay.
RECIPIENTS_KEPT: Final = datetime.timedelta(days=365)
PURGED_AT_ONCE: Final = 5000


def customers_to_tell() -> int:
    """How many a broadcast would go to: everybody with an address whose data is held, members who left too."""
    return Customer.objects.exclude(email="").count()


def start(*, policy: PolicyVersion, actor: User, now: datetime.datetime) -> Broadcast:
    """Have everybody told about a published version; part of the transaction that publishes it."""
    job = jobs.create(kind=POLICY_NOTICE, actor=actor, total=customers_to_tell())
    broadcast = Broadcast.objects.create(policy=policy, job=job, created_at=now)
    nudge(TASK, broadcast.pk)
    return broadcast


def start_notice(*, notice: IncidentNotice, actor: User, now: datetime.datetime) -> Broadcast:
    """Have those told whom an incident affects; part of the transaction that starts the notice."""
    job = jobs.create(kind=INCIDENT_NOTICE, actor=actor, total=affected_to_tell(notice).count())
    broadcast = Broadcast.objects.create(notice=notice, job=job, created_at=now)
    nudge(TASK, broadcast.pk)
    return broadcast


def affected_to_tell(notice: IncidentNotice) -> QuerySet[Customer]:
    """Whom a notice goes to: affected customers with an address; where they are not told again, only the others."""
    affected = AffectedPerson.objects.filter(incident=notice.incident_id).exclude(customer=None)
    if notice.audience == IncidentNotice.Audience.UNTOLD:
        affected = affected.filter(told_at=None)
    return Customer.objects.exclude(email="").filter(pk__in=affected.values("customer_id"))


def _audience(broadcast: Broadcast) -> QuerySet[Customer]:
    if broadcast.notice is not None:
        return affected_to_tell(broadcast.notice)
    return Customer.objects.exclude(email="")


def pause(*, broadcast: Broadcast, actor: User, now: datetime.datetime) -> None:
    """Write no further mails until it is resumed. Those that are written already will be sent."""
    with transaction.atomic():
        locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
        if locked.paused_at is None and locked.finished_at is None:
            locked.paused_at = now
            locked.save(update_fields=["paused_at"])
            audit.record(action="broadcast.paused", actor=actor, obj=locked)


def resume(*, broadcast: Broadcast, actor: User) -> None:
    """Go on where it was paused."""
    with transaction.atomic():
        locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
        if locked.paused_at is not None and locked.finished_at is None:
            locked.paused_at = None
            locked.save(update_fields=["paused_at"])
            audit.record(action="broadcast.resumed", actor=actor, obj=locked)
            nudge(TASK, locked.pk)


def run(*, broadcast_id: uuid.UUID | str, seconds: float = SECONDS_AT_A_TIME) -> None:
    """Do steps until all is done, it is paused, or the time is over. For a worker; may come twice, also at once."""
    end = time.monotonic() + seconds
    while step(broadcast_id=broadcast_id, now=timezone.now()):
        if time.monotonic() >= end:
            nudge(TASK, broadcast_id)
            return


def sweep(*, now: datetime.datetime) -> int:
    """Nudge for broadcasts that nobody has worked on for a minute, and say how many."""
    silent = Broadcast.objects.filter(finished_at=None, paused_at=None, job__updated_at__lt=now - PATIENCE)
    keys = list(silent.values_list("pk", flat=True))
    for key in keys:
        nudge(TASK, key)
    return len(keys)


def purge(*, now: datetime.datetime) -> int:
    """Forget who was told by broadcasts that ended long ago, in chunks that a killed worker leaves done.

    Returns:
        How many rows were deleted. The broadcast stays finished, so that nobody is told anew, and keeps its numbers.
    """
    deleted = 0
    old = BroadcastRecipient.objects.filter(broadcast__finished_at__lt=now - RECIPIENTS_KEPT).order_by("pk")
    while keys := list(old.values_list("pk", flat=True)[:PURGED_AT_ONCE]):
        deleted += BroadcastRecipient.objects.filter(pk__in=keys).delete()[0]
    return deleted


def step(*, broadcast_id: uuid.UUID | str, now: datetime.datetime) -> bool:
    """One chunk, in one transaction.

    Returns:
        Whether there is more to do. False, too, while it is paused or in the hands of another worker.
    """
    with transaction.atomic():
        broadcast = (
            Broadcast.objects.select_for_update(of=["self"], skip_locked=True)
            .select_related("job", "policy", "notice__incident")
            .filter(pk=broadcast_id, finished_at=None, paused_at=None)
            .first()
        )
        if broadcast is None:
            return False
        if broadcast.job.state == Job.State.WAITING:
            jobs.start(job=broadcast.job)
        if broadcast.found_at is None:
            _find(broadcast, now)
            return True
        if _write(broadcast, now):
            return True
        return _look_again(broadcast, now)


def _find(broadcast: Broadcast, now: datetime.datetime) -> None:
    """Make the next recipients' rows, in the order of the customers' keys."""
    last = _insert_recipients(broadcast, after=broadcast.cursor)
    broadcast.cursor = last
    if last is None:
        broadcast.found_at = now
    broadcast.save(update_fields=["cursor", "found_at"])
    # Counted once, at the end: before every range it would be all that were found so far, again and again.
    jobs.start(job=broadcast.job, total=broadcast.recipients.count() if last is None else None)


def _insert_recipients(broadcast: Broadcast, *, after: uuid.UUID | None) -> uuid.UUID | None:
    """INSERT … SELECT over one range of keys; the last key of the range, None behind the last customer."""
    audience = _audience(broadcast).order_by("id")
    part = (audience.filter(pk__gt=after) if after else audience).values("id")[:FOUND_AT_ONCE]
    query, values = part.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH part AS ({query}), made AS (
                INSERT INTO {BroadcastRecipient._meta.db_table} (broadcast_id, customer_id)
                SELECT %s, id FROM part
                ON CONFLICT (broadcast_id, customer_id) DO NOTHING
            )
            SELECT id FROM part ORDER BY id DESC LIMIT 1
            """,  # noqa: S608, names of our own tables, and a statement whose values are parameters  # nosec B608
            [*values, broadcast.pk],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _write(broadcast: Broadcast, now: datetime.datetime) -> int:
    """Write the mails of the next recipients and mark them; how many there were."""
    pending = list(
        broadcast.recipients.filter(handled_at=None).select_related("customer__user").order_by("id")[:WRITTEN_AT_ONCE]
    )
    affected_rows = _still_affected(broadcast, pending)
    # Taken away since the rows were made: nothing to write to, and no mistake.
    to_tell = [
        one for one in pending if one.customer.email and (affected_rows is None or one.customer_id in affected_rows)
    ]
    mails = _mails(broadcast, [one.customer for one in to_tell])
    for recipient, mail in zip(to_tell, mails, strict=True):
        recipient.mail = mail
    if pending:
        _mark_handled(pending, now)
        if affected_rows is not None:
            told = {affected_rows[one.customer_id]: one.mail for one in to_tell if one.mail}
            affected.told_by_mail(told=told, now=now)
        problems = [jobs.Problem(code="address_unusable") for mail in mails if mail is None]
        jobs.advance(job=broadcast.job, by=len(pending), problems=problems)
    return len(pending)


def _mark_handled(recipients: list[BroadcastRecipient], now: datetime.datetime) -> None:
    """One statement whose size does not grow with the rows, as the one of ``bulk_update`` does."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {BroadcastRecipient._meta.db_table} AS recipient SET handled_at = %s, mail_id = one.mail
            FROM unnest(%s::bigint[], %s::uuid[]) AS one (id, mail) WHERE recipient.id = one.id
            """,  # noqa: S608, a name of our own tables  # nosec B608
            [now, [one.pk for one in recipients], [one.mail_id for one in recipients]],
        )


def _still_affected(broadcast: Broadcast, pending: list[BroadcastRecipient]) -> dict[uuid.UUID, AffectedPerson] | None:
    """For a notice about an incident: the locked rows of those whom it may still go to."""
    notice = broadcast.notice
    if notice is None:
        return None
    again = notice.audience == IncidentNotice.Audience.ALL
    return affected.still_to_tell(notice.incident, [one.customer_id for one in pending], again=again)


def _mails(broadcast: Broadcast, customers: list[Customer]) -> list[OutgoingMail | None]:
    if broadcast.notice is not None:
        return notifications.incident_notices(notice=broadcast.notice, customers=customers)
    if broadcast.policy is None:  # pragma: no cover, a constraint of the table
        raise RuntimeError("A broadcast is about a policy or a notice.")
    return notifications.policy_changes(policy=broadcast.policy, customers=customers)


def _look_again(broadcast: Broadcast, now: datetime.datetime) -> bool:
    """Whether somebody came in while the rows were made, now that all others have been written to; else finish."""
    told = BroadcastRecipient.objects.filter(broadcast=broadcast)
    missed = _audience(broadcast).exclude(pk__in=told.values("customer_id")).exists()
    if missed:
        broadcast.cursor, broadcast.found_at = None, None
        broadcast.save(update_fields=["cursor", "found_at"])
        return True
    broadcast.finished_at = now
    broadcast.save(update_fields=["finished_at"])
    if broadcast.notice is not None:
        incidents.assess(incident=incidents.locked(broadcast.notice.incident))
    job = broadcast.job
    mails = told.exclude(mail=None).count()
    jobs.finish(job=job, result={"mails": mails, "unusable": job.problem_count})
    audit.record(
        action="broadcast.finished",
        actor="worker",
        obj=broadcast,
        detail={"mails": mails, "unusable": job.problem_count},
    )
    return False
