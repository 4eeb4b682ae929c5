"""A search that leaves no trace in addresses."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

LENGTH = 100


def search_words(request: HttpRequest) -> str:
    """What the list that is being shown was searched for; empty where it was merely opened, and on every other page."""
    words: str = getattr(request, "_posted_search", "")
    return words


class PostedSearch(ModelAdmin):
    """A list whose search is posted and answered at once.

    Names, mail addresses and numbers in the address of a page would lie in logs, histories and referrers. Put it before
    the admin's class, and let ``list_before_template`` include ``admin/core/posted_search.html``.
    """

    search_label: Any
    search_help: Any
    list_before_template = "admin/core/posted_search.html"

    def searched(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        """The rows that ``words`` find; each list says how."""
        return queryset.none()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        words = search_words(request)
        return self.searched(rows, words) if words else rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            request._posted_search = request.POST.get("words", "").strip()[:LENGTH]  # type: ignore[attr-defined]
        context = {
            "search_words": search_words(request),
            "search_label": self.search_label,
            "search_help": self.search_help,
            "search_length": LENGTH,
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})
