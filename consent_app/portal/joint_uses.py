"""Joint use for everybody: what is in effect, what was announced, what was before (articles 27(5)iii and 27(6))."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import selectors
from ..models import JointUse, JointUseVersion
from ..services import joint_use_words, joint_uses


@require_safe
def joint_use_page(request: HttpRequest) -> HttpResponse:
    """Every joint use that was ever announced, those that have ended last."""
    if selectors.current_operator() is None:
        return render(request, "portal/consent/not_ready.html", status=503)
    today = timezone.localdate()
    rows = [_shown(row, today) for row in joint_uses.with_parts() if row.versions.all()]
    rows.sort(key=lambda row: bool(row["joint_use"].ended_on))
    return render(request, "portal/consent/joint_use.html", {"rows": rows})


@require_safe
def joint_use_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One announcement, whatever its time."""
    row = joint_uses.with_parts().filter(code=code).first()
    version = next((one for one in row.versions.all() if one.number == number), None) if row else None
    if row is None or version is None:
        raise Http404
    before = next((one for one in row.versions.all() if one.number == number - 1), None)
    context = {
        "joint_use": row,
        "version": version,
        "lines": joint_use_words.lines(version),
        "changes": joint_use_words.changed_lines(before, version) if before else [],
        "time": _time(row, version, timezone.localdate()),
    }
    return render(request, "portal/consent/joint_use_version.html", context)


def _shown(row: JointUse, today: datetime.date) -> dict[str, Any]:
    view = joint_uses.standing(row.versions.all(), day=today)
    shown = view.current or view.coming[0]
    coming, before = [], view.current
    for version in view.coming:
        # The first is shown in full already, as there is nothing in effect.
        if before is not None:
            coming.append({"version": version, "changes": joint_use_words.changed_lines(before, version)})
        before = version
    return {
        "joint_use": row,
        "shown": shown,
        "begun": view.current is not None,
        "lines": joint_use_words.lines(shown),
        "members": [member for member in row.members.all() if member.until is None or member.until >= today],
        "coming": [] if row.ended_on else coming,
        "versions": list(row.versions.all()),
    }


def _time(row: JointUse, version: JointUseVersion, today: datetime.date) -> str:
    view = joint_uses.standing(row.versions.all(), day=today)
    if version in view.dropped:
        return "dropped"
    if row.ended_on:
        return "past"
    if version in view.coming:
        return "coming"
    return "current" if version == view.current else "past"
