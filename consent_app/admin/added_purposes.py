"""Purposes that staff add: drafted, announced once, closed once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ..models import AddedPurpose, DataItem, Purpose
from ..services import added_purposes, kept
from .base import admin_url, names_of, text_column
from .kept import KeptAdmin
from .persons import staff


@admin.register(AddedPurpose)
class AddedPurposeAdmin(KeptAdmin):
    """A draft is a form; what people were asked can only be read."""

    list_display = ("text", "uses", "state", "announced_at", "closed_at")
    list_filter = (("announced_at", admin.EmptyFieldListFilter), ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("text_ja", "text_en")
    change_form_outer_before_template = "admin/consent_app/addedpurpose/before.html"
    text = text_column("text", _("利用目的"))
    fields = (
        ("text_ja", "text_en"),
        ("explanation_ja", "explanation_en"),
        "items",
        "part_of",
        ("provided_to", "valid_months"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AddedPurpose]:
        rows: QuerySet[AddedPurpose] = super().get_queryset(request)
        return rows.select_related("purpose", "part_of").prefetch_related("items")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.announced_at is None) and super().has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "part_of":
            kwargs["queryset"] = Purpose.objects.filter(active=True, part_of=None, from_profile=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = DataItem.objects.filter(active=True)
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("使うデータ項目"))
    def uses(self, row: AddedPurpose) -> str:
        return names_of(row.items)

    @display(description=_("状態"), label={"draft": "warning", "open": "success", "closed": ""})
    def state(self, row: AddedPurpose) -> tuple[str, str]:
        if row.announced_at is None:
            return "draft", gettext("下書き")
        return ("open", gettext("公表中")) if row.closed_at is None else ("closed", gettext("終わった"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if row is not None:
            context = {"gaps": added_purposes.gaps(row), "may": super().has_change_permission(request)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/announce/", wrap(self.announce_view), name="consent_app_addedpurpose_announce"),
            path("<int:pk>/close/", wrap(self.close_view), name="consent_app_addedpurpose_close"),
            *super().get_urls(),
        ]

    def announce_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What will be asked; then, confirmed, it is."""
        row = self._row(request, pk)
        if request.method == "POST":
            seen = request.POST.get("seen", "")
            try:
                added_purposes.announce(
                    row=row, revision=int(seen) if seen.isdecimal() else 0, actor=staff(request), now=timezone.now()
                )
            except added_purposes.AddedPurposeError as error:
                messages.error(request, str(error))
            except kept.ChangedMeanwhile:
                messages.error(request, _("ほかの人が先に保存しました。内容を確かめてから、もう一度進んでください。"))
            else:
                messages.success(request, _("公表しました。お客さまは、ポータルの同意のページで決められます。"))
            return redirect(admin_url(row))
        return self._page(request, row, "announce", _("公表して同意をお願いする"))

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What ends; then, confirmed, it does."""
        row = self._row(request, pk)
        if request.method == "POST":
            try:
                added_purposes.close(row=row, actor=staff(request), now=timezone.now())
            except added_purposes.AddedPurposeError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("終えました。この目的には、もう使えません。"))
            return redirect(admin_url(row))
        return self._page(request, row, "close", _("この目的を終える"))

    def _row(self, request: HttpRequest, pk: int) -> AddedPurpose:
        row = AddedPurpose.objects.select_related("part_of", "purpose").filter(pk=pk).first()
        self.may(request, "change_addedpurpose", row)
        if row is None:
            raise Http404
        return row

    def _page(self, request: HttpRequest, row: AddedPurpose, template: str, title: Any) -> HttpResponse:
        values = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "row": row,
            "items": list(row.items.all()),
            "gaps": added_purposes.gaps(row),
            "back_url": admin_url(row),
            "back_label": row.text,
        }
        return TemplateResponse(request, f"admin/consent_app/addedpurpose/{template}.html", values)
