"""Around the agreements with subcontractors: questions, selections, the basis abroad, promises of recipients."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from privacy_portal.core.admin.lookups import FewRows

from ..models import (
    ChecklistQuestion,
    ForeignArrangement,
    ForeignCheck,
    RecipientDuty,
    SelectionAnswer,
    SubcontractorSelection,
)
from ..services import supervision
from .base import ReadOnlyAdmin, ReadOnlyInline, text_column
from .kept import KeptAdmin
from .refusing import RefusingModelForm
from .security import not_in_the_future
from .supervision import CheckedForm, OfSubcontractor


@admin.register(ChecklistQuestion)
class ChecklistQuestionAdmin(KeptAdmin):
    """The questions of a selection."""

    list_display = ("shown_text", "required", "active", "position")
    list_filter = ("active", "required")
    search_fields = ("code", "text_ja", "text_en")
    fields = (("text_ja", "text_en"), "required", "active", ("position", "code"))
    shown_text = text_column("text", _("質問"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Answers of earlier selections refer to the code."""
        return ("code",) if obj else ()


class AnswerInline(ReadOnlyInline):
    """What was answered."""

    model = SelectionAnswer
    fields = ("question_text", "required", "answer", "note")
    readonly_fields = ("question_text",)
    tab = False
    per_page = 100

    @display(description=_("質問"))
    def question_text(self, answer: SelectionAnswer) -> str:
        return str(answer.text)


@admin.register(SubcontractorSelection)
class SubcontractorSelectionAdmin(ReadOnlyAdmin):
    """Selections as they were recorded. A new one is recorded on the page of the subcontractor."""

    list_display = ("decided_on", "subcontractor", "shown_result", "decided_by", "next_review_on")
    list_filter = ("result", "subcontractor")
    list_select_related = ("subcontractor",)
    date_hierarchy = "decided_on"
    fields = (
        "subcontractor",
        ("decided_on", "decided_by"),
        "result",
        "note",
        "next_review_on",
        ("recorded_by", "created_at"),
    )
    inlines = (AnswerInline,)

    @display(description=_("結果"), ordering="result", label={"passed": "success", "failed": "danger"})
    def shown_result(self, selection: SubcontractorSelection) -> tuple[str, str]:
        return selection.result, selection.get_result_display()


class CheckForm(RefusingModelForm):
    """A periodic check."""

    def clean_checked_on(self) -> Any:
        """Not in the future: it would carry the arrangement longer than a year."""
        not_in_the_future(self.cleaned_data["checked_on"])
        return self.cleaned_data["checked_on"]


class CheckInline(FewRows, TabularInline):
    """The periodic checks of an arrangement; one is added, none is changed."""

    model = ForeignCheck
    form = CheckForm
    extra = 0
    can_delete = False
    fields = ("checked_on", "checked_by", "works", "note", "next_on")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ArrangementForm(CheckedForm):
    """The basis of a subcontractor abroad."""

    def check(self) -> None:
        supervision.check_arrangement(arrangement=self.instance)


@admin.register(ForeignArrangement)
class ForeignArrangementAdmin(OfSubcontractor):
    """On what subcontractors abroad get data, what people are told, and the yearly checks."""

    form = ArrangementForm
    list_display = ("shown_subcontractor", "country", "basis", "informed_from", "last_check", "next_check")
    list_display_links = ("country",)
    list_filter = ("basis",)
    fieldsets = (
        (None, {"fields": ("subcontractor", "basis")}),
        (_("相当する措置を続ける体制（施行規則第16条・第18条）"), {"fields": ("arrangement", "check_method")}),
        (
            _("本人に示す情報（施行規則第17条）"),
            {"fields": (("regime_ja", "regime_en"), ("measures_ja", "measures_en"), "informed_from")},
        ),
    )
    inlines = (CheckInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("checks")

    @display(description=_("国・地域"), ordering="subcontractor__country")
    def country(self, arrangement: ForeignArrangement) -> str:
        return arrangement.subcontractor.country

    @display(description=_("最後の確認"))
    def last_check(self, arrangement: ForeignArrangement) -> Any:
        return next((check.checked_on for check in arrangement.checks.all()), None)

    @display(description=_("次の予定日"))
    def next_check(self, arrangement: ForeignArrangement) -> Any:
        return next((check.next_on for check in arrangement.checks.all()), None)


@admin.register(RecipientDuty)
class RecipientDutyAdmin(KeptAdmin):
    """What those who get data as third parties have promised."""

    list_display = ("name", "promises", "agreed_on", "valid_until", "active")
    list_filter = ("active",)
    search_fields = ("name", "evidence")
    fieldsets = (
        (None, {"fields": ("name", ("agreed_on", "valid_until"), "evidence", "active")}),
        (
            _("約束したこと"),
            {
                "fields": (
                    ("prevents_leaks", "confidentiality"),
                    ("no_further_provision", "liability"),
                    "handled_alike",
                ),
                "description": _("この記録だけでは提供の根拠になりません。提供の前に、必ず根拠と同意を確かめます。"),
            },
        ),
    )
    _PROMISES = ("prevents_leaks", "confidentiality", "no_further_provision", "liability", "handled_alike")

    @display(description=_("約束したこと"))
    def promises(self, duty: RecipientDuty) -> str:
        names = (RecipientDuty._meta.get_field(name) for name in self._PROMISES if getattr(duty, name))
        return gettext("、").join(str(field.verbose_name) for field in names)  # type: ignore[union-attr]
