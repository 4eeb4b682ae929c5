"""The kernel's figures: mail, long work, the audit trail, the queues, and what the last check found."""

import datetime
import json
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Min

from . import redis_server
from .doctor_checks import ALIVE_KEY, queues
from .doctor_registry import checks
from .metrics_registry import Figure, Measured, register, seconds_since
from .models import DoctorReport, Job, OutgoingMail
from .services import audit

State = OutgoingMail.State
LATELY = datetime.timedelta(days=1)
Counted = dict[tuple[str, ...], float]


def mails(now: datetime.datetime) -> Measured:
    """What is on its way, and what became of the mails of the last day; older ones are too many to count each time."""
    on_the_way = (State.QUEUED, State.WAITING, State.SENDING)
    found: Counted = {(str(state),): 0.0 for state in State}
    for part in (
        OutgoingMail.objects.filter(state__in=on_the_way),
        OutgoingMail.objects.exclude(state__in=on_the_way).filter(created_at__gt=now - LATELY),
    ):
        for state, number in part.order_by().values_list("state").annotate(Count("pk")):
            found[(state,)] = number
    return found


def mail_oldest(now: datetime.datetime) -> Measured:
    due = OutgoingMail.objects.filter(state__in=(State.QUEUED, State.WAITING), due_at__lte=now)
    return {(): seconds_since(due.aggregate(oldest=Min("due_at"))["oldest"], now)}


def jobs(now: datetime.datetime) -> Measured:
    found: Counted = {(str(state),): 0.0 for state in (Job.State.WAITING, Job.State.RUNNING)}
    open_ones = Job.objects.filter(state__in=(Job.State.WAITING, Job.State.RUNNING))
    for state, number in open_ones.order_by().values_list("state").annotate(Count("pk")):
        found[(state,)] = number
    return found


def job_oldest(now: datetime.datetime) -> Measured:
    oldest = Job.objects.filter(state=Job.State.WAITING).aggregate(oldest=Min("created_at"))["oldest"]
    return {(): seconds_since(oldest, now)}


def audit_oldest(now: datetime.datetime) -> Measured:
    return {(): seconds_since(audit.oldest_pending_at(), now)}


def queue_lengths(now: datetime.datetime) -> Measured:
    with redis_server.broker() as client:
        return {(name,): float(client.llen(name)) for name in queues()}


def queue_oldest(now: datetime.datetime) -> Measured:
    """How long the oldest task waits. A worker takes from the right; when it was sent stands in its headers."""
    found: Counted = {}
    with redis_server.broker() as client:
        for name in queues():
            oldest: Any = client.lindex(name, -1)
            sent = json.loads(oldest).get("headers", {}).get("sent_at") if oldest else None
            found[(name,)] = max(0.0, now.timestamp() - sent) if sent else 0.0
    return found


def alive(now: datetime.datetime) -> Measured:
    """Nothing where no worker has ever left its sign, so that its absence shows."""
    last = cache.get(ALIVE_KEY)
    return {(): seconds_since(last, now)} if last else {}


def found_by_doctor(now: datetime.datetime) -> Measured:
    """Every question, 0 where the last report that asked it found nothing."""
    reports = [
        report
        for report in (
            DoctorReport.objects.filter(thorough=False).first(),
            DoctorReport.objects.filter(thorough=True).first(),
        )
        if report
    ]
    found: Counted = {}
    for check in checks():
        asked = [report for report in reports if report.thorough or not check.thorough]
        if asked:
            newest = max(asked, key=lambda report: report.at)
            entry = next((entry for entry in newest.found if entry["code"] == check.code), None)
            level = str(entry["level"]) if entry else str(check.level)
            found[(check.code, level)] = float(max(1, entry["count"])) if entry else 0.0
    return found


def doctor_age(now: datetime.datetime) -> Measured:
    newest = DoctorReport.objects.first()
    return {(): seconds_since(newest.at, now)} if newest else {}


register(
    Figure("portal_mails", "Mails on their way, and sent or failed ones made in the last day.", ("state",), mails),
    Figure("portal_mail_oldest_due_seconds", "How long the oldest mail that is due waits.", (), mail_oldest),
    Figure("portal_jobs", "Long work that waits or runs.", ("state",), jobs),
    Figure("portal_job_oldest_waiting_seconds", "How long the oldest long work waits for a worker.", (), job_oldest),
    Figure("portal_audit_oldest_unlinked_seconds", "Age of the oldest audit entry without a link.", (), audit_oldest),
    Figure("portal_queue_tasks", "Tasks that wait in a queue of the broker.", ("queue",), queue_lengths),
    Figure("portal_queue_oldest_seconds", "How long the oldest task of a queue waits.", ("queue",), queue_oldest),
    Figure("portal_worker_last_seen_seconds", "Since beat started something that a worker did.", (), alive),
    Figure("portal_doctor_found", "What the last check found, by question.", ("check", "level"), found_by_doctor),
    Figure("portal_doctor_age_seconds", "Since the last check was made.", (), doctor_age),
)
