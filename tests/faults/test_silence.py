"""Redis and PostgreSQL freeze: they take connections and never answer. No page waits for them for long."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
import redis
from django.conf import settings

from privacy_portal.core.models import OutgoingMail
from requests_app.models import DisclosureRequest
from tests.support.ground import Ground, Running, wait_for

from .people import Answer, people
from .test_broker import PATIENCE, all_notified, send, taken_up
from .test_database import check_that_it_says_so

pytestmark = pytest.mark.django_db(transaction=True)

Figures = Callable[..., None]
# What a page may take beside the waiting, on a machine with other work.
SLACK = 2.0
# Of PostgreSQL: DATABASE_CONNECT_SECONDS, and how long /readyz waits for an answer.
CONNECT, READY = 3.0, 2.0


@contextlib.contextmanager
def frozen(processes: Sequence[int]) -> Iterator[None]:
    """They stand still: the kernel goes on to take their connections, and nobody reads what is sent."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def redis_of(ground: Ground) -> list[int]:
    with redis.Redis(unix_socket_path=str(ground.redis.socket)) as client:
        return [int(client.info("server")["process_id"])]


def postgres_of(ground: Ground) -> list[int]:
    """The one that takes connections first, so that no new child escapes."""
    first = int((ground.postgres.data / "postmaster.pid").read_text().split()[0])
    return [first, *Running(first, ground.folder).children()]


def timed(ask: Callable[[], Answer]) -> tuple[float, Answer]:
    start = time.monotonic()
    answer = ask()
    return time.monotonic() - start, answer


def test_silent_redis_holds_up_no_page_and_no_request(ground: Ground, figures: Figures) -> None:
    persons = people(ground, 8)
    stranger = persons[0]
    web = ground.web()
    worker = ground.worker()
    with_redis = [send(person) for person in persons[:2]]
    wait_for(lambda: all_notified(persons[:2], ground.mailbox.to), "the mails with Redis")

    with frozen(redis_of(ground)):
        without = [send(person) for person in persons[2:]]
        # A limit that cannot be counted, and a page of somebody who is not signed in.
        stranger.cookie = f"csrftoken={'a' * 32}"
        signing_in, refused = timed(lambda: stranger.post("/sign-in/", email="somebody@shop.example"))
        looking, home = timed(lambda: stranger.get("/"))
        readiness, ready = timed(lambda: stranger.get("/readyz"))
        check_that_it_says_so(refused)
        assert home.status == 200
        assert (ready.status, '"redis"' in ready.page) == (503, True)
        slowest = max(*without, signing_in, looking, readiness)
        assert slowest < PATIENCE + SLACK
        # One page in each rest finds out that it is still silent.
        assert sorted(without)[-2] < PATIENCE / 2, "one waited, and told the others"
        assert DisclosureRequest.objects.count() == len(persons)
        # Longer than a worker waits for the answer to an acknowledgement, which may be lost now.
        time.sleep(settings.REDIS_TIMEOUT_SECONDS + 2)

    assert stranger.get("/readyz").status == 200
    start = time.monotonic()
    ground.sweep()
    wait_for(lambda: all_notified(persons, ground.mailbox.to) and taken_up(persons), "the sweep after the return", 60)
    took = time.monotonic() - start
    figures(
        sent_with_redis=len(with_redis), slowest_of_them=f"{max(with_redis):.2f} s",
        sent_while_silent=len(without), slowest=f"{max(without):.2f} s", second_slowest=f"{sorted(without)[-2]:.2f} s",
        refused=0, notified=len(persons), seconds_after_the_first_sweep=f"{took:.1f}",
    )  # fmt: skip
    assert web.alive
    assert worker.alive, "it came back by itself"


def test_frozen_postgresql_is_told_by_readyz_and_pages_wait_only_for_a_connection(
    ground: Ground, figures: Figures
) -> None:
    (person,) = people(ground, 1)
    ground.web(threads=1)  # one thread: /readyz has the connection of the page before it
    assert (person.get("/").status, person.get("/readyz").status) == (200, 200)
    with frozen(postgres_of(ground)):
        known, ready = timed(lambda: person.get("/readyz"))
        assert (ready.status, '"database"' in ready.page) == (503, True)
        # The connection that fell silent is gone; nobody gets another one.
        unknown, ready = timed(lambda: person.get("/readyz"))
        assert (ready.status, '"database"' in ready.page) == (503, True)
        waited, page = timed(lambda: person.get("/"))
        check_that_it_says_so(page)
        assert known < READY + SLACK
        assert unknown < CONNECT + SLACK
        assert waited < CONNECT + SLACK
    wait_for(lambda: person.get("/readyz").status == 200, "readiness after the return")
    assert person.get("/").status == 200
    figures(ready=f"{known:.1f} s", ready_without_connection=f"{unknown:.1f} s", page=f"{waited:.1f} s")


@pytest.mark.parametrize("limit", ["DATABASE_LOCK_SECONDS", "DATABASE_STATEMENT_SECONDS"])
def test_page_gives_up_what_somebody_else_holds_and_a_worker_waits_for_it(ground: Ground, limit: str) -> None:
    persons = people(ground, 2)
    no_limit = {"DATABASE_LOCK_SECONDS": 0, "DATABASE_STATEMENT_SECONDS": 0}
    ground.web(settings={**no_limit, limit: 1})
    ground.worker(settings={**no_limit, limit: 1})
    send(persons[0])
    wait_for(lambda: all_notified(persons[:1], ground.mailbox.to), "the mail of the first")
    with ground.product() as holder:
        holder.execute(f"LOCK TABLE {OutgoingMail._meta.db_table}")
        took, answer = timed(persons[1].send)
        check_that_it_says_so(answer)
        assert 1 <= took < 1 + SLACK
        ground.sweep("core.sweep_mail")
        wait_for(lambda: waits(ground), "the worker to wait for the lock")
        time.sleep(1.5)
        assert waits(ground), "longer than a page would"
    assert DisclosureRequest.objects.count() == 1, "nothing half done"
    assert persons[1].send().status == 302
    wait_for(lambda: all_notified(persons, ground.mailbox.to), "the worker to go on")


def waits(ground: Ground) -> bool:
    """Whether anybody waits for a lock; pages have given up by then."""
    with ground.admin() as admin:
        row = admin.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(row and row[0])
