"""People at the portal of the ground, over HTTP: signed in, with a form that only has to be sent."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from privacy_portal.core.models import User
from privacy_portal.core.portal.views import ADDRESS_PROVEN
from requests_app.services import intake
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory
from tests.requests_app.test_portal_form import fill
from tests.support.ground import Ground

TOKEN = "a" * 32
CHECK = "/requests/new/disclosure/check/"


class _Here(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Stay: where it leads is what is looked at."""


OPENER = urllib.request.build_opener(_Here)


@dataclass
class Answer:
    """What the portal said, whatever the status."""

    status: int
    page: str
    headers: dict[str, str]


@dataclass
class Person:
    """A signed-in person; the session lies in the database, as it does when Redis has lost it."""

    user: User
    ground: Ground
    cookie: str

    def get(self, path: str) -> Answer:
        return self._ask(path, None)

    def post(self, path: str, **values: str) -> Answer:
        return self._ask(path, urllib.parse.urlencode({"csrfmiddlewaretoken": TOKEN, **values}).encode())

    def send(self) -> Answer:
        """Press the button that sends the request."""
        return self.post(CHECK)

    def _ask(self, path: str, data: bytes | None) -> Answer:
        asked = urllib.request.Request(f"{self.ground.portal}{path}", data, {"Cookie": self.cookie})
        try:
            with OPENER.open(asked, timeout=60) as answer:
                return Answer(answer.status, answer.read().decode(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode(), dict(error.headers))


def people(ground: Ground, number: int, language: str = "ja") -> list[Person]:
    """So many people who filled in the form for disclosure page by page and have only to send it.

    They carry the name and the address of one customer each, so that the comparison confirms who they are.
    """
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    first = PersonFactory()
    client = Client()
    sign_in_by_code(client, first)
    fill(client)
    answers = intake.draft_of(user=first, request_type="disclosure")
    found = [person(ground, first, language)]
    for _ in range(number - 1):
        user = PersonFactory(language=language)
        CustomerFactory(email=user.email)
        intake.save_draft(user=user, request_type="disclosure", answers=answers, now=timezone.now())
        found.append(person(ground, user, language))
    return found


def person(ground: Ground, user: User, language: str) -> Person:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[ADDRESS_PROVEN] = str(user.pk)
    session.save()
    name = settings.SESSION_COOKIE_NAME
    cookies = {name: session.session_key, "csrftoken": TOKEN, settings.LANGUAGE_COOKIE_NAME: language}
    return Person(user, ground, "; ".join(f"{key}={value}" for key, value in cookies.items()))
