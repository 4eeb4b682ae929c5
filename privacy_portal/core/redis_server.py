"""How the product speaks to Redis, which may be away, or take a connection and never answer.

A page asks Redis several times: session, operator, limits. Were each of them to wait for a server that is silent, the
page would hang for all of them together, and every thread of the web server with it. So whoever waited in vain tells
the others of the process, and for :data:`REST_SECONDS` nobody waits again: it is as if Redis refused.
"""

import functools
import time
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

REST_SECONDS = 10.0
_rest_until = 0.0


class AskOnce(Retry):
    """Ask once, and nobody while Redis rests. redis-py's own answer to a time-out is to wait three times more."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)

    def call_with_retry(self, *arguments: Any, **keywords: Any) -> Any:
        """What redis-py calls around each connection and each command.

        Raises:
            redis.ConnectionError: it did not answer a moment ago.
            redis.TimeoutError: it does not answer.
        """
        global _rest_until
        if resting():
            raise redis.ConnectionError("Redis did not answer a moment ago")
        try:
            return super().call_with_retry(*arguments, **keywords)
        except redis.TimeoutError:
            _rest_until = time.monotonic() + REST_SECONDS
            raise


def resting() -> bool:
    """Whether Redis was silent within the last :data:`REST_SECONDS`."""
    return time.monotonic() < _rest_until


def patience() -> dict[str, Any]:
    """How long whoever makes a page waits, as arguments of a connection."""
    seconds: float = settings.REDIS_TIMEOUT_SECONDS
    return {"socket_timeout": seconds, "socket_connect_timeout": seconds, "retry": AskOnce()}


@functools.lru_cache(maxsize=2)
def for_pages(url: str) -> redis.Redis:
    """The connections of this process to a server, for what a page needs of it."""
    return redis.Redis.from_url(url, **patience())


def for_probes(url: str, seconds: float) -> redis.Redis:
    """A connection for whoever wants to know whether Redis answers; it is asked even while it rests."""
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=once)


def broker() -> redis.Redis:
    """:func:`for_probes` of the database in which tasks wait, which a URL may name differently from the cache's."""
    url = str(settings.CELERY_BROKER_URL).replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)
    return for_probes(url, settings.REDIS_TIMEOUT_SECONDS)
