"""What the pages of all registers have in common."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from privacy_portal.core.admin.lookups import OfferedLookups

from ..domain.masking import masked_name
from ..models import Customer
from .care import CareFiltered


class CappedPaginator(Paginator):
    """Counts no further than needed, so that the list of a million rows opens at once.

    Only the first ``LIMIT`` rows can be reached by turning pages; beyond them, filters and the search are the way.
    """

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list[: self.LIMIT].count()  # type: ignore[attr-defined]


class ReadOnlyAdmin(CareFiltered, OfferedLookups, ModelAdmin):
    """Rows that are written by a profile or by services, never by hand.

    A form here would let a row differ from the file that the next load reads, or change what must only be added to.
    """

    show_full_result_count = False
    list_per_page = 50
    actions = None
    compressed_fields = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ProfileAdmin(ReadOnlyAdmin):
    """A register that the operator's profile fills."""

    list_before_template = "admin/consent_app/from_profile.html"
    change_form_before_template = "admin/consent_app/from_profile.html"


class ReadOnlyInline(TabularInline):
    """Rows of another register, shown beside what they belong to, page by page."""

    extra = 0
    per_page = 20
    tab = True
    can_delete = False
    show_change_link = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def text_column(name: str, description: Any) -> Any:
    """A column for a text that exists in two languages, in the language of the page."""

    @display(description=description, ordering=f"{name}_ja")
    def column(self: ModelAdmin, obj: models.Model) -> str:
        return str(getattr(obj, name))

    return column


def link_to_customer(customer: Customer) -> SafeString:
    """The masked name, leading to the page where a look is recorded."""
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
        admin_url(customer),
        masked_name(customer.full_name) or customer.pk,
    )


def admin_url(obj: models.Model) -> str:
    """The address of an object's page in the admin."""
    meta = obj._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[obj.pk])


def names_of(items: Any) -> str:
    """The names of prefetched items, in the active language."""
    return _("、").join(str(item) for item in items.all())


def day_widget() -> forms.DateInput:
    """The browser's own calendar, for forms outside of the admin's own ones."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
