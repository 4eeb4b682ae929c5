"""Recording provisions or receipts of a whole list: take it in, look through it, record, report; and giving data out.

Who may do what when, and what is recorded about it; the rows themselves are :mod:`.provision_work`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from privacy_portal.core.models import EncryptedFile, Job, User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import audit, files, jobs

from ..domain.normalise import clean_text
from ..domain.provision_file import COLUMNS, CUSTOMER, ListLayout, detect_list
from ..models import ExportKind, ExportOrder, LedgerReversal, Provision, ProvisionRun
from . import exports, file_runs, provision_work, provisions
from .import_work import failing

Kind = ProvisionRun.Kind

# A file that was made and that nobody took does not lie about longer than this.
OUTPUT_KEPT: Final = timedelta(days=7)
# So few rows are looked through and recorded while the page waits.
AT_ONCE: Final = 200


class Stopped(Exception):
    """The file may no longer be given: ``people`` of those in it have withdrawn or stopped it since it was made."""

    def __init__(self, people: int) -> None:
        super().__init__(people)
        self.people = people


def list_of(references: str) -> bytes:
    """A list that was typed or pasted, one number a line (or several with commas or spaces), as a file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([COLUMNS[CUSTOMER][0]])
    for line in references.replace(",", "\n").replace("、", "\n").splitlines():
        for word in clean_text(line).split():
            writer.writerow([word])
    return text.getvalue().encode()


def check(*, content: BinaryIO) -> ListLayout:
    """Find out what a list is, without keeping anything of it. The stream is left at its beginning.

    Raises:
        FileProblem: it is none that can be read.
    """
    data = content.read()
    content.seek(0)
    return detect_list(lambda: io.BytesIO(data))


def upload(*, content: BinaryIO, kind: str, common: Mapping[str, Any], actor: User) -> ProvisionRun:
    """Take a list in, keep it encrypted, have it looked through by a worker.

    Args:
        kind: a value of ``ProvisionRun.Kind``.
        common: what is the same for every row, by our names of columns.

    Raises:
        FileProblem: it is no list; nothing is kept.
    """
    file, layout = file_runs.keep(content=content, name="persons.csv", find_out=detect_list, actor=actor)
    with transaction.atomic():
        run = ProvisionRun.objects.create(
            kind=Kind(kind),
            common=dict(common),
            party=clean_text(str(common.get("party") or ""))[:200],
            encoding=layout.encoding,
            upload=file,
            trial=jobs.create(kind=ProvisionRun.TRIAL_KIND, actor=actor),
            created_by=actor,
        )
        audit.record(action="provisions.list_uploaded", actor=actor, obj=run, detail=run.audit_detail)
        nudge(ProvisionRun.TRY_TASK, run.pk)
    return run


def try_out(*, run: ProvisionRun, now: datetime) -> None:
    """Count what the run would do. For a worker, or for a page if the list is short; may come twice.

    Raises:
        Exception: whatever made it fail, after the job says so.
    """
    job = file_runs.trial_of(run, now=now)
    if job is None:
        return
    with failing(job):
        outcome = provision_work.apply_list(run=run, job=job, now=now, trial=True)
        file_runs.counted(run, job, records=outcome.records, counts=outcome.counts)


def run(*, run: ProvisionRun, now: datetime) -> None:
    """Record the list. For a worker; may come twice, and goes on where it stopped.

    Raises:
        Exception: whatever made it fail, after the job says so.
    """
    job = run.job
    if job is None or job.state not in jobs.OPEN_STATES or run.upload is None or job.started_by is None:
        return
    actor = job.started_by
    with translation.override(actor.language), failing(job):
        if run.kind == Kind.EXPORT:
            # All of it or nothing: the file and the records of what is in it are made in one transaction.
            with transaction.atomic():
                outcome = provision_work.apply_list(run=run, job=job, now=now, actor=actor)
                _conclude(run, job, outcome, actor)
        else:
            outcome = provision_work.apply_list(run=run, job=job, now=now, actor=actor)
            with transaction.atomic():
                _conclude(run, job, outcome, actor)
    run.refresh_from_db()


def _conclude(run: ProvisionRun, job: Job, outcome: provision_work.Outcome, actor: User) -> None:
    run.report, run.output, run.counts = outcome.report, outcome.output, outcome.counts
    run.save(update_fields=["report", "output", "counts"])
    jobs.finish(job=job, result=outcome.counts)
    audit.record(action="provisions.recorded", actor=actor, obj=run, detail={**run.audit_detail, **outcome.counts})
    file_runs.erase_upload(run, actor)


# ------------------------------------------------------------------------------------------------------- giving it out


def take(*, run: ProvisionRun, actor: User, now: datetime, order: ExportOrder | None = None) -> EncryptedFile:
    """The file for the recipient, about to leave. Everybody in it is asked about once more.

    Args:
        order: a second person's leave, where the file needs one.

    Raises:
        ExportError: see :func:`.exports.allow`.
        file_runs.NotReady: there is none, or no longer.
        Stopped: somebody has withdrawn, or a stop was set, since it was made. The file is erased; if it had never been
            taken, nothing was given, so its records are taken back.
    """
    with transaction.atomic():
        locked = (
            ProvisionRun.objects.select_for_update(of=["self"])
            .select_related("output", "job__started_by")
            .get(pk=run.pk)
        )
        if locked.output is None or locked.output.erased_at:
            raise file_runs.NotReady
        made = list(locked.provisions.select_related("basis", "subcontractor"))
        stopped = provisions.refused_now(made=made, common=locked.common, now=now)
        if stopped:
            stop_file(locked, actor, people=len(made), stopped=stopped)
        else:
            exports.allow(kind=ExportKind.PROVISION, obj=locked, persons=len(made), actor=actor, now=now, order=order)
            if locked.taken_at is None:
                locked.taken_at = now
                locked.save(update_fields=["taken_at"])
            audit.record(action="provisions.file_taken", actor=actor, obj=locked, detail={"people": len(made)})
    run.refresh_from_db()
    if stopped:
        raise Stopped(stopped)
    return locked.output


def stop_file(run: ProvisionRun, actor: audit.Actor, *, people: int, stopped: int) -> None:
    """Erase the file; where it never left, nothing was given."""
    if run.output is not None:
        files.erase(file=run.output, actor=actor)
    if run.taken_at is None:
        reversals = [
            LedgerReversal(
                provision=row,
                reason=_("ファイルは渡していません。"),
                recorded_by=actor if isinstance(actor, User) else None,
            )
            for row in Provision.objects.filter(run=run, reversal=None)
        ]
        LedgerReversal.objects.bulk_create(reversals, batch_size=500)
    audit.record(action="provisions.file_stopped", actor=actor, obj=run, detail={"people": people, "stopped": stopped})


# ---------------------------------------------------------------------------------------------------------------- sweep


def purge_files(*, now: datetime) -> int:
    """Erase files that were made and that nobody took, and say how many."""
    count = 0
    made = ProvisionRun.objects.filter(
        output__isnull=False, output__erased_at=None, output__created_at__lt=now - OUTPUT_KEPT
    )
    for pk in made.values_list("pk", flat=True):
        with transaction.atomic():
            locked = ProvisionRun.objects.select_for_update(of=["self"]).select_related("output").get(pk=pk)
            if locked.output is not None and locked.output.erased_at is None:
                stop_file(locked, "worker", people=locked.provisions.count(), stopped=0)
                count += 1
    return count
