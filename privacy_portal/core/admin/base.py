"""What the kernel's pages in the admin have in common: they show, and change nothing."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from unfold.admin import ModelAdmin

from .lookups import OfferedLookups


class ReadOnlyAdmin(OfferedLookups, ModelAdmin):
    """Lists and pages to look at. Whoever may not view a model does not see it at all."""

    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    list_fullwidth = True
    actions_on_top = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class CountedChoiceFilter(admin.SimpleListFilter):
    """The choices of one column, each with the number of its rows; subclasses set ``parameter_name`` to the column."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = model_admin.model._meta.get_field(self.parameter_name).choices
        rows = model_admin.model._default_manager.order_by().values_list(self.parameter_name).annotate(Count("pk"))
        counts = dict(rows)
        return [(value, f"{label} ({counts.get(value, 0)})") for value, label in choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


def admin_address(object_type: str, object_id: str, *, site: str = "admin") -> str | None:
    """The admin page of an object that is referred to by type and key, if its model has one."""
    app, _dot, model = object_type.partition(".")
    try:
        return reverse(f"{site}:{app}_{model}_change", args=[object_id])
    except NoReverseMatch:
        return None
