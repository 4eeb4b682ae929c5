"""Limits on how often something may be tried, counted in Redis.

A sliding window per limit and subject: a sorted set of the accepted tries. One script looks at all limits that apply
and counts a try only where all of them allow it, so that parallel requests cannot slip through between looking and
counting, and a refused try does not prolong the wait. Subjects (addresses, client addresses, accounts) are kept only as
keyed hashes and only for the length of the window.
"""

import hashlib
import hmac
import ipaddress
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from . import redis_server
from .keys import derive_key

_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wait = 0
for i, key in ipairs(KEYS) do
  local amount, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  if redis.call('ZCARD', key) >= amount then
    local first = redis.call('ZRANGE', key, -amount, -amount, 'WITHSCORES')
    wait = math.max(wait, tonumber(first[2]) + window - now)
  end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2 * i + 1])
end
return 0
"""


@dataclass(frozen=True)
class Limit:
    """At most ``amount`` tries in any ``seconds``. The name is part of the key: two limits need two names."""

    name: str
    amount: int
    seconds: int


class LimitExceeded(Exception):
    """Too many tries. ``retry_after``: whole seconds until the next try will be accepted."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


def _key(name: str, subject: str) -> str:
    digest = hmac.new(derive_key("ratelimit"), f"{name}:{subject}".encode(), hashlib.sha256)
    return f"limit:{name}:{digest.hexdigest()[:32]}"


def hit(*checks: tuple[Limit, str]) -> None:
    """Count one try against every limit and its subject, or against none.

    Raises:
        LimitExceeded: at least one limit is used up; nothing was counted.
    """
    keys = [_key(limit.name, subject) for limit, subject in checks]
    arguments: list[str | int] = [secrets.token_hex(8)]
    for limit, _ in checks:
        arguments += [limit.amount, limit.seconds * 1000]
    wait = int(redis_server.for_pages(settings.REDIS_URL).eval(_SCRIPT, len(keys), *keys, *arguments))
    if wait > 0:
        raise LimitExceeded(max(1, math.ceil(wait / 1000)))


def claim(name: str, subject: str, *, seconds: int) -> bool:
    """Take something that may be used once, such as a code of an authenticator app. True for exactly one caller."""
    return bool(redis_server.for_pages(settings.REDIS_URL).set(_key(f"once:{name}", subject), "1", nx=True, ex=seconds))


def reset(limits: Sequence[Limit], subject: str) -> None:
    """Forget the tries of one subject, after an operator gave the account a new start."""
    keys = [_key(limit.name, subject) for limit in limits]
    if keys:
        redis_server.for_pages(settings.REDIS_URL).delete(*keys)


def client_of(request: HttpRequest) -> str:
    """A keyed hash of the network address that the request came from; never the address itself.

    Behind ``TRUSTED_PROXY_HOPS`` proxies the address that the outermost trusted one saw is taken, counted from the
    right: whatever a client writes into the header lies further left. IPv6 addresses count by their /64, which is what
    one line gets.
    """
    hops: int = settings.TRUSTED_PROXY_HOPS
    address = request.META.get("REMOTE_ADDR", "")
    if hops:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(forwarded) >= hops:
            address = forwarded[-hops]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        pass
    else:
        if parsed.version == 6:
            address = str(ipaddress.ip_network((parsed, 64), strict=False))
    return hmac.new(derive_key("client"), address.encode(), hashlib.sha256).hexdigest()[:32]
