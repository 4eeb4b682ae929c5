"""What becomes of a person's data when it is erased, place by place."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from consent_app.domain.erasure import COUNTED, PLACES
from consent_app.models import (
    Consent,
    Customer,
    CustomerChange,
    CustomerIdentity,
    CustomerRecord,
    ErasureMark,
    ErasureRecord,
    Provision,
    Recipient,
    SelfDisclosure,
    Suspension,
)
from consent_app.selectors import customers_found
from consent_app.services import erasure, gate, suspensions
from consent_app.services.customer_changes import ChangeError, change_customer
from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import AuditEntry, OutgoingMail
from tests.consent_app.test_imports import counts, eccube, load, shopify
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    CustomerIdentityFactory,
    OperatorFactory,
    OrderFactory,
    ProvisionBasisFactory,
    ProvisionFactory,
    PurposeFactory,
    RecipientFactory,
    SelfDisclosureFactory,
    catalogue,
)
from tests.factories.requests import PersonFactory, StaffFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LONG_AGO = datetime(2018, 5, 6, tzinfo=UTC)


def full_customer(**changes: Any) -> Customer:
    """Somebody with something in every place."""
    OperatorFactory()
    items = catalogue()
    customer = CustomerFactory(user=PersonFactory(), email="hanako@post.example", **changes)
    CustomerIdentityFactory(customer=customer, source="eccube", external_id="12")
    RecipientFactory(record=OrderFactory(customer=customer, occurred_at=NOW - timedelta(days=100), source="base"))
    OrderFactory(customer=customer, occurred_at=LONG_AGO)
    CustomerRecord.objects.create(
        customer=customer, kind="note", source="eccube", external_id="12", data={"text": "長年のお客さま"}
    )
    ConsentFactory(customer=customer)
    suspensions.suspend(customer=customer, kind="use", actor="worker", ground="35(5)", now=NOW)
    SelfDisclosureFactory(customer=customer, item=items["name"])
    change_customer(
        customer=customer,
        values={"telephone": {"telephone": "09099998888"}},
        actor=customer.user,
        channel="self",
        now=NOW - timedelta(days=1),
        mail_in="ja",
    )
    customer.refresh_from_db()
    return customer


def erase(customer: Customer, items: set[str] | None = None, **changes: Any) -> ErasureRecord:
    seen = erasure.preview(customer=customer, items=items, now=NOW)
    given: dict[str, Any] = {
        "token": seen.token,
        "reference": "R-2026-1",
        "key": "decision:1",
        "actor": "worker",
        "now": NOW,
        **changes,
    }
    return erasure.erase(customer=customer, items=items, **given)


def send(**about: Any) -> OutgoingMail:
    """A mail that waits."""
    return OutgoingMail.objects.create(
        template="x", language="ja", recipient="taro@post.example", subject="s", body_text="b",
        message_id=f"<{OutgoingMail.objects.count()}@shop.example>", **about,
    )  # fmt: skip


def check_deferred() -> None:
    """Let the triggers speak that wait for the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def delete_alone(rows: models.QuerySet[Any]) -> None:
    """Delete rows without their person, up to the end of the transaction."""
    rows.delete()
    check_deferred()


class TestPlaces:
    def test_every_link_to_a_person_and_every_personal_text_is_classified(self) -> None:
        person = {Customer, CustomerRecord, Recipient}
        found = set()
        for model in apps.get_models():
            if not model.__module__.startswith(("consent_app", "requests_app", "privacy_portal")):
                continue
            for one in model._meta.get_fields():
                linked = isinstance(one, models.ForeignKey) and one.related_model in person
                if linked or isinstance(one, EncryptedTextField):
                    found.add(f"{model._meta.label_lower}.{one.name}")  # type: ignore[union-attr]
        assert found == set(PLACES)

    def test_every_kind_of_record_is_counted(self) -> None:
        assert set(CustomerRecord.Kind.values) <= set(COUNTED)


class TestEverything:
    def test_what_is_not_held_by_law_is_gone(self) -> None:
        customer = full_customer()
        consent = customer.consents.get()
        mail = send(object_type="consent_app.consent", object_id=str(consent.pk))
        case = send(object_type="requests_app.disclosurerequest", user=customer.user)
        told = OutgoingMail.objects.filter(object_type="consent_app.customer")
        record = erase(customer)
        check_deferred()
        customer.refresh_from_db()
        assert customer.status == Customer.Status.ERASED
        assert (customer.full_name, customer.email, customer.user, customer.origins) == ("", "", None, {})
        for model in (CustomerIdentity, Consent, Suspension, CustomerChange, SelfDisclosure, Recipient):
            assert not model.objects.exists(), model  # type: ignore[attr-defined]
        held = CustomerRecord.objects.get()
        assert held.kind == "order"
        assert held.erase_on == date(2033, 8, 16)
        mail.refresh_from_db()
        case.refresh_from_db()
        assert (mail.recipient, mail.body_text, mail.subject, mail.state) == (None, None, None, "failed")
        assert [one.emptied_at for one in told] == [NOW, NOW]
        assert case.recipient, "a request is no customer's data, and its answer is still to be told"
        assert record.everything
        assert record.counts["items"] == 7
        assert record.counts["order"] == 1
        assert record.deferred == [{"place": "order", "number": 1, "until": "2033-08-16"}]
        entry = AuditEntry.objects.get(action="customer.erased")
        assert entry.detail["later"] == 1
        assert "花子" not in str(record.counts) + str(entry.detail)

    def test_the_preview_says_what_will_be_done(self) -> None:
        customer = full_customer()
        seen = erasure.preview(customer=customer, items=None, now=NOW)
        assert dict(erase(customer).counts) == dict(seen.counts)
        after = erasure.preview(customer=customer, items=None, now=NOW)
        assert dict(after.counts) == {}
        assert after.later == seen.later

    def test_nobody_finds_or_uses_the_emptied_row(self) -> None:
        customer = full_customer()
        PurposeFactory(code="shipping_goods")
        order = customer.records.filter(source="base").first()
        assert order is not None
        erase(customer)
        assert not customers_found(Customer.objects.all(), str(customer.pk)).exists()
        answer = gate.may_use(customer=customer.pk, purpose="shipping_goods", at=NOW)
        assert not answer.allowed
        with pytest.raises(ChangeError):
            change_customer(
                customer=customer, values={"name": {"family_name": "高橋"}}, actor="worker", channel="staff", now=NOW
            )

    def test_the_database_keeps_the_row_empty(self) -> None:
        customer = full_customer()
        erase(customer)
        with pytest.raises(IntegrityError), transaction.atomic():
            Customer.objects.filter(pk=customer.pk).update(email="hanako@post.example")

    def test_other_people_keep_everything(self) -> None:
        other = CustomerFactory(email="taro@post.example")
        ConsentFactory(customer=other)
        OrderFactory(customer=other)
        mail = send()
        erase(full_customer())
        other.refresh_from_db()
        mail.refresh_from_db()
        assert (other.email, other.consents.count(), other.records.count()) == ("taro@post.example", 1, 1)
        assert mail.recipient == "taro@post.example"

    def test_a_ledger_and_its_evidence_stay_until_their_day(self) -> None:
        customer = full_customer()
        consent = ConsentFactory(customer=customer)
        ProvisionFactory(customer=customer, consent=consent, basis=ProvisionBasisFactory())
        record = erase(customer)
        check_deferred()
        assert Provision.objects.get().principal == "髙橋　花子"
        assert Consent.objects.get() == consent
        later = {one["place"]: one["until"] for one in record.deferred}
        assert later == {"order": "2033-08-16", "provisions": "2029-07-09", "consents": "2029-07-09"}

    def test_consents_do_not_go_without_a_recorded_erasure(self) -> None:
        customer = full_customer()
        with pytest.raises(IntegrityError), transaction.atomic():
            delete_alone(customer.consents.all())


class TestOnce:
    def test_a_second_run_does_nothing(self) -> None:
        customer = full_customer()
        first = erase(customer)
        CustomerFactory()
        assert erase(customer, token="anything") == first
        assert AuditEntry.objects.filter(action="customer.erased").count() == 1

    def test_a_stale_preview_erases_nothing(self) -> None:
        customer = full_customer()
        seen = erasure.preview(customer=customer, items=None, now=NOW)
        OrderFactory(customer=customer)
        with pytest.raises(erasure.Stale):
            erase(customer, token=seen.token)
        customer.refresh_from_db()
        assert customer.email == "hanako@post.example"
        assert not ErasureRecord.objects.exists()

    def test_a_crash_leaves_nothing_half_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        customer = full_customer()

        def crash(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(erasure, "_empty", crash)
        with pytest.raises(RuntimeError):
            erase(customer)
        assert customer.records.count() == 3
        assert customer.consents.count() == 1
        assert not ErasureMark.objects.exists()

    def test_it_names_its_request(self) -> None:
        customer = full_customer()
        with pytest.raises(ValueError, match="names its request"):
            erase(customer, reference="")
        with pytest.raises(ValueError, match="names its request"):
            erase(customer, items=set())

    def test_the_record_is_only_added(self) -> None:
        record = erase(full_customer())
        with pytest.raises(IntegrityError), transaction.atomic():
            ErasureRecord.objects.filter(pk=record.pk).update(counts={})


class TestItems:
    def test_only_what_was_granted_goes(self) -> None:
        customer = full_customer()
        record = erase(customer, {"telephone", "note"})
        check_deferred()
        customer.refresh_from_db()
        assert (customer.telephone, customer.family_name, customer.status) == ("", "髙橋", "active")
        assert "telephone" not in customer.originals
        assert not customer.records.filter(kind="note").exists()
        assert not customer.changes.filter(item="telephone").exists()
        assert customer.consents.count() == 1
        assert (record.everything, record.items) == (False, ["note", "telephone"])

    def test_a_value_in_another_record_goes_too(self) -> None:
        customer = full_customer()
        row = CustomerRecord.objects.get(kind="note")
        row.data = {"text": "x", "differs": {"telephone": "+81311112222", "family_name": "高橋"}}
        row.save()
        erase(customer, {"telephone"})
        row.refresh_from_db()
        assert row.data == {"text": "x", "differs": {"family_name": "高橋"}}

    def test_the_history_of_other_items_cannot_go(self) -> None:
        customer = full_customer()
        erase(customer, {"note"})
        with pytest.raises(IntegrityError), transaction.atomic():
            delete_alone(customer.changes.all())

    def test_an_import_does_not_bring_it_back(self) -> None:
        OperatorFactory()
        catalogue()
        load(shopify(phone="09012345678", note="常連"))
        customer = Customer.objects.get()
        erase(customer, {"telephone", "note"}, now=timezone.now())
        outcome = load(shopify(phone="09012345678", note="常連 ", given="はな子"))
        customer.refresh_from_db()
        assert (customer.telephone, customer.given_name) == ("", "はな子")
        assert not customer.records.filter(kind="note").exists()
        assert counts(outcome)["updated"] == 1


class TestLater:
    def test_the_worker_erases_on_the_day_and_once(self) -> None:
        customer = full_customer()
        erase(customer)
        day = datetime(2033, 8, 15, 14, 59, tzinfo=UTC)
        assert erasure.erase_due(now=day)["records"] == 0
        assert erasure.erase_due(now=day + timedelta(minutes=1)) == {"records": 1, "consents": 0, "customers": 1}
        assert not Customer.objects.filter(pk=customer.pk).exists()
        assert erasure.erase_due(now=day + timedelta(days=1)) == {"records": 0, "consents": 0, "customers": 0}
        assert AuditEntry.objects.filter(action="erasure.completed").count() == 1

    def test_the_row_stays_while_a_ledger_refers_to_it(self) -> None:
        customer = full_customer()
        ProvisionFactory(customer=customer, basis=ProvisionBasisFactory())
        erase(customer)
        erasure.erase_due(now=NOW + timedelta(days=365 * 8))
        assert Customer.objects.filter(pk=customer.pk, status="erased").exists()

    def test_the_duty_is_configurable(self, settings: Any) -> None:
        settings.ORDER_RECORDS_MONTHS = 120
        seen = erasure.preview(customer=full_customer(), items=None, now=NOW)
        assert [(one.number, one.until) for one in seen.later] == [(2, date(2036, 8, 16))]


class TestImports:
    def erased(self) -> None:
        OperatorFactory()
        catalogue()
        load(shopify())
        erase(Customer.objects.get(), now=timezone.now())

    def test_the_row_is_listed_and_not_imported(self) -> None:
        self.erased()
        outcome = load(shopify(note="新しい"))
        assert counts(outcome) == {"rejected": 1}
        assert [problem.code for problem in outcome.job.problems.all()] == ["suppressed_after_erasure"]
        assert not Customer.objects.exclude(status="erased").exists()

    def test_the_address_is_known_from_another_shop(self) -> None:
        self.erased()
        assert counts(load(eccube(email="hanako@x.example"))) == {"rejected": 1}

    def test_others_are_imported(self) -> None:
        self.erased()
        assert counts(load(shopify(external_id="2", email="taro@x.example"))) == {"created": 1}

    def test_a_newer_order_makes_a_new_customer(self) -> None:
        self.erased()
        base = "注文ID,注文日時,氏(請求先),名(請求先),メールアドレス(請求先)\nA1,{day},髙橋,花子,hanako@x.example\n"
        old, new = "2020-01-01 10:00:00", (timezone.localtime() + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
        assert counts(load(base.format(day=old), wanted="base")) == {"rejected": 1}
        assert counts(load(base.format(day=new).replace("A1", "A2"), wanted="base")) == {"created": 1}
        # The account belongs to a customer again.
        assert counts(load(shopify())) == {"merged": 1}

    def test_marks_name_nobody(self) -> None:
        self.erased()
        assert ErasureMark.objects.count() == 2
        assert all(len(bytes(one.digest)) == 32 for one in ErasureMark.objects.all())


@pytest.mark.django_db(transaction=True)
def test_an_import_at_the_same_moment_brings_nothing_back() -> None:
    OperatorFactory()
    catalogue()
    load(shopify())
    customer = Customer.objects.get()

    def attempt() -> None:
        for _ in range(5):
            try:
                erase(customer, now=timezone.now(), actor=StaffFactory())
            except erasure.Stale:
                continue
            return

    run_at_once([attempt, lambda: load(shopify(note="新しい")), lambda: load(eccube(email="hanako@x.example"))])
    customer.refresh_from_db()
    assert customer.status == "erased"
    assert not customer.identities.exists()
    assert not customer.records.exists()
    assert not Customer.objects.exclude(pk=customer.pk).exists()
