"""What was withheld or not asked for is in no part of a package; what is held is."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent_app.models import Customer, CustomerIdentity, CustomerRecord, DataItem
from consent_app.models.parts import HELD_ITEMS
from consent_app.services import ledger
from requests_app.connectors.found import held_items
from requests_app.models import Decision, DisclosureRequest
from requests_app.services import decisions
from requests_app.services.package_scope import left_out_provisions
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    ProvisionBasisFactory,
    ProvisionFactory,
    PurposeFactory,
    ReceivedProvisionFactory,
    RecipientFactory,
    SubcontractorFactory,
    catalogue,
)
from tests.factories.core import StaffFactory
from tests.factories.requests import RequestFactory
from tests.requests_app.test_packages import package

pytestmark = pytest.mark.django_db


@pytest.fixture
def items() -> dict[str, DataItem]:
    OperatorFactory()
    return catalogue()


def case(*, wanted: tuple[str, ...] = (), withheld: tuple[str, ...] = ()) -> DisclosureRequest:
    request = RequestFactory.fulfilling(
        decision={"outcome": "partly", "ground": "harm_to_person", "reason": "理由"} if withheld else None,
        wants_everything=not wanted,
    )
    request.wanted_items.set(DataItem.objects.filter(code__in=wanted))
    request.decisions.get().withheld_items.set(DataItem.objects.filter(code__in=withheld))
    return request


def members(request: DisclosureRequest) -> dict[str, str]:
    assert request.customer is not None
    return package(request, Decision.objects.get(request=request), request.customer)


def text(request: DisclosureRequest) -> str:
    return "".join(members(request).values())


def order(request: DisclosureRequest, **data: Any) -> CustomerRecord:
    return OrderFactory(customer=request.customer, data={"number": "N1", "total": "31860", **data})


class TestRecords:
    def test_a_withheld_recipient_is_in_no_order(self, items: dict[str, DataItem]) -> None:
        request = case(withheld=("recipient",))
        RecipientFactory(record=order(request))
        everything = text(request)
        assert "31860" in everything
        assert "贈田" not in everything
        assert "例田7-8-9" not in everything

    @pytest.mark.parametrize("key", ["differs", "sent_to"])
    def test_a_withheld_address_is_in_no_order(self, items: dict[str, DataItem], key: str) -> None:
        request = case(withheld=("address",))
        order(request, **{key: {"address1": "渋谷区別町9-9-9", "telephone": "+81311112222"}})
        everything = text(request)
        assert "別町" not in everything
        assert "+81311112222" in everything

    def test_the_shops_memo_on_an_order_goes_with_notes(self, items: dict[str, DataItem]) -> None:
        request = case(withheld=("note",))
        order(request, memo="要注意の客")
        assert "要注意" not in text(request)

    @pytest.mark.parametrize("kind", CustomerRecord.Kind.values)
    def test_a_record_without_an_item_belongs_to_that_of_its_kind(self, items: dict[str, DataItem], kind: str) -> None:
        request = case(withheld=(kind,))
        RecipientFactory(record=OrderFactory(customer=request.customer, kind=kind, item=None, data={"number": "秘"}))
        assert json.loads(members(request)["data.json"])["records"] == []

    def test_whoever_asks_for_recipients_alone_gets_them(self, items: dict[str, DataItem]) -> None:
        request = case(wanted=("recipient",))
        RecipientFactory(record=order(request))
        order(request)
        records = json.loads(members(request)["data.json"])["records"]
        assert [(row["recipients"][0]["family_name"], row["data"], row["source_id"]) for row in records] == [
            ("贈田", {}, "")
        ]

    def test_a_withheld_member_number_is_not_named_as_a_source_either(self, items: dict[str, DataItem]) -> None:
        request = case(withheld=("membership",))
        customer = request.customer
        assert customer is not None
        customer.origins = {"name": {"source": "eccube", "external_id": "M-777"}}
        customer.save()
        CustomerIdentity.objects.create(customer=customer, source="eccube", external_id="M-777", digest=b"1")
        OrderFactory(customer=customer, kind="note", source="eccube", external_id="M-777", data={"text": "メモ"})
        ConsentFactory(customer=customer, proof="shopify:M-777 Accepts", purpose__items=[items["email"]])
        everything = text(request)
        assert "M-777" not in everything
        assert "eccube" in everything


class TestRegistered:
    def test_state_and_member_numbers_are_in_it(self, items: dict[str, DataItem]) -> None:
        request = case()
        customer = request.customer
        assert customer is not None
        customer.status = Customer.Status.WITHDRAWN
        customer.save()
        CustomerIdentity.objects.create(customer=customer, source="eccube", external_id="M-777", digest=b"1")
        CustomerIdentity.objects.create(customer=customer, source="base", external_id="0B777", digest=b"2")
        files = members(request)
        registered = {row["field"]: row["value"] for row in json.loads(files["data.json"])["registered"]}
        assert registered["status"] == "withdrawn"
        assert registered["customer_number"] == "M-777"
        assert "0B777" not in files["data.json"]
        assert "退会" in files["index.ja.html"]
        assert "会員番号" in files["index.ja.html"]


class TestConsents:
    def test_follow_the_items_of_their_purpose(self, items: dict[str, DataItem]) -> None:
        request = case(wanted=("telephone",))
        for proof, held in (("P-MAIL", [items["email"]]), ("P-PHONE", [items["telephone"], items["email"]])):
            ConsentFactory(customer=request.customer, proof=proof, purpose=PurposeFactory(items=held))
        ConsentFactory(customer=request.customer, proof="P-NONE", purpose=PurposeFactory())
        assert set(re.findall("P-(?:MAIL|PHONE|NONE)", text(request))) == {"P-PHONE"}

    def test_the_newsletters_goes_with_the_newsletter(self, items: dict[str, DataItem]) -> None:
        request = case(withheld=("newsletter",))
        newsletter = PurposeFactory(items=[items["email"], items["newsletter"]])
        ConsentFactory(customer=request.customer, proof="P-NEWS", purpose=newsletter)
        ConsentFactory(customer=request.customer, proof="P-NONE", purpose=PurposeFactory())
        everything = text(request)
        assert "P-NEWS" not in everything
        assert "P-NONE" in everything


class TestProvisions:
    def test_follow_their_items(self, items: dict[str, DataItem]) -> None:
        request = case(withheld=("order",))
        ProvisionFactory(customer=request.customer, recipient_name="甲百貨店", items=[items["order"]])
        ProvisionFactory(customer=request.customer, recipient_name="乙百貨店", items=[items["order"], items["name"]])
        files = members(request)
        assert "甲百貨店" not in "".join(files.values())
        assert [(row["recipient"], row["items"]) for row in json.loads(files["data.json"])["provisions"]] == [
            ("乙百貨店", ["name"])
        ]

    @pytest.mark.parametrize(
        ("basis", "more", "disclosed"),
        [
            ({"article": "27(1)"}, {}, True),
            ({"article": "27(5)iii"}, {}, True),
            ({"article": "27(1)i"}, {}, False),
            ({"article": "27(1)ii"}, {}, False),
            ({"article": "27(1)iv"}, {}, False),
            ({"article": "", "statutory": False, "requires": ["27(1)", "27(1)ii"]}, {}, True),
            ({"article": "", "statutory": False, "requires": ["27(1)", "27(1)ii"]}, {"ground": "27(1)ii"}, False),
            # Given without any ground: what the stop of article 35(3) rests on, so the person must learn of it.
            ({"article": "27(1)ii"}, {"ground": "", "concerns": ["no_ground"]}, True),
            ({"article": "27(1)"}, {"withheld": "investigation"}, False),
        ],
        ids=str,
    )
    def test_those_that_may_hinder_an_investigation_leave_no_trace(
        self, items: dict[str, DataItem], basis: dict[str, Any], more: dict[str, Any], disclosed: bool
    ) -> None:
        request = case()
        without = members(request)
        ProvisionFactory(
            customer=request.customer,
            basis=ProvisionBasisFactory(text_ja="捜査", **basis),
            recipient_name="例県警察",
            items=[items["name"]],
            **more,
        )
        assert (members(request) != without) is disclosed
        assert ("例県警察" in text(request)) is disclosed
        assert request.customer is not None
        assert left_out_provisions(request.customer) == (0 if disclosed else 1)

    def test_consent_is_claimed_only_where_nothing_speaks_against_it(self, items: dict[str, DataItem]) -> None:
        request = case()
        ProvisionFactory(customer=request.customer, recipient_name="甲百貨店", items=[items["name"]])
        ProvisionFactory(
            customer=request.customer,
            recipient_name="乙百貨店",
            items=[items["name"]],
            concerns=["consent_withdrawn"],
        )
        rows = json.loads(members(request)["data.json"])["provisions"]
        assert {row["recipient"]: row["consent"] for row in rows} == {"甲百貨店": True, "乙百貨店": False}

    def test_what_was_taken_back_as_wrong_is_not_told(self, items: dict[str, DataItem]) -> None:
        request = case()
        wrong = ProvisionFactory(customer=request.customer, recipient_name="甲百貨店", items=[items["name"]])
        ledger.reverse(record=wrong, reason="別の人の記録だった", actor=StaffFactory())
        assert "甲百貨店" not in text(request)
        assert request.customer is not None
        assert left_out_provisions(request.customer) == 0

    def test_receipts_follow_their_items_and_are_told_with_how_they_were_acquired(
        self, items: dict[str, DataItem]
    ) -> None:
        request = case(withheld=("order",))
        ReceivedProvisionFactory(customer=request.customer, provider_name="甲協会", items=[items["order"]])
        ReceivedProvisionFactory(customer=request.customer, provider_name="乙協会", items=[items["order"], "name"])
        ReceivedProvisionFactory(customer=request.customer, provider_name="丙協会", withheld="crime")
        everything = text(request)
        assert "甲協会" not in everything
        assert "丙協会" not in everything
        assert [
            (row["provider"], row["how_acquired"], row["items"])
            for row in json.loads(members(request)["data.json"])["received"]
        ] == [("乙協会", "会員の申込みのとき、本人から", ["name"])]
        assert request.customer is not None
        assert left_out_provisions(request.customer) == 1


def test_subcontractors_that_are_not_published_stay_unnamed(items: dict[str, DataItem]) -> None:
    request = case()
    SubcontractorFactory(name_ja="公表の会社", items=[items["name"]])
    SubcontractorFactory(name_ja="非公表の会社", items=[items["name"]], public=False)
    everything = text(request)
    assert "公表の会社" in everything
    assert "非公表の会社" not in everything


def test_everything_that_is_held_has_an_item(items: dict[str, DataItem]) -> None:
    customer = CustomerFactory(company="例社", status="withdrawn")
    assert set(items) >= HELD_ITEMS
    for kind in CustomerRecord.Kind.values:
        record = OrderFactory(customer=customer, kind=kind, item=None)
    RecipientFactory(record=record)
    assert held_items(customer) == HELD_ITEMS


def test_parts_of_records_are_held_under_their_own_items(items: dict[str, DataItem]) -> None:
    customer = Customer.objects.create()
    assert held_items(customer) == set()
    OrderFactory(customer=customer, data={"sent_to": {"postal_code": "1"}, "differs": {"gender": "male"}, "memo": "x"})
    assert held_items(customer) == {"order", "address", "gender", "note"}


@pytest.mark.parametrize(("wanted", "held"), [("order", True), ("recipient", True), ("inquiry", False)])
def test_no_such_data_cannot_be_said_of_what_is_held(items: dict[str, DataItem], wanted: str, held: bool) -> None:
    request = RequestFactory.in_review(wants_everything=False)
    request.wanted_items.set([items[wanted]])
    RecipientFactory(record=OrderFactory(customer=request.customer, item=items["order"]))
    assert (Decision.Outcome.NO_SUCH_DATA not in decisions.allowed_outcomes(request)) is held


def test_statements_do_not_grow_with_what_is_held(items: dict[str, DataItem]) -> None:
    request = case()
    customer = request.customer
    purpose = PurposeFactory(items=[items["email"]])

    def add(count: int, start: int) -> None:
        records = [
            CustomerRecord(customer=customer, kind="order", source="base", external_id=f"Q{n}", item=items["order"])
            for n in range(start, start + count)
        ]
        CustomerRecord.objects.bulk_create(records)
        for record in records[:30]:
            RecipientFactory(record=record)
            ConsentFactory(customer=customer, purpose=purpose)
            ProvisionFactory(customer=customer, items=[items["name"]])

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            members(request)
        return len(captured)

    add(1, 0)
    with_one = statements()
    add(2999, 1)
    # Each of the four readings (two pages, JSON, CSV) takes the recipients and marks of a second chunk of 2,000.
    assert statements() == with_one + 8
    assert with_one < 60


def test_the_time_in_a_part_that_was_asked_for_alone_is_left_out(items: dict[str, DataItem]) -> None:
    request = case(wanted=("address",))
    record = order(request, sent_to={"address1": "渋谷区別町9-9-9", "family_name": "髙橋"})
    record.occurred_at = datetime(2026, 1, 2, tzinfo=UTC)
    record.save()
    (row,) = json.loads(members(request)["data.json"])["records"]
    assert row["data"] == {"sent_to": {"address1": "渋谷区別町9-9-9"}}
    assert row["occurred_at"] is None
