"""Answers that are not a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def too_many_requests(
    request: HttpRequest, exception: Exception | None = None, *, retry_after: int | None = None
) -> HttpResponse:
    """429, with the seconds to wait where they are known (RFC 6585)."""
    response = render(request, "429.html", status=429)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response
