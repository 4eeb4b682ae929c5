"""Customers sign in with a code sent to their address.

Nothing that depends on whether the address is known happens before the code was entered rightly: no look-up, no row, no
mail differs, so neither the answer nor its timing tells. The account is made when the code was right.

A code proves a mailbox and nothing more. It signs staff accounts in to the portal as persons; the admin asks for the
password and the second factor of this very session (``privacy_portal.core.second_factor``) whatever else was proven.
"""

import unicodedata
import uuid
from datetime import datetime
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from ..models import OneTimeCode, User
from ..ratelimit import LimitExceeded
from . import audit, codes

PURPOSE = OneTimeCode.Purpose.SIGN_IN
ANONYMOUS: Literal["anonymous"] = "anonymous"


class AccountDisabled(Exception):
    """The code was right, but the account was switched off by the operator."""


def normalise_address(typed: str) -> str:
    """The address as it is stored: half-width, lower case, the domain in its ASCII form.

    Raises:
        ValueError: this cannot be a mail address.
    """
    address = "".join(unicodedata.normalize("NFKC", typed).split()).lower()
    local, at, domain = address.rpartition("@")
    try:
        address = local + at + (domain if domain.isascii() else domain.encode("idna").decode("ascii"))
        validate_email(address)
    except (ValidationError, UnicodeError):
        raise ValueError("not a mail address") from None
    # A quoted local part is an address to the RFC and to no mail system that a customer uses.
    if not address.isascii() or len(address) > 254 or '"' in address:
        raise ValueError("not a mail address")
    return address


def request_code(
    *,
    address: str,
    language: str,
    client: str,
    replaces: uuid.UUID | None = None,
    known: bool = False,
    now: datetime | None = None,
) -> OneTimeCode:
    """Send a sign-in code to the address, known or not.

    Codes that others asked for stay as they are: a stranger must not be able to void the one that the owner is typing.

    Args:
        address: as :func:`normalise_address` returns it.
        language: "ja" or "en", the one the person reads right now.
        client: see :func:`privacy_portal.core.known_device.client_for`.
        replaces: the code that this session has asked for before; it stops working.
        known: see :func:`privacy_portal.core.services.codes.issue`.

    Raises:
        LimitExceeded: too soon or too often; the same for known and unknown addresses.
    """
    try:
        with transaction.atomic():
            row = codes.issue(
                purpose=PURPOSE,
                subject=address,
                recipient=address,
                client=client,
                language=language,
                template="sign_in_code",
                replaces=[replaces] if replaces else [],
                known=known,
                now=now,
            )
            audit.record(action="sign_in.requested", actor=ANONYMOUS, obj=row)
    except LimitExceeded:
        audit.record(action="sign_in.limited", actor=ANONYMOUS)
        raise
    return row


def complete(
    *, address: str, code_id: uuid.UUID, code: str, language: str, client: str, now: datetime | None = None
) -> User:
    """Accept the code and return the account, which is made now if the address is new.

    Args:
        language: the language of an account made now; that of an existing one stays.

    Raises:
        privacy_portal.core.services.codes.CodeRefused: wrong or dead, see there.
        LimitExceeded: too many guesses from this client.
        AccountDisabled: the account was switched off.
    """
    try:
        codes.check(code_id=code_id, purpose=PURPOSE, subject=address, code=code, client=client, now=now)
    except codes.CodeRefused:
        audit.record(action="sign_in.failed", actor=ANONYMOUS, detail={"code": code_id})
        raise
    except LimitExceeded:
        audit.record(action="sign_in.limited", actor=ANONYMOUS)
        raise
    with transaction.atomic():
        user = User.objects.filter(email=address).first() or _create(address, language)
        action = "sign_in.succeeded" if user.is_active else "sign_in.denied"
        audit.record(action=action, actor=user, obj=user)
    if not user.is_active:
        raise AccountDisabled
    return user


def _create(address: str, language: str) -> User:
    # get_or_create: the operator's import may make the same account at this moment.
    user, created = User.objects.get_or_create(email=address, defaults={"language": language, "password": "!"})  # nosec B105, opens nothing
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def choose_language(*, user: User, language: str) -> None:
    """Store the language that the person chose; mails and letters follow it."""
    if user.language != language:
        user.language = language
        user.save(update_fields=["language"])
