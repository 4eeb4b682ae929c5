"""What somebody gets who received a gift and is no customer: theirs, and nothing of the sender."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from consent_app.domain.formats.rows import Person, RecipientRow, RecordRow, SourceRow
from consent_app.domain.gate import Entrusted, ThirdParty
from consent_app.domain.normalise import name_key
from consent_app.models import (
    CustomerRecord,
    EntrustedPerson,
    Entrustment,
    ErasureMark,
    ErasureRecord,
    Purpose,
    Recipient,
    RecipientChange,
    RecipientSuspension,
    Subcontractor,
)
from consent_app.services import erasure, erasure_journal, gate, gift_erasure
from privacy_portal.core.models import AuditEntry
from privacy_portal.core.services import files, uploads
from requests_app import selectors
from requests_app.domain.transitions import Status
from requests_app.models import Decision, DisclosureRequest, GiftLink, RetentionHold
from requests_app.portal import registered_rows
from requests_app.services import changes, decisions, effects, erasure_again, fulfilment, identity, undo
from requests_app.services.decisions import Proposal
from requests_app.services.errors import ErasureNotSeen
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
    stated = {"family_name": "贈田", "given_name": "先夫", "postal_code": recipient.postal_code}
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
    recipient = gift()
    other = Recipient.objects.get(family_name="別の")
    stated = {"family_name": "贈田", "given_name": "先夫", "postal_code": recipient.postal_code}
    request = RequestFactory.in_identity_review(party=stated)
    identity.confirm(request=request, actor=StaffFactory(), customer=None, note="伝票を見た", now=NOW, gifts=[other])
    request = DisclosureRequest.objects.get(pk=request.pk)
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
    assert gift_erasure.erase_marked(marks=marks, actor="command").rows == 1
    assert not Recipient.objects.filter(pk=back.pk).exists()

    def kept_out(ordered_at: datetime | None, **changes: str) -> bool:
        return brought_by_an_import(order, ordered_at, **changes) is None

    assert kept_out(order.occurred_at)
    assert kept_out(None)
    assert not kept_out(order.occurred_at, given_name="別人")
    assert not kept_out(timezone.now() + timedelta(days=1))


def brought_by_an_import(order: CustomerRecord, ordered_at: datetime | None, **changes: str) -> Recipient | None:
    """What an import of the order, as the shop still has it, makes of the recipient; None where it is kept out."""
    given = {"family_name": "贈田", "given_name": "先夫", "postal_code": "5300001", "telephone": "+81666667777"}
    to = RecipientRow(**{**given, "prefecture": "大阪府", "address1": "大阪市北区例田7-8-9", **changes})
    sent = RecordRow("order", ordered_at, {}, recipients=[to])
    row = SourceRow(line=1, source=order.source, external_id=order.external_id, person=Person(), records=[sent])
    values = {name: getattr(to, name) for name in Recipient.ITEM_FIELDS["name"] + Recipient.ITEM_FIELDS["address"]}
    recipient = Recipient(telephone=to.telephone, **values)
    return recipient if gift_erasure.Decided([row]).apply(row, recipient, ordered_at) else None


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


# ------------------------------------------------------------------------------- correction, parts, stops

NEW = {"postal_code": "6008001", "prefecture": "京都府", "address1": "京都市下京区新町1", "address2": ""}


def correction(recipient: Recipient, item: str = "address", **values: Any) -> DisclosureRequest:
    request = case(recipient, "correction")
    change = request.changes.create(position=1, item=catalogue()[item], present="古い", wanted="新しい")
    changes.examine(
        change=change, actor=StaffFactory(), accepted=True, finding="伝票と照合した。", now=NOW,
        values=values or NEW, gift_orders=[recipient.record_id],
    )  # fmt: skip
    return request


def test_a_correction_is_written_into_the_order_and_outlives_an_import() -> None:
    recipient = gift()
    order = recipient.record
    request = decide(correction(recipient))
    recipient.refresh_from_db()
    assert (recipient.postal_code, recipient.address1, recipient.telephone) == (
        "6008001", "京都市下京区新町1", "+81666667777",
    )  # fmt: skip
    assert recipient.originals == {}
    assert "京都市下京区新町1" in letter(request)
    assert not [value for value in OF_THE_SENDER if value in letter(request)]
    entry = RecipientChange.objects.get()
    assert entry.before == [
        {"postal_code": "5300001", "prefecture": "大阪府", "address1": "大阪市北区例田7-8-9", "address2": ""}
    ]
    assert entry.reference == request.receipt_number
    again = brought_by_an_import(order, order.occurred_at)
    assert again is not None
    assert (again.address1, again.prefecture, again.person_key) == ("京都市下京区新町1", "京都府", recipient.person_key)
    # What stopped in the middle begins anew, and finds it done.
    effects.change(effects.Preparation(request.decisions.get(), set(), NOW, NOW))
    assert RecipientChange.objects.count() == 1
    other = order.recipients.exclude(pk=recipient.pk).get()
    assert (other.address1, other.own_items) == ("別町", [])


def test_a_corrected_name_is_the_persons_own_key_still() -> None:
    recipient = gift()
    key = recipient.person_key
    request = decide(correction(recipient, "name", family_name="贈多", given_name="先夫"))
    recipient.refresh_from_db()
    assert (recipient.name_key, recipient.person_key) == ("贈多先夫", key)
    again = brought_by_an_import(recipient.record, None)
    assert again is not None
    assert again.family_name == "贈多"
    assert [row.pk for row in selectors.linked_recipients(request)] == [recipient.pk]


def test_the_sender_never_reads_what_the_recipient_had_corrected() -> None:
    recipient = gift()
    decide(correction(recipient))
    sender = recipient.record.customer
    theirs = decide(RequestFactory.in_review(customer=sender))
    whole = "".join(package(theirs).values())
    assert "贈田" in whole, "what the sender gave themself is theirs"
    assert [value for value in ("京都", "6008001", "600-8001", "新町") if value in whole] == []
    shown = registered_rows.records(sender, registered_rows.Catalogue(), None).object_list
    assert "京都" not in str(shown)


def test_a_wrong_correction_is_taken_back() -> None:
    recipient = gift()
    request = decide(correction(recipient))
    [change] = undo.done_by(request).changes
    undo.take_back(request=request, change=change, actor=StaffFactory(), reason="取り違え", now=NOW)
    undo.take_back(request=request, change=change, actor=StaffFactory(), reason="取り違え", now=NOW)
    recipient.refresh_from_db()
    assert recipient.address1 == "大阪市北区例田7-8-9"
    assert RecipientChange.objects.count() == 2
    assert recipient.own_items == [], "the sender reads again what they gave themself"
    again = brought_by_an_import(recipient.record, recipient.record.occurred_at)
    assert again is not None
    assert (again.address1, again.own_items) == ("大阪市北区例田7-8-9", [])
    other = RequestFactory.answered(request_type="correction")
    with pytest.raises(undo.CannotTakeBack):
        undo.take_back(request=other, change=change, actor=StaffFactory(), reason="x", now=NOW)


def test_of_two_corrections_the_first_one_stands_when_the_second_is_taken_back_and_both_ways() -> None:
    recipient = gift()
    first = decide(correction(recipient))
    recipient.refresh_from_db()
    second = decide(correction(recipient, "address", address1="神戸市中央区例町2"))
    staff = StaffFactory()

    def take_back(request: DisclosureRequest, minutes: int) -> None:
        newest = RecipientChange.objects.filter(reference=request.receipt_number).latest("at")
        at = NOW + timedelta(minutes=minutes)
        undo.take_back(request=request, change=newest, actor=staff, reason="取り違え", now=at)
        recipient.refresh_from_db()

    def imported() -> tuple[str, list[str]]:
        again = brought_by_an_import(recipient.record, recipient.record.occurred_at)
        assert again is not None
        return again.address1, again.own_items

    take_back(second, 1)
    assert (recipient.address1, recipient.own_items) == ("京都市下京区新町1", ["address"])
    assert imported() == ("京都市下京区新町1", ["address"])
    take_back(second, 2)
    assert (recipient.address1, recipient.own_items) == imported() == ("神戸市中央区例町2", ["address"])
    take_back(second, 3)
    take_back(first, 4)
    assert (recipient.address1, recipient.own_items) == imported() == ("大阪市北区例田7-8-9", [])


def test_history_is_never_rewritten() -> None:
    decide(correction(gift()))
    with pytest.raises(IntegrityError), transaction.atomic():
        RecipientChange.objects.update(reference="別")


def test_only_linked_orders_are_corrected_and_one_has_to_be_chosen() -> None:
    recipient, stranger = gift(), RecipientFactory(address1="よその町")
    request = case(recipient, "correction")
    change = request.changes.create(position=1, item=catalogue()["recipient"], present="a", wanted="b")
    given = {"change": change, "actor": StaffFactory(), "accepted": True, "finding": "x", "now": NOW}
    values = {**NEW, "family_name": "贈田", "given_name": "先夫", "telephone": ""}
    for orders in ([], [stranger.record_id]):
        with pytest.raises(changes.InvalidFinding):
            changes.examine(**given, values=values, gift_orders=orders)
    changes.examine(**given, values=values, gift_orders=[recipient.record_id, stranger.record_id])
    decide(request)
    recipient.refresh_from_db()
    stranger.refresh_from_db()
    assert (recipient.address1, recipient.telephone, stranger.address1) == ("京都市下京区新町1", "", "よその町")


def test_a_part_of_a_recipient_is_erased_and_stays_away() -> None:
    recipient = gift()
    decide(correction(recipient))
    recipient.refresh_from_db()
    request = case(recipient, "erasure", grounds=["no_longer_needed"], wants_everything=False)
    request.wanted_items.set([catalogue()["address"]])
    found = effects.erasure_preview(request, set(), NOW)
    assert dict(found.counts) == {"parts": 1, "recipient_changes": 1}
    decide(request, seen=found.token)
    recipient.refresh_from_db()
    assert (recipient.family_name, recipient.telephone) == ("贈田", "+81666667777")
    assert {getattr(recipient, column) for column in Recipient.ITEM_FIELDS["address"]} == {""}
    assert not RecipientChange.objects.exists(), "the history would say it still"
    again = brought_by_an_import(recipient.record, recipient.record.occurred_at)
    assert again is not None
    assert (again.family_name, again.address1, again.postal_code) == ("贈田", "", "")
    marks = {bytes(mark) for mark in ErasureMark.objects.values_list("digest", flat=True)}
    Recipient.objects.filter(pk=recipient.pk).update(address1="バックアップの町")
    assert gift_erasure.erase_marked(marks=marks, actor="command").rows == 1
    recipient.refresh_from_db()
    assert (recipient.address1, recipient.family_name) == ("", "贈田")


def test_what_is_withheld_of_an_erasure_stays() -> None:
    recipient = gift()
    request = case(recipient, "erasure", grounds=["no_longer_needed"])
    withheld = [catalogue()["telephone"]]
    token = effects.erasure_preview(request, {"telephone"}, NOW).token
    decide(request, Outcome.PARTLY, ground="newer_claim_wrong", reason="理由。", withheld_items=withheld, seen=token)
    recipient.refresh_from_db()
    assert (recipient.family_name, recipient.address1, recipient.telephone) == ("", "", "+81666667777")
    # Without a name the row is still known as this person's.
    assert [row.pk for row in selectors.linked_recipients(request)] == [recipient.pk]


@pytest.mark.parametrize("request_type", ["stop_use", "stop_provision"])
def test_a_stop_holds_at_the_gate_and_after_an_import(request_type: str) -> None:
    recipient = gift()
    ground = {"stop_use": "interests_harmed", "stop_provision": "without_consent"}[request_type]
    delivery = Purpose.objects.get(text_en="To deliver what was ordered")
    Purpose.objects.filter(pk=delivery.pk).update(shipping=True)
    request = decide(case(recipient, request_type, grounds=[ground]))
    stop = RecipientSuspension.objects.get()
    assert (stop.kind, stop.reference, stop.purpose) == (request_type[5:], request.receipt_number, None)
    effect = effects.stop_use if request_type == "stop_use" else effects.stop_provision
    effect(effects.Preparation(request.decisions.get(), set(), NOW, NOW))
    assert RecipientSuspension.objects.count() == 1
    assert "use_suspended" not in gate_reasons(delivery.code, RecipientFactory()), "nobody else is stopped"
    values = {name: getattr(recipient, name) for name in ("record", "family_name", "given_name", "address1")}
    recipient.delete()
    anew = Recipient.objects.create(**values)
    if request_type == "stop_use":
        assert gate_reasons(delivery.code, anew) == {"use_suspended"}
        to = Entrusted("nobody", delivery.code)
        assert "use_suspended" in gate.may_provide_gift_recipient(recipient=anew.pk, to=to, at=LATER).reasons
    else:
        assert gate_reasons(delivery.code, anew) == {"gift_shipping"}
        third = ThirdParty("X", "consent", delivery.code, "JP")
        assert "provision_suspended" in gate.may_provide_gift_recipient(recipient=anew.pk, to=third, at=LATER).reasons
    ending = {"actor": StaffFactory(), "reason": "wish", "note": "電話で聞いた", "now": timezone.now()}
    with pytest.raises(undo.CannotTakeBack):
        undo.end_stop(request=RequestFactory.answered(), stop=stop, **ending)
    undo.end_stop(request=request, stop=stop, **ending)
    undo.end_stop(request=request, stop=stop, **{**ending, "reason": "mistake"})
    stop.refresh_from_db()
    assert (stop.end_reason, stop.end_note) == ("wish", "電話で聞いた")
    assert gate_reasons(delivery.code, anew, timezone.now() + timedelta(minutes=1)) == {"gift_shipping"}


LATER = NOW + timedelta(days=365)


def gate_reasons(purpose: str, recipient: Recipient, at: datetime = LATER) -> set[str]:
    return set(gate.may_use_gift_recipient(recipient=recipient.pk, purpose=purpose, at=at).reasons)


def test_who_ships_is_told_by_the_number_of_the_order() -> None:
    recipient = gift()
    ships = Subcontractor.objects.get()
    given = Entrustment.objects.create(subcontractor=ships, items=["recipient"], asked=1, allowed=1, kind="export")
    EntrustedPerson.objects.create(
        entrustment=given, customer=recipient.record.customer, recipient=recipient, gift=True, allowed=True
    )
    request = decide(correction(recipient))
    told = request.instructions.get()
    assert (told.subcontractor, told.kind) == (ships, "correct")
    assert told.identifier == f"{recipient.record.source}: GIFT-ORDER-77"
    assert "京都市下京区新町1" in (told.text or "")
    assert "贈主" not in (told.identifier + (told.text or ""))


def test_the_sender_who_is_erased_takes_what_was_decided_for_the_recipient_along() -> None:
    recipient = gift()
    decide(correction(recipient))
    decide(case_again(recipient, "stop_use", ["interests_harmed"]))
    sender = recipient.record.customer
    token = erasure.preview(customer=sender, items=None, now=NOW).token
    erasure.erase(customer=sender, items=None, token=token, reference="R-1", key="k", actor="worker", now=NOW)
    assert not RecipientChange.objects.exists()
    assert not RecipientSuspension.objects.exists()


def case_again(recipient: Recipient, request_type: str, grounds: list[str]) -> DisclosureRequest:
    recipient.refresh_from_db()
    return case(recipient, request_type, grounds=grounds)


def test_staff_examine_what_is_held_of_a_recipient(client: Client) -> None:
    recipient, account = gift(), AdminFactory()
    pass_second_factor(client, account)
    request = case(recipient, "correction")
    change = request.changes.create(position=1, item=catalogue()["address"], present="古い", wanted="新しい")
    page = reverse("admin:requests_app_case_examine_one", args=[request.pk, change.pk])
    text = client.get(page).content.decode()
    assert "大阪市北区例田7-8-9" in text
    assert "GIFT-ORDER-77" in text
    assert "沖縄" not in text
    values = {"accepted": "yes", "finding": "伝票", "gift_orders": [str(recipient.record_id)], **NEW}
    assert client.post(page, values).status_code == 302
    page = reverse("admin:requests_app_case_decide", args=[request.pk])
    text = client.post(page, {"outcome": "granted", "reason": ""}).content.decode()
    assert "直した内容は、送り主には見せません。" in text
    request = decide(request)
    [done] = undo.done_by(request).changes
    page = reverse("admin:requests_app_case_take_back", args=[request.pk, done.pk])
    assert "京都市下京区新町1" in client.get(page).content.decode()
    assert client.post(page, {"note": "取り違え"}).status_code == 302
    recipient.refresh_from_db()
    assert recipient.address1 == "大阪市北区例田7-8-9"


def test_a_stop_is_ended_on_its_own_page_with_its_reason(client: Client) -> None:
    recipient, account = gift(), AdminFactory()
    pass_second_factor(client, account)
    request = decide(case(recipient, "stop_use", grounds=["interests_harmed"]))
    stop = RecipientSuspension.objects.get()
    home = reverse("admin:requests_app_disclosurerequest_change", args=[request.pk])
    page = reverse("admin:requests_app_case_end_stop", args=[request.pk, stop.pk])
    assert page in client.get(home).content.decode()
    assert "停止を終える" in client.get(page).content.decode()
    values = {"reason": "mistake", "note": "別の人の注文だった", "confirmed": "on"}
    assert client.post(page, {**values, "note": ""}).status_code == 200
    assert client.post(page, values).status_code == 302
    stop.refresh_from_db()
    assert (stop.end_reason, stop.end_note) == ("mistake", "別の人の注文だった")
    assert "もう終わっています" in client.get(page, follow=True).content.decode()
    other = RequestFactory.answered(request_type="stop_use")
    assert client.get(reverse("admin:requests_app_case_end_stop", args=[other.pk, stop.pk])).status_code == 404


# -------------------------------------------------------------------------------- earlier answers, customers


def kept(request: DisclosureRequest) -> set[str]:
    return set(request.answer_files.filter(file__erased_at=None).values_list("kind", flat=True))


def erased(recipient: Recipient, **more: Any) -> DisclosureRequest:
    request = case(recipient, "erasure", grounds=["no_longer_needed"], **more)
    return decide(request, seen=effects.erasure_preview(request, set(), NOW).token)


def test_earlier_answers_go_with_the_whole_recipient_and_nobody_elses() -> None:
    recipient = gift()
    other = recipient.record.recipients.exclude(pk=recipient.pk).get()
    Recipient.objects.filter(pk=other.pk).update(name_key=name_key("別の", "贈先"))
    earlier = decide(case(recipient))
    neighbour = RequestFactory.in_identity_review(
        party={"family_name": "別の", "given_name": "贈先", "postal_code": "7770001"}
    )
    identity.confirm(request=neighbour, actor=StaffFactory(), customer=None, note="x", now=NOW, gifts=[other])
    neighbour = decide(DisclosureRequest.objects.get(pk=neighbour.pk))
    sender = decide(RequestFactory.in_review(customer=recipient.record.customer))
    held = decide(case(recipient))
    RetentionHold.objects.create(request=held, kind="dispute", reason="訴えの準備", placed_by=StaffFactory())
    done = erased(recipient)
    assert kept(earlier) == set()
    assert kept(neighbour) == kept(sender) == {"letter", "package"}
    assert kept(done) == {"letter"}
    assert kept(held) == {"letter", "package"}, "it goes when the hold ends"
    assert not held.answer_files.filter(expires_at__gt=timezone.now()).exists(), "and opens no more"


@pytest.mark.parametrize("part", [False, True])
def test_a_backup_from_before_forgets_the_recipient_and_their_answers_again(tmp_path: Path, part: bool) -> None:
    recipient = gift()
    earlier = decide(case(recipient))
    neighbour = decide(RequestFactory.in_review(customer=recipient.record.customer))
    journal = tmp_path / "erasures"
    journal.write_text(journal_entry(recipient, frozenset({"address"}) if part else None).sealed() + "\n")

    done = erasure_again.again(journals=[journal])

    assert done == {"erased": 1}
    found = Recipient.objects.filter(pk=recipient.pk).first()
    if part:
        assert found is not None
        assert (found.family_name, found.address1) == ("贈田", "")
        assert kept(earlier) == {"letter", "package"}
    else:
        assert found is None
        assert kept(earlier) == set()
    assert kept(neighbour) == {"letter", "package"}


def journal_entry(recipient: Recipient, items: frozenset[str] | None) -> erasure_journal.Entry:
    """What the journal has of an erasure, of which the database knows nothing: it is the backup from before."""
    erasing = {"recipients": [recipient.pk], "items": items, "reference": "R-1", "key": "k", "actor": "worker"}
    with transaction.atomic():
        gift_erasure.erase(**erasing, now=NOW)
        record = ErasureRecord.objects.get()
        marks = tuple(bytes(mark) for mark in ErasureMark.objects.values_list("digest", flat=True))
        transaction.set_rollback(True)
    return erasure_journal.Entry(
        record=record.pk, customer=recipient.pk, reference="R-1", key="k", items=tuple(record.items), marks=marks,
        at=NOW,
    )  # fmt: skip


def test_an_answer_about_an_order_that_was_not_linked_stays() -> None:
    recipient, further = gift(), RecipientFactory(family_name="贈田", given_name="先夫", postal_code="5300001")
    request = RequestFactory.in_identity_review(
        party={"family_name": "贈田", "given_name": "先夫", "postal_code": "5300001"}
    )
    both = [recipient, further]
    identity.confirm(request=request, actor=StaffFactory(), customer=None, note="x", now=NOW, gifts=both)
    earlier = decide(DisclosureRequest.objects.get(pk=request.pk))
    erased(recipient)
    assert kept(earlier) == {"letter", "package"}
    erased(further)
    assert kept(earlier) == set()


def customer_in_review(**party: str) -> tuple[DisclosureRequest, Recipient]:
    own = CustomerFactory(
        family_name="贈田", given_name="先夫", name_key="贈田先夫", postal_code="5300001", email="self@post.example"
    )
    recipient = gift()
    RecipientFactory(record=OrderFactory(customer=own), family_name="贈田", given_name="先夫", postal_code="5300001")
    return RequestFactory.in_review(customer=own, **party), recipient


def test_gifts_of_others_are_offered_for_a_customer_and_never_linked_by_themselves() -> None:
    request, recipient = customer_in_review()
    # What is in their own order is theirs anyway.
    assert [row.pk for row in selectors.recipients(request)] == [recipient.pk]
    assert selectors.linked_recipients(request) == []
    assert "gifts.json" not in package(decide(request))


def test_staff_choose_the_gifts_of_a_customer(client: Client) -> None:
    request, recipient = customer_in_review()
    account = AdminFactory()
    pass_second_factor(client, account)
    page = reverse("admin:requests_app_case_gifts", args=[request.pk])
    text = client.get(page).content.decode()
    assert "大阪市北区例田7-8-9" in text
    assert not [value for value in ("贈主", "送主町", "sender.example") if value in text]
    stranger = RecipientFactory(family_name="他人", name_key=name_key("他人", "先夫"))
    assert client.post(page, {"gifts": [str(stranger.pk)], "note": "x"}).status_code == 200, "not among the offered"
    assert client.post(page, {"gifts": [str(recipient.pk)], "note": "伝票を見た"}).status_code == 302
    assert request.gift_links.get().persons == [recipient.person_key.hex()]
    parts = package(decide(request))
    assert "大阪市北区例田7-8-9" in parts["gifts.json"]
    assert [value for value in OF_THE_SENDER if value in "".join(parts.values())] == []
    assert client.post(page, {"gifts": [], "note": "x"}).status_code in (302, 403)
    assert request.gift_links.count() == 1, "decided: nothing is chosen any more"


def test_a_customers_erasure_takes_the_gifts_along_that_were_chosen() -> None:
    request, recipient = customer_in_review()
    DisclosureRequest.objects.filter(pk=request.pk).update(request_type="erasure", grounds=["no_longer_needed"])
    request = DisclosureRequest.objects.get(pk=request.pk)
    alone = effects.erasure_preview(request, set(), NOW)
    identity.choose_gifts(request=request, actor=StaffFactory(), gifts=[recipient], note="伝票", now=NOW)
    found = effects.erasure_preview(request, set(), NOW)
    assert found.token != alone.token
    assert found.counts["recipients"] == alone.counts["recipients"] + 1
    decide(request, seen=found.token)
    assert not Recipient.objects.filter(family_name="贈田").exists()
    assert CustomerRecord.objects.filter(external_id="GIFT-ORDER-77").exists()


def test_a_customers_own_address_and_the_gift_are_corrected_together() -> None:
    request, recipient = customer_in_review()
    DisclosureRequest.objects.filter(pk=request.pk).update(request_type="correction")
    request = DisclosureRequest.objects.get(pk=request.pk)
    change = request.changes.create(position=1, item=catalogue()["address"], present="a", wanted="b")
    identity.choose_gifts(request=request, actor=StaffFactory(), gifts=[recipient], note="伝票", now=NOW)
    given = {"change": change, "actor": StaffFactory(), "accepted": True, "finding": "x", "values": NEW, "now": NOW}
    changes.examine(**given, gift_orders=[recipient.record_id])
    # Another judgement about the orders takes the finding that names them back.
    identity.choose_gifts(request=request, actor=StaffFactory(), gifts=[], note="別人", now=NOW)
    change.refresh_from_db()
    assert change.accepted is None
    changes.examine(**given)
    decide(request)
    recipient.refresh_from_db()
    assert recipient.address1 == "大阪市北区例田7-8-9"
    request.customer.refresh_from_db()
    assert request.customer.address1 == "京都市下京区新町1"
