"""What every request gets: an id; what every personal page gets: no copy anywhere."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from .request_id import current_request_id

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REQUEST_ID_HEADER = "X-Request-ID"
NO_COPY = "no-store, private"


class RequestIdMiddleware:
    """Give each request a random id that finds its audit entries and log lines.

    An id sent by the client is never taken over: it could carry anything.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        token = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response[REQUEST_ID_HEADER] = request_id
        return response


class PersonalPageMiddleware:
    """Keep pages of a signed-in person, and pages of a session under way, out of every cache and the back button."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # The cookie is asked first: reading the user would make every anonymous page vary by cookie.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES or request.session.modified
        if has_session and (request.session.modified or request.user.is_authenticated):
            response["Cache-Control"] = NO_COPY
        return response
