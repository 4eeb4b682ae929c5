"""Who is told what was decided: those who got the data by the records, at once; who may have it, after a look."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from consent_app.models import (
    Customer,
    CustomerIdentity,
    EntrustedPerson,
    Entrustment,
    LedgerReversal,
    Subcontractor,
)
from privacy_portal.core.models import OutgoingMail
from requests_app import selectors_instructions
from requests_app.domain.instructions import AddresseeKind, Event, Kind, State
from requests_app.domain.transitions import Status
from requests_app.models import CaseNote, DisclosureRequest, Instruction, InstructionContact
from requests_app.services import forwarding, fulfilment, instructions, notes, passing_on
from requests_app.services.errors import NotAllowed
from requests_app.services.forwarding import Refused
from requests_app.services.instructions import InvalidInstruction
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    ProvisionFactory,
    PurposeFactory,
    SubcontractorFactory,
    catalogue,
)
from tests.factories.core import pass_second_factor
from tests.factories.requests import DecisionFactory, PersonFactory, RequestFactory, StaffFactory
from tests.factories.supervision import supervised
from tests.requests_app.services.test_erasure import asked as erasure_asked
from tests.requests_app.services.test_erasure import seen
from tests.requests_app.services.test_every_right import NOW, Outcome, answer

pytestmark = pytest.mark.django_db


def handed(customer: Customer, subcontractor: Subcontractor, **fields: Any) -> None:
    values = {"items": ["name", "address"], "asked": 1, "allowed": 1, "kind": "export", **fields}
    entrustment = Entrustment.objects.create(subcontractor=subcontractor, **values)
    refused = {} if values["allowed"] else {"reasons": ["agreement_missing"]}
    EntrustedPerson.objects.create(
        entrustment=entrustment, customer=customer, allowed=bool(values["allowed"]), **refused
    )


def contact(subcontractor: Subcontractor, **fields: Any) -> InstructionContact:
    return InstructionContact.objects.create(
        kind="subcontractor", subcontractor=subcontractor, **{"email": "dpo@carrier.example", **fields}
    )


def identity(customer: Customer) -> None:
    CustomerIdentity.objects.create(customer=customer, source="eccube", external_id="12", digest=b"x")


def by_name(rows: list[passing_on.Planned]) -> dict[str, passing_on.Planned]:
    return {row.addressee.name: row for row in rows}


def test_an_erasure_reaches_whoever_got_the_data_and_the_names_outlive_it() -> None:
    customer, request = erasure_asked()
    identity(customer)
    carrier, perhaps = (
        SubcontractorFactory(name_ja="例運輸"),
        supervised(name_ja="例印刷", items=list(catalogue().values())),
    )
    handed(customer, carrier)
    contact(carrier)
    ProvisionFactory(customer=customer, recipient_name="例の百貨店")

    answer(request, Outcome.GRANTED, seen=seen(request))

    rows = {row.addressee: row for row in Instruction.objects.all()}
    assert set(rows) == {"例運輸", "例印刷", "例の百貨店"}
    certain = rows["例運輸"]
    assert (certain.kind, certain.state, certain.identifier) == (Kind.ERASE, State.SENT, "eccube: 12")
    assert certain.items == ["address", "name"]
    assert perhaps == rows["例印刷"].subcontractor
    assert (rows["例印刷"].kind, rows["例印刷"].state) == (Kind.ERASE, State.DRAFTED)
    assert (rows["例の百貨店"].kind, rows["例の百貨店"].state) == (Kind.NOTIFY_ERASURE, State.DRAFTED)
    mail = OutgoingMail.objects.get(template="instruction_sent")
    assert mail.recipient == "dpo@carrier.example"
    request.refresh_from_db()
    assert request.status == Status.ANSWERED
    # The case can end while an acknowledgement is outstanding; the dashboard names it.
    assert [one.pk for one in selectors_instructions.for_staff(NOW.date())] == [request.pk]


def test_an_effect_that_runs_twice_instructs_once() -> None:
    customer, request = erasure_asked()
    carrier = SubcontractorFactory()
    handed(customer, carrier)
    decision = DecisionFactory(request=request)
    first = passing_on.make(decision=decision, now=NOW)
    assert [row.pk for row in passing_on.make(decision=decision, now=NOW)] == [row.pk for row in first]
    assert Instruction.objects.count() == 1


@pytest.mark.parametrize("outcome", ["refused", "no_such_data", "alternative"])
def test_only_a_positive_decision_is_passed_on(outcome: str) -> None:
    customer, request = erasure_asked()
    handed(customer, SubcontractorFactory())
    words = {"ground": "unfounded", "reason": "理由"} if outcome != "no_such_data" else {}
    measure = {"measure": "止めます"} if outcome == "alternative" else {}
    decision = DecisionFactory(request=request, outcome=outcome, **words, **measure)
    assert passing_on.make(decision=decision, now=NOW) == []


def test_without_an_address_or_an_agreed_identifier_it_waits_for_staff() -> None:
    customer, request = erasure_asked()
    nowhere, unnamed = SubcontractorFactory(name_ja="宛先なし"), SubcontractorFactory(name_ja="番号なし")
    handed(customer, nowhere)
    handed(customer, unnamed)
    contact(unnamed)
    plan = by_name(passing_on.plan(request))
    assert all(row.certain and not row.sent_at_once for row in plan.values())
    passing_on.make(decision=DecisionFactory(request=request), now=NOW)
    assert {row.state for row in Instruction.objects.all()} == {State.DRAFTED}
    assert not OutgoingMail.objects.filter(template="instruction_sent").exists()


@pytest.mark.parametrize(("how", "told"), [("number", "eccube: 12"), ("email", "hanako@post.example")])
def test_only_what_was_agreed_names_the_person(how: str, told: str) -> None:
    customer, request = erasure_asked()
    identity(customer)
    carrier = SubcontractorFactory()
    handed(customer, carrier)
    contact(carrier, identifier=how)
    (planned,) = passing_on.plan(request)
    assert planned.identifier == told


def test_refused_attempts_and_reversed_records_reach_nobody() -> None:
    customer, request = erasure_asked()
    handed(customer, SubcontractorFactory(), allowed=0, reasons=["agreement_missing"])
    provision = ProvisionFactory(customer=customer)
    LedgerReversal.objects.create(provision=provision, reason="まちがい", recorded_by=StaffFactory())
    assert passing_on.plan(request) == []


def test_withheld_items_are_not_named() -> None:
    customer, request = erasure_asked()
    items = catalogue()
    handed(customer, SubcontractorFactory(name_ja="住所だけ"), items=["address"])
    handed(customer, SubcontractorFactory(name_ja="両方"))
    plan = by_name(passing_on.plan(request, withheld_items=[items["address"]]))
    assert set(plan) == {"両方"}
    assert plan["両方"].items == {"name"}


def test_a_stop_for_one_purpose_reaches_who_got_the_data_for_it() -> None:
    items = catalogue()
    mail, ads = PurposeFactory(items=[items["name"]]), PurposeFactory(items=[items["name"]])
    customer = CustomerFactory(email="hanako@post.example")
    request = RequestFactory.in_review(request_type="stop_use", customer=customer, wants_everything=False)
    request.wanted_purposes.set([ads])
    handed(customer, SubcontractorFactory(name_ja="配信"), purpose=mail)
    handed(customer, SubcontractorFactory(name_ja="広告"), purpose=ads)
    assert set(by_name(passing_on.plan(request))) == {"広告"}
    passing_on.make(decision=DecisionFactory(request=request), now=NOW)
    assert ads.text_ja in (Instruction.objects.get().text or "")


def test_a_stop_of_provision_reaches_third_parties_and_no_subcontractor() -> None:
    customer = CustomerFactory(email="hanako@post.example")
    catalogue()
    request = RequestFactory.in_review(request_type="stop_provision", customer=customer)
    handed(customer, SubcontractorFactory(name_ja="委託"))
    abroad = SubcontractorFactory(name_ja="外国の委託先", country="US")
    ProvisionFactory(customer=customer, subcontractor=abroad, recipient_name="Abroad Inc.")
    ProvisionFactory(customer=customer, recipient_name="例の百貨店")
    plan = by_name(passing_on.plan(request))
    assert {name: row.kind for name, row in plan.items()} == {
        "外国の委託先": Kind.STOP_PROVISION,
        "例の百貨店": Kind.NOTIFY_STOP,
    }


def test_a_correction_tells_the_new_content_of_what_they_hold_only() -> None:
    items = catalogue()
    customer = CustomerFactory(email="hanako@post.example")
    identity(customer)
    request = RequestFactory.in_review(request_type="correction", customer=customer)
    for position, (code, value, accepted) in enumerate(
        (("company", "例の会社", True), ("telephone", "断ったもの", False), ("gender", "女性", True))
    ):
        request.changes.create(
            position=position,
            item=items[code],
            wanted=value,
            accepted=accepted,
            finding=f"{value}に直す",
            examined_at=NOW,
            values_text='{"company": "例の会社"}' if code == "company" else None,
        )
    carrier = SubcontractorFactory()
    handed(customer, carrier, items=["company", "telephone", "address"])
    contact(carrier)
    passing_on.make(decision=DecisionFactory(request=request), now=NOW)
    row = Instruction.objects.get()
    assert (row.kind, row.state, row.items) == (Kind.CORRECT, State.SENT, ["company"])
    assert "例の会社" in (row.text or "")
    assert "断ったもの" not in (row.text or "")


def inquiry() -> DisclosureRequest:
    return RequestFactory.in_review(request_type="inquiry")


def test_an_inquiry_is_forwarded_after_the_gate_and_recorded() -> None:
    OperatorFactory()
    items = catalogue()
    purpose = PurposeFactory(items=[items["name"], items["email"]])
    maker = supervised(items=[items["name"], items["email"]])
    request = inquiry()
    row = forwarding.forward(
        request=request,
        contact=contact(maker),
        purpose=purpose,
        items=[items["name"], items["email"]],
        text="レンズに傷がある。返信は hanako@post.example へ。",
        actor=StaffFactory(),
        now=NOW,
    )
    assert (row.kind, row.state) == (Kind.FORWARD, State.SENT)
    assert row.entrustment is not None
    assert (row.entrustment.reference, row.entrustment.allowed) == (request.receipt_number, 1)
    body = OutgoingMail.objects.get(template="instruction_sent").body_text or ""
    assert "傷" not in body
    assert "hanako" not in body


def test_a_refusal_of_the_gate_is_recorded_and_nothing_leaves() -> None:
    items = catalogue()
    purpose = PurposeFactory(items=[items["name"]])
    maker = SubcontractorFactory(items=[items["name"]])
    with pytest.raises(Refused) as caught:
        forwarding.forward(
            request=inquiry(),
            contact=contact(maker),
            purpose=purpose,
            items=[items["name"]],
            text="傷がある",
            actor=StaffFactory(),
            now=NOW,
        )
    assert caught.value.reasons
    assert Entrustment.objects.get().allowed == 0
    assert not Instruction.objects.exists()
    assert not OutgoingMail.objects.filter(template="instruction_sent").exists()


def test_only_inquiries_of_linked_persons_are_forwarded() -> None:
    items = catalogue()
    maker = contact(supervised(items=[items["name"]]))
    for request in (RequestFactory.in_review(), RequestFactory.in_review(request_type="inquiry", customer=None)):
        with pytest.raises(InvalidInstruction):
            forwarding.forward(
                request=request,
                contact=maker,
                purpose=PurposeFactory(),
                items=[items["name"]],
                text="傷がある",
                actor=StaffFactory(),
                now=NOW,
            )
    assert not Entrustment.objects.exists()


def test_notes_are_for_staff_and_only_added() -> None:
    OperatorFactory()
    request = RequestFactory.in_review()
    notes.write(request=request, actor=StaffFactory(), body="弁護士に相談中", now=NOW)
    with pytest.raises(NotAllowed):
        notes.write(request=request, actor=PersonFactory(), body="x", now=NOW)
    with pytest.raises(InvalidInstruction):
        notes.write(request=request, actor=StaffFactory(), body=" ", now=NOW)
    assert request.applicant is not None
    client = Client()
    client.force_login(request.applicant)
    page = client.get(f"/requests/{request.receipt_number}/").content.decode()
    assert "弁護士" not in page
    assert CaseNote.objects.get().body == "弁護士に相談中"


@pytest.fixture
def staff(client: Client) -> Client:
    OperatorFactory()
    catalogue()
    pass_second_factor(client, StaffFactory())
    return client


def page_of(case: DisclosureRequest, step: str = "change/?tab=instructions") -> str:
    return f"/admin/requests_app/disclosurerequest/{case.pk}/{step}"


def test_the_pages_of_a_case(staff: Client) -> None:
    case = RequestFactory.in_review()
    there = InstructionContact.objects.create(kind="staff", name="倉庫", email="stock@shop.example")
    values = {"addressee": f"contact:{there.pk}", "kind": "question", "text": "いつ発送しましたか。"}
    assert staff.post(page_of(case, "instruct/"), {**values, "text": ""}).status_code == 200
    assert not Instruction.objects.exists()
    assert staff.post(page_of(case, "instruct/"), values).status_code == 302
    row = Instruction.objects.get()
    instructions.answer(
        instruction=row, round=1, event=Event.ANSWERED, text="20日です。", done_on=None, now=row.created_at
    )
    staff.post(page_of(case, "note/"), {"body": "倉庫に聞いた"})
    then = staff.post(page_of(case, "finding/"), {"place": "倉庫の台帳", "result": "found", "note": "出荷の控え"})
    assert "/findings/" in then.headers["Location"], "what was found is put into the answer next"
    tab = staff.get(page_of(case)).content.decode()
    for words in ("倉庫", "返答あり", "倉庫に聞いた", "倉庫の台帳", "終わっていない指示が1件"):
        assert words in tab
    assert "倉庫の台帳" in staff.get(page_of(case, "decide/")).content.decode()
    one = staff.get(page_of(case, "instructions/1/")).content.decode()
    assert "20日です。" in one
    assert staff.get(page_of(case, "instructions/2/")).status_code == 404
    record = {"action": "record", "event": "done", "done_on": "2020-01-01", "text": "確認した"}
    assert staff.post(page_of(case, "instructions/1/"), record).status_code == 200
    day = (row.created_at + timedelta(hours=9)).date().isoformat()
    assert staff.post(page_of(case, "instructions/1/"), {**record, "done_on": day}).status_code == 302
    row.refresh_from_db()
    assert row.state == State.DONE
    assert "終わっていない指示" not in staff.get(page_of(case)).content.decode()


def test_what_is_typed_stays_when_the_gate_refuses(staff: Client) -> None:
    items = catalogue()
    case = inquiry()
    maker = contact(SubcontractorFactory(items=[items["name"]]))
    purpose = PurposeFactory(items=[items["name"]])
    values = {"contact": maker.pk, "purpose": purpose.pk, "items": [items["name"].pk], "text": "レンズに傷"}
    page = staff.post(page_of(case, "forward/"), values).content.decode()
    assert "レンズに傷" in page
    assert "委託先の選定が記録されていません。" in page


def test_the_preview_names_everybody_before_the_decision(staff: Client) -> None:
    customer, request = erasure_asked()
    identity(customer)
    carrier = SubcontractorFactory(name_ja="例運輸")
    handed(customer, carrier)
    contact(carrier)
    ProvisionFactory(customer=customer, recipient_name="例の百貨店")
    page = staff.post(page_of(request, "decide/"), {"outcome": "granted"}).content.decode()
    assert "データを持っている相手への連絡" in page
    for words in ("例運輸", "すぐに送ります", "例の百貨店", "送ってよいかを確かめて"):
        assert words in page
    assert not Instruction.objects.exists()


def test_the_register_of_addresses_refuses_what_names_nobody(staff: Client) -> None:
    values = {"kind": "recipient", "name": "", "email": "a@b.example", "language": "ja", "identifier": "number"}
    assert staff.post("/admin/requests_app/instructioncontact/add/", values).status_code == 200
    values["name"] = "例の百貨店"
    assert staff.post("/admin/requests_app/instructioncontact/add/", values).status_code == 302
    assert InstructionContact.objects.get().kind == AddresseeKind.RECIPIENT


def test_a_crash_of_the_effect_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    customer, request = erasure_asked()
    identity(customer)
    carrier = SubcontractorFactory()
    handed(customer, carrier)
    contact(carrier)
    DecisionFactory(request=request)
    DisclosureRequest.objects.filter(pk=request.pk).update(status=Status.FULFILLING)

    def broken(preparation: object) -> None:
        raise RuntimeError

    monkeypatch.setitem(fulfilment.EFFECTS, "erase", broken)
    with pytest.raises(RuntimeError):
        fulfilment.fulfil(request_id=request.pk, now=NOW)
    assert not Instruction.objects.exists()
    assert not OutgoingMail.objects.filter(template="instruction_sent").exists()
