"""Sessions in the database with a copy in Redis, which may be away."""

from contextlib import suppress
from typing import Any

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.db import InterfaceError, OperationalError, connection
from django.utils.crypto import get_random_string
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
        if self.session_key is None:
            # Django's own would write the copy twice: here, and after it has come back from here.
            self.create()
            return
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from None
            raise

    def _get_new_session_key(self) -> str:
        """Not looked for first: ``create`` inserts it, and takes another one where it is there already."""
        return get_random_string(32, VALID_KEY_CHARS)

    def cycle_key(self) -> None:
        """Give the same content another key, so that nobody who knew the old one gets in (session fixation).

        Django writes an empty row first and its content when the answer goes out; here the row is written once, then.
        """
        content, key = self._session, self.session_key  # type: ignore[attr-defined]
        self._session_key, self._session_cache, self.modified = None, content, True
        if key:
            self.delete(key)

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session, what says where it is used, and the copy; Django reads the rows before."""
        key = session_key or self.session_key
        if key is not None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "WITH used AS (DELETE FROM core_ownsession WHERE session_id = %s)"
                    " DELETE FROM django_session WHERE session_key = %s",
                    [key, key],
                )
            with suppress(RedisError):
                self._cache.delete(self.cache_key_prefix + key)  # type: ignore[attr-defined]
