"""What staff can do with a case: one next step as the primary button, the others with the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ..domain.transitions import Actor, Event, Status, possible_events
from ..models import DisclosureRequest

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
    Step("decide", Event.DECIDED, "requests_app.decide_request", _("回答を決定する")),
    Step("posted", Event.POSTED, "requests_app.decide_request", _("郵送したことを記録する")),
    Step("close", Event.CLOSED, "requests_app.decide_request", _("終了する")),
    Step("ask", Event.ASKED, "requests_app.change_disclosurerequest", _("本人に質問する")),
    Step("reopen", Event.REOPENED, "requests_app.decide_request", _("もう一度確認する")),
    Step(
        "reconsider", Event.IDENTITY_REOPENED, "requests_app.check_identity", _("本人確認をやり直す"), Status.IN_REVIEW
    ),
    Step("assign", None, "requests_app.change_disclosurerequest", _("担当者を決める")),
)
BY_CODE = {step.code: step for step in STEPS}

# The step that moves the case on; statuses without one wait for a worker or for the person.
PRIMARY: dict[Status, str] = {
    Status.IDENTITY_REVIEW: "identity",
    Status.IDENTITY_WAITING: "identity",
    Status.IN_REVIEW: "decide",
    Status.READY_TO_POST: "posted",
    Status.ANSWERED: "close",
}

WAITS_FOR: dict[Status, _StrPromise | str] = {
    Status.RECEIVED: _("システム"),
    Status.IDENTITY_REVIEW: _("担当者"),
    Status.IDENTITY_WAITING: _("本人"),
    Status.IN_REVIEW: _("担当者"),
    Status.WAITING: _("本人"),
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
    return ""


def choices(request: DisclosureRequest, user: User) -> tuple[Choice | None, list[Choice]]:
    """The primary step, where there is one, and all the others."""
    primary_code = PRIMARY.get(Status(request.status))
    offered = [Choice(step, why_not(request, step, user)) for step in STEPS]
    primary = next((choice for choice in offered if choice.step.code == primary_code), None)
    return primary, [choice for choice in offered if choice is not primary]
