"""Importing customers: upload, see what would happen, say yes, watch it, take the list of problems away."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
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
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.models import Job
from privacy_portal.core.services import audit, files, jobs

from ..domain.formats import FORMATS, FileProblem, SourceRow
from ..models import ImportBatch
from ..services import imports
from ..services.import_texts import count_labels, file_problem_text
from .refusing import RefusingModelForm

# How often, in seconds, the page of unfinished work asks again. By a header: it needs no script.
_REFRESH = 3
_GROUPS_SHOWN = 50


class UploadForm(RefusingModelForm):
    """A file and, if it cannot be found out, its format."""

    file = forms.FileField(
        label=_("CSVファイル"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("カートから書き出したままのCSVを選んでください。文字コードは自動で分かります。"),
    )
    wanted = forms.ChoiceField(
        label=_("形式"),
        required=False,
        choices=[("", _("自動で判別する")), *((code, known.title) for code, known in FORMATS.items())],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = ImportBatch
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        upload: UploadedFile | None = cleaned.get("file")
        if upload is not None:
            try:
                imports.check(content=cast(BinaryIO, upload), wanted=cleaned.get("wanted", ""))
            except FileProblem as problem:
                raise ValidationError({"file": file_problem_text(problem)}) from None
        return cleaned


@admin.register(ImportBatch)
class ImportBatchAdmin(OfferedLookups, ModelAdmin):
    """Adding is uploading; the page of an import leads through its steps."""

    form = UploadForm
    fields = ("file", "wanted")
    list_display = ("created_at", "format", "shown_state", "shown_progress", "records", "shown_problems", "created_by")
    list_filter = ("format",)
    list_select_related = ("trial", "job", "created_by")
    list_per_page = 25
    list_fullwidth = True
    actions = None
    ordering = ("-created_at",)
    add_form_template = "admin/consent_app/importbatch/add_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportBatch]:
        rows: QuerySet[ImportBatch] = super().get_queryset(request)
        return rows.select_related("trial", "job", "created_by", "upload", "report")

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
            "importing": "info",
            "done": "success",
            "failed": "danger",
            "given_up": "",
        },
    )
    def shown_state(self, batch: ImportBatch) -> tuple[str, str]:
        state = _state(batch)
        return state, str(_STATES[state])

    @display(description=_("進み"))
    def shown_progress(self, batch: ImportBatch) -> str:
        job = batch.job or batch.trial
        percent = job.percent if job else None
        return "—" if percent is None else f"{percent}%"

    @display(description=_("問題"))
    def shown_problems(self, batch: ImportBatch) -> int:
        job = batch.job or batch.trial
        return job.problem_count if job else 0

    # ---------------------------------------------------------------------------------------------------------- upload

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": _("顧客データを取り込む"),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().add_view(request, form_url, {**context, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: ImportBatch, form: UploadForm, change: bool) -> None:
        batch = imports.upload(
            content=form.cleaned_data["file"], wanted=form.cleaned_data["wanted"], actor=_actor(request)
        )
        obj.pk = batch.pk
        obj.refresh_from_db()
        obj._state.adding = False

    def response_add(
        self, request: HttpRequest, obj: ImportBatch, post_url_continue: str | None = None
    ) -> HttpResponse:
        return redirect(_address(obj))

    # ------------------------------------------------------------------------------------------------ the page of one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where the import stands and what can be done next. A look at the first rows is recorded."""
        batch = self._get(request, object_id)
        job = batch.job or batch.trial
        state = _state(batch)
        may_import = self.has_add_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "title": str(batch),
            "opts": self.opts,
            "batch": batch,
            "job": job,
            "state": state,
            "state_label": _STATES[state],
            "may_import": may_import,
            "counts": [(label, job.result[name]) for name, label in count_labels().items() if name in job.result]
            if job
            else [],
            "groups": imports.problem_groups(job=job, limit=_GROUPS_SHOWN) if job else [],
            "columns": _PREVIEW,
            "preview": self._preview(request, batch) if may_import and "rows" in request.GET else None,
            "stalled": job is not None and jobs.is_stalled(job, now=timezone.now()),
        }
        response = TemplateResponse(request, "admin/consent_app/importbatch/page.html", context)
        if state in ("checking", "importing"):
            response["Refresh"] = str(_REFRESH)
        return response

    def _preview(self, request: HttpRequest, batch: ImportBatch) -> list[list[str]] | None:
        try:
            rows = imports.preview(batch=batch, actor=_actor(request))
        except imports.NotReady:
            return None
        return [_cells(row) for row in rows]

    def _get(self, request: HttpRequest, object_id: str) -> ImportBatch:
        batch: ImportBatch | None = self.get_object(request, object_id)
        if batch is None:
            raise Http404
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        return batch

    # --------------------------------------------------------------------------------------------------------- actions

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> URLPattern:
            return path(f"<uuid:pk>/{name}/", self.admin_site.admin_view(view), name=f"consent_app_importbatch_{name}")

        return [
            named("start", require_POST(self.start_view)),
            named("give-up", require_POST(self.give_up_view)),
            named("report", self.report_view),
            *super().get_urls(),
        ]

    def _require_import(self, request: HttpRequest, batch: ImportBatch) -> None:
        if not self.has_add_permission(request):
            audit.record(action="customers.import_denied", actor=_actor(request), obj=batch)
            raise PermissionDenied

    def start_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Import what was looked through, if somebody confirmed it."""
        batch = self._get(request, str(pk))
        self._require_import(request, batch)
        if not request.POST.get("confirmed"):
            messages.error(request, _("内容を確かめて、チェックを入れてください。"))
            return redirect(_address(batch))
        try:
            imports.start(batch=batch, actor=_actor(request))
        except imports.NotReady:
            messages.warning(request, _("この取込は、もう始まっているか、取りやめられています。"))
        return redirect(_address(batch))

    def give_up_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Drop the upload."""
        batch = self._get(request, str(pk))
        self._require_import(request, batch)
        try:
            imports.give_up(batch=batch, actor=_actor(request))
        except imports.NotReady:
            messages.warning(request, _("この取込は、もう始まっています。"))
        return redirect(_address(batch))

    def report_view(self, request: HttpRequest, pk: Any) -> StreamingHttpResponse:
        """The list of problems, decrypted while it is sent."""
        batch = self._get(request, str(pk))
        self._require_import(request, batch)
        if batch.report is None or batch.report.erased_at:
            raise Http404
        audit.record(action="customers.import_reported", actor=_actor(request), obj=batch)
        response = StreamingHttpResponse(files.open_stream(batch.report), content_type=batch.report.content_type)
        response["Content-Disposition"] = f'attachment; filename="{batch.report.name}"'
        response["Cache-Control"] = "no-store"
        return response


_STATES = {
    "checking": _("確認中"),
    "ready": _("開始待ち"),
    "importing": _("取込中"),
    "done": _("完了"),
    "failed": _("失敗"),
    "given_up": _("取りやめ"),
}
_PREVIEW = (
    _("行"),
    _("ID"),
    _("氏名"),
    _("郵便番号"),
    _("住所"),
    _("電話番号"),
    _("メールアドレス"),
    _("生年月日"),
)


def _state(batch: ImportBatch) -> str:
    job = batch.job or batch.trial
    if batch.given_up_at:
        return "given_up"
    if job is None or job.state == Job.State.FAILED:
        return "failed"
    if batch.job is None:
        return "ready" if job.state == Job.State.DONE else "checking"
    return "done" if job.state == Job.State.DONE else "importing"


def _cells(row: SourceRow) -> list[str]:
    person = row.person
    return [
        str(row.line),
        row.external_id,
        f"{person.family_name} {person.given_name}".strip(),
        person.postal_code,
        " ".join(filter(None, (person.prefecture + person.address1, person.address2))),
        person.telephone,
        person.email,
        person.birth_date.isoformat() if person.birth_date else "",
    ]


def _actor(request: HttpRequest) -> Any:
    return request.user


def _address(batch: ImportBatch) -> str:
    return reverse("admin:consent_app_importbatch_change", args=[batch.pk])
