"""Statistics: make a table, look at it, print it, take it along as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import display

from privacy_portal.core.services import audit

from ..domain.disclosure_control import TOTAL
from ..models import StatisticsRelease
from ..services import statistics
from .base import ReadOnlyAdmin, admin_url

# The chart in its own coordinates: labels on the left, bars beside them.
_WIDTH, _LABELS, _ROW = 720, 260, 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the chart; ``number`` None is left out and has no bar."""

    label: str
    number: int | None
    y: int
    width: float


class TableFilter(admin.SimpleListFilter):
    """By table, in words."""

    title = _("表")
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, kind.title) for code, kind in statistics.kinds().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StatisticsRelease]) -> QuerySet[StatisticsRelease]:
        return queryset.filter(table=self.value()) if self.value() else queryset


@admin.register(StatisticsRelease)
class StatisticsReleaseAdmin(ReadOnlyAdmin):
    """What was released, newest first, with a button for each table above the list."""

    list_display = ("name", "made_at", "made_by", "minimum")
    list_filter = (TableFilter,)
    list_before_template = "admin/consent_app/statisticsrelease/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatisticsRelease]:
        rows: QuerySet[StatisticsRelease] = super().get_queryset(request)
        return rows.select_related("made_by").defer("counted")

    @display(description=_("表"), ordering="table")
    def name(self, made: StatisticsRelease) -> str:
        return _title(made)

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "make/<slug:table>/",
                self.admin_site.admin_view(require_POST(self.make_view)),
                name="consent_app_statisticsrelease_make",
            ),
            path(
                "<uuid:pk>/csv/",
                self.admin_site.admin_view(require_safe(self.csv_view)),
                name="consent_app_statisticsrelease_csv",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        newest = statistics.newest_releases()
        context = {
            "title": _("統計"),
            "may_make": self._may_make(request),
            "tables": [
                {"kind": kind, "newest": newest.get(code), "address": _address(newest.get(code))}
                for code, kind in statistics.kinds().items()
            ],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The table and its chart."""
        made = self._get(request, object_id)
        lines = statistics.lines(made)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _title(made),
            "made": made,
            "kind": statistics.kinds()[made.table],
            "headings": statistics.headings(made),
            "lines": lines,
            "rule": statistics.rule(made),
            "chart": _chart(lines),
        }
        return TemplateResponse(request, "admin/consent_app/statisticsrelease/page.html", context)

    def make_view(self, request: HttpRequest, table: str) -> HttpResponse:
        """Count a table anew and freeze what may be shown."""
        if not self._may_make(request):
            audit.record(action="statistics.denied", actor=request.user)
            raise PermissionDenied
        if table not in statistics.kinds():
            raise Http404
        try:
            made = statistics.release(table=table, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
        except statistics.StatisticsError as error:
            messages.error(request, str(error))
            return redirect("admin:consent_app_statisticsrelease_changelist")
        messages.success(request, _("作りました。この表はもう変わりません。"))
        return redirect(admin_url(made))

    def csv_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The table as a file; recorded."""
        made = self._get(request, str(pk))
        content = statistics.export_csv(made=made, actor=request.user)  # type: ignore[arg-type]
        response = HttpResponse(content, content_type="text/csv; charset=utf-8")
        name = f"{made.table}-{timezone.localdate(made.made_at).isoformat()}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _may_make(self, request: HttpRequest) -> bool:
        return request.user.has_perm("consent_app.add_statisticsrelease")

    def _get(self, request: HttpRequest, pk: str) -> StatisticsRelease:
        made: StatisticsRelease | None = self.get_object(request, pk)
        if made is None or made.table not in statistics.kinds():
            raise Http404
        if not self.has_view_permission(request, made):
            raise PermissionDenied
        return made


def _title(made: StatisticsRelease) -> str:
    kind = statistics.kinds().get(made.table)
    return str(kind.title) if kind else made.table


def _address(made: StatisticsRelease | None) -> str:
    return reverse("admin:consent_app_statisticsrelease_change", args=[made.pk]) if made else ""


def _chart(lines: list[tuple[str, str, list[int | None]]]) -> dict[str, Any]:
    """The totals of the rows as bars."""
    rows = [(words, numbers[-1]) for code, words, numbers in lines if code != TOTAL]
    highest = max([1, *(number for _words, number in rows if number is not None)])
    room = _WIDTH - _LABELS - 80
    bars = [
        Bar(label=words, number=number, y=index * _ROW, width=round((number or 0) / highest * room, 1))
        for index, (words, number) in enumerate(rows)
    ]
    return {"bars": bars, "width": _WIDTH, "height": len(bars) * _ROW, "labels": _LABELS}
