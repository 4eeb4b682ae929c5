"""What staff can do with a case: one next step as the primary button, the others with the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import selectors
from ..domain.fees import may_be_charged
from ..domain.identity_levels import Means
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import (
    ENDED_STATUSES,
    OPEN_STATUSES,
    WAITING_FOR_PERSON,
    Actor,
    Event,
    Status,
    possible_events,
)
from ..models import DisclosureRequest
from ..services import (
    call_backs,
    changes,
    corrections,
    correspondence,
    evidence_state,
    fees,
    holds,
    post_codes,
    type_corrections,
)
from ..services.errors import MeansNotOffered, NoAccount, OwnProposal, ThreadClosed
from ..services.forwarding import INQUIRIES
from ..services.registration import PERMISSION

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from privacy_portal.core.models import User


# A case must not be a way round it.
VIEW_CUSTOMER = "consent_app.view_customer"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that staff can cause, and the page where it is done."""

    code: str
    # None: possible in every status.
    event: Event | None
    permission: str
    label: _StrPromise | str
    # Narrower than the table of transitions, where another step causes the event in the other statuses.
    only_in: Status | None = None
    # Whether the page shows what is registered about customers.
    shows_customers: bool = False


STEPS: tuple[Step, ...] = (
    Step(
        "identity",
        Event.IDENTITY_CONFIRMED,
        "requests_app.check_identity",
        _("本人確認を判断する"),
        shows_customers=True,
    ),
    Step("documents", Event.DOCUMENTS_ASKED, "requests_app.check_identity", _("書類をお願いする")),
    Step(
        "code_letter",
        None,
        "requests_app.check_identity",
        _("コードの手紙を送る"),
        shows_customers=True,
    ),
    Step(
        "call_back",
        None,
        "requests_app.check_identity",
        _("登録された番号に電話する"),
        shows_customers=True,
    ),
    Step(
        "counter",
        None,
        "requests_app.check_identity",
        _("窓口で見た書類を記録する"),
        shows_customers=True,
    ),
    Step("code_told", None, "requests_app.check_identity", _("手紙のコードを入力する")),
    Step("evidence_add", None, "requests_app.check_identity", _("届いた書類を記録する")),
    Step("examine", Event.DECIDED, "requests_app.decide_request", _("変更の内容を調べる"), shows_customers=True),
    Step("decide", Event.DECIDED, "requests_app.decide_request", _("回答を決定する")),
    Step("second_look", Event.DECIDED, "requests_app.approve_decision", _("提案された決定を確かめる")),
    Step("fee", Event.FEE_ASKED, "requests_app.decide_request", _("手数料を知らせる")),
    Step("fee_accepted", None, "requests_app.decide_request", _("手数料の承諾を記録する")),
    Step("fee_declined", Event.FEE_DECLINED, "requests_app.decide_request", _("手数料を断られたことを記録する")),
    Step("money", None, "requests_app.decide_request", _("入出金を記録する")),
    Step("waive", None, "requests_app.decide_request", _("手数料を免除する")),
    Step("fee_cancel", Event.FEE_CANCELLED, "requests_app.decide_request", _("手数料のお知らせを取り消す")),
    Step("posted", Event.POSTED, "requests_app.decide_request", _("郵送したことを記録する")),
    Step("close", Event.CLOSED, "requests_app.decide_request", _("終了する")),
    Step("ask", Event.ASKED, "requests_app.change_disclosurerequest", _("本人に質問する")),
    Step("answered", None, "requests_app.change_disclosurerequest", _("届いた返答を記録する")),
    Step("remind", None, "requests_app.change_disclosurerequest", _("返答のお願いを手紙で送る")),
    Step("correct", None, PERMISSION, _("写しまちがいを直す")),
    Step("retype", None, PERMISSION, _("請求の種類を直す")),
    Step("arrival", None, PERMISSION, _("届いた日と受付方法を直す")),
    Step("scans", None, PERMISSION, _("原本の写しを足す・消す")),
    Step("extend", None, "requests_app.decide_request", _("目標日を延ばす")),
    Step("withdrawn", Event.WITHDRAWN, "requests_app.decide_request", _("取下げを記録する")),
    Step("reopen", Event.REOPENED, "requests_app.decide_request", _("もう一度確認する")),
    Step(
        "reconsider", Event.IDENTITY_REOPENED, "requests_app.check_identity", _("本人確認をやり直す"), Status.IN_REVIEW
    ),
    Step("gifts", None, "requests_app.check_identity", _("本人が贈り先の注文を選ぶ"), Status.IN_REVIEW),
    Step("hold", None, "requests_app.decide_request", _("消去を保留する")),
    Step("unhold", None, "requests_app.decide_request", _("消去の保留を終える")),
    Step("instruct", None, "requests_app.change_disclosurerequest", _("質問・指示を送る")),
    Step("forward", None, "requests_app.decide_request", _("お問い合わせを委託先に渡す")),
    Step("note", None, "requests_app.change_disclosurerequest", _("社内メモを書く")),
    Step("finding", None, "requests_app.change_disclosurerequest", _("調べた結果を書く")),
    Step("assign", None, "requests_app.change_disclosurerequest", _("担当者を決める")),
)
MEANS_OF = {"code_letter": Means.POST_CODE, "call_back": Means.CALL_BACK, "counter": Means.COUNTER}
BY_CODE = {step.code: step for step in STEPS}

# The step that moves the case on; statuses without one wait for a worker or for the person.
PRIMARY: dict[Status, str] = {
    Status.IDENTITY_REVIEW: "identity",
    Status.IDENTITY_WAITING: "identity",
    Status.IN_REVIEW: "decide",
    Status.FEE_WAITING: "money",
    Status.READY_TO_POST: "posted",
    Status.ANSWERED: "close",
}

WAITS_FOR: dict[Status, _StrPromise | str] = {
    Status.RECEIVED: _("システム"),
    Status.IDENTITY_REVIEW: _("担当者"),
    Status.IDENTITY_WAITING: _("本人"),
    Status.IN_REVIEW: _("担当者"),
    Status.WAITING: _("本人"),
    Status.FEE_WAITING: _("本人"),
    Status.FULFILLING: _("システム"),
    Status.READY_TO_POST: _("担当者"),
    Status.ANSWERED: _("なし"),
    Status.CLOSED: _("なし"),
    Status.WITHDRAWN: _("なし"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A step as it is offered for one case and one member of staff."""

    step: Step
    why_not: _StrPromise | str

    @property
    def possible(self) -> bool:
        """Whether the button works."""
        return not self.why_not


def why_not(request: DisclosureRequest, step: Step, user: User) -> _StrPromise | str:
    """The reason why ``user`` cannot do this now, empty when they can."""
    if not user.has_perm(step.permission):
        return _("この操作をする権限がありません。")
    if step.shows_customers and not user.has_perm(VIEW_CUSTOMER):
        return _("お客さまを見る権限がないため、できません。")
    outside = step.only_in is not None and request.status != step.only_in
    if outside or (step.event is not None and step.event not in possible_events(request.status, Actor.STAFF)):
        return _("いまの状態（%(status)s）ではできません。") % {"status": request.get_status_display()}
    if step.code in ("correct", "arrival", "scans"):
        return corrections.why_not(request, facts=step.code == "correct")
    if step.code == "retype":
        return type_corrections.why_not(request)
    if step.code in ("answered", "remind"):
        return _why_not_on_paper(request, step)
    if step.code in MEANS_OF and MEANS_OF[step.code] not in selectors.offered_means():
        return MeansNotOffered.message
    if step.code in ("code_letter", "code_told"):
        return _why_no_code(request, step)
    if step.code == "call_back":
        return _why_no_call(request)
    if step.code in ("evidence_add", "counter") and request.status not in evidence_state.OPEN:
        return _("本人確認をしている間だけ、書類を記録できます。")
    if step.code == "documents" and request.applicant_id is None:
        return NoAccount.message
    if step.code == "withdrawn" and request.applicant_id is not None:
        return _("本人がポータルで取り下げられます。")
    if step.code == "examine" and not _is_examined(request):
        return _("この請求では、項目ごとの調査はありません。")
    if step.code == "gifts" and not selectors.recipients(request, limit=1) and not request.gift_links.exists():
        return _("本人かもしれない贈り先は見つかりません。")
    if step.code in ("hold", "unhold"):
        return _why_no_hold(request, step)
    if step.code == "second_look":
        return _why_no_second_look(request, user)
    if step.code in ("instruct", "forward") and request.status == Status.WITHDRAWN:
        return _("取り下げられた請求では送れません。")
    if step.code == "forward" and (request.request_type not in INQUIRIES or not request.customer_id):
        return _("顧客と結び付いたお問い合わせと苦情だけです。")
    if step.code == "extend":
        return _why_not_extended(request)
    if step.code in ("fee_accepted", "fee_declined"):
        return _why_no_answer_to_fee(request, step)
    return _why_no_fee(request, step) if step.code in ("fee", "money", "waive") else ""


def _why_no_code(request: DisclosureRequest, step: Step) -> _StrPromise | str:
    """Why no letter with a code can be ordered, printed or sent, or no code be entered."""
    ordered = post_codes.live(request, timezone.now())
    if step.code == "code_told":
        if request.applicant_id is not None:
            return _("本人がポータルで入力します。")
        return "" if ordered else _("入力を待っているコードはありません。")
    if ordered is not None or request.status == Status.IDENTITY_REVIEW:
        return ""
    return _("いまの状態（%(status)s）ではできません。") % {"status": request.get_status_display()}


def _why_no_call(request: DisclosureRequest) -> _StrPromise | str:
    """Why no call can be announced or written down."""
    if call_backs.live(request, timezone.now()) is not None or request.status == Status.IDENTITY_REVIEW:
        return ""
    return _("いまの状態（%(status)s）ではできません。") % {"status": request.get_status_display()}


def _why_no_hold(request: DisclosureRequest, step: Step) -> _StrPromise | str:
    """Why there is nothing to keep, or nothing to end."""
    held = holds.in_force(request) is not None
    if step.code == "hold":
        return _("もう保留されています。") if held else ""
    return "" if held else _("消去は保留されていません。")


def _why_no_second_look(request: DisclosureRequest, user: User) -> _StrPromise | str:
    """Why this member of staff cannot look at a proposal."""
    proposal = selectors.open_proposal(request)
    if proposal is None:
        return _("確かめる提案はありません。")
    return OwnProposal.message if proposal.proposed_by_id == user.pk else ""


def _why_not_on_paper(request: DisclosureRequest, step: Step) -> _StrPromise | str:
    """Why there is no letter to write down or to send."""
    if request.applicant_id is not None:
        return _("本人はアカウントを持っているので、ポータルとメールでやりとりします。")
    if step.code == "answered":
        return ThreadClosed.message if request.status in ENDED_STATUSES else ""
    if correspondence.reminder_due(request=request, now=timezone.now()) is None:
        return _("いま送る手紙はありません。")
    return ""


def _why_not_extended(request: DisclosureRequest) -> _StrPromise | str:
    """Why the target stays where it is."""
    if request.status in WAITING_FOR_PERSON:
        return _("本人を待っている間は、目標日が自動で延びます。")
    if request.status not in OPEN_STATUSES:
        return _("いまの状態（%(status)s）ではできません。") % {"status": request.get_status_display()}
    return ""


def _why_no_fee(request: DisclosureRequest, step: Step) -> _StrPromise | str:
    """Why a step of the fee is not possible: the law, the profile, or what has been done already."""
    if not may_be_charged(request.request_type):
        return _("この種類の請求では、手数料をいただけません（法第38条）。")
    if step.code == "money":
        return "" if request.fees.exists() else _("手数料を知らせていません。")
    if fees.rule_of(request) is None:
        return _("プロフィールでは、この請求は無料です。")
    fee = fees.fee_of(request)
    if step.code == "fee":
        return _("手数料は、もう決まっています。") if fee else ""
    if request.status not in (Status.IN_REVIEW, Status.FEE_WAITING):
        return _("いまの状態（%(status)s）ではできません。") % {"status": request.get_status_display()}
    settled = fee is not None and fee.is_settled
    owed = fees.is_owed(request)
    return "" if owed and not settled else _("いただく手数料はありません。")


def _why_no_answer_to_fee(request: DisclosureRequest, step: Step) -> _StrPromise | str:
    """Why nobody's answer about a fee is to be written down."""
    if request.applicant_id is not None:
        return _("本人がポータルで答えます。")
    fee = fees.fee_of(request) if request.status == Status.FEE_WAITING else None
    if fee is None:
        return _("返事を待っている手数料はありません。")
    return _("承諾は、もう記録されています。") if step.code == "fee_accepted" and fee.accepted_at else ""


def _is_examined(request: DisclosureRequest) -> bool:
    """Whether items are investigated one by one: there are some, and it is known whose they are."""
    return REQUEST_TYPES[request.request_type].effect == "change" and selectors.concerns_somebody_held(request)


def _must_examine(request: DisclosureRequest) -> bool:
    """Whether items wait for their investigation, without which nothing can be decided."""
    return _is_examined(request) and changes.standing(request) == changes.Standing.OPEN


def choices(request: DisclosureRequest, user: User) -> tuple[Choice | None, list[Choice]]:
    """The primary step, where there is one, and all the others."""
    primary_code = PRIMARY.get(Status(request.status))
    if primary_code == "decide" and _must_examine(request):
        primary_code = "examine"
    if primary_code == "decide" and fees.is_owed(request):
        # A fixed fee comes first; what is to be refused is decided without it, from the menu.
        primary_code = "fee"
    if selectors.open_proposal(request) is not None:
        primary_code = "second_look"
    offered = [Choice(step, why_not(request, step, user)) for step in STEPS]
    primary = next((choice for choice in offered if choice.step.code == primary_code), None)
    return primary, [choice for choice in offered if choice is not primary]
