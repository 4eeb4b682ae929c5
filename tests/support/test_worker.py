"""The real worker that tests can ask for: another process, on the test's database, broker and mail server."""

import os

import pytest
from django.db import transaction

from privacy_portal.celery import app
from privacy_portal.core.services import outbox


@pytest.mark.parametrize("recipient", ["first@mail.example", "second@mail.example"])
def test_worker_sends_what_a_test_commits(celery_worker_process, smtp_sink, recipient: str) -> None:
    with transaction.atomic():
        outbox.enqueue(
            template="sign_in_code", recipient=recipient, language="ja", context={"code": "1234 5678", "minutes": 10}
        )
    received = smtp_sink.wait_for(recipient)
    assert "1234 5678" in received.text
    assert len(smtp_sink.received) == 1


def test_worker_is_another_process(celery_worker_process) -> None:
    assert celery_worker_process.pid != os.getpid()
    assert celery_worker_process.poll() is None
    assert app.control.ping(timeout=5)
