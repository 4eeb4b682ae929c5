"""Lists are filtered by what they offer and by nothing else."""

from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse

_OF_A_FIELD = ("", "__exact", "__in", "__isnull", "__isempty", "__id__exact", "__pk__exact", "__gte", "__lt", "__lte")
_OF_A_RANGE = ("_from", "_to", "_from_0", "_from_1", "_to_0", "_to_1")
_OF_A_CALENDAR = ("__year", "__month", "__day", "__gte", "__lt")


class OfferedLookups:
    """Takes only the parameters of ``list_filter`` and ``date_hierarchy`` from the address.

    Django takes any lookup on a column of the model: ``?email__startswith=vic`` would tell, letter by letter, what the
    list shows only masked, and write it into logs and histories.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.offered_lookups(request)

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Refuse rows whose key cannot be one: Django looks them up as they come, and fails."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.model._meta.pk.to_python(key)  # type: ignore[attr-defined]
            except ValidationError:
                raise BadRequest("no key of a row") from None
        return super().response_action(request, queryset)  # type: ignore[misc]

    def offered_lookups(self, request: HttpRequest) -> set[str]:
        """Every parameter that one of the list's filters, or its calendar, may put into the address."""
        offered: set[str] = set()
        for entry in self.get_list_filter(request):  # type: ignore[attr-defined]
            if isinstance(entry, type) and issubclass(entry, ListFilter):
                offered.add(str(getattr(entry, "parameter_name", "")))
                continue
            name: Any = entry[0] if isinstance(entry, list | tuple) else entry
            offered |= {f"{name}{ending}" for ending in (*_OF_A_FIELD, *_OF_A_RANGE)}
        if days := getattr(self, "date_hierarchy", None):
            offered |= {f"{days}{ending}" for ending in _OF_A_CALENDAR}
        return offered


class FewRows:
    """An inline of at most ``most`` rows. Django would build up to 2,000, at a minute a page, when a form says so."""

    most = 100

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        limits = {"max_num": self.most, "absolute_max": self.most}
        return super().get_formset(request, obj, **{**limits, **kwargs})  # type: ignore[misc]
