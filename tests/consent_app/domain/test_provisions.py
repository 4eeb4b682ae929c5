"""Grounds, duties to record and retention clocks, as tables."""

from datetime import date

import pytest

from consent_app.domain.gate import Answer, Reason
from consent_app.domain.provisions import (
    EXCEPTIONS,
    GROUNDS,
    NO_THIRD_PARTY,
    STOPS,
    grounds_of,
    keep_until,
    needs_record,
    remaining,
    said_to_the_person,
)


@pytest.mark.parametrize(
    ("article", "statutory", "requires", "grounds"),
    [
        ("27(1)", True, [], ("27(1)", "28(1)")),
        ("27(1)ii", True, [], ("27(1)ii",)),
        ("27(5)i", True, [], ("27(5)i",)),
        ("2(1)", True, [], ()),
        ("", False, ["27(5)i", "27(1)"], ("27(1)", "27(5)i", "28(1)")),
        ("", False, ["27(1)ii", "27(1)"], ("27(1)", "27(1)ii", "28(1)")),
        # Named for information only: a case that is no exception is not carried by its own article.
        ("27(1)i", False, ["27(1)"], ("27(1)", "28(1)")),
        ("", False, [], ()),
    ],
)
def test_grounds_of_a_case(article: str, statutory: bool, requires: list[str], grounds: tuple[str, ...]) -> None:
    assert grounds_of(article=article, statutory=statutory, requires=requires) == grounds


def test_only_consent_and_no_ground_at_all_need_a_record() -> None:
    assert [ground for ground in ("", *GROUNDS) if needs_record(ground)] == ["", "27(1)", "28(1)"]


@pytest.mark.parametrize(
    ("method", "recorded", "last", "until"),
    [
        # Rule 21(iii): three years from the day on which the record was made.
        ("each", date(2026, 4, 1), date(2026, 4, 1), date(2029, 4, 1)),
        ("each", date(2026, 4, 10), date(2026, 4, 1), date(2029, 4, 10)),
        # Recorded before it was done: never shorter than from the provision itself.
        ("each", date(2026, 4, 1), date(2026, 4, 3), date(2029, 4, 3)),
        # Rule 21(ii): three years from the last provision of the batch.
        ("batch", date(2026, 1, 5), date(2026, 6, 30), date(2029, 6, 30)),
        ("batch", date(2026, 7, 5), date(2026, 6, 30), date(2029, 6, 30)),
        # Rule 21(i): the contract is the record, one year from the last provision.
        ("contract", date(2026, 7, 5), date(2026, 6, 30), date(2027, 6, 30)),
        # No 29 February three years later, nor one year later; four years later there is one.
        ("each", date(2024, 2, 29), date(2024, 2, 29), date(2027, 2, 28)),
        ("contract", date(2024, 3, 1), date(2024, 2, 29), date(2025, 2, 28)),
        ("each", date(2025, 2, 28), date(2025, 2, 28), date(2028, 2, 28)),
        ("each", date(2026, 12, 31), date(2026, 12, 31), date(2029, 12, 31)),
    ],
)
def test_clocks(method: str, recorded: date, last: date, until: date) -> None:
    assert keep_until(method=method, recorded_on=recorded, last_on=last) == until


def test_there_is_no_other_way_of_recording() -> None:
    with pytest.raises(ValueError, match="sometimes"):
        keep_until(method="sometimes", recorded_on=date(2026, 4, 1), last_on=date(2026, 4, 1))


ALLOWED = {
    Reason.PURPOSE_KNOWN,
    Reason.CONSENT_GIVEN,
    Reason.ENTRUSTED,
    Reason.GIFT_SHIPPING,
    Reason.JOINT_USE,
}
REFUSALS = tuple(reason for reason in Reason if reason not in ALLOWED)
SETTLED = {
    **{
        ground: {Reason.NEEDS_JUDGEMENT, Reason.CONSENT_MISSING, Reason.PERSON_WITHDRAWN, Reason.RECIPIENT_ABROAD}
        for ground in EXCEPTIONS
    },
    "27(5)ii": {Reason.NEEDS_JUDGEMENT, Reason.CONSENT_MISSING},
}


@pytest.mark.parametrize("ground", ["", *GROUNDS])
@pytest.mark.parametrize("despite_stop", [False, True])
@pytest.mark.parametrize("reason", REFUSALS)
def test_what_a_judgement_settles(ground: str, despite_stop: bool, reason: Reason) -> None:
    settled = set(SETTLED.get(ground, set()))
    if ground in EXCEPTIONS and despite_stop:
        settled |= STOPS
    expected = () if reason in settled else (reason,)
    assert remaining(Answer(False, (reason,)), ground=ground, despite_stop=despite_stop) == expected


@pytest.mark.parametrize("ground", ["27(1)", "28(1)", *NO_THIRD_PARTY])
def test_a_stop_holds_against_everything_that_is_no_exception_of_the_law(ground: str) -> None:
    answer = Answer(False, (Reason.NEEDS_JUDGEMENT, Reason.PROVISION_SUSPENDED))
    assert Reason.PROVISION_SUSPENDED in remaining(answer, ground=ground, despite_stop=True)


def test_what_the_gate_allows_needs_no_judgement() -> None:
    assert remaining(Answer(True, (Reason.CONSENT_GIVEN,)), ground="27(1)") == ()


@pytest.mark.parametrize("ground", ["", *GROUNDS])
@pytest.mark.parametrize("concerned", [[], ["consent_withdrawn"]])
def test_consent_is_said_only_where_it_was_the_ground_and_nothing_speaks_against_it(
    ground: str, concerned: list[str]
) -> None:
    said = str(said_to_the_person(ground, concerned))
    assert ("同意を得て提供" in said) == (ground in ("27(1)", "28(1)") and not concerned)
    assert ("確かめられない" in said) == (ground == "" or (ground in ("27(1)", "28(1)") and bool(concerned)))
