"""The page of a file of rows, which leads through its steps: look at what would happen, say yes, watch it, report."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from privacy_portal.core import downloads
from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.services import audit, files, jobs

from ..models.file_run import FileRun
from ..services import file_runs, imports
from .base import admin_url
from .persons import staff

# How often, in seconds, the page of unfinished work asks again. By a header: it needs no script.
_REFRESH = 3
_GROUPS_SHOWN = 50
_UNFINISHED = FileRun.State.CHECKING, FileRun.State.RUNNING


class FileRunAdmin(OfferedLookups, ModelAdmin):
    """Adding is handing the file in; nothing of it is changed by a form afterwards."""

    list_per_page = 25
    list_fullwidth = True
    actions = None
    ordering = ("-created_at",)
    # The template of one run's page, below templates/admin/consent_app/; what the audit trail is told of.
    page: ClassVar[str]
    denied_action: ClassVar[str]
    reported_action: ClassVar[str]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("trial", "job", "created_by", "upload", "report")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def may_work(self, request: HttpRequest, run: Any) -> bool:
        """Whether this member of staff may begin, drop and read the problems of this file."""
        return self.has_add_permission(request)

    def count_labels(self, run: Any) -> dict[str, Any]:
        """The counts of a run, in the order in which they are shown."""
        raise NotImplementedError

    @display(
        description=_("状態"),
        label={
            "checking": "info",
            "ready": "warning",
            "running": "info",
            "done": "success",
            "failed": "danger",
            "given_up": "",
        },
    )
    def shown_state(self, run: FileRun) -> tuple[str, str]:
        return run.state, str(run.state.label)

    # ------------------------------------------------------------------------------------------------- the page of one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where the file stands and what can be done next."""
        run = self.get_run(request, object_id)
        job = run.job or run.trial
        labels = self.count_labels(run)
        context = {
            **self.admin_site.each_context(request),
            "title": str(run),
            "opts": self.opts,
            "run": run,
            "job": job,
            "may_work": self.may_work(request, run),
            "counts": [(label, job.result[name]) for name, label in labels.items() if job and name in job.result],
            "groups": imports.problem_groups(job=job, limit=_GROUPS_SHOWN) if job else [],
            "stalled": job is not None and jobs.is_stalled(job, now=timezone.now()),
            **{
                f"{name}_url": f"admin:consent_app_{self.opts.model_name}_{name}" for name in ("add", "start", "report")
            },
            "give_up_url": f"admin:consent_app_{self.opts.model_name}_give-up",
            **(extra_context or {}),
        }
        response = TemplateResponse(request, f"admin/consent_app/{self.page}", context)
        if run.state in _UNFINISHED:
            response["Refresh"] = str(_REFRESH)
        return response

    def _url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:consent_app_{self.opts.model_name}_{name}", args=args)

    def get_run(self, request: HttpRequest, object_id: str) -> Any:
        """The run, for whoever may see it.

        Raises:
            Http404, PermissionDenied: there is none, or not for this member of staff.
        """
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run

    def get_run_to_work(self, request: HttpRequest, pk: Any) -> Any:
        """The run, for whoever may work on it; a refusal is recorded.

        Raises:
            Http404, PermissionDenied: there is none, or not for this member of staff.
        """
        run = self.get_run(request, str(pk))
        if not self.may_work(request, run):
            audit.record(action=self.denied_action, actor=staff(request), obj=run)
            raise PermissionDenied
        return run

    # --------------------------------------------------------------------------------------------------------- actions

    def named(self, name: str, view: Any) -> URLPattern:
        """The address of one action on one run."""
        return path(
            f"<uuid:pk>/{name}/", self.admin_site.admin_view(view), name=f"consent_app_{self.opts.model_name}_{name}"
        )

    def get_urls(self) -> list[URLPattern]:
        return [
            self.named("start", require_POST(self.start_view)),
            self.named("give-up", require_POST(self.give_up_view)),
            self.named("report", self.report_view),
            *super().get_urls(),
        ]

    def start_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Have done what was looked through, if somebody confirmed it."""
        run = self.get_run_to_work(request, pk)
        if not request.POST.get("confirmed"):
            messages.error(request, _("内容を確かめて、チェックを入れてください。"))
            return redirect(admin_url(run))
        try:
            file_runs.start(run=run, actor=staff(request))
        except file_runs.NotReady:
            messages.warning(request, _("もう始まっているか、取りやめられています。"))
        else:
            self.started(run)
        return redirect(admin_url(run))

    def started(self, run: Any) -> None:
        """What may be done while the page waits; a worker has been told already."""

    def give_up_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Drop the upload."""
        run = self.get_run_to_work(request, pk)
        try:
            file_runs.give_up(run=run, actor=staff(request))
        except file_runs.NotReady:
            messages.warning(request, _("もう始まっています。"))
        return redirect(admin_url(run))

    def report_view(self, request: HttpRequest, pk: Any) -> StreamingHttpResponse:
        """The list of problems, decrypted while it is sent."""
        run = self.get_run_to_work(request, pk)
        if run.report is None or run.report.erased_at:
            raise Http404
        audit.record(action=self.reported_action, actor=staff(request), obj=run)
        return downloads.attachment(
            files.open_stream(run.report), name=run.report.name, content_type=run.report.content_type
        )
