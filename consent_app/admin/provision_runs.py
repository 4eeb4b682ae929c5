"""Recording provisions and receipts: choose persons, look at what would happen, say yes; giving a file out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.models import EncryptedFile, Job
from privacy_portal.core.services import audit, files, jobs

from .. import selectors
from ..domain.masking import masked_name, masked_telephone
from ..domain.provision_file import COLUMNS
from ..domain.provisions import EXEMPTIONS
from ..models import Customer, Provision, ProvisionRun, ReceivedProvision
from ..services import exports, imports, provision_runs
from .exports import second_person
from .provision_forms import FORMS, RunForm, fieldsets_of

Kind = ProvisionRun.Kind
# How often, in seconds, the page of unfinished work asks again. By a header: it needs no script.
_REFRESH = 3
_GROUPS_SHOWN = 50
_WORDS_LENGTH = 100


@admin.register(ProvisionRun)
class ProvisionRunAdmin(OfferedLookups, ModelAdmin):
    """Adding is choosing persons and saying what is recorded; the page of a run leads through its steps."""

    list_display = ("created_at", "kind", "party", "shown_state", "records", "shown_result", "created_by")
    list_filter = ("kind",)
    list_per_page = 25
    list_fullwidth = True
    actions = None
    ordering = ("-created_at",)
    add_form_template = "admin/consent_app/provisionrun/add_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProvisionRun]:
        rows: QuerySet[ProvisionRun] = super().get_queryset(request)
        return rows.select_related("trial", "job", "created_by", "upload", "report", "output")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    # ------------------------------------------------------------------------------------------------------------ list

    @display(
        description=_("状態"),
        label={
            "checking": "info",
            "ready": "warning",
            "recording": "info",
            "done": "success",
            "failed": "danger",
            "given_up": "",
        },
    )
    def shown_state(self, run: ProvisionRun) -> tuple[str, str]:
        state = _state(run)
        return state, str(_STATES[state])

    @display(description=_("結果"), empty_value="—")
    def shown_result(self, run: ProvisionRun) -> str | None:
        labels = count_labels(run.kind)
        shown = [f"{labels[name]} {count}" for name, count in run.counts.items() if count and name in labels]
        return " / ".join(shown) or None

    # ----------------------------------------------------------------------------------------------------------- begin

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return FORMS[_kind(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return fieldsets_of(_kind(request))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form. Looking for customers shows it again with those found, and keeps what was typed."""
        kind = _kind(request)
        if kind == Kind.EXPORT and not _may_export(request):
            audit.record(action="provisions.denied", actor=_actor(request))
            raise PermissionDenied
        english = (get_language() or "ja").startswith("en")
        context = {
            "title": _TITLES[kind],
            "kind": kind,
            "kinds": [(one, _TITLES[one]) for one in FORMS if one != Kind.EXPORT or _may_export(request)],
            "columns": [names[-1 if english else 0] for names in COLUMNS.values()],
            "exemptions": EXEMPTIONS,
            "words_length": _WORDS_LENGTH,
            "chosen": request.POST.getlist("chosen"),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        if request.method == "POST" and "find" in request.POST and self.has_add_permission(request):
            context |= self._found(request)
            # The form is shown with what was typed, and judged only when it is sent to be looked through.
            request.method = "GET"
        return super().add_view(request, form_url, {**context, **(extra_context or {})})

    def _found(self, request: HttpRequest) -> dict[str, Any]:
        words = request.POST.get("words", "").strip()[:_WORDS_LENGTH]
        found = selectors.customers_found(Customer.objects.order_by("pk"), words) if words else Customer.objects.none()
        rows = [
            {"key": str(row.pk), "name": masked_name(row.full_name), "telephone": masked_telephone(row.telephone)}
            for row in found
        ]
        detail = {"found": len(rows)}
        audit.record(action="provisions.people_found", actor=_actor(request), detail=detail)
        return {"words": words, "found": rows, "searched": bool(words)}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What was typed before the search, with those who were ticked; or the customer whose page led here."""
        if not request.POST:
            return {"references": request.GET.get("customer", "")[:36]}
        initial: dict[str, Any] = {name: request.POST.get(name, "") for name in FORMS[_kind(request)].base_fields}
        initial["items"] = request.POST.getlist("items")
        lines = [initial["references"].strip(), *request.POST.getlist("chosen")]
        initial["references"] = "\n".join(line for line in lines if line)
        return initial

    def save_model(self, request: HttpRequest, obj: ProvisionRun, form: RunForm, change: bool) -> None:
        run = provision_runs.upload(
            content=form.cleaned_data["content"], kind=_kind(request), common=form.common(), actor=_actor(request)
        )
        obj.pk = run.pk
        obj.refresh_from_db()
        obj._state.adding = False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it."""

    def response_add(
        self, request: HttpRequest, obj: ProvisionRun, post_url_continue: str | None = None
    ) -> HttpResponse:
        if obj.upload is not None and obj.upload.size < provision_runs.AT_ONCE * 40:
            # A short list is looked through while the page waits; the worker then finds nothing to do.
            provision_runs.try_out(run=obj, now=timezone.now())
        return redirect(_address(obj))

    # ------------------------------------------------------------------------------------------------- the page of one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where the run stands and what can be done next."""
        run = self._get(request, object_id)
        job = run.job or run.trial
        state = _state(run)
        labels = count_labels(run.kind)
        context = {
            **self.admin_site.each_context(request),
            "title": str(run),
            "opts": self.opts,
            "run": run,
            "job": job,
            "state": state,
            "state_label": _STATES[state],
            "may_record": self._may_record(request, run),
            "counts": [(label, job.result[name]) for name, label in labels.items() if name in job.result]
            if job
            else [],
            "groups": imports.problem_groups(job=job, limit=_GROUPS_SHOWN) if job else [],
            "stalled": job is not None and jobs.is_stalled(job, now=timezone.now()),
            "ledger": _ledger_address(run),
            "refused_ledger": reverse("admin:consent_app_refusedprovision_changelist"),
            "output": run.output if _may_export(request) else None,
        }
        response = TemplateResponse(request, "admin/consent_app/provisionrun/page.html", context)
        if state in ("checking", "recording"):
            response["Refresh"] = str(_REFRESH)
        return response

    def _get(self, request: HttpRequest, object_id: str) -> ProvisionRun:
        run: ProvisionRun | None = self.get_object(request, object_id)
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run

    def _may_record(self, request: HttpRequest, run: ProvisionRun) -> bool:
        return self.has_add_permission(request) and (run.kind != Kind.EXPORT or _may_export(request))

    # --------------------------------------------------------------------------------------------------------- actions

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> URLPattern:
            return path(f"<uuid:pk>/{name}/", self.admin_site.admin_view(view), name=f"consent_app_provisionrun_{name}")

        return [
            named("start", require_POST(self.start_view)),
            named("give-up", require_POST(self.give_up_view)),
            named("take", require_POST(self.take_view)),
            named("report", self.report_view),
            *super().get_urls(),
        ]

    def _require(self, request: HttpRequest, run: ProvisionRun) -> None:
        if not self._may_record(request, run):
            audit.record(action="provisions.denied", actor=_actor(request), obj=run)
            raise PermissionDenied

    def start_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Record what was looked through, if somebody confirmed it."""
        run = self._get(request, str(pk))
        self._require(request, run)
        if not request.POST.get("confirmed"):
            messages.error(request, _("内容を確かめて、チェックを入れてください。"))
            return redirect(_address(run))
        try:
            provision_runs.start(run=run, actor=_actor(request))
        except provision_runs.NotReady:
            messages.warning(request, _("この記録は、もう始まっているか、取りやめられています。"))
            return redirect(_address(run))
        if run.records <= provision_runs.AT_ONCE:
            provision_runs.run(run=self._get(request, str(pk)), now=timezone.now())
        return redirect(_address(run))

    def give_up_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Drop the list."""
        run = self._get(request, str(pk))
        self._require(request, run)
        try:
            provision_runs.give_up(run=run, actor=_actor(request))
        except provision_runs.NotReady:
            messages.warning(request, _("この記録は、もう始まっています。"))
        return redirect(_address(run))

    def report_view(self, request: HttpRequest, pk: Any) -> StreamingHttpResponse:
        """The list of problems, decrypted while it is sent."""
        run = self._get(request, str(pk))
        self._require(request, run)
        if run.report is None or run.report.erased_at:
            raise Http404
        audit.record(action="provisions.reported", actor=_actor(request), obj=run)
        return _download(run.report)

    def take_view(self, request: HttpRequest, pk: Any) -> Any:
        """The file for the recipient, if everybody in it may still be given."""
        run = self._get(request, str(pk))
        self._require(request, run)
        if not _may_export(request):
            audit.record(action="provisions.denied", actor=_actor(request), obj=run)
            raise PermissionDenied
        try:
            file = provision_runs.take(run=run, actor=_actor(request), now=timezone.now())
        except exports.NeedsSecondPerson as needed:
            return second_person(request, needed)
        except provision_runs.NotReady:
            raise Http404 from None
        except provision_runs.Stopped as stopped:
            messages.error(
                request,
                _(
                    "ファイルを作ったあとで同意の取下げや停止などがあった人が%(people)s人います。"
                    "ファイルは消去しました。もう一度作ってください。"
                )
                % {"people": stopped.people},
            )
            return redirect(_address(run))
        return _download(file)


_TITLES: dict[str, Any] = {
    Kind.NOW: _("これから渡す提供を記録する"),
    Kind.ALREADY: _("すでに渡した提供を記録する"),
    Kind.EXPORT: _("渡すデータのファイルを作る"),
    Kind.RECEIVED: _("受け取ったことを記録する"),
}
_STATES = {
    "checking": _("確認中"),
    "ready": _("開始待ち"),
    "recording": _("記録中"),
    "done": _("完了"),
    "failed": _("失敗"),
    "given_up": _("取りやめ"),
}


def count_labels(kind: str) -> dict[str, Any]:
    """The counts of a run, in the order in which they are shown."""
    refused = _("渡してはならない（断られた提供として残す）")
    if kind == Kind.RECEIVED:
        refused = _("同意がないため記録しない")
    labels: dict[str, Any] = {"recorded": _("記録する"), "flagged": _("そのうち問題のある提供"), "refused": refused}
    if kind != Kind.ALREADY:
        labels.pop("flagged")
    return {**labels, "unchanged": _("もう記録されている"), "rejected": _("記録できない行")}


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("kind", Kind.NOW)
    return str(kind) if kind in FORMS else str(Kind.NOW)


def _state(run: ProvisionRun) -> str:
    job = run.job or run.trial
    if run.given_up_at:
        return "given_up"
    if job is None or job.state == Job.State.FAILED:
        return "failed"
    if run.job is None:
        return "ready" if job.state == Job.State.DONE else "checking"
    return "done" if job.state == Job.State.DONE else "recording"


def _may_export(request: HttpRequest) -> bool:
    return request.user.has_perm("consent_app.export_provisionrun")


def _ledger_address(run: ProvisionRun) -> str:
    model = ReceivedProvision if run.kind == Kind.RECEIVED else Provision
    return reverse(f"admin:consent_app_{model._meta.model_name}_changelist")


def _download(file: EncryptedFile) -> StreamingHttpResponse:
    response = StreamingHttpResponse(files.open_stream(file), content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Cache-Control"] = "no-store"
    return response


def _actor(request: HttpRequest) -> Any:
    return request.user


def _address(run: ProvisionRun) -> str:
    return reverse("admin:consent_app_provisionrun_change", args=[run.pk])
