"""What records how people use the site, for everybody; and the browser's signal against advertising."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from .. import selectors
from ..domain import gpc
from .own_cookies import own_cookies


@require_safe
def trackers_page(request: HttpRequest) -> HttpResponse:
    """What this portal stores itself, what the shop records or sends, to whom, for what, how to refuse it."""
    if selectors.current_operator() is None:
        return render(request, "portal/consent/not_ready.html", status=503)
    trackers = list(selectors.trackers())
    context = {
        "own_cookies": own_cookies(),
        "trackers": trackers,
        "advertising": any(tracker.advertising for tracker in trackers),
        "signal": gpc.signalled(request.headers.get(gpc.HEADER)),
    }
    response = render(request, "portal/consent/trackers.html", context)
    patch_vary_headers(response, [gpc.HEADER])
    return response


@require_safe
@cache_control(public=True, max_age=86400)
def gpc_support(request: HttpRequest) -> JsonResponse:
    """The support resource of Global Privacy Control: the signal is honoured here."""
    return JsonResponse(gpc.support())
