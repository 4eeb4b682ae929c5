"""Sign-in by mailed code, through the pages."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from privacy_portal.core.models import AuditEntry, OneTimeCode, OutgoingMail, User
from tests.factories.core import StaffFactory, UserFactory
from tests.support.limits import empty_redis

pytestmark = pytest.mark.django_db

NEXT = "/sign-in/?next=/sign-in/"


def mailed_code() -> str:
    """The code of the newest mail."""
    mail = OutgoingMail.objects.latest("created_at")
    found = re.search(r"\b\d{4} \d{4}\b", mail.body_text or "")
    assert found
    return found[0]


def ask(client: Client, address: str = "hanako@mail.example", **data: Any) -> Any:
    return client.post("/sign-in/", {"email": address, **data})


def other(code: str) -> str:
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_new_address_signs_in_and_gets_an_account_then(client: Client) -> None:
    response = ask(client)
    assert (response.status_code, response["Location"]) == (302, "/sign-in/code/")
    assert not User.objects.exists()
    before = client.session.session_key
    response = client.post("/sign-in/code/", {"code": mailed_code()})
    user = User.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/")
    assert (user.email, user.language, user.has_usable_password()) == ("hanako@mail.example", "ja", False)
    assert signed_in_as(client) == str(user.pk)
    assert client.session.session_key != before
    assert "sign_in" not in client.session


def test_known_and_unknown_address_get_the_same_answer_and_the_same_work() -> None:
    UserFactory(email="known@mail.example")
    statements = []
    answers = []
    for address in ("known@mail.example", "unknown@mail.example"):
        browser = Client()
        with CaptureQueriesContext(connection) as queries:
            response = ask(browser, address)
        statements.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries])
        answers.append((response.status_code, response["Location"], sorted(response.headers)))
        page = browser.get("/sign-in/code/")
        assert page.status_code == 200
        answers[-1] += (len(page.content) - len(address),)
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert not [statement for statement in statements[0] if "core_user" in statement]
    assert OutgoingMail.objects.filter(user__isnull=True, template="sign_in_code").count() == 2


def test_staff_address_gets_a_portal_session_only(client: Client) -> None:
    staff = StaffFactory()
    ask(client, staff.email)
    client.post("/sign-in/code/", {"code": mailed_code()})
    assert signed_in_as(client) == str(staff.pk)
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("form", ["{}{}", "{} {}", "{}-{}", "{}　{}", " {}ー{} "])
def test_code_is_accepted_however_it_is_typed(client: Client, form: str) -> None:
    ask(client)
    first, last = mailed_code().split()
    client.post("/sign-in/code/", {"code": form.format(first, last)})
    assert signed_in_as(client)


def test_full_width_digits_are_accepted(client: Client) -> None:
    ask(client)
    wide = mailed_code().translate({ord(str(digit)): ord("０") + digit for digit in range(10)})
    client.post("/sign-in/code/", {"code": wide})
    assert signed_in_as(client)


def test_address_is_normalised(client: Client) -> None:
    ask(client, " Ｈａｎａｋｏ＠Ｍａｉｌ.Example ")
    client.post("/sign-in/code/", {"code": mailed_code()})
    assert User.objects.get().email == "hanako@mail.example"


@pytest.mark.parametrize("address", ["", "hanako", "hanako@", "@mail.example", "a b@", '"a"@x.example', "あ@x.example"])
def test_what_is_no_address_is_said_beside_the_field(client: Client, address: str) -> None:
    response = ask(client, address)
    assert response.status_code == 200
    assert response.context["form"].errors["email"]
    assert not OutgoingMail.objects.exists()


def test_wrong_code_says_how_many_tries_are_left_and_the_sixth_try_is_refused_even_if_right(client: Client) -> None:
    ask(client)
    code = mailed_code()
    for left in (4, 3, 2, 1):
        response = client.post("/sign-in/code/", {"code": other(code)})
        assert f"あと{left}回" in response.content.decode()
    for attempt in (other(code), code):
        response = client.post("/sign-in/code/", {"code": attempt})
        assert "もう使えません" in response.content.decode()
    assert not signed_in_as(client)
    assert AuditEntry.objects.filter(action="sign_in.failed").count() == 6


def test_mistyped_shape_costs_no_try(client: Client) -> None:
    ask(client)
    for typed in ("", "1234", "123456789", "abcdefgh"):
        assert client.post("/sign-in/code/", {"code": typed}).context["form"].errors["code"]
    assert OneTimeCode.objects.get().attempts == 0


def test_code_page_without_a_sign_in_under_way_goes_back(client: Client) -> None:
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"
    assert client.post("/sign-in/code/", {"code": "12345678"})["Location"] == "/sign-in/"


def test_code_of_one_session_is_worth_nothing_in_another(client: Client) -> None:
    ask(client)
    code = mailed_code()
    stranger = Client()
    ask(stranger, "stranger@mail.example")
    stranger.post("/sign-in/code/", {"code": code})
    assert not signed_in_as(stranger)


def test_no_address_and_no_code_lie_readable_in_the_session(client: Client) -> None:
    ask(client)
    stored = str(dict(client.session.items()))
    assert "hanako" not in stored
    assert mailed_code().replace(" ", "") not in stored


def test_second_request_within_a_minute_tells_the_wait_honestly(client: Client) -> None:
    ask(client)
    stranger = Client()
    response = ask(stranger)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert f"{response['Retry-After']}秒後" in response.content.decode()
    # In the browser that has the first one under way, it is no error at all.
    assert ask(client)["Location"] == "/sign-in/code/"
    assert OutgoingMail.objects.count() == 1


def test_resend_pauses_and_a_new_code_voids_the_older(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(client)
    old = mailed_code()
    response = client.post("/sign-in/code/", {"action": "resend"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    empty_redis()
    client.post("/sign-in/code/", {"action": "resend"})
    new = mailed_code()
    if old != new:
        client.post("/sign-in/code/", {"code": old})
        assert not signed_in_as(client)
    client.post("/sign-in/code/", {"code": new})
    assert signed_in_as(client)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/sign-in/?x=1", "/sign-in/?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("\\\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_goes_on_only_to_this_host(client: Client, target: str, expected: str) -> None:
    ask(client, next=target)
    assert client.post("/sign-in/code/", {"code": mailed_code()})["Location"] == expected


def test_disabled_account_is_refused_after_the_code(client: Client) -> None:
    UserFactory(email="off@mail.example", is_active=False)
    ask(client, "off@mail.example")
    response = client.post("/sign-in/code/", {"code": mailed_code()})
    assert "止められています" in response.content.decode()
    assert not signed_in_as(client)
    assert AuditEntry.objects.filter(action="sign_in.denied").exists()


def test_sign_out_is_a_post(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/sign-out/").status_code == 405
    assert signed_in_as(client)
    assert client.post("/sign-out/").status_code == 302
    assert not signed_in_as(client)
    assert AuditEntry.objects.filter(action="sign_in.ended").exists()


def test_forms_need_the_csrf_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    for path in ("/sign-in/", "/sign-in/code/", "/sign-out/", "/language/"):
        assert strict.post(path, {"email": "hanako@mail.example"}).status_code == 403


def test_code_field_helps_the_phone(client: Client) -> None:
    ask(client)
    page = client.get("/sign-in/code/").content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page


def test_chosen_language_is_kept_for_mails(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    response = client.post("/language/", {"language": "en", "next": "/sign-in/?x=1"})
    assert response["Location"] == "/sign-in/?x=1"
    user.refresh_from_db()
    assert user.language == "en"
    assert client.post("/language/", {"language": "en", "next": "https://evil.example/"})["Location"] == "/"
    client.post("/language/", {"language": "xx"})
    user.refresh_from_db()
    assert user.language == "en"


def test_mail_comes_in_the_language_of_the_page(client: Client) -> None:
    client.post("/language/", {"language": "en"})
    ask(client)
    assert OutgoingMail.objects.get().subject == "Your sign-in code"
    client.post("/sign-in/code/", {"code": mailed_code()})
    assert User.objects.get().language == "en"


def test_whoever_is_signed_in_is_sent_on(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/sign-in/?next=/x/")["Location"] == "/x/"
    assert client.get("/sign-in/?next=//evil.example/")["Location"] == "/"


def test_audit_entries_name_no_address(client: Client) -> None:
    ask(client)
    client.post("/sign-in/code/", {"code": mailed_code()})
    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.action for entry in entries] == ["sign_in.requested", "sign_in.succeeded"]
    assert "hanako" not in str([vars(entry) for entry in entries])
    assert all(entry.request_id for entry in entries)
