"""The language of the pages: the cookie of whoever chose one, else that of the account, else that of the browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def follow_account(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """After a sign-in, show the pages in the account's ``language``, unless one was chosen in this browser."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
