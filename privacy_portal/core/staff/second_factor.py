"""Whether this session has proven what the admin asks for.

The session keeps a record of each way in which its account was proven (allauth's authentication records). The admin
asks for a second factor among them: neither the account's being enrolled nor a portal sign-in by mailed code is enough.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# How long a proof is fresh enough to change second factors, in seconds.
FRESH_SECONDS = 300


def is_staff(request: HttpRequest) -> bool:
    """The account may be staff at all; says nothing about what this session has proven."""
    user = request.user
    return user.is_authenticated and user.is_active and user.is_staff


def is_enrolled(request: HttpRequest) -> bool:
    """The account has an authenticator app or a passkey. Asked once a request: the admin asks on every link."""
    cached: bool | None = getattr(request, "_second_factor_enrolled", None)
    if cached is None:
        cached = Authenticator.objects.filter(user_id=request.user.pk, type__in=FACTORS).exists()
        request._second_factor_enrolled = cached  # type: ignore[attr-defined]
    return cached


def forget_cached(request: HttpRequest) -> None:
    """Ask the database again, after this very request added or removed a factor."""
    if hasattr(request, "_second_factor_enrolled"):
        del request._second_factor_enrolled


def _proofs(request: HttpRequest, method: str) -> list[dict[str, Any]]:
    user = request.user if request.user.is_authenticated else None
    return [record for record in get_authentication_records(request, user) if record.get("method") == method]


def has_passed(request: HttpRequest) -> bool:
    """Staff whose session was proven by a second factor that the account still has."""
    return is_staff(request) and bool(_proofs(request, "mfa")) and is_enrolled(request)


def may_enrol(request: HttpRequest) -> bool:
    """Staff without any factor yet whose session was proven by the password, not merely by a mailed code."""
    return is_staff(request) and bool(_proofs(request, "password")) and not is_enrolled(request)


def is_fresh(request: HttpRequest) -> bool:
    """The strongest proof that the account can give was given within the last :data:`FRESH_SECONDS`."""
    proofs = _proofs(request, "mfa" if is_enrolled(request) else "password")
    return bool(proofs) and time.time() - proofs[-1]["at"] < FRESH_SECONDS


def required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let only sessions through that passed the second factor, or that must set up the first one."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if has_passed(request) or may_enrol(request):
            return view(request, *args, **kwargs)
        return redirect_to_login(request.get_full_path(), reverse("account_login"))

    return guarded
