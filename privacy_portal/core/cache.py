"""The cache beside the broker: both may lie in one Redis database."""

from django.core.cache.backends.redis import RedisCache


class PrefixedRedisCache(RedisCache):
    """Django's own, except that emptying it leaves alone what is not the cache's.

    Django empties the whole database (FLUSHDB): waiting tasks and counted tries would go with it.
    """

    def clear(self) -> None:
        """Delete the keys that begin with ``KEY_PREFIX``."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.delete(key)
