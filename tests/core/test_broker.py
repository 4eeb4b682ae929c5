"""A worker whose acknowledgement was lost takes tasks again."""

import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from kombu import Connection, Queue

from privacy_portal.celery import app
from privacy_portal.core.broker import LettingGo


@pytest.fixture
def broker() -> Iterator[Connection]:
    options = {"socket_timeout": 0.3, "max_retries": 0, "visibility_timeout": 600}
    with Connection(app.conf.broker_url, transport_options=options) as connection:
        yield connection


def silenced(connection: Any, milliseconds: int) -> None:
    """Redis answers nobody for so long."""
    with redis.Redis.from_url(
        str(app.conf.broker_url).replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    ) as client:
        client.execute_command("CLIENT", "PAUSE", milliseconds)


@pytest.mark.parametrize("how", ["ack", "reject", "requeue"])
def test_what_could_not_be_acknowledged_is_let_go_of(broker: Connection, how: str) -> None:
    channel, tasks = broker.channel(), Queue(f"letting-go-{how}")
    assert isinstance(channel.qos, LettingGo)
    channel.basic_qos(0, 1, False)
    got: queue.Queue[Any] = queue.Queue()
    with (
        broker.Producer(channel) as producer,
        broker.Consumer(tasks, callbacks=[lambda _body, message: got.put(message)], channel=channel),
    ):
        for number in (1, 2):
            producer.publish({"number": number}, routing_key=tasks.name, declare=[tasks])
        broker.drain_events(timeout=2)
        first = got.get_nowait()
        assert not channel.qos.can_consume()

        silenced(broker, 900)
        with pytest.raises(redis.TimeoutError):
            first.reject(requeue=True) if how == "requeue" else getattr(first, how)()
        assert channel.qos.can_consume()

        time.sleep(1)
        broker.drain_events(timeout=2)
        # Redis may have done it after all, though nobody heard of it.
        possible = (1, 2) if how == "requeue" else (2,)
        assert got.get_nowait().payload["number"] in possible
