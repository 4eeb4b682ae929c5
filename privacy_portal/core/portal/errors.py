"""Answers that are not a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429 without a wait that we could honestly name; where one is known, the view says it itself."""
    return render(request, "429.html", status=429)
