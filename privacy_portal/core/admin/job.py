"""Long work and how far it is."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from .. import job_registry
from ..models import Job
from ..services import jobs
from .base import CountedChoiceFilter, ReadOnlyAdmin

State = Job.State
SHOWN_PROBLEMS = 200
# How often, in seconds, a page of work that is not finished asks again. By a header: it needs no script.
REFRESH_SECONDS = 3


class StateFilter(CountedChoiceFilter):
    title = _("状態")
    parameter_name = "state"


class KindFilter(admin.SimpleListFilter):
    title = _("種類")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return job_registry.kinds()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Read-only; a page of unfinished work refreshes itself."""

    list_display = ("created_at", "shown_kind", "shown_state", "progress", "problem_count", "started_by")
    list_display_links = ("created_at", "shown_kind")
    list_filter = (StateFilter, KindFilter)
    list_select_related = ("started_by",)
    ordering = ("-created_at",)
    change_form_outer_after_template = "admin/core/job/problems.html"

    class Media:
        css = {"all": ["core/progress.css"]}

    fieldsets = (
        (None, {"fields": ("shown_kind", "state_in_words", "progress", "shown_result", "error")}),
        (_("経過"), {"fields": ("started_by", "created_at", "started_at", "updated_at", "finished_at")}),
    )

    @display(description=_("種類"), ordering="kind")
    def shown_kind(self, job: Job) -> str:
        return job_registry.label(job.kind)

    @display(
        description=_("状態"),
        ordering="state",
        label={
            State.WAITING: "info",
            State.RUNNING: "info",
            State.DONE: "success",
            State.FAILED: "danger",
            "stalled": "warning",
        },
    )
    def shown_state(self, job: Job) -> tuple[str, str]:
        stalled = jobs.is_stalled(job, now=timezone.now())
        return "stalled" if stalled else job.state, self.state_in_words(job)

    @display(description=_("状態"))
    def state_in_words(self, job: Job) -> str:
        if jobs.is_stalled(job, now=timezone.now()):
            return str(_("止まっています"))
        return str(State(job.state).label)

    @display(description=_("進み"))
    def progress(self, job: Job) -> SafeString:
        return render_to_string("admin/core/job/progress.html", {"job": job, "kind": job_registry.label(job.kind)})

    @display(description=_("結果"), empty_value="—")
    def shown_result(self, job: Job) -> str | None:
        return " / ".join(f"{key}: {count}" for key, count in job.result.items()) or None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the first problems in words."""
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404
        problems = [
            {"line": one.line, "column": one.column, "reason": job_registry.problem_label(job.kind, one.code)}
            for one in job.problems.all()[:SHOWN_PROBLEMS]
        ]
        context = {**(extra_context or {}), "problems": problems, "more": max(0, job.problem_count - SHOWN_PROBLEMS)}
        response = super().change_view(request, object_id, form_url, context)
        if job.state in jobs.OPEN_STATES:
            response["Refresh"] = str(REFRESH_SECONDS)
        return response
