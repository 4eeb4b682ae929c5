"""One case with a row of everything that can hang on a case, each with words by which it is found again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from consent_app.models import CustomerChange, DataItem
from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import uploads
from requests_app import models as m
from requests_app.domain.silence import Stage
from requests_app.domain.transitions import Actor, Event, Note, Status
from tests.factories import evidence as documents
from tests.factories.consent import CustomerFactory, OrderFactory, catalogue
from tests.factories.requests import DecisionFactory, FeeFactory, IdentityCheckFactory, PartyFactory, RequestFactory
from tests.factories.requests import StaffFactory as Staff
from tests.support.hostile_files import pdf, taken

AT = datetime(2026, 11, 16, 2, 30, tzinfo=UTC)
DAY = date(2026, 11, 16)

# Models without an encrypted text of their own -> words of the case file that stand for them.
WORDS = {
    "requests_app.party": "高橋　花子",
    "requests_app.answerfile": "公開の期限",
    "requests_app.silencenotice": "返答を待つ最後の日",
    "requests_app.fee": "内訳の言葉",
    "requests_app.payment": "入金の言葉",
    "requests_app.requestevent": "受け付けました",
    "requests_app.giftlink": "贈り物の係",
    "requests_app.evidence": "運転免許証",
    "requests_app.answermail": "パスフレーズを見た回数",
    "requests_app.postcode": "郵便の係",
    "requests_app.callback": "電話の係",
    "requests_app.callattempt": "注文や問い合わせの時期と内容",
    "requests_app.receivedfile": "original",
    "requests_app.identitycheck": "照合の言葉",
}


def text_of(model: str, field: str) -> str:
    """What stands in an encrypted text."""
    return f"{model} {field} text"


def _file(name: str) -> Any:
    return uploads.store(taken(pdf()), name=name)


def full_case() -> m.DisclosureRequest:
    """A closed request that came by letter and met everything; no way through the product would bring all of it."""
    staff, second = Staff(display_name="担当の係"), Staff(display_name="確認の係")
    catalogue()
    name, address = DataItem.objects.get(code="name"), DataItem.objects.get(code="address")
    customer = CustomerFactory()
    case = RequestFactory.create(
        receipt_number="RK7D8P2M4X",
        status=Status.CLOSED,
        channel="letter",
        applicant=None,
        registered_by=staff,
        customer=customer,
        assigned_to=staff,
        answer_method="paper",
        answer_method_note=text_of("disclosurerequest", "answer_method_note"),
        wants_everything=False,
        wanted_note=text_of("disclosurerequest", "wanted_note"),
        answered_at=AT,
        closed_at=AT,
    )
    case.wanted_items.set([name, address])
    PartyFactory(request=case, birth_date=text_of("party", "birth_date"))
    _who(case, staff)
    _work(case, staff, name)
    _outcome(case, staff, second, address)
    _timeline(case, staff)
    CustomerChange.objects.create(
        customer=customer,
        item="name",
        before_text="{}",
        after_text="{}",
        channel="request",
        at=AT,
        reference=case.receipt_number,
    )
    return case


def _who(case: m.DisclosureRequest, staff: Any) -> None:
    IdentityCheckFactory(
        request=case, state="passed", finished_at=AT, note="照合の言葉", decided_by=staff,
        findings={"codes": ["name.equal", "address.moved"]},
    )  # fmt: skip
    m.PostCode.objects.create(
        request=case, ordered_by=staff, ordered_at=AT, expires_at=AT + timedelta(days=14), printed_at=AT, sent_on=DAY,
        sent_by=Staff(display_name="郵便の係"), ended_at=AT, tracking_number="12345678901", code_digest=b"0" * 32,
    )  # fmt: skip
    announced = m.CallBack.objects.create(
        request=case, announced_by=Staff(display_name="電話の係"), announced_at=AT, ended_at=AT
    )
    m.CallAttempt.objects.create(
        call_back=announced, position=1, called_by=staff, called_at=AT, outcome="not_matched",
        asked=["name", "order"], matched=["name"],
    )  # fmt: skip
    m.GiftLink.objects.create(request=case, record=OrderFactory(), linked_by=Staff(display_name="贈り物の係"))
    m.EvidenceRequest.objects.create(
        request=case, proofs=["principal"], note=text_of("evidencerequest", "note"), asked_by=staff, asked_at=AT
    )
    document = documents.given(case)
    m.EvidenceJudgement.objects.create(
        evidence=document, accepted=True, proofs=["principal"], checks=["name", "address"],
        note=text_of("evidencejudgement", "note"), judged_by=staff, judged_at=AT,
    )  # fmt: skip
    m.ReceivedFile.objects.create(request=case, file=_file("original"), added_by=staff, added_at=AT)
    m.Correction.objects.create(
        request=case, field="principal.family_name", made_by=staff,
        **{field: text_of("correction", field) for field in ("before", "after", "reason")},
    )  # fmt: skip


def _work(case: m.DisclosureRequest, staff: Any, item: DataItem) -> None:
    fee = FeeFactory(request=case, explanation="内訳の言葉", accepted_at=AT, settled_at=AT)
    m.Payment.objects.create(fee=fee, amount_yen=1100, on=DAY, note="入金の言葉", recorded_by=staff)
    finding = m.CaseFinding.objects.create(
        request=case, place=text_of("casefinding", "place"), result="found", note=text_of("casefinding", "note"),
        author=staff, item=item,
    )  # fmt: skip
    m.FoundContent.objects.create(finding=finding, text=text_of("foundcontent", "text"), added_by=staff)
    m.FoundContent.objects.create(finding=finding, file=_file("found"), added_by=staff)
    m.CaseNote.objects.create(request=case, body=text_of("casenote", "body"), author=staff)
    m.HandOver.objects.create(request=case, by=staff, to=staff, note=text_of("handover", "note"))
    question = m.Message.objects.create(
        request=case, from_person=False, author=staff, channel="letter", on=DAY, asks_reply=True, body="いつですか。"
    )
    answer = m.Message.objects.create(
        request=case, from_person=True, author=staff, channel="letter", on=DAY, body=text_of("message", "body"),
        sent_at=question.sent_at + timedelta(minutes=1),
    )  # fmt: skip
    m.MessageFile.objects.create(
        request=case, message=answer, file=_file("attachment"), name=text_of("messagefile", "name")
    )
    m.RequestedChange.objects.create(
        request=case, position=1, item=item, accepted=True, examined_at=AT, examined_by=staff,
        values_text='{"family_name": "鈴木", "given_name": "花子"}',
        **{field: text_of("requestedchange", field) for field in ("present", "wanted", "why", "finding")},
    )  # fmt: skip
    instruction = m.Instruction.objects.create(
        request=case, number=1, kind="correct", addressee_kind="staff", addressee="倉庫", due_on=DAY, items=["name"],
        identifier=text_of("instruction", "identifier"), text=text_of("instruction", "text"), created_by=staff,
    )  # fmt: skip
    m.InstructionEntry.objects.create(
        instruction=instruction, event="answered", by="addressee", text=text_of("instructionentry", "text")
    )


def _outcome(case: m.DisclosureRequest, staff: Any, second: Any, withheld: DataItem) -> None:
    returned = m.DecisionProposal.objects.create(
        request=case, outcome="alternative", ground="harm_to_person", basis="0" * 64, state="returned",
        proposed_by=staff, settled_by=second, settled_at=AT,
        **{field: text_of("decisionproposal", field) for field in ("reason", "measure", "remark")},
    )  # fmt: skip
    returned.withheld_items.set([withheld])
    old = DecisionFactory(
        request=case, outcome="alternative", ground="harm_to_person", superseded_at=AT,
        **{field: text_of("decision", field) for field in ("reason", "measure")},
    )  # fmt: skip
    decision = DecisionFactory(request=case, outcome="partly", ground="harm_to_person", reason="一部だけです。")
    decision.withheld_items.set([withheld])
    m.AnswerFile.objects.create(request=case, decision=decision, kind="letter", file=_file("answer"), expires_at=AT)
    mail = OutgoingMail.objects.create(template="answer", language="ja", message_id="<full-case@shop.example>")
    m.AnswerMail.objects.create(decision=old, mail=mail, passphrase=text_of("answermail", "passphrase"))
    m.SilenceNotice.objects.create(
        request=case, turn_at=AT, stage=Stage.WARNING, closes_on=DAY, sent_on=DAY, sent_by=staff
    )
    m.TargetExtension.objects.create(
        request=case, from_on=DAY, to_on=DAY + timedelta(days=7), reason=text_of("targetextension", "reason"),
        extended_by=staff,
    )  # fmt: skip
    m.RetentionHold.objects.create(
        request=case, kind="suit", reason=text_of("retentionhold", "reason"), placed_by=staff, ended_by=staff,
        ended_at=timezone.now(), end_reason=text_of("retentionhold", "end_reason"),
    )  # fmt: skip


def _timeline(case: m.DisclosureRequest, staff: Any) -> None:
    events: list[tuple[str, dict[str, str]]] = [
        (Note.RECEIVED, {}),
        (Event.POSTED, {"sent_on": "2026-11-16", "tracking_number": "12345678901"}),
    ]
    for kind, data in events:
        m.RequestEvent.objects.create(
            request=case, kind=kind, to_status=case.status, actor_kind=Actor.STAFF, actor=staff, data=data, at=AT
        )
