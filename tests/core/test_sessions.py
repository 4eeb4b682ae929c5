"""Sessions when Redis or the database is away."""

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError, connection
from django.test import Client, override_settings

from privacy_portal.core.sessions import SessionStore
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db

NOWHERE = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/redis.sock"}}


def kept() -> str:
    session = SessionStore()
    session["word"] = "value"
    session.save()
    assert session.session_key
    return str(session.session_key)


def test_session_is_read_from_the_database_where_redis_is_away() -> None:
    key = kept()
    with override_settings(CACHES=NOWHERE):
        assert SessionStore(key).get("word") == "value"
        assert SessionStore("a" * 32).get("word") is None


def test_somebody_signed_in_before_redis_went_away_stays_signed_in(client: Client) -> None:
    client.force_login(UserFactory())
    with override_settings(CACHES=NOWHERE):
        assert client.get("/requests/").status_code == 200


def test_session_that_was_deleted_meanwhile_is_told_as_such() -> None:
    session = SessionStore(kept())
    session["word"] = "other"
    SessionStore(session.session_key).delete()
    with pytest.raises(UpdateError):
        session.save()


def test_database_that_is_away_is_not_taken_for_a_deleted_session() -> None:
    session = SessionStore(kept())
    session["word"] = "other"

    def refuse(*args: object) -> None:
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(refuse), pytest.raises(OperationalError):
        session.save()
