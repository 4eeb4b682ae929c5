"""Counting requests for the statistics; protecting and releasing are the registers' (consent_app.services)."""

from __future__ import annotations

import datetime
from typing import Final

from django.db import connection
from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce

from consent_app.domain.disclosure_control import TOTAL, Cell, Table
from consent_app.domain.request_words import REQUEST_WORDS
from consent_app.services.statistics import Counted, usable_customers

from ..domain.transitions import Status
from ..models import Decision, DisclosureRequest

WITHDRAWN: Final = "withdrawn"
SILENT: Final = "silent"
OPEN: Final = "open"
# Of a case that was erased nobody knows whose it was: only the last one of a person counts as a person.
ERASED: Final = """
    SELECT request_type, CASE WHEN outcome <> '' THEN outcome WHEN ended_as = 'withdrawn' THEN %s ELSE %s END,
           CASE WHEN last_of_person THEN id::text END
    FROM requests_app_requestremains WHERE request_type = ANY(%s)
"""


def count_requests(at: datetime.datetime, minimum: int) -> Counted:
    """Requests by type and outcome in force, those that were erased included.

    Two statements, and one more to compare with an earlier release.

    One person can make many requests. So a cell counts as too small, too, where fewer persons than ``minimum`` are
    behind it; distinct persons do not add up, which is why the database counts them for each total by itself.
    """
    sql, parameters = _requests(at).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT kind, answer, COUNT(*), COUNT(DISTINCT person), GROUPING(kind), GROUPING(answer)
            FROM ({sql} UNION ALL {ERASED}) AS counted (kind, answer, person) GROUP BY CUBE (kind, answer)
            """,  # noqa: S608, made by Django  # nosec B608
            [*parameters, WITHDRAWN, SILENT, list(REQUEST_WORDS)],
        )
        found = cursor.fetchall()
    counts: dict[Cell, int] = {}
    thin: set[Cell] = set()
    for kind, answer, number, persons, all_kinds, all_answers in found:
        cell = TOTAL if all_kinds else kind, TOTAL if all_answers else answer
        if persons < minimum:
            thin.add(cell)
        if TOTAL not in cell:
            counts[cell] = number
    table = Table(tuple(REQUEST_WORDS), (*Decision.Outcome.values, WITHDRAWN, SILENT, OPEN), counts, frozenset(thin))
    return Counted(table, persons_since=lambda since: _persons_since(since, at))


def _requests(at: datetime.datetime) -> QuerySet[DisclosureRequest, tuple[str, str, str]]:
    in_force = Decision.objects.filter(request=OuterRef("pk"), superseded_at=None).values("outcome")[:1]
    without = Case(
        When(status=Status.WITHDRAWN, then=Value(WITHDRAWN)),
        When(status=Status.CLOSED, then=Value(SILENT)),
        default=Value(OPEN),
        output_field=CharField(),
    )
    return (
        DisclosureRequest.objects.filter(Q(customer=None) | Q(customer__in=usable_customers(at).values("pk")))
        .filter(request_type__in=REQUEST_WORDS)
        .order_by()
        .annotate(answer=Coalesce(Subquery(in_force), without), person=_person())
        .values_list("request_type", "answer", "person")
    )


def _person() -> Coalesce:
    """Who is behind a request: the customer, else the account, else nobody knows and each request counts as one."""
    return Coalesce(Cast("customer_id", CharField()), Cast("applicant_id", CharField()), Cast("pk", CharField()))


def _persons_since(since: datetime.datetime, at: datetime.datetime) -> int:
    changed = DisclosureRequest.objects.filter(Q(received_at__gt=since) | Q(status_changed_at__gt=since))
    return changed.filter(received_at__lte=at).aggregate(persons=Count(_person(), distinct=True))["persons"]
