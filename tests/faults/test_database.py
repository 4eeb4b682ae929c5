"""PostgreSQL crashes and comes back under load: no half of anything, a page that says so, no help needed."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from privacy_portal.core.models import AuditEntry, OutgoingMail
from privacy_portal.engines.postgres import Postgres
from requests_app.domain.transitions import Note, Status
from requests_app.models import DisclosureRequest, RequestDraft
from tests.support.ground import LATER, Ground, wait_for

from .people import Answer, Person, people

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 24
CRASHES = 2
PAUSE = 0.2


def check_that_it_says_so(answer: Answer) -> None:
    assert answer.status == 503, answer.page[:1500]
    assert int(answer.headers["Retry-After"]) > 0
    for words in ("しばらくお待ちください", "失われていません", "Please wait a moment", "not lost"):
        assert words in answer.page
    assert 'rel="stylesheet"' in answer.page


def send_until_accepted(person: Person, seen: Counter[str]) -> None:
    """As the page asks: try again a little later."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = person.send()
        if answer.status == 302:
            seen["accepted"] += 1
            return
        check_that_it_says_so(answer)
        seen["asked to wait"] += 1
        time.sleep(PAUSE)
    raise AssertionError("never accepted")


def parts_of(case: DisclosureRequest) -> tuple[int, ...]:
    return (
        case.parties.count(),
        case.identity_checks.count(),
        case.events.filter(kind=Note.RECEIVED).count(),
        OutgoingMail.objects.filter(template="request_received", object_id=str(case.pk)).count(),
        AuditEntry.objects.filter(action="request.submitted", object_id=str(case.pk)).count(),
        RequestDraft.objects.filter(user=case.applicant).count(),
    )


def test_database_that_crashes_under_load_leaves_nothing_half_done(
    ground: Ground, figures: Callable[..., None]
) -> None:
    persons = people(ground, PEOPLE)
    web, worker = ground.web(), ground.worker()
    connections.close_all()
    seen: Counter[str] = Counter()
    away: list[float] = []
    # The same engine in the mode of tests stops at once, without finishing anything: a crash.
    crashing = Postgres(ground.postgres.place, durable=False)
    over = threading.Event()

    def crash() -> None:
        for _ in range(CRASHES):
            time.sleep(0.4)
            start = time.monotonic()
            crashing.stop()
            time.sleep(0.5)
            ground.postgres.start()
            away.append(time.monotonic() - start)
        over.set()

    breaker = threading.Thread(target=crash)
    with ThreadPoolExecutor(4) as pool:
        breaker.start()
        for sent in [pool.submit(send_until_accepted, person, seen) for person in persons]:
            sent.result()
    while not over.wait(0.1):
        # Whoever only looks gets the same page, and the home page again as soon as the database is back.
        home = persons[0].get("/")
        seen["pages while away" if home.status == 503 else "pages"] += 1
        assert home.status in (200, 503), home.page[:500]
    breaker.join()

    cases = list(DisclosureRequest.objects.select_related("applicant"))
    assert len(cases) == len({case.applicant_id for case in cases}) == PEOPLE, "each person once"
    assert {parts_of(case) for case in cases} == {(1, 2, 1, 1, 1, 0)}
    assert seen["accepted"] == PEOPLE
    assert seen["asked to wait"] > 0, "no request met a crash"
    assert persons[0].get("/").status == 200

    mails = OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT)

    def left_to_the_clock() -> bool:
        """Everything else is done: what the crash met on its way has a lease or a pause that still runs."""
        ground.sweep()
        time.sleep(1)
        waiting = DisclosureRequest.objects.filter(status=Status.RECEIVED).exists()
        return not waiting and not mails.filter(state=OutgoingMail.State.QUEUED).exists()

    took = wait_for(left_to_the_clock, "the worker to go on by itself", 60)
    held = mails.count()
    ground.worker(clock=LATER)
    wait_for(
        lambda: ground.sweep("core.sweep_mail") or not (time.sleep(0.5) or mails.exists()), "leases to run out", 30
    )
    figures(
        people=PEOPLE, crashes=CRASHES, seconds_away=" + ".join(f"{seconds:.1f}" for seconds in away),
        asked_to_wait=seen["asked to wait"], accepted=seen["accepted"], twice=0, halves=0,
        seconds_until_all_was_done=f"{took:.0f}", mails_that_waited_for_their_lease=held,
        lost_mails=sum(not ground.mailbox.to(person.user.email) for person in persons),
    )  # fmt: skip
    assert all(ground.mailbox.to(person.user.email) for person in persons)
    assert web.alive
    assert worker.alive
