"""A search that leaves no trace in addresses."""

import base64
import secrets
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from ..crypto import DecryptionError, keyring

LENGTH = 100
# In the address stands only this, with a random name of what was searched for in this session.
FOUND_VAR = "found"
_SESSION_KEY = "admin_searches"
# As many lists as somebody has open side by side.
_KEPT = 10


def search_words(request: HttpRequest) -> str:
    """What the list that is being shown was searched for; empty where it was merely opened, and on every other page."""
    words: str = getattr(request, "_posted_search", "")
    return words


def remember(request: HttpRequest, words: str) -> str:
    """Keep what was searched for, encrypted, as long as the session lasts; the name it can be recalled by."""
    token = secrets.token_urlsafe(12)
    sealed = keyring().seal(words.encode(), context=_context(token))
    kept = [*request.session.get(_SESSION_KEY, {}).items()][-_KEPT + 1 :]
    request.session[_SESSION_KEY] = {**dict(kept), token: base64.b64encode(sealed).decode()}
    return token


def recall(request: HttpRequest, token: str) -> str:
    """What :func:`remember` kept in this session; empty: nothing (any more)."""
    sealed = request.session.get(_SESSION_KEY, {}).get(token, "")
    with suppress(DecryptionError):
        return keyring().open(base64.b64decode(sealed), context=_context(token)).decode() if sealed else ""
    return ""


def _context(token: str) -> bytes:
    return f"admin.search:{token}".encode()


class PostedChangeList(ChangeList):
    """Keeps the name of the search in its links, and does not take it for a filter."""

    result_list: Any
    # What may stand in the address without being a filter.
    not_filters: tuple[str, ...] = (FOUND_VAR,)

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        # Before the rest, which asks the filters.
        self.request = request
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        lookups = super().get_filters_params(params)
        return {name: value for name, value in lookups.items() if name not in self.not_filters}


class PostedSearch(ModelAdmin):
    """A list whose search is posted, and shown under an address that does not tell what was searched for.

    Names, mail addresses and numbers in the address of a page would lie in logs, histories and referrers
    (``docs/decisions/search.md``). Put it before the admin's class, and let ``list_before_template`` include
    ``admin/core/posted_search.html``.
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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PostedChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST" and "words" in request.POST:
            words = request.POST["words"].strip()[:LENGTH]
            return HttpResponseRedirect(_address(request, remember(request, words) if words else ""))
        if token := request.GET.get(FOUND_VAR, ""):
            words = recall(request, token)
            if not words:
                messages.info(request, _("検索した言葉は、もう残っていません。もう一度入力してください。"))
                return HttpResponseRedirect(_address(request, ""))
            request._posted_search = words  # type: ignore[attr-defined]
        context = {
            "search_words": search_words(request),
            "search_label": self.search_label,
            "search_help": self.search_help,
            "search_length": LENGTH,
            "search_leave": _address(request, ""),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})


def _address(request: HttpRequest, token: str) -> str:
    """The list with its filters, from the first page on, with this search."""
    query = request.GET.copy()
    query.pop(PAGE_VAR, None)
    query.pop(FOUND_VAR, None)
    if token:
        query[FOUND_VAR] = token
    return f"{request.path}?{query.urlencode()}" if query else request.path
