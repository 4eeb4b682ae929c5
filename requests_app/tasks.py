"""What runs unattended for requests. Every task may run twice without harm; a lost one is taken up by the sweep."""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from . import selectors, selectors_instructions
from .services import (
    access,
    call_backs,
    evidence,
    evidence_review,
    fulfilment,
    identity,
    instructions,
    intake,
    lifecycle,
    message_files,
    post_codes,
    registered,
    retention,
    silence,
)

logger = logging.getLogger(__name__)

# A sweep comes every minute; what is left over is taken by the next one.
BATCH = 100
# So long the task that was nudged has the request to itself.
PATIENCE = timedelta(minutes=2)
# Pictures of cards do not lie about because somebody forgot to send them.
UNSENT = timedelta(days=3)


@shared_task(name="requests.verify_identity")
def verify_identity(pk: str) -> None:
    """Compare what was stated in a new request with what is registered."""
    identity.verify(request_id=uuid.UUID(pk), now=timezone.now())


@shared_task(name="requests.fulfil")
def fulfil(pk: str) -> None:
    """Prepare the answer that was decided."""
    fulfilment.fulfil(request_id=uuid.UUID(pk), now=timezone.now())


@shared_task(name="requests.sweep")
def sweep() -> None:
    """Take up whatever is due and not done, whenever it became due."""
    now = timezone.now()
    _each(selectors.to_verify(limit=BATCH), lambda pk: identity.verify_or_leave(request_id=pk, now=now))
    _each(
        selectors.to_fulfil(before=now - PATIENCE, limit=BATCH),
        lambda pk: fulfilment.fulfil(request_id=pk, now=timezone.now()),
    )
    _each(
        selectors.to_close(answered_before=now - lifecycle.close_after(), limit=BATCH),
        lambda pk: lifecycle.close_when_due(request_id=pk, now=now),
    )
    patience = silence.patience()
    _each(
        selectors.to_remind(now=now, patience=patience, limit=BATCH),
        lambda pk: silence.remind(request_id=pk, now=now),
    )
    _each(
        selectors.to_close_silent(now=now, patience=patience, limit=BATCH),
        lambda pk: silence.close_when_silent(request_id=pk, now=now),
    )
    _each(
        selectors_instructions.to_remind(now=now, limit=BATCH),
        lambda pk: instructions.remind(instruction_id=pk, now=now),
    )
    _each(post_codes.to_end(now=now, limit=BATCH), lambda pk: post_codes.end_when_due(request_id=pk, now=now))
    _each(call_backs.to_end(now=now, limit=BATCH), lambda pk: call_backs.end_when_due(request_id=pk, now=now))
    intake.purge_drafts(before=now - timedelta(days=settings.REQUEST_DRAFT_DAYS))
    fulfilment.erase_expired(now=now)
    evidence_review.erase_due(now=now)
    evidence.purge_drafts(before=now - UNSENT)
    message_files.discard_forgotten(now=now)
    access.purge_grants(now=now)
    registered.purge(now=now)


@shared_task(name="requests.purge")
def purge() -> None:
    """Erase what people gave for requests that ended long enough ago."""
    retention.run(now=timezone.now())


def _each(keys: list[uuid.UUID], work: Callable[[uuid.UUID], object]) -> None:
    """One request that cannot be worked on must not keep the others waiting; the trace names it by its key only."""
    for pk in keys:
        try:
            work(pk)
        except Exception:
            logger.exception("Due work on request %s failed; the next sweep tries again.", pk)
