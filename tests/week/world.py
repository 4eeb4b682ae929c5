"""What customers and staff do in the week: who asks for what, who answers, who stays silent, who refuses."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from consent_app.models import Customer, RequestRule
from privacy_portal.core.models import User
from requests_app.domain.evidence import Reason
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.domain.transitions import ENDED_STATUSES, Status
from requests_app.models import Decision, DisclosureRequest, Evidence, Fee, Payment
from requests_app.services import (
    changes,
    decisions,
    effects,
    evidence,
    evidence_review,
    evidence_state,
    fees,
    fulfilment,
    identity,
    intake,
    lifecycle,
    messages,
)
from requests_app.services.decisions import Proposal
from tests.factories import evidence as papers
from tests.factories.consent import CustomerFactory, OperatorFactory, PurposeFactory, RequestRuleFactory, catalogue
from tests.factories.requests import PersonFactory, StaffFactory

ANSWERS: dict[str, Any] = {
    "requester": "person",
    "family_name": "高橋",
    "given_name": "花子",
    "postal_code": "1000001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "telephone": "09012345678",
    "answer_method": "download",
}
AGENT = {
    "agent_family_name": "代理",
    "agent_given_name": "太郎",
    "agent_telephone": "0312345678",
}
CHANGE = {"item_0": "address", "present_0": "旧住所", "wanted_0": "横浜市例区例町1-2-3", "why_0": "引っ越しました。"}
Outcome = Decision.Outcome
FEE_TYPES = ("disclosure", "purpose_notice")
# Nobody is believed in these without a document, agent or not.
DOCUMENT_TYPES = ("erasure",)
# Who asks, and what becomes of it: the first ones of every week, so that the smallest has one of each.
ANSWERS_ALL, SILENT, WITHDRAWS, REFUSED, ANEW = "answers", "silent", "withdraws", "refused", "sends documents anew"
WHOLE, PARTS, TOO_MUCH, LATE = "paid", "paid in parts", "paid too much", "paid late"
PLAN = [
    ("mandated", ANSWERS_ALL),
    ("customer", SILENT),
    ("parent", ANEW),
    ("customer", WITHDRAWS),
    ("customer", REFUSED),
    ("mandated", SILENT),
    ("stranger", ANSWERS_ALL),
    ("parent", WITHDRAWS),
]
PAYMENTS = [PARTS, TOO_MUCH, LATE, WHOLE]
# What must have happened in every week, by the words of ``World.done``.
ALWAYS = (
    *(PARTS, TOO_MUCH, LATE, WHOLE, "paid back", "withdrawn", "replied", "decided: refused", "decided: granted"),
    *("sent documents", "document not accepted", "asked for documents anew", "agent confirmed by documents"),
    *("sent by mandated", "sent by parent", "sent by customer", "sent by stranger"),
)


@dataclass
class World:
    """The operator, its customers and its staff."""

    chance: random.Random
    staff: User = field(default_factory=StaffFactory)
    fates: dict[Any, str] = field(default_factory=dict)
    payments: dict[Any, str] = field(default_factory=dict)
    principals: dict[Any, Customer] = field(default_factory=dict)
    plan: list[tuple[str, str]] = field(default_factory=lambda: list(PLAN))
    charged: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def furnish(self, customers: int) -> None:
        """The operator with every type of request, a fee for two of them, and so many customers."""
        OperatorFactory()
        catalogue()
        PurposeFactory(code="newsletter")
        for code in REQUEST_TYPES:
            fee = {"fee": RequestRule.Fee.FIXED, "fee_yen": 1100} if code in FEE_TYPES else {}
            level = {"identity_level": RequestRule.IdentityLevel.DOCUMENTS} if code in DOCUMENT_TYPES else {}
            RequestRuleFactory(request_type=code, **fee, **level)
        Customer.objects.bulk_create(CustomerFactory.build_batch(customers), batch_size=500)
        self.customers = list(Customer.objects.order_by("email").values_list("email", flat=True))

    def send(self, number: int, address: str) -> None:
        """A customer, an agent or a stranger asks for something; each type in its turn."""
        code = list(REQUEST_TYPES)[number % len(REQUEST_TYPES)]
        who, fate, payment = self._fate(code)
        entry = REQUEST_TYPES[code]
        answers = {**ANSWERS, "wanted_note": f"請求 {number}", "wants_everything": True}
        if entry.grounds:
            answers["grounds"] = [entry.grounds[0].code]
        if "changes" in entry.asks:
            answers |= CHANGE
        is_agent = who in ("mandated", "parent")
        if is_agent:
            answers |= {"requester": who, **AGENT}
        elif self.chance.random() < 0.15:
            answers["answer_method"] = "paper"
        email = address if who == "customer" else f"{who}{number}@post.example"
        user = PersonFactory(email=email, language=self.chance.choice(["ja", "ja", "en"]))
        request = intake.submit(
            user=user, request_type=code, answers=answers, language=user.language, address_proven=True, now=now()
        )
        self.fates[request.pk], self.payments[request.pk] = fate, payment
        if is_agent:
            self.principals[request.pk] = Customer.objects.get(email=address)
        self.done[f"sent by {who}"] += 1

    def _fate(self, code: str) -> tuple[str, str, str]:
        """Who asks, what becomes of it, and how it is paid for."""
        if code in FEE_TYPES and self.charged < len(PAYMENTS):
            payment = PAYMENTS[self.charged]
            self.charged += 1
            return "customer", ANSWERS_ALL, payment
        payment = self.chance.choices(PAYMENTS, [20, 15, 15, 50])[0]
        if code not in FEE_TYPES and self.plan:
            return (*self.plan.pop(0), payment)
        who = self.chance.choices(["customer", "stranger", "mandated", "parent"], [70, 12, 12, 6])[0]
        fate = self.chance.choices([ANSWERS_ALL, SILENT, WITHDRAWS, REFUSED, ANEW], [60, 16, 10, 10, 4])[0]
        return who, fate, payment

    def people_act(self) -> None:
        """Whoever owes an answer gives it, takes the request back, or says nothing."""
        waiting = (Status.IDENTITY_WAITING, Status.WAITING, Status.FEE_WAITING)
        for request in DisclosureRequest.objects.filter(status__in=waiting).select_related("applicant"):
            fate = self.fates[request.pk]
            if fate == SILENT or request.applicant is None:
                continue
            if fate == WITHDRAWS:
                lifecycle.withdraw(request=request, actor=request.applicant, now=now())
                self.done["withdrawn"] += 1
            elif request.status == Status.FEE_WAITING:
                self._pay(request)
            elif evidence_state.documents_owed(request):
                self._send_documents(request)
            elif request.messages.filter(from_person=False).exists():
                messages.reply(request=request, actor=request.applicant, body="はい、そうです。", now=now())
                self.done["replied"] += 1

        for fee in Fee.objects.filter(request__status__in=ENDED_STATUSES, payments=None).select_related("request"):
            if self.payments[fee.request_id] == LATE and self.fates[fee.request_id] == ANSWERS_ALL:
                self._money(fee, Payment.Kind.PAYMENT, fee.amount_yen)
                self.done[LATE] += 1

    def _send_documents(self, request: DisclosureRequest) -> None:
        """A picture of each thing that was asked for, from the telephone, and then all of them at once."""
        asked = evidence_state.open_request(request)
        assert asked is not None
        for need in evidence_state.asked_needs(asked):
            evidence.add(
                request=request, actor=request.applicant, proof=need.proof, document=need.documents[0],
                uploads=[papers.upload()], now=now(),
            )  # fmt: skip
        evidence.send(request=request, actor=request.applicant, now=now())
        self.done["sent documents"] += 1

    def _pay(self, request: DisclosureRequest) -> None:
        """All of it, half of it and the rest the next time, too much, or nothing until it is too late."""
        fee = Fee.objects.get(request=request)
        how = self.payments[request.pk]
        if how == LATE:
            return
        if fee.accepted_at is None:
            fees.accept(request=request, actor=request.applicant, now=now())
        owed = fee.amount_yen - fees.paid_yen(fee)
        if how == PARTS and owed == fee.amount_yen:
            self._money(fee, Payment.Kind.PAYMENT, owed // 2)
            return
        self._money(fee, Payment.Kind.PAYMENT, owed + 400 if how == TOO_MUCH else owed)
        self.done[how] += 1

    def _money(self, fee: Fee, kind: str, amount_yen: int) -> None:
        fees.record_money(
            fee=fee, actor=self.staff, kind=kind, amount_yen=amount_yen, on=timezone.localdate(now()),
            method=Payment.Method.TRANSFER, note="振込", now=now(),
        )  # fmt: skip

    def staff_act(self) -> None:
        """Each open case is taken one step further."""
        for request in DisclosureRequest.objects.filter(status=Status.IDENTITY_REVIEW).select_related("customer"):
            if request.evidence.exists():
                self._judge(request)
            elif not request.messages.exists() and self.chance.random() < 0.5:
                messages.ask(request=request, actor=self.staff, body="ご登録のお名前を教えてください。", now=now())
                self.done["asked who it is"] += 1
            elif self.chance.random() < 0.5:
                self._decide(request, Outcome.IDENTITY_NOT_CONFIRMED)
            else:
                identity.confirm(
                    request=request, actor=self.staff, customer=None, note="電話で確かめました。", now=now()
                )
                self.done["confirmed by staff"] += 1
        for request in DisclosureRequest.objects.filter(status=Status.IN_REVIEW).select_related("customer"):
            self._review(request)
        for request in DisclosureRequest.objects.filter(status=Status.READY_TO_POST):
            fulfilment.mark_posted(request=request, actor=self.staff, now=now())
            self.done["posted"] += 1
        for fee in Fee.objects.exclude(payments=None).select_related("request"):
            if back := fees.owed_back_yen(fee):
                self._money(fee, Payment.Kind.REFUND, back)
                self.done["paid back"] += 1

    def _judge(self, request: DisclosureRequest) -> None:
        """Look at what was sent. One picture of some people cannot be read, and is asked for once more."""
        given = list(request.evidence.filter(state=Evidence.State.GIVEN))
        if self.fates[request.pk] == ANEW and not request.evidence.filter(state=Evidence.State.REJECTED).exists():
            evidence_review.reject(
                evidence=given.pop(), actor=self.staff, reason=Reason.UNREADABLE, note="", erase_now=False, now=now()
            )
            self.done["document not accepted"] += 1
        for paper in given:
            evidence_review.look(page=paper.pages.get(), actor=self.staff, now=now())
            evidence_review.accept(
                evidence=paper, actor=self.staff, proofs=[paper.proof], checks=list(paper.kind.checks),
                covers_receipt=self.chance.random() < 0.7 if paper.document == "mandate" else None, note="", now=now(),
            )  # fmt: skip
        if lacking := evidence_state.missing(request):
            evidence.ask(
                request=request, actor=self.staff, requester=request.requester, proofs=lacking, note="", now=now()
            )
            self.done["asked for documents anew"] += 1
            return
        identity.confirm(
            request=request, actor=self.staff, customer=self.principals.get(request.pk), note="書類で確かめました。",
            now=now(),
        )  # fmt: skip
        whose = "agent" if request.pk in self.principals else "person"
        self.done[f"{whose} confirmed by documents"] += 1

    def _review(self, request: DisclosureRequest) -> None:
        fate = self.fates[request.pk]
        if not request.messages.exists() and (fate in (SILENT, WITHDRAWS) or self.chance.random() < 0.2):
            messages.ask(request=request, actor=self.staff, body="どの注文のことですか。", now=now())
            self.done["asked what is meant"] += 1
            return
        if fees.is_owed(request) and fees.fee_of(request) is None:
            fees.ask(request=request, actor=self.staff, amount_yen=None, explanation="手数料です。", now=now())
            self.done["fee asked"] += 1
            return
        for change in request.changes.select_related("item", "request__customer"):
            changes.examine(
                change=change, actor=self.staff, accepted=request.customer is not None,
                finding="住民票で確かめました。", values={"postal_code": "2200001", "prefecture": "神奈川県",
                "address1": "横浜市例区例町1-2-3"} if request.request_type != "deletion" else {}, now=now(),
            )  # fmt: skip
        allowed = decisions.allowed_outcomes(request)
        liked = [Outcome.GRANTED] * 6 + [Outcome.REPLIED, Outcome.REFUSED, Outcome.REFUSED, Outcome.NO_SUCH_DATA]
        if fate == REFUSED and Outcome.REFUSED in allowed:
            liked = [Outcome.REFUSED]
        possible = [outcome for outcome in liked if outcome in allowed] or list(allowed)
        self._decide(request, self.chance.choice(possible))

    def _decide(self, request: DisclosureRequest, outcome: str) -> None:
        grounds = decisions.grounds_for(request, outcome)
        seen = ""
        if request.request_type == "erasure" and outcome == Outcome.GRANTED and request.customer:
            seen = effects.erasure_preview(request, set(), now()).token
        proposal = Proposal(
            outcome, ground=grounds[0].code if grounds else "", reason="調べた結果です。", measure="", seen=seen
        )
        decisions.decide(request=request, actor=self.staff, proposal=proposal, now=now())
        self.done[f"decided: {outcome}"] += 1


def now() -> datetime:
    """The time of the shared clock."""
    return timezone.now()
