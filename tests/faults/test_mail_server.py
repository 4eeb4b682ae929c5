"""A mail server that refuses connections, is slow, puts off, or refuses for good."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import transaction

from consent_app.models import Operator
from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import outbox
from tests.factories.consent import OperatorFactory
from tests.factories.requests import StaffFactory
from tests.support.ground import LATER, Ground, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

EACH = 5
State = OutgoingMail.State


def enqueue() -> set[str]:
    keys = set()
    for _ in range(EACH):
        with transaction.atomic():
            # For the sweep alone: what a nudge does is the same for one mail.
            (mail,) = outbox.enqueue_notice(
                template="staff_security",
                addressees=[outbox.Addressee("taro@shop.example", "ja", None)],
                context=lambda language: {},
                about=Operator.objects.get(),
            )
        assert mail
        keys.add(mail.message_id)
    return keys


def in_state(keys: set[str], state: State) -> bool:
    return OutgoingMail.objects.filter(message_id__in=keys, state=state).count() == len(keys)


def test_mails_wait_for_a_server_that_will_take_them_and_end_where_it_never_will(
    ground: Ground, figures: Callable[..., None]
) -> None:
    OperatorFactory()
    errors: dict[str, Counter[str]] = {}
    keys: dict[str, set[str]] = {}

    def meet(trouble: str, expected: State, **settings: object) -> None:
        keys[trouble] = enqueue()
        worker = ground.worker(settings=settings)
        ground.sweep("core.sweep_mail")
        wait_for(lambda: in_state(keys[trouble], expected), f"{trouble}: {expected}", 60)
        worker.kill()
        found = OutgoingMail.objects.filter(message_id__in=keys[trouble])
        errors[trouble] = Counter(found.values_list("last_error", flat=True))
        assert set(found.values_list("attempts", flat=True)) == {1}

    meet("refusing", State.WAITING, EMAIL_PORT=1)
    ground.mailbox.delay = 2
    meet("slow", State.WAITING, EMAIL_TIMEOUT=0.5)
    ground.mailbox.delay = 0
    ground.mailbox.reply_to_message = "451 4.3.0 try later"
    meet("4xx", State.WAITING)
    ground.mailbox.reply_to_message = ""
    ground.mailbox.reply_to_recipient = "550 5.1.1 no such mailbox"
    meet("5xx", State.FAILED)

    ground.mailbox.reply_to_recipient = ""
    ground.worker(clock=LATER)
    ground.sweep("core.sweep_mail")
    for trouble in ("refusing", "slow", "4xx"):
        wait_for(lambda keys=keys[trouble]: in_state(keys, State.SENT), f"{trouble} to be over")  # type: ignore[misc]
    assert in_state(keys["5xx"], State.FAILED), "nothing is tried again that was refused for good"
    staff = StaffFactory()
    for mail in OutgoingMail.objects.filter(state=State.FAILED):
        outbox.retry(mail=mail, actor=staff)
    wait_for(lambda: in_state(keys["5xx"], State.SENT), "what staff sent again")

    arrived = Counter(str(one.message["Message-ID"]) for one in ground.mailbox.received)
    assert arrived.keys() == set().union(*keys.values())
    twice = {trouble: sum(arrived[key] > 1 for key in of) for trouble, of in keys.items()}
    figures(each=EACH, errors={trouble: dict(counted) for trouble, counted in errors.items()}, lost=0, twice=twice)
    # A server that says yes after we hung up has the mail, and gets it again.
    assert {trouble for trouble, number in twice.items() if number} <= {"slow"}
