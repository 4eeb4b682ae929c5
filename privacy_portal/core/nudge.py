"""Telling a worker to look at a row now, instead of when the next sweep comes."""

import logging
import time
import uuid

from django.db import transaction
from kombu.exceptions import OperationalError

from privacy_portal.celery import app

from . import redis_server

logger = logging.getLogger(__name__)

# After a failure nobody is asked again for this long: a page must not wait for a dead broker once per mail.
PAUSE_SECONDS = 30.0
_paused_until = 0.0


def nudge(task: str, pk: uuid.UUID | int | str) -> None:
    """Have ``task`` called with the key of a row, after this transaction is committed.

    Never raises and never waits long: a nudge that is lost costs only the time until the sweep, while an error here
    would turn work that is already committed into an error page.

    Args:
        task: the registered name of a task that takes one primary key.
        pk: the key; nothing else may travel through the broker.
    """
    # No partial: Django asks a robust hook that failed for its name, which a partial does not have.
    transaction.on_commit(lambda: _send(task, str(pk)), robust=True)


def _send(task: str, pk: str) -> None:
    global _paused_until
    if time.monotonic() < _paused_until or redis_server.resting():
        return
    try:
        app.send_task(task, args=[pk], ignore_result=True, retry=False)
    except (OperationalError, OSError) as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        logger.warning(
            "The broker is away (%s); sweeps do the work until it is back, next try in %d seconds.",
            type(error).__name__,
            PAUSE_SECONDS,
        )
