"""Lists that can be narrowed to what needs care; the first page of the admin links to them."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..domain import care


class CareFilter(admin.SimpleListFilter):
    """Only the entries that need care of one kind; the first page of the admin links here."""

    title = _("手入れ")
    parameter_name = "care"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.code, kind.title) for kind in kinds_of(model_admin.model)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kind = next((kind for kind in kinds_of(queryset.model) if kind.code == self.value()), None)
        if kind is None:
            return queryset
        today = timezone.localdate()
        entries = kind.entries(today, today + datetime.timedelta(days=kind.within))
        return queryset.filter(pk__in=[entry.key for entry in entries])


def kinds_of(model: type[models.Model]) -> list[care.CareKind]:
    """The kinds of care whose entries are rows of this model."""
    return [kind for kind in care.kinds() if kind.model == model._meta.label_lower]


class CareFiltered:
    """Offers the filter where a kind of care is about the list's model."""

    model: type[models.Model]

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = list(super().get_list_filter(request))  # type: ignore[misc]
        has_one = any(isinstance(entry, type) and issubclass(entry, CareFilter) for entry in filters)
        return filters if has_one or not kinds_of(self.model) else [CareFilter, *filters]
