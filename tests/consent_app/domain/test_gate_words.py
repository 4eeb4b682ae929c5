"""Whatever the gate says can be told to staff."""

from consent_app.domain.gate import Reason
from consent_app.domain.gate_words import REASON_WORDS, reason_words
from consent_app.domain.provisions import NO_GROUND


def test_every_reason_has_words() -> None:
    assert set(REASON_WORDS) == {*Reason, NO_GROUND}


def test_a_reason_of_an_earlier_version_is_shown_as_it_is() -> None:
    assert reason_words("of_an_earlier_version") == "of_an_earlier_version"
