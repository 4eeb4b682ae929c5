"""Progress of long work, in a row that everybody can look at.

Work in chunks, each in a transaction of its own that ends with :func:`advance`: progress becomes visible with the work
it speaks of, and work that is taken up again knows where it stood. Progress inside one long transaction would be seen
by nobody until its end.
"""

import contextlib
import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, ProtectedError
from django.utils import timezone

from .. import job_registry
from ..models import Job, JobProblem, User

# Work that says nothing for this long has probably lost its worker; the admin says so.
STALLED = datetime.timedelta(minutes=10)
KEPT = datetime.timedelta(days=90)
OPEN_STATES = (Job.State.WAITING, Job.State.RUNNING)


class JobEnded(Exception):
    """The job is done or failed already, so it cannot go on."""


@dataclass(frozen=True)
class Problem:
    """One thing that went wrong: where, and a registered code. Never the value itself."""

    code: str
    line: int | None = None
    column: str = ""


def create(*, kind: str, actor: User | None = None, total: int | None = None) -> Job:
    """Create a job that waits for its worker.

    Raises:
        UnregisteredKind: the kind is not registered in an app's ``job_kinds``.
    """
    job_registry.check(kind)
    return Job.objects.create(kind=kind, started_by=actor, total=total)


def start(*, job: Job, total: int | None = None) -> None:
    """Mark the job as running; also when its work is taken up again after a crash.

    Raises:
        JobEnded: it is done or failed already: the task came a second time.
    """
    now = timezone.now()
    changes = {"state": Job.State.RUNNING, "started_at": job.started_at or now, "updated_at": now}
    if total is not None:
        changes["total"] = total
    _change(job, **changes)


def advance(*, job: Job, by: int = 1, problems: Iterable[Problem] = ()) -> None:
    """Count what a chunk of work has done, and add its problems in bulk.

    Counted by the database, so that several workers may advance one job.

    Raises:
        UnregisteredKind: the code of a problem is not registered for this kind of job.
        JobEnded: the job is done or failed.
    """
    rows = [JobProblem(job=job, line=one.line, column=one.column[:100], code=one.code) for one in problems]
    job_registry.check(job.kind, {row.code for row in rows})
    with transaction.atomic():
        # The row first: whoever advances the same job waits here, before anything is written.
        _change(job, done=F("done") + by, problem_count=F("problem_count") + len(rows), updated_at=timezone.now())
        JobProblem.objects.bulk_create(rows, batch_size=1000)


def finish(*, job: Job, result: Mapping[str, int] | None = None) -> None:
    """Mark the job as done.

    Args:
        result: counts only, for example ``{"created": 12, "merged": 3}``.

    Raises:
        ValueError: a result is not a number.
        JobEnded: it is done or failed already.
    """
    result = dict(result or {})
    if not all(type(value) is int for value in result.values()):
        raise ValueError("The result of a job holds counts only.")
    now = timezone.now()
    _change(job, state=Job.State.DONE, result=result, finished_at=now, updated_at=now)


def fail(*, job: Job, error: str) -> None:
    """Mark the job as failed.

    Args:
        error: the class of an error, a code, or a translated sentence without any data, at most 200 characters.

    Raises:
        JobEnded: it is done or failed already.
    """
    now = timezone.now()
    _change(job, state=Job.State.FAILED, error=error[:200], finished_at=now, updated_at=now)


def is_stalled(job: Job, *, now: datetime.datetime) -> bool:
    """Whether the job runs but has said nothing for ten minutes."""
    return job.state == Job.State.RUNNING and now - job.updated_at > STALLED


def purge(*, now: datetime.datetime) -> int:
    """Delete jobs that said nothing for 90 days, with their problems.

    Where something else stands on a job, such as the record of an import, the row with its counts stays and only the
    problems go.

    Returns:
        How many jobs were deleted.
    """
    old = Job.objects.filter(updated_at__lt=now - KEPT)
    JobProblem.objects.filter(job__in=old).delete()
    deleted = 0
    for job in old:
        with contextlib.suppress(ProtectedError), transaction.atomic():
            job.delete()
            deleted += 1
    return deleted


def print_progress(*, job: Job, write: Callable[[str], object]) -> None:
    """One line of progress for a command line, drawn over the one before on a terminal: ``\\r`` and no line feed."""
    percent = f"{job.percent:3d} %" if job.percent is not None else "  … "
    write(f"\r{job_registry.label(job.kind)} {percent}  {job.done}/{job.total or '?'}  ({job.problem_count})")


def _change(job: Job, **changes: object) -> None:
    if not Job.objects.filter(pk=job.pk, state__in=OPEN_STATES).update(**changes):
        raise JobEnded
    job.refresh_from_db(fields=list(changes))
