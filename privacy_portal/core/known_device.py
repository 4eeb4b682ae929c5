"""Browsers in which somebody has signed in before, so that strangers' tries cannot keep them out.

A signed cookie remembers a random number of the browser and keyed hashes of the addresses that signed in there. Such a
browser has limits of its own: what strangers use up by asking for codes, or by guessing passwords, is not counted
against it. It proves nothing else; code, password and second factor are asked for all the same.
"""

import hashlib
import hmac
import secrets
from typing import Literal

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from . import ratelimit
from .keys import derive_key

SECONDS = 90 * 24 * 3600
# People who share a browser; the one who has been away the longest is forgotten first.
ADDRESSES = 4
_SALT = "core.known_device"

# A code proves the mailbox only, so what a customer's sign-in leaves does not count for the staff's password.
Door = Literal["portal", "staff"]


def _digest(door: Door, address: str) -> str:
    return hmac.new(
        derive_key("known-device"), f"{door}\0{address.strip().lower()}".encode(), hashlib.sha256
    ).hexdigest()


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        number, digests = signing.loads(
            request.COOKIES.get(settings.KNOWN_DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=SECONDS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return "", []
    return number, digests


def is_known(request: HttpRequest, door: Door, address: str) -> bool:
    """Whether this address has signed in through this door in this browser within the last 90 days."""
    wanted = _digest(door, address)
    return any(hmac.compare_digest(wanted, digest) for digest in _read(request)[1])


def client_for(request: HttpRequest, door: Door, address: str) -> str:
    """Who is asking, as the limits count: a known browser for itself, anybody else by network address."""
    return f"device:{_read(request)[0]}" if is_known(request, door, address) else ratelimit.client_of(request)


def remember(request: HttpRequest, response: HttpResponseBase, door: Door, address: str) -> None:
    """Know this browser from now on, after the sign-in was complete."""
    number, digests = _read(request)
    newest = _digest(door, address)
    kept = [newest, *(digest for digest in digests if digest != newest)][:ADDRESSES]
    response.set_cookie(
        settings.KNOWN_DEVICE_COOKIE_NAME,
        signing.dumps([number or secrets.token_hex(16), kept], salt=_SALT),
        max_age=SECONDS,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )
