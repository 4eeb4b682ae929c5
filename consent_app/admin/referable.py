"""Personally referable information (article 31): confirming that people consented, and recording what was given."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.services import audit

from ..domain.referable import decide_referable
from ..models import ReferableConfirmation, ReferableProvision
from ..models.referable import ReferableData
from ..services import referable
from ..services.ledger import LedgerError
from .base import admin_url
from .refusing import RefusingModelForm


def data_words(codes: list[str]) -> str:
    """Kinds of data in words."""
    return gettext("、").join(str(ReferableData(code).label) for code in codes)


class _DataForm(RefusingModelForm):
    # A declared field is no attribute of the form; what was submitted stays in ``self.data``.
    data = forms.MultipleChoiceField(  # type: ignore[assignment]
        label=_("データの種類"), choices=ReferableData.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


class ConfirmationForm(_DataForm):
    """Who has the consent, for which data, and how we know."""

    class Meta:
        model = ReferableConfirmation
        fields = (
            "recipient_name",
            "recipient_address",
            "recipient_representative",
            "recipient_country",
            "data",
            "purpose",
            "how",
            "confirmed_by",
            "evidence",
            "informed_abroad",
            "confirmed_on",
        )

    def clean_confirmed_on(self) -> Any:
        day = self.cleaned_data["confirmed_on"]
        if day > timezone.localdate():
            raise ValidationError(_("確かめた日が先の日付です。"))
        return day

    def clean_recipient_country(self) -> str:
        return str(self.cleaned_data["recipient_country"]).upper()


class ProvisionForm(_DataForm):
    """What was given on which confirmation."""

    class Meta:
        model = ReferableProvision
        fields = ("confirmation", "data", "provided_on", "provided_until", "method", "note")

    def clean(self) -> dict[str, Any]:
        """What the confirmation does not cover is refused here in words; the service and the database refuse it too."""
        cleaned: dict[str, Any] = super().clean() or {}
        row, data, first = cleaned.get("confirmation"), cleaned.get("data"), cleaned.get("provided_on")
        if not (row and data and first):
            return cleaned
        last = cleaned.get("provided_until") or first
        today = timezone.localdate()
        if last < first:
            self.add_error("provided_until", _("最後の提供日が、提供日より前です。"))
        if max(first, last) > today:
            self.add_error("provided_on", _("提供日が先の日付です。"))
        if cleaned.get("method") == "batch" and not cleaned.get("provided_until"):
            self.add_error("provided_until", _("まとめて記録するときは、最後の提供日が要ります。"))
        facts = [referable.facts_of(row)]
        answer = decide_referable(confirmations=facts, data=frozenset(data), first_on=first, last_on=last)
        if not answer.allowed:
            self.add_error(
                "confirmation",
                _("この確認では渡せません。確かめた日、終わった日、データの種類を確かめてください。"),
            )
        return cleaned


class _AddOnly(OfferedLookups, ModelAdmin):
    """Rows that are added by a form and never changed."""

    list_per_page = 50
    show_full_result_count = False
    list_fullwidth = True
    actions = None
    compressed_fields = True

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, _("記録しました。"))
        return redirect(admin_url(obj))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**context, **(extra_context or {})})

    @display(description=_("データの種類"))
    def kinds(self, row: Any) -> str:
        return data_words(row.data)


@admin.register(ReferableConfirmation)
class ReferableConfirmationAdmin(_AddOnly):
    """Confirmations of consent; each can be ended once."""

    form = ConfirmationForm
    list_display = ("confirmed_on", "recipient_name", "kinds", "how", "state")
    list_filter = ("how", ("ended_on", admin.EmptyFieldListFilter))
    search_fields = ("recipient_name",)
    date_hierarchy = "confirmed_on"
    change_form_outer_before_template = "admin/consent_app/referable/before.html"
    SHOWN = (
        *("recipient_name", "recipient_address", "recipient_representative", "recipient_country"),
        *("kinds", "purpose", "how", "confirmed_by", "evidence", "informed_abroad", "confirmed_on"),
        *("ended_on", "recorded_by", "created_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferableConfirmation]:
        rows: QuerySet[ReferableConfirmation] = super().get_queryset(request)
        return rows.select_related("recorded_by")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ((None, {"fields": self.SHOWN if obj else ConfirmationForm.Meta.fields}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.SHOWN if obj else ()

    def save_model(self, request: HttpRequest, obj: ReferableConfirmation, form: Any, change: bool) -> None:
        obj.data = form.cleaned_data["data"]
        referable.confirm(confirmation=obj, actor=request.user, now=timezone.now())  # type: ignore[arg-type]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_end": request.user.has_perm("consent_app.change_referableconfirmation")}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.end_view))
        return [path("<uuid:pk>/end/", view, name="consent_app_referableconfirmation_end"), *super().get_urls()]

    def end_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The confirmation no longer holds."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not request.user.has_perm("consent_app.change_referableconfirmation"):
            audit.record(action="provisions.denied", actor=request.user, obj=row)
            raise PermissionDenied
        referable.end(confirmation=row, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("この確認を終えました。明日からは、これを根拠に渡せません。"))
        return redirect(admin_url(row))

    @display(description=_("状態"), label={"open": "success", "ended": ""})
    def state(self, row: ReferableConfirmation) -> tuple[str, str]:
        if row.ended_on:
            return "ended", gettext("終了（%(date)sまで）") % {"date": row.ended_on.isoformat()}
        return "open", gettext("有効")


@admin.register(ReferableProvision)
class ReferableProvisionAdmin(_AddOnly):
    """Provisions of personally referable information (Rule 28)."""

    form = ProvisionForm
    list_display = ("provided_on", "recipient", "kinds", "method", "keep_until")
    list_filter = ("method",)
    search_fields = ("confirmation__recipient_name",)
    date_hierarchy = "provided_on"
    change_form_outer_before_template = "admin/consent_app/referable/what.html"
    SHOWN = (
        *("recipient", "confirmation", "kinds", "provided_on", "provided_until", "note"),
        *("method", "keep_until", "recorded_by", "created_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferableProvision]:
        rows: QuerySet[ReferableProvision] = super().get_queryset(request)
        return rows.select_related("confirmation", "recorded_by")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ((None, {"fields": self.SHOWN if obj else ProvisionForm.Meta.fields}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.SHOWN if obj else ()

    def save_model(self, request: HttpRequest, obj: ReferableProvision, form: Any, change: bool) -> None:
        obj.data = form.cleaned_data["data"]
        referable.record(provision=obj, actor=request.user, now=timezone.now())  # type: ignore[arg-type]

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """The form, and plain words where the confirmation was ended a moment ago."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except LedgerError as error:
            messages.error(request, str(error))
            return redirect(request.path)

    @display(description=_("提供先の名称"))
    def recipient(self, row: ReferableProvision) -> str:
        return row.confirmation.recipient_name
