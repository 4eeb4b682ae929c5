"""Subcontractors: who they are (from the profile), how the duties towards them stand, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from privacy_portal.core.services import audit

from ..domain.duties import Duty, State, Task
from ..domain.supervision_words import DUTY_WORDS, OBSTACLE_STEPS, STATE_WORDS, STEPS, day_words
from ..models import (
    ChecklistQuestion,
    Entrustment,
    ForeignArrangement,
    Reentrustment,
    SelectionAnswer,
    Subcontractor,
    SubcontractorContract,
    SubcontractorReview,
    SubcontractorSelection,
)
from ..services import entrustees, supervision
from ..services.supervision import Answered, SupervisionError
from .base import ProfileAdmin, ReadOnlyInline, admin_url, day_widget, names_of, text_column
from .refusing import RefusingForm

_TONES = {
    State.DONE: "success",
    State.SOON: "warning",
    State.LATE: "danger",
    State.MISSING: "danger",
    State.FAILED: "danger",
}


class StandingFilter(admin.SimpleListFilter):
    """Whether data may be entrusted, and whether there is something to do."""

    title = _("委託の状態")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("blocked", _("データを渡せない")), ("open", _("することがある")), ("ready", _("問題なし"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Subcontractor]) -> QuerySet[Subcontractor]:
        if self.value() is None:
            return queryset
        today = timezone.localdate()
        rows = entrustees.supervised(Subcontractor.objects.all())
        keys = [row.pk for row in rows if _standing(entrustees.tasks(row, today))[0] == self.value()]
        return queryset.filter(pk__in=keys)


class RecordInline(ReadOnlyInline):
    """Records of one register, each leading to its page."""

    show_change_link = True


class SelectionInline(RecordInline):
    """Selections."""

    verbose_name_plural = _("選定")
    model = SubcontractorSelection
    fields = ("decided_on", "result", "decided_by", "next_review_on")


class ContractInline(RecordInline):
    """Agreements."""

    verbose_name_plural = _("契約")
    model = SubcontractorContract
    fields = ("title", "kind", "signed_on", "valid_from", "valid_until")


class ReviewInline(RecordInline):
    """Reviews."""

    verbose_name_plural = _("確認")
    model = SubcontractorReview
    fields = ("reviewed_on", "method", "result", "reviewed_by", "next_on")


class ReentrustmentInline(RecordInline):
    """Work passed on."""

    verbose_name_plural = _("再委託")
    model = Reentrustment
    fields = ("name", "service", "state", "asked_on", "began_on", "ended_on")


class ArrangementInline(RecordInline):
    """The basis abroad."""

    verbose_name_plural = _("外国")
    model = ForeignArrangement
    fields = ("basis", "informed_from")


class EntrustmentInline(RecordInline):
    """What was handed over, the newest first."""

    verbose_name_plural = _("渡した記録")
    model = Entrustment
    fields = ("at", "kind", "asked", "allowed", "by")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the task list as the template reads it."""

    label: str
    state: str
    tone: str
    on: str
    step: str
    url: str


@admin.register(Subcontractor)
class SubcontractorAdmin(ProfileAdmin):
    """To whom handling is entrusted, which items they may get, and whether they may get them today."""

    list_display = ("name", "service", "gets", "country", "shown_standing", "next_step", "public", "active")
    list_filter = (StandingFilter, "active", "public", "country", "items")
    search_fields = ("code", "name_ja", "name_en", "service_ja", "service_en")
    name = text_column("name", _("名称"))
    service = text_column("service", _("委託する業務"))
    change_form_outer_before_template = "admin/consent_app/subcontractor/before.html"
    inlines = (
        SelectionInline,
        ContractInline,
        ReviewInline,
        ReentrustmentInline,
        ArrangementInline,
        EntrustmentInline,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subcontractor]:
        rows: QuerySet[Subcontractor] = super().get_queryset(request)
        return entrustees.supervised(rows.prefetch_related("items"))

    @display(description=_("渡すデータ項目"))
    def gets(self, subcontractor: Subcontractor) -> str:
        return names_of(subcontractor.items)

    @display(description=_("委託の状態"), label={"blocked": "danger", "open": "warning", "ready": "success"})
    def shown_standing(self, subcontractor: Subcontractor) -> tuple[str, str]:
        return _standing(_tasks(subcontractor))

    @display(description=_("次にすること"))
    def next_step(self, subcontractor: Subcontractor) -> str:
        task = next((one for one in _by_weight(_tasks(subcontractor)) if one.open), None)
        return _step(task) if task and subcontractor.active else "—"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        subcontractor = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if isinstance(subcontractor, Subcontractor):
            tasks = _tasks(subcontractor)
            standing, words = _standing(tasks)
            context = {
                "subcontractor": subcontractor,
                "standing": standing,
                "standing_words": words,
                "tasks": [self._line(request, subcontractor, task) for task in tasks],
                "may_hand_over": request.user.has_perm("consent_app.add_entrustment"),
                "unbound_but_public": standing == "blocked" and subcontractor.public and subcontractor.active,
                "buttons": self._buttons(request, subcontractor),
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _line(self, request: HttpRequest, subcontractor: Subcontractor, task: Task) -> Line:
        return Line(
            label=str(DUTY_WORDS[task.duty]),
            state=str(STATE_WORDS[task.state]),
            tone=_TONES[task.state],
            on=day_words(task),
            step=_step(task) if task.open else "",
            url=self._address(request, subcontractor, task) if task.open else "",
        )

    def _address(self, request: HttpRequest, subcontractor: Subcontractor, task: Task) -> str:
        """Where the next step is done; empty for whoever may not do it."""
        if task.duty == Duty.SELECTION:
            may = request.user.has_perm("consent_app.add_subcontractorselection")
            return reverse("admin:consent_app_subcontractor_select", args=[subcontractor.pk]) if may else ""
        if task.duty == Duty.AGREEMENT:
            return _add(request, "subcontractorcontract", subcontractor)
        if task.duty == Duty.ABROAD:
            present = ForeignArrangement.objects.filter(subcontractor=subcontractor).first()
            return admin_url(present) if present else _add(request, "foreignarrangement", subcontractor)
        if task.duty == Duty.REVIEW:
            return _add(request, "subcontractorreview", subcontractor)
        model = "subcontractorreview" if task.duty == Duty.FINDINGS else "reentrustment"
        return f"{reverse(f'admin:consent_app_{model}_changelist')}?subcontractor__id__exact={subcontractor.pk}"

    def _buttons(self, request: HttpRequest, subcontractor: Subcontractor) -> list[tuple[Any, str]]:
        """Everything that can be recorded, apart from what is open."""
        found = [
            (_("契約を加える"), _add(request, "subcontractorcontract", subcontractor)),
            (_("確認を記録する"), _add(request, "subcontractorreview", subcontractor)),
            (_("再委託の依頼を記録する"), _add(request, "reentrustment", subcontractor)),
        ]
        if request.user.has_perm("consent_app.add_subcontractorselection"):
            address = reverse("admin:consent_app_subcontractor_select", args=[subcontractor.pk])
            found.insert(0, (_("選定を記録する"), address))
        return [(label, address) for label, address in found if address]

    # ------------------------------------------------------------------------------------------------------- selection

    def get_urls(self) -> list[URLPattern]:
        select = path(
            "<int:pk>/select/", self.admin_site.admin_view(self.select_view), name="consent_app_subcontractor_select"
        )
        return [select, *super().get_urls()]

    def select_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer the questions, decide, and have it recorded for good."""
        subcontractor = self.get_object(request, str(pk))
        if not isinstance(subcontractor, Subcontractor):
            raise Http404
        if not request.user.has_perm("consent_app.add_subcontractorselection"):
            audit.record(action="subcontractor.denied", actor=_actor(request), obj=subcontractor)
            raise PermissionDenied
        questions = list(ChecklistQuestion.objects.filter(active=True))
        posted = request.POST if request.method == "POST" else None
        form = SelectionForm(posted, questions=questions, initial=_initial(request, subcontractor))
        if form.is_valid():
            try:
                supervision.record_selection(
                    subcontractor=subcontractor,
                    answers=form.answers(),
                    actor=_actor(request),
                    today=timezone.localdate(),
                    **{name: form.cleaned_data[name] for name in SelectionForm.base_fields},
                )
            except SupervisionError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("選定を記録しました。"))
                return redirect(admin_url(subcontractor))
        return TemplateResponse(
            request,
            "admin/consent_app/subcontractor/select.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("選定を記録する"),
                "subcontractor": subcontractor,
                "form": form,
                "back_url": admin_url(subcontractor),
            },
        )


class SelectionForm(RefusingForm):
    """The decision; the questions are added as they stand today."""

    decided_on = forms.DateField(label=_("選定日"), widget=day_widget())
    decided_by = forms.CharField(label=_("判断した人"), max_length=100, widget=UnfoldAdminTextInputWidget)
    result = forms.ChoiceField(label=_("結果"), choices=SubcontractorSelection.Result.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("理由・条件"), required=False, max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    next_review_on = forms.DateField(label=_("最初の確認の予定日"), widget=day_widget())

    def __init__(self, *args: Any, questions: list[ChecklistQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[f"answer_{question.pk}"] = forms.ChoiceField(
                label=str(question), choices=SelectionAnswer.Answer.choices, widget=forms.RadioSelect
            )
            self.fields[f"note_{question.pk}"] = forms.CharField(
                label=_("確かめたこと"), required=False, max_length=300, widget=UnfoldAdminTextInputWidget
            )

    def asked(self) -> list[tuple[ChecklistQuestion, Any, Any]]:
        """Each question with its two fields."""
        return [(one, self[f"answer_{one.pk}"], self[f"note_{one.pk}"]) for one in self.questions]

    def decision(self) -> list[Any]:
        """The other fields."""
        return [self[name] for name in self.base_fields]

    def answers(self) -> dict[int, Answered]:
        """What was answered, by key of the question."""
        data = self.cleaned_data
        return {one.pk: Answered(data[f"answer_{one.pk}"], data[f"note_{one.pk}"]) for one in self.questions}


def _initial(request: HttpRequest, subcontractor: Subcontractor) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "decided_on": today,
        "decided_by": getattr(request.user, "display_name", ""),
        "next_review_on": supervision.next_review_day(subcontractor=subcontractor, on=today),
    }


def _tasks(subcontractor: Subcontractor) -> tuple[Task, ...]:
    return entrustees.tasks(subcontractor, timezone.localdate())


def _standing(tasks: tuple[Task, ...]) -> tuple[str, str]:
    if any(task.obstacle for task in tasks):
        return "blocked", gettext("データを渡せない")
    if any(task.open for task in tasks):
        return "open", gettext("することがある")
    return "ready", gettext("問題なし")


def _by_weight(tasks: tuple[Task, ...]) -> list[Task]:
    """What forbids to hand over comes first, then what is late."""
    return sorted(tasks, key=lambda task: (task.obstacle is None, task.state != State.LATE))


def _step(task: Task) -> str:
    return str(OBSTACLE_STEPS[task.obstacle] if task.obstacle else STEPS[task.duty])


def _add(request: HttpRequest, model: str, subcontractor: Subcontractor) -> str:
    if not request.user.has_perm(f"consent_app.add_{model}"):
        return ""
    return f"{reverse(f'admin:consent_app_{model}_add')}?subcontractor={subcontractor.pk}"


def _actor(request: HttpRequest) -> Any:
    return request.user
