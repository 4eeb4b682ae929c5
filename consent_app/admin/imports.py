"""Importing customers: upload, see what would happen, say yes, watch it, take the list of problems away."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from ..domain.formats import FORMATS, FileProblem, SourceRow
from ..models import ImportBatch
from ..services import file_runs, imports
from ..services.import_texts import count_labels, file_problem_text
from .base import admin_url
from .file_runs import FileRunAdmin
from .persons import staff
from .refusing import RefusingModelForm


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
class ImportBatchAdmin(FileRunAdmin):
    """Adding is uploading."""

    form = UploadForm
    fields = ("file", "wanted")
    list_display = ("created_at", "format", "shown_state", "shown_progress", "records", "shown_problems", "created_by")
    list_filter = ("format",)
    add_form_template = "admin/consent_app/importbatch/add_form.html"
    page = "importbatch/page.html"
    denied_action = "customers.import_denied"
    reported_action = "customers.import_reported"

    def count_labels(self, run: ImportBatch) -> dict[str, Any]:
        return count_labels()

    @display(description=_("進み"))
    def shown_progress(self, batch: ImportBatch) -> str:
        job = batch.job or batch.trial
        percent = job.percent if job else None
        return "—" if percent is None else f"{percent}%"

    @display(description=_("問題"))
    def shown_problems(self, batch: ImportBatch) -> int:
        job = batch.job or batch.trial
        return job.problem_count if job else 0

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
            content=form.cleaned_data["file"], wanted=form.cleaned_data["wanted"], actor=staff(request)
        )
        obj.pk = batch.pk
        obj.refresh_from_db()
        obj._state.adding = False

    def response_add(
        self, request: HttpRequest, obj: ImportBatch, post_url_continue: str | None = None
    ) -> HttpResponse:
        return redirect(admin_url(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where the import stands and what can be done next. A look at the first rows is recorded."""
        wanted = "rows" in request.GET and self.has_add_permission(request)
        preview = self._preview(request, self.get_run(request, object_id)) if wanted else None
        return super().change_view(request, object_id, form_url, {"columns": _PREVIEW, "preview": preview})

    def _preview(self, request: HttpRequest, batch: ImportBatch) -> list[list[str]] | None:
        try:
            rows = imports.preview(batch=batch, actor=staff(request))
        except file_runs.NotReady:
            return None
        return [_cells(row) for row in rows]


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
