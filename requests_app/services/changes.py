"""Corrections, additions and deletions: investigate each item, decide, and write the new values (article 34)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consent_app.domain import registered
from consent_app.domain.normalise import clean_note
from consent_app.domain.registered_words import in_words
from consent_app.models import Customer, CustomerChange
from consent_app.services import customer_changes
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.answers import holds_my_number
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Actor, Event, possible_events
from ..models import Decision, DisclosureRequest, RequestedChange
from . import transition
from .errors import RequestError
from .permissions import require_staff

FINDING_LENGTH = 2000


class InvalidFinding(RequestError):
    """What was found cannot be kept; ``errors`` says for each field what is wrong."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = dict(errors)


class Standing(StrEnum):
    """How far the investigation has come."""

    OPEN = "open"
    ALL = "all"
    SOME = "some"
    NONE = "none"


def standing(request: DisclosureRequest) -> Standing:
    """Whether all items were looked at, and how many of them are accepted."""
    answers = list(request.changes.values_list("accepted", flat=True))
    if not answers or None in answers:
        return Standing.OPEN
    if all(answers):
        return Standing.ALL
    return Standing.SOME if any(answers) else Standing.NONE


def allowed(request: DisclosureRequest) -> set[str]:
    """The outcomes that fit what was found; before that, only that it is no valid request or no such data is held."""
    outcome = Decision.Outcome
    fitting: dict[Standing, set[str]] = {
        Standing.OPEN: set(),
        Standing.ALL: {outcome.GRANTED},
        Standing.SOME: {outcome.PARTLY},
        Standing.NONE: {outcome.REFUSED},
    }
    return fitting[standing(request)] | {outcome.NO_SUCH_DATA, outcome.NOT_VALID}


def registered_words(change: RequestedChange) -> str:
    """What is registered now, in words; empty where the item is not made of columns or nothing is registered."""
    customer = change.request.customer
    if customer is None or not change.of_columns:
        return ""
    return in_words(change.item.code, customer_changes.values_of(customer, change.item.code))


def new_words(change: RequestedChange) -> str:
    """The new content in words, for the notice (article 34(3)): what was set, or what staff wrote."""
    if not change.of_columns:
        return change.finding or ""
    values = change.values
    if not any(values.values()):
        return _("（消しました）")
    return in_words(change.item.code, values)


def examine(
    *,
    change: RequestedChange,
    actor: User,
    accepted: bool,
    finding: str,
    values: Mapping[str, Any],
    now: datetime,
) -> RequestedChange:
    """Write down what the investigation of one item found. It can be done again until the request is decided.

    Args:
        accepted: whether the item is changed.
        finding: how it was looked into and with which result, at most 2,000 characters; the person is told of it where
            the item is not changed, or is not one that the product changes itself.
        values: the new values by column, where the item is made of columns of a customer; empty text takes away.

    Raises:
        InvalidFinding: something is missing, or a value cannot be stored.
        NotAllowed: no permission, or their own request.
        TransitionRefused: the request is decided already.
    """
    require_staff(actor, change.request, "decide_request")
    text = _finding(finding)
    stored = _values(change, values, now) if accepted and change.of_columns else None
    with transaction.atomic():
        row = transition.locked(change.request)
        if Event.DECIDED not in possible_events(row.status, Actor.STAFF):
            transition.require(row, Event.DECIDED, Actor.STAFF)
        change.accepted = accepted
        change.finding = text
        change.values_text = stored
        change.examined_by = actor
        change.examined_at = now
        change.save(update_fields=["accepted", "finding", "values_text", "examined_by", "examined_at"])
        audit.record(action="change.examined", actor=actor, obj=row, detail={"accepted": accepted})
    return change


def _finding(finding: str) -> str:
    text = clean_note(finding[: 2 * FINDING_LENGTH])
    if not text:
        raise InvalidFinding({"finding": _("調べた方法と結果を書いてください。")})
    if len(text) > FINDING_LENGTH:
        raise InvalidFinding({"finding": _("長すぎます。短くしてください。")})
    if holds_my_number(text):
        raise InvalidFinding({"finding": _("マイナンバーのような番号は書けません。")})
    return text


def _values(change: RequestedChange, values: Mapping[str, Any], now: datetime) -> str:
    columns = Customer.ITEM_FIELDS[change.item.code]
    try:
        clean = registered.cleaned(
            {column: values.get(column, "") for column in columns}, today=timezone.localdate(now)
        )
    except registered.Unusable as error:
        raise InvalidFinding(
            {column: _("この値は登録できません。書き方を確かめてください。") for column in error.codes}
        ) from None
    return json.dumps(
        {key: value.isoformat() if isinstance(value, date) else value for key, value in clean.items()},
        ensure_ascii=False,
    )


def apply(*, request: DisclosureRequest, decision: Decision, now: datetime) -> list[CustomerChange]:
    """Write the accepted values to the registered data, all of them or none. Twice does no harm.

    The notice tells the person, so that no other mail is needed.

    Raises:
        customer_changes.ChangeError: a value cannot be stored any more.
    """
    if request.customer is None:
        return []
    accepted = [change for change in request.changes.select_related("item") if change.accepted and change.of_columns]
    if not accepted:
        return []
    return customer_changes.change_customer(
        customer=request.customer,
        values={change.item.code: change.values for change in accepted},
        actor=decision.decided_by or "worker",
        channel=CustomerChange.Channel.REQUEST,
        reference=request.receipt_number,
        key=f"decision:{decision.pk}",
        reason=str(REQUEST_TYPES[request.request_type].name),
        now=now,
    )
