"""Recording provisions to third parties (articles 27 and 29).

Two ways in. One that is about to be made asks the gate, and is recorded only if it may be made; else the attempt is.
One that was made already is recorded as the fact that it is, with what spoke against it (docs/decisions/ledgers.md).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from privacy_portal.core.models import User

from ..domain import provisions as rules
from ..domain.gate import Answer, Destination, Entrusted, JointUser, ThirdParty
from ..models import Customer, Provision, ProvisionBasis, ProvisionRun, RefusedProvision, Subcontractor
from . import gate, ledger
from .ledger import LedgerError

# The gate is asked about a moment a little ahead: a withdrawal of this minute may bear the time of another server.
CLOCKS_DIFFER = timedelta(minutes=5)
REFUSED_KEPT_YEARS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be recorded about one person.

    ``line`` is where it stands in a list. ``basis``, ``purpose``, ``subcontractor`` and ``items`` are codes; ``ground``
    is an article. ``joint_user`` is the code of a joint use and the key of who belongs to it. ``provided_on`` None
    means today.
    """

    customer: uuid.UUID
    basis: str
    ground: str
    name: str
    address: str
    items: tuple[str, ...]
    representative: str = ""
    country: str = "JP"
    purpose: str = ""
    subcontractor: str = ""
    joint_user: tuple[str, str] = ("", "")
    evidence: str = ""
    provided_on: date | None = None
    provided_until: date | None = None
    method: str = rules.Method.EACH.value
    despite_stop: bool = False
    withheld: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one wish. ``reasons``: why it was refused, or what speaks against a fact that was recorded."""

    wanted: Wanted
    outcome: Literal["recorded", "refused", "unchanged"]
    reasons: tuple[str, ...] = ()


def record(
    *,
    wanted: Sequence[Wanted],
    already: bool,
    actor: User | None,
    now: datetime,
    run: ProvisionRun | None = None,
    trial: bool = False,
) -> list[Done]:
    """Record provisions, or say what would come of it. Every customer must be held.

    Args:
        already: they were made before; then nothing is refused.
        now: an aware moment. The gate is asked about a later one if the persons' rows had to be waited for.
        run: the run that they belong to. An export is a provision of its own each time; anything else is recorded once.
        trial: change nothing.

    Returns:
        What came of each, in their order.

    Raises:
        LedgerError: a wish that cannot be recorded by anybody (:func:`check` tells which before).
    """
    with transaction.atomic():
        customers = ledger.hold([one.customer for one in wanted])
        moment = max(now, timezone.now())
        today = timezone.localdate(moment)
        dated = [one if one.provided_on else replace(one, provided_on=today) for one in wanted]
        bases = {row.code: row for row in ProvisionBasis.objects.filter(code__in={one.basis for one in dated})}
        for one in dated:
            if one.customer not in customers or one.basis not in bases:
                raise LedgerError
            if problem := check(one, basis=bases[one.basis], already=already, today=today):
                raise LedgerError(problem)
        once = str(run.pk) if run and run.kind == ProvisionRun.Kind.EXPORT else ""
        digests = [_digest(one, once) for one in dated]
        standing, next_numbers = ledger.occurrences(Provision, digests)
        answers = _asked(dated, already=already, moment=moment)
        subcontractors = {
            row.code: row for row in Subcontractor.objects.filter(code__in={one.subcontractor for one in dated} - {""})
        }
        done: list[Done] = []
        rows: list[Provision] = []
        refused: list[RefusedProvision] = []
        for one, digest, found in zip(dated, digests, answers, strict=True):
            if digest in standing:
                done.append(Done(one, "unchanged"))
                continue
            reasons = _reasons(one, found, already=already)
            if reasons and not already:
                done.append(Done(one, "refused", reasons))
                refused.append(_refused(one, reasons, bases[one.basis], run, actor, moment))
                continue
            standing.add(digest)
            done.append(Done(one, "recorded", reasons))
            row = _row(one, customers[one.customer], bases[one.basis], found, already=already, moment=moment)
            row.concerns = list(reasons) if already else _overridden(one, found)
            row.digest, row.occurrence = digest, next_numbers.get(digest, 0)
            row.subcontractor = subcontractors.get(one.subcontractor)
            row.run, row.recorded_by = run, actor
            rows.append(row)
        if not trial:
            Provision.objects.bulk_create(rows, batch_size=500)
            RefusedProvision.objects.bulk_create(refused, batch_size=500)
    return done


def check(one: Wanted, *, basis: ProvisionBasis, already: bool, today: date) -> str:
    """The code of what keeps this wish from being recorded whatever the gate says; empty if nothing does.

    The codes are those of :data:`consent_app.job_kinds.LEDGER_PROBLEMS`.
    """
    grounds = rules.grounds_of(article=basis.article, statutory=basis.statutory, requires=basis.requires)
    day = one.provided_on or today
    if not grounds:
        return "basis_nothing_personal"
    if not one.ground and not already:
        return "ground_missing"
    if one.ground and one.ground not in grounds:
        return "ground_not_of_basis"
    if not already and not basis.active:
        return "basis_unknown"
    if not already and day != today:
        return "date_not_today"
    if (one.provided_until or day) > today:
        return "date_in_future"
    if one.provided_until and one.provided_until < day:
        return "until_before_date"
    if one.method == rules.Method.BATCH and one.provided_until is None:
        return "until_missing"
    if one.ground == rules.ENTRUSTING and not already and not (one.subcontractor and one.purpose):
        return "subcontractor_missing"
    if one.ground == rules.JOINT_USE and not already and not (all(one.joint_user) and one.purpose):
        return "joint_user_missing"
    by_product = one.ground in (rules.CONSENT, rules.CONSENT_ABROAD) and bool(one.purpose)
    if one.ground and not one.evidence and not by_product:
        return "evidence_missing"
    return ""


def _destination(one: Wanted) -> Destination:
    if one.ground == rules.ENTRUSTING:
        return Entrusted(one.subcontractor, one.purpose)
    if one.ground == rules.JOINT_USE and all(one.joint_user):
        return JointUser(*one.joint_user, one.purpose)
    consented = one.ground in ("", rules.CONSENT, rules.CONSENT_ABROAD)
    return ThirdParty(one.name, one.basis, one.purpose if consented else "", one.country)


def _asked(wanted: Sequence[Wanted], *, already: bool, moment: datetime) -> list[tuple[Answer, ...]]:
    """The gate's answers, one question for all who get the same to the same recipient at the same time."""
    groups: dict[tuple[Destination, tuple[str, ...], tuple[datetime, ...]], list[int]] = defaultdict(list)
    for index, one in enumerate(wanted):
        groups[_destination(one), one.items, _moments(one, already=already, moment=moment)].append(index)
    answers: dict[int, list[Answer]] = defaultdict(list)
    for (destination, items, moments), indexes in groups.items():
        persons = {wanted[index].customer for index in indexes}
        for at in moments:
            found = gate.may_provide_many(customers=persons, recipient=destination, items=items, at=at)
            for index in indexes:
                answers[index].append(found[wanted[index].customer])
    return [tuple(answers[index]) for index in range(len(wanted))]


def _moments(one: Wanted, *, already: bool, moment: datetime) -> tuple[datetime, ...]:
    """When it is, or was, made. Of a day in the past the hour is not known, so it must have been allowed all day."""
    if not already or one.provided_on is None:
        return (moment + CLOCKS_DIFFER,)
    zone = timezone.get_default_timezone()
    first = datetime.combine(one.provided_on, time.min, zone)
    last = datetime.combine(one.provided_until or one.provided_on, time.max, zone)
    return (first, min(last, moment))


def _reasons(one: Wanted, answers: tuple[Answer, ...], *, already: bool) -> tuple[str, ...]:
    if already:
        return rules.concerns(
            answers,
            ground=one.ground,
            evidence=one.evidence,
            purpose=one.purpose,
            despite_stop=one.despite_stop,
        )
    return tuple(map(str, rules.remaining(answers[0], ground=one.ground, despite_stop=one.despite_stop)))


def _overridden(one: Wanted, answers: tuple[Answer, ...]) -> list[str]:
    """The stops that the manager's judgement went before: they stay visible in the record."""
    return [str(reason) for reason in answers[0].reasons if reason in rules.STOPS] if one.despite_stop else []


def _row(
    one: Wanted,
    customer: Customer,
    basis: ProvisionBasis,
    answers: tuple[Answer, ...],
    *,
    already: bool,
    moment: datetime,
) -> Provision:
    assert one.provided_on is not None  # noqa: S101 (dated by the caller)
    by_consent = one.ground in (rules.CONSENT, rules.CONSENT_ABROAD) and all(answer.allowed for answer in answers)
    consents = [record.key for record in answers[-1].records if record.kind == "consent"] if by_consent else []
    return Provision(
        customer=customer,
        principal=ledger.principal_of(customer),
        basis=basis,
        ground=one.ground,
        consent_id=consents[0] if consents else None,
        # A fact for which the product's own consent was named and does not hold: what was named is kept in its place.
        evidence=one.evidence or ("" if consents or not one.ground else f"purpose:{one.purpose}"),
        recipient_name=one.name,
        recipient_address=one.address,
        recipient_representative=one.representative,
        recipient_country=one.country,
        items=list(one.items),
        provided_on=one.provided_on,
        provided_until=one.provided_until,
        historic=already,
        withheld=one.withheld,
        method=one.method,
        keep_until=rules.keep_until(
            method=one.method,
            recorded_on=timezone.localdate(moment),
            last_on=one.provided_until or one.provided_on,
        ),
        created_at=moment,
    )


def _refused(
    one: Wanted,
    reasons: tuple[str, ...],
    basis: ProvisionBasis,
    run: ProvisionRun | None,
    actor: User | None,
    moment: datetime,
) -> RefusedProvision:
    return RefusedProvision(
        customer_id=one.customer,
        basis=basis,
        ground=one.ground,
        recipient_name=one.name,
        items=list(one.items),
        reasons=list(reasons),
        run=run,
        keep_until=rules.years_after(timezone.localdate(moment), REFUSED_KEPT_YEARS),
        recorded_by=actor,
        at=moment,
    )


def _digest(one: Wanted, once: str) -> bytes:
    return ledger.digest(
        one.customer,
        one.name,
        ",".join(sorted(one.items)),
        one.provided_on,
        one.provided_until or "",
        one.basis,
        one.ground,
        once,
    )


def refused_now(*, made: Sequence[Provision], common: Mapping[str, Any], now: datetime) -> int:
    """Of how many of these provisions the gate says by now that they may not be made. The persons' rows are held.

    Args:
        made: recorded by one run, so they share everything but the person.
        common: what the run's form said.
    """
    customers = ledger.hold([row.customer_id for row in made])
    code, _bar, key = str(common.get("joint_user") or "").partition("|")
    wanted = [
        Wanted(
            customer=row.customer_id,
            basis=row.basis.code,
            ground=row.ground,
            name=row.recipient_name,
            address=row.recipient_address,
            country=row.recipient_country,
            items=tuple(row.items),
            purpose=str(common.get("purpose") or ""),
            subcontractor=row.subcontractor.code if row.subcontractor else "",
            joint_user=(code, key),
            despite_stop=bool(common.get("despite_stop")),
        )
        for row in made
        if row.customer_id in customers
    ]
    answers = _asked(wanted, already=False, moment=max(now, timezone.now()))
    return sum(bool(_reasons(one, found, already=False)) for one, found in zip(wanted, answers, strict=True))
