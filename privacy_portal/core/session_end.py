"""When a session ends by itself: after a while without a click, and after a day's work in any case.

Django counts a session's age from its last change, so that one in use never ends. The two times here stand in the
session itself and are asked on every request. Once a minute the list of the account's own sessions is asked as well,
from which its owner can end them (``services/own_sessions.py``).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

from .models import User
from .services import audit, own_sessions

STARTED, SEEN = "session_started", "session_seen"
# The key under which the session stands in the list; it gets another one when the password changes.
LISTED = "session_listed"
# Writing the session on every click would cost a write each; a minute more or less matters to nobody.
_PRECISION = 60
CLEARED = '"cache", "storage"'


class SessionEndMiddleware:
    """Sign out whoever was away too long; after ``AuthenticationMiddleware``.

    Staff see personal data of everybody, hence their time is shorter, whether they are in the admin or in the portal.
    Where a session ended, by a click or by itself, the browser is told to keep nothing of it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The cookie is asked first: reading the user would make every anonymous page vary by cookie.
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, User)
        if signed_in and isinstance(request.user, User):
            self._look(request, request.user, int(time.time()))
        response = self.get_response(request)
        if signed_in and not request.user.is_authenticated:
            response["Clear-Site-Data"] = CLEARED
        return response

    def _look(self, request: HttpRequest, user: User, now: int) -> None:
        minutes = settings.STAFF_IDLE_MINUTES if user.is_staff else settings.CUSTOMER_IDLE_MINUTES
        session = request.session
        seen, started = session.get(SEEN, now), session.get(STARTED, now)
        if now - seen >= minutes * 60 or now - started >= settings.SESSION_HOURS * 3600:
            audit.record(action="sign_in.timed_out", actor=user, obj=user)
            logout(request)
            return
        if session.get(LISTED) != session.session_key or now - seen >= _PRECISION:
            if not self._write_down(request, user, started, now):
                logout(request)
                return
            session[STARTED], session[SEEN], session[LISTED] = started, now, session.session_key

    def _write_down(self, request: HttpRequest, user: User, started: int, now: int) -> bool:
        key, at = request.session.session_key or "", datetime.fromtimestamp(now, UTC)
        if request.session.get(LISTED) == key:
            return own_sessions.touch(user=user, session_key=key, now=at)
        return own_sessions.enter(
            user=user,
            session_key=key,
            user_agent=request.headers.get("User-Agent", ""),
            started_at=datetime.fromtimestamp(started, UTC),
            now=at,
        )
