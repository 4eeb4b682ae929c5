"""Engines and processes of a test's own, to be killed, stopped, filled up and restarted: nobody else uses them."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from privacy_portal.core import nudge as nudge_module
from privacy_portal.core import redis_server
from privacy_portal.core.services import delivery
from privacy_portal.engines import TestEngines
from privacy_portal.engines.places import postgresql_programs

from .limits import empty_redis
from .mail import SmtpSink
from .worker import ROOT

DATABASE = "faults"
# Seconds after which the lease of a mail whose sender was killed has run out, and the first pause of a retry.
LATER = delivery.LEASE.total_seconds() + 60
WORKER = ["worker", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]


def wait_for(true: Callable[[], object], what: str, timeout: float = 30) -> float:
    """Wait until something is true; gives the seconds that it took.

    Raises:
        AssertionError: when it does not come true in time.
    """
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < timeout, f"waited {timeout} s for: {what}"
        time.sleep(0.02)
    return time.monotonic() - start


@dataclass
class Running:
    """A process of the product, leader of a session of its own, with its children."""

    pid: int
    log: Path

    @property
    def alive(self) -> bool:
        return Path(f"/proc/{self.pid}").exists()

    def children(self) -> list[int]:
        """Its direct children: those that do the work, of a worker with processes and of gunicorn."""
        found: list[int] = []
        for task in Path(f"/proc/{self.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [int(number) for number in task.read_text().split()]
        return found

    def kill(self) -> None:
        """SIGKILL to it and everything that belongs to it, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        wait_for(lambda: not self.alive, "the killed process to be gone")

    def kill_a_child(self) -> bool:
        """SIGKILL to one that does the work; whether there was one."""
        children = self.children()
        if not children:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(children), signal.SIGKILL)
        return True

    def says(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")


class Ground:
    """A PostgreSQL that keeps what it committed when it is killed, a Redis that keeps nothing, and their processes."""

    def __init__(self, engines: TestEngines, folder: Path, mailbox: SmtpSink) -> None:
        self.engines, self.folder, self.mailbox = engines, folder, mailbox
        self.postgres, self.redis = engines.postgres, engines.redis
        self.media = folder / "files"
        self.processes: list[Running] = []
        place = self.postgres.place
        # A peer's password is nobody's: the folder of the socket is closed to others.
        self._where = {"host": str(place.sockets), "port": 5432, "user": "portal"}
        self.database_url = f"postgres://portal@:5432/{place.sockets}/{DATABASE}"
        self.portal = f"http://127.0.0.1:{_free_port()}"
        # Never the current app: other tests of this process ask that for the product's schedule.
        url = self.redis.url.replace("unix://", "redis+socket://", 1) + "?virtual_host=0"
        self.broker = Celery(broker=url, set_as_current=False)
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "DATABASE_URL": self.database_url,
                "REDIS_URL": self.redis.url,
                "MEDIA_ROOT": str(self.media),
                "EMAIL_URL": mailbox.url,
                "PORTAL_URL": self.portal,
                "PYTEST_XDIST_WORKER": "gw0",
                "REDIS_TIMEOUT_SECONDS": "2",
            },
        )
        self._hear("ready")

    def _hear(self, expected: str = "") -> str:
        assert self._nursery.stdout is not None
        line = self._nursery.stdout.readline().strip()
        assert line, "the nursery has died"
        assert expected in ("", line), f"the nursery said {line!r}"
        return line

    # processes

    def start(self, program: str, *arguments: str, **order: Any) -> Running:
        """Start a program: ``clock`` is how many seconds its clock is off, ``settings`` what its settings say else."""
        assert self._nursery.stdin is not None
        log = self.folder / f"{len(self.processes)}-{Path(program).name}.log"
        order |= {"program": program, "arguments": list(arguments), "log": str(log)}
        self._nursery.stdin.write(json.dumps(order) + "\n")
        self._nursery.stdin.flush()
        running = Running(int(self._hear()), log)
        self.processes.append(running)
        wait_for(log.exists, f"{program} to start")
        return running

    def worker(self, *arguments: str, concurrency: int = 1, **order: Any) -> Running:
        """A worker with processes of its own for the work, as in production."""
        name = f"--hostname=w{len(self.processes)}@faults"
        return self.start("celery", *WORKER, f"--concurrency={concurrency}", name, *arguments, **order)

    def web(self, *, threads: int = 4, **order: Any) -> Running:
        """The portal under gunicorn at ``self.portal``; comes back when it answers."""
        address = self.portal.removeprefix("http://")
        running = self.start(
            "gunicorn",
            "privacy_portal.wsgi:application",
            "--no-control-socket",
            f"--bind={address}",
            f"--threads={threads}",
            "--log-level=warning",
            **order,
        )
        host, port = address.split(":")
        wait_for(lambda: _listens(host, int(port)), f"the web server:\n{running.log.read_text()[-2000:]}")
        return running

    def sweep(self, *tasks: str) -> None:
        """Send what beat sends every minute."""
        for task in tasks or ("requests.sweep", "core.sweep_mail"):
            self.broker.send_task(task, ignore_result=True)

    def get(self, path: str, *, cookie: str = "", timeout: float = 30) -> tuple[int, str, dict[str, str]]:
        """A page with its status and headers, whatever the status."""
        asked = urllib.request.Request(f"{self.portal}{path}")
        if cookie:
            asked.add_header("Cookie", cookie)
        try:
            with urllib.request.urlopen(asked, timeout=timeout) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), dict(error.headers)

    # engines

    def admin(self) -> psycopg.Connection:
        """A connection beside Django's, to another database of the server."""
        return psycopg.connect(**self._where, dbname="postgres", autocommit=True)

    def product(self) -> psycopg.Connection:
        """A connection beside Django's, to the product's database; what it does is one transaction."""
        return psycopg.connect(**self._where, dbname=DATABASE)

    def fresh(self) -> None:
        """An empty database with every table, an empty Redis, and no processes."""
        self.end_processes()
        self.postgres.start()
        self.redis.start()
        self.flush_redis()
        connections.close_all()
        with self.admin() as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {DATABASE} TEMPLATE privacy_portal")

    def flush_redis(self) -> None:
        with redis.Redis(unix_socket_path=str(self.redis.socket)) as client:
            client.flushall()

    def waiting(self) -> int:
        """Tasks in the broker that no worker has taken."""
        with redis.Redis(unix_socket_path=str(self.redis.socket)) as client:
            return int(client.llen("celery"))

    def end_processes(self) -> None:
        for running in self.processes:
            if running.alive:
                running.kill()
        self.processes.clear()

    @contextlib.contextmanager
    def in_this_process(self) -> Iterator[None]:
        """Let the models of the test speak to this database, and its nudges go to this broker."""
        connections.close_all()
        database = connection.settings_dict
        before = {key: database[key] for key in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
        database.update(NAME=DATABASE, HOST=self._where["host"], PORT="5432", USER="portal", PASSWORD="")

        def send(task: str, pk: str) -> None:
            self.broker.send_task(task, args=[pk], ignore_result=True)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nudge_module, "_send", send)
            patch.setattr(settings, "REDIS_URL", f"{self.redis.url}?db=1")
            patch.setattr(settings, "MEDIA_ROOT", self.media)
            patch.setattr(settings, "PORTAL_URL", self.portal)
            try:
                yield
            finally:
                connections.close_all()
                database.update(before)
                redis_server.for_pages.cache_clear()

    def end(self) -> None:
        self.end_processes()
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(30)
        self.broker.close()
        self.engines.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def _copy_session_database(engines: TestEngines) -> None:
    """The tables of this session's test database, which has been migrated already: a quarter of the time."""
    place = engines.postgres.place
    dump = place.home / "tables.sql"
    session = connection.settings_dict
    keys = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    there = make_conninfo(**{name: session[key] for key, name in keys.items() if session[key]})
    here = make_conninfo(host=str(place.sockets), port=5432, user="portal", dbname="privacy_portal")
    programs = postgresql_programs(place)
    place.account.check(
        [programs / "pg_dump", "--no-owner", "--no-privileges", "-f", dump, "-d", there],
        cwd=place.home,
        what="Copying the tables",
    )
    place.account.check(
        [programs / "psql", "-q", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-f", dump, "-d", here],
        cwd=place.home,
        what="Copying the tables",
    )


@pytest.fixture(scope="session")
def _ground(
    django_db_setup: None,
    django_db_blocker: Any,
    smtp_server: SmtpSink,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ground]:
    engines = TestEngines("faults", durable=True)
    engines.start()
    folder = tmp_path_factory.mktemp("faults")
    with django_db_blocker.unblock():
        _copy_session_database(engines)
        connections.close_all()
    ground = Ground(engines, folder, smtp_server)
    yield ground
    ground.end()


@pytest.fixture
def ground(_ground: Ground, django_db_blocker: Any, smtp_sink: SmtpSink) -> Iterator[Ground]:
    """Own engines, empty, to which this test's models speak; every process is gone afterwards."""
    with django_db_blocker.unblock():
        _ground.fresh()
        with _ground.in_this_process():
            empty_redis()
            yield _ground
            _ground.end_processes()
