"""Real Celery workers are killed on the way of a broadcast: each person has one mail and nobody is left out.

``BROADCAST_PEOPLE=20000 pytest -s`` on this file runs it in full and prints what docs/benchmarks.md says.
"""

import datetime
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from consent_app import notifications
from consent_app.models import Broadcast, BroadcastRecipient, Customer
from consent_app.services import broadcasts
from privacy_portal.celery import app
from privacy_portal.core.models import Job, OutgoingMail
from tests.support.worker import ROOT, session_database_url

from .test_broadcasts import begin, many

PEOPLE = int(os.environ.get("BROADCAST_PEOPLE", "6000"))
PATIENCE = 60 + PEOPLE / 20


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with a process of its own for the work, as in production; killed at the end, children and all."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "privacy_portal", "worker", "--concurrency=1"),
                *("--without-gossip", "--without-mingle", "--loglevel=WARNING"),
            ],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "DATABASE_URL": session_database_url(), "MEDIA_ROOT": str(settings.MEDIA_ROOT)},
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def written() -> int:
    return OutgoingMail.objects.filter(template=notifications.POLICY_CHANGE).count()


def wait(until: int, log: Path) -> None:
    """Until so many mails are written, nudging like beat does when a worker is silent for a minute."""
    deadline, last, turn = time.monotonic() + PATIENCE, -1, 0
    while (now := written()) < until or (until == PEOPLE and Broadcast.objects.filter(finished_at=None).exists()):
        assert time.monotonic() < deadline, f"{now} of {until} mails:\n{log.read_text()[-2000:]}"
        # Looked at often, so that the kill comes between two chunks and not behind the last one.
        if (turn := turn + 1) % 10 == 0:
            if now == last:
                broadcasts.sweep(now=timezone.now() + datetime.timedelta(minutes=2))
            last = now
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_everybody_is_told_once(tmp_path: Path) -> None:
    app.control.purge()
    log = tmp_path / "worker.log"
    many(PEOPLE)
    broadcast = begin()
    start = time.monotonic()
    seen: list[int] = []
    for share in (random.uniform(0.05, 0.4), random.uniform(0.45, 0.7)):
        with worker(log):
            wait(int(PEOPLE * share), log)
        seen.append(written())
        sys.stdout.write(f"killed after {seen[-1]} mails, {time.monotonic() - start:.0f} s\n")
        assert seen[-1] < PEOPLE
        assert Broadcast.objects.filter(finished_at=None).exists()
    with worker(log):
        wait(PEOPLE, log)
    sys.stdout.write(f"{PEOPLE} people, {time.monotonic() - start:.0f} s\n")

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT COUNT(*), COUNT(DISTINCT r.customer_id), COUNT(DISTINCT r.mail_id)
            FROM consent_app_broadcastrecipient r JOIN core_outgoingmail m ON m.id = r.mail_id
            WHERE r.handled_at IS NOT NULL
            """
        )
        assert cursor.fetchone() == (PEOPLE, PEOPLE, PEOPLE)
    assert written() == PEOPLE
    told = BroadcastRecipient.objects.filter(broadcast=broadcast).values("customer_id")
    assert not Customer.objects.exclude(email="").exclude(pk__in=told).exists()
    addresses = [mail.recipient for mail in OutgoingMail.objects.filter(template=notifications.POLICY_CHANGE)]
    assert len(set(addresses)) == PEOPLE
    broadcast.refresh_from_db()
    assert (broadcast.job.state, broadcast.job.done, broadcast.job.total) == (Job.State.DONE, PEOPLE, PEOPLE)
