"""Recording provisions and receipts: choose persons, look at what would happen, say yes; giving a file out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from privacy_portal.core import downloads
from privacy_portal.core.services import audit, files

from .. import selectors
from ..domain.masking import masked_name, masked_telephone
from ..domain.provision_file import COLUMNS
from ..domain.provisions import EXEMPTIONS
from ..models import Customer, Provision, ProvisionRun, ReceivedProvision
from ..services import exports, file_runs, provision_runs
from .base import admin_url
from .exports import second_person
from .file_runs import FileRunAdmin
from .persons import staff
from .provision_forms import FORMS, RunForm, fieldsets_of

Kind = ProvisionRun.Kind
_WORDS_LENGTH = 100


@admin.register(ProvisionRun)
class ProvisionRunAdmin(FileRunAdmin):
    """Adding is choosing persons and saying what is recorded."""

    list_display = ("created_at", "kind", "party", "shown_state", "records", "shown_result", "created_by")
    list_filter = ("kind",)
    add_form_template = "admin/consent_app/provisionrun/add_form.html"
    page = "provisionrun/page.html"
    denied_action = "provisions.denied"
    reported_action = "provisions.reported"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProvisionRun]:
        return super().get_queryset(request).select_related("output")

    def may_work(self, request: HttpRequest, run: ProvisionRun) -> bool:
        return super().may_work(request, run) and (run.kind != Kind.EXPORT or _may_export(request))

    def count_labels(self, run: ProvisionRun) -> dict[str, Any]:
        return count_labels(run.kind)

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
            audit.record(action="provisions.denied", actor=staff(request))
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
        audit.record(action="provisions.people_found", actor=staff(request), detail=detail)
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
            content=form.cleaned_data["content"], kind=_kind(request), common=form.common(), actor=staff(request)
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
        return redirect(admin_url(obj))

    # ------------------------------------------------------------------------------------------------- the page of one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where the run stands and what can be done next."""
        run = self.get_run(request, object_id)
        context = {
            "ledger": _ledger_address(run),
            "refused_ledger": reverse("admin:consent_app_refusedprovision_changelist"),
            "output": run.output if _may_export(request) else None,
        }
        return super().change_view(request, object_id, form_url, context)

    def get_urls(self) -> list[URLPattern]:
        return [self.named("take", require_POST(self.take_view)), *super().get_urls()]

    def started(self, run: ProvisionRun) -> None:
        """A short list is recorded while the page waits; the worker then finds nothing to do."""
        if run.records <= provision_runs.AT_ONCE:
            provision_runs.run(run=run, now=timezone.now())

    def take_view(self, request: HttpRequest, pk: Any) -> Any:
        """The file for the recipient, if everybody in it may still be given."""
        run = self.get_run_to_work(request, pk)
        if not _may_export(request):
            audit.record(action="provisions.denied", actor=staff(request), obj=run)
            raise PermissionDenied
        try:
            file = provision_runs.take(run=run, actor=staff(request), now=timezone.now())
        except exports.NeedsSecondPerson as needed:
            return second_person(request, needed)
        except file_runs.NotReady:
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
            return redirect(admin_url(run))
        return downloads.attachment(files.open_stream(file), name=file.name, content_type=file.content_type)


_TITLES: dict[str, Any] = {
    Kind.NOW: _("これから渡す提供を記録する"),
    Kind.ALREADY: _("すでに渡した提供を記録する"),
    Kind.EXPORT: _("渡すデータのファイルを作る"),
    Kind.RECEIVED: _("受け取ったことを記録する"),
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


def _may_export(request: HttpRequest) -> bool:
    return request.user.has_perm("consent_app.export_provisionrun")


def _ledger_address(run: ProvisionRun) -> str:
    model = ReceivedProvision if run.kind == Kind.RECEIVED else Provision
    return reverse(f"admin:consent_app_{model._meta.model_name}_changelist")
