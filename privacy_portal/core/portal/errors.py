"""Answers that are not a page."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; for a body that was too large a page of its own (413), which says how large a file may be."""
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        return render(request, "413.html", {"megabytes": settings.UPLOAD_MAX_MB}, status=413)
    return defaults.bad_request(request, exception)


def too_many_requests(
    request: HttpRequest, exception: Exception | None = None, *, retry_after: int | None = None
) -> HttpResponse:
    """429, with the seconds to wait where they are known (RFC 6585)."""
    response = render(request, "429.html", status=429)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response
