"""The first page of the admin: what waits today, and how the weeks went."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from consent_app.services import care
from privacy_portal.core.services import doctor
from requests_app import selectors

# What needs care in the registers is shown this many days ahead.
CARE_DAYS = 7
CARES_NAMED = 3
CHART_WIDTH, CHART_HEIGHT, CHART_FOOT = 720, 180, 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart in its own coordinates."""

    x: float
    y: float
    height: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Week:
    """One week with its bars and its label."""

    day: date
    arrived: int
    closed: int
    x: float
    bars: tuple[Bar, Bar]


def chart(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Bars of arrived and ended requests per week, as numbers for an SVG that needs no script."""
    # Two requests in a quiet week are no tower.
    highest = max([5, *(row["arrived"] for row in rows), *(row["closed"] for row in rows)])
    step = CHART_WIDTH / max(1, len(rows))
    room = CHART_HEIGHT - CHART_FOOT

    def bar(value: int, x: float, kind: str) -> Bar:
        height = value / highest * (room - 12)
        return Bar(
            x=round(x, 1), y=round(room - height, 1), height=round(height, 1), width=round(step * 0.34, 1), kind=kind
        )

    weeks = [
        Week(
            day=row["week"],
            arrived=row["arrived"],
            closed=row["closed"],
            x=round(index * step + step / 2, 1),
            bars=(
                bar(row["arrived"], index * step + step * 0.14, "arrived"),
                bar(row["closed"], index * step + step * 0.52, "closed"),
            ),
        )
        for index, row in enumerate(rows)
    ]
    return {"weeks": weeks, "highest": highest, "width": CHART_WIDTH, "height": CHART_HEIGHT, "foot": room}


def _cares(request: HttpRequest, today: date) -> list[dict[str, Any]]:
    """What needs care in the registers this week, as far as this member of staff may see them."""
    result = []
    for one in care.list_of(user=request.user, today=today, within=CARE_DAYS):  # type: ignore[arg-type]
        app_label, model = one.kind.model.split(".")
        result.append(
            {
                "title": one.kind.title,
                "address": f"{reverse(f'admin:{app_label}_{model}_changelist')}?care={one.kind.code}",
                "number": len(one.entries),
                "overdue": one.overdue,
                "named": one.entries[:CARES_NAMED],
                "more": max(0, len(one.entries) - CARES_NAMED),
            }
        )
    return result


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the index page (Unfold's ``DASHBOARD_CALLBACK``). Nobody without the permission sees any number."""
    now = timezone.now()
    context["cares"] = _cares(request, timezone.localdate(now))
    context["care_days"] = CARE_DAYS
    if request.user.has_perm("core.view_doctorreport"):
        context["doctor"] = doctor.latest()
    if not selectors.may_see_list(request.user):  # type: ignore[arg-type]
        return context
    counts = selectors.dashboard_counts(now)
    queue = reverse("admin:requests_app_disclosurerequest_changelist")
    tiles = [
        ("overdue", _("目標を過ぎた"), True),
        ("due_today", _("今日が目標"), False),
        ("due_this_week", _("今週が目標"), False),
        ("decide", _("回答を決める"), False),
        ("second_look", _("二人目の確認待ち"), False),
        ("identity", _("本人確認で止まっている"), False),
        ("to_post", _("郵送する"), False),
        ("stuck", _("回答の準備が止まっている"), True),
        ("unread", _("読んでいないメッセージ"), False),
        ("waiting", _("本人の返答待ち"), False),
    ]
    context["tiles"] = [
        {
            "number": counts[code],
            "label": label,
            "address": f"{queue}?queue={code}",
            "alarm": alarm and counts[code] > 0,
        }
        for code, label, alarm in tiles
    ]
    context["open_requests"] = counts["open"]
    context["queue_address"] = queue
    context["chart"] = chart(selectors.weekly_counts(now))
    return context
