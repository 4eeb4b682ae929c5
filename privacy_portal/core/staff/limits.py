"""How often passwords and second factors may be tried.

allauth's own limits keep lists in the cache under a lock that can time out; these count in one step in Redis.
"""

from allauth.core import context
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from .. import known_device, ratelimit
from ..models import User
from ..ratelimit import LimitExceeded
from ..services import audit
from ..services.staff_accounts import (
    PASSWORD_NARROW,
    PASSWORD_PER_ACCOUNT,
    PASSWORD_PER_CLIENT,
    PASSWORD_PER_DEVICE,
    SECOND_FACTOR,
    SECOND_FACTOR_PER_DAY,
)

# A code of an app is valid for at most three steps of 30 seconds; it is taken once in all of that time.
CODE_KEPT_SECONDS = 120


def _refuse(error: LimitExceeded, action: str, actor: User | None) -> ValidationError:
    audit.record(action=action, actor=actor or "anonymous", obj=actor)
    minutes = -(-error.retry_after // 60)
    message = ngettext(
        "試した回数が多すぎます。%(n)d分後にもう一度お試しください。",
        "試した回数が多すぎます。%(n)d分後にもう一度お試しください。",
        minutes,
    )
    return ValidationError(message % {"n": minutes}, code="limited")


def count_password_try(address: str) -> None:
    """Count a password before it is compared.

    Raises:
        ValidationError: too many, with the time to wait.
    """
    account = address.strip().lower()
    client = known_device.client_for(context.request, "staff", account)
    if known_device.is_known(context.request, "staff", account):
        wide = [(PASSWORD_PER_DEVICE, client)]
    else:
        wide = [(PASSWORD_PER_CLIENT, client), (PASSWORD_PER_ACCOUNT, account)]
    try:
        ratelimit.hit((PASSWORD_NARROW, f"{account}\0{client}"), *wide)
    except LimitExceeded as error:
        raise _refuse(error, "staff_sign_in.limited", None) from None


def count_second_factor_try(user: User) -> None:
    """Count a second factor before it is compared.

    Raises:
        ValidationError: too many, with the time to wait.
    """
    try:
        ratelimit.hit((SECOND_FACTOR, str(user.pk)), (SECOND_FACTOR_PER_DAY, str(user.pk)))
    except LimitExceeded as error:
        raise _refuse(error, "second_factor.limited", user) from None


def claim_code(user: User, code: str) -> bool:
    """True the first time that a right code is shown: one seen over a shoulder is worth nothing (RFC 6238, 5.2)."""
    digits = "".join(character for character in code if character.isalnum())
    return ratelimit.claim("second-factor-code", f"{user.pk}:{digits}", seconds=CODE_KEPT_SECONDS)
