"""The registers of the supervision of subcontractors: agreements, reviews, work passed on, arrangements abroad."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminFileFieldWidget

from privacy_portal.core.admin.lookups import FewRows
from privacy_portal.core.services import files
from privacy_portal.core.upload_fields import CleanFileField

from ..models import (
    Reentrustment,
    Subcontractor,
    SubcontractorContract,
    SubcontractorFinding,
    SubcontractorReview,
)
from ..services import supervision
from ..services.supervision import SupervisionError
from .base import admin_url
from .kept import KeptAdmin, KeptForm
from .refusing import RefusingModelForm
from .security import not_in_the_future


class CheckedForm(KeptForm):
    """A form whose entry a service looks at before it is saved, once its own fields are right."""

    def check(self) -> None:
        """Raise :class:`SupervisionError` where the entry cannot be."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.check()
        except SupervisionError as error:
            self.add_error(None, str(error))


class OfSubcontractor(KeptAdmin):
    """Entries of one subcontractor: added from its page, which is where one returns to."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "subcontractor" in form.base_fields:
            form.base_fields["subcontractor"].queryset = Subcontractor.objects.filter(active=True)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """An entry stays with its subcontractor."""
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "subcontractor") if obj else fixed

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("subcontractor")

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        super().response_add(request, obj, post_url_continue)
        return redirect(admin_url(obj.subcontractor))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        return response if "_continue" in request.POST else redirect(admin_url(obj.subcontractor))

    @display(description=_("委託先"), ordering="subcontractor__position")
    def shown_subcontractor(self, entry: Any) -> SafeString:
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
            admin_url(entry.subcontractor),
            entry.subcontractor,
        )


class ContractForm(CheckedForm):
    """An agreement with its scan."""

    upload = CleanFileField(
        label=_("書面の写し"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        as_it_is=True,
        help_text=_("PDF、PNG、JPEG。暗号化してそのまま保管し、前の写しと入れ替えます。"),
    )

    class Meta:
        model = SubcontractorContract
        fields = "__all__"

    def check(self) -> None:
        supervision.check_contract(contract=self.instance, today=timezone.localdate())


@admin.register(SubcontractorContract)
class SubcontractorContractAdmin(OfSubcontractor):
    """What binds subcontractors, with its clauses and its end."""

    form = ContractForm
    list_display = ("title", "shown_subcontractor", "kind", "shown_state", "valid_from", "valid_until", "clauses")
    list_display_links = ("title",)
    list_filter = ("kind", "renews", "subcontractor")
    search_fields = ("title", "subcontractor__name_ja", "subcontractor__name_en")
    date_hierarchy = "valid_until"
    fieldsets = (
        (None, {"fields": ("subcontractor", ("kind", "title"), ("signed_on",), ("valid_from", "valid_until"))}),
        (_("更新と解約"), {"fields": (("renews", "notice_months"),)}),
        (
            _("契約に書かれていること"),
            {
                "fields": (
                    ("confidentiality", "no_other_use"),
                    ("right_to_look", "prior_approval"),
                    ("security_measures", "return_or_erasure"),
                    "leak_report",
                ),
                "description": _("「漏えい等をすぐに知らせる」のほかは、どれが欠けてもデータを渡せません。"),
            },
        ),
        (_("教育を契約の代わりにするとき"), {"fields": ("training",)}),
        (_("書面"), {"fields": ("shown_scan", "upload")}),
    )
    readonly_fields = ("shown_scan",)

    @display(
        description=_("状態"),
        label={"draft": "warning", "coming": "info", "in_force": "success", "over": "danger"},
    )
    def shown_state(self, contract: SubcontractorContract) -> tuple[str, str]:
        today = timezone.localdate()
        if contract.signed_on is None:
            return "draft", gettext("まだ結んでいない")
        if contract.valid_until and contract.valid_until < today:
            return "over", gettext("期限切れ")
        if max(contract.valid_from, contract.signed_on) > today:
            return "coming", gettext("これから")
        return "in_force", gettext("有効")

    @display(description=_("足りない条項"))
    def clauses(self, contract: SubcontractorContract) -> str:
        return gettext("、").join(supervision.missing_clauses(contract)) or "—"

    @display(description=_("保管している写し"))
    def shown_scan(self, contract: SubcontractorContract) -> str | SafeString:
        if contract.scan_id is None:
            return gettext("（なし）")
        address = reverse("admin:consent_app_subcontractorcontract_scan", args=[contract.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("写しを開く"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if upload := form.cleaned_data.get("upload"):
            supervision.attach_scan(contract=form.instance, scan=upload, actor=_actor(request))
        super().save_related(request, form, formsets, change)

    def get_urls(self) -> list[URLPattern]:
        scan = path(
            "<uuid:pk>/scan/",
            self.admin_site.admin_view(self.scan_view),
            name="consent_app_subcontractorcontract_scan",
        )
        return [scan, *super().get_urls()]

    def scan_view(self, request: HttpRequest, pk: Any) -> StreamingHttpResponse:
        """The scan, decrypted while it is sent; the look is recorded."""
        contract: SubcontractorContract | None = self.get_object(request, str(pk))
        if contract is None:
            raise Http404
        self.may(request, "view_subcontractorcontract", contract)
        try:
            scan = supervision.open_scan(contract=contract, actor=_actor(request))
        except SupervisionError:
            raise Http404 from None
        response = StreamingHttpResponse(files.open_stream(scan), content_type=scan.content_type)
        response["Content-Disposition"] = f'attachment; filename="{scan.name}"'
        response["Cache-Control"] = "no-store"
        return response


class FindingForm(RefusingModelForm):
    """Something to put right."""

    def clean_done_on(self) -> Any:
        """Not in the future."""
        not_in_the_future(self.cleaned_data["done_on"])
        return self.cleaned_data["done_on"]


class FindingInline(FewRows, TabularInline):
    """What a review found. Found things are not deleted; they are put right."""

    model = SubcontractorFinding
    form = FindingForm
    extra = 0
    can_delete = False
    fields = ("text", "due_on", "done_on", "done_note")


class ReviewForm(CheckedForm):
    """A review of a subcontractor that was selected before."""

    def check(self) -> None:
        supervision.check_review(review=self.instance, today=timezone.localdate())


@admin.register(SubcontractorReview)
class SubcontractorReviewAdmin(OfSubcontractor):
    """Looks at how subcontractors handle the data, and what came of them."""

    form = ReviewForm
    list_display = ("reviewed_on", "shown_subcontractor", "method", "shown_result", "open_findings", "next_on")
    list_display_links = ("reviewed_on",)
    list_filter = ("result", "method", "subcontractor")
    search_fields = ("subcontractor__name_ja", "subcontractor__name_en", "summary")
    date_hierarchy = "reviewed_on"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "subcontractor",
                    ("reviewed_on", "reviewed_by"),
                    ("method", "result"),
                    "summary",
                    "next_on",
                )
            },
        ),
    )
    inlines = (FindingInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("findings")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Today, and the day that the operator's rhythm asks for."""
        initial = super().get_changeform_initial_data(request)
        today = timezone.localdate()
        subcontractor = Subcontractor.objects.filter(pk=_number(request.GET.get("subcontractor"))).first()
        next_on = supervision.next_review_day(subcontractor=subcontractor, on=today) if subcontractor else None
        return {"reviewed_on": today, "next_on": next_on, **initial}

    @display(
        description=_("結果"), ordering="result", label={"good": "success", "findings": "warning", "unfit": "danger"}
    )
    def shown_result(self, review: SubcontractorReview) -> tuple[str, str]:
        return review.result, review.get_result_display()

    @display(description=_("まだ直っていないこと"))
    def open_findings(self, review: SubcontractorReview) -> int:
        return sum(1 for finding in review.findings.all() if finding.done_on is None)


class ReentrustmentForm(KeptForm):
    """What was asked, decided and happened; nothing of it tomorrow."""

    def clean(self) -> dict[str, Any]:
        """Refuse days that are still to come."""
        cleaned = super().clean()
        for name in ("asked_on", "decided_on", "began_on", "ended_on"):
            try:
                not_in_the_future(cleaned.get(name))
            except forms.ValidationError as error:
                self.add_error(name, error)
        return cleaned


@admin.register(Reentrustment)
class ReentrustmentAdmin(OfSubcontractor):
    """Requests of subcontractors to pass work on, and what was decided."""

    form = ReentrustmentForm
    list_display = (
        "name",
        "shown_subcontractor",
        "service",
        "country",
        "shown_state",
        "asked_on",
        "began_on",
        "ended_on",
    )
    list_display_links = ("name",)
    list_filter = ("state", "without_approval", "country", "subcontractor")
    search_fields = ("name", "service", "subcontractor__name_ja", "subcontractor__name_en")
    fieldsets = (
        (None, {"fields": ("subcontractor", ("name", "country"), "service", "items", "asked_on")}),
        (_("承認"), {"fields": ("state", ("decided_on", "decided_by"), "conditions")}),
        (_("実際の再委託"), {"fields": (("began_on", "ended_on"), "without_approval")}),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The items as boxes to tick: choosing several in a list takes a key that a phone does not have."""
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("承認"), ordering="state", label={"approved": "success", "asked": "warning", "refused": ""})
    def shown_state(self, entry: Reentrustment) -> tuple[str, str]:
        return entry.state, entry.get_state_display()


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _actor(request: HttpRequest) -> Any:
    return request.user
