"""Customers from a cart's export: upload, look through, import, report.

Who may do what when, and what is recorded about it; the work itself is :mod:`.import_work`.
"""

import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count
from django.utils import timezone, translation

from privacy_portal.core import job_registry
from privacy_portal.core.models import Job, User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import audit, jobs

from ..domain.formats import Layout, Scan, SourceRow, detect, read_rows
from ..domain.formats.files import Opener
from ..models import ImportBatch
from . import file_runs
from .import_work import Content, Outcome, apply_file, digest_secret, failing, opener


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
    file, layout = file_runs.keep(
        content=content, name="customers.csv", find_out=lambda source: detect(source, wanted=wanted), actor=actor
    )
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            format=layout.format.code,
            encoding=layout.encoding,
            unknown_columns=[column[:100] for column in layout.unknown],
            upload=file,
            trial=jobs.create(kind=ImportBatch.TRIAL_KIND, actor=actor),
            created_by=actor,
        )
        audit.record(action="customers.import_uploaded", actor=actor, obj=batch, detail=batch.audit_detail)
        nudge(ImportBatch.TRY_TASK, batch.pk)
    return batch


def preview(*, batch: ImportBatch, actor: User, rows: int = 5) -> list[SourceRow]:
    """The first good rows as they would be read. Personal data: the look is recorded.

    Raises:
        FileProblem: the file cannot be read after all.
        file_runs.NotReady: the file is gone already.
    """
    if batch.upload is None or batch.upload.erased_at:
        raise file_runs.NotReady
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
    job = file_runs.trial_of(batch, now=now)
    if job is None or batch.upload is None:
        return
    with failing(job):
        source = opener(batch.upload)
        layout = detect(source, wanted=batch.format)
        outcome = apply_file(source=source, layout=layout, job=job, now=now, trial=True)
        file_runs.counted(batch, job, records=outcome.records, counts=outcome.counts)


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
    job = jobs.create(
        kind=ImportBatch.TRIAL_KIND if trial else ImportBatch.JOB_KIND, actor=actor if isinstance(actor, User) else None
    )
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
            detail={**batch.audit_detail, **outcome.counts, "problems": outcome.problems},
        )
        file_runs.erase_upload(batch, actor)


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
