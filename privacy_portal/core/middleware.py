"""What every request gets: an id; what every personal page gets: no copy anywhere."""

import logging
import uuid
from collections.abc import Callable

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from . import ratelimit
from .crypto import DecryptionError
from .portal.errors import too_many_requests
from .ratelimit import Limit, LimitExceeded
from .request_id import current_request_id

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REQUEST_ID_HEADER = "X-Request-ID"
NO_COPY = "no-store, private"
# What one network address may post without being signed in, whatever the page; many pages have narrower limits.
ANONYMOUS_POSTS = Limit("anonymous_post", 60, 60)


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


class AnonymousPostMiddleware:
    """Limit how often somebody who is not signed in may post, on every page, so that no new one can be forgotten.

    Without Redis nothing can be counted; the post goes on, because a request by law must not be lost for it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST" and not self._signed_in(request):
            try:
                ratelimit.hit((ANONYMOUS_POSTS, ratelimit.client_of(request)))
            except LimitExceeded as error:
                return too_many_requests(request, retry_after=error.retry_after)
            except redis.RedisError:
                logger.warning("posts of strangers are not counted: Redis does not answer")
        return self.get_response(request)

    def _signed_in(self, request: HttpRequest) -> bool:
        return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


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


class MissingKeyMiddleware:
    """A value that no configured key opens is a mistake of the installation: say so, and which key has to be restored.

    The id of the key is told to staff only, and logged. Nothing of the value is anywhere.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """503 instead of an error page that says nothing."""
        if not isinstance(exception, DecryptionError):
            return None
        logger.error("Something stored cannot be decrypted: %s", exception)
        key_id = exception.key_id if request.user.is_staff else ""
        return render(request, "503_key.html", {"key_id": key_id}, status=503)
