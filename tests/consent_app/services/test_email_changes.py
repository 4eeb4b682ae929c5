"""Another mail address: both mailboxes, the account, sessions, the way back, and what nobody learns."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from consent_app.models import Customer, CustomerChange, EmailChange
from consent_app.services import email_changes
from consent_app.services.customer_accounts import AddressTaken
from consent_app.services.customer_changes import change_customer
from consent_app.services.email_changes import NotOpen, SameAddress, UndoRefused
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import codes
from tests.factories.consent import CustomerFactory, OperatorFactory, catalogue
from tests.factories.requests import PersonFactory, StaffFactory
from tests.support.concurrency import run_at_once
from tests.support.limits import empty_redis

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "new@post.example"
CLIENT = "test"


@pytest.fixture
def person() -> User:
    OperatorFactory()
    catalogue()
    return PersonFactory(email="old@post.example")


@pytest.fixture
def customer(person: User) -> Customer:
    return CustomerFactory(email=person.email)


def mails(prefix: str, address: str | None = None) -> list[OutgoingMail]:
    rows = OutgoingMail.objects.filter(template__startswith=prefix).order_by("created_at")
    return [row for row in rows if address in (None, row.recipient)]


def start(customer: Customer, person: User, address: str = NEW) -> EmailChange:
    return email_changes.start(
        actor=person, customer=customer, address=address, language="ja", client=CLIENT, now=timezone.now()
    )


def code_to(address: str) -> str:
    mail = mails("email_change_", address)[-1]
    found = re.search(r"\d{4} \d{4}", mail.body_text or "")
    assert found
    return found[0]


def to_old(change: EmailChange) -> None:
    email_changes.confirm_new(change=change, code=code_to(NEW), client=CLIENT, now=timezone.now())
    change.refresh_from_db()
    email_changes.send_code(change=change, which="old", language="ja", client=CLIENT, now=timezone.now())
    change.refresh_from_db()


def finish(change: EmailChange) -> User | None:
    return email_changes.confirm_old(
        change=change, code=code_to(change.old_address), language="ja", client=CLIENT, now=timezone.now()
    )


def done(customer: Customer, person: User) -> EmailChange:
    change = start(customer, person)
    to_old(change)
    finish(change)
    change.refresh_from_db()
    return change


def token_to(address: str) -> str:
    (mail,) = mails("email_changed_old", address)
    found = re.search(r"/undo/([\w-]+)/", mail.body_text or "")
    assert found
    return found[1]


def undo(token: str) -> None:
    email_changes.undo(token=token, language="ja", client=CLIENT, now=timezone.now())


class TestTheWholeWay:
    def test_customer_and_account_have_the_new_address_and_every_session_ends(self, customer, person) -> None:  # type: ignore[no-untyped-def]
        before = person.get_session_auth_hash()
        change = done(customer, person)
        customer.refresh_from_db()
        person.refresh_from_db()
        assert (customer.email, person.email, customer.user) == (NEW, NEW, person)
        assert person.get_session_auth_hash() != before
        assert not person.has_usable_password()
        entry = CustomerChange.objects.get()
        assert (entry.item, entry.before, entry.after) == ("email", {"email": "old@post.example"}, {"email": NEW})
        assert customer.origins["email"]["source"] == "self"
        assert change.done_at is not None

    def test_both_addresses_are_told_and_only_the_old_one_can_undo(self, customer: Customer, person: User) -> None:
        done(customer, person)
        told = {(mail.recipient, mail.template) for mail in mails("email_changed")}
        assert told == {("old@post.example", "email_changed_old"), (NEW, "email_changed_new")}
        to_new = OutgoingMail.objects.get(template="email_changed_new")
        assert "undo" not in to_new.body_text
        everything = "".join(mail.subject + mail.body_text + mail.body_html for mail in OutgoingMail.objects.all())
        assert "@post.example" not in everything

    def test_the_steps_are_recorded_without_the_addresses(self, customer: Customer, person: User) -> None:
        done(customer, person)
        actions = [entry.action for entry in AuditEntry.objects.order_by("pk")]
        assert actions == [
            "email_change.started",
            "email_change.code_sent",
            "email_change.code_accepted",
            "email_change.code_sent",
            "email_change.code_accepted",
            "customer.changed",
        ]

    def test_an_account_with_another_address_than_the_registered_one(self, person: User) -> None:
        customer = CustomerFactory(user=person, email="registered@post.example")
        change = start(customer, person)
        assert change.old_address == "registered@post.example"
        done_change = change
        to_old(done_change)
        finish(done_change)
        customer.refresh_from_db()
        person.refresh_from_db()
        assert (customer.email, person.email) == (NEW, NEW)
        assert mails("registered_changed", "old@post.example")

    def test_an_unused_account_under_the_new_address_takes_over(self, customer: Customer, person: User) -> None:
        theirs = PersonFactory(email=NEW)
        before = person.get_session_auth_hash()
        done(customer, person)
        customer.refresh_from_db()
        person.refresh_from_db()
        assert (customer.user, person.email) == (theirs, "old@post.example")
        assert person.get_session_auth_hash() != before

    @pytest.mark.parametrize("who", ["customer", "staff"])
    def test_somebody_elses_address_is_refused_only_after_both_codes(self, customer, person, who) -> None:  # type: ignore[no-untyped-def]
        CustomerFactory(email=NEW) if who == "customer" else StaffFactory(email=NEW)
        change = start(customer, person)
        to_old(change)
        with pytest.raises(AddressTaken):
            finish(change)
        customer.refresh_from_db()
        person.refresh_from_db()
        change.refresh_from_db()
        assert (customer.email, person.email) == ("old@post.example", "old@post.example")
        assert change.ended_at is not None
        assert AuditEntry.objects.filter(action="email_change.taken").exists()
        assert not mails("email_changed")


class TestOnTheWay:
    def test_known_and_unknown_addresses_cannot_be_told_apart(self, customer: Customer, person: User) -> None:
        CustomerFactory(email="known@post.example", user=PersonFactory(email="known@post.example"))
        start(customer, person, "known@post.example")
        empty_redis()
        start(customer, person, "unknown@post.example")
        known, unknown = (mails("email_change_new_code", f"{which}@post.example")[0] for which in ("known", "unknown"))
        numbers = re.compile(r"\d{4} \d{4}")
        assert numbers.sub("", known.body_text) == numbers.sub("", unknown.body_text)
        assert (known.subject, known.user, known.object_id) == (unknown.subject, unknown.user, unknown.object_id)

    def test_nothing_changes_before_the_old_address_is_confirmed(self, customer: Customer, person: User) -> None:
        change = start(customer, person)
        with pytest.raises(NotOpen):
            email_changes.confirm_old(change=change, code="1", language="ja", client=CLIENT, now=timezone.now())
        to_old(change)
        with pytest.raises(codes.CodeWrong):
            email_changes.confirm_old(
                change=change,
                code=_other(code_to("old@post.example")),
                language="ja",
                client=CLIENT,
                now=timezone.now(),
            )
        customer.refresh_from_db()
        assert customer.email == "old@post.example"
        assert AuditEntry.objects.filter(action="email_change.code_refused").count() == 1

    def test_the_new_addresss_code_does_not_stand_for_the_old_one(self, customer: Customer, person: User) -> None:
        change = start(customer, person)
        code = code_to(NEW)
        to_old(change)
        if code == code_to("old@post.example"):
            pytest.fail("one in a hundred million")
        with pytest.raises(codes.CodeRefused):
            email_changes.confirm_old(change=change, code=code, language="ja", client=CLIENT, now=timezone.now())

    def test_a_code_works_once_and_five_wrong_ones_kill_it(self, customer: Customer, person: User) -> None:
        change = start(customer, person)
        wrong = _other(code_to(NEW))
        for _ in range(4):
            with pytest.raises(codes.CodeWrong):
                email_changes.confirm_new(change=change, code=wrong, client=CLIENT, now=timezone.now())
        with pytest.raises(codes.CodeDead):
            email_changes.confirm_new(change=change, code=wrong, client=CLIENT, now=timezone.now())
        with pytest.raises(codes.CodeDead):
            email_changes.confirm_new(change=change, code=code_to(NEW), client=CLIENT, now=timezone.now())

    def test_after_an_hour_it_is_over(self, customer: Customer, person: User) -> None:
        change = start(customer, person)
        later = timezone.now() + timedelta(hours=1, seconds=1)
        assert email_changes.open_change(user=person, now=later) is None
        with pytest.raises(NotOpen):
            email_changes.confirm_new(change=change, code=code_to(NEW), client=CLIENT, now=later)

    def test_a_second_tab_takes_over(self, customer: Customer, person: User) -> None:
        first = start(customer, person)
        second = start(customer, person, "second@post.example")
        assert email_changes.open_change(user=person, now=timezone.now()) == second
        with pytest.raises(NotOpen):
            email_changes.confirm_new(change=first, code=code_to(NEW), client=CLIENT, now=timezone.now())

    def test_giving_up(self, customer: Customer, person: User) -> None:
        change = start(customer, person)
        email_changes.give_up(change=change, now=timezone.now())
        email_changes.give_up(change=change, now=timezone.now())
        assert email_changes.open_change(user=person, now=timezone.now()) is None
        assert AuditEntry.objects.filter(action="email_change.given_up").count() == 1

    def test_what_staff_changed_meanwhile_is_not_changed_again(self, customer: Customer, person: User) -> None:
        change = start(customer, person)
        to_old(change)
        change_customer(
            customer=customer,
            values={"email": {"email": "third@post.example"}},
            actor=StaffFactory(),
            channel="staff",
            now=timezone.now(),
        )
        with pytest.raises(NotOpen):
            finish(change)
        customer.refresh_from_db()
        assert customer.email == "third@post.example"

    def test_the_same_address_is_no_change(self, customer: Customer, person: User) -> None:
        with pytest.raises(SameAddress):
            start(customer, person, person.email)

    def test_five_a_day(self, customer: Customer, person: User) -> None:
        for number in range(5):
            start(customer, person, f"new{number}@post.example")
        with pytest.raises(LimitExceeded):
            start(customer, person, "new5@post.example")
        assert AuditEntry.objects.filter(action="email_change.limited").count() == 1

    def test_two_right_answers_at_once_change_it_once(self, customer: Customer, person: User) -> None:
        change = start(customer, person)
        to_old(change)
        code = code_to("old@post.example")

        def answer() -> str:
            try:
                email_changes.confirm_old(change=change, code=code, language="ja", client=CLIENT, now=timezone.now())
            except (codes.CodeDead, NotOpen):
                return "refused"
            return "changed"

        assert sorted(run_at_once([answer, answer])) == ["changed", "refused"]
        assert CustomerChange.objects.count() == 1


class TestTheWayBack:
    def test_the_old_address_is_registered_again_and_sessions_end(self, customer: Customer, person: User) -> None:
        done(customer, person)
        person.refresh_from_db()
        before = person.get_session_auth_hash()
        undo(token_to("old@post.example"))
        customer.refresh_from_db()
        person.refresh_from_db()
        assert (customer.email, person.email) == ("old@post.example", "old@post.example")
        assert person.get_session_auth_hash() != before
        told = {mail.recipient for mail in mails("email_change_undone")}
        assert told == {"old@post.example", NEW}
        assert CustomerChange.objects.count() == 2

    def test_somebody_signed_in_with_the_old_address_meanwhile(self, customer: Customer, person: User) -> None:
        done(customer, person)
        newcomer = PersonFactory(email="old@post.example")
        undo(token_to("old@post.example"))
        customer.refresh_from_db()
        assert (customer.email, customer.user) == ("old@post.example", newcomer)

    def test_once_only(self, customer: Customer, person: User) -> None:
        done(customer, person)
        token = token_to("old@post.example")
        assert email_changes.can_undo(token=token, client=CLIENT, now=timezone.now())
        undo(token)
        assert not email_changes.can_undo(token=token, client=CLIENT, now=timezone.now())
        with pytest.raises(UndoRefused):
            undo(token)
        assert AuditEntry.objects.filter(action="email_change.undo_refused").count() == 1

    def test_not_after_a_week(self, customer: Customer, person: User) -> None:
        done(customer, person)
        later = timezone.now() + timedelta(days=7, minutes=1)
        with pytest.raises(UndoRefused):
            email_changes.undo(token=token_to("old@post.example"), language="ja", client=CLIENT, now=later)

    def test_not_after_another_change(self, customer: Customer, person: User) -> None:
        done(customer, person)
        customer.refresh_from_db()
        change_customer(
            customer=customer,
            values={"email": {"email": "third@post.example"}},
            actor=StaffFactory(),
            channel="staff",
            now=timezone.now(),
        )
        with pytest.raises(UndoRefused):
            undo(token_to("old@post.example"))

    def test_not_when_the_old_address_is_another_customers_by_now(self, customer: Customer, person: User) -> None:
        done(customer, person)
        CustomerFactory(email="old@post.example")
        with pytest.raises(UndoRefused):
            undo(token_to("old@post.example"))
        customer.refresh_from_db()
        assert customer.email == NEW

    def test_what_the_new_addresss_reader_had_begun_ends(self, customer: Customer, person: User) -> None:
        done(customer, person)
        customer.refresh_from_db()
        person.refresh_from_db()
        change = start(customer, person, "third@post.example")
        undo(token_to("old@post.example"))
        change.refresh_from_db()
        assert change.ended_at is not None

    def test_guessing_is_limited(self) -> None:
        for _ in range(30):
            assert not email_changes.can_undo(token="x", client=CLIENT, now=timezone.now())
        with pytest.raises(LimitExceeded):
            email_changes.can_undo(token="x", client=CLIENT, now=timezone.now())

    def test_the_token_is_not_in_the_database(self, customer: Customer, person: User) -> None:
        change = done(customer, person)
        assert token_to("old@post.example").encode() not in bytes(change.undo_digest or b"")


def test_addresses_are_forgotten_when_nothing_can_be_undone_any_more(customer: Customer, person: User) -> None:
    change = done(customer, person)
    customer.refresh_from_db()
    person.refresh_from_db()
    given_up = start(customer, person, "third@post.example")
    now = timezone.now()
    assert email_changes.purge(now=now) == 0
    assert email_changes.purge(now=now + timedelta(days=2)) == 1
    assert not EmailChange.objects.filter(pk=given_up.pk).exists()
    assert email_changes.purge(now=now + timedelta(days=8)) == 1
    assert not EmailChange.objects.filter(pk=change.pk).exists()
    assert CustomerChange.objects.count() == 1


def _other(code: str) -> str:
    return ("1" if code[0] != "1" else "2") + code[1:]
