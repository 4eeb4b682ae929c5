"""May what records or sends how somebody uses the site be used for this visitor?

What is not published is not used. What goes to others for advertising is refused by the browser's signal (Global
Privacy Control) and by a stored refusal; what needs a consent, or is tied to a person by the recipient (article 31),
needs a known person who gave it. Of the latter it must have been confirmed, too, that the recipient has the consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .gate import Answer, Reason, Record


@dataclass(frozen=True, slots=True)
class TrackerFacts:
    """What the register says about it.

    Args:
        sends: it goes to somebody else.
        confirmation: key of the record that the recipient has the persons' consent to tie it to them, in force and
            covering this kind of data; empty where there is none. Only asked of what is tied to a person.
    """

    key: str
    active: bool
    sends: bool
    advertising: bool
    tied_to_person: bool
    needs_consent: bool
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class VisitorFacts:
    """A known person: the gate's answers for the purposes that the tracker names, and the stops of everything.

    ``refused``: they have refused advertising as such, not only this tracker's purposes.
    """

    known: bool
    uses: tuple[Answer, ...] = ()
    stopped: frozenset[str] = frozenset()
    refused: bool = False


def decide_sending(*, tracker: TrackerFacts | None, visitor: VisitorFacts | None, signal: bool) -> Answer:
    """Decide it for one visitor.

    Args:
        tracker: None where the register does not know it.
        visitor: None where nobody knows who it is.
        signal: the browser sent ``Sec-GPC: 1``.
    """
    if tracker is None or not tracker.active:
        return Answer(False, (Reason.TRACKER_UNKNOWN,))
    reasons: list[Reason] = []
    records = [Record("tracker", tracker.key)]
    if tracker.advertising and (signal or (visitor is not None and visitor.refused)):
        reasons.append(Reason.ADVERTISING_REFUSED)
    if visitor is not None and not visitor.known:
        reasons.append(Reason.PERSON_UNKNOWN)
    if tracker.needs_consent or tracker.tied_to_person:
        _judge_consents(visitor.uses if visitor else (), reasons, records)
    if tracker.confirmation:
        records.append(Record("referable_confirmation", tracker.confirmation))
    elif tracker.tied_to_person:
        reasons.append(Reason.REFERABLE_UNCONFIRMED)
    if visitor is not None and "use" in visitor.stopped:
        reasons.append(Reason.USE_SUSPENDED)
    if visitor is not None and tracker.sends and "provision" in visitor.stopped:
        reasons.append(Reason.PROVISION_SUSPENDED)
    if reasons:
        return Answer(False, tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(records)))
    return Answer(True, (Reason.TRACKER_PUBLISHED,), tuple(dict.fromkeys(records)))


def _judge_consents(uses: Iterable[Answer], reasons: list[Reason], records: list[Record]) -> None:
    """Every purpose must be consented to: one that may be used without says nothing about this (article 31)."""
    answers = tuple(uses)
    if not answers:
        reasons.append(Reason.CONSENT_MISSING)
    for answer in answers:
        records += answer.records
        if not answer.allowed:
            reasons += answer.reasons
        elif Reason.CONSENT_GIVEN not in answer.reasons:
            reasons.append(Reason.CONSENT_MISSING)
