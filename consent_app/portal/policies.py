"""The privacy policy for everybody: what holds now, what will hold, what held, and what changed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import selectors
from ..domain import policy_text
from ..models import PolicyVersion


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """The text in effect, the announcement of a coming one, and the archive."""
    if selectors.current_operator() is None:
        return render(request, "portal/consent/not_ready.html", status=503)
    today = timezone.localdate()
    # Without the texts of the whole archive.
    versions = list(selectors.published_policies().defer("text_ja", "text_en"))
    current = selectors.current_policy(today=today)
    coming = [one for one in versions if one.effective_from and one.effective_from > today]
    context = {
        "current": current,
        "html": policy_text.render(current.text) if current else "",
        "coming": coming[::-1],
        "past": [one for one in versions if one != current and one not in coming],
    }
    return render(request, "portal/consent/policy.html", context)


@require_safe
def policy_version(request: HttpRequest, number: int) -> HttpResponse:
    """One published version, whatever its time."""
    version, status = _version(number)
    context = {"version": version, "html": policy_text.render(version.text), **status}
    return render(request, "portal/consent/policy_version.html", context)


@require_safe
def policy_changes(request: HttpRequest, number: int) -> HttpResponse:
    """What a version changed, against the one before it."""
    version, status = _version(number)
    before = status["before"]
    if before is None:
        raise Http404
    context = {"version": version, "lines": policy_text.difference(before.text, version.text), **status}
    return render(request, "portal/consent/policy_changes.html", context)


def _version(number: int) -> tuple[PolicyVersion, dict[str, Any]]:
    """The version, its neighbours, and whether it is in effect, coming or past.

    Raises:
        Http404: no version of this number has been published.
    """
    near = {one.number: one for one in selectors.published_policies().filter(number__range=(number - 1, number + 1))}
    version = near.get(number)
    if version is None or version.effective_from is None:
        raise Http404
    today = timezone.localdate()
    after = near.get(number + 1)
    over = after is not None and after.effective_from is not None and after.effective_from <= today
    time = "coming" if version.effective_from > today else "past" if over else "current"
    return version, {"before": near.get(number - 1), "after": after, "time": time}
