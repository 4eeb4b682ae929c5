"""Sign-in by code, sign-out, language."""

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language as django_set_language

from .. import known_device, page_language
from ..models import User
from ..ratelimit import LimitExceeded
from ..services import audit, codes
from ..services import sign_in as service
from . import pending
from .forms import AddressForm, CodeForm
from .pending import PendingSignIn

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Session key: the account whose address was proven by a mailed code. A session of staff has passwords instead.
ADDRESS_PROVEN = "address_proven"


def safe_next(request: HttpRequest, url: str) -> str:
    """``url`` if it stays on this host, else "": a link in a mail must not send anybody elsewhere after the sign-in."""
    here = {request.get_host()}
    return url if url_has_allowed_host_and_scheme(url, here, require_https=request.is_secure()) else ""


def wait_text(seconds: int) -> str:
    """When the next try will be accepted, in words."""
    if seconds <= 90:
        return ngettext("%(n)d秒後", "%(n)d秒後", seconds) % {"n": seconds}
    minutes = -(-seconds // 60)
    if minutes > 90:
        hours = -(-minutes // 60)
        return ngettext("%(n)d時間後", "%(n)d時間後", hours) % {"n": hours}
    return ngettext("%(n)d分後", "%(n)d分後", minutes) % {"n": minutes}


def address_proven(request: HttpRequest) -> bool:
    """Whether this session was signed in by a code mailed to the account's address."""
    return request.user.is_authenticated and request.session.get(ADDRESS_PROVEN) == str(request.user.pk)


def _language() -> str:
    return "en" if (get_language() or "").startswith("en") else "ja"


def limited(response: HttpResponse, error: LimitExceeded) -> HttpResponse:
    """The page as an answer that says when the next try will be accepted (RFC 6585)."""
    response.status_code = 429
    response["Retry-After"] = str(error.retry_after)
    return response


def _send(request: HttpRequest, address: str, next_url: str) -> None:
    under_way = pending.load(request.session)
    row = service.request_code(
        address=address,
        language=_language(),
        client=known_device.client_for(request, "portal", address),
        replaces=under_way.code_id if under_way else None,
        known=known_device.is_known(request, "portal", address),
    )
    PendingSignIn(code_id=row.id, address=address, next_url=next_url, sent_at=time.time()).save(request.session)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the address and send the code; the same answer for every address."""
    if request.user.is_authenticated:
        return redirect(safe_next(request, request.GET.get("next", "")) or resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.method != "POST":
        form = AddressForm(initial={"next": safe_next(request, request.GET.get("next", ""))})
        return render(request, "portal/sign_in.html", {"form": form})
    form = AddressForm(request.POST)
    if not form.is_valid():
        return render(request, "portal/sign_in.html", {"form": form})
    address, next_url = form.cleaned_data["email"], safe_next(request, form.cleaned_data["next"])
    try:
        _send(request, address, next_url)
    except LimitExceeded as error:
        under_way = pending.load(request.session)
        if under_way is not None and under_way.address == address:
            messages.info(request, _("コードはすでに送りました。届いたメールのコードを入力してください。"))
            return redirect("portal:sign_in_code")
        form.add_error(
            "email",
            _("短い間に何度もコードが求められました。%(wait)sにもう一度お試しください。")
            % {"wait": wait_text(error.retry_after)},
        )
        return limited(render(request, "portal/sign_in.html", {"form": form}), error)
    return redirect("portal:sign_in_code")


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code that was sent; sign in when it is right."""
    under_way = pending.load(request.session)
    if under_way is None:
        return redirect("portal:sign_in")
    if request.method != "POST":
        return _code_page(request, under_way, CodeForm())
    if request.POST.get("action") == "resend":
        return _resend(request, under_way)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, under_way, form)
    try:
        user = service.complete(
            address=under_way.address,
            code_id=under_way.code_id,
            code=form.cleaned_data["code"],
            language=_language(),
            client=known_device.client_for(request, "portal", under_way.address),
        )
    except codes.CodeWrong as error:
        form.add_error(
            "code",
            ngettext(
                "コードが違います。あと%(n)d回入力できます。",
                "コードが違います。あと%(n)d回入力できます。",
                error.remaining,
            )
            % {"n": error.remaining},
        )
        return _code_page(request, under_way, form)
    except codes.CodeDead:
        form.add_error("code", _("このコードはもう使えません。「新しいコードを送る」を押してください。"))
        return _code_page(request, under_way, form)
    except service.AccountDisabled:
        form.add_error(None, _("このアカウントは止められています。お問い合わせ窓口にご連絡ください。"))
        return _code_page(request, under_way, form)
    except LimitExceeded as error:
        form.add_error(
            "code",
            _("入力の回数が多すぎます。%(wait)sにもう一度お試しください。") % {"wait": wait_text(error.retry_after)},
        )
        return limited(_code_page(request, under_way, form), error)
    return _enter(request, user, under_way.next_url)


def _code_page(request: HttpRequest, under_way: PendingSignIn, form: CodeForm) -> HttpResponse:
    minutes = int(codes.LIFETIME.total_seconds() // 60)
    context = {"form": form, "address": under_way.address, "minutes": minutes, "pause": codes.PAUSE.seconds}
    return render(request, "portal/sign_in_code.html", context)


def _resend(request: HttpRequest, under_way: PendingSignIn) -> HttpResponse:
    try:
        _send(request, under_way.address, under_way.next_url)
    except LimitExceeded as error:
        form = CodeForm(data={})
        form.errors.clear()
        form.add_error(
            None,
            _("新しいコードは%(wait)sに送れます。それまでは届いたコードを使えます。")
            % {"wait": wait_text(error.retry_after)},
        )
        return limited(_code_page(request, under_way, form), error)
    messages.success(request, _("新しいコードを送りました。前のコードは使えません。"))
    return redirect("portal:sign_in_code")


def _enter(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    pending.forget(request.session)
    login(request, user, backend=BACKEND)
    request.session[ADDRESS_PROVEN] = str(user.pk)
    response = redirect(next_url or resolve_url(settings.LOGIN_REDIRECT_URL))
    known_device.remember(request, response, "portal", user.email)
    page_language.follow_account(request, response, user.language)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session. A POST, so that no link and no picture on another page can do it."""
    if request.user.is_authenticated:
        audit.record(action="sign_in.ended", actor=request.user, obj=request.user)
    logout(request)
    messages.success(request, _("ログアウトしました。"))
    return redirect(resolve_url(settings.LOGOUT_REDIRECT_URL))


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the pages, and of the mails of whoever is signed in; then back to where it was asked."""
    response = django_set_language(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        service.choose_language(user=request.user, language=language)
    return response
