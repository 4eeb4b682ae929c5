"""Statistics that identify nobody (promises R1, K8): counting, protecting, releasing.

A table is counted when staff release it and stays as it is. The next release must differ from each earlier one by at
least as many persons as the minimum says, so that two releases never tell about one person who came or left in between
(docs/decisions/statistics.md).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain import disclosure_control, spreadsheets
from ..domain.disclosure_control import TOTAL, Cell, Table
from ..models import Consent, Customer, Purpose, StatisticsRelease, Suspension

UNKNOWN: Final = "unknown"
# Years completed at which a band begins.
BANDS: Final = (20, 30, 40, 50, 60, 70, 80)
Shown = dict[Cell, int | None]


class StatisticsError(Exception):
    """The table cannot be released now; the message tells staff why."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a table.

    Args:
        persons_since: how many persons had a part in what changed since a moment; None where each person is one count.
    """

    table: Table
    persons_since: Callable[[datetime.datetime], int] | None = None


@dataclass(frozen=True, slots=True)
class TableKind:
    """A table that staff can release.

    Args:
        code: at most 40 characters, kept in the releases.
        title, note: lazy texts.
        rows_title: lazy text, the heading of the rows.
        rows, columns: code -> lazy text, in the order of display.
        count: counts at a moment, with at most this many in ``thin`` as the second argument says.
    """

    code: str
    title: Any
    note: Any
    rows_title: Any
    rows: dict[str, Any]
    columns: dict[str, Any]
    count: Callable[[datetime.datetime, int], Counted]


_kinds: dict[str, TableKind] = {}


def register(kind: TableKind) -> None:
    """Offer a table; modules ``statistics_tables`` of the apps do so when the apps are ready.

    Raises:
        ValueError: the code is taken, or longer than its column.
    """
    if kind.code in _kinds or len(kind.code) > 40:
        raise ValueError(f"The table {kind.code!r} is registered twice or its name is too long.")
    _kinds[kind.code] = kind


def kinds() -> dict[str, TableKind]:
    """Every table, in the order of registration."""
    return dict(_kinds)


def newest_releases() -> dict[str, StatisticsRelease]:
    """The newest release of each table, without what was counted. One statement."""
    rows = StatisticsRelease.objects.order_by("table", "-made_at", "-pk").distinct("table").defer("counted")
    return {row.table: row for row in rows}


# ------------------------------------------------------------------------------------------------------------- counting


def usable_customers(at: datetime.datetime) -> QuerySet[Customer]:
    """Whose data may be used for statistics at this moment, as the gate (:mod:`.gate`) would answer for each.

    Where the register has purposes for statistics, each of them must be allowed. Where it has none, statistics are no
    use of personal data that the policy would have to name; a stop of all use is kept all the same.
    """
    purposes = list(
        Purpose.objects.filter(active=True, statistical_only=True)
        .filter(Q(part_of=None) | Q(part_of__active=True))
        .order_by("pk")
    )
    stopped = {key for purpose in purposes for key in (purpose.pk, purpose.part_of_id) if key is not None}
    in_force = Suspension.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at),
        Q(purpose=None) | Q(purpose__in=stopped),
        customer=OuterRef("pk"),
        kind=Suspension.Kind.USE,
        begins_at__lte=at,
    )
    people = Customer.objects.filter(~Exists(in_force), status=Customer.Status.ACTIVE).order_by()
    for purpose in purposes:
        if purpose.needs_consent:
            newest = selectors.newest_consent(at, customer=OuterRef(OuterRef("pk")), purpose=purpose).values("pk")[:1]
            given = selectors.with_wording_state(Consent.objects.filter(pk=Subquery(newest)), at).filter(
                Q(valid_until=None) | Q(valid_until__gt=at), event=Consent.Event.GIVEN, outdated=False
            )
            people = people.filter(Exists(given))
    return people


def count_age_and_gender(at: datetime.datetime, minimum: int) -> Counted:
    """Customers by age band and gender. Two statements."""
    today = timezone.localdate(at)
    bands = [When(birth_date__lte=_years_before(today, years), then=Value(str(years))) for years in reversed(BANDS)]
    band = Case(
        When(Q(birth_date=None) | Q(birth_date__gt=today), then=Value(UNKNOWN)),
        *bands,
        default=Value("0"),
        output_field=CharField(),
    )
    rows = usable_customers(at).annotate(band=band).values_list("band", "gender").annotate(number=Count("pk"))
    counts: dict[Cell, int] = {}
    for code, gender, number in rows:
        cell = code, gender or UNKNOWN
        counts[cell] = counts.get(cell, 0) + number
    return Counted(Table(("0", *map(str, BANDS), UNKNOWN), (*_genders(), UNKNOWN), counts))


def count_prefectures(at: datetime.datetime, minimum: int) -> Counted:
    """Customers by prefecture. Two statements."""
    known = [*_kinds["prefecture"].rows]
    counts: dict[Cell, int] = {}
    for name, number in usable_customers(at).values_list("prefecture").annotate(number=Count("pk")):
        cell = name if name in known else UNKNOWN, TOTAL
        counts[cell] = counts.get(cell, 0) + number
    return Counted(Table(tuple(known), (), counts))


def _genders() -> tuple[str, ...]:
    return tuple(value for value in Customer.Gender.values if value)


def _years_before(day: datetime.date, years: int) -> datetime.date:
    """The last birthday of people who have completed so many years; on 29 February, where there is none, the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


# ------------------------------------------------------------------------------------------------------------ releasing


def release(*, table: str, actor: User, now: datetime.datetime) -> StatisticsRelease:
    """Count a table and freeze what may be shown of it.

    Raises:
        StatisticsError: too few persons at all, or too few of them have come, left or changed since an earlier release.
        KeyError: there is no such table.
    """
    kind = _kinds[table]
    minimum = settings.STATISTICS_MINIMUM
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two releases at once would not compare themselves with each other.
            cursor.execute(f"LOCK TABLE {StatisticsRelease._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        counted = kind.count(now, minimum)
        _check_distance(kind, counted, minimum)
        shown = disclosure_control.protect(counted.table, minimum=minimum)
        if shown is None:
            raise StatisticsError(
                _("人数が少なすぎるため、作れません。%(minimum)s人以上になってから作ってください。")
                % {"minimum": minimum}
            )
        made = StatisticsRelease.objects.create(
            table=kind.code,
            minimum=minimum,
            shown=[[*cell, value] for cell, value in shown.items()],
            counted=[[*cell, counted.table.counts.get(cell, 0)] for cell in counted.table.finest()],
            made_at=now,
            made_by=actor,
        )
        audit.record(action="statistics.released", actor=actor, obj=made)
    return made


def _check_distance(kind: TableKind, counted: Counted, minimum: int) -> None:
    """Every earlier release, not only the last one: who came may have left again, and one more have come instead."""
    last: datetime.datetime | None = None
    near = False
    for cells, earlier, made_at in StatisticsRelease.objects.filter(table=kind.code).values_list(
        "counted", "minimum", "made_at"
    ):
        before = Table(counted.table.rows, counted.table.columns, {(row, column): n for row, column, n in cells})
        near = near or disclosure_control.turnover(before, counted.table) < max(minimum, earlier)
        last = max(last or made_at, made_at)
    if last and counted.persons_since and counted.persons_since(last) < minimum:
        near = True
    if near:
        raise StatisticsError(
            _(
                "前に作った表との違いが%(minimum)s人に足りません。いま作ると、二つの表を比べて一人ひとりのことが"
                "分かるおそれがあります。変わった人が増えてから作ってください。"
            )
            % {"minimum": minimum}
        )


# -------------------------------------------------------------------------------------------------------------- reading


def shown_cells(made: StatisticsRelease) -> Shown:
    """The numbers of a release; None for what is left out."""
    return {(row, column): value for row, column, value in made.shown}


def lines(made: StatisticsRelease) -> list[tuple[str, str, list[int | None]]]:
    """The rows of a release in the order of display, the total last: code, words, numbers by column and the total."""
    kind = _kinds[made.table]
    cells = shown_cells(made)
    columns = [*kind.columns, TOTAL]
    rows = [(row, str(words)) for row, words in kind.rows.items()]
    return [
        (row, words, [cells.get((row, column)) for column in columns]) for row, words in [*rows, (TOTAL, _("合計"))]
    ]


def headings(made: StatisticsRelease) -> list[str]:
    """The headings of the columns, the rows' own first and the total's last."""
    kind = _kinds[made.table]
    return [str(kind.rows_title), *(str(words) for words in kind.columns.values()), _("合計")]


def export_csv(*, made: StatisticsRelease, actor: User) -> bytes:
    """A release as CSV in UTF-8 with a byte order mark, for spreadsheets. Recorded."""
    kind = _kinds[made.table]
    made_on = timezone.localdate(made.made_at).isoformat()
    rows = [[words, *numbers] for _code, words, numbers in lines(made)]
    text = spreadsheets.text([[kind.title, made_on], headings(made), *rows, [rule(made)]])
    audit.record(action="statistics.exported", actor=actor, obj=made)
    return f"{spreadsheets.MARK}{text}".encode()


def rule(made: StatisticsRelease) -> str:
    """What a reader of the table must know, in one text."""
    return _(
        "%(minimum)s単位で切り捨てた概数です。%(minimum)s未満の数と、ほかの数から計算できてしまう数は載せていません。"
    ) % {"minimum": made.minimum}
