"""A real Celery worker process on the test's database and broker."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from .mail import SmtpSink

ROOT = Path(__file__).resolve().parent.parent.parent


def session_database_url() -> str:
    """The database of this test session as DATABASE_URL, for processes of its own."""
    database = connection.settings_dict
    credentials = database["USER"] + (f":{database['PASSWORD']}" if database["PASSWORD"] else "")
    location = f"{database['HOST']}:{database['PORT'] or 5432}"
    if database["HOST"].startswith("/"):
        location = f":{database['PORT'] or 5432}/{database['HOST']}"
    return f"postgres://{credentials}@{location}/{database['NAME']}"


@pytest.fixture(scope="session")
def worker_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the worker of the session writes its log."""
    return tmp_path_factory.mktemp("worker") / "worker.log"


@pytest.fixture(scope="session")
def _worker(
    django_db_setup: None, smtp_server: SmtpSink, live_server, worker_log: Path, _media_root: Path
) -> Iterator[subprocess.Popen[str]]:  # type: ignore[no-untyped-def]
    from privacy_portal.celery import app

    app.control.purge()
    with worker_log.open("w") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "privacy_portal",
                "worker",
                "--pool=threads",
                "--concurrency=2",
                "--loglevel=INFO",
                "--without-gossip",
                "--without-mingle",
                "--hostname=test@%h",
            ],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "DATABASE_URL": session_database_url(),
                "EMAIL_URL": smtp_server.url,
                "PORTAL_URL": live_server.url,
                # That of the session: the first test with a worker may have one of its own.
                "MEDIA_ROOT": str(_media_root),
            },
        )
    try:
        _wait_until_ready(process, worker_log)
        _tell_worker("cancel_consumer")
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _tell_worker(command: str) -> None:
    """Have the worker take tasks or leave them; it must not touch the mails of a test that did not ask for it."""
    from privacy_portal.celery import app

    queue = app.conf.task_default_queue
    assert app.control.broadcast(command, arguments={"queue": queue}, reply=True, limit=1, timeout=30), command


def _wait_until_ready(process: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + 60
    while " ready." not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the worker did not start:\n{log.read_text()}")
        time.sleep(0.05)


@pytest.fixture
def celery_worker_process(
    _worker: subprocess.Popen[str], smtp_sink: SmtpSink, live_server, transactional_db: None, settings
) -> Iterator[subprocess.Popen[str]]:  # type: ignore[no-untyped-def]
    """A running `celery worker` that sees what the test commits and sends mail to `smtp_sink`.

    What earlier tests left in the queue is thrown away, and links in mails lead to the test's live server. After the
    test the process stays for the next one that asks, but takes no tasks.
    """
    from privacy_portal.celery import app

    app.control.purge()
    settings.PORTAL_URL = live_server.url
    _tell_worker("add_consumer")
    yield _worker
    _tell_worker("cancel_consumer")
