"""The cache beside the broker: both may lie in one Redis database."""

import hashlib
import hmac
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisSerializer

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


class PrefixedRedisCache(RedisCache):
    """Django's own, except that emptying it leaves alone what is not the cache's.

    Django empties the whole database (FLUSHDB): waiting tasks and counted tries would go with it. And it waits for
    Redis no longer than every part of a page does.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {**redis_server.patience(), **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})

    def clear(self) -> None:
        """Delete the keys that begin with ``KEY_PREFIX``."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.delete(key)
