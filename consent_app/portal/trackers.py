"""What records how people use the site, for everybody; and the browser's signal against advertising."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from privacy_portal.core.portal.views import address_proven

from .. import selectors
from ..domain import gpc
from ..services import advertising, consents
from .consents import PersonRequest
from .own_cookies import own_cookies


@require_safe
def trackers_page(request: HttpRequest) -> HttpResponse:
    """What this portal stores itself, what the shop records or sends, to whom, for what, how to refuse it."""
    if selectors.current_operator() is None:
        return render(request, "portal/consent/not_ready.html", status=503)
    trackers = list(selectors.trackers())
    context = {
        "own_cookies": own_cookies(),
        "trackers": trackers,
        "advertising": any(tracker.advertising for tracker in trackers),
        "signal": _signalled(request),
        **_choice(request),
    }
    response = render(request, "portal/consent/trackers.html", context)
    patch_vary_headers(response, [gpc.HEADER])
    return response


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trackers_refuse(request: PersonRequest) -> HttpResponse:
    """Store what the browser's signal says. Whoever had to sign in again in between comes back by GET."""
    if request.method != "POST":
        return redirect("portal:trackers")
    if not _signalled(request):
        flash.warning(request, _("お使いのブラウザからしるし（GPC）が届いていないため、記録しませんでした。"))
        return redirect("portal:trackers")
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    proven, now = address_proven(request), timezone.now()
    try:
        changed = advertising.store_refusal(actor=request.user, address_proven=proven, language=language, now=now)
    except consents.NotAsked:
        raise Http404 from None
    except consents.NeedsAgent:
        flash.warning(request, _("法定代理人（親権者など）の方から、お問い合わせ先へご連絡ください。"))
    else:
        if changed:
            flash.success(request, _("広告のための提供を断る選択を記録しました。確認のメールを送りました。"))
    return redirect("portal:trackers")


def _signalled(request: HttpRequest) -> bool:
    return gpc.signalled(request.headers.get(gpc.HEADER))


def _choice(request: HttpRequest) -> dict[str, Any]:
    """For a customer who signed in: the purposes that their stored choice is about, and whether they have refused."""
    if not request.user.is_authenticated:
        return {}
    customer = selectors.customer_of(request.user, address_proven=address_proven(request))
    purposes = list(advertising.purposes()) if customer else []
    if customer is None or not purposes:
        return {}
    return {"purposes": purposes, "refused": advertising.is_refused(customer, timezone.now())}


@require_safe
@cache_control(public=True, max_age=86400)
def gpc_support(request: HttpRequest) -> JsonResponse:
    """The support resource of Global Privacy Control: the signal is honoured here."""
    return JsonResponse(gpc.support())
