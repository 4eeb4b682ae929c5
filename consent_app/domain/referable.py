"""Cookies, histories and the like that somebody will tie to a person (個人関連情報, article 31).

Such data says of nobody who they are, until a recipient joins it to what they know. Before it is given to somebody who
is expected to do that, it is confirmed that the recipient has the persons' consent, and that is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .duties import HOME_COUNTRY


class ReferableReason(StrEnum):
    """Why personally referable information may be given or not."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    NOT_YET_CONFIRMED = "not_yet_confirmed"
    CONFIRMATION_ENDED = "confirmation_ended"
    DATA_NOT_COVERED = "data_not_covered"
    DATA_UNKNOWN = "data_unknown"
    ABROAD_NOT_INFORMED = "abroad_not_informed"


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """A confirmation that the recipient has the consent: for which data, and from which day to which (None: open)."""

    key: str
    data: frozenset[str]
    confirmed_on: date
    ended_on: date | None
    country: str
    informed: bool


@dataclass(frozen=True, slots=True)
class ReferableAnswer:
    """Allowed on the confirmation ``key``, or refused with every reason that was found."""

    allowed: bool
    reasons: tuple[ReferableReason, ...]
    key: str = ""


def decide_referable(
    *, confirmations: Iterable[ConfirmationFacts], data: frozenset[str], first_on: date, last_on: date
) -> ReferableAnswer:
    """May this data be given to the recipient whose confirmations these are, in these days (article 31(1))?

    One confirmation must cover all of it. Without any there is no provision.

    Args:
        data: the kinds of data; none is refused.
        first_on: the day, or the first of several.
        last_on: the last day; the same day where there is one.
    """
    reasons: list[ReferableReason] = []
    if not data:
        return ReferableAnswer(False, (ReferableReason.DATA_UNKNOWN,))
    for one in confirmations:
        against = _against(one, data, first_on, last_on)
        if not against:
            return ReferableAnswer(True, (ReferableReason.CONFIRMED,), one.key)
        reasons += against
    return ReferableAnswer(False, tuple(dict.fromkeys(reasons)) or (ReferableReason.NOT_CONFIRMED,))


def _against(one: ConfirmationFacts, data: frozenset[str], first_on: date, last_on: date) -> list[ReferableReason]:
    reasons = []
    if not data <= one.data:
        reasons.append(ReferableReason.DATA_NOT_COVERED)
    if one.confirmed_on > first_on:
        reasons.append(ReferableReason.NOT_YET_CONFIRMED)
    if one.ended_on is not None and one.ended_on < last_on:
        reasons.append(ReferableReason.CONFIRMATION_ENDED)
    if one.country != HOME_COUNTRY and not one.informed:
        # Article 31(1)ii: abroad, the person is told about the country and the recipient's measures first.
        reasons.append(ReferableReason.ABROAD_NOT_INFORMED)
    return reasons
