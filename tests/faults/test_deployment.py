"""A release with a migration while requests come in: nobody sees an error, nothing is lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from requests_app.models import DisclosureRequest
from tests.support.ground import Ground, wait_for
from tests.support.worker import ROOT

from .people import Person, people

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 24


def has_the_column() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.columns WHERE column_name = 'next_note'")
        return bool(cursor.fetchone()[0])


def test_migration_and_reload_under_load_show_nobody_an_error(ground: Ground, figures: Callable[..., None]) -> None:
    persons = people(ground, PEOPLE)
    web = ground.web()
    first_child = set(web.children())
    seen: Counter[int] = Counter()
    slowest = 0.0
    over = threading.Event()
    queue = iter(persons[: PEOPLE // 2])
    lock = threading.Lock()

    def visit(visitor: Person) -> None:
        nonlocal slowest
        while not over.is_set():
            with lock:
                sender = next(queue, None)
            start = time.monotonic()
            answers = [sender.send()] if sender else []
            answers.append(visitor.get("/requests/"))
            with lock:
                slowest = max(slowest, time.monotonic() - start)
                seen.update(answer.status for answer in answers)
            time.sleep(0.1)

    with ThreadPoolExecutor(3) as pool:
        visits = [pool.submit(visit, person) for person in persons[:3]]
        try:
            time.sleep(0.5)
            migrated = subprocess.run(
                [sys.executable, "manage.py", "migrate", "next_release", "--verbosity=0"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DATABASE_URL": ground.database_url,
                    "DJANGO_SETTINGS_MODULE": "tests.faults.next_settings",
                },
                capture_output=True,
                text=True,
                check=False,
            )
            assert migrated.returncode == 0, migrated.stderr[-2000:]
            between = seen.total()
            with lock:
                queue = iter(persons[PEOPLE // 2 :])
            # The new release takes over as gunicorn does it: new processes first, then the old ones finish their work.
            os.kill(web.pid, signal.SIGHUP)
            wait_for(lambda: web.children() and not first_child & set(web.children()), "the new processes")
            wait_for(lambda: DisclosureRequest.objects.count() == PEOPLE, "all requests")
            time.sleep(1)
        finally:
            over.set()
        for done in visits:
            done.result()
    figures(
        people=PEOPLE, answers=dict(seen), answers_until_migrated=between, slowest=f"{slowest:.1f} s",
        requests=DisclosureRequest.objects.count(),
    )  # fmt: skip
    assert has_the_column()
    assert set(seen) == {200, 302}
    assert seen[302] == PEOPLE
