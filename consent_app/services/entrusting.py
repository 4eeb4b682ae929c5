"""Handing personal data to a subcontractor: asked at the gate first, and recorded whatever the gate says.

Whoever hands data over calls :func:`entrust` and gives only what its outcome allows. The file for a subcontractor is
made by :mod:`consent_app.services.entrusted_file`; an inquiry that a subcontractor answers (promise C2) is forwarded by
whoever holds the inquiry, after :func:`forward`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from privacy_portal.core.models import EncryptedFile, User
from privacy_portal.core.services import audit

from ..domain.duties import HOME_COUNTRY
from ..domain.gate import RECIPIENT_ITEM, Answer, Entrusted, Reason
from ..models import (
    Customer,
    EntrustedPerson,
    Entrustment,
    ForeignArrangement,
    Purpose,
    Recipient,
    Subcontractor,
)
from . import gate, ledger

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Handed:
    """What the gate allows to be given: keys of customers and of gift recipients, and the items."""

    customers: frozenset[uuid.UUID]
    recipients: frozenset[uuid.UUID]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: its record, what may be given, and the gate's answer for each person asked about.

    Nothing else than ``handed`` may be given.
    """

    entrustment: Entrustment
    handed: Handed
    customers: Mapping[uuid.UUID, Answer]
    recipients: Mapping[uuid.UUID, Answer]


def entrust(
    *,
    customers: Collection[uuid.UUID],
    subcontractor: Subcontractor,
    purpose: str,
    items: Iterable[str],
    actor: User,
    now: datetime,
    recipients: Collection[uuid.UUID] = (),
    kind: str = Entrustment.Kind.EXPORT,
    reference: str = "",
    write: Callable[[Handed], EncryptedFile | None] | None = None,
) -> Outcome:
    """Ask whether these items of these persons may be handed to the subcontractor, and record the answer.

    The record is written for a refusal, too: an attempt without a contract has to be seen later. Gift recipients are
    asked about on their own; of a customer who is refused, nobody's gift goes out either, as the order is theirs.

    Args:
        customers: keys; one that is not held is refused.
        purpose: code of the purpose of use.
        items: codes of data items. ``recipient`` among them covers ``recipients`` and nothing of the customers.
        actor: who hands it over.
        now: an aware moment.
        recipients: keys of the people to whom gifts of these customers go.
        reference: the receipt number behind it, if any.
        write: makes the file for those who are allowed, where there are any; it becomes part of the record.

    Raises:
        ValueError: nobody is asked about, or the moment has no zone.
    """
    if not customers:
        raise ValueError("An entrustment is about somebody.")
    wanted = sorted(set(items))
    kind = Entrustment.Kind(kind)
    with transaction.atomic():
        # Whoever changes a contract of this subcontractor waits, so that the record fits what the gate saw.
        Subcontractor.objects.select_for_update(no_key=True).get(pk=subcontractor.pk)
        # So does whoever withdraws a consent or sets a stop.
        ledger.hold(customers)
        to = Entrusted(subcontractor.code, purpose)
        answers = gate.may_provide_many(customers=set(customers), recipient=to, items=wanted, at=now)
        gifts = _gifts(recipients, to, answers, now) if recipients or RECIPIENT_ITEM in wanted else {}
        handed = Handed(
            frozenset(key for key, answer in answers.items() if answer.allowed),
            frozenset(key for key, (answer, _owner) in gifts.items() if answer.allowed),
            tuple(wanted),
        )
        entrustment = _record(
            file=write(handed) if write and handed.customers else None,
            subcontractor=subcontractor,
            purpose=purpose,
            kind=kind,
            items=wanted,
            reference=reference,
            answers=answers,
            gifts=gifts,
            actor=actor,
            now=now,
        )
    return Outcome(entrustment, handed, answers, {key: answer for key, (answer, _owner) in gifts.items()})


def refused_now(*, entrustment: Entrustment, now: datetime) -> int:
    """How many of those whose data the file of a record has may not be handed over any more.

    A contract that has ended since, a withdrawn consent and a stop count alike: the file has not left yet.
    """
    if entrustment.purpose is None:
        return entrustment.allowed
    persons = entrustment.persons.filter(allowed=True)
    to = Entrusted(entrustment.subcontractor.code, entrustment.purpose.code)
    customers = set(persons.filter(gift=False).values_list("customer_id", flat=True))
    answers = gate.may_provide_many(customers=customers, recipient=to, items=entrustment.items, at=now)
    recipients = list(persons.filter(gift=True).values_list("recipient_id", flat=True))
    # Of a gift recipient who was erased the row stays without saying who.
    gifts = _gifts([key for key in recipients if key], to, answers, now)
    refused = [answer for answer in (*answers.values(), *(one for one, _owner in gifts.values())) if not answer.allowed]
    return len(refused) + sum(1 for key in recipients if key is None)


def forward(
    *,
    customer: uuid.UUID,
    subcontractor: Subcontractor,
    purpose: str,
    items: Iterable[str],
    reference: str,
    actor: User,
    now: datetime,
) -> Outcome:
    """The same for the content of one inquiry that a subcontractor has to answer (promise C2).

    Args:
        items: ``inquiry`` and the contact details that the reply needs.
        reference: the receipt number of the inquiry.

    Raises:
        ValueError: the moment has no zone, or there is no receipt number.
    """
    if not reference:
        raise ValueError("A forwarded inquiry is named by its receipt number.")
    return entrust(
        customers=[customer],
        subcontractor=subcontractor,
        purpose=purpose,
        items=items,
        actor=actor,
        now=now,
        kind=Entrustment.Kind.FORWARD,
        reference=reference,
    )


def is_provision_abroad(subcontractor: Subcontractor) -> bool:
    """Whether data goes there by consent as to a third party abroad: then article 29 asks for its record, too."""
    if subcontractor.country == HOME_COUNTRY:
        return False
    return ForeignArrangement.objects.filter(
        subcontractor=subcontractor, basis=ForeignArrangement.Basis.CONSENT
    ).exists()


_Gifts = dict[uuid.UUID, tuple[Answer, uuid.UUID | None]]


def _gifts(
    recipients: Collection[uuid.UUID], to: Entrusted, customers: Mapping[uuid.UUID, Answer], now: datetime
) -> _Gifts:
    """The answer for each gift recipient, with the customer whose order it is."""
    owners = dict(Recipient.objects.filter(pk__in=set(recipients)).values_list("pk", "record__customer"))
    found: _Gifts = {}
    for key, answer in gate.may_provide_gift_recipients(recipients=set(recipients), to=to, at=now).items():
        owner = owners.get(key)
        of_customer = customers.get(owner) if owner else None
        if of_customer is None:
            # Of another customer than those who were asked about: the caller mixed up its rows.
            answer = Answer(False, (Reason.PERSON_UNKNOWN,), answer.records)
        elif not of_customer.allowed:
            reasons = tuple(dict.fromkeys((*(() if answer.allowed else answer.reasons), *of_customer.reasons)))
            answer = Answer(False, reasons, answer.records)
        found[key] = (answer, owner)
    return found


def _record(
    *,
    file: EncryptedFile | None,
    subcontractor: Subcontractor,
    purpose: str,
    kind: str,
    items: list[str],
    reference: str,
    answers: Mapping[uuid.UUID, Answer],
    gifts: _Gifts,
    actor: User,
    now: datetime,
) -> Entrustment:
    everyone = [*answers.values(), *(answer for answer, _owner in gifts.values())]
    refused = [answer for answer in everyone if not answer.allowed]
    entrustment = Entrustment.objects.create(
        subcontractor=subcontractor,
        purpose=Purpose.objects.filter(code=purpose).first(),
        kind=kind,
        items=items,
        reference=reference,
        asked=len(everyone),
        allowed=len(everyone) - len(refused),
        reasons=list(dict.fromkeys(str(reason) for answer in refused for reason in answer.reasons)),
        file=file,
        at=now,
        by=actor,
    )
    held = set(Customer.objects.filter(pk__in=answers).values_list("pk", flat=True))
    rows = [
        EntrustedPerson(entrustment=entrustment, customer_id=key, allowed=answer.allowed, reasons=_reasons(answer))
        for key, answer in answers.items()
        if key in held
    ]
    rows += [
        EntrustedPerson(
            entrustment=entrustment,
            customer_id=owner,
            gift=True,
            recipient_id=key,
            allowed=answer.allowed,
            reasons=_reasons(answer),
        )
        for key, (answer, owner) in gifts.items()
        if owner is not None
    ]
    EntrustedPerson.objects.bulk_create(rows, batch_size=_ROWS_AT_ONCE)
    if entrustment.allowed:
        detail = {"kind": str(kind), "allowed": entrustment.allowed, "refused": len(refused)}
        audit.record(action="entrustment.made", actor=actor, obj=entrustment, detail=detail)
    else:
        detail = {"kind": str(kind), "refused": len(refused)}
        audit.record(action="entrustment.refused", actor=actor, obj=entrustment, detail=detail)
    return entrustment


def _reasons(answer: Answer) -> list[str]:
    return [] if answer.allowed else [str(reason) for reason in answer.reasons]
