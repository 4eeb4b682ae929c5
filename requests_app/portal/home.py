"""The first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .offers import offers


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who the operator is and what somebody can do here; for everybody, signed in or not."""
    actions = [
        {"title": o.type.plain_name, "term": o.type.name, "text": o.type.description, "url": o.url, "facts": o.facts}
        for o in offers()
    ]
    return render(request, "portal/home.html", {"actions": actions})
