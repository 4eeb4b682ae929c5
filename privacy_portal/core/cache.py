"""The cache beside the broker: both may lie in one Redis database."""

import hashlib
import hmac
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient, RedisSerializer

from . import redis_server
from .keys import derive_key

_LENGTH = hashlib.sha256().digest_size


class SignedSerializer(RedisSerializer):
    """Django's pickles with a signature before each: to open one is to run what it says.

    Whoever can write into Redis and does not know ``SECRET_KEY`` changes nothing; what does not carry our signature
    counts as not there.
    """

    def dumps(self, obj: Any) -> Any:
        """As it is stored; whole numbers stay what Redis can count."""
        stored = super().dumps(obj)
        return _signature(stored) + stored if isinstance(stored, bytes) else stored

    def loads(self, data: Any) -> Any:
        """As it was; None: somebody else wrote it."""
        try:
            return int(data)
        except ValueError:
            signature, stored = data[:_LENGTH], data[_LENGTH:]
        return super().loads(stored) if hmac.compare_digest(signature, _signature(stored)) else None


def _signature(stored: bytes) -> bytes:
    return hmac.new(derive_key("cache"), stored, hashlib.sha256).digest()


class _OneClient(RedisCacheClient):
    """Django makes a client for every call, and with it a table of all that Redis can answer: dearer than the call."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[bool, redis.Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:
        """The same one for every reader, and for every writer."""
        if write not in self._clients:
            self._clients[write] = super().get_client(key, write=write)
        return self._clients[write]


class PrefixedRedisCache(RedisCache):
    """Django's own, except that emptying it leaves alone what is not the cache's.

    Django empties the whole database (FLUSHDB): waiting tasks and counted tries would go with it. And it waits for
    Redis no longer than every part of a page does.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {**redis_server.patience(), **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = _OneClient

    def clear(self) -> None:
        """Delete the keys that begin with ``KEY_PREFIX``."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.delete(key)
