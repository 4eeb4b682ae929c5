"""The three duties towards a subcontractor (article 25): select it, bind it by contract, and keep looking.

Everything here is computed from what was recorded and from the day; nothing is a state that somebody sets. What is not
recorded was not done. The gate asks :func:`obstacles`, the manager is shown :func:`tasks`, so that both say the same.

Abroad, a subcontractor is a third party (article 28), unless the country is one whose protection was found equivalent
(Rule 15), or an arrangement makes it follow the same rules (Rule 16), which has to be checked every year (Rule 18).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

HOME_COUNTRY = "JP"
# The member states of the European Economic Area and the United Kingdom: Notification no. 1 of 2019 of the Personal
# Information Protection Commission under Rule 15.
EQUIVALENT_COUNTRIES = frozenset(
    (
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    )
)
# What the contract has to contain: the guidelines on article 25, and the promises R5, K2, C2.
CLAUSES = (
    "confidentiality",
    "no_other_use",
    "right_to_look",
    "prior_approval",
    "security_measures",
    "return_or_erasure",
)
# How long before its day something is worth a mention.
NOTICE = timedelta(days=60)
# "About once a year" (guidelines on Rule 18): a check that is older has not been done.
CHECK_AT_LEAST = timedelta(days=366)


class Duty(StrEnum):
    """What has to be seen to, in the order in which it is done."""

    SELECTION = "selection"
    AGREEMENT = "agreement"
    ABROAD = "abroad"
    REVIEW = "review"
    FINDINGS = "findings"
    REENTRUSTMENT = "reentrustment"


class State(StrEnum):
    """How a duty stands. Only ``DONE`` and ``SOON`` leave nothing to be made up for."""

    DONE = "done"
    SOON = "soon"
    LATE = "late"
    MISSING = "missing"
    FAILED = "failed"


class Obstacle(StrEnum):
    """Why nothing may be entrusted."""

    SELECTION_MISSING = "selection_missing"
    SELECTION_FAILED = "selection_failed"
    AGREEMENT_MISSING = "agreement_missing"
    AGREEMENT_INCOMPLETE = "agreement_incomplete"
    AGREEMENT_NOT_BEGUN = "agreement_not_begun"
    AGREEMENT_EXPIRED = "agreement_expired"
    REVIEW_FAILED = "review_failed"
    REENTRUSTED_UNAPPROVED = "reentrusted_unapproved"
    RECIPIENT_ABROAD = "recipient_abroad"
    ABROAD_UNCHECKED = "abroad_unchecked"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A selection or a review: on which day, and whether the subcontractor is fit. ``next_on``: the next review."""

    on: date
    fit: bool
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract, or training in its place; ``until`` is the last day in force, None without end.

    Args:
        begins: None as long as it is not signed (or the training not held).
        complete: whether it contains every clause; training needs none.
    """

    key: str
    begins: date | None
    until: date | None
    complete: bool

    def in_force(self, today: date) -> bool:
        """Whether it is signed and binds on this day."""
        return self.begins is not None and self.begins <= today and not self.is_over(today)

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < today


@dataclass(frozen=True, slots=True)
class Abroad:
    """On what a subcontractor outside of Japan gets data.

    Args:
        basis: ``designated`` (Rule 15), ``equivalent`` (Rule 16) or ``consent`` (article 28(1)).
        informed_from: the day from which people were told about country, regime and measures (Rule 17).
        checked_on: the last check of an equivalent arrangement that found it working (Rule 18).
        next_check_on: when it is to be checked again.
        check_failed: whether the newest check found that it does not work.
    """

    basis: str
    informed_from: date | None = None
    checked_on: date | None = None
    next_check_on: date | None = None
    check_failed: bool = False

    def check_due(self) -> date | None:
        """The last day on which the newest check still carries the arrangement."""
        if self.checked_on is None:
            return None
        latest = self.checked_on + CHECK_AT_LEAST
        return min(self.next_check_on, latest) if self.next_check_on else latest


@dataclass(frozen=True, slots=True)
class Supervision:
    """Everything recorded about one subcontractor that the duties depend on.

    ``selections`` and ``reviews`` may come in any order; of one day, the later in the tuple counts.
    """

    country: str
    selections: tuple[Judgement, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    reviews: tuple[Judgement, ...] = ()
    abroad: Abroad | None = None
    findings_due: tuple[date, ...] = ()
    unapproved: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A line of the task list: the duty, how it stands, and the day that it speaks of."""

    duty: Duty
    state: State
    obstacle: Obstacle | None = None
    on: date | None = None

    @property
    def open(self) -> bool:
        """Whether somebody has to do something."""
        return self.state != State.DONE


def agreement_in_force(supervision: Supervision, today: date) -> Agreement | None:
    """The agreement that binds today and lacks nothing; there is no entrusting without one."""
    return next((one for one in supervision.agreements if one.complete and one.in_force(today)), None)


def obstacles(supervision: Supervision, today: date) -> tuple[Obstacle, ...]:
    """Everything that forbids to entrust anything today; empty where nothing does."""
    return tuple(task.obstacle for task in tasks(supervision, today) if task.obstacle is not None)


def tasks(supervision: Supervision, today: date) -> tuple[Task, ...]:
    """The duties as they stand on this day, in the order in which they are done."""
    found = [_selection(supervision, today), _agreement(supervision, today)]
    if supervision.country != HOME_COUNTRY:
        found.append(_abroad(supervision, today))
    found.append(_review(supervision, today))
    if supervision.findings_due:
        first = min(supervision.findings_due)
        found.append(Task(Duty.FINDINGS, State.LATE if first < today else State.SOON, on=first))
    if supervision.unapproved:
        found.append(Task(Duty.REENTRUSTMENT, State.FAILED, Obstacle.REENTRUSTED_UNAPPROVED))
    elif supervision.waiting:
        found.append(Task(Duty.REENTRUSTMENT, State.SOON))
    return tuple(found)


def _newest(judgements: Iterable[Judgement], today: date) -> Judgement | None:
    newest: Judgement | None = None
    for one in judgements:
        if one.on <= today and (newest is None or one.on >= newest.on):
            newest = one
    return newest


def _selection(supervision: Supervision, today: date) -> Task:
    newest = _newest(supervision.selections, today)
    if newest is None:
        return Task(Duty.SELECTION, State.MISSING, Obstacle.SELECTION_MISSING)
    if not newest.fit:
        return Task(Duty.SELECTION, State.FAILED, Obstacle.SELECTION_FAILED, newest.on)
    return Task(Duty.SELECTION, State.DONE, on=newest.on)


def _agreement(supervision: Supervision, today: date) -> Task:
    present = agreement_in_force(supervision, today)
    if present is not None:
        if present.until is None or present.until > today + NOTICE or _followed(present, supervision):
            return Task(Duty.AGREEMENT, State.DONE, on=present.until)
        return Task(Duty.AGREEMENT, State.SOON, on=present.until)
    agreements = supervision.agreements
    if any(one.in_force(today) for one in agreements):
        return Task(Duty.AGREEMENT, State.FAILED, Obstacle.AGREEMENT_INCOMPLETE)
    signed = [one for one in agreements if one.begins is not None]
    coming = [one.begins for one in signed if one.begins and one.begins > today]
    if coming:
        return Task(Duty.AGREEMENT, State.MISSING, Obstacle.AGREEMENT_NOT_BEGUN, min(coming))
    over = [one.until for one in signed if one.until is not None]
    if over:
        return Task(Duty.AGREEMENT, State.LATE, Obstacle.AGREEMENT_EXPIRED, max(over))
    return Task(Duty.AGREEMENT, State.MISSING, Obstacle.AGREEMENT_MISSING)


def _followed(present: Agreement, supervision: Supervision) -> bool:
    """Whether a signed and complete agreement begins before a gap would open: then nobody needs to be reminded."""
    if present.until is None:
        return True
    morrow = present.until + timedelta(days=1)
    return any(one is not present and one.complete and one.in_force(morrow) for one in supervision.agreements)


def _abroad(supervision: Supervision, today: date) -> Task:
    abroad = supervision.abroad
    if abroad is None or (abroad.basis == "designated" and supervision.country not in EQUIVALENT_COUNTRIES):
        return Task(Duty.ABROAD, State.MISSING, Obstacle.RECIPIENT_ABROAD)
    if abroad.basis == "designated":
        return Task(Duty.ABROAD, State.DONE)
    if abroad.basis == "consent":
        if abroad.informed_from is None or abroad.informed_from > today:
            return Task(Duty.ABROAD, State.MISSING, Obstacle.RECIPIENT_ABROAD)
        return Task(Duty.ABROAD, State.DONE)
    if abroad.basis != "equivalent":
        return Task(Duty.ABROAD, State.MISSING, Obstacle.RECIPIENT_ABROAD)
    if abroad.check_failed:
        return Task(Duty.ABROAD, State.FAILED, Obstacle.ABROAD_UNCHECKED, abroad.checked_on)
    due = abroad.check_due()
    if due is None:
        return Task(Duty.ABROAD, State.MISSING, Obstacle.ABROAD_UNCHECKED)
    if due < today:
        return Task(Duty.ABROAD, State.LATE, Obstacle.ABROAD_UNCHECKED, due)
    return Task(Duty.ABROAD, State.SOON if due <= today + NOTICE else State.DONE, on=due)


def _review(supervision: Supervision, today: date) -> Task:
    """A review that is late is made up for; one that found the subcontractor unfit ends the entrusting.

    A selection made after it, on new answers, or a later review begins anew.
    """
    review = _newest(supervision.reviews, today)
    selection = _newest(supervision.selections, today)
    if review is None:
        if selection is None:
            return Task(Duty.REVIEW, State.MISSING)
        due = selection.next_on
    elif not review.fit and (selection is None or selection.on <= review.on):
        return Task(Duty.REVIEW, State.FAILED, Obstacle.REVIEW_FAILED, review.on)
    else:
        due = review.next_on
        if not review.fit and selection is not None:
            due = selection.next_on
    if due is None:
        return Task(Duty.REVIEW, State.MISSING)
    if due < today:
        return Task(Duty.REVIEW, State.LATE, on=due)
    return Task(Duty.REVIEW, State.SOON if due <= today + NOTICE else State.DONE, on=due)
