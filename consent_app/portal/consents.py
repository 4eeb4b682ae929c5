"""My consents: each by itself on or off, with what follows from it."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from privacy_portal.core.models import User
from privacy_portal.core.portal.views import address_proven
from privacy_portal.core.ratelimit import LimitExceeded

from .. import selectors
from ..domain import gpc
from ..models import Consent, Customer, Purpose, Suspension
from ..services import advertising, consent_events, consents, receipts, wordings
from . import wording as words

HISTORY_SIZE = 20


class PersonRequest(HttpRequest):
    """What a view behind ``login_required`` gets."""

    user: User


@login_required
@never_cache
@require_safe
def consents_page(request: PersonRequest) -> HttpResponse:
    """Every purpose that is asked for, its state, one button, and the history.

    Nothing registered is shown: the account proved an address, not who reads it.
    """
    now = timezone.now()
    customer = selectors.customer_of(request.user, address_proven=address_proven(request))
    if customer is None:
        return render(request, "portal/consents/nobody.html")
    purposes = list(selectors.consent_purposes(customer, now))
    newest = Consent.objects.in_bulk([row.newest_id for row in purposes if row.newest_id])  # type: ignore[attr-defined]
    stops = list(selectors.suspensions_in_force(customer, now))
    minor = consent_events.is_minor(customer, now)
    rows = [
        {
            "code": purpose.code,
            "wording": wordings.wording(purpose),
            "event": event,
            "state": _state(purpose, event, now),
            "stop": next((words.stopped(stop) for stop in stops if _stops(stop, purpose)), ""),
            "added": getattr(purpose, "added", None),
        }
        for purpose in purposes
        for event in [newest.get(purpose.newest_id)]  # type: ignore[attr-defined]
    ]
    page = Paginator(selectors.consent_history(customer), HISTORY_SIZE).get_page(request.GET.get("page"))
    context = {
        "rows": [row for row in rows if row["state"] != "gone"],
        "gone": [row for row in rows if row["state"] == "gone"],
        "stops": [words.stopped(stop) for stop in stops if stop.purpose is None],
        "page_obj": page,
        "may_give": customer.status == Customer.Status.ACTIVE,
        "minor": minor,
        "signal_unrecorded": gpc.signalled(request.headers.get(gpc.HEADER))
        and advertising.can_be_refused(customer, now),
    }
    response = render(request, "portal/consents/list.html", context)
    patch_vary_headers(response, [gpc.HEADER])
    return response


def _state(purpose: Purpose, event: Consent | None, now: datetime) -> str:
    """``given``, ``open`` (not given), ``outdated`` (given to something else), or ``gone`` (no longer asked for)."""
    if not purpose.asks_for_consent:
        return "gone"
    if not consent_events.is_given(event, now):
        return "open"
    return "outdated" if purpose.newest_outdated else "given"  # type: ignore[attr-defined]


def _stops(stop: Suspension, purpose: Purpose) -> bool:
    return stop.purpose_id is not None and stop.purpose_id in (purpose.pk, purpose.part_of_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent_change(request: PersonRequest, purpose: str) -> HttpResponse:
    """One button each: ``give`` or ``withdraw``. Whoever had to sign in again in between comes back by GET."""
    if request.method != "POST":
        return redirect("portal:consents")
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    now, proven = timezone.now(), address_proven(request)
    try:
        if request.POST.get("action") == "withdraw":
            if consents.withdraw(
                actor=request.user, address_proven=proven, purpose=purpose, language=language, now=now
            ):
                flash.success(request, _("同意を取り下げました。この目的には使いません。確認のメールを送りました。"))
        elif request.POST.get("action") == "give":
            version = request.POST.get("version", "")
            if consents.give(
                actor=request.user, address_proven=proven, purpose=purpose, version=version, language=language, now=now
            ):
                flash.success(request, _("同意を受け付けました。いつでも取り下げられます。確認のメールを送りました。"))
        else:
            raise Http404
    except consents.NotAsked:
        raise Http404 from None
    except consents.WordingChanged:
        flash.warning(request, _("説明の文が新しくなりました。もう一度お読みになってから、お決めください。"))
    except consents.NeedsAgent:
        flash.warning(request, _("このページでは変えられません。法定代理人の方から、お問い合わせ先にご連絡ください。"))
    except consents.CustomerLeft:
        flash.warning(request, _("退会されているため、新しい同意は受け付けていません。"))
    except LimitExceeded:
        flash.warning(request, _("変更の回数が多すぎます。1時間ほどあとに、もう一度お試しください。"))
    return redirect("portal:consents")


@login_required
@never_cache
@require_GET
def consent_receipt(request: PersonRequest, purpose: str) -> HttpResponse:
    """The receipt of a consent in force, for the person to keep."""
    proven = address_proven(request)
    try:
        content = receipts.take_receipt(actor=request.user, address_proven=proven, purpose=purpose, now=timezone.now())
    except consents.NotAsked:
        raise Http404 from None
    response = JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="consent-receipt-{purpose}.json"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
