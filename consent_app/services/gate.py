"""Asking the gate (:mod:`consent_app.domain.gate`) about rows of the registers.

Reads only. A question is one statement for the persons and their purpose and one for the recipient, however many
persons are asked about.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .. import selectors
from ..domain import gate
from ..domain.gate import Answer, Destination, Entrusted, JointUser
from ..models import (
    Customer,
    DataItem,
    OffPurposePerson,
    OffPurposeUse,
    ProvisionBasis,
    Purpose,
    Recipient,
    RecipientSuspension,
    Subcontractor,
    Suspension,
)
from . import entrustees, joint_uses


def may_use(*, customer: uuid.UUID, purpose: str, at: datetime) -> Answer:
    """May the data of this customer be used for this purpose at this moment? One statement.

    Args:
        customer: key of the customer.
        purpose: code of the purpose.
        at: an aware moment; what was said after it does not count.

    Raises:
        ValueError: the moment has no zone.
    """
    return may_use_many(customers=[customer], purpose=purpose, at=at)[customer]


def may_use_many(*, customers: Collection[uuid.UUID], purpose: str, at: datetime) -> dict[uuid.UUID, Answer]:
    """The same for many, in one statement; somebody who is not held is answered with ``PERSON_UNKNOWN``.

    Raises:
        ValueError: the moment has no zone.
    """
    found = _persons(customers, purpose, at)
    return {
        key: gate.decide_use(person=person, purpose=known, at=at)
        for key, (person, known) in _completed(customers, found).items()
    }


def may_provide(*, customer: uuid.UUID, recipient: Destination, items: Iterable[str], at: datetime) -> Answer:
    """May these items of this customer be given to this recipient? Two statements, four for a joint use.

    Args:
        customer: key of the customer.
        recipient: a subcontractor and its purpose, a member of a joint use and its purpose, or a third party with its
            basis and the purpose consented to.
        items: codes of data items.
        at: an aware moment.

    Raises:
        ValueError: the moment has no zone.
    """
    return may_provide_many(customers=[customer], recipient=recipient, items=items, at=at)[customer]


def may_provide_many(
    *, customers: Collection[uuid.UUID], recipient: Destination, items: Iterable[str], at: datetime
) -> dict[uuid.UUID, Answer]:
    """The same for many, in as many statements as for one."""
    wanted = frozenset(items)
    found = _completed(customers, _persons(customers, recipient.purpose, at))
    if isinstance(recipient, Entrusted):
        entrustee = _entrustee(recipient.code)
        return {
            key: gate.decide_entrusting(person=person, purpose=purpose, entrustee=entrustee, items=wanted, at=at)
            for key, (person, purpose) in found.items()
        }
    if isinstance(recipient, JointUser):
        joint_use = joint_uses.facts(code=recipient.code, at=at)
        return {
            key: gate.decide_joint_use(
                person=person, purpose=purpose, joint_use=joint_use, asked=recipient, items=wanted, at=at
            )
            for key, (person, purpose) in found.items()
        }
    basis = _basis(recipient.basis)
    return {
        key: gate.decide_provision(
            person=person,
            basis=basis,
            purpose=purpose,
            name=recipient.name,
            country=recipient.country,
            items=wanted,
            at=at,
        )
        for key, (person, purpose) in found.items()
    }


def may_use_off_purpose(*, customer: uuid.UUID, use: uuid.UUID, items: Iterable[str], at: datetime) -> Answer:
    """May these items of this customer be used beyond the purposes, under this record? Two statements.

    Whoever wants to use data for something that no purpose covers names the record of ``OffPurposeUse``; without one
    that concerns this customer, these items and this day, the answer is no.

    Args:
        customer: key of the customer.
        use: key of the record.
        items: codes of data items.
        at: an aware moment.

    Raises:
        ValueError: the moment has no zone.
    """
    concerned = OffPurposePerson.objects.filter(use=OuterRef("pk"), customer=customer)
    codes = ArraySubquery(DataItem.objects.filter(off_purpose_uses=OuterRef("pk")).values("code"))
    rows = OffPurposeUse.objects.filter(pk=use, voided_at=None).select_related("consent_purpose")
    row = rows.annotate(concerns=Exists(concerned), codes=codes).first()
    consent_purpose = row.consent_purpose if row else None
    found = _persons([customer], consent_purpose.code if consent_purpose else "", at)
    person, purpose = _completed([customer], found)[customer]
    facts = None
    if row is not None:
        facts = gate.OffPurposeFacts(
            key=str(row.pk),
            concerns=row.concerns,
            begins_on=row.begins_on,
            ends_on=row.ends_on,
            items=frozenset(row.codes),
            needs_consent=consent_purpose is not None,
        )
    return gate.decide_off_purpose(
        person=person, purpose=purpose, use=facts, items=frozenset(items), today=timezone.localdate(at), at=at
    )


def may_use_gift_recipient(*, recipient: uuid.UUID, purpose: str, at: datetime) -> Answer:
    """May the data of somebody to whom a gift was sent be used for this purpose? Only to ship it (promise Q8).

    Raises:
        ValueError: the moment has no zone.
    """
    person = _gifts([recipient], at).get(recipient)
    return gate.decide_gift_use(person=person, purpose=_purpose(purpose))


def may_provide_gift_recipient(*, recipient: uuid.UUID, to: Destination, at: datetime) -> Answer:
    """May the data of somebody to whom a gift was sent be given on? To a subcontractor who ships; to nobody else.

    Raises:
        ValueError: the moment has no zone.
    """
    return may_provide_gift_recipients(recipients=[recipient], to=to, at=at)[recipient]


def may_provide_gift_recipients(
    *, recipients: Collection[uuid.UUID], to: Destination, at: datetime
) -> dict[uuid.UUID, Answer]:
    """The same for many, in as many statements as for one."""
    persons = _gifts(recipients, at)
    purpose = _purpose(to.purpose)
    entrustee = _entrustee(to.code) if isinstance(to, Entrusted) else None
    return {
        key: gate.decide_gift_entrusting(person=persons.get(key), purpose=purpose, entrustee=entrustee, at=at)
        for key in recipients
    }


def _gifts(recipients: Collection[uuid.UUID], at: datetime) -> dict[uuid.UUID, gate.GiftFacts]:
    """The recipients who are held, with the stops in force. Two statements."""
    _require_zone(at)
    rows = list(Recipient.objects.filter(pk__in=set(recipients)).select_related("record"))
    stopped: dict[tuple[uuid.UUID, bytes], list[gate.SuspensionFacts]] = {}
    in_force = RecipientSuspension.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at), record__in={row.record_id for row in rows}, begins_at__lte=at
    )
    for stop in in_force.order_by("begins_at", "pk"):
        facts = gate.SuspensionFacts(str(stop.pk), stop.kind, stop.purpose_id)
        stopped.setdefault((stop.record_id, bytes(stop.person)), []).append(facts)
    # The key of a person costs a hash: it is asked for only where something of the order was stopped.
    orders = {record for record, _person in stopped}
    return {
        row.pk: gate.GiftFacts(
            str(row.pk),
            tuple(stopped.get((row.record_id, row.person_key), ())) if row.record_id in orders else (),
        )
        for row in rows
    }


def _require_zone(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("The gate is asked about a moment with a zone.")


_Found = dict[uuid.UUID, tuple[gate.PersonFacts, gate.PurposeFacts | None]]


def _purposes(code: Any) -> QuerySet[Purpose, dict[str, Any]]:
    items = DataItem.objects.filter(active=True, purposes=OuterRef("pk")).values("code")
    facts = JSONObject(
        key=F("pk"),
        active=F("active"),
        needs_consent=F("needs_consent"),
        shipping=F("shipping"),
        provided_to=F("provided_to"),
        whole=F("part_of"),
        whole_active=F("part_of__active"),
        items=ArraySubquery(items),
    )
    rows: QuerySet[Purpose, Any] = Purpose.objects.filter(code=code).order_by().values(facts=facts)
    return rows


def _persons(customers: Collection[uuid.UUID], purpose: str, at: datetime) -> _Found:
    _require_zone(at)
    newest = selectors.newest_consent(at, customer=OuterRef("pk"), purpose__code=purpose)
    consent = selectors.with_wording_state(newest, at).values(
        facts=JSONObject(
            key=Cast("pk", CharField()),
            event=F("event"),
            valid_until=F("valid_until"),
            outdated=F("outdated"),
            at=F("at"),
        )
    )
    in_force = Suspension.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at), customer=OuterRef("pk"), begins_at__lte=at
    )
    suspensions = in_force.order_by("begins_at", "pk").values(
        facts=JSONObject(key=Cast("pk", CharField()), kind=F("kind"), purpose=F("purpose"))
    )
    rows = (
        # Who was erased is nobody whom the shop knows any more.
        Customer.objects.filter(pk__among=set(customers))
        .exclude(status=Customer.Status.ERASED)
        .order_by()
        .values_list(
            "pk",
            "status",
            Subquery(consent[:1]),
            ArraySubquery(suspensions),
            Subquery(_purposes(Value(purpose))[:1]),
        )
    )
    return {
        key: (
            gate.PersonFacts(
                key=str(key),
                active=status == Customer.Status.ACTIVE,
                consent=_consent_facts(consent_row),
                suspensions=tuple(gate.SuspensionFacts(**row) for row in suspension_rows),
            ),
            _purpose_facts(purpose_row),
        )
        for key, status, consent_row, suspension_rows, purpose_row in rows
    }


def _completed(
    customers: Collection[uuid.UUID], found: _Found
) -> dict[uuid.UUID, tuple[gate.PersonFacts | None, gate.PurposeFacts | None]]:
    """With those who are not held. Their purpose is left open, as the statement had no row to carry it."""
    return {key: found.get(key, (None, None)) for key in customers}


def _consent_facts(row: dict[str, Any] | None) -> gate.ConsentFacts | None:
    if row is None:
        return None
    limit = row["valid_until"]
    return gate.ConsentFacts(
        row["key"], row["event"], parse_datetime(limit) if limit else None, row["outdated"], parse_datetime(row["at"])
    )


def _purpose_facts(row: dict[str, Any] | None) -> gate.PurposeFacts | None:
    if row is None:
        return None
    return gate.PurposeFacts(
        key=row["key"],
        active=row["active"] and row["whole_active"] is not False,
        needs_consent=row["needs_consent"],
        shipping=row["shipping"],
        provided_to=row["provided_to"],
        whole=row["whole"],
        items=frozenset(row["items"]),
    )


def _purpose(code: str) -> gate.PurposeFacts | None:
    row = _purposes(code).first()
    return _purpose_facts(row["facts"] if row else None)


def _entrustee(code: str) -> gate.EntrusteeFacts | None:
    items = ArraySubquery(DataItem.objects.filter(active=True, subcontractors=OuterRef("pk")).values("code"))
    row = entrustees.supervised(Subcontractor.objects.filter(code=code)).annotate(codes=items).first()
    if row is None:
        return None
    return gate.EntrusteeFacts(
        key=str(row.pk),
        active=row.active,
        items=frozenset(row.codes),
        name=row.name_ja,
        supervision=entrustees.supervision(row),
    )


def _basis(code: str) -> gate.BasisFacts | None:
    """A case that is no ground of the law by itself is carried by one of those that it names instead."""
    row = ProvisionBasis.objects.filter(code=code).first()
    if row is None:
        return None
    articles = frozenset([row.article] if row.statutory else row.requires)
    return gate.BasisFacts(key=str(row.pk), active=row.active, articles=articles)
