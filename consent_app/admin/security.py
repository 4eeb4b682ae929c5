"""Measures, departments, audits, corrections and the review calendar."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from privacy_portal.core.admin.lookups import FewRows

from ..models import CorrectiveAction, Department, Finding, Measure, ReviewEvent, SecurityAudit
from ..services import security
from .base import admin_url, text_column
from .kept import KeptAdmin, KeptForm
from .refusing import RefusingModelForm


def not_in_the_future(day: Any) -> None:
    """Refuse a day that is still to come: what was done was done."""
    if day and day > timezone.localdate():
        raise ValidationError(gettext("未来の日付です。実際の日を入れてください。"))


class DoneForm(KeptForm):
    """A form that records when something was done."""

    def clean_done_on(self) -> Any:
        """Not in the future."""
        not_in_the_future(self.cleaned_data["done_on"])
        return self.cleaned_data["done_on"]


@admin.register(Measure)
class MeasureAdmin(KeptAdmin):
    """The measures in their classes: what the public reads, and what only staff read."""

    list_display = ("measure_class", "shown_text", "shown_public", "shown_active")
    list_display_links = ("measure_class", "shown_text")
    list_filter = ("measure_class", "public", "active")
    search_fields = ("text_ja", "text_en", "note")
    fieldsets = (
        (None, {"fields": ("measure_class", "text_ja", "text_en", "public")}),
        (_("社内"), {"fields": ("note", "active", "position")}),
    )
    shown_text = text_column("text", _("公表する文"))

    @display(description=_("公表"), ordering="public", label={True: "success", False: ""})
    def shown_public(self, measure: Measure) -> tuple[bool, str]:
        return measure.public, gettext("公表する") if measure.public else gettext("公表しない")

    @display(description=_("状態"), ordering="active", label={True: "success", False: "warning"})
    def shown_active(self, measure: Measure) -> tuple[bool, str]:
        return measure.active, gettext("有効") if measure.active else gettext("廃止")


class DepartmentForm(KeptForm):
    """A department; what it handles is ticked off the catalogue."""

    class Meta:
        widgets: ClassVar[dict[str, Any]] = {"items": UnfoldAdminCheckboxSelectMultipleWidget}

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("admin_portal/items.css",)}


@admin.register(Department)
class DepartmentAdmin(KeptAdmin):
    """Departments that handle personal data, with their managers."""

    list_display = ("shown_name", "shown_title", "shown_manager", "shown_active")
    list_display_links = ("shown_name",)
    list_filter = ("active", "items")
    search_fields = ("name_ja", "name_en", "manager_name", "manager_title_ja", "manager_title_en")
    fieldsets = (
        (None, {"fields": (("name_ja", "name_en"), "items")}),
        (_("管理者"), {"fields": (("manager_title_ja", "manager_title_en"), "manager_name")}),
        (_("社内"), {"fields": ("active", "position")}),
    )
    form = DepartmentForm
    shown_name = text_column("name", _("部署"))
    shown_title = text_column("manager_title", _("管理者の呼び名"))

    @display(description=_("管理者の氏名"), ordering="manager_name")
    def shown_manager(self, department: Department) -> str:
        return department.manager_name or gettext("（決まっていません）")

    @display(description=_("状態"), ordering="active", label={True: "success", False: "warning"})
    def shown_active(self, department: Department) -> tuple[bool, str]:
        return department.active, gettext("有効") if department.active else gettext("廃止")


class StateFilter(admin.SimpleListFilter):
    """Open, overdue, done."""

    title = _("状態")
    parameter_name = "state"
    done, due = "done_on", "planned_on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("まだ")), ("overdue", _("期限を過ぎた")), ("done", _("済み"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return queryset.filter(**{self.done: None})
        if self.value() == "overdue":
            return queryset.filter(**{self.done: None, f"{self.due}__lt": timezone.localdate()})
        if self.value() == "done":
            return queryset.exclude(**{self.done: None})
        return queryset


class RecurringAdmin(KeptAdmin):
    """What comes again: recording one occurrence plans the next."""

    form = DoneForm
    shown_title = text_column("title", _("件名"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        following = security.plan_next(form.instance)
        if following is not None:
            self.message_user(
                request,
                gettext("次の予定を%(day)sに作りました。") % {"day": following.planned_on.isoformat()},
            )

    @display(
        description=_("状態"),
        label={"done": "success", "overdue": "danger", "open": "info"},
    )
    def shown_state(self, entry: Any) -> tuple[str, str]:
        if entry.done_on:
            return "done", gettext("済み（%(day)s）") % {"day": entry.done_on.isoformat()}
        if entry.planned_on < timezone.localdate():
            return "overdue", gettext("予定日を過ぎています")
        return "open", gettext("予定")


@admin.register(ReviewEvent)
class ReviewEventAdmin(RecurringAdmin):
    """The review calendar."""

    list_display = ("planned_on", "shown_title", "subject", "repeat_months", "shown_state", "done_by")
    list_display_links = ("planned_on", "shown_title")
    list_filter = (StateFilter, "subject")
    search_fields = ("title_ja", "title_en", "note")
    fieldsets = (
        (None, {"fields": (("title_ja", "title_en"), "subject", ("planned_on", "repeat_months"))}),
        (_("実施の記録"), {"fields": (("done_on", "done_by"), "note")}),
    )


class FindingInline(FewRows, TabularInline):
    """What the audit found. A finding stays: what was put right is a correction that refers to it."""

    model = Finding
    form = RefusingModelForm
    fields = ("severity", "text", "found_on")
    extra = 0
    can_delete = False
    hide_title = True


@admin.register(SecurityAudit)
class SecurityAuditAdmin(RecurringAdmin):
    """The audit schedule with its results and findings."""

    list_display = ("planned_on", "shown_title", "shown_of", "repeat_months", "shown_state", "result", "shown_findings")
    list_display_links = ("planned_on", "shown_title")
    list_filter = (StateFilter, "result", "department", "subcontractor")
    search_fields = ("title_ja", "title_en", "summary", "findings__text")
    fieldsets = (
        (None, {"fields": (("title_ja", "title_en"), ("planned_on", "repeat_months"))}),
        (_("何を見るか"), {"fields": ("department", "measure", "subcontractor", "scope")}),
        (_("実施の記録"), {"fields": (("done_on", "done_by"), "result", "summary")}),
    )
    inlines = (FindingInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecurityAudit]:
        rows: QuerySet[SecurityAudit] = super().get_queryset(request)
        return rows.select_related("department", "measure", "subcontractor").annotate(finding_count=Count("findings"))

    @display(description=_("対象"))
    def shown_of(self, audit: SecurityAudit) -> str:
        return audit.of

    @display(description=_("指摘"), ordering="finding_count")
    def shown_findings(self, audit: Any) -> int:
        return int(audit.finding_count)


class ActionForm(DoneForm):
    """A correction; checked ones are closed and come here no more."""

    class Meta:
        model = CorrectiveAction
        fields = (
            "source",
            "finding",
            "incident",
            "request_number",
            "reopens",
            "problem",
            "action",
            "responsible",
            "due_on",
            "done_on",
            "done_note",
            "checked_on",
            "effective",
            "check_note",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("reopens")
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = reopenable(self.instance.reopens_id)

    def clean_checked_on(self) -> Any:
        """Not in the future."""
        not_in_the_future(self.cleaned_data["checked_on"])
        return self.cleaned_data["checked_on"]


def reopenable(also: Any = None) -> QuerySet[CorrectiveAction]:
    """Checked corrections that nothing has taken up again, and the one that this entry takes up."""
    closed = CorrectiveAction.objects.exclude(checked_on=None)
    return closed.filter(reopened_by=None) | closed.filter(pk=also)


class ActionStateFilter(StateFilter):
    """By the correction's own dates."""

    due = "due_on"


@admin.register(CorrectiveAction)
class CorrectiveActionAdmin(KeptAdmin):
    """The log of corrections from audits, incidents and customers' requests."""

    form = ActionForm
    list_display = ("due_on", "shown_problem", "source", "responsible", "shown_state", "shown_effect")
    list_display_links = ("due_on", "shown_problem")
    list_filter = (ActionStateFilter, "source", "effective")
    search_fields = ("problem", "action", "responsible", "request_number")
    fieldsets = (
        (_("きっかけ"), {"fields": ("source", "finding", "incident", "request_number", "reopens")}),
        (_("是正"), {"fields": ("problem", "action", ("responsible", "due_on"))}),
        (_("実施"), {"fields": ("done_on", "done_note")}),
        (
            _("効果の確認"),
            {
                "fields": (("checked_on", "effective"), "check_note"),
                "description": _("効果を確かめた日を入れると記録は閉じ、あとから変えられません。"),
            },
        ),
    )
    change_form_before_template = "admin/consent_app/correctiveaction/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CorrectiveAction]:
        rows: QuerySet[CorrectiveAction] = super().get_queryset(request)
        return rows.select_related("finding", "incident", "reopens", "reopened_by")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        closed = isinstance(obj, CorrectiveAction) and CorrectiveAction.objects.filter(
            pk=obj.pk, checked_on__isnull=False
        )
        return not closed and super().has_change_permission(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From the page of what it belongs to: the source is known, and what is taken up again says the rest."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        again = request.GET.get("reopens", "")
        old = reopenable().filter(pk=again).first() if again.isdecimal() else None
        if old is None:
            return initial
        return {
            "reopens": old.pk,
            "source": old.source,
            "finding": old.finding_id,
            "incident": old.incident_id,
            "request_number": old.request_number,
            "problem": old.problem,
            "responsible": old.responsible,
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = {
            "correction": row,
            "again": bool(row and row.closed and reopened_by(row) is None and self.has_add_permission(request)),
            "later": reopened_by(row) if row else None,
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @display(description=_("直すべき点"), ordering="problem")
    def shown_problem(self, action: CorrectiveAction) -> str:
        return str(action)

    @display(
        description=_("状態"),
        label={"checked": "success", "done": "info", "overdue": "danger", "open": "warning"},
    )
    def shown_state(self, action: CorrectiveAction) -> tuple[str, str]:
        if action.closed:
            return "checked", gettext("効果を確認済み")
        if action.done_on:
            return "done", gettext("実施済み（効果は未確認）")
        if action.due_on < timezone.localdate():
            return "overdue", gettext("期限を過ぎています")
        return "open", gettext("これから")

    @display(description=_("効果"))
    def shown_effect(self, action: CorrectiveAction) -> SafeString | str:
        if action.effective is None:
            return "—"
        if action.effective:
            return gettext("効果があった")
        later = reopened_by(action)
        if later is None:
            return gettext("足りない（やり直しが必要）")
        return format_html('<a href="{}">{}</a>', admin_url(later), gettext("足りない（やり直し中）"))


def reopened_by(action: CorrectiveAction) -> CorrectiveAction | None:
    """The entry that takes this one up again."""
    later: CorrectiveAction | None = getattr(action, "reopened_by", None)
    return later
