"""The matters made knowable: what is missing and where it is mended, what has changed, publishing, every version."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from privacy_portal.core.services import audit

from ..domain import matters as law
from ..domain import policy_text
from ..models import MattersVersion
from ..services import matters
from .base import ReadOnlyAdmin
from .care import CareFilter


class WholeListCareFilter(CareFilter):
    """The first page links here with the kind of care; what it means stands above the list, which stays whole."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


@admin.register(MattersVersion)
class MattersVersionAdmin(ReadOnlyAdmin):
    """Where the page stands, and below it every version of it."""

    list_display = ("name", "made_at", "how", "made_by")
    list_filter = ("automatic", WholeListCareFilter)
    list_before_template = "admin/consent_app/mattersversion/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[MattersVersion]:
        rows: QuerySet[MattersVersion] = super().get_queryset(request)
        return rows.select_related("made_by")

    @display(description=_("版"), ordering="number")
    def name(self, version: MattersVersion) -> str:
        return str(version)

    @display(description=_("しかた"), ordering="automatic", label={True: "info", False: "success"})
    def how(self, version: MattersVersion) -> tuple[bool, str]:
        return version.automatic, gettext("台帳が変わった") if version.automatic else gettext("担当者が公表した")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("publish/", self.admin_site.admin_view(self.publish_view), name="consent_app_mattersversion_publish"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        facts = matters.facts()
        before = matters.newest_published()
        said = matters.content()
        context = {
            "title": _("公表事項"),
            "missing": [_row(matter) for matter in law.missing(facts)],
            "advised": [_row(matter) for matter in law.advised(facts)],
            "published": before,
            "changed": before is not None and before.content != said,
            "may_publish": self._may_publish(request),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One version as the page said it, in both languages."""
        version: MattersVersion | None = self.get_object(request, object_id)
        if version is None:
            raise Http404
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return self._page(request, "page", title=str(version), version=version, languages=_languages(version.content))

    def publish_view(self, request: HttpRequest) -> HttpResponse:
        """What will be said, and what has changed since the last time; then, confirmed, it is published."""
        if not self._may_publish(request):
            audit.record(action="matters.denied", actor=request.user)
            raise PermissionDenied
        if request.method == "POST":
            return self._publish(request)
        said = matters.content()
        before = matters.newest_published()
        return self._page(
            request,
            "publish",
            title=_("いま公表する"),
            missing=[_row(matter) for matter in matters.missing()],
            before=before,
            unchanged=before is not None and before.content == said,
            differences=_differences(before.content, said) if before else [],
            languages=_languages(said),
            seen=matters.digest(said),
        )

    def _publish(self, request: HttpRequest) -> HttpResponse:
        if not request.POST.get("confirmed"):
            messages.error(request, _("内容を確かめて、チェックを入れてください。"))
            return redirect("admin:consent_app_mattersversion_publish")
        try:
            matters.publish(
                seen=request.POST.get("seen", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=timezone.now(),
            )
        except matters.MattersError as error:
            messages.error(request, str(error))
            return redirect("admin:consent_app_mattersversion_publish")
        messages.success(request, _("公表しました。ポータルの「公表事項」で見られます。"))
        return redirect("admin:consent_app_mattersversion_changelist")

    def _may_publish(self, request: HttpRequest) -> bool:
        return request.user.has_perm("consent_app.add_mattersversion")

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/consent_app/mattersversion/{template}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )


def _row(matter: law.Matter) -> dict[str, Any]:
    """A matter with its article in words and the register where it is mended, where that has pages."""
    app_label, model = matter.register.split(".")
    try:
        address = reverse(f"admin:{app_label}_{model}_changelist")
    except NoReverseMatch:
        address = ""
    register = apps.get_model(matter.register)._meta.verbose_name_plural
    return {"text": matter.text, "article": matter.article, "address": address, "register": register}


def _languages(said: matters.Content) -> list[tuple[str, str, list[matters.Section]]]:
    names = {"ja": gettext("日本語"), "en": gettext("英語")}
    return [(language, names[language], said.get(language, [])) for language in matters.LANGUAGES]


def _differences(before: matters.Content, after: matters.Content) -> list[tuple[str, str, Any]]:
    return [
        (language, name, policy_text.difference(matters.as_text(before.get(language, [])), matters.as_text(sections)))
        for language, name, sections in _languages(after)
    ]
