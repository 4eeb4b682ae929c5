"""Limits in Redis."""

import threading
import time
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import RequestFactory

from privacy_portal.core import ratelimit
from privacy_portal.core.ratelimit import Limit, LimitExceeded

TWO = Limit("two", 2, 60)
SHORT = Limit("short", 1, 1)


def test_counts_and_says_when() -> None:
    ratelimit.hit((TWO, "a"))
    ratelimit.hit((TWO, "a"))
    with pytest.raises(LimitExceeded) as limited:
        ratelimit.hit((TWO, "a"))
    assert 58 <= limited.value.retry_after <= 60
    ratelimit.hit((TWO, "b"))


def test_the_promised_wait_is_enough_and_refused_tries_do_not_prolong_it() -> None:
    ratelimit.hit((SHORT, "a"))
    with pytest.raises(LimitExceeded) as limited:
        ratelimit.hit((SHORT, "a"))
    with pytest.raises(LimitExceeded):
        ratelimit.hit((SHORT, "a"))
    time.sleep(limited.value.retry_after)
    ratelimit.hit((SHORT, "a"))


def test_counts_against_all_limits_or_none() -> None:
    ratelimit.hit((TWO, "a"))
    ratelimit.hit((TWO, "a"))
    for _ in range(3):
        with pytest.raises(LimitExceeded):
            ratelimit.hit((Limit("other", 1, 60), "x"), (TWO, "a"))
    ratelimit.hit((Limit("other", 1, 60), "x"))


def test_parallel_tries_do_not_slip_through() -> None:
    gate = threading.Barrier(30)
    accepted = []

    def run() -> None:
        gate.wait()
        try:
            ratelimit.hit((Limit("parallel", 7, 60), "a"))
        except LimitExceeded:
            return
        accepted.append(1)

    threads = [threading.Thread(target=run) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 7


def test_claim_is_for_one() -> None:
    assert ratelimit.claim("thing", "a", seconds=60)
    assert not ratelimit.claim("thing", "a", seconds=60)
    assert ratelimit.claim("thing", "b", seconds=60)


def test_reset_forgets() -> None:
    ratelimit.hit((TWO, "a"))
    ratelimit.hit((TWO, "a"))
    ratelimit.reset([TWO], "a")
    ratelimit.hit((TWO, "a"))


def test_no_subject_is_readable_and_every_key_expires() -> None:
    ratelimit.hit((TWO, "hanako@mail.example"))
    ratelimit.claim("thing", "hanako@mail.example", seconds=60)
    store = redis.Redis.from_url(settings.REDIS_URL)
    keys = store.keys("limit:*")
    assert len(keys) == 2
    for key in keys:
        assert b"hanako" not in key
        assert 0 < store.ttl(key) <= 60


@pytest.mark.parametrize(
    ("hops", "meta", "same_as"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.9"}, "192.0.2.1"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.5, 192.0.2.1"}, "192.0.2.1"),
        (2, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 192.0.2.1, 10.0.0.2"}, "192.0.2.1"),
        (1, {"REMOTE_ADDR": "192.0.2.1"}, "192.0.2.1"),
        (0, {"REMOTE_ADDR": "2001:db8:1:2:aaaa::1"}, "2001:db8:1:2:bbbb::2"),
    ],
)
def test_client_address_is_the_one_that_the_trusted_proxy_saw(
    settings: Any, hops: int, meta: dict[str, str], same_as: str
) -> None:
    settings.TRUSTED_PROXY_HOPS = hops
    client = ratelimit.client_of(RequestFactory().get("/", **meta))
    settings.TRUSTED_PROXY_HOPS = 0
    assert client == ratelimit.client_of(RequestFactory().get("/", REMOTE_ADDR=same_as))
    assert meta["REMOTE_ADDR"] not in client


def test_different_clients_differ() -> None:
    one, other = (RequestFactory().get("/", REMOTE_ADDR=address) for address in ("192.0.2.1", "192.0.2.2"))
    assert ratelimit.client_of(one) != ratelimit.client_of(other)
