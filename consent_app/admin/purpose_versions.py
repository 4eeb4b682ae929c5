"""The versions of a purpose's wording, and judging that a change of words changed no meaning."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from privacy_portal.core.services import audit

from ..models import Purpose, PurposeVersion
from ..services import wordings
from .base import admin_url
from .persons import staff
from .refusing import refused_reason

JUDGE = "consent_app.change_purposeversion"


class PurposeVersions(ModelAdmin):
    """For the page of a purpose; put it before the admin's class."""

    change_form_outer_before_template = "admin/consent_app/purpose/versions.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        purpose = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if isinstance(purpose, Purpose):
            rows = PurposeVersion.objects.filter(purpose=purpose).select_related("judged_by").order_by("-number")
            context = {"versions": list(rows), "may_judge": request.user.has_perm(JUDGE)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.judge_view)
        return [path("<int:pk>/judge/<int:number>/", view, name="consent_app_purpose_judge"), *super().get_urls()]

    def judge_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Both texts, and why they mean the same."""
        version = PurposeVersion.objects.select_related("purpose").filter(purpose=pk, number=number).first()
        if not request.user.has_perm(JUDGE):
            audit.record(action="register.denied", actor=staff(request), obj=version)
            raise PermissionDenied
        if version is None:
            raise Http404
        if request.method == "POST" and (wrong := refused_reason(request)):
            messages.error(request, wrong)
        elif request.method == "POST":
            try:
                wordings.judge(
                    version=version, reason=request.POST.get("reason", ""), actor=staff(request), now=timezone.now()
                )
            except wordings.VersionError as error:
                messages.error(request, str(error))
                return redirect(request.path if version.material else admin_url(version.purpose))
            messages.success(request, _("意味の変わらない変更としました。これまでの同意が、また使えます。"))
            return redirect(admin_url(version.purpose))
        values = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("意味の変わらない変更とする"),
            "version": version,
            "reason": request.POST.get("reason", ""),
            "before": PurposeVersion.objects.filter(purpose=pk, number=number - 1).first(),
            "back_url": admin_url(version.purpose),
            "back_label": version.purpose.text,
        }
        return TemplateResponse(request, "admin/consent_app/purpose/judge.html", values)
