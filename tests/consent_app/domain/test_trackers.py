"""May a tracker be used for a visitor: the decision table."""

from dataclasses import replace

import pytest

from consent_app.domain.gate import Answer, Reason, Record
from consent_app.domain.gpc import signalled
from consent_app.domain.trackers import TrackerFacts, VisitorFacts, decide_sending

OWN = TrackerFacts("1", active=True, sends=False, advertising=False, tied_to_person=False, needs_consent=False)
SENT = replace(OWN, sends=True)
ADS = replace(SENT, advertising=True)
CONSENTED = replace(ADS, needs_consent=True)
TIED = replace(SENT, tied_to_person=True, confirmation="r")
GIVEN = Answer(True, (Reason.CONSENT_GIVEN,), (Record("consent", "c"),))
WITHDRAWN = Answer(False, (Reason.CONSENT_WITHDRAWN,), (Record("consent", "c"),))
# A purpose that asks nobody.
WITHOUT = Answer(True, (Reason.PURPOSE_KNOWN,))
KNOWN = VisitorFacts(known=True)


@pytest.mark.parametrize(
    ("tracker", "visitor", "signal", "reasons"),
    [
        (None, None, False, {Reason.TRACKER_UNKNOWN}),
        (replace(OWN, active=False), KNOWN, False, {Reason.TRACKER_UNKNOWN}),
        (OWN, None, False, set()),
        (OWN, None, True, set()),
        (SENT, None, True, set()),
        (ADS, None, False, set()),
        (ADS, None, True, {Reason.ADVERTISING_REFUSED}),
        (ADS, KNOWN, True, {Reason.ADVERTISING_REFUSED}),
        (ADS, VisitorFacts(known=False), False, {Reason.PERSON_UNKNOWN}),
        (CONSENTED, None, False, {Reason.CONSENT_MISSING}),
        (CONSENTED, KNOWN, False, {Reason.CONSENT_MISSING}),
        (CONSENTED, replace(KNOWN, uses=(GIVEN,)), False, set()),
        (CONSENTED, replace(KNOWN, uses=(GIVEN,)), True, {Reason.ADVERTISING_REFUSED}),
        (CONSENTED, replace(KNOWN, uses=(GIVEN, WITHDRAWN)), False, {Reason.CONSENT_WITHDRAWN}),
        (TIED, None, False, {Reason.CONSENT_MISSING}),
        (TIED, KNOWN, False, {Reason.CONSENT_MISSING}),
        (TIED, replace(KNOWN, uses=(GIVEN,)), False, set()),
        (replace(TIED, confirmation=""), replace(KNOWN, uses=(GIVEN,)), False, {Reason.REFERABLE_UNCONFIRMED}),
        (TIED, replace(KNOWN, uses=(WITHOUT,)), False, {Reason.CONSENT_MISSING}),
        (CONSENTED, replace(KNOWN, uses=(GIVEN, WITHOUT)), False, {Reason.CONSENT_MISSING}),
        (ADS, replace(KNOWN, refused=True), False, {Reason.ADVERTISING_REFUSED}),
        (SENT, replace(KNOWN, refused=True), False, set()),
        (SENT, replace(KNOWN, stopped=frozenset({"provision"})), False, {Reason.PROVISION_SUSPENDED}),
        (OWN, replace(KNOWN, stopped=frozenset({"provision"})), False, set()),
        (OWN, replace(KNOWN, stopped=frozenset({"use"})), False, {Reason.USE_SUSPENDED}),
    ],
)
def test_the_table(
    tracker: TrackerFacts | None, visitor: VisitorFacts | None, signal: bool, reasons: set[Reason]
) -> None:
    answer = decide_sending(tracker=tracker, visitor=visitor, signal=signal)
    assert answer.allowed == (not reasons)
    assert set(answer.reasons) == (reasons or {Reason.TRACKER_PUBLISHED})


def test_the_answer_names_what_it_rests_on() -> None:
    answer = decide_sending(tracker=CONSENTED, visitor=replace(KNOWN, uses=(GIVEN,)), signal=False)
    assert answer.records == (Record("tracker", "1"), Record("consent", "c"))


def test_what_is_tied_to_a_person_rests_on_the_confirmation_too() -> None:
    answer = decide_sending(tracker=TIED, visitor=replace(KNOWN, uses=(GIVEN,)), signal=False)
    assert Record("referable_confirmation", "r") in answer.records


@pytest.mark.parametrize(("value", "is_signal"), [("1", True), (None, False), ("", False), ("0", False), ("01", False)])
def test_the_signal(value: str | None, is_signal: bool) -> None:
    assert signalled(value) is is_signal
