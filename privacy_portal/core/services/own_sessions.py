"""The sessions of one account, seen and ended by its owner."""

import logging
import uuid
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction

from .. import browsers
from ..models import OwnSession, User
from ..sessions import SessionStore
from . import audit

logger = logging.getLogger(__name__)


def enter(*, user: User, session_key: str, user_agent: str, started_at: datetime, now: datetime) -> bool:
    """Write a session down when it is first used after the sign-in.

    Returns:
        False when the session was ended meanwhile and only a copy of it is left in the cache.
    """
    browser, system = browsers.recognised(user_agent)
    with transaction.atomic():
        # Locked, so that two pages which a browser opens at once do not write two rows.
        if not Session.objects.select_for_update().filter(pk=session_key).exists():
            return False
        values = {"user": user, "browser": browser, "system": system, "started_at": started_at, "used_at": now}
        OwnSession.objects.update_or_create(session_id=session_key, defaults=values)
    return True


def touch(*, user: User, session_key: str, now: datetime) -> bool:
    """Write down that a session is in use.

    Returns:
        False when it was ended meanwhile: a page that was loading at that moment can have put it back into the cache.
    """
    return OwnSession.objects.filter(session_id=session_key, user=user).update(used_at=now) == 1


def of(*, user: User, now: datetime) -> models.QuerySet[OwnSession]:
    """The sessions of an account that a click would still find alive, the one used last first."""
    minutes = settings.STAFF_IDLE_MINUTES if user.is_staff else settings.CUSTOMER_IDLE_MINUTES
    return OwnSession.objects.filter(
        user=user,
        used_at__gt=now - timedelta(minutes=minutes),
        started_at__gt=now - timedelta(hours=settings.SESSION_HOURS),
    ).order_by("-used_at", "-started_at")


def end(*, user: User, key: str) -> bool:
    """End one session of an account, named as the page names it. Somebody else's is none, like one that has ended.

    Returns:
        Whether there was such a session.
    """
    try:
        pk = uuid.UUID(key)
    except ValueError:
        return False
    return _end(user, OwnSession.objects.filter(user=user, pk=pk), user) > 0


def end_others(*, user: User, session_key: str | None, actor: audit.Actor) -> int:
    """End every session of an account but this one (None: all), and return how many."""
    return _end(user, OwnSession.objects.filter(user=user).exclude(session_id=session_key or ""), actor)


def _end(user: User, rows: models.QuerySet[OwnSession], actor: audit.Actor) -> int:
    with transaction.atomic():
        keys = list(rows.select_for_update(of=("self",)).values_list("session_id", flat=True))
        if keys:
            Session.objects.filter(pk__in=keys).delete()
            audit.record(action="sign_in.ended_elsewhere", actor=actor, obj=user, detail={"number": len(keys)})
        # Only after the commit: until then another page would find the row and put it back into the cache.
        transaction.on_commit(lambda: _forget(keys))
    return len(keys)


def _forget(keys: list[str]) -> None:
    store = SessionStore()
    try:
        for key in keys:
            store.delete(key)
    except redis.RedisError:
        logger.warning("sessions that were ended stay in the cache for up to a minute: Redis does not answer")
