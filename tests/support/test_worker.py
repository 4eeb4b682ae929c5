"""The real worker that tests can ask for: another process, on the test's database, broker and mail server."""

import os
import time

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
    assert app.control.broadcast("ping", reply=True, limit=1, timeout=30)


@pytest.mark.usefixtures("_worker", "transactional_db")
def test_worker_leaves_alone_what_other_tests_commit(smtp_sink) -> None:
    with transaction.atomic():
        outbox.enqueue(
            template="sign_in_code", recipient="third@mail.example", language="ja", context={"code": "1", "minutes": 10}
        )
    time.sleep(3)
    assert smtp_sink.received == []


def test_worker_forgets_what_other_tests_left(celery_worker_process, smtp_sink) -> None:
    time.sleep(1)
    assert smtp_sink.received == []
