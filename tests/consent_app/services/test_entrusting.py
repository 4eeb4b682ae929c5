"""Handing data to a subcontractor: only what the gate allows leaves, and every attempt is written down."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app.models import Customer, CustomerIdentity, DataItem, EntrustedPerson, Entrustment, Subcontractor
from consent_app.services import entrusted_file, entrusting, suspensions
from consent_app.services.entrusted_file import Chosen, NotChosen
from consent_app.services.entrusting import Outcome
from privacy_portal.core.models import AuditEntry, User
from privacy_portal.core.services import files
from tests.factories.consent import (
    CustomerFactory,
    OrderFactory,
    PurposeFactory,
    RecipientFactory,
    SubcontractorFactory,
    catalogue,
)
from tests.factories.core import StaffFactory
from tests.factories.supervision import supervised

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def items() -> dict[str, DataItem]:
    return catalogue()


@pytest.fixture
def carrier(items: dict[str, DataItem]) -> Subcontractor:
    wanted = [items[code] for code in ("name", "address", "recipient", "order")]
    PurposeFactory(code="delivery", shipping=True, items=[*wanted, items["telephone"]])
    PurposeFactory(code="advertising", items=[items["name"], items["recipient"]])
    return supervised(code="carrier", items=wanted)


@pytest.fixture
def staff() -> User:
    return StaffFactory()


def hand(chosen: Chosen, to: Subcontractor, staff: User, items: str, purpose: str = "delivery", **more: Any) -> Outcome:
    return entrusting.entrust(
        customers=chosen.customers,
        recipients=chosen.recipients if "recipient" in items else (),
        subcontractor=to,
        purpose=purpose,
        items=items.split(),
        actor=staff,
        now=NOW,
        write=lambda handed: entrusted_file.write(chosen=chosen, handed=handed, code=to.code),
        **more,
    )


def rows_of(outcome: Outcome) -> list[dict[str, str]]:
    assert outcome.entrustment.file is not None
    text = b"".join(files.open_stream(outcome.entrustment.file)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_only_the_chosen_items_leave(carrier: Subcontractor, staff: User) -> None:
    customer = CustomerFactory()
    outcome = hand(Chosen((customer.pk,)), carrier, staff, "name address")
    assert rows_of(outcome) == [
        {
            "姓": "髙橋",
            "名": "花子",
            "郵便番号": "1000001",
            "都道府県": "東京都",
            "住所1": "千代田区例町4-5-6",
            "住所2": "例マンション101",
        }
    ]
    record = outcome.entrustment
    assert (record.asked, record.allowed, record.reasons, record.items) == (1, 1, [], ["address", "name"])
    assert (record.by, record.purpose.code if record.purpose else "") == (staff, "delivery")
    assert record.persons.get().customer == customer
    entry = AuditEntry.objects.get(action="entrustment.made")
    assert entry.detail == {"kind": "export", "allowed": 1, "refused": 0}


@pytest.mark.parametrize(
    ("wanted", "purpose", "reasons"),
    [
        ("name telephone", "delivery", ["items_not_covered"]),
        ("name", "nothing", ["purpose_unknown"]),
        ("address", "advertising", ["items_not_covered"]),
        ("recipient", "advertising", ["gift_shipping_only"]),
        ("", "delivery", ["items_unknown"]),
    ],
    ids=["outside the allow-list", "unknown purpose", "outside the purpose", "gift for advertising", "no item"],
)
def test_what_may_not_leave_is_refused_and_recorded(
    carrier: Subcontractor, staff: User, wanted: str, purpose: str, reasons: list[str]
) -> None:
    customer = CustomerFactory()
    outcome = hand(Chosen((customer.pk,)), carrier, staff, wanted, purpose)
    record = Entrustment.objects.get()
    assert outcome.handed.customers == frozenset()
    assert (record.allowed, record.file, record.reasons) == (0, None, reasons)
    assert record.persons.get().reasons == reasons
    assert AuditEntry.objects.get(action="entrustment.refused").detail == {"kind": "export", "refused": 1}


def test_nothing_goes_to_one_without_contract(items: dict[str, DataItem], staff: User) -> None:
    PurposeFactory(code="delivery", items=[items["name"]])
    bare = SubcontractorFactory(code="bare", items=[items["name"]])
    hand(Chosen((CustomerFactory().pk,)), bare, staff, "name")
    assert Entrustment.objects.get().reasons == ["selection_missing", "agreement_missing"]


def test_one_of_two_is_refused(carrier: Subcontractor, staff: User) -> None:
    stopped, other = CustomerFactory(family_name="停止"), CustomerFactory(family_name="続行")
    suspensions.suspend(customer=stopped, kind="use", actor="command", ground="35(1)", now=NOW - timedelta(hours=1))
    outcome = hand(Chosen((stopped.pk, other.pk, uuid.uuid4())), carrier, staff, "name")
    assert [row["姓"] for row in rows_of(outcome)] == ["続行"]
    record = outcome.entrustment
    assert (record.asked, record.allowed) == (3, 1)
    assert set(record.reasons) == {"use_suspended", "person_unknown"}
    assert {(one.customer_id, one.allowed, tuple(one.reasons)) for one in record.persons.all()} == {
        (stopped.pk, False, ("use_suspended",)),
        (other.pk, True, ()),
    }


def test_orders_with_gifts(carrier: Subcontractor, staff: User) -> None:
    own, gift = OrderFactory(external_id="A1"), OrderFactory(external_id="A2")
    RecipientFactory(record=gift, telephone="+819012345678")
    RecipientFactory(record=gift, family_name="受田")
    chosen = entrusted_file.choose_orders(numbers=["A2", "A1"])
    outcome = hand(chosen, carrier, staff, "name order recipient")
    rows = rows_of(outcome)
    assert [(row["注文番号"], row["届け先 姓"], row["商品"]) for row in rows] == [
        ("A2", "贈田", "サングラス ×1"),
        ("A2", "受田", "サングラス ×1"),
        ("A1", "", "サングラス ×1"),
    ]
    assert rows[0]["届け先 電話番号"] == "090-1234-5678"
    assert set(rows[0]) == {
        "注文番号", "商品", "配送日", "配送時間帯", "代引きで受け取る金額", "姓", "名", "届け先 姓", "届け先 名",
        "届け先 郵便番号", "届け先 都道府県", "届け先 住所1", "届け先 住所2", "届け先 電話番号",
    }  # fmt: skip
    assert (outcome.entrustment.asked, outcome.entrustment.allowed) == (4, 4)
    assert EntrustedPerson.objects.filter(gift=True, customer=gift.customer).count() == 2
    assert EntrustedPerson.objects.filter(gift=True, customer=own.customer).count() == 0


def test_the_gifts_of_one_who_is_refused_stay(carrier: Subcontractor, staff: User) -> None:
    gift = RecipientFactory()
    customer = gift.record.customer
    suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(1)", now=NOW - timedelta(hours=1))
    chosen = entrusted_file.choose_orders(numbers=[gift.record.external_id])
    outcome = hand(chosen, carrier, staff, "order recipient")
    assert outcome.handed.recipients == frozenset()
    assert EntrustedPerson.objects.get(gift=True).reasons == ["use_suspended"]
    assert outcome.entrustment.file is None


def test_a_gift_of_somebody_else_is_not_smuggled_in(carrier: Subcontractor, staff: User) -> None:
    stranger = RecipientFactory()
    outcome = hand(Chosen((CustomerFactory().pk,), (), (stranger.pk,)), carrier, staff, "name recipient")
    assert outcome.recipients[stranger.pk].reasons == ("person_unknown",)


def test_formulas_are_text(carrier: Subcontractor, staff: User) -> None:
    customer = CustomerFactory(family_name="=cmd()", address1="@SUM(1)")
    (row,) = rows_of(hand(Chosen((customer.pk,)), carrier, staff, "name address"))
    assert (row["姓"], row["住所1"]) == ("'=cmd()", "'@SUM(1)")


def test_an_order_that_goes_elsewhere_goes_elsewhere(carrier: Subcontractor, staff: User) -> None:
    elsewhere = {"postal_code": "5300001", "prefecture": "大阪府", "address1": "大阪市北区例田1-1"}
    order = OrderFactory(external_id="A1", data={"items": [], "sent_to": elsewhere, "total": "5000", "cod_fee": "330"})
    chosen = entrusted_file.choose_orders(numbers=["A1"])
    (row,) = rows_of(hand(chosen, carrier, staff, "address order"))
    assert (row["都道府県"], row["住所2"], row["代引きで受け取る金額"]) == ("大阪府", "", "5000")
    assert order.customer.prefecture == "東京都"


def test_choosing_orders() -> None:
    day = timezone.localdate()
    orders = [OrderFactory(external_id=f"N{n}", occurred_at=NOW - timedelta(days=n)) for n in range(3)]
    OrderFactory(external_id="N1", source="shopify")
    with pytest.raises(NotChosen, match="見つかりません：2行目"):
        entrusted_file.choose_orders(numbers=["N0", "N9"])
    with pytest.raises(NotChosen, match="二つ以上に当てはまります：1行目"):
        entrusted_file.choose_orders(numbers=["N1"])
    with pytest.raises(NotChosen, match="期間の始まりと終わり"):
        entrusted_file.choose_orders(numbers=[], since=day)
    with pytest.raises(NotChosen, match="始まり以後"):
        entrusted_file.choose_orders(numbers=[], since=day, until=day - timedelta(days=1))
    with pytest.raises(NotChosen, match="当てはまる注文がありません"):
        entrusted_file.choose_orders(numbers=[], since=day + timedelta(days=1), until=day + timedelta(days=2))
    found = entrusted_file.choose_orders(numbers=[], since=day, until=day)
    assert found.orders == (orders[0].pk,)
    assert entrusted_file.choose_orders(numbers=["N2", "N2"]).orders == (orders[2].pk,)


def test_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrusted_file, "LIMIT", 1)
    OrderFactory.create_batch(2, occurred_at=NOW)
    with pytest.raises(NotChosen, match="1件まで"):
        entrusted_file.choose_orders(numbers=[], since=timezone.localdate(), until=timezone.localdate())


def test_choosing_customers() -> None:
    one, two = CustomerFactory(email="one@post.example"), CustomerFactory(email="two@post.example")
    CustomerIdentity.objects.create(customer=two, source="eccube", external_id="12", digest=b"1")
    found = entrusted_file.choose_customers(words=["ONE@post.example", "12", str(two.pk)])
    assert found.customers == (one.pk, two.pk)
    with pytest.raises(NotChosen, match="見つかりません：1、3行目"):
        entrusted_file.choose_customers(words=["99", "12", "nobody@post.example"])
    CustomerFactory(email="one@post.example")
    with pytest.raises(NotChosen, match="二つ以上"):
        entrusted_file.choose_customers(words=["one@post.example"])
    with pytest.raises(NotChosen, match="会員番号かメールアドレス"):
        entrusted_file.choose_customers(words=[])


def test_items_that_a_file_can_carry() -> None:
    codes = ["name", "order", "recipient", "newsletter", "campaign"]
    assert entrusted_file.possible_items(codes, orders=True) == ["name", "order", "recipient", "newsletter"]
    assert entrusted_file.possible_items(codes, orders=False) == ["name", "newsletter"]


def test_other_records_by_person(items: dict[str, DataItem], staff: User) -> None:
    PurposeFactory(code="mail", items=[items["email"], items["newsletter"]])
    mailer = supervised(code="mailer", items=[items["email"], items["newsletter"]])
    customer = CustomerFactory(email="one@post.example")
    OrderFactory(customer=customer, kind="newsletter", data={"wanted": True})
    OrderFactory(customer=customer)
    (row,) = rows_of(hand(Chosen((customer.pk,)), mailer, staff, "email newsletter", "mail"))
    assert row == {"メールアドレス": "one@post.example", "メールマガジン": "希望する はい"}


@pytest.mark.parametrize("number", [1, 40])
def test_in_a_constant_number_of_statements(
    carrier: Subcontractor, staff: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    orders = [RecipientFactory().record for _index in range(number)]
    chosen = Chosen(
        tuple(order.customer_id for order in orders),
        tuple(order.pk for order in orders),
        tuple(key for order in orders for key in order.recipients.values_list("pk", flat=True)),
    )
    with django_assert_num_queries(19):
        hand(chosen, carrier, staff, "name order recipient")


def test_an_inquiry_is_forwarded_and_recorded(items: dict[str, DataItem], staff: User) -> None:
    PurposeFactory(code="inquiries", items=[items["inquiry"], items["email"]])
    operator = supervised(code="site", items=[items["inquiry"], items["email"]])
    customer = CustomerFactory()
    asked: dict[str, Any] = {"customer": customer.pk, "subcontractor": operator, "purpose": "inquiries", "now": NOW}
    outcome = entrusting.forward(items=["inquiry", "email"], reference="R-1", actor=staff, **asked)
    assert outcome.handed.customers == {customer.pk}
    record = Entrustment.objects.get()
    assert (record.kind, record.reference, record.allowed) == ("forward", "R-1", 1)
    refused = entrusting.forward(items=["inquiry", "telephone"], reference="R-2", actor=staff, **asked)
    assert refused.handed.customers == frozenset()
    assert Entrustment.objects.get(reference="R-2").reasons == ["items_not_covered"]
    with pytest.raises(ValueError, match="receipt number"):
        entrusting.forward(items=["inquiry"], reference="", actor=staff, **asked)


def test_an_entrustment_is_about_somebody(carrier: Subcontractor, staff: User) -> None:
    with pytest.raises(ValueError, match="somebody"):
        hand(Chosen(()), carrier, staff, "name")


def test_records_are_only_added(carrier: Subcontractor, staff: User) -> None:
    hand(Chosen((CustomerFactory().pk,)), carrier, staff, "name")
    for change in (
        lambda: Entrustment.objects.update(allowed=0, reasons=["x"]),
        lambda: EntrustedPerson.objects.update(allowed=False, reasons=["x"]),
    ):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            change()
    with transaction.atomic():
        EntrustedPerson.objects.all().delete()
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            check_now()
        transaction.set_rollback(True)


def test_who_is_erased_takes_the_line_along_and_the_numbers_stay(carrier: Subcontractor, staff: User) -> None:
    gift = RecipientFactory()
    chosen = entrusted_file.choose_orders(numbers=[gift.record.external_id])
    hand(chosen, carrier, staff, "order recipient")
    with transaction.atomic():
        gift.delete()
        check_now()
    assert EntrustedPerson.objects.get(gift=True).recipient is None
    with transaction.atomic():
        Customer.objects.get(pk=chosen.customers[0]).delete()
        check_now()
    assert not EntrustedPerson.objects.exists()
    assert Entrustment.objects.get().allowed == 2


def check_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_the_file_is_gone_after_a_week(carrier: Subcontractor, staff: User) -> None:
    record = hand(Chosen((CustomerFactory().pk,)), carrier, staff, "name").entrustment
    assert entrusted_file.purge(now=NOW + timedelta(days=6)) == 0
    entrusted_file.open_file(entrustment=record, actor=staff, now=NOW)
    assert entrusted_file.purge(now=NOW + timedelta(days=8)) == 1
    assert entrusted_file.purge(now=NOW + timedelta(days=8)) == 0
    with pytest.raises(NotChosen, match="もうありません"):
        entrusted_file.open_file(entrustment=Entrustment.objects.get(), actor=staff, now=NOW)
    assert AuditEntry.objects.filter(action="entrustment.downloaded").count() == 1
