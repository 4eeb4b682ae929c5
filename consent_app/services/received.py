"""Recording what was received from third parties (article 30)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from django.db import transaction
from django.utils import timezone

from privacy_portal.core.models import User

from ..domain import provisions as rules
from ..domain.gate import Answer, Reason
from ..models import Customer, ProvisionRun, ReceivedProvision
from . import gate, ledger
from .ledger import LedgerError
from .provisions import CLOCKS_DIFFER

Kind = ReceivedProvision.Kind


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is to be recorded about one person; ``received_on`` None means today.

    ``confirmable`` is whether the provider let us confirm what article 30(1) asks for. ``purpose`` is the code of the
    purpose under which the person consented that we tie history data to them; only for that kind.
    """

    customer: uuid.UUID
    kind: str
    name: str
    address: str
    items: tuple[str, ...]
    how_acquired: str
    confirmed_how: str
    confirmable: bool = True
    representative: str = ""
    country: str = "JP"
    purpose: str = ""
    received_on: date | None = None
    received_until: date | None = None
    method: str = rules.Method.EACH.value
    withheld: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one wish."""

    receipt: Receipt
    outcome: Literal["recorded", "refused", "unchanged"]
    reasons: tuple[str, ...] = ()


def record(
    *,
    receipts: Sequence[Receipt],
    actor: User | None,
    now: datetime,
    run: ProvisionRun | None = None,
    trial: bool = False,
) -> list[Done]:
    """Record receipts, or say what would come of it. Every customer must be held.

    History data that is tied to a person needs that person's consent, which the gate is asked about (article 31); all
    other kinds rest on what the provider may do, which was confirmed.

    Raises:
        LedgerError: a wish that cannot be recorded by anybody (:func:`check` tells which before).
    """
    with transaction.atomic():
        customers = ledger.hold([one.customer for one in receipts])
        moment = max(now, timezone.now())
        today = timezone.localdate(moment)
        dated = [one if one.received_on else replace(one, received_on=today) for one in receipts]
        for one in dated:
            if one.customer not in customers:
                raise LedgerError
            if problem := check(one, today=today):
                raise LedgerError(problem)
        digests = [_digest(one) for one in dated]
        standing, next_numbers = ledger.occurrences(ReceivedProvision, digests)
        answers = _asked(dated, moment)
        done: list[Done] = []
        rows: list[ReceivedProvision] = []
        for one, digest in zip(dated, digests, strict=True):
            answer = answers.get((one.customer, one.purpose)) if one.kind == Kind.REFERABLE else None
            if digest in standing:
                done.append(Done(one, "unchanged"))
            elif answer is not None and not answer.allowed:
                done.append(Done(one, "refused", tuple(map(str, answer.reasons))))
            else:
                standing.add(digest)
                done.append(Done(one, "recorded"))
                row = _row(one, customers[one.customer], answer, moment)
                row.digest, row.occurrence = digest, next_numbers.get(digest, 0)
                row.run, row.recorded_by = run, actor
                rows.append(row)
        if not trial:
            ReceivedProvision.objects.bulk_create(rows, batch_size=500)
    return done


def check(one: Receipt, *, today: date) -> str:
    """The code of what keeps this wish from being recorded; empty if nothing does."""
    day = one.received_on or today
    if not one.confirmable or not one.confirmed_how:
        # Article 30(1): what cannot be confirmed may not be received.
        return "not_confirmed"
    if one.kind not in Kind.values:
        return "kind_unknown"
    if one.kind == Kind.REFERABLE and not one.purpose:
        return "purpose_missing"
    if one.kind != Kind.REFERABLE and not one.how_acquired:
        return "how_acquired_missing"
    if (one.received_until or day) > today:
        return "date_in_future"
    if one.received_until and one.received_until < day:
        return "until_before_date"
    if one.method == rules.Method.BATCH and one.received_until is None:
        return "until_missing"
    return ""


def _asked(receipts: Sequence[Receipt], moment: datetime) -> dict[tuple[uuid.UUID, str], Answer]:
    answers: dict[tuple[uuid.UUID, str], Answer] = {}
    wanted = [one for one in receipts if one.kind == Kind.REFERABLE]
    for purpose in {one.purpose for one in wanted}:
        persons = {one.customer for one in wanted if one.purpose == purpose}
        found = gate.may_use_many(customers=persons, purpose=purpose, at=moment + CLOCKS_DIFFER)
        answers |= {(person, purpose): _consented(answer) for person, answer in found.items()}
    return answers


def _consented(answer: Answer) -> Answer:
    """A purpose that asks nobody is no consent to tie histories to a person."""
    if answer.allowed and Reason.CONSENT_GIVEN not in answer.reasons:
        return Answer(False, (Reason.CONSENT_MISSING,), answer.records)
    return answer


def _row(one: Receipt, customer: Customer, answer: Answer | None, moment: datetime) -> ReceivedProvision:
    assert one.received_on is not None  # noqa: S101 (dated by the caller)
    consents = [record.key for record in answer.records if record.kind == "consent"] if answer else []
    return ReceivedProvision(
        customer=customer,
        principal=ledger.principal_of(customer),
        kind=one.kind,
        provider_name=one.name,
        provider_address=one.address,
        provider_representative=one.representative,
        provider_country=one.country,
        how_acquired=one.how_acquired,
        confirmed_how=one.confirmed_how,
        consent_id=consents[0] if consents else None,
        items=list(one.items),
        received_on=one.received_on,
        received_until=one.received_until,
        withheld=one.withheld,
        method=one.method,
        keep_until=rules.keep_until(
            method=one.method, recorded_on=timezone.localdate(moment), last_on=one.received_until or one.received_on
        ),
        created_at=moment,
    )


def _digest(one: Receipt) -> bytes:
    return ledger.digest(
        one.customer, one.name, ",".join(sorted(one.items)), one.received_on, one.received_until or "", one.kind
    )
