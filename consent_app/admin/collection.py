"""Collection points: kept by staff, with the text that people are shown and its versions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ..models import CollectionPoint, CollectionWording, DataItem, Purpose
from ..services import collection, kept
from .base import names_of, text_column
from .kept import KeptAdmin, KeptForm


class CollectionPointForm(KeptForm):
    """What no purpose of the point uses may not be collected there."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        purposes, items = cleaned.get("purposes"), cleaned.get("items")
        if purposes is not None and items is not None and items:
            used = set(DataItem.objects.filter(purposes__in=purposes).values_list("pk", flat=True))
            if unused := [str(item) for item in items if item.pk not in used]:
                words = _("選んだ利用目的のどれにも使わない項目があります：%(items)s。") % {"items": "、".join(unused)}
                self.add_error("items", ValidationError(words))
        return cleaned


@admin.register(CollectionPoint)
class CollectionPointAdmin(KeptAdmin):
    """The text to be shown next is part of the form; a button lets it take the place of the one that is shown."""

    form = CollectionPointForm
    list_display = ("name", "kind", "uses", "shown_version", "active")
    list_filter = ("active", "kind")
    search_fields = ("code", "name_ja", "name_en", "wording_ja", "wording_en")
    fieldsets = (
        (None, {"fields": ("code", "position", "kind", ("name_ja", "name_en"), "active")}),
        (_("何のために、何を"), {"fields": ("purposes", "items")}),
        (_("次に示す文言"), {"fields": ("wording_ja", "wording_en")}),
        (_("同意"), {"fields": ("proof_ja", "proof_en")}),
    )
    change_form_outer_before_template = "admin/consent_app/collectionpoint/shown.html"
    name = text_column("name", _("名称"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[CollectionPoint]:
        return super().get_queryset(request).prefetch_related("purposes", "wordings")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # The code names an entry for good.
        return ("code",) if obj else ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Retired entries are not offered, except those that the point has."""
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name in ("purposes", "items"):
            rows: Any = Purpose if db_field.name == "purposes" else DataItem
            offered = Q(active=True) | Q(collection_points__pk=_key(request))
            field.queryset = rows.objects.filter(offered).distinct()
        return field

    @display(description=_("利用目的"))
    def uses(self, point: CollectionPoint) -> str:
        return names_of(point.purposes)

    @display(description=_("示している文言"), label={"none": "danger", "shown": "success", "differs": "warning"})
    def shown_version(self, point: CollectionPoint) -> tuple[str, str]:
        wordings = list(point.wordings.all())
        if not wordings:
            return "none", str(_("まだありません"))
        last = max(wordings, key=lambda wording: wording.number)
        words = _("第%(number)s版") % {"number": last.number}
        if _differs(point, last):
            return "differs", str(_("%(version)s（次の文言あり）") % {"version": words})
        return "shown", str(words)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        point = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if point is not None:
            wordings = list(CollectionWording.objects.filter(point=point).order_by("-number"))
            context = {
                "wordings": wordings,
                "gaps": collection.gaps(point),
                "differs": not wordings or _differs(point, wordings[0]),
                "may_start": self.has_change_permission(request, point),
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        start = self.admin_site.admin_view(self.start_view)
        return [path("<int:pk>/start/", start, name="consent_app_collectionpoint_start"), *super().get_urls()]

    def start_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Both languages as they will be shown; then, confirmed, they are."""
        point = CollectionPoint.objects.filter(pk=pk).first()
        if point is None:
            raise Http404
        self.may(request, "change_collectionpoint", point)
        page = reverse("admin:consent_app_collectionpoint_change", args=[point.pk])
        if request.method == "POST":
            seen = request.POST.get("seen", "")
            try:
                wording = collection.start(
                    point=point,
                    actor=request.user,
                    now=timezone.now(),
                    revision=int(seen) if seen.isdecimal() else 0,
                )
            except collection.CollectionError as error:
                messages.error(request, str(error))
            except kept.ChangedMeanwhile:
                messages.error(request, _("ほかの人が先に保存しました。内容を確かめてから、もう一度進んでください。"))
            else:
                messages.success(request, _("%(wording)sを使い始めました。") % {"wording": wording})
            return redirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("この文言を使い始める"),
            "point": point,
            "gaps": collection.gaps(point),
            "shown": collection.current(point),
            "page": page,
        }
        return TemplateResponse(request, "admin/consent_app/collectionpoint/start.html", context)


def _differs(point: CollectionPoint, wording: CollectionWording) -> bool:
    return (point.wording_ja.strip(), point.wording_en.strip()) != (wording.text_ja, wording.text_en)


def _key(request: HttpRequest) -> int | None:
    match = request.resolver_match
    key = match.kwargs.get("object_id", "") if match else ""
    return int(key) if key.isdecimal() else None
