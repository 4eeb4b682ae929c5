"""How long what people give for requests is kept: the table, the times, what goes next, and what is on hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from consent_app.domain.retention import LIMITS, Periods
from consent_app.models import RetentionRule
from consent_app.selectors import retention_periods
from consent_app.services import retention as periods_service
from privacy_portal.core.admin.lookups import OfferedLookups

from ..domain.request_types import REQUEST_TYPES
from ..domain.retention import KEPT, ORDER, REMAINS, Stage
from ..models import RetentionHold
from ..services import retention
from .case_views import staff_of

DAYS_AHEAD = 30
ROWS = 100
_FIELDS = {Stage.IDENTITY: "identity_days", Stage.FILES: "files_days", Stage.CASE: "case_months"}


def _number(name: str, label: Any, help_text: Any) -> forms.IntegerField:
    low, high = LIMITS[name]
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, widget=UnfoldAdminIntegerFieldWidget, help_text=help_text
    )


class PeriodsForm(forms.Form):
    """The times, and what held when the page was opened."""

    identity_days = _number(
        "identity_days",
        _("本人確認の資料（日）"),
        _("請求が終わった日から数えます。0から180。ファイルより短くするか、同じにします。"),
    )
    files_days = _number(
        "files_days", _("原本・添付・回答のファイル（日）"), _("請求が終わった日から数えます。0から365。")
    )
    case_months = _number("case_months", _("請求の記録（月）"), _("氏名などの当事者を含みます。1から60（5年）。"))

    @property
    def periods(self) -> Periods:
        """What was typed."""
        return Periods(**{name: self.cleaned_data[name] for name in LIMITS})


def _seen(request: HttpRequest) -> Periods | None:
    """What the page showed when it was opened; None where that was tampered with."""
    try:
        return Periods(*(int(request.POST[f"seen_{name}"]) for name in LIMITS))
    except (KeyError, ValueError):
        return None


@admin.register(RetentionRule)
class RetentionRuleAdmin(OfferedLookups, ModelAdmin):
    """One page instead of a list, and one on which the times are changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        return [
            path("", self.admin_site.admin_view(self.overview), name="consent_app_retentionrule_changelist"),
            path("change/", self.admin_site.admin_view(self.change), name="requests_app_retention_change"),
        ]

    def _page(self, request: HttpRequest, template: str, title: Any, **context: Any) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/requests_app/retention/{template}.html", {**frame, **context})

    def overview(self, request: HttpRequest) -> HttpResponse:
        """What is kept, until when, what is erased in the next days and what is on hold. Receipt numbers only."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        periods, now = retention_periods(), timezone.now()
        rows, counts = retention.upcoming(now=now, days=DAYS_AHEAD, limit=ROWS)
        held = RetentionHold.objects.filter(ended_at=None).select_related("request", "placed_by").order_by("placed_at")
        return self._page(
            request,
            "page",
            _("請求の情報の保存期間"),
            kept=[(kept, *self._time(kept.stage, periods)) for kept in KEPT],
            remains=REMAINS,
            upcoming=[(row, REQUEST_TYPES[row.case.request_type].name) for row in rows],
            upcoming_counts=[(stage.label, counts[stage]) for stage in ORDER],
            more=sum(counts.values()) > len(rows),
            days_ahead=DAYS_AHEAD,
            holds=held,
            may_change=request.user.has_perm(periods_service.PERMISSION),
        )

    @staticmethod
    def _time(stage: Stage | None, periods: Periods) -> tuple[int | None, bool]:
        """The number, and whether it counts months."""
        return (getattr(periods, _FIELDS[stage]), stage == Stage.CASE) if stage else (None, False)

    def change(self, request: HttpRequest) -> HttpResponse:
        """Other times. Whatever would go at once by them is shown first and has to be confirmed."""
        if not request.user.has_perm(periods_service.PERMISSION):
            raise PermissionDenied
        current, now = retention_periods(), timezone.now()
        form = PeriodsForm(request.POST or None, initial=asdict(current))
        at_once: list[tuple[Any, int]] = []
        if request.method == "POST" and form.is_valid():
            confirmed = "confirmed" in request.POST
            due, before = retention.due_at_once(form.periods, now=now), retention.due_at_once(current, now=now)
            if not confirmed and any(due[stage] > before[stage] for stage in ORDER):
                at_once = [(stage.label, due[stage]) for stage in ORDER]
            elif self._changed(request, form, now):
                notices.success(request, str(_("保存期間を変えました。")))
                return HttpResponseRedirect(reverse("admin:consent_app_retentionrule_changelist"))
        seen = (_seen(request) if request.method == "POST" else None) or current
        return self._page(
            request,
            "change",
            _("保存期間を変える"),
            form=form,
            seen=asdict(seen),
            at_once=at_once,
            back_url=reverse("admin:consent_app_retentionrule_changelist"),
        )

    def _changed(self, request: HttpRequest, form: PeriodsForm, now: Any) -> bool:
        seen = _seen(request)
        try:
            if seen is None:
                raise periods_service.ChangedMeanwhile
            periods_service.change(periods=form.periods, seen=seen, actor=staff_of(request), now=now)
        except periods_service.InvalidPeriods as error:
            for name, words in error.errors.items():
                form.add_error(name, words)
        except periods_service.ChangedMeanwhile:
            form.add_error(None, _("ほかの人が保存期間を変えました。ページを開き直して、いまの値を確かめてください。"))
        else:
            return True
        return False
