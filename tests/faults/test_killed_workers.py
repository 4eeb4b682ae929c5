"""A worker is killed again and again while it sends: every message leaves at least once, and none is stuck."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import transaction

from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import delivery, outbox
from tests.factories.consent import OperatorFactory
from tests.support.ground import LATER, Ground, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = int(os.environ.get("FAULTS_MAILS", "500"))
KILLS = int(os.environ.get("FAULTS_KILLS", "50"))
State = OutgoingMail.State


def enqueue(number: int) -> None:
    for _ in range(number):
        with transaction.atomic():
            outbox.enqueue(template="staff_security", recipient="taro@shop.example", language="ja", context={})


def in_state(*states: State) -> int:
    return OutgoingMail.objects.filter(state__in=states).count()


def test_every_mail_leaves_at_least_once_however_often_the_worker_is_killed(
    ground: Ground, figures: Callable[..., None]
) -> None:
    OperatorFactory()
    # As slow as a server nearby, so that a kill meets mails on their way.
    ground.mailbox.delay = 0.03
    start = time.monotonic()
    worker = ground.worker(concurrency=2)
    kills = Counter[str]()
    enqueued = 0
    while kills.total() < KILLS:
        share = MAILS * (kills.total() + 1) // KILLS - enqueued
        before = ground.mailbox.attempts
        enqueue(share)
        enqueued += share
        wait_for(lambda before=before: ground.mailbox.attempts > before, "a worker at work")  # type: ignore[misc]
        time.sleep(random.uniform(0, 0.15))
        # One in five takes the whole worker with everything it holds; the others take a process that does the work.
        if kills.total() % 5 == 4:
            worker.kill()
            kills["workers"] += 1
            worker = ground.worker(concurrency=2)
        else:
            kills["processes"] += worker.kill_a_child()
    ground.mailbox.delay = 0
    # What a killed worker had taken from the broker comes back after ten minutes; the sweep is there long before.
    wait_for(lambda: not ground.waiting(), "the nudges to be worked off", 60)
    time.sleep(0.5)
    left, held = in_state(State.QUEUED, State.WAITING), in_state(State.SENDING)
    nudged = time.monotonic() - start

    worker.kill()
    ground.flush_redis()
    ground.worker(concurrency=2, clock=LATER)
    ground.sweep("core.sweep_mail")
    took = wait_for(lambda: in_state(State.SENT) == MAILS, "the sweep to send what was left", 60)

    arrived = Counter(str(one.message["Message-ID"]) for one in ground.mailbox.received)
    attempts = dict(OutgoingMail.objects.values_list("message_id", "attempts"))
    twice = {key: number for key, number in arrived.items() if number > 1}
    figures(
        mails=MAILS, killed_processes=kills["processes"], killed_workers=kills["workers"],
        seconds_of_killing=f"{nudged:.0f}", left_to_the_sweep=left, held_by_a_dead_lease=held,
        seconds_of_the_sweep=f"{took:.1f}", arrived=len(arrived), arrived_twice=len(twice), lost=MAILS - len(arrived),
    )  # fmt: skip
    assert arrived.keys() == attempts.keys(), "each mail arrived at least once, and nothing that was not written"
    # A mail arrives again only where its first sender was killed between the server's yes and its own mark.
    assert all(arrived[key] <= attempts[key] for key in arrived)
    assert sum(number - 1 for number in twice.values()) <= sum(number - 1 for number in attempts.values())
    assert max(attempts.values()) < delivery.MAX_ATTEMPTS
    assert in_state(State.SENT) == OutgoingMail.objects.count() == MAILS
    assert not OutgoingMail.objects.exclude(lease_until=None).exists()
