"""A file of rows on its way in, whatever its rows are: taken, looked through, begun by a person, done by a worker.

What the rows mean is :mod:`.imports` (customers) and :mod:`.provision_runs` (ledgers).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import BinaryIO, Final, TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from privacy_portal.core.models import EncryptedFile, Job, User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import audit, files, jobs

from ..domain.formats import FileProblem
from ..domain.formats.files import Opener
from ..models.file_run import FileRun
from .import_work import opener

# Taken in and never started: personal data does not lie about longer than this.
UPLOAD_KEPT: Final = timedelta(days=7)
NUDGE_PATIENCE: Final = timedelta(minutes=1)

Found = TypeVar("Found")


class NotReady(Exception):
    """The work cannot be begun: not looked through yet, begun already, or given up."""


def keep(
    *, content: BinaryIO, name: str, find_out: Callable[[Opener], Found], actor: User
) -> tuple[EncryptedFile, Found]:
    """Keep a file encrypted, and find out what it is.

    Raises:
        FileProblem: it is none that can be read; nothing is kept.
    """
    with files.create(name=name, content_type="text/csv") as writer:
        while block := content.read(1 << 20):
            writer.write(block)
    try:
        return writer.file, find_out(opener(writer.file))
    except FileProblem:
        files.erase(file=writer.file, actor=actor)
        raise


def trial_of(run: FileRun, *, now: datetime) -> Job | None:
    """The job that counts what the file would do, from its beginning; none where there is nothing to count (again)."""
    job = run.trial
    if job is None or job.state not in jobs.OPEN_STATES or run.upload is None:
        return None
    if job.state == Job.State.RUNNING and not jobs.is_stalled(job, now=now):
        return None
    # Nothing to go on with: what a trial had found went with its worker.
    Job.objects.filter(pk=job.pk).update(done=0, problem_count=0)
    job.problems.all().delete()
    job.refresh_from_db()
    return job


def counted(run: FileRun, job: Job, *, records: int, counts: dict[str, int]) -> None:
    """The trial has ended well."""
    type(run)._default_manager.filter(pk=run.pk).update(records=records)
    jobs.finish(job=job, result=counts)


def start(*, run: FileRun, actor: User) -> None:
    """Have a worker do what was looked through.

    Raises:
        NotReady: see there.
    """
    rows = type(run)._default_manager
    with transaction.atomic():
        locked = rows.select_for_update(of=["self"]).select_related("trial").get(pk=run.pk)
        if not locked.can_start:
            raise NotReady
        locked.job = jobs.create(kind=run.JOB_KIND, actor=actor, total=locked.records)
        locked.save(update_fields=["job"])
        audit.record(action=run.STARTED, actor=actor, obj=locked, detail=locked.audit_detail)
        nudge(run.RUN_TASK, locked.pk)
    run.refresh_from_db()


def give_up(*, run: FileRun, actor: audit.Actor) -> None:
    """Drop a file that is not to be worked on.

    Raises:
        NotReady: the work has begun.
    """
    with transaction.atomic():
        locked = type(run)._default_manager.select_for_update(of=["self"]).get(pk=run.pk)
        if locked.job_id:
            raise NotReady
        if locked.given_up_at is None:
            locked.given_up_at = timezone.now()
            locked.save(update_fields=["given_up_at"])
            audit.record(action=run.GIVEN_UP, actor=actor, obj=locked)
            erase_upload(locked, actor)
    run.refresh_from_db()


def erase_upload(run: FileRun, actor: audit.Actor) -> None:
    """The file has done its work, or will not do any."""
    if run.upload is not None:
        files.erase(file=run.upload, actor=actor)


def give_up_old(model: type[FileRun], *, now: datetime) -> int:
    """Give up files that nobody started in :data:`UPLOAD_KEPT`, and erase lists of problems as old as jobs get.

    The lists name persons by their ids; the rows with the counts stay. Says how many files were given up.
    """
    rows = model._default_manager
    reports = rows.filter(created_at__lt=now - jobs.KEPT, report__isnull=False, report__erased_at=None)
    for run in reports.select_related("report"):
        if run.report is not None:
            files.erase(file=run.report, actor="worker")
    old = list(rows.filter(job=None, given_up_at=None, created_at__lt=now - UPLOAD_KEPT))
    for run in old:
        give_up(run=run, actor="worker")
    return len(old)


def renudge(model: type[FileRun], *, now: datetime) -> int:
    """Nudge again for work that nobody took up within a minute or whose worker has fallen silent; say how many."""
    lost = Q(state=Job.State.WAITING, created_at__lt=now - NUDGE_PATIENCE) | Q(
        state=Job.State.RUNNING, updated_at__lt=now - jobs.STALLED
    )
    lost_jobs = Job.objects.filter(lost, kind__in=(model.TRIAL_KIND, model.JOB_KIND))
    waiting = model._default_manager.filter(given_up_at=None, upload__erased_at=None).exclude(upload=None)
    count = 0
    for field, task in (("trial", model.TRY_TASK), ("job", model.RUN_TASK)):
        for pk in waiting.filter(**{f"{field}__in": lost_jobs}).values_list("pk", flat=True):
            nudge(task, pk)
            count += 1
    return count
