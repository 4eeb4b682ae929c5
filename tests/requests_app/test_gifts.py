"""What somebody gets who received a gift and is no customer: theirs, and nothing of the sender."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from consent_app.domain.formats.rows import Person, RecipientRow, RecordRow, SourceRow
from consent_app.models import (
    CustomerRecord,
    EntrustedPerson,
    Entrustment,
    ErasureMark,
    ErasureRecord,
    Recipient,
    Subcontractor,
)
from consent_app.services import gift_erasure
from privacy_portal.core.models import AuditEntry
from privacy_portal.core.services import files, uploads
from requests_app.domain.transitions import Status
from requests_app.models import Decision, DisclosureRequest, GiftLink
from requests_app.services import decisions, effects, fulfilment, identity
from requests_app.services.decisions import Proposal
from requests_app.services.errors import ErasureNotSeen, InvalidDecision
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    PurposeFactory,
    RecipientFactory,
    SubcontractorFactory,
    catalogue,
)
from tests.factories.core import StaffFactory as AdminFactory
from tests.factories.core import pass_second_factor
from tests.factories.requests import RequestFactory, StaffFactory
from tests.support.hostile_files import pdf, taken

pytestmark = pytest.mark.django_db

Outcome = Decision.Outcome
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SENDER = {
    "family_name": "匿名",
    "given_name": "贈主",
    "family_kana": "トクメイ",
    "given_kana": "オクリヌシ",
    "email": "sender@sender.example",
    "telephone": "+81355556666",
    "postal_code": "9998888",
    "prefecture": "沖縄県",
    "address1": "那覇市送主町1-1-1",
    "address2": "送主ビル",
    "name_key": "匿名贈主",
}
ORDER = {
    "items": [{"product": "秘密の指輪", "quantity": "1"}],
    "total": "98765",
    "differs": {"family_name": "旧姓送主", "email": "former@sender.example"},
    "memo": "のしは不要。驚かせたいとのこと。",
}
# Every value of the sender and of their order, in the spellings in which it could come out.
OF_THE_SENDER = (
    "匿名", "贈主", "トクメイ", "オクリヌシ", "sender.example", "55556666", "5555-6666", "9998888", "999-8888", "沖縄",
    "送主", "秘密の指輪", "98765", "98,765", "旧姓", "のし", "GIFT-ORDER-77", "03:04",
)  # fmt: skip


@pytest.fixture(autouse=True)
def operator() -> None:
    OperatorFactory()
    items = catalogue()
    PurposeFactory(items=[items["recipient"]], text_ja="商品をお届けするため", text_en="To deliver what was ordered")
    PurposeFactory(items=[items["order"]], text_ja="注文者だけの目的", text_en="Only for who orders")
    SubcontractorFactory(items=[items["recipient"], items["order"]], name_ja="例の運送", public=True)


def gift(**changes: Any) -> Recipient:
    sender = CustomerFactory(originals={"telephone": "03-5555-6666"}, **SENDER)
    order = OrderFactory(
        customer=sender, external_id="GIFT-ORDER-77", occurred_at=datetime(2026, 5, 6, 18, 4, tzinfo=UTC), data=ORDER
    )
    RecipientFactory(record=order, family_name="別の", given_name="贈先", postal_code="7770001", address1="別町")
    given = {"telephone": "+81666667777", "originals": {"address1": "大阪市北区例田７－８－９"}}
    return RecipientFactory(record=order, **{**given, **changes})


def case(recipient: Recipient, request_type: str = "disclosure", link: bool = True, **more: Any) -> DisclosureRequest:
    stated = {"family_name": "贈田", "given_name": "先夫", "postal_code": "5300001"}
    request = RequestFactory.in_identity_review(request_type=request_type, party=stated, **more)
    gifts = [recipient] if link else []
    identity.confirm(request=request, actor=StaffFactory(), customer=None, note="伝票を見た", now=NOW, gifts=gifts)
    return DisclosureRequest.objects.get(pk=request.pk)


def decide(request: DisclosureRequest, outcome: str = Outcome.GRANTED, **more: Any) -> DisclosureRequest:
    decisions.decide(request=request, actor=StaffFactory(), proposal=Proposal(outcome, **more), now=NOW)
    assert fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    return DisclosureRequest.objects.get(pk=request.pk)


def content(request: DisclosureRequest, kind: str) -> bytes:
    return b"".join(files.open_stream(request.answer_files.get(kind=kind).file))


def package(request: DisclosureRequest) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content(request, "package"))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def letter(request: DisclosureRequest) -> str:
    pages = PdfReader(io.BytesIO(content(request, "letter"))).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_recipient_gets_what_is_held_of_them_and_nothing_of_the_sender(language: str) -> None:
    request = decide(case(gift(), language=language))
    parts = package(request)
    whole = "".join([*parts, *parts.values(), letter(request)])
    assert [value for value in OF_THE_SENDER if value in whole] == []
    assert "別の" not in whole, "another recipient of the same order"
    assert "注文者だけの目的" not in whole
    for value in (
        "贈田",
        "先夫",
        "大阪府",
        "大阪市北区例田7-8-9",
        "大阪市北区例田７－８－９",
        "2026-05-07",
        "例の運送",
        "商品をお届けするため",
    ):
        assert value in parts["index.ja.html"], value
    assert "530-0001" in parts["index.en.html"]
    data = json.loads(parts["data.json"])
    assert {row["field"]: row["value"] for row in data["received_gifts"]} == {
        "family_name": "贈田",
        "given_name": "先夫",
        "postal_code": "5300001",
        "prefecture": "大阪府",
        "address1": "大阪市北区例田7-8-9",
        "telephone": "+81666667777",
    }
    assert request.status == Status.ANSWERED


def test_what_is_withheld_or_not_asked_for_is_left_out() -> None:
    items = catalogue()
    request = decide(
        case(gift()), Outcome.PARTLY, ground="harm_to_person", reason="理由。", withheld_items=[items["telephone"]]
    )
    assert "66667777" not in "".join(package(request).values())
    narrowed = case(RecipientFactory(), wants_everything=False)
    narrowed.wanted_items.set([items["address"]])
    fields = {row["field"] for row in json.loads(package(decide(narrowed))["data.json"])["received_gifts"]}
    assert fields == {"postal_code", "prefecture", "address1"}


def test_a_customer_who_also_received_a_gift_gets_both() -> None:
    recipient = gift()
    stated = {"family_name": "贈田", "given_name": "先夫", "postal_code": "5300001"}
    request = RequestFactory.in_identity_review(party=stated)
    own = CustomerFactory(family_name="贈田", given_name="先夫", name_key="贈田先夫", email="self@post.example")
    identity.confirm(request=request, actor=StaffFactory(), customer=own, note="見た", now=NOW, gifts=[recipient])
    parts = package(decide(DisclosureRequest.objects.get(pk=request.pk)))
    assert "self@post.example" in parts["data.json"]
    assert "大阪市北区例田7-8-9" in parts["gifts.json"]
    assert [value for value in OF_THE_SENDER if value in "".join(parts.values())] == []


def test_an_import_that_makes_the_recipient_anew_does_not_lose_the_judgement() -> None:
    recipient = gift()
    request = case(recipient)
    values = {
        name: getattr(recipient, name) for name in ("record", "family_name", "given_name", "postal_code", "name_key")
    }
    recipient.delete()
    Recipient.objects.create(**values, address1="新しい町")
    assert "新しい町" in package(decide(request))["data.json"]


def test_nobody_else_can_be_linked_by_a_key_that_was_posted() -> None:
    gift()
    other = Recipient.objects.get(family_name="別の")
    request = case(other)
    assert not GiftLink.objects.exists()
    assert decisions.allowed_outcomes(request) == [Outcome.REFUSED, Outcome.NOT_VALID]


def test_reconsidering_takes_the_judgement_back() -> None:
    request = case(gift())
    assert AuditEntry.objects.get(action="identity.gifts_linked").detail == {"count": 1}
    identity.reconsider(request=request, actor=StaffFactory(), note="違う人かもしれない", now=NOW)
    assert not GiftLink.objects.exists()


def test_the_purposes_are_those_of_the_delivery() -> None:
    request = decide(case(gift(), "purpose_notice"))
    assert "商品をお届けするため" in letter(request)
    assert "注文者だけの目的" not in letter(request)


def test_recipients_are_in_no_ledger() -> None:
    assert decisions.allowed_outcomes(case(gift(), "provision_records")) == [Outcome.NO_SUCH_DATA, Outcome.NOT_VALID]


@pytest.mark.parametrize(
    ("request_type", "grounds"),
    [("correction", []), ("stop_use", ["not_needed"]), ("stop_provision", ["provided"])],
)
def test_what_is_done_by_hand_is_told(request_type: str, grounds: list[str]) -> None:
    recipient = gift()
    request = case(recipient, request_type, grounds=grounds)
    assert Outcome.GRANTED in decisions.allowed_outcomes(request)
    with pytest.raises(InvalidDecision) as caught:
        decide(request)
    assert caught.value.field == "reason"
    # Staff took it out of the shop's system, and the import took it out here.
    Recipient.objects.filter(pk=recipient.pk).delete()
    request = decide(request, reason="お届け先を「大阪市北区新町1」に直しました。")
    assert "大阪市北区新町1" in letter(request)
    assert not [value for value in OF_THE_SENDER if value in letter(request)]


def test_an_erasure_takes_the_recipient_out_of_the_order_and_keeps_them_out() -> None:
    recipient = gift()
    order = recipient.record
    file = uploads.store(taken(pdf()), name="shipping")
    given = Entrustment.objects.create(
        subcontractor=Subcontractor.objects.get(), items=["recipient"], asked=1, allowed=1, kind="export", file=file
    )
    EntrustedPerson.objects.create(
        entrustment=given, customer=order.customer, recipient=recipient, gift=True, allowed=True
    )
    request = case(recipient, "erasure", grounds=["no_longer_needed"])
    found = effects.erasure_preview(request, set(), NOW)
    assert dict(found.counts) == {"recipients": 1, "files": 1}
    request = decide(request, seen=found.token)
    assert not Recipient.objects.filter(pk=recipient.pk).exists()
    assert [row.family_name for row in order.recipients.all()] == ["別の"]
    file.refresh_from_db()
    assert file.erased_at is not None
    assert CustomerRecord.objects.filter(pk=order.pk).exists()
    assert "贈り先" in letter(request)
    assert AuditEntry.objects.filter(action="recipient.erased").count() == 1
    again = {"recipients": [recipient.pk], "reference": "x", "key": "x", "actor": "worker", "now": NOW}
    assert gift_erasure.erase(**again) == 0
    record = ErasureRecord.objects.get(reference=request.receipt_number)
    assert (record.items, record.counts, record.everything) == (["recipient"], {"recipients": 1}, False)
    # A backup from before is restored: the journal has the marks.
    back = RecipientFactory(record=order, family_name="贈田", given_name="先夫")
    marks = {bytes(mark) for mark in ErasureMark.objects.values_list("digest", flat=True)}
    assert gift_erasure.erase_marked(marks=marks, actor="command") == 1
    assert not Recipient.objects.filter(pk=back.pk).exists()

    def kept_out(ordered_at: datetime | None, **changes: str) -> bool:
        to = RecipientRow(**{"family_name": "贈田", "given_name": "先夫", **changes})
        sent = RecordRow("order", ordered_at, {}, recipients=[to])
        row = SourceRow(line=1, source=order.source, external_id=order.external_id, person=Person(), records=[sent])
        return gift_erasure.KeptOut([row]).has(row, to.family_name, to.given_name, ordered_at)

    assert kept_out(order.occurred_at)
    assert kept_out(None)
    assert not kept_out(order.occurred_at, given_name="別人")
    assert not kept_out(timezone.now() + timedelta(days=1))


def test_a_part_of_a_recipient_is_erased_by_hand() -> None:
    request = case(gift(), "erasure", grounds=["no_longer_needed"], wants_everything=False)
    assert decisions.by_hand(request)


def test_nothing_is_erased_that_nobody_looked_at() -> None:
    request = case(gift(), "erasure", grounds=["no_longer_needed"])
    with pytest.raises(ErasureNotSeen):
        decide(request, seen="")
    assert Recipient.objects.filter(family_name="贈田").exists()


def test_staff_tick_the_gifts_and_read_what_will_be_given(client: Client) -> None:
    recipient, account = gift(), AdminFactory()
    pass_second_factor(client, account)
    stated = {"family_name": "贈田", "given_name": "先夫", "postal_code": "5300001"}
    request = RequestFactory.in_identity_review(party=stated)
    page = reverse("admin:requests_app_case_identity", args=[request.pk])
    assert "本人が贈り先になっている注文" in client.get(page).content.decode()
    values = {"customer": "nobody", "note": "伝票を見た", "gifts": [str(recipient.pk)]}
    assert client.post(page, values).status_code == 302
    assert request.gift_links.get().record == recipient.record
    page = reverse("admin:requests_app_disclosurerequest_change", args=[request.pk])
    assert "1件の注文の贈り先を、本人と判断しました。" in client.get(page).content.decode()
    page = reverse("admin:requests_app_case_decide", args=[request.pk])
    text = client.post(page, {"outcome": "granted", "reason": ""}).content.decode()
    assert "贈り先として保有しているデータだけを渡します。" in text
