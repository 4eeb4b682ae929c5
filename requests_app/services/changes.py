"""Corrections, additions and deletions: investigate each item, decide, and write the new values (article 34)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consent_app.domain import registered
from consent_app.domain.normalise import clean_note
from consent_app.domain.registered_words import in_words
from consent_app.models import Customer, CustomerChange, Recipient
from consent_app.models.parts import RECIPIENT_ITEM
from consent_app.services import customer_changes, gift_changes
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
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
    request = change.request
    words = []
    if request.customer is not None and change.item.code in Customer.ITEM_FIELDS:
        words.append(in_words(change.item.code, customer_changes.values_of(request.customer, change.item.code)))
    if not words and change.of_columns:
        words += [row_words(change, row) for row in selectors.linked_recipients(request)]
    return " / ".join(dict.fromkeys(filter(None, words)))


def row_words(change: RequestedChange, recipient: Recipient) -> str:
    """The same of one order of somebody else, without saying which."""
    return _words(change.item.code, {column: getattr(recipient, column, "") for column in change.columns})


def _words(code: str, values: Mapping[str, Any]) -> str:
    if code != RECIPIENT_ITEM:
        return in_words(code, values)
    parts = (
        in_words(item, {column: values.get(column, "") for column in columns})
        for item, columns in Recipient.ITEM_FIELDS.items()
    )
    return "　".join(filter(None, parts))


def new_words(change: RequestedChange) -> str:
    """The new content in words, for the notice (article 34(3)): what was set, or what staff wrote."""
    if not change.of_columns:
        return change.finding or ""
    values = change.values
    if not any(values.values()):
        return _("（消しました）")
    return _words(change.item.code, values)


def examine(
    *,
    change: RequestedChange,
    actor: User,
    accepted: bool,
    finding: str,
    values: Mapping[str, Any],
    now: datetime,
    gift_orders: Collection[uuid.UUID] = (),
) -> RequestedChange:
    """Write down what the investigation of one item found. It can be done again until the request is decided.

    Args:
        accepted: whether the item is changed.
        finding: how it was looked into and with which result, at most 2,000 characters; the person is told of it where
            the item is not changed, or is not one that the product changes itself.
        values: the new values by column, where the item is made of columns; empty text takes away.
        gift_orders: keys of the orders of others in which the person is the recipient and the item is changed.

    Raises:
        InvalidFinding: something is missing, or a value cannot be stored.
        NotAllowed: no permission, or their own request.
        TransitionRefused: the request is decided already.
    """
    require_staff(actor, change.request, "decide_request")
    text = _finding(finding)
    stored = _values(change, values, now) if accepted and change.of_columns else None
    orders = _orders(change, gift_orders) if stored else []
    with transaction.atomic():
        row = transition.locked(change.request)
        if Event.DECIDED not in possible_events(row.status, Actor.STAFF):
            transition.require(row, Event.DECIDED, Actor.STAFF)
        change.accepted = accepted
        change.finding = text
        change.values_text = stored
        change.gift_orders = orders
        change.examined_by = actor
        change.examined_at = now
        change.save(update_fields=["accepted", "finding", "values_text", "gift_orders", "examined_by", "examined_at"])
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


def _orders(change: RequestedChange, chosen: Collection[uuid.UUID]) -> list[str]:
    """The chosen orders, of those that staff linked."""
    linked = {row.record_id for row in selectors.linked_recipients(change.request)}
    wanted = linked & set(chosen) if _of_recipients(change) else set()
    needed = change.request.customer_id is None or change.item.code == RECIPIENT_ITEM
    if needed and not wanted:
        raise InvalidFinding({"gift_orders": _("直す注文を選んでください。")})
    return sorted(str(order) for order in wanted)


def _of_recipients(change: RequestedChange) -> bool:
    return change.item.code in Recipient.ITEM_FIELDS or change.item.code == RECIPIENT_ITEM


def _values(change: RequestedChange, values: Mapping[str, Any], now: datetime) -> str:
    columns = change.columns
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


def apply(*, request: DisclosureRequest, decision: Decision, now: datetime) -> None:
    """Write the accepted values to the registered data and into the chosen orders of others. Twice does no harm.

    The notice tells the person, so that no other mail is needed.

    Raises:
        customer_changes.ChangeError: a value cannot be stored any more.
    """
    accepted = [change for change in request.changes.select_related("item") if change.accepted and change.of_columns]
    own = {one.item.code: one.values for one in accepted if one.item.code in Customer.ITEM_FIELDS}
    said: dict[str, Any] = {
        "actor": decision.decided_by or "worker",
        "reference": request.receipt_number,
        "key": f"decision:{decision.pk}",
        "reason": str(REQUEST_TYPES[request.request_type].name),
        "now": now,
    }
    if request.customer is not None and own:
        customer_changes.change_customer(
            customer=request.customer, values=own, channel=CustomerChange.Channel.REQUEST, **said
        )
    rows = selectors.linked_recipients(request)
    for change in accepted:
        chosen = [row for row in rows if str(row.record_id) in change.gift_orders]
        if not chosen:
            continue
        items = Recipient.ITEM_FIELDS if change.item.code == RECIPIENT_ITEM else {change.item.code: change.columns}
        values = {item: {column: change.values[column] for column in columns} for item, columns in items.items()}
        gift_changes.change_recipients(recipients=chosen, values=values, **said)
