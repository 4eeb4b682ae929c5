"""Customers from a cart's export: upload, look through, import, report.

The file is read twice in a stream and applied in chunks of :data:`CHUNK` rows, each in a transaction of its own with
its progress. A chunk that is committed is never done again: work that a worker lost goes on behind it.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import BinaryIO, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import OperationalError, transaction
from django.db.models import Count, Q
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from privacy_portal.core import job_registry
from privacy_portal.core.models import EncryptedFile, Job, User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import audit, files, jobs

from ..domain.formats import FileProblem, Layout, Problem, Scan, SourceRow, detect, read_rows, scan
from ..domain.formats.files import Opener
from ..job_kinds import IMPORT, TRIAL
from ..models import ImportBatch
from . import import_tables
from .import_engine import COUNTS, Engine
from .import_report import Report
from .import_texts import file_problem_text

CHUNK: Final = 2000
# Uploaded and never started: the person's data do not lie about longer than this.
UPLOAD_KEPT: Final = timedelta(days=7)
NUDGE_PATIENCE: Final = timedelta(minutes=1)
TRY_TASK: Final = "consent.try_import"
IMPORT_TASK: Final = "consent.import_customers"


class NotReady(Exception):
    """The import cannot be started: not looked through yet, started already, or given up."""


@dataclass(frozen=True)
class Outcome:
    """What an import or its trial came to.

    ``counts``: see ``import_engine.COUNTS``. ``problems``: how many are listed. ``unknown``: columns that were not read.
    """

    job: Job
    records: int
    counts: dict[str, int]
    problems: int
    report: EncryptedFile | None
    unknown: tuple[str, ...]


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
        return io.BufferedReader(_Content(iter(lambda: content.read(1 << 16), b"")))

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
    found = read_rows(source, layout, Scan(0, {}), today=timezone.localdate(), secret=_secret())
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
    with _failing(job):
        source = opener(batch.upload)
        layout = detect(source, wanted=batch.format)
        outcome = _run(source=source, layout=layout, job=job, now=now, trial=True)
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
    with translation.override(language), _failing(job):
        source = opener(batch.upload)
        layout = detect(source, wanted=batch.format)
        # The moment at which the work began, also when it is taken up again.
        outcome = _run(source=source, layout=layout, job=job, now=job.started_at or timezone.now(), batch=batch)
        _conclude(batch, job, outcome, actor)


def purge(*, now: datetime) -> int:
    """Give up uploads that nobody started, and say how many."""
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
    with _failing(job):
        outcome = _run(
            source=source, layout=layout, job=job, now=timezone.now(), trial=trial, batch=batch, progress=on_progress
        )
        if batch:
            _conclude(batch, job, outcome, actor)
        else:
            jobs.finish(job=job, result=outcome.counts)
    on_progress(job)
    return outcome


# ------------------------------------------------------------------------------------------------------------ the work


def _run(
    *,
    source: Opener,
    layout: Layout,
    job: Job,
    now: datetime,
    trial: bool = False,
    batch: ImportBatch | None = None,
    progress: Callable[[Job], object] = lambda job: None,
) -> Outcome:
    found = scan(source, layout)
    jobs.start(job=job, total=found.records)
    if batch:
        ImportBatch.objects.filter(pk=batch.pk).update(records=found.records)
    if trial:
        import_tables.create_trial_table()
    skip = job.done
    counts = Counter(batch.counts if batch and skip else {})
    engine = Engine(source=layout.format.code, now=now, trial=trial)
    rows = read_rows(source, layout, found, today=timezone.localdate(now), secret=_secret())
    with closing(rows), Report(f"import-{layout.format.code}-problems.csv") as report:
        for chunk in _chunks(rows):
            size = sum(one.size for one in chunk)
            if skip:
                # Done before the worker was lost; its problems are listed again, because the list is one file.
                skip -= size
                report.add(_own_problems(chunk))
                continue
            with transaction.atomic():
                # Whoever holds the row does the chunk; a second worker waits here and then finds it done.
                if Job.objects.select_for_update().get(pk=job.pk).done != job.done:
                    raise _Overtaken
                applied, problems = engine.apply([one for one in chunk if isinstance(one, SourceRow)])
                problems = sorted(_own_problems(chunk) + problems)
                applied["rejected"] += sum(one.size for one in chunk if isinstance(one, Problem))
                counts += applied
                jobs.advance(job=job, by=size, problems=[_listed(one) for one in problems])
                if batch:
                    ImportBatch.objects.filter(pk=batch.pk).update(counts=dict(counts))
            # Behind the commit, so that the list never has what the database has not.
            report.add(problems)
            progress(job)
    if trial:
        import_tables.drop_trial_table()
    return Outcome(
        job=job,
        records=found.records,
        counts={name: counts[name] for name in COUNTS},
        problems=job.problem_count,
        report=report.file,
        unknown=layout.unknown,
    )


def _chunks(rows: Iterator[SourceRow | Problem]) -> Iterator[list[SourceRow | Problem]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _own_problems(chunk: list[SourceRow | Problem]) -> list[Problem]:
    return [problem for one in chunk for problem in ([one] if isinstance(one, Problem) else one.problems)]


def _listed(problem: Problem) -> jobs.Problem:
    return jobs.Problem(code=problem.code, line=problem.line, column=problem.column)


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


class _Overtaken(Exception):
    """Another worker does this job: the broker gives long work out a second time."""


@contextmanager
def _failing(job: Job) -> Iterator[None]:
    """Whatever breaks the work, the job says so; what another worker does already is left to it.

    A database that is away breaks nothing: the sweep has the work taken up again.
    """
    try:
        yield
    except (_Overtaken, jobs.JobEnded):
        return
    except OperationalError:
        raise
    except FileProblem as problem:
        jobs.fail(job=job, error=file_problem_text(problem))
        raise
    except Exception as error:
        jobs.fail(job=job, error=type(error).__name__)
        raise


def _secret() -> bytes:
    return salted_hmac("consent_app.imports.digest", "row", algorithm="sha256").digest()


class _Content(io.RawIOBase):
    """An encrypted file's content as a stream that can be read like any other."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._pieces, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def opener(file: EncryptedFile) -> Opener:
    """Opens the content of an encrypted file, as often as wanted."""
    return lambda: io.BufferedReader(_Content(files.open_stream(file)), 1 << 16)


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
