"""Links and cookies that carry a right, tampered with in every way: none opens anything, none is an error of ours.

Each kind that the product makes: the link of an instruction, the link that takes a change of address back, the link of
one download, and the cookies of session, messages and known browser. Single use, and what each of them opens, is tested
beside the code of each.
"""

import base64
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import signing
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import EmailChange
from consent_app.services import email_changes
from privacy_portal.core import known_device
from privacy_portal.core.models import User
from requests_app.models import AnswerFile, DownloadGrant
from requests_app.services import access, fulfilment, instructions
from tests.factories.consent import CustomerFactory, OperatorFactory, catalogue
from tests.factories.core import UserFactory, sign_in_by_code
from tests.factories.instructions import sent
from tests.factories.requests import RequestFactory
from tests.support.limits import empty_redis

pytestmark = pytest.mark.django_db

SECRET = "会員番号 C-1001"
# What a try may leave: that it was tried, and a session.
LEFT = {"core_auditentry", "django_session"}


def tampered(token: str) -> list[str]:
    """Cut off at each end, longer, and with one bit, one character or one part of it changed."""
    cut = [token[:length] for length in range(0, len(token), max(1, len(token) // 8))]
    flipped = []
    for position in range(0, len(token), max(1, len(token) // 16)):
        for bit in (1, 32):
            other = chr(ord(token[position]) ^ bit)
            if other.isprintable() and other not in "/?#;":
                flipped.append(token[:position] + other + token[position + 1 :])
    parts = token.split(":")
    shuffled = [":".join(parts[::-1]), ":".join(parts[1:]), ":".join(parts[:-1]), ":".join([*parts, "x"])]
    long = [token + one for one in ("=", "A", "%00", "あ", token)]
    strange = ["", ".", "..", ":", "::", "-", "=", "null", "あ" * 400, "a" * 5000, token.swapcase(), token[::-1]]
    return [one for one in dict.fromkeys([*cut, *flipped, *shuffled, *long, *strange]) if one != token]


def written(run: list[str]) -> set[str]:
    """Names of tables that a list of statements wrote to."""
    words = [sql.split() for sql in run if sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
    return {line[1 if line[0] == "UPDATE" else 2].strip('"') for line in words}


@pytest.fixture
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def watch(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield seen


@pytest.fixture
def instruction_token() -> str:
    OperatorFactory()
    catalogue()
    return instructions.token_of(sent(identifier=SECRET, text="下の棚も見てください。"))


def path_of_instruction(token: str) -> str:
    return f"/instructions/{token}/"


def closed(client: Client, path: str, statements: list[str]) -> None:
    """Whatever is asked there: refused, nothing shown, nothing written but that somebody tried."""
    for method in (client.get, client.post):
        empty_redis()
        statements.clear()
        response = method(path, {"action": "send", "code": "12345678"} if method == client.post else {})
        assert response.status_code in (301, 302, 404, 410), f"{response.status_code} {path[:200]}"
        assert SECRET not in response.content.decode()
        assert written(statements) <= LEFT, path[:200]


def test_a_link_of_an_instruction(client: Client, instruction_token: str, statements: list[str]) -> None:
    assert client.get(path_of_instruction(instruction_token)).status_code == 200
    key, number = signing.loads(instruction_token, salt=instructions.SALT)
    foreign = [
        # For another purpose, by another key, of another round, of nobody, and of things that are no rows.
        signing.dumps([key, number], salt="core.known_device"),
        signing.dumps([key, number]),
        signing.dumps([key, number], salt=instructions.SALT, key="x" * 50),
        signing.dumps([key, number + 1], salt=instructions.SALT),
        signing.dumps(["0" * 32, number], salt=instructions.SALT),
        *(signing.dumps(one, salt=instructions.SALT) for one in ([], {}, "x", 5, None, [key], [key, number, 1])),
        *(signing.dumps([one, number], salt=instructions.SALT) for one in ("x", 5, None, [], {})),
    ]
    for token in [*tampered(instruction_token), *foreign]:
        closed(client, path_of_instruction(token), statements)


def test_a_link_of_an_instruction_that_has_expired(
    client: Client, instruction_token: str, statements: list[str]
) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=200)):
        closed(client, path_of_instruction(instruction_token), statements)


@pytest.fixture
def undo_token() -> str:
    """Of a change of address that was done."""
    OperatorFactory()
    person = UserFactory(email="new@post.example")
    customer = CustomerFactory(email=person.email, user=person)
    now = timezone.now()
    EmailChange.objects.create(
        customer=customer,
        user=person,
        old_address="old@post.example",
        new_address=person.email,
        expires_at=now + timedelta(hours=1),
        new_confirmed_at=now,
        done_at=now,
        undo_digest=email_changes._digest("right-token"),
        undo_until=now + timedelta(days=7),
    )
    return "right-token"


def undo(token: str) -> str:
    return f"/registered/email/undo/{token}/"


def test_a_link_that_takes_a_change_of_address_back(client: Client, undo_token: str, statements: list[str]) -> None:
    assert client.get(undo(undo_token)).status_code == 200
    for token in tampered(undo_token):
        closed(client, undo(token), statements)
    row = EmailChange.objects.get()
    assert row.undone_at is None
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        closed(client, undo(undo_token), statements)
    empty_redis()
    assert client.post(undo(undo_token)).status_code == 200
    closed(client, undo(undo_token), statements)


def answered() -> tuple[User, AnswerFile]:
    request = RequestFactory.fulfilling()
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    assert request.applicant is not None
    return request.applicant, request.answer_files.get(kind="package")


def test_a_link_of_a_download(client: Client, statements: list[str]) -> None:
    OperatorFactory()
    catalogue()
    person, file = answered()
    stranger, other = answered()
    grant = access.grant(answer_file=file, user=person, now=timezone.now())
    right = reverse("portal:answer_download", args=[file.request.receipt_number, grant.pk])
    elsewhere = reverse("portal:answer_download", args=[other.request.receipt_number, grant.pk])
    sign_in_by_code(client, person)
    key = str(grant.pk)
    for path in [elsewhere, *(right.replace(key, one) for one in tampered(key))]:
        empty_redis()
        response = client.get(path)
        assert response.status_code in (301, 302, 404, 410), f"{response.status_code} {path[:200]}"
        assert not response.streaming
    thief = Client()
    assert thief.get(right).status_code == 302, "signs in first"
    sign_in_by_code(thief, stranger)
    assert thief.get(right).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert not client.get(right).streaming
    assert DownloadGrant.objects.get(pk=grant.pk).used_at is None
    assert client.get(right).streaming
    assert not client.get(right).streaming, "once"


def test_cookies(statements: list[str]) -> None:
    """A session that was made up is none; the known browser and messages of others are not believed."""
    OperatorFactory()
    person = UserFactory()
    client = Client()
    sign_in_by_code(client, person)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    digest = known_device._digest("portal", person.email)
    known = signing.dumps(["1", [digest]], salt=known_device._SALT)
    old = signing.TimestampSigner(salt=known_device._SALT)
    with time_machine.travel(timezone.now() - timedelta(seconds=known_device.SECONDS + 60)):
        expired = signing.dumps(["1", [digest]], salt=known_device._SALT)
    wrong_known = [
        *tampered(known)[::6],
        expired,
        old.sign("x"),
        signing.dumps(["1", [digest]], salt="requests_app.instruction"),
        *(signing.dumps(one, salt=known_device._SALT) for one in ([], {}, 5, None, "ab", [1], [1, 2, 3])),
        base64.b64encode(b"x" * 50).decode(),
    ]
    for name, values in (
        (settings.SESSION_COOKIE_NAME, tampered(session)[::6]),
        (settings.KNOWN_DEVICE_COOKIE_NAME, wrong_known),
        (settings.MESSAGES_COOKIE_NAME, ["", "x", "[[]]", signing.dumps([["x"]]), known]),
    ):
        for value in values:
            if not value.isascii():
                continue  # no browser sends it, and no test client can
            empty_redis()
            browser = Client(headers={"cookie": f"{name}={value}"})
            page = browser.get("/requests/")
            assert page.status_code == 302, f"{page.status_code} {name} {value[:100]}"
            assert browser.post("/sign-in/", {"email": "nobody"}).status_code in (200, 302)


def test_a_known_browser_is_known_for_its_addresses_only(rf) -> None:  # type: ignore[no-untyped-def]
    def asked_with(value: str) -> bool:
        request = rf.get("/", headers={"cookie": f"{settings.KNOWN_DEVICE_COOKIE_NAME}={value}"})
        return known_device.is_known(request, "portal", "hanako@mail.example")

    digest = known_device._digest("portal", "hanako@mail.example")
    known = signing.dumps([str(time.time()), [digest]], salt=known_device._SALT)
    assert asked_with(known)
    assert not any(asked_with(value) for value in tampered(known) if value.isascii())
    for other in (known_device._digest("staff", "hanako@mail.example"), known_device._digest("portal", "x@y.example")):
        assert not asked_with(signing.dumps(["1", [other]], salt=known_device._SALT))
