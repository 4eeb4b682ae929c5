"""Sessions in the database with a copy in Redis, which may be away."""

from typing import Any

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError


class SessionStore(cached_db.SessionStore):
    """Django's own, except for what it makes of a Redis or a database that is away.

    Django forgives a cache that fails while a session is saved or deleted, but not while it is loaded: everybody who is
    signed in would see error pages until Redis is back. And it takes every error of the database while a session is
    saved for a session that was deleted, which the person is told as a mistake of their browser (400).
    """

    def load(self) -> dict[str, Any]:
        """What the session holds; from the database where Redis does not answer."""
        try:
            return super().load()
        except RedisError:
            row = self._get_session_from_db()  # type: ignore[attr-defined]
            return self.decode(row.session_data) if row else {}

    def save(self, must_create: bool = False) -> None:
        """Write the session to both.

        Raises:
            OperationalError, InterfaceError: the database is away.
            UpdateError: somebody signed out meanwhile.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from None
            raise
