"""The cache shares a Redis database with the broker and the counted tries."""

import datetime
import pickle
from typing import Any

import pytest
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


@pytest.mark.parametrize("value", [1, True, "a", None, {"a": [1]}, datetime.date(2026, 11, 22), b"1"])
def test_what_is_kept_comes_back_as_it_was(value: Any) -> None:
    cache.set("a", value)
    assert cache.get("a", "nothing") == value
    assert type(cache.get("a")) is type(value)


class Attack:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("somebody else's pickle was opened",))


def test_nothing_runs_that_somebody_else_put_there() -> None:
    cache.set("a", {"of": "ours"})
    key = f"{settings.CACHES['default']['KEY_PREFIX']}:1:a"
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        ours = store.get(key)
        assert isinstance(ours, bytes)
        for forged in (pickle.dumps(Attack()), ours[:32] + pickle.dumps(Attack()), ours[:-1] + b"x", b"", b"x"):
            store.set(key, forged)
            assert cache.get("a") is None


def test_numbers_can_be_counted() -> None:
    cache.set("a", 1)
    assert cache.incr("a") == 2
