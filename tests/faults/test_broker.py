"""Redis stops while requests are sent, or loses everything: nothing that a person sent depends on it."""

import time
from collections.abc import Callable

import pytest

from privacy_portal.core.models import OutgoingMail
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest
from tests.support.ground import Ground, wait_for

from .people import Person, people

pytestmark = pytest.mark.django_db(transaction=True)

Figures = Callable[..., None]
# Redis away costs a page at most this much: it is asked once, and not once a mail.
PATIENCE = 4.0


def send(person: Person) -> float:
    """Send the request and look at the page that follows; gives the seconds of the sending."""
    start = time.monotonic()
    sent = person.send()
    took = time.monotonic() - start
    assert sent.status == 302, sent.page[:2000]
    done = person.get(sent.headers["Location"])
    assert done.status == 200
    assert "請求を受け付けました" in done.page
    number = DisclosureRequest.objects.get(applicant=person.user).receipt_number
    assert number.replace("-", "") in done.page.replace("-", "")
    assert "数分かかることがあります" in done.page
    return took


def unnotified(persons: list[Person]) -> int:
    told = OutgoingMail.objects.filter(template="request_received", state=OutgoingMail.State.SENT)
    return len(persons) - told.filter(user__in=[person.user for person in persons]).count()


def all_notified(persons: list[Person], mailbox_sends: Callable[[str], list[object]]) -> bool:
    return not unnotified(persons) and all(mailbox_sends(person.user.email) for person in persons)


def taken_up(persons: list[Person]) -> bool:
    mine = DisclosureRequest.objects.filter(applicant__in=[person.user for person in persons])
    return not mine.filter(status=Status.RECEIVED).exists()


def test_requests_sent_while_the_broker_is_away_are_accepted_and_notified_once_it_is_back(
    ground: Ground, figures: Figures
) -> None:
    persons = people(ground, 20)
    before, during = persons[:4], persons[4:]
    ground.web()
    worker = ground.worker()
    with_broker = [send(person) for person in before]
    wait_for(lambda: all_notified(before, ground.mailbox.to), "the mails with a broker")

    ground.redis.stop()
    without = [send(person) for person in during]
    assert DisclosureRequest.objects.count() == len(persons)
    assert unnotified(during) == len(during)
    assert max(without) < PATIENCE

    ground.redis.start()
    start = time.monotonic()
    ground.sweep()
    wait_for(lambda: all_notified(during, ground.mailbox.to) and taken_up(persons), "the sweep after the return", 60)
    figures(
        sent_with_broker=len(before), slowest_of_them=f"{max(with_broker):.2f} s",
        sent_without=len(during), slowest_without=f"{max(without):.2f} s",
        refused=0, notified_after_it=len(during), seconds_after_the_first_sweep=f"{time.monotonic() - start:.1f}",
    )  # fmt: skip
    assert worker.alive, "it came back by itself"
    assert all(len(ground.mailbox.to(person.user.email)) >= 1 for person in persons)


def test_what_a_flushed_broker_forgot_is_taken_up_by_the_sweep(ground: Ground, figures: Figures) -> None:
    persons = people(ground, 20)
    ground.web()
    for person in persons:
        send(person)
    forgotten = ground.waiting()
    assert forgotten >= len(persons), "each sending nudged"
    ground.flush_redis()
    ground.worker()
    time.sleep(1)
    assert unnotified(persons) == len(persons), "nobody knows of them yet"
    ground.sweep()
    took = wait_for(lambda: all_notified(persons, ground.mailbox.to) and taken_up(persons), "the sweep", 60)
    figures(sent=len(persons), tasks_forgotten=forgotten, notified=len(persons), seconds_of_the_sweep=f"{took:.1f}")
