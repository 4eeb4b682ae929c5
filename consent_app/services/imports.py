"""Customers from a cart's export: upload, look through, import, report.

Who may do what when, and what is recorded about it; the work itself is :mod:`.import_work`.
"""

import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import BinaryIO, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone, translation

from privacy_portal.core import job_registry
from privacy_portal.core.models import Job, User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import audit, files, jobs

from ..domain.formats import FileProblem, Layout, Scan, SourceRow, detect, read_rows
from ..domain.formats.files import Opener
from ..job_kinds import IMPORT, TRIAL
from ..models import ImportBatch
from .import_report import erase_old_reports
from .import_work import Content, Outcome, apply_file, digest_secret, failing, opener

# Uploaded and never started: the person's data do not lie about longer than this.
UPLOAD_KEPT: Final = timedelta(days=7)
NUDGE_PATIENCE: Final = timedelta(minutes=1)
TRY_TASK: Final = "consent.try_import"
IMPORT_TASK: Final = "consent.import_customers"


class NotReady(Exception):
    """The import cannot be started: not looked through yet, started already, or given up."""


@dataclass(frozen=True)
class ProblemGroup:
    """Problems with one reason in one column, and the first lines where they are."""

    column: str
    reason: str
    count: int
    lines: list[int]


# --------------------------------------------------------------------------------------------- step by step, for staff


def check(*, content: BinaryIO, wanted: str = "") -> Layout:
    """Find out what a file is, without keeping anything of it. The stream is left at its beginning.

    Raises:
        FileProblem: it is none that can be imported.
    """

    def again() -> BinaryIO:
        content.seek(0)
        return io.BufferedReader(Content(iter(lambda: content.read(1 << 16), b"")))

    try:
        return detect(again, wanted=wanted)
    finally:
        content.seek(0)


def upload(*, content: BinaryIO, wanted: str = "", actor: User) -> ImportBatch:
    """Take a file in: find out what it is, keep it encrypted, have it looked through by a worker.

    Raises:
        FileProblem: it is none that can be imported; nothing is kept.
    """
    with files.create(name="customers.csv", content_type="text/csv") as writer:
        while block := content.read(1 << 20):
            writer.write(block)
    try:
        layout = detect(opener(writer.file), wanted=wanted)
    except FileProblem:
        files.erase(file=writer.file, actor=actor)
        raise
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            format=layout.format.code,
            encoding=layout.encoding,
            unknown_columns=[column[:100] for column in layout.unknown],
            upload=writer.file,
            trial=jobs.create(kind=TRIAL, actor=actor),
            created_by=actor,
        )
        audit.record(action="customers.import_uploaded", actor=actor, obj=batch, detail={"format": batch.format})
        nudge(TRY_TASK, batch.pk)
    return batch


def preview(*, batch: ImportBatch, actor: User, rows: int = 5) -> list[SourceRow]:
    """The first good rows as they would be read. Personal data: the look is recorded.

    Raises:
        FileProblem: the file cannot be read after all.
        NotReady: the file is gone already.
    """
    if batch.upload is None or batch.upload.erased_at:
        raise NotReady
    audit.record(action="customers.import_previewed", actor=actor, obj=batch)
    source = opener(batch.upload)
    layout = detect(source, wanted=batch.format)
    # Without the first pass: a page must not wait for the whole file, and the first rows look the same.
    found = read_rows(source, layout, Scan(0, {}), today=timezone.localdate(), secret=digest_secret())
    with closing(found):
        return list(islice((row for row in found if isinstance(row, SourceRow)), rows))


def try_out(*, batch: ImportBatch, now: datetime) -> None:
    """Count what the import would do. For a worker; may come twice.

    Raises:
        Exception: whatever made it fail, after the job says so.
    """
    job = batch.trial
    if job is None or job.state not in jobs.OPEN_STATES or batch.upload is None:
        return
    if job.state == Job.State.RUNNING and not jobs.is_stalled(job, now=now):
        return
    # Nothing to go on with: the trial's table went with its worker.
    Job.objects.filter(pk=job.pk).update(done=0, problem_count=0)
    job.problems.all().delete()
    job.refresh_from_db()
    with failing(job):
        source = opener(batch.upload)
        layout = detect(source, wanted=batch.format)
        outcome = apply_file(source=source, layout=layout, job=job, now=now, trial=True)
        ImportBatch.objects.filter(pk=batch.pk).update(records=outcome.records)
        jobs.finish(job=job, result=outcome.counts)


def start(*, batch: ImportBatch, actor: User) -> None:
    """Have a worker import the file that was looked through.

    Raises:
        NotReady: see there.
    """
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update(of=["self"]).select_related("trial").get(pk=batch.pk)
        if not locked.can_start:
            raise NotReady
        locked.job = jobs.create(kind=IMPORT, actor=actor, total=locked.records)
        locked.save(update_fields=["job"])
        audit.record(action="customers.import_started", actor=actor, obj=locked, detail={"format": locked.format})
        nudge(IMPORT_TASK, locked.pk)
    batch.refresh_from_db()


def give_up(*, batch: ImportBatch, actor: audit.Actor) -> None:
    """Drop an upload that is not to be imported.

    Raises:
        NotReady: its import has begun.
    """
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update(of=["self"]).get(pk=batch.pk)
        if locked.job_id:
            raise NotReady
        if locked.given_up_at is None:
            locked.given_up_at = timezone.now()
            locked.save(update_fields=["given_up_at"])
            audit.record(action="customers.import_given_up", actor=actor, obj=locked)
            _erase_upload(locked, actor)
    batch.refresh_from_db()


def run(*, batch: ImportBatch) -> None:
    """Import the file. For a worker; may come twice, and goes on where it stopped.

    Raises:
        Exception: whatever made it fail, after the job says so.
    """
    job = batch.job
    if job is None or job.state not in jobs.OPEN_STATES or batch.upload is None:
        return
    actor: audit.Actor = job.started_by or "worker"
    language = job.started_by.language if job.started_by else "ja"
    with translation.override(language), failing(job):
        source = opener(batch.upload)
        layout = detect(source, wanted=batch.format)
        # The moment at which the work began, also when it is taken up again.
        outcome = apply_file(source=source, layout=layout, job=job, now=job.started_at or timezone.now(), batch=batch)
        _conclude(batch, job, outcome, actor)


def purge(*, now: datetime) -> int:
    """Give up uploads that nobody started, and say how many; erase lists of problems that are as old as jobs get."""
    erase_old_reports(ImportBatch.objects.all(), now=now)
    old = ImportBatch.objects.filter(job=None, given_up_at=None, created_at__lt=now - UPLOAD_KEPT)
    count = 0
    for batch in old:
        give_up(batch=batch, actor="worker")
        count += 1
    return count


def renudge(*, now: datetime) -> int:
    """Nudge again for work that nobody took up within a minute or whose worker has fallen silent; say how many."""
    lost = Q(state=Job.State.WAITING, created_at__lt=now - NUDGE_PATIENCE) | Q(
        state=Job.State.RUNNING, updated_at__lt=now - jobs.STALLED
    )
    lost_jobs = Job.objects.filter(lost, kind__in=(TRIAL, IMPORT))
    uploads = ImportBatch.objects.filter(given_up_at=None, upload__erased_at=None).exclude(upload=None)
    count = 0
    for field, task in (("trial", TRY_TASK), ("job", IMPORT_TASK)):
        for pk in uploads.filter(**{f"{field}__in": lost_jobs}).values_list("pk", flat=True):
            nudge(task, pk)
            count += 1
    return count


# --------------------------------------------------------------------------------------- at once, for the command line


def import_file(
    *, source: Opener, wanted: str = "", trial: bool, actor: audit.Actor, on_progress: Callable[[Job], object]
) -> Outcome:
    """Import a file, or only count what would happen.

    Args:
        source: opens the file anew as bytes.
        on_progress: called after each chunk.

    Raises:
        FileProblem: it is none that can be imported.
    """
    layout = detect(source, wanted=wanted)
    job = jobs.create(kind=TRIAL if trial else IMPORT, actor=actor if isinstance(actor, User) else None)
    batch = None
    if not trial:
        batch = ImportBatch.objects.create(
            format=layout.format.code,
            encoding=layout.encoding,
            unknown_columns=[column[:100] for column in layout.unknown],
            job=job,
            created_by=job.started_by,
        )
    with failing(job):
        outcome = apply_file(
            source=source, layout=layout, job=job, now=timezone.now(), trial=trial, batch=batch, progress=on_progress
        )
        if batch:
            _conclude(batch, job, outcome, actor)
        else:
            jobs.finish(job=job, result=outcome.counts)
    on_progress(job)
    return outcome


def _conclude(batch: ImportBatch, job: Job, outcome: Outcome, actor: audit.Actor) -> None:
    with transaction.atomic():
        batch.report = outcome.report
        batch.counts = outcome.counts
        batch.save(update_fields=["report", "counts"])
        jobs.finish(job=job, result=outcome.counts)
        audit.record(
            action="customers.imported",
            actor=actor,
            obj=batch,
            detail={"format": batch.format, **outcome.counts, "problems": outcome.problems},
        )
        _erase_upload(batch, actor)


def _erase_upload(batch: ImportBatch, actor: audit.Actor) -> None:
    if batch.upload is not None:
        files.erase(file=batch.upload, actor=actor)


def problem_groups(*, job: Job, limit: int) -> list[ProblemGroup]:
    """The problems of a job, alike ones together, the most frequent first."""
    groups = (
        job.problems.values("column", "code")
        .annotate(count=Count("id"), lines=ArrayAgg("line", order_by="line"))
        .order_by("-count", "column", "code")
    )
    return [
        ProblemGroup(one["column"], job_registry.problem_label(job.kind, one["code"]), one["count"], one["lines"][:5])
        for one in groups[:limit]
    ]
