"""One file from its first row to its last, whoever asked for it.

The file is read twice in a stream and applied in chunks of :data:`CHUNK` rows, each in a transaction of its own with
its progress. A chunk that is committed is never done again: work that a worker lost goes on behind it.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from privacy_portal.core.models import EncryptedFile, Job
from privacy_portal.core.services import files, jobs

from ..domain.formats import FileProblem, Layout, Problem, SourceRow, scan
from ..domain.formats.files import Opener
from ..models import ImportBatch
from . import import_tables
from .import_engine import COUNTS, Engine
from .import_reading import read_rows
from .import_report import Report
from .import_texts import file_problem_text

CHUNK: Final = 2000


@dataclass(frozen=True)
class Outcome:
    """What an import or its trial came to.

    ``counts``: see ``import_engine.COUNTS``. ``problems``: how many are listed. ``unknown``: columns not read.
    """

    job: Job
    records: int
    counts: dict[str, int]
    problems: int
    report: EncryptedFile | None
    unknown: tuple[str, ...]


def apply_file(
    *,
    source: Opener,
    layout: Layout,
    job: Job,
    now: datetime,
    trial: bool = False,
    batch: ImportBatch | None = None,
    progress: Callable[[Job], object] = lambda job: None,
) -> Outcome:
    """Import a file, or count what would happen, on the account of a job, which is started and not finished here.

    Args:
        now: the moment that every value of this import will bear as the time it came.
        trial: change nothing that is stored.
        batch: where counts are kept, so that the work can be taken up again.
        progress: called behind each chunk.

    Raises:
        FileProblem: it cannot be read after all.
    """
    found = scan(source, layout)
    jobs.start(job=job, total=found.records)
    if batch:
        ImportBatch.objects.filter(pk=batch.pk).update(records=found.records)
    if trial:
        import_tables.create_trial_table()
    skip = job.done
    counts = Counter(batch.counts if batch and skip else {})
    engine = Engine(source=layout.format.code, now=now, trial=trial)
    rows = read_rows(source, layout, found, today=timezone.localdate(now), secret=digest_secret())
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
                    raise Overtaken
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


class Overtaken(Exception):
    """Another worker does this job: the broker gives long work out a second time."""


@contextmanager
def failing(job: Job) -> Iterator[None]:
    """Whatever breaks the work, the job says so; what another worker does already is left to it.

    Where another worker has ended the job, what broke here is its doing: it erases the upload, for one.
    A database that is away breaks nothing: the sweep has the work taken up again.
    """
    try:
        try:
            yield
        except (Overtaken, jobs.JobEnded, OperationalError):
            raise
        except FileProblem as problem:
            jobs.fail(job=job, error=file_problem_text(problem))
            raise
        except Exception as error:
            jobs.fail(job=job, error=type(error).__name__)
            raise
    except (Overtaken, jobs.JobEnded):
        return


def digest_secret() -> bytes:
    return salted_hmac("consent_app.imports.digest", "row", algorithm="sha256").digest()


class Content(io.RawIOBase):
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
    return lambda: io.BufferedReader(Content(files.open_stream(file)), 1 << 16)
