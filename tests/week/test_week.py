"""A week in the life: customers ask for everything there is, and then months go by until nothing is left open.

    make week

runs it with 5,000 customers and 400 requests; without it ``WEEK_CUSTOMERS`` and ``WEEK_REQUESTS`` are smaller.
A real worker and a real beat follow a clock that is put forward in steps. Whatever came due meanwhile is started by
beat and done by the worker, as after a night in which nothing ran; mails go to a real mail server.
"""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import pytest
import redis
from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from privacy_portal.core.doctor_checks import ALIVE_KEY
from privacy_portal.core.models import OutgoingMail
from requests_app.domain.transitions import Status
from requests_app.models import Decision, DisclosureRequest
from tests.support.clock import Clock
from tests.support.ground import Ground, wait_for

from .world import ALWAYS, World

CUSTOMERS = int(os.environ.get("WEEK_CUSTOMERS", "100"))
REQUESTS = int(os.environ.get("WEEK_REQUESTS", "24"))
SEED = int(os.environ.get("WEEK_SEED", "1"))
# A second for each request and ten for each step, on a machine with much else to do.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300 + 3 * REQUESTS)]
HOUR = 3600
STEP = 12 * HOUR
# Longer than the silence that ends a request (45 days) and the time in which an answered one stays open (60), one after
# the other.
AFTERWARDS = 110
# Why a request may be open at the end of the week; anything else is somebody's forgetting.
REASONS = {
    Status.IDENTITY_REVIEW: "staff look at who it is",
    Status.IDENTITY_WAITING: "the person owes an answer or documents",
    Status.IN_REVIEW: "staff look into it",
    Status.WAITING: "the person owes an answer",
    Status.FEE_WAITING: "the person owes the fee",
    Status.READY_TO_POST: "staff post the letter",
    Status.ANSWERED: "open for questions about the answer",
}
ENDED = {Status.CLOSED, Status.WITHDRAWN}


class Days:
    """Puts the clock forward and waits until beat and worker have done what came due."""

    def __init__(self, ground: Ground, clock: Clock) -> None:
        self.ground, self.clock = ground, clock
        self.steps = 0
        # The processes' cache, which is not the one of this process.
        kept = dict(settings.CACHES["default"])
        self.cache = import_string(kept.pop("BACKEND"))(f"{ground.redis.url}?db=1", kept | {"LOCATION": None})

    def pass_by(self, seconds: float) -> None:
        self.settle()
        self.clock.forward(seconds)
        self.steps += 1
        moment = timezone.now()
        wait_for(lambda: self._alive_since(moment), "beat and worker to notice the time", 60)
        self.settle()

    def settle(self) -> None:
        """Until the worker has nothing to do, and nothing waits for it."""
        wait_for(lambda: self._idle() and not time.sleep(0.05) and self._idle(), "the worker", 120)

    def _alive_since(self, moment: datetime) -> bool:
        said = self.cache.get(ALIVE_KEY)
        return said is not None and said >= moment

    def _idle(self) -> bool:
        with redis.Redis(unix_socket_path=str(self.ground.redis.socket)) as client:
            tasks = int(client.llen("celery")) + int(client.zcard("unacked_index"))
        if tasks:
            return False
        mails = OutgoingMail.objects.filter(state__in=[OutgoingMail.State.QUEUED, OutgoingMail.State.SENDING])
        waiting = DisclosureRequest.objects.filter(status__in=[Status.RECEIVED, Status.FULFILLING])
        return not mails.exists() and not waiting.exists()


def table(title: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    lines = [" | ".join(map(str, row)) for row in (list(heads), *rows)]
    sys.stdout.write(f"\n{title}\n" + "".join(f"| {line} |\n" for line in lines))


def outcome_of(case: DisclosureRequest) -> str:
    decision = case.decisions.filter(superseded_at=None).first()
    if decision is not None:
        return str(decision.outcome)
    if case.status == Status.WITHDRAWN:
        return "withdrawn"
    return "ended in silence" if case.status in ENDED else "open"


def show(world: World) -> None:
    cases = list(DisclosureRequest.objects.prefetch_related("decisions"))
    kinds = Counter((case.request_type, outcome_of(case)) for case in cases)
    table("requests", ("type", "outcome", "number"), ((*key, number) for key, number in sorted(kinds.items())))
    table("what people and staff did", ("what", "number"), sorted(world.done.items()))
    mails = Counter(OutgoingMail.objects.values_list("template", flat=True))
    table("mails", ("event", "number"), sorted(mails.items()))


def waiting_reasons() -> Counter[str]:
    found: Counter[str] = Counter()
    for status in DisclosureRequest.objects.values_list("status", flat=True):
        found["ended" if status in ENDED else REASONS[Status(status)]] += 1
    return found


def check_mails(ground: Ground) -> None:
    """Every mail that was written is at the mail server once, and none else is there."""
    arrived = Counter(str(one.message["Message-ID"]) for one in ground.mailbox.received)
    written = dict(OutgoingMail.objects.values_list("message_id", "state"))
    assert set(written.values()) <= {OutgoingMail.State.SENT}, Counter(written.values())
    assert arrived.keys() == written.keys()
    assert {key: number for key, number in arrived.items() if number > 1} == {}


def check_doctor(ground: Ground, clock: Clock) -> list[str]:
    """What ``manage.py doctor`` finds, in a process of its own at the time of the shared clock."""
    run = ground.start("manage", "doctor", "--json", clock_file=str(clock.path))
    wait_for(lambda: not run.alive, "the doctor", 120)
    line = next(line for line in run.log.read_text().splitlines() if line.startswith('{"at"'))
    return [one["code"] for one in json.loads(line)["results"] if one["count"] or one["error"]]


def test_a_week_in_the_life(ground: Ground) -> None:
    start = time.monotonic()
    clock = Clock(ground.folder / "clock")
    clock.forward(0)
    world = World(random.Random(SEED))
    world.furnish(CUSTOMERS)
    furnished = time.monotonic()
    schedule = f"--schedule={ground.folder / 'schedule'}"
    beat = ["beat", "--loglevel=WARNING", schedule, "--pidfile="]
    ground.worker("--pool=threads", concurrency=2, clock_file=str(clock.path))
    ground.start("celery", *beat, clock_file=str(clock.path))
    clock.start()
    days = Days(ground, clock)
    try:
        steps = 7 * 24 * HOUR // STEP
        sent = 0
        for step in range(steps):
            while sent < REQUESTS * (step + 1) // steps:
                world.send(sent, world.customers[sent])
                sent += 1
            days.settle()
            world.people_act()
            world.staff_act()
            days.pass_by(STEP)
        after_the_week = waiting_reasons()
        week = time.monotonic()
        passed = 0
        while passed < AFTERWARDS:
            world.people_act()
            world.staff_act()
            step_days = 2 if passed < 10 else 10
            days.pass_by(step_days * 24 * HOUR)
            passed += step_days
        at_the_end = waiting_reasons()
        found = check_doctor(ground, clock)
    finally:
        clock.stop()
    table("open after the week, and why", ("reason", "requests"), sorted(after_the_week.items()))
    table(f"{AFTERWARDS} days later", ("reason", "requests"), sorted(at_the_end.items()))
    show(world)
    sys.stdout.write(
        f"\n{CUSTOMERS} customers, {REQUESTS} requests, {OutgoingMail.objects.count()} mails, {days.steps} steps; "
        f"furnished in {furnished - start:.0f} s, week {week - furnished:.0f} s, then {time.monotonic() - week:.0f} s\n"
    )
    assert sum(after_the_week.values()) == REQUESTS
    assert [what for what in ALWAYS if not world.done[what]] == []
    assert set(at_the_end) == {"ended"}
    assert found == []
    check_mails(ground)
    assert not Decision.objects.filter(attempts__gt=1).exists()
    assert not DisclosureRequest.objects.filter(closed_at__lt=F("received_at")).exists()
