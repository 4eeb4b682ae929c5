"""What customers and staff do in the week: who asks for what, who answers, who stays silent, who refuses."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from consent_app.models import Customer, RequestRule
from privacy_portal.core.models import User
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.domain.transitions import Status
from requests_app.models import Decision, DisclosureRequest, Fee, Payment
from requests_app.services import changes, decisions, effects, fees, fulfilment, identity, intake, lifecycle, messages
from requests_app.services.decisions import Proposal
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
    "requester": "mandated",
    "agent_family_name": "代理",
    "agent_given_name": "太郎",
    "agent_telephone": "0312345678",
}
CHANGE = {"item_0": "address", "present_0": "旧住所", "wanted_0": "横浜市例区例町1-2-3", "why_0": "引っ越しました。"}
Outcome = Decision.Outcome
FEE_TYPES = ("disclosure", "purpose_notice")


@dataclass
class World:
    """The operator, its customers and its staff."""

    chance: random.Random
    staff: User = field(default_factory=StaffFactory)
    fates: dict[Any, str] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def furnish(self, customers: int) -> None:
        """The operator with every type of request, a fee for two of them, and so many customers."""
        OperatorFactory()
        catalogue()
        PurposeFactory(code="newsletter")
        for code in REQUEST_TYPES:
            fee = {"fee": RequestRule.Fee.FIXED, "fee_yen": 1100} if code in FEE_TYPES else {}
            RequestRuleFactory(request_type=code, **fee)
        Customer.objects.bulk_create(CustomerFactory.build_batch(customers), batch_size=500)
        self.customers = list(Customer.objects.order_by("email").values_list("email", flat=True))

    def send(self, number: int, address: str) -> None:
        """A customer, an agent or a stranger asks for something; each type in its turn."""
        code = list(REQUEST_TYPES)[number % len(REQUEST_TYPES)]
        who = self.chance.choices(["customer", "stranger", "agent"], [75, 15, 10])[0]
        entry = REQUEST_TYPES[code]
        answers = {**ANSWERS, "wanted_note": f"請求 {number}", "wants_everything": True}
        if entry.grounds:
            answers["grounds"] = [entry.grounds[0].code]
        if "changes" in entry.asks:
            answers |= CHANGE
        if who == "agent":
            answers |= AGENT
        if who != "agent" and self.chance.random() < 0.15:
            answers["answer_method"] = "paper"
        email = address if who == "customer" else f"{who}{number}@post.example"
        user = PersonFactory(email=email, language=self.chance.choice(["ja", "ja", "en"]))
        request = intake.submit(
            user=user, request_type=code, answers=answers, language=user.language, address_proven=True, now=now()
        )
        self.fates[request.pk] = self.chance.choices(["answers", "silent", "withdraws"], [70, 18, 12])[0]
        self.done[f"sent by {who}"] += 1

    def people_act(self) -> None:
        """Whoever owes an answer gives it, takes the request back, or says nothing."""
        waiting = (Status.IDENTITY_WAITING, Status.WAITING, Status.FEE_WAITING)
        for request in DisclosureRequest.objects.filter(status__in=waiting).select_related("applicant"):
            fate = self.fates[request.pk]
            if fate == "silent" or request.applicant is None:
                continue
            if fate == "withdraws":
                lifecycle.withdraw(request=request, actor=request.applicant, now=now())
                self.done["withdrawn"] += 1
            elif request.status == Status.FEE_WAITING:
                self._pay(request)
            elif request.messages.filter(from_person=False).exists():
                messages.reply(request=request, actor=request.applicant, body="はい、そうです。", now=now())
                self.done["replied"] += 1

    def _pay(self, request: DisclosureRequest) -> None:
        fee = Fee.objects.get(request=request)
        if fee.accepted_at is None:
            fees.accept(request=request, actor=request.applicant, now=now())
        fees.record_money(
            fee=fee, actor=self.staff, kind=Payment.Kind.PAYMENT, amount_yen=fee.amount_yen,
            on=timezone.localdate(now()), method=Payment.Method.TRANSFER, note="振込", now=now(),
        )  # fmt: skip
        self.done["paid"] += 1

    def staff_act(self) -> None:
        """Each open case is taken one step further."""
        for request in DisclosureRequest.objects.filter(status=Status.IDENTITY_REVIEW).select_related("customer"):
            if not request.messages.exists() and self.chance.random() < 0.5:
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

    def _review(self, request: DisclosureRequest) -> None:
        if not request.messages.exists() and self.chance.random() < 0.2:
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
