"""One list from its first row to its last.

Read in a stream and applied in chunks, each in a transaction of its own with its progress; a chunk that is committed is
never done again. An export is one transaction instead: the file must have exactly those whose provisions are recorded.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import EncryptedFile, Job, User
from privacy_portal.core.services import files, jobs

from .. import selectors
from ..domain import provisions as rules
from ..domain import spreadsheets
from ..domain.formats.rows import Problem
from ..domain.provision_file import COLUMNS, CUSTOMER, Entry, Registers, count_rows, detect_list, read_entries
from ..job_kinds import LEDGER_RUN
from ..models import Customer, CustomerIdentity, DataItem, ProvisionBasis, ProvisionRun, Purpose, Subcontractor
from . import provisions, received
from .import_report import Report
from .import_work import Overtaken, opener
from .provisions import Wanted
from .received import Receipt

Kind = ProvisionRun.Kind

CHUNK: Final = 500
LIMIT: Final = 100_000
# An export holds the rows of its persons until it is done.
EXPORT_LIMIT: Final = 20_000
COUNTS: Final = ("recorded", "flagged", "refused", "unchanged", "rejected")
# Items that can be given as a file: those that are columns of a customer.
EXPORTED: Final = tuple(Customer.ITEM_FIELDS)


@dataclass(frozen=True)
class Outcome:
    """What a run or its trial came to."""

    records: int
    counts: dict[str, int]
    report: EncryptedFile | None
    output: EncryptedFile | None


@dataclass(frozen=True)
class _Done:
    """One row: what came of it, in words of ``COUNTS``, what is listed about it, and whose it was."""

    outcome: str
    problems: list[Problem]
    customer: uuid.UUID | None = None


def apply_list(
    *, run: ProvisionRun, job: Job, now: datetime, actor: User | None = None, trial: bool = False
) -> Outcome:
    """Record the rows of a run's list, or count what would come of it, on the account of a job.

    Raises:
        FileProblem: it cannot be read after all, or is too long.
    """
    assert run.upload is not None  # noqa: S101 (asked by the caller)
    source = opener(run.upload)
    layout = detect_list(source)
    exporting = run.kind == Kind.EXPORT
    records = count_rows(source, layout, limit=EXPORT_LIMIT if exporting else LIMIT)
    if job.state == Job.State.WAITING or not exporting:
        jobs.start(job=job, total=records)
    registers = _registers()
    skip = job.done
    counts = Counter(run.counts if skip and not trial else {})
    rows = read_entries(source, layout, registers, run.common)
    with ExitStack() as stack:
        report = stack.enter_context(Report("provisions-problems.csv", kind=LEDGER_RUN))
        output = stack.enter_context(_Output(run)) if exporting and not trial else None
        for chunk in _chunks(rows):
            if skip:
                skip -= len(chunk)
                continue
            with transaction.atomic():
                if Job.objects.select_for_update().get(pk=job.pk).done != job.done:
                    raise Overtaken
                done = _apply(run, chunk, actor=actor, now=now, trial=trial)
                counts += Counter(one.outcome for one in done)
                counts["recorded"] += sum(one.outcome == "flagged" for one in done)
                problems = [problem for one in done for problem in one.problems]
                if output is not None:
                    output.write([one.customer for one in done if one.customer and one.outcome == "recorded"])
                jobs.advance(
                    job=job,
                    by=len(chunk),
                    problems=[jobs.Problem(code=one.code, line=one.line, column=one.column) for one in problems],
                )
                if not trial:
                    run.counts = {name: counts[name] for name in COUNTS}
                    run.save(update_fields=["counts"])
            if not trial:
                # Behind the commit, so that the list never has what the database has not.
                report.add(problems)
    return Outcome(
        records=records,
        counts={name: counts[name] for name in COUNTS},
        report=report.file,
        output=output.file if output is not None else None,
    )


def _chunks(rows: Iterator[Entry | list[Problem]]) -> Iterator[list[Entry | list[Problem]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _registers() -> Registers:
    def known(rows: Iterable[Any], *names: str) -> dict[str, str]:
        return {str(getattr(row, name)).casefold(): row.code for row in rows for name in ("code", *names)}

    bases = list(ProvisionBasis.objects.all())
    return Registers(
        items=known(DataItem.objects.all(), "name_ja", "name_en"),
        bases=known(bases, "text_ja", "text_en"),
        grounds={
            row.code: rules.grounds_of(article=row.article, statutory=row.statutory, requires=row.requires)
            for row in bases
        },
        purposes=known(Purpose.objects.all()),
        subcontractors=known(Subcontractor.objects.all(), "name_ja", "name_en"),
    )


def _apply(
    run: ProvisionRun, chunk: Sequence[Entry | list[Problem]], *, actor: User | None, now: datetime, trial: bool
) -> list[_Done]:
    entries = [one for one in chunk if isinstance(one, Entry)]
    done = [_Done("rejected", one) for one in chunk if not isinstance(one, Entry)]
    persons = _persons([one.reference for one in entries])
    found: list[tuple[Entry, uuid.UUID]] = []
    for one in entries:
        keys = persons.get(one.reference, set())
        if len(keys) == 1:
            found.append((one, next(iter(keys))))
        else:
            code = "customer_ambiguous" if keys else "customer_unknown"
            done.append(_rejected(one, code, COLUMNS[CUSTOMER][0]))
    if run.kind == Kind.RECEIVED:
        return done + _receive(run, found, actor=actor, now=now, trial=trial)
    return done + _provide(run, found, actor=actor, now=now, trial=trial)


def _rejected(entry: Entry, code: str, column: str = "") -> _Done:
    return _Done("rejected", [Problem(entry.line, column, code, entry.reference[:100], True)])


def _persons(references: Sequence[str]) -> dict[str, set[uuid.UUID]]:
    """The customers that each reference means: a row's key, ``source:number``, or a number of any source."""
    found: dict[str, set[uuid.UUID]] = {}
    keys: dict[uuid.UUID, list[str]] = {}
    numbers: dict[str, list[tuple[str, str]]] = {}
    sources = selectors.customer_sources()
    for reference in set(references):
        try:
            keys.setdefault(uuid.UUID(reference), []).append(reference)
            continue
        except ValueError:
            source, colon, number = reference.partition(":")
        if not (colon and source in sources):
            source, number = "", reference
        numbers.setdefault(number, []).append((source, reference))
    for key in Customer.objects.filter(pk__in=keys).values_list("pk", flat=True):
        for reference in keys[key]:
            found.setdefault(reference, set()).add(key)
    identities = CustomerIdentity.objects.filter(source__in=sources, external_id__in=numbers)
    for source, number, key in identities.values_list("source", "external_id", "customer_id"):
        for wanted, reference in numbers[number]:
            if wanted in ("", source):
                found.setdefault(reference, set()).add(key)
    return found


def _provide(
    run: ProvisionRun,
    found: Sequence[tuple[Entry, uuid.UUID]],
    *,
    actor: User | None,
    now: datetime,
    trial: bool,
) -> list[_Done]:
    already = run.kind == Kind.ALREADY
    today = timezone.localdate(now)
    bases = {row.code: row for row in ProvisionBasis.objects.all()}
    done: list[_Done] = []
    wishes: list[tuple[Entry, Wanted]] = []
    for entry, customer in found:
        values = entry.values
        wish = Wanted(
            customer=customer,
            basis=values["basis"],
            ground=values["ground"],
            name=values["party"],
            address=values["address"],
            representative=values["representative"],
            country=values["country"],
            items=entry.items,
            purpose=values["purpose"],
            subcontractor=values["subcontractor"],
            joint_user=_joint_user(run),
            evidence=values["evidence"],
            provided_on=entry.on,
            provided_until=entry.until,
            method=values["method"],
            despite_stop=bool(run.common.get("despite_stop")),
            withheld=str(run.common.get("withheld") or ""),
            line=entry.line,
        )
        basis = bases.get(wish.basis)
        if basis is None:
            done.append(_rejected(entry, "basis_unknown", COLUMNS["basis"][0]))
        elif code := provisions.check(wish, basis=basis, already=already, today=today):
            done.append(_rejected(entry, code))
        elif run.kind == Kind.EXPORT and not set(entry.items) <= set(EXPORTED):
            done.append(_rejected(entry, "items_not_covered", COLUMNS["items"][0]))
        else:
            wishes.append((entry, wish))
    results = provisions.record(
        wanted=[wish for _entry, wish in wishes], already=already, actor=actor, now=now, run=run, trial=trial
    )
    return done + [
        _told(entry, result.outcome, result.reasons, wish.customer)
        for (entry, wish), result in zip(wishes, results, strict=True)
    ]


def _joint_user(run: ProvisionRun) -> tuple[str, str]:
    code, _bar, key = str(run.common.get("joint_user") or "").partition("|")
    return code, key


def _receive(
    run: ProvisionRun,
    found: Sequence[tuple[Entry, uuid.UUID]],
    *,
    actor: User | None,
    now: datetime,
    trial: bool,
) -> list[_Done]:
    today = timezone.localdate(now)
    done: list[_Done] = []
    wishes: list[tuple[Entry, Receipt]] = []
    for entry, customer in found:
        values = entry.values
        wish = Receipt(
            customer=customer,
            kind=values["kind"] or received.Kind.CONSENT.value,
            name=values["party"],
            address=values["address"],
            representative=values["representative"],
            country=values["country"],
            items=entry.items,
            how_acquired=values["how_acquired"],
            confirmed_how=values["confirmed_how"],
            confirmable=bool(run.common.get("confirmable", True)),
            purpose=values["purpose"],
            received_on=entry.on,
            received_until=entry.until,
            method=values["method"],
            withheld=str(run.common.get("withheld") or ""),
            line=entry.line,
        )
        if code := received.check(wish, today=today):
            done.append(_rejected(entry, code))
        else:
            wishes.append((entry, wish))
    results = received.record(receipts=[wish for _entry, wish in wishes], actor=actor, now=now, run=run, trial=trial)
    return done + [
        _told(entry, result.outcome, result.reasons, wish.customer)
        for (entry, wish), result in zip(wishes, results, strict=True)
    ]


def _told(entry: Entry, outcome: str, reasons: Sequence[str], customer: uuid.UUID) -> _Done:
    refused = outcome == "refused"
    problems = [Problem(entry.line, "", reason, entry.reference[:100], refused) for reason in reasons]
    if outcome == "unchanged":
        problems = [Problem(entry.line, "", "recorded_before", entry.reference[:100], True)]
    if outcome == "recorded" and reasons:
        outcome = "flagged"
    return _Done(outcome, problems, customer)


class _Output:
    """The file for the recipient: one line a person, the items and nothing else, and a number to tell them apart."""

    def __init__(self, run: ProvisionRun) -> None:
        self.file: EncryptedFile | None = None
        codes = [code for code in run.common.get("items") or () if code in Customer.ITEM_FIELDS]
        self._fields = [name for code in codes for name in Customer.ITEM_FIELDS[code]]
        self._name = f"provision-{timezone.localdate():%Y%m%d}.csv"
        self._writer: files.EncryptedWriter | None = None

    def __enter__(self) -> _Output:
        return self

    def write(self, customers: Sequence[uuid.UUID]) -> None:
        """Add these persons, whose provisions this transaction has recorded."""
        if not customers:
            return
        lines: list[list[str]] = []
        if self._writer is None:
            self._writer = files.create(name=self._name, content_type="text/csv; charset=utf-8").__enter__()
            self._writer.write(spreadsheets.MARK.encode())
            heading = [str(getattr(Customer._meta.get_field(name), "verbose_name", name)) for name in self._fields]
            lines.append([_("番号"), *heading])
        rows = Customer.objects.in_bulk(list(customers))
        for key in customers:
            row = rows[key]
            lines.append([str(key), *(str(getattr(row, name) or "") for name in self._fields)])
        self._writer.write(spreadsheets.text(lines).encode())

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)
            if kind is None:
                self.file = self._writer.file
