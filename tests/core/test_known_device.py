"""A browser in which somebody signed in before is not kept out by strangers."""

import contextlib
import re
import time
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import signing
from django.test import Client

from privacy_portal.core import known_device, ratelimit
from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import codes, sign_in, staff_accounts
from tests.core.staff.test_second_factor import AUTHENTICATE, LOGIN, password_step, totp
from tests.factories.core import PASSWORD, EnrolledStaffFactory, StaffFactory

pytestmark = pytest.mark.django_db

OWNER = "hanako@mail.example"


def code_of_newest_mail() -> str:
    found = re.search(r"\b\d{4} \d{4}\b", OutgoingMail.objects.latest("created_at").body_text or "")
    assert found
    return found[0]


def sign_in_as(client: Client, address: str = OWNER) -> None:
    client.post("/sign-in/", {"email": address})
    client.post("/sign-in/code/", {"code": code_of_newest_mail()})
    assert "_auth_user_id" in client.session


def strangers_ask(address: str = OWNER) -> None:
    for number in range(codes.PER_RECIPIENT.amount):
        try:
            sign_in.request_code(address=address, language="ja", client=f"stranger {number}")
        except ratelimit.LimitExceeded:
            return


def test_a_stranger_cannot_void_the_code_that_the_owner_is_typing(client: Client) -> None:
    client.post("/sign-in/", {"email": OWNER})
    code = code_of_newest_mail()
    stranger = Client(REMOTE_ADDR="192.0.2.66")
    assert stranger.post("/sign-in/", {"email": OWNER}).status_code == 302
    client.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" in client.session


def test_each_of_several_codes_has_five_tries_and_only_in_its_own_session(client: Client) -> None:
    client.post("/sign-in/", {"email": OWNER})
    code = code_of_newest_mail()
    stranger = Client(REMOTE_ADDR="192.0.2.66")
    stranger.post("/sign-in/", {"email": OWNER})
    assert "_auth_user_id" not in stranger.session
    if code != code_of_newest_mail():
        stranger.post("/sign-in/code/", {"code": code})
        assert "_auth_user_id" not in stranger.session


def test_a_known_browser_gets_its_code_whatever_strangers_use_up() -> None:
    owner = Client(REMOTE_ADDR="192.0.2.1")
    sign_in_as(owner)
    owner.post("/sign-out/")
    strangers_ask()
    assert Client(REMOTE_ADDR="192.0.2.9").post("/sign-in/", {"email": OWNER}).status_code == 429
    sign_in_as(owner)
    owner.post("/sign-out/")
    assert owner.post("/sign-in/", {"email": OWNER}).status_code == 429, "it has a pause of its own"


def test_a_known_browser_is_known_for_its_own_addresses_only() -> None:
    browser = Client()
    sign_in_as(browser, "stranger@mail.example")
    browser.post("/sign-out/")
    strangers_ask()
    assert browser.post("/sign-in/", {"email": OWNER}).status_code == 429


def use_up_the_accounts_tries(address: str) -> None:
    for number in range(staff_accounts.PASSWORD_PER_ACCOUNT.amount):
        client = f"stranger {number}"
        with contextlib.suppress(ratelimit.LimitExceeded):
            ratelimit.hit(
                (staff_accounts.PASSWORD_NARROW, f"{address}\0{client}"),
                (staff_accounts.PASSWORD_PER_ACCOUNT, address),
            )


def test_the_manager_gets_in_although_strangers_used_up_the_tries() -> None:
    user = EnrolledStaffFactory()
    known = Client()
    password_step(known, user)
    answer: Any = known.post(AUTHENTICATE, {"code": totp()})
    cookie = answer.cookies[settings.KNOWN_DEVICE_COOKIE_NAME]
    assert cookie["httponly"]
    assert int(cookie["max-age"]) == 90 * 24 * 3600
    known.post("/admin/logout/")
    use_up_the_accounts_tries(user.email)
    assert password_step(Client(), user).status_code == 429
    assert password_step(known, user)["Location"] == AUTHENTICATE


def test_a_known_browser_has_five_tries_too() -> None:
    user = EnrolledStaffFactory()
    known = Client()
    password_step(known, user)
    known.post(AUTHENTICATE, {"code": totp()})
    known.post("/admin/logout/")
    for _ in range(5):
        known.post(LOGIN, {"login": user.email, "password": "wrong"})
    assert known.post(LOGIN, {"login": user.email, "password": PASSWORD}).status_code == 429


def test_neither_password_alone_nor_a_mailed_code_makes_a_browser_known_to_the_staff_door() -> None:
    user = EnrolledStaffFactory()
    halfway = Client()
    password_step(halfway, user)
    assert settings.KNOWN_DEVICE_COOKIE_NAME not in halfway.cookies
    customer = Client()
    sign_in_as(customer, user.email)
    customer.post("/sign-out/")
    use_up_the_accounts_tries(user.email)
    assert password_step(customer, user).status_code == 429


def test_setting_the_first_factor_up_makes_the_browser_known(client: Client) -> None:
    user = StaffFactory()
    password_step(client, user)
    page = client.get("/staff/second-factor/app/activate/")
    answer = client.post("/staff/second-factor/app/activate/", {"code": totp(page.context["form"].secret)})
    assert settings.KNOWN_DEVICE_COOKIE_NAME in answer.cookies


# Named, because the name of a test must not hold the second in which it was collected.
@pytest.mark.parametrize(
    "value", ["", "x", "a:b:c", signing.dumps(["id", ["0"]], salt="another")], ids=["empty", "word", "parts", "signed"]
)
def test_a_forged_cookie_is_nobodys(rf: Any, value: str) -> None:
    request = rf.get("/")
    request.COOKIES[settings.KNOWN_DEVICE_COOKIE_NAME] = value
    assert not known_device.is_known(request, "portal", OWNER)
    assert known_device.client_for(request, "portal", OWNER) == ratelimit.client_of(request)


def test_it_is_forgotten_after_ninety_days(rf: Any) -> None:
    from django.http import HttpResponse

    response = HttpResponse()
    request = rf.get("/")
    known_device.remember(request, response, "portal", OWNER)
    value = response.cookies[settings.KNOWN_DEVICE_COOKIE_NAME].value
    assert OWNER not in value
    request.COOKIES[settings.KNOWN_DEVICE_COOKIE_NAME] = value
    assert known_device.is_known(request, "portal", OWNER)
    with time_machine.travel(time.time() + 90 * 86400 + 5):
        assert not known_device.is_known(request, "portal", OWNER)
