"""What the production settings insist on, in a process of its own."""

import os
import subprocess
import sys

import pytest

from privacy_portal.development.lint import CHECKS, PRODUCTION, PROGRAMS
from tests.support.worker import ROOT

LOOK = """
import django
django.setup()
from django.conf import settings
from django.test import RequestFactory
print(RequestFactory().get("/", HTTP_X_FORWARDED_PROTO="https").is_secure(), settings.TRUSTED_PROXY_HOPS)
"""


def look(code: str = LOOK, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRODUCTION, **changes}
    kept = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


def test_the_number_of_proxies_has_to_be_said() -> None:
    refused = look(TRUSTED_PROXY_HOPS=None)
    assert refused.returncode != 0
    assert "TRUSTED_PROXY_HOPS" in refused.stderr


@pytest.mark.parametrize(("hops", "printed"), [("0", "False 0"), ("1", "True 1"), ("2", "True 2")])
def test_the_forwarded_scheme_is_believed_only_behind_a_proxy(hops: str, printed: str) -> None:
    assert look(TRUSTED_PROXY_HOPS=hops).stdout.strip() == printed


def checked(**changes: str) -> subprocess.CompletedProcess[str]:
    """The lint's own check of the deployment, with other values."""
    check = next(check for check in CHECKS if check.name == "deployment")
    program = [str(PROGRAMS / check.command[0]), *check.command[1:]]
    environment = {**os.environ, **PRODUCTION, "PYTHONPATH": ".", **changes}
    return subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_warning_of_the_deployment_check_fails_the_lint() -> None:
    assert checked().returncode == 0
    weak = checked(SECRET_KEY="short")
    assert weak.returncode != 0
    assert "security.W009" in weak.stderr


def test_a_contact_that_is_no_address_fails_it_too() -> None:
    assert "core.E004" in checked(SECURITY_CONTACT="write to us").stderr


WEB = """
import django
django.setup()
from django.conf import settings
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
through = SecurityMiddleware(lambda request: HttpResponse())
request = RequestFactory()
print(through(request.get("/", secure=True))["Strict-Transport-Security"])
print(through(request.get("/contact/", HTTP_HOST="privacy.example.com"))["Location"])
cookies = ("SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE")
print(settings.DEBUG, [name for name in cookies if not getattr(settings, name + "_SECURE")])
print([name for name in cookies if not getattr(settings, name + "_HTTPONLY")])
print({getattr(settings, name + "_SAMESITE") for name in cookies})
"""


def test_cookies_and_transport() -> None:
    printed = look(WEB).stdout.splitlines()
    assert printed == [
        "max-age=31536000; includeSubDomains; preload",
        "https://privacy.example.com/contact/",
        "False []",
        "[]",
        "{'Lax'}",
    ]


COOKIES = """
import django
django.setup()
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory
from privacy_portal.core import known_device, page_language

def view(request):
    response = HttpResponse()
    messages.info(request, "told")
    known_device.remember(request, response, "portal", "x@mail.example")
    page_language.follow_account(request, response, "en")
    get_token(request)
    request.session["a"] = 1
    return response

settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
inner = CsrfViewMiddleware(MessageMiddleware(view))
response = SessionMiddleware(inner)(RequestFactory().get("/", secure=True))
for name, cookie in sorted(response.cookies.items()):
    print(name, cookie["secure"], cookie["httponly"], cookie["path"], repr(cookie["domain"]), cookie["samesite"])
"""


def test_no_neighbour_under_the_same_domain_can_set_our_cookies() -> None:
    """Browsers refuse a name with this beginning unless it is Secure, for the path / and without a domain."""
    printed = look(COOKIES)
    names = ("csrftoken", "known_device", "language", "messages", "sessionid")
    assert printed.stdout.splitlines() == [f"__Host-{name} True True / '' Lax" for name in names], printed.stderr
