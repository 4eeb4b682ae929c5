"""The filters of the queue, each choice with its number: all of them from one statement.

Whoever opens everything that ever ended gets numbers that were counted as far as pages can be turned, with a plus.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.admin.base import CappedPaginator
from privacy_portal.core.models import User

from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import OPEN_STATUSES, WAITING_FOR_PERSON, Status
from ..models import DisclosureRequest
from .steps import WAITS_FOR

ME, NOBODY = "me", "nobody"
_COLUMNS = ("request_type", "status", "channel", "assigned_to", "due_in")
DUE = {
    "overdue": _("目標を過ぎた"),
    "today": _("今日"),
    "week": _("7日以内"),
    "later": _("8日以上先"),
    "still": _("止まっている・終わった"),
}
WAITS = {"staff": _("担当者"), "person": _("本人"), "system": _("システム"), "nobody": _("なし")}


@cache
def waits_for(status: str) -> str:
    """Whom a case in this status waits for, as a code of ``WAITS``; kept, because the words are compared to know it."""
    words = WAITS_FOR[Status(status)]
    return next(code for code, one in WAITS.items() if one == words)


def due_case(today: date) -> Case:
    """When a case is due; what waits for the person and what has ended is not."""
    running = Q(status__in=OPEN_STATUSES - WAITING_FOR_PERSON)
    return Case(
        When(~running, then=Value("still")),
        When(target_on__lt=today, then=Value("overdue")),
        When(target_on=today, then=Value("today")),
        When(target_on__lte=today + timedelta(days=7), then=Value("week")),
        default=Value("later"),
        output_field=CharField(),
    )


class QueuePaginator(CappedPaginator):
    """As far as anybody turns pages. Nobody has so many open cases; the ended ones are searched for."""

    LIMIT = 5_000


class CountedFilter(admin.SimpleListFilter):
    """One filter; ``matches`` says for a group of cases what ``queryset`` says for rows."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        self.user = request.user
        return [("", "")]

    def has_output(self) -> bool:
        return True

    def labels(self, groups: list[dict[str, Any]]) -> dict[str, Any]:
        """Code of each choice -> its words."""
        raise NotImplementedError

    def matches(self, value: str, group: dict[str, Any]) -> bool:
        """Whether the cases of a group are among those of the choice."""
        raise NotImplementedError

    def condition(self, value: str) -> Q:
        """The same for the database."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(self.condition(value)) if value else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        groups, more = groups_of(changelist)
        others = [spec for spec in changelist.filter_specs if isinstance(spec, CountedFilter) and spec is not self]
        rest = [group for group in groups if all(_holds(spec, group) for spec in others)]
        chosen = self.value() or ""
        yield {
            "selected": not chosen,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": f"{_('すべて')} ({sum(group['number'] for group in rest)}{more})",
        }
        for value, label in self.labels(groups).items():
            number = sum(group["number"] for group in rest if self.matches(value, group))
            if number or more or value == chosen:
                yield {
                    "selected": value == chosen,
                    "query_string": changelist.get_query_string({self.parameter_name: value}),
                    "display": f"{label} ({number}{more})",
                }


def _holds(spec: CountedFilter, group: dict[str, Any]) -> bool:
    value = spec.value()
    return not value or spec.matches(value, group)


class Groups(NamedTuple):
    """Cases counted in groups; ``more`` is a plus where not all of them were counted."""

    rows: list[dict[str, Any]]
    more: str


def groups_of(changelist: Any) -> Groups:
    """The cases of the list before these filters, counted in groups; asked once for a page."""
    found: Groups | None = getattr(changelist, "_groups", None)
    if found is None:
        rows = changelist.root_queryset
        for spec in changelist.filter_specs:
            if not isinstance(spec, CountedFilter):
                rows = spec.queryset(changelist.request, rows)
        counted = rows.prefetch_related(None).annotate(due_in=due_case(timezone.localdate())).values_list(*_COLUMNS)
        # In the order of the list, which an index knows, so that nothing is read beyond the limit.
        groups = _counted(counted[: QueuePaginator.LIMIT])
        total = sum(group["number"] for group in groups)
        found = changelist._groups = Groups(groups, "+" if total >= QueuePaginator.LIMIT else "")
    return found


def _counted(rows: QuerySet[Any, Any]) -> list[dict[str, Any]]:
    """How many of the rows are alike, in one statement; Django does not group what is cut off."""
    try:
        query, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    names = ", ".join(f"c{number}" for number in range(len(_COLUMNS)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {names}, COUNT(*) FROM ({query}) AS counted ({names}) GROUP BY {names}",  # noqa: S608, names of our own, and a statement whose values are parameters  # nosec B608
            values,
        )
        return [dict(zip((*_COLUMNS, "number"), row, strict=True)) for row in cursor.fetchall()]


class TypeFilter(CountedFilter):
    """The kind of request."""

    title = _("種類")
    parameter_name = "type"

    def labels(self, groups: list[dict[str, Any]]) -> dict[str, Any]:
        return {code: entry.name for code, entry in REQUEST_TYPES.items()}

    def matches(self, value: str, group: dict[str, Any]) -> bool:
        return bool(group["request_type"] == value)

    def condition(self, value: str) -> Q:
        return Q(request_type=value)


class StatusFilter(CountedFilter):
    """Where it stands."""

    title = _("状態")
    parameter_name = "status"

    def labels(self, groups: list[dict[str, Any]]) -> dict[str, Any]:
        return dict(Status.choices)

    def matches(self, value: str, group: dict[str, Any]) -> bool:
        return bool(group["status"] == value)

    def condition(self, value: str) -> Q:
        return Q(status=value)


class DueFilter(CountedFilter):
    """When it should be answered."""

    title = _("社内目標")
    parameter_name = "due"

    def labels(self, groups: list[dict[str, Any]]) -> dict[str, Any]:
        return DUE

    def matches(self, value: str, group: dict[str, Any]) -> bool:
        return bool(group["due_in"] == value)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.alias(due_in=due_case(timezone.localdate())).filter(due_in=value) if value else queryset


class WaitsFilter(CountedFilter):
    """Who has to do something."""

    title = _("待っている相手")
    parameter_name = "waits"

    def labels(self, groups: list[dict[str, Any]]) -> dict[str, Any]:
        return WAITS

    def matches(self, value: str, group: dict[str, Any]) -> bool:
        return waits_for(group["status"]) == value

    def condition(self, value: str) -> Q:
        return Q(status__in=[status for status in Status.values if waits_for(status) == value])


class ChannelFilter(CountedFilter):
    """How it came."""

    title = _("受付方法")
    parameter_name = "channel"

    def labels(self, groups: list[dict[str, Any]]) -> dict[str, Any]:
        return dict(DisclosureRequest.Channel.choices)

    def matches(self, value: str, group: dict[str, Any]) -> bool:
        return bool(group["channel"] == value)

    def condition(self, value: str) -> Q:
        return Q(channel=value)


class AssignedFilter(CountedFilter):
    """Who looks after it. The numbers are everybody's load."""

    title = _("担当者")
    parameter_name = "assigned"

    def labels(self, groups: list[dict[str, Any]]) -> dict[str, Any]:
        keys = {group["assigned_to"] for group in groups} - {None, self.user.pk}
        others = sorted(User.objects.filter(pk__in=keys), key=str)
        return {ME: _("自分"), NOBODY: _("担当者未定"), **{str(user.pk): user for user in others}}

    def matches(self, value: str, group: dict[str, Any]) -> bool:
        return bool(self._is(value)(group["assigned_to"]))

    def condition(self, value: str) -> Q:
        if value == ME:
            return Q(assigned_to=self.user.pk)
        return Q(assigned_to=None) if value == NOBODY else Q(assigned_to__in=_keys(value))

    def _is(self, value: str) -> Callable[[Any], bool]:
        if value == ME:
            return lambda key: key == self.user.pk
        return lambda key: (str(key) if key else NOBODY) == value


def _keys(value: str) -> list[uuid.UUID]:
    """The key of an account; none for what is no key, which somebody typed into the address."""
    try:
        return [uuid.UUID(value)]
    except ValueError:
        return []


QUEUE_FILTERS = (TypeFilter, StatusFilter, DueFilter, WaitsFilter, ChannelFilter, AssignedFilter)
