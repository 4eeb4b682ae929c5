"""The matters made knowable (article 32(1)) for everybody, on one page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .. import selectors
from ..public_words import channel_words
from ..services import matters as service

# Section -> address name of the page that says more about it.
MORE = {
    "purposes": "portal:purposes",
    "requests": "portal:procedure",
    "complaints": "portal:contact",
}


@require_safe
def matters(request: HttpRequest) -> HttpResponse:
    """What the registers say now, once staff have published; before that, where to ask."""
    operator = selectors.current_operator()
    if operator is None:
        return render(request, "portal/consent/not_ready.html", status=503)
    newest = service.newest()
    sections = service.sections() if newest else []
    context = {
        "newest": newest,
        "sections": [{**section, "more": MORE.get(section["code"], "")} for section in sections],
        "channels": channel_words(operator, operator.channels),
    }
    return render(request, "portal/consent/matters.html", context)
