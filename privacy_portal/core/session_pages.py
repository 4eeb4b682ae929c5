"""Where one is signed in: the same page for customers and for staff, with their own way back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from .models import OwnSession, User
from .services import own_sessions


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest, base: str = "base.html") -> HttpResponse:
    """List the sessions of the account; end one, or all others.

    Args:
        base: the template that the page extends.
    """
    if not isinstance(request.user, User):
        raise Http404
    if request.method == "POST":
        _end(request, request.user)
        return redirect(request.path)
    rows = own_sessions.of(user=request.user, now=timezone.now())
    here: list[OwnSession] = []
    others: list[OwnSession] = []
    for row in rows:
        (here if row.session_id == request.session.session_key else others).append(row)
    return render(request, "portal/sessions.html", {"base": base, "here": here, "others": others})


def _end(request: HttpRequest, user: User) -> None:
    if "others" in request.POST:
        number = own_sessions.end_others(user=user, session_key=request.session.session_key, actor=user)
        words = ngettext(
            "ほかの%(n)d台のログインを終わらせました。", "ほかの%(n)d台のログインを終わらせました。", number
        )
        messages.success(request, words % {"n": number})
        return
    if own_sessions.end(user=user, key=request.POST.get("end", "")):
        messages.success(request, _("その端末のログインを終わらせました。"))
    else:
        messages.info(request, _("その端末のログインは、すでに終わっています。"))
