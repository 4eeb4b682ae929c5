"""What records how people use the shop's site, in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ..models import Tracker
from .base import text_column
from .kept import KeptAdmin


@admin.register(Tracker)
class TrackerAdmin(KeptAdmin):
    """What is sent to whom for what, and how to refuse it; shown on the portal's page as it stands here."""

    list_display = ("shown_name", "kind", "shown_aim", "shown_recipient", "advertising", "tied_to_person", "active")
    list_filter = ("active", "kind", "advertising", "tied_to_person")
    search_fields = ("code", "name_ja", "name_en", "sent_ja", "sent_en", "recipient_ja", "recipient_en")
    shown_name = text_column("name", _("名称"))
    shown_aim = text_column("aim", _("何のため"))
    shown_recipient = text_column("recipient", _("送信先"))
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "code",
                    "kind",
                    ("name_ja", "name_en"),
                    ("sent_ja", "sent_en"),
                    ("aim_ja", "aim_en"),
                    "active",
                )
            },
        ),
        (
            _("送信先"),
            {
                "fields": (
                    ("recipient_ja", "recipient_en"),
                    ("recipient_address_ja", "recipient_address_en"),
                    "recipient_country",
                    "advertising",
                    "tied_to_person",
                )
            },
        ),
        (_("同意と断り方"), {"fields": ("purposes", ("refusal_ja", "refusal_en"), "refusal_url")}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "refusal_url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    class Media:
        css = {"all": ["admin_portal/case.css"]}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A few entries are seen at once; a list box hides them and loses choices with one click."""
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget()}
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("code",)
