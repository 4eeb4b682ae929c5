"""What every answer carries, and the answers that are no page."""

import logging
import re
import sys
from typing import Any

import pytest
import redis
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path

from privacy_portal import urls as product
from privacy_portal.core.logs import AddRequestId, WithoutValues
from privacy_portal.core.middleware import ANONYMOUS_POSTS
from privacy_portal.core.portal.errors import too_many_requests
from privacy_portal.core.request_id import current_request_id
from tests.factories.core import EnrolledStaffFactory, UserFactory, pass_second_factor

# Not written out where it is raised: a traceback shows lines of the source.
ADDRESS = "hanako@mail.example"


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError(ADDRESS)


def forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspect(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation(ADDRESS)


def tell(request: HttpRequest) -> HttpResponse:
    return HttpResponse(current_request_id.get())


def lose(request: HttpRequest) -> HttpResponse:
    raise {"database": OperationalError, "connection": InterfaceError, "redis": redis.ConnectionError}[
        request.GET["what"]
    ](ADDRESS)


handler400 = product.handler400
handler429 = product.handler429
handler500 = product.handler500
urlpatterns = [
    path("fail/", fail),
    path("forbid/", forbid),
    path("suspect/", suspect),
    path("tell/", tell),
    path("many/", too_many_requests),
    path("lose/", lose),
    path("", include(product.urlpatterns)),
]


def directives(response: Any) -> dict[str, str]:
    parts = (part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    return {part[0]: part[1] if len(part) > 1 else "" for part in parts}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/sign-in/", "/staff/login/", "/no-such-page/"])
def test_portal_policy_allows_nothing_inline_and_nothing_from_elsewhere(client: Client, address: str) -> None:
    response = client.get(address)
    policy = directives(response)
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "http" not in response["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/sign-in/", "/staff/login/", "/no-such-page/"])
def test_pages_have_nothing_inline(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    for script in re.findall(r"<script\b[^>]*>", page):
        assert "src=" in script or 'type="application/json"' in script
    assert "<style" not in page
    assert not re.search(r'\s(style|on[a-z]+)="', page)
    assert "javascript:" not in page


@pytest.mark.django_db
def test_admin_has_its_own_policy_without_inline_scripts(client: Client) -> None:
    pass_second_factor(client, EnrolledStaffFactory())
    policy = directives(client.get("/admin/"))
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in client.get("/sign-in/", follow=True)["Content-Security-Policy"]


@pytest.mark.django_db
def test_protecting_headers(client: Client) -> None:
    response = client.get("/sign-in/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    for feature in ("camera", "geolocation", "microphone", "payment"):
        assert f"{feature}=()" in response["Permissions-Policy"]


@pytest.mark.django_db
def test_cookies_are_out_of_reach_of_scripts(client: Client) -> None:
    client.post("/sign-in/", {"email": "hanako@mail.example"})
    client.post("/language/", {"language": "en"})
    client.get("/sign-in/")
    assert set(client.cookies) >= {"sessionid", "csrftoken", "django_language"}
    for cookie in client.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.core.test_web")
def test_pages_of_a_signed_in_person_are_kept_nowhere(client: Client) -> None:
    assert "Cache-Control" not in client.get("/tell/")
    client.force_login(UserFactory())
    assert client.get("/tell/")["Cache-Control"] == "no-store, private"
    client.logout()
    assert "Cache-Control" not in client.get("/tell/")


@pytest.mark.django_db
def test_a_session_of_nobody_does_not_make_pages_vary(client: Client) -> None:
    assert "no-store" in client.post("/sign-in/", {"email": "hanako@mail.example"})["Cache-Control"]
    assert "no-store" in client.get("/sign-in/code/")["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/language/", "/sign-in/code/", "/staff/login/", "/no-such-page/"])
def test_no_page_takes_any_number_of_posts_from_a_stranger(client: Client, address: str) -> None:
    for _try in range(ANONYMOUS_POSTS.amount):
        assert "少し時間をおいてください" not in client.post(address).content.decode()
    refused = client.post(address)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= ANONYMOUS_POSTS.seconds
    assert "少し時間をおいてください" in refused.content.decode()
    # Reading goes on, and so do others.
    assert client.get("/sign-in/").status_code == 200
    assert Client(REMOTE_ADDR="192.0.2.7").post(address).status_code != 429
    client.force_login(UserFactory())
    assert client.post("/language/", {"language": "en"}).status_code == 302


@pytest.mark.django_db
def test_without_redis_a_post_goes_on(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.post("/language/", {"language": "en"}).status_code == 302


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.core.test_web")
def test_every_request_has_an_id_of_its_own_and_takes_none_from_outside(client: Client) -> None:
    first, second = (client.get("/tell/", headers={"X-Request-ID": "from-outside"}) for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first["X-Request-ID"])
    assert first.content.decode() == first["X-Request-ID"] != second["X-Request-ID"]
    assert current_request_id.get() == ""


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.core.test_web")
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/suspect/", 400, "リクエストを受け取れませんでした"),
        ("/forbid/", 403, "このページは開けません"),
        ("/nowhere/", 404, "ページが見つかりません"),
        ("/many/", 429, "少し時間をおいてください"),
        ("/fail/", 500, "申し訳ありません"),
    ],
)
def test_error_pages(address: str, status: int, words: str) -> None:
    for user in (None, UserFactory()):
        client = Client(raise_request_exception=False)
        if user:
            client.force_login(user)
        response = client.get(address)
        assert response.status_code == status
        assert words in response.content.decode()
        assert "hanako" not in response.content.decode()
        assert response["X-Request-ID"]


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_for_the_worst_case_need_no_request_and_no_database(name: str) -> None:
    with override_settings(STORAGES={"staticfiles": {"BACKEND": "no.such.Storage"}}):
        page = get_template(name).render()
    assert 'lang="ja"' in page
    assert 'lang="en"' in page


@pytest.mark.django_db
def test_csrf_failure_says_what_happened_in_both_languages() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"email": "hanako@mail.example"})
    assert response.status_code == 403
    assert "何も送られていません" in response.content.decode()


@pytest.mark.django_db
def test_a_bad_host_gets_the_plain_page(client: Client) -> None:
    client.raise_request_exception = False
    assert client.get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400


def formatted(error_logger: str = "some.logger", **values: Any) -> str:
    try:
        try:
            raise KeyError(ADDRESS)
        except KeyError as cause:
            raise ValueError(f"Key (email)=({ADDRESS}) already exists") from cause
    except ValueError:
        record = logging.LogRecord(error_logger, logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    for name, value in values.items():
        setattr(record, name, value)
    AddRequestId().filter(record)
    return WithoutValues().format(record)


def test_log_names_places_and_kinds_of_errors_but_no_values() -> None:
    token = current_request_id.set("abc123")
    try:
        line = formatted()
    finally:
        current_request_id.reset(token)
    assert "mail.example" not in line
    assert "builtins.ValueError (message withheld)" in line
    assert "builtins.KeyError (message withheld)" in line
    assert "test_web.py" in line
    assert " abc123 " in line


def test_log_line_of_a_finished_request_has_its_id(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.request_id = "abc123"  # type: ignore[attr-defined]
    assert " abc123 " in formatted(request=request)


def test_log_of_a_failed_task_has_no_message() -> None:
    arguments = {"name": "core.sweep", "exc": "ValueError('hanako@mail.example')"}
    record = logging.LogRecord("celery", logging.ERROR, "", 1, "Task %(name)s: %(exc)s", (arguments,), None)
    AddRequestId().filter(record)
    assert record.getMessage() == "Task core.sweep: ValueError (message withheld)"


@override_settings(DEBUG=True)
def test_a_developers_log_names_nobody_either() -> None:
    assert "hanako@mail.example" not in formatted()


def test_a_failing_view_logs_no_value(client: Client, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithoutValues())
    handler.addFilter(AddRequestId())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    client.raise_request_exception = False
    try:
        with override_settings(ROOT_URLCONF="tests.core.test_web"):
            client.get("/fail/")
    finally:
        logger.removeHandler(handler)
    printed = capsys.readouterr().err
    assert "ValueError (message withheld)" in printed
    assert "hanako" not in printed


def test_browsers_find_the_icon_where_they_look_for_it(client: Client, db: None) -> None:
    assert client.get("/favicon.ico")["Location"] == "/static/portal/favicon.svg"


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.core.test_web")
@pytest.mark.parametrize("what", ["database", "connection", "redis"])
def test_what_passes_is_told_as_such(client: Client, what: str) -> None:
    client.raise_request_exception = False
    response = client.get("/lose/", {"what": what})
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "しばらくお待ちください" in page
    assert "Please wait a moment" in page
    assert ADDRESS not in page


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.core.test_web")
def test_what_does_not_pass_by_itself_is_an_error(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/fail/")
    assert response.status_code == 500
    assert "Retry-After" not in response
