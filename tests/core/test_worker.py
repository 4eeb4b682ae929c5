"""Mail through real processes: the worker that is nudged, and a sender that is killed."""

import datetime
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import delivery, outbox
from tests.support.mail import SmtpSink
from tests.support.worker import session_database_url

pytestmark = pytest.mark.django_db(transaction=True)

State = OutgoingMail.State
ADDRESS = "taro@shop.example"
SENDER = """
import sys, django
django.setup()
from privacy_portal.core.services import delivery
delivery.deliver(pk=sys.argv[1])
"""


def enqueue() -> OutgoingMail:
    with transaction.atomic():
        # Not emptied at once, unlike a mail with a code.
        return outbox.enqueue(template="staff_security", recipient=ADDRESS, language="ja", context={})


def wait_for_state(mail: OutgoingMail, state: OutgoingMail.State) -> OutgoingMail:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        mail.refresh_from_db()
        if mail.state == state:
            return mail
        time.sleep(0.05)
    raise AssertionError(f"the mail is {mail.state} and not {state}")


@pytest.mark.usefixtures("celery_worker_process")
def test_nudged_worker_sends_what_was_committed(smtp_sink: SmtpSink) -> None:
    mail = enqueue()
    received = smtp_sink.wait_for(ADDRESS)
    assert received.message["Message-ID"] == mail.message_id
    assert wait_for_state(mail, State.SENT).attempts == 1


def test_mail_of_a_killed_sender_is_sent_when_its_lease_ran_out(smtp_sink: SmtpSink) -> None:
    """SIGKILL while the server holds its answer back: nothing is lost, and a second copy has the same Message-ID."""
    mail = enqueue()
    smtp_sink.delay = 5
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(mail.pk)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DATABASE_URL": session_database_url(), "EMAIL_URL": smtp_sink.url},
    )
    deadline = time.monotonic() + 30
    while smtp_sink.attempts == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    sender.send_signal(signal.SIGKILL)
    assert sender.wait(10) == -signal.SIGKILL
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (State.SENDING, 1)
    smtp_sink.delay = 0
    assert delivery.deliver_due() == 0, "its lease still runs"
    OutgoingMail.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert delivery.deliver_due() == 1
    assert wait_for_state(mail, State.SENT).attempts == 2
    assert {one.message["Message-ID"] for one in smtp_sink.received} == {mail.message_id}
