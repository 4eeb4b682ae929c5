"""Answers that are not a page."""

import sys
from collections.abc import Iterator

import redis
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.views import defaults

# The database or Redis is away, restarting, or gave up on this statement: the same may work in a moment.
PASSING = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)
TRY_AGAIN_SECONDS = 30


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


def server_error(request: HttpRequest) -> HttpResponse:
    """500; where the database or Redis was away 503: it passes, and when to come back (RFC 9110, 15.6.4).

    Django calls this while the error is being handled. Nothing that could fail for the same reason is used.
    """
    if any(isinstance(error, PASSING) for error in _with_causes(sys.exc_info()[1])):
        page = get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": str(TRY_AGAIN_SECONDS)})
    return defaults.server_error(request)


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it was raised from; not what was handled before it."""
    while error is not None:
        yield error
        error = error.__cause__
