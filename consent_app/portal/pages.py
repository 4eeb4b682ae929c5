"""The pages that anybody may read: what article 32(1) wants to be knowable, and what the policy promises to publish."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import quote_etag
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from .. import selectors
from ..domain.articles import article_text
from ..domain.countries import country_name
from ..domain.duties import HOME_COUNTRY
from ..domain.request_words import REQUEST_WORDS
from ..models import DataItem, Operator, RequestRule
from ..public_words import channel_words, complaint_words, cost
from . import wording


def with_operator(view: Callable[[HttpRequest, Operator], HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view its operator; say so plainly where no profile has been loaded yet."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        operator = selectors.current_operator()
        if operator is None:
            return render(request, "portal/consent/not_ready.html", status=503)
        return view(request, operator)

    return require_safe(wrapper)


@with_operator
def contact(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Who the operator is, how and when it can be reached."""
    context = {
        "channels": channel_words(operator, operator.channels),
        "complaint_channels": complaint_words(operator),
    }
    return render(request, "portal/consent/contact.html", context)


@with_operator
def purposes(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What data is used for, and what follows when an item is not given."""
    items = list(selectors.data_items())
    all_purposes = list(selectors.purposes_with_items())
    context = {
        "purposes": [
            {"whole": whole, "parts": [part for part in all_purposes if part.part_of_id == whole.pk]}
            for whole in all_purposes
            if whole.part_of_id is None
        ],
        "asked": [item for item in items if item.entered_by == DataItem.EnteredBy.CUSTOMER],
        "arising": [item for item in items if item.entered_by != DataItem.EnteredBy.CUSTOMER],
    }
    return render(request, "portal/consent/purposes.html", context)


@with_operator
def collection_points(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Where data is collected, for which purposes, and exactly what people are shown there (promise Q1)."""
    return render(request, "portal/consent/collection_points.html", {"points": selectors.collection_points()})


@with_operator
def subcontractors(request: HttpRequest, operator: Operator) -> HttpResponse:
    """To whom handling is entrusted, which items they get, and where they are (article 28(2) for those abroad)."""
    rows = [
        {
            "subcontractor": one,
            "country": country_name(one.country),
            "abroad": getattr(one, "foreign_arrangement", None) if one.country != HOME_COUNTRY else None,
        }
        for one in selectors.public_subcontractors()
    ]
    context = {"rows": rows}
    return render(request, "portal/consent/subcontractors.html", context)


def procedure_context(operator: Operator, rules: dict[str, RequestRule]) -> dict[str, Any]:
    """How to ask, the cost, the time, when it may be refused (article 37), as the profile has it.

    Args:
        rules: those offered, by type.
    """
    order = [code for code in REQUEST_WORDS if code in rules]
    return {
        "rows": [
            {
                "code": code,
                "words": REQUEST_WORDS[code],
                "cost": cost(rules[code]),
                "time": wording.time_needed(rules[code]),
            }
            for code in order
        ],
        "refusals": _refusals(order),
        "channels": channel_words(operator, operator.channels),
        "complaint_channels": complaint_words(operator),
    }


def _refusals(order: list[str]) -> list[dict[str, Any]]:
    """Grounds of refusal, request types with the same grounds together."""
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    grounds_by_type: dict[str, list[dict[str, Any]]] = {code: [] for code in order}
    for ground in selectors.refusal_grounds():
        articles = [
            article_text(article, language) for article in ([ground.article] if ground.statutory else ground.requires)
        ]
        for code in ground.requests:
            if code in grounds_by_type:
                grounds_by_type[code].append({"text": ground.text, "statutory": ground.statutory, "articles": articles})
    groups: list[dict[str, Any]] = []
    for code, grounds in grounds_by_type.items():
        if not grounds:
            continue
        term = REQUEST_WORDS[code].term
        for group in groups:
            if group["grounds"] == grounds:
                group["terms"].append(term)
                break
        else:
            groups.append({"terms": [term], "grounds": grounds})
    return groups


def _accent() -> str:
    operator = selectors.current_operator()
    return operator.accent_color if operator else ""


def _css_etag(request: HttpRequest) -> str:
    return quote_etag(_accent() or "none")


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_css_etag)
def operator_css(request: HttpRequest) -> HttpResponse:
    """The operator's accent colour as a custom property; a file, because the pages' policy allows no inline style."""
    accent = _accent()
    css = f":root {{ --operator-accent: {accent}; }}\n" if accent else ""
    return HttpResponse(css, content_type="text/css; charset=utf-8")


def _logo() -> str:
    operator = selectors.current_operator()
    return operator.logo if operator else ""


def _logo_etag(request: HttpRequest) -> str:
    return quote_etag(sha256(_logo().encode()).hexdigest()[:32])


# A drawing that may fetch and run nothing, even when somebody opens it by its address.
@csp({"default-src": ["'none'"], "frame-ancestors": ["'none'"], "sandbox": True})
@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_logo_etag)
def operator_logo(request: HttpRequest) -> HttpResponse:
    """The operator's logo, which was checked when the profile was loaded."""
    drawing = _logo()
    if not drawing:
        raise Http404
    return HttpResponse(drawing, content_type="image/svg+xml")
