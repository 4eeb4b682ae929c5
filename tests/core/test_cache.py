"""The cache shares a Redis database with the broker and the counted tries."""

import redis
from django.conf import settings
from django.core.cache import cache


def test_emptying_the_cache_leaves_everything_else() -> None:
    cache.set("a", 1)
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        store.set("celery", "a waiting task")
        store.set("limit:x", "counted tries")
        cache.clear()
        assert sorted(store.keys("*")) == [b"celery", b"limit:x"]
    assert cache.get("a") is None
