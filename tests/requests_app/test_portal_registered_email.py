"""The pages that change the mail address: one answer for every address, both codes, staying signed in, the way back."""

import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from consent_app.models import Customer, CustomerChange, DataItem, EmailChange
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory, StaffFactory
from tests.support.limits import empty_redis

pytestmark = pytest.mark.django_db(transaction=True)

START, NEW, OLD = "/registered/email/", "/registered/email/new/", "/registered/email/old/"
NEW_ADDRESS = "new@post.example"
FACTS = {"family_name": "高橋", "given_name": "花子", "telephone": "09012345678", "postal_code": "", "address": ""}


@pytest.fixture
def person() -> User:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    return PersonFactory(email="old@post.example")


@pytest.fixture
def customer(person: User) -> Customer:
    return CustomerFactory(email=person.email)


@pytest.fixture
def inside(client: Client, person: User, customer: Customer) -> Client:
    sign_in_by_code(client, person)
    assert client.post("/registered/open/", FACTS).status_code == 302
    return client


def mail_to(address: str, prefix: str = "email_change_") -> OutgoingMail:
    rows = OutgoingMail.objects.filter(template__startswith=prefix).order_by("created_at")
    return [row for row in rows if row.recipient == address][-1]


def code_to(address: str) -> str:
    found = re.search(r"\d{4} \d{4}", mail_to(address).body_text or "")
    assert found
    return found[0]


def text(response) -> str:  # type: ignore[no-untyped-def]
    return html.unescape(response.content.decode())


def undo_path() -> str:
    found = re.search(
        r"/registered/email/undo/[\w-]+/", mail_to("old@post.example", "email_changed_old").body_text or ""
    )
    assert found
    return found[0]


def change(client: Client) -> None:
    client.post(START, {"email": NEW_ADDRESS})
    client.post(NEW, {"code": code_to(NEW_ADDRESS)})
    assert client.post(OLD, {"code": code_to("old@post.example")}).headers["Location"] == "/registered/"


def test_the_whole_way_and_the_person_stays_signed_in(inside: Client, customer: Customer, person: User) -> None:
    elsewhere = Client()
    sign_in_by_code(elsewhere, person)
    assert inside.post(START, {"email": "ＮＥＷ＠post.example"}).headers["Location"] == NEW
    assert NEW_ADDRESS in text(inside.get(NEW))
    assert inside.get(OLD).headers["Location"] == NEW
    assert inside.post(NEW, {"code": code_to(NEW_ADDRESS)}).headers["Location"] == OLD
    assert inside.get(NEW).headers["Location"] == OLD
    page = text(inside.get(OLD))
    assert "o•••@post.example" in page
    assert "いまのアドレスのメールを読めないとき" in page
    inside.post(OLD, {"code": code_to("old@post.example")})
    page = text(inside.get("/registered/"))
    assert "メールアドレスを変更しました" in page
    assert NEW_ADDRESS in page
    customer.refresh_from_db()
    assert customer.email == NEW_ADDRESS
    assert elsewhere.get("/registered/").headers["Location"].startswith("/sign-in/")


def test_the_answer_is_the_same_for_every_address(inside: Client) -> None:
    CustomerFactory(email="known@post.example", user=PersonFactory(email="known@post.example"))
    pages = []
    for address in ("known@post.example", "unkno@post.example"):
        empty_redis()
        response = inside.post(START, {"email": address})
        assert (response.status_code, response.headers["Location"]) == (302, NEW)
        pages.append(re.sub(r'value="[^"]*"', "", text(inside.get(NEW)).replace(address, "")))
    assert pages[0] == pages[1]


def test_an_address_of_somebody_else_is_told_after_both_codes(inside: Client, customer: Customer) -> None:
    CustomerFactory(email=NEW_ADDRESS)
    inside.post(START, {"email": NEW_ADDRESS})
    inside.post(NEW, {"code": code_to(NEW_ADDRESS)})
    page = text(inside.post(OLD, {"code": code_to("old@post.example")}))
    assert "メールアドレスを変更できませんでした" in page
    customer.refresh_from_db()
    assert customer.email == "old@post.example"
    assert inside.get(OLD).headers["Location"] == START


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "ひと@post.example", "x" * 250 + "@post.example"])
def test_what_is_no_address(inside: Client, typed: str) -> None:
    assert inside.post(START, {"email": typed}).status_code == 200
    assert not EmailChange.objects.exists()


def test_the_present_address(inside: Client) -> None:
    assert "同じです" in text(inside.post(START, {"email": "OLD@post.example"}))


def test_a_wrong_code_and_a_dead_one(inside: Client) -> None:
    inside.post(START, {"email": NEW_ADDRESS})
    right = code_to(NEW_ADDRESS)
    wrong = ("1" if right[0] != "1" else "2") + right[1:]
    assert "あと4回" in text(inside.post(NEW, {"code": wrong}))
    assert "コードは8桁" in text(inside.post(NEW, {"code": "12"}))
    for _ in range(4):
        page = text(inside.post(NEW, {"code": wrong}))
    assert "もう使えません" in page
    assert "もう使えません" in text(inside.post(NEW, {"code": right}))


def test_another_code_can_be_sent_after_a_minute(inside: Client) -> None:
    inside.post(START, {"email": NEW_ADDRESS})
    first = code_to(NEW_ADDRESS)
    inside.post(NEW, {"action": "send"})
    assert "回数が多すぎます" in text(inside.get(NEW))
    empty_redis()
    inside.post(NEW, {"action": "send"})
    assert "新しいコードを送りました" in text(inside.get(NEW))
    if code_to(NEW_ADDRESS) != first:
        assert "もう使えません" in text(inside.post(NEW, {"code": first})) or "違います" in text(
            inside.post(NEW, {"code": first})
        )


def test_giving_up(inside: Client) -> None:
    inside.post(START, {"email": NEW_ADDRESS})
    assert inside.post(NEW, {"action": "give_up"}).headers["Location"] == "/registered/"
    assert inside.get(NEW).headers["Location"] == START


def test_too_many_starts(inside: Client) -> None:
    for number in range(5):
        inside.post(START, {"email": f"new{number}@post.example"})
    response = inside.post(START, {"email": "new5@post.example"})
    assert response.status_code == 429
    assert AuditEntry.objects.filter(action="email_change.limited").exists()


def test_a_registered_address_that_no_mail_can_go_to(client: Client, person: User) -> None:
    customer = CustomerFactory(email="not an address@post.example", user=person)
    sign_in_by_code(client, person)
    client.post("/registered/open/", FACTS)
    client.post(START, {"email": NEW_ADDRESS})
    client.post(NEW, {"code": code_to(NEW_ADDRESS)})
    page = text(client.get(OLD))
    assert "メールを送れません" in page
    assert "訂正を請求する" in page or "お問い合わせ先を見る" in page
    customer.refresh_from_db()
    assert customer.email == "not an address@post.example"


def test_staff_do_not_change_theirs_here(client: Client) -> None:
    OperatorFactory()
    catalogue()
    staff = StaffFactory()
    CustomerFactory(email=staff.email)
    sign_in_by_code(client, staff)
    client.post("/registered/open/", FACTS)
    assert "担当者のアカウント" in text(client.post(START, {"email": NEW_ADDRESS}))
    assert not EmailChange.objects.exists()


def test_where_the_profile_wants_a_request(inside: Client) -> None:
    DataItem.objects.filter(code="email").update(change="request")
    for url in (START, NEW, OLD):
        assert inside.get(url).status_code == 404
        assert inside.post(url, {"email": NEW_ADDRESS}).status_code == 404
    assert 'href="/registered/email/"' not in text(inside.get("/registered/"))


def test_another_account_does_not_get_at_a_change_under_way(inside: Client, client: Client) -> None:
    inside.post(START, {"email": NEW_ADDRESS})
    other, theirs = Client(), PersonFactory()
    CustomerFactory(email=theirs.email)
    sign_in_by_code(other, theirs)
    other.post("/registered/open/", FACTS)
    assert other.post(NEW, {"code": code_to(NEW_ADDRESS)}).headers["Location"] == START


class TestTheWayBack:
    def test_looking_changes_nothing_and_the_button_does(self, inside: Client, customer: Customer) -> None:
        change(inside)
        stranger = Client()
        path = undo_path()
        page = stranger.get(path)
        assert page.status_code == 200
        # The address is the permission and goes to no other site; "no-referrer" would make browsers post from "null".
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in page.headers["Cache-Control"]
        for private in (NEW_ADDRESS, "old@post.example", "髙橋"):
            assert private not in text(page)
        customer.refresh_from_db()
        assert customer.email == NEW_ADDRESS
        assert "元に戻しました" in text(stranger.post(path))
        customer.refresh_from_db()
        assert customer.email == "old@post.example"
        assert inside.get("/registered/").headers["Location"].startswith("/sign-in/")
        assert stranger.get(path).status_code == 410
        assert stranger.post(path).status_code == 410
        assert CustomerChange.objects.count() == 2

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_wrong_link(self, client: Client, method: str) -> None:
        OperatorFactory()
        response = getattr(client, method)("/registered/email/undo/wrong/")
        assert response.status_code == 410
        assert "このリンクは使えません" in text(response)

    def test_guessing_is_limited(self, client: Client) -> None:
        OperatorFactory()
        codes = [client.get(f"/registered/email/undo/{number}/").status_code for number in range(31)]
        assert codes == [410] * 30 + [429]


def test_it_ends_after_an_hour(inside: Client) -> None:
    inside.post(START, {"email": NEW_ADDRESS})
    EmailChange.objects.update(expires_at=timezone.now())
    assert inside.get(NEW).headers["Location"] == START
