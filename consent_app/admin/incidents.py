"""Incidents: the facts, the clock, the reports, the persons, and what they are told."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from privacy_portal.core.services import audit

from .. import selectors
from ..domain import incidents as rules
from ..models import CorrectiveAction, Incident
from ..services import affected, incidents
from . import incident_clock
from .incident_forms import IncidentForm, ReportForm
from .incident_persons import PersonViews
from .kept import KeptAdmin

TRIGGERS = {
    rules.Trigger.SENSITIVE: _("要配慮個人情報が含まれる（規則第7条第1号）"),
    rules.Trigger.PROPERTY: _("財産的被害が生じるおそれがある（同第2号）"),
    rules.Trigger.WRONGFUL: _("不正の目的で行われたおそれがある（同第3号）"),
    rules.Trigger.MANY: _("本人の数が1,000人を超える（同第4号）"),
}
QUESTIONS = {
    rules.Trigger.SENSITIVE: _("要配慮個人情報が含まれるか"),
    rules.Trigger.PROPERTY: _("財産的被害が生じるおそれがあるか"),
    rules.Trigger.WRONGFUL: _("不正の目的で行われたおそれがあるか"),
    rules.Trigger.MANY: _("本人の数は最大で何人か"),
}


@admin.register(Incident)
class IncidentAdmin(PersonViews, KeptAdmin):
    """The register of incidents."""

    form = IncidentForm
    list_display = ("shown_title", "known_at", "shown_reportability", "shown_due", "shown_persons", "shown_state")
    list_display_links = ("shown_title",)
    list_filter = ("reportability", "kind", "confirmed", ("closed_on", admin.EmptyFieldListFilter))
    search_fields = ("title", "overview")
    date_hierarchy = "known_at"
    fieldsets = (
        (_("何が起きたか"), {"fields": ("title", ("kind", "confirmed"), "known_at", "known_by", "items")}),
        (
            _("報告が必要か"),
            {
                "fields": (
                    ("sensitive", "property_damage"),
                    ("wrongful_purpose", "encrypted"),
                    "persons_at_most",
                    ("role", "entruster"),
                    ("reportable_on", "reportable_reason"),
                ),
                "description": _("法第26条、規則第7条。おそれがあるだけでも報告が必要です。"),
            },
        ),
        (
            _("報告する9つの事項"),
            {
                "fields": tuple(item.field for item in rules.ITEMS),
                "description": _("規則第8条第1項。速報では、そのときにわかっていることを書きます。"),
            },
        ),
        (_("知らせることが難しい人"), {"fields": ("substitute", "substitute_on")}),
    )
    change_form_before_template = "admin/consent_app/incident/before.html"

    # ------------------------------------------------------------------------------------------------------------ list

    @display(description=_("件名"), ordering="title")
    def shown_title(self, incident: Incident) -> str:
        return incident.title

    @display(
        description=_("報告の要否"),
        ordering="reportability",
        label={"reportable": "danger", "undecided": "warning", "not_reportable": "success"},
    )
    def shown_reportability(self, incident: Incident) -> tuple[str, str]:
        return incident.reportability, incident.get_reportability_display()

    @display(description=_("次の期限"), label={"late": "danger", "open": "info", "none": ""})
    def shown_due(self, incident: Incident) -> tuple[str, str]:
        what, on = incident_clock.next_due(incident)
        if on is None:
            return "none", "—"
        late = on < incident_clock.today()
        return ("late" if late else "open"), f"{what} {on.isoformat()}"

    @display(description=_("影響を受ける人"))
    def shown_persons(self, incident: Incident) -> str:
        return gettext("%(listed)s人（知らせた人 %(told)s人）") % {
            "listed": incident.persons_listed,
            "told": incident.persons_told,
        }

    @display(description=_("状態"), label={"closed": "success", "open": "info"})
    def shown_state(self, incident: Incident) -> tuple[str, str]:
        return ("closed", gettext("終了")) if incident.closed_on else ("open", gettext("対応中"))

    # ------------------------------------------------------------------------------------------------------------ form

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A closed one is opened again first."""
        closed = isinstance(obj, Incident) and Incident.objects.filter(pk=obj.pk).exclude(closed_on=None).exists()
        return not closed and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Incident, form: Any, change: bool) -> None:
        """Only what the form shows: dates and numbers are others' to write, and may have changed meanwhile."""
        if change:
            columns = {field.name for field in obj._meta.concrete_fields}
            obj.save(update_fields=[name for name in form.cleaned_data if name in columns])
            obj.refresh_from_db()
        else:
            obj.save()
        incidents.assess(incident=obj)

    def response_add(self, request: HttpRequest, obj: Incident, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, gettext("事故を記録しました。期限と、次にすることを確かめてください。"))
        return redirect(address(obj))

    def response_change(self, request: HttpRequest, obj: Incident) -> HttpResponse:
        messages.success(request, gettext("保存しました。"))
        return redirect(address(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        incident: Incident | None = self.get_object(request, object_id)
        context = self._panel(request, incident) if incident else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _panel(self, request: HttpRequest, incident: Incident) -> dict[str, Any]:
        judgement = incidents.judgement(incident)
        may = request.user.has_perm
        return {
            "incident": incident,
            "encrypted_exempts": judgement.encrypted,
            "triggers": [TRIGGERS[one] for one in judgement.triggers],
            "questions": [QUESTIONS[one] for one in judgement.unanswered],
            "exempt": incident.reportability == Incident.Reportability.NOT_REPORTABLE,
            "steps": incident_clock.steps(incident, incident_clock.today()),
            "today_mark": incident_clock.today_mark(incident, incident_clock.today()),
            "missing": incidents.missing_items(incident),
            "item_count": len(rules.ITEMS),
            "reports": incident.reports.select_related("by"),
            "otherwise": affected.to_be_told_otherwise(incident).count(),
            "notices": incident.notices.select_related("broadcast__job"),
            "corrections": CorrectiveAction.objects.filter(incident=incident),
            "left": [] if incident.closed_on else incidents.left_to_do(incident),
            "may_report": may("consent_app.report_incident") and not incident.closed_on,
            "may_choose": may("consent_app.choose_affected") and not incident.closed_on,
            "may_notify": may("consent_app.notify_affected") and not incident.closed_on,
            "may_correct": may("consent_app.add_correctiveaction"),
            "may_close": may("consent_app.change_incident"),
        }

    # ----------------------------------------------------------------------------------------------------------- pages

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> URLPattern:
            return path(f"<uuid:pk>/{name}/", self.admin_site.admin_view(view), name=f"consent_app_incident_{name}")

        return [
            named("report", self.report_view),
            named("sheet", self.sheet_view),
            named("close", require_POST(self.close_view)),
            named("reopen", require_POST(self.reopen_view)),
            named("choose", self.choose_view),
            named("persons", self.persons_view),
            named("addresses", require_POST(self.addresses_view)),
            *super().get_urls(),
        ]

    def found(self, request: HttpRequest, pk: Any, permission: str = "view_incident") -> Incident:
        """The incident, for whoever may do what the page is for; an attempt without the permission is recorded."""
        incident: Incident | None = self.get_object(request, str(pk))
        if incident is None:
            raise Http404
        self.may(request, permission, incident)
        return incident

    def page(self, request: HttpRequest, incident: Incident, template: str, **context: Any) -> HttpResponse:
        """One of the incident's pages."""
        return TemplateResponse(
            request,
            f"admin/consent_app/incident/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "incident": incident,
                "back_url": address(incident),
                **context,
            },
        )

    def report_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Record that a report was sent."""
        incident = self.found(request, pk, "report_incident")
        form = ReportForm(
            request.POST if request.method == "POST" else None,
            incident=incident,
            initial={"sent_on": incident_clock.today(), "kind": _next(incident)},
        )
        if form.is_valid():
            data = form.cleaned_data
            try:
                incidents.report(
                    incident=incident,
                    kind=rules.ReportKind(data["kind"]),
                    sent_on=data["sent_on"],
                    reference=data["reference"],
                    incomplete_reason=data["incomplete_reason"],
                    actor=request.user,  # type: ignore[arg-type]
                    now=timezone.now(),
                )
            except incidents.IncidentError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, gettext("報告を記録しました。"))
                return redirect(address(incident))
        missing = incidents.missing_items(incident)
        return self.page(request, incident, "report", title=_("報告を記録する"), form=form, missing=missing)

    def sheet_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The report as a page to print: as it is now, or as it was sent (``?report=`` with its key)."""
        incident = self.found(request, pk)
        key = request.GET.get("report", "")
        sent = incident.reports.filter(pk=key).first() if key.isdecimal() else None
        if key and sent is None:
            raise Http404
        texts = sent.items if sent else {item.field: getattr(incident, item.field) for item in rules.ITEMS}
        audit.record(action="incident.report_printed", actor=request.user, obj=incident)
        rows = [
            {"number": number, "item": item, "text": texts.get(item.field, "")}
            for number, item in enumerate(rules.ITEMS, start=1)
        ]
        return self.page(
            request,
            incident,
            "sheet",
            title=_("報告書"),
            rows=rows,
            sent=sent,
            operator=selectors.current_operator(),
            triggers=[TRIGGERS[one] for one in incidents.judgement(incident).triggers],
        )

    def close_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Close it, when nothing is left to be done."""
        incident = self.found(request, pk, "change_incident")
        try:
            incidents.close(incident=incident, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
        except incidents.IncidentError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("事故への対応を終えました。"))
        return redirect(address(incident))

    def reopen_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Take it up again."""
        incident = self.found(request, pk, "change_incident")
        try:
            incidents.reopen(incident=incident, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
        except incidents.IncidentError as error:
            messages.error(request, str(error))
        return redirect(address(incident))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        rows: QuerySet[Incident] = super().get_queryset(request)
        return rows.select_related("known_by")


def address(incident: Incident) -> str:
    """Its page."""
    return reverse("admin:consent_app_incident_change", args=[incident.pk])


def _next(incident: Incident) -> str:
    if not incident.preliminary_done_on:
        return rules.ReportKind.PRELIMINARY.value
    return (rules.ReportKind.SUPPLEMENT if incident.final_done_on else rules.ReportKind.FINAL).value
