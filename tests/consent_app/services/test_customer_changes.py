"""Changing registered data: validation, history, origin, search, lock, keys, mail."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from consent_app import selectors
from consent_app.models import Customer, CustomerChange
from consent_app.services import customer_changes
from consent_app.services.customer_accounts import AddressTaken
from consent_app.services.customer_changes import (
    ChangedMeanwhile,
    UnusableValues,
    change_customer,
    restored,
    values_of,
    version_of,
)
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from tests.factories.consent import CustomerFactory, OperatorFactory, catalogue
from tests.factories.requests import PersonFactory, StaffFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db

NEW_HOME = {"postal_code": "１５０−０００１", "prefecture": "東京都", "address1": "渋谷区例町９－８", "address2": ""}


@pytest.fixture
def person() -> User:
    OperatorFactory()
    catalogue()
    return PersonFactory()


@pytest.fixture
def customer(person: User) -> Customer:
    return CustomerFactory(email=person.email)


def change(customer: Customer, actor: User, **more):  # type: ignore[no-untyped-def]
    arguments = {"values": {"address": NEW_HOME}, "channel": "self", "now": timezone.now(), **more}
    return change_customer(customer=customer, actor=actor, **arguments)


class TestWhatIsWritten:
    def test_columns_history_origin_and_audit(self, customer: Customer, person: User) -> None:
        now = timezone.now()
        (entry,) = change(customer, person, now=now, reason="引っ越し")
        customer.refresh_from_db()
        assert (customer.postal_code, customer.address1, customer.address2) == ("1500001", "渋谷区例町9-8", "")
        assert customer.updated_at == now
        assert customer.origins["address"] == {"source": "self", "external_id": "", "at": now.isoformat()}
        assert customer.origins["telephone"]["source"] == "eccube"
        entry = CustomerChange.objects.get(pk=entry.pk)
        assert entry.before["address1"] == "千代田区例町4-5-6"
        assert entry.after["address1"] == "渋谷区例町9-8"
        assert (entry.reason, entry.channel, entry.changed_by, entry.at) == ("引っ越し", "self", person, now)
        audited = AuditEntry.objects.get(action="customer.changed")
        assert audited.detail == {"items": ["address"], "channel": "self"}

    def test_old_and_new_values_are_not_readable_in_the_database(self, customer: Customer, person: User) -> None:
        change(customer, person, reason="引っ越し")
        with connection.cursor() as cursor:
            cursor.execute("SELECT before_text, after_text, reason FROM consent_app_customerchange")
            raw = b"".join(bytes(value) for value in cursor.fetchone())
        for text in ("千代田区", "渋谷区", "引っ越し", "\\u5343"):
            assert text.encode() not in raw

    def test_the_search_finds_the_new_name_and_not_the_old_one(self, customer: Customer, person: User) -> None:
        name = {"family_name": "齋藤", "given_name": "ﾊﾅｺ"}
        change(customer, person, values={"name": name, "kana": {"family_kana": "さいとう", "given_kana": "はなこ"}})
        customer.refresh_from_db()
        assert (customer.given_name, customer.family_kana) == ("ハナコ", "サイトウ")
        found = selectors.customers_found(Customer.objects.all(), "サイトウ")
        assert list(found) == [customer]
        assert not selectors.customers_found(Customer.objects.all(), "タカハシ").exists()
        assert customer.name_key == customer_changes.name_key("齋藤ハナコ")

    def test_the_spelling_received_goes_with_the_value(self, customer: Customer, person: User) -> None:
        change(customer, person, values={"telephone": {"telephone": "03-1234-5678"}})
        customer.refresh_from_db()
        assert (customer.telephone, customer.originals) == ("+81312345678", {})

    def test_the_same_values_change_nothing(self, customer: Customer, person: User) -> None:
        same = {"telephone": {"telephone": "０９０ー１２３４ー５６７８"}}
        assert change(customer, person, values=same, mail_in="ja") == []
        assert not CustomerChange.objects.exists()
        assert not OutgoingMail.objects.exists()
        assert not AuditEntry.objects.filter(action="customer.changed").exists()

    def test_columns_that_are_not_named_keep_their_values(self, customer: Customer, person: User) -> None:
        change(customer, person, values={"address": {"address2": "例ビル2階"}})
        customer.refresh_from_db()
        assert (customer.postal_code, customer.address2) == ("1000001", "例ビル2階")

    def test_a_value_can_be_taken_away_and_brought_back(self, customer: Customer, person: User) -> None:
        (entry,) = change(customer, person, values={"birth_date": {"birth_date": ""}})
        customer.refresh_from_db()
        assert customer.birth_date is None
        change(customer, person, values={"birth_date": restored(CustomerChange.objects.get(pk=entry.pk))})
        customer.refresh_from_db()
        assert customer.birth_date == date(1985, 4, 3)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("item", "values", "codes"),
        [
            ("address", {"postal_code": "123456"}, {"postal_code": "postal_code_invalid"}),
            ("address", {"prefecture": "江戸"}, {"prefecture": "prefecture_unknown"}),
            ("address", {"address1": "あ" * 301}, {"address1": "too_long"}),
            ("address", {"address2": "123456789018"}, {"address2": "my_number"}),
            ("telephone", {"telephone": "12"}, {"telephone": "telephone_invalid"}),
            (
                "name",
                {"family_name": "あ" * 101, "given_name": "x" * 101},
                dict.fromkeys(("family_name", "given_name"), "too_long"),
            ),
            ("kana", {"family_kana": "Smith"}, {"family_kana": "kana_invalid"}),
            ("gender", {"gender": "robot"}, {"gender": "gender_unknown"}),
            ("birth_date", {"birth_date": "2999-01-01"}, {"birth_date": "date_in_future"}),
            ("birth_date", {"birth_date": "1985-13-40"}, {"birth_date": "date_impossible"}),
            ("email", {"email": "nobody"}, {"email": "email_invalid"}),
        ],
    )
    def test_unusable_values_are_named_and_nothing_is_written(self, customer, person, item, values, codes) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(UnusableValues) as refused:
            change(customer, person, values={item: values, "company": {"company": "例社"}})
        assert refused.value.codes == codes
        customer.refresh_from_db()
        assert customer.company == ""
        assert not CustomerChange.objects.exists()

    @pytest.mark.parametrize(
        "more",
        [
            {"values": {"order": {"number": "1"}}},
            {"values": {"name": {"telephone": "03-1234-5678"}}},
            {"channel": "import"},
            {"channel": "request"},
        ],
    )
    def test_what_is_no_change_of_a_customer(self, customer: Customer, person: User, more: dict) -> None:  # type: ignore[type-arg]
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            change(customer, person, **more)

    def test_what_changed_meanwhile_is_named_with_what_is_there_now(self, customer: Customer, person: User) -> None:
        seen = {"address": version_of("address", values_of(customer, "address"))}
        change(customer, person, values={"address": {"address2": "別の棟"}})
        with pytest.raises(ChangedMeanwhile) as refused:
            change(customer, person, seen=seen)
        assert refused.value.items == ("address",)
        assert refused.value.customer.address2 == "別の棟"
        assert CustomerChange.objects.count() == 1

    def test_a_change_of_another_item_meanwhile_does_not_matter(self, customer: Customer, person: User) -> None:
        seen = {"address": version_of("address", values_of(customer, "address"))}
        change(customer, person, values={"company": {"company": "例社"}})
        assert len(change(customer, person, seen=seen)) == 1


class TestTwice:
    def test_the_same_key_is_done_once(self, customer: Customer, person: User) -> None:
        first = change(customer, person, key="correction:1", channel="request", reference="R-1", mail_in="ja")
        change(customer, person, values={"address": {"address1": "港区例町1-1"}})
        again = change(customer, person, key="correction:1", channel="request", reference="R-1", mail_in="ja")
        assert again == first
        customer.refresh_from_db()
        assert customer.address1 == "港区例町1-1"
        assert CustomerChange.objects.count() == 2
        assert OutgoingMail.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_of_two_tabs_that_save_at_once_one_is_told(self, customer: Customer, person: User) -> None:
        seen = {"telephone": version_of("telephone", values_of(customer, "telephone"))}

        def save(number: str) -> str:
            try:
                change(customer, person, values={"telephone": {"telephone": number}}, seen=seen)
            except ChangedMeanwhile:
                return "told"
            return "saved"

        results = run_at_once([lambda: save("03-1234-5678"), lambda: save("03-1234-5679")])
        assert sorted(results) == ["saved", "told"]
        assert CustomerChange.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_the_same_key_at_once_is_done_once(self, customer: Customer, person: User) -> None:
        run_at_once([lambda: change(customer, person, key="k")] * 3)
        assert CustomerChange.objects.count() == 1


class TestMail:
    def test_every_known_address_is_told_which_item_and_no_value(self, person: User) -> None:
        customer = CustomerFactory(user=person, email="registered@post.example")
        change(customer, person, mail_in="ja")
        mails = {mail.recipient: mail for mail in OutgoingMail.objects.all()}
        assert set(mails) == {"registered@post.example", person.email}
        for mail in mails.values():
            assert "住所" in mail.body_text
            for text in ("渋谷", "千代田", "髙橋", person.email):
                assert text not in mail.body_text + mail.body_html + mail.subject

    def test_in_english(self, customer: Customer, person: User) -> None:
        change(customer, person, mail_in="en")
        assert "Address" in OutgoingMail.objects.get().body_text

    def test_staff_get_none_of_it(self, customer: Customer) -> None:
        change(customer, StaffFactory(), channel="staff", mail_in="ja")
        assert OutgoingMail.objects.get().recipient == customer.email

    def test_none_where_a_letter_tells_the_person(self, customer: Customer) -> None:
        change(customer, StaffFactory(), channel="staff")
        assert not OutgoingMail.objects.exists()

    def test_somebody_without_an_address_can_be_corrected(self, person: User) -> None:
        change(CustomerFactory(email=""), StaffFactory(), channel="staff", mail_in="ja")
        assert CustomerChange.objects.count() == 1


class TestMailAddressByStaff:
    def test_the_linked_account_follows_and_is_signed_out(self, person: User) -> None:
        customer = CustomerFactory(user=person, email=person.email)
        before = person.get_session_auth_hash()
        values = {"email": {"email": "New@Post.example"}}
        change(customer, StaffFactory(), channel="request", reference="R-1", values=values)
        person.refresh_from_db()
        customer.refresh_from_db()
        assert (customer.email, person.email, customer.user) == ("new@post.example", "new@post.example", person)
        assert person.get_session_auth_hash() != before

    def test_an_account_under_the_new_address_becomes_theirs(self, customer: Customer) -> None:
        theirs = PersonFactory(email="new@post.example")
        change(customer, StaffFactory(), channel="staff", values={"email": {"email": theirs.email}})
        customer.refresh_from_db()
        assert customer.user == theirs

    @pytest.mark.parametrize("who", ["customer", "staff", "linked", "disabled"])
    def test_an_address_of_somebody_else_is_refused(self, customer: Customer, who: str) -> None:
        address = "new@post.example"
        if who == "customer":
            CustomerFactory(email=address)
        elif who == "staff":
            StaffFactory(email=address)
        elif who == "linked":
            CustomerFactory(user=PersonFactory(email=address), email="other@post.example")
        else:
            PersonFactory(email=address, is_active=False)
        with pytest.raises(AddressTaken):
            change(customer, StaffFactory(), channel="staff", values={"email": {"email": address}})
        assert not CustomerChange.objects.exists()


class TestTheDatabase:
    @pytest.mark.parametrize("changes", [{"item": "x"}, {"channel": "staff"}, {"at": "2020-01-01T00:00:00Z"}])
    def test_the_history_is_never_rewritten(self, customer, person, changes) -> None:  # type: ignore[no-untyped-def]
        change(customer, person)
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            CustomerChange.objects.update(**changes)

    def test_it_never_goes_alone_and_goes_with_the_person(self, customer: Customer, person: User) -> None:
        change(customer, person)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            CustomerChange.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        person.delete()
        assert CustomerChange.objects.get().changed_by is None
        customer.delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert not CustomerChange.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_the_test_runner_can_empty_it(self, customer: Customer, person: User) -> None:
        change(customer, person)
        call_command("flush", interactive=False, verbosity=0)
        assert not CustomerChange.objects.exists()


def test_a_version_says_nothing_and_tells_values_apart(customer: Customer) -> None:
    values = values_of(customer, "address")
    version = version_of("address", values)
    assert len(version) == 32
    assert version == version_of("address", dict(reversed(values.items())))
    assert version != version_of("address", {**values, "address2": ""})


def test_only_so_old_a_change_is_shown_first(customer: Customer, person: User) -> None:
    now = timezone.now()
    change(customer, person, now=now - timedelta(days=1))
    change(customer, person, now=now, values={"company": {"company": "例社"}})
    assert [entry.item for entry in customer.changes.all()] == ["company", "address"]
