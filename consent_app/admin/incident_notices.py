"""Notices about incidents: draft, look, send, and watch how they go out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import Context, engines
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from privacy_portal.core.localized import localized
from privacy_portal.core.services import audit, jobs, outbox

from ..domain import incidents as rules
from ..models import Broadcast, Incident, IncidentNotice
from ..services import affected, broadcasts, incident_notices
from ..services.incidents import IncidentError
from .incident_forms import NoticeForm
from .kept import KeptAdmin

_REFRESH = 5
NOTIFY = "consent_app.notify_affected"


@admin.register(IncidentNotice)
class IncidentNoticeAdmin(KeptAdmin):
    """A draft is a form; what was sent can only be read. It is reached from its incident."""

    form = NoticeForm
    list_display = ("__str__", "incident", "audience", "started_at")
    list_filter = ("audience", ("started_at", admin.EmptyFieldListFilter))
    fieldsets = (
        (None, {"fields": ("incident", "audience")}),
        *((item.name, {"fields": ((f"{item.field}_ja", f"{item.field}_en"),)}) for item in rules.PERSON_ITEMS),
    )
    change_form_before_template = "admin/consent_app/incidentnotice/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[IncidentNotice]:
        rows: QuerySet[IncidentNotice] = super().get_queryset(request)
        return rows.select_related("incident", "broadcast__job")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(NOTIFY)) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        sent = isinstance(obj, IncidentNotice) and obj.started_at is not None
        return not sent and bool(request.user.has_perm(NOTIFY)) and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A notice stays with its incident."""
        return ("incident",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The Japanese texts begin with what the report says; persons are told in plainer words."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        try:
            key = UUID(request.GET.get("incident", ""))
        except ValueError:
            return initial
        incident = Incident.objects.filter(pk=key).first()
        if incident is None:
            return initial
        texts = {f"{item.field}_ja": getattr(incident, item.field) for item in rules.PERSON_ITEMS}
        return {"incident": incident.pk, **texts}

    def response_add(self, request: HttpRequest, obj: IncidentNotice, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, gettext("下書きを保存しました。内容を確かめてから送ってください。"))
        return redirect(_address(obj))

    def response_change(self, request: HttpRequest, obj: IncidentNotice) -> HttpResponse:
        messages.success(request, gettext("下書きを保存しました。"))
        return redirect(_address(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        notice: IncidentNotice | None = self.get_object(request, object_id)
        broadcast = broadcast_of(notice) if notice else None
        context: dict[str, Any] = {"notice": notice, "broadcast": broadcast, "show_save_and_continue": False}
        if notice is not None:
            context |= {
                "previews": [(language, _preview(notice, language)) for language in ("ja", "en")],
                "may_notify": request.user.has_perm(NOTIFY),
                "job": broadcast.job if broadcast else None,
                "otherwise": affected.to_be_told_otherwise(notice.incident).count(),
                "stalled": bool(
                    broadcast and not broadcast.paused_at and jobs.is_stalled(broadcast.job, now=timezone.now())
                ),
            }
        response = super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})
        if broadcast and not broadcast.finished_at and not broadcast.paused_at:
            response["Refresh"] = str(_REFRESH)
        return response

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> URLPattern:
            return path(
                f"<uuid:pk>/{name}/", self.admin_site.admin_view(view), name=f"consent_app_incidentnotice_{name}"
            )

        return [
            named("send", self.send_view),
            named("discard", require_POST(self.discard_view)),
            named("pause", require_POST(self.pause_view)),
            named("resume", require_POST(self.resume_view)),
            *super().get_urls(),
        ]

    def _found(self, request: HttpRequest, pk: Any) -> IncidentNotice:
        notice: IncidentNotice | None = self.get_object(request, str(pk))
        if notice is None:
            raise Http404
        if not request.user.has_perm(NOTIFY):
            audit.record(action="register.denied", actor=request.user, obj=notice)
            raise PermissionDenied
        return notice

    def send_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """What will happen to how many people; then, confirmed, it happens."""
        notice = self._found(request, pk)
        if request.method == "POST":
            return self._send(request, notice)
        problem = ""
        try:
            incident_notices.check(notice=notice)
        except IncidentError as error:
            problem = str(error)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("お知らせを送る"),
            "notice": notice,
            "incident": notice.incident,
            "back_url": _address(notice),
            "problem": problem,
            "people": broadcasts.affected_to_tell(notice).count(),
            "otherwise": affected.to_be_told_otherwise(notice.incident).count(),
        }
        return TemplateResponse(request, "admin/consent_app/incidentnotice/send.html", context)

    def _send(self, request: HttpRequest, notice: IncidentNotice) -> HttpResponse:
        if not request.POST.get("confirmed"):
            messages.error(request, gettext("内容を確かめて、チェックを入れてください。"))
            return redirect(reverse("admin:consent_app_incidentnotice_send", args=[notice.pk]))
        seen = request.POST.get("seen", "")
        try:
            incident_notices.start(
                notice=notice,
                revision=int(seen) if seen.isdecimal() else 0,
                actor=request.user,  # type: ignore[arg-type]
                now=timezone.now(),
            )
        except IncidentError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("送り始めました。このお知らせはもう変えられません。"))
        return redirect(_address(notice))

    def discard_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Delete a draft."""
        notice = self._found(request, pk)
        incident = notice.incident
        try:
            incident_notices.delete_draft(notice=notice, actor=request.user)  # type: ignore[arg-type]
        except IncidentError as error:
            messages.error(request, str(error))
            return redirect(_address(notice))
        messages.success(request, gettext("下書きを消しました。"))
        return redirect(reverse("admin:consent_app_incident_change", args=[incident.pk]))

    def _running(self, request: HttpRequest, pk: Any) -> tuple[IncidentNotice, Broadcast]:
        notice = self._found(request, pk)
        broadcast = broadcast_of(notice)
        if broadcast is None:
            raise Http404
        return notice, broadcast

    def pause_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Write no further mails for now."""
        notice, broadcast = self._running(request, pk)
        broadcasts.pause(broadcast=broadcast, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
        return redirect(_address(notice))

    def resume_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Go on."""
        notice, broadcast = self._running(request, pk)
        broadcasts.resume(broadcast=broadcast, actor=request.user)  # type: ignore[arg-type]
        return redirect(_address(notice))


def broadcast_of(notice: IncidentNotice) -> Broadcast | None:
    """How it goes out; None for a draft."""
    broadcast: Broadcast | None = getattr(notice, "broadcast", None)
    return broadcast


def _preview(notice: IncidentNotice, language: str) -> str:
    """The mail's text as people will read it."""
    with translation.override(language):
        values = {
            **outbox.mail_context(),
            "language": language,
            "further": notice.audience == IncidentNotice.Audience.ALL,
            **{item.field: localized(notice, item.field, language) for item in rules.PERSON_ITEMS},
        }
        template = engines["django"].get_template(f"emails/incident_notice/{language}/body.txt").template  # type: ignore[attr-defined]
        rendered: str = template.render(Context(values, autoescape=False))
    return rendered.strip()


def _address(notice: IncidentNotice) -> str:
    return reverse("admin:consent_app_incidentnotice_change", args=[notice.pk])
