"""The table of request types against the law, written down here a second time and independently.

Sources: APPI 28(3), 32 to 35, 38, 39, 40.
"""

from itertools import chain, combinations

import pytest
from django.db import IntegrityError, transaction

from consent_app.domain.profile import MAY_BE_LEFT_OUT, REFUSAL_ARTICLES
from consent_app.domain.profile import REQUEST_TYPES as IN_PROFILES
from consent_app.domain.request_words import OUTCOME_WORDS, REQUEST_WORDS
from consent_app.models import RequestRule
from consent_app.services.profiles import PROFILES, read_profile
from requests_app.domain.request_types import REQUEST_TYPES, possible_refusals
from requests_app.portal.wizard import PAGES

# Type -> right, fee possible (38), a suit waits two weeks (39), articles of grounds, articles of refusals.
LAW: dict[str, tuple[str, bool, bool, set[str], set[str]]] = {
    "purpose_notice": ("32(2)", True, False, set(), {"32(2)i", "21(4)i", "21(4)ii", "21(4)iii"}),
    "disclosure": ("33(1)", True, True, set(), {"33(2)i", "33(2)ii", "33(2)iii", "33(4)"}),
    "provision_records": ("33(5)", True, True, set(), {"33(2)i", "33(2)ii", "33(2)iii", "33(4)", "33(5)"}),
    "correction": ("34(1)", False, True, {"34(1)"}, {"34(2)"}),
    "addition": ("34(1)", False, True, {"34(1)"}, {"34(2)"}),
    "deletion": ("34(1)", False, True, {"34(1)"}, {"34(2)"}),
    "stop_use": ("35", False, True, {"35(1)", "35(5)"}, {"35(2)", "35(6)"}),
    "erasure": ("35", False, True, {"35(1)", "35(5)"}, {"35(2)", "35(6)"}),
    "stop_provision": ("35", False, True, {"35(3)", "35(5)"}, {"35(4)", "35(6)"}),
    "foreign_measures": ("28(3)", False, False, set(), {"28(3)"}),
    "complaint": ("40", False, False, set(), set()),
    "inquiry": ("32(1)", False, False, set(), set()),
}
# Article under which the person is notified of what was decided.
NOTIFIED = {
    "purpose_notice": "32(3)",
    "disclosure": "33(3)",
    "provision_records": "33(3)",
    "correction": "34(3)",
    "addition": "34(3)",
    "deletion": "34(3)",
    "stop_use": "35(7)",
    "erasure": "35(7)",
    "stop_provision": "35(7)",
    "foreign_measures": "28(3)",
}
# Which refusals may answer which stated ground (articles 35(2), (4), (6)).
ANSWERED_BY = {"35(1)": {"35(2)"}, "35(3)": {"35(4)"}, "35(5)": {"35(6)"}}


def test_every_right_is_in_the_table() -> None:
    assert set(REQUEST_TYPES) == set(LAW) == set(IN_PROFILES) == set(REQUEST_WORDS)


def test_a_profile_can_name_every_outcome_for_a_second_look() -> None:
    assert set(OUTCOME_WORDS) == set(chain.from_iterable(one.outcome_articles for one in REQUEST_TYPES.values()))


@pytest.mark.parametrize("code", LAW)
def test_a_type_says_what_the_law_says(code: str) -> None:
    entry = REQUEST_TYPES[code]
    article, fee, suit, grounds, refusals = LAW[code]
    assert entry.code == code
    assert (entry.article, entry.fee_allowed, entry.suit_waits) == (article, fee, suit)
    assert {ground.article for ground in entry.grounds} == grounds
    assert {refusal.article for refusal in entry.refusals} == refusals


@pytest.mark.parametrize("code", LAW)
def test_a_fee_is_possible_only_where_the_profile_allows_it_too(code: str) -> None:
    # Provision records count as disclosure (33(5) applies 33(1) to (3)); nothing under 34, 35, 28(3), 40 costs a fee.
    assert REQUEST_TYPES[code].fee_allowed is IN_PROFILES[code]
    assert REQUEST_TYPES[code].fee_allowed is (code in {"purpose_notice", "disclosure", "provision_records"})


@pytest.mark.parametrize("code", NOTIFIED)
def test_every_answer_that_is_no_grant_is_notified_under_the_right_article(code: str) -> None:
    outcomes = REQUEST_TYPES[code].outcome_articles
    for outcome in ("refused", "no_such_data", *({"partly", "alternative"} & set(outcomes))):
        assert outcomes[outcome] == NOTIFIED[code]
    assert outcomes["identity_not_confirmed"] == outcomes["not_valid"] == "37(1)"


@pytest.mark.parametrize("code", LAW)
def test_another_measure_exists_only_for_article_35(code: str) -> None:
    assert ("alternative" in REQUEST_TYPES[code].outcome_articles) is LAW[code][0].startswith("35")


@pytest.mark.parametrize("code", ["complaint", "inquiry"])
def test_a_complaint_is_answered_and_never_refused(code: str) -> None:
    entry = REQUEST_TYPES[code]
    assert set(entry.outcome_articles) == {"replied"}
    assert not entry.needs_identity
    assert entry.told == {"replied"}


@pytest.mark.parametrize("code", LAW)
def test_a_refusal_answers_only_what_was_stated(code: str) -> None:
    entry = REQUEST_TYPES[code]
    stated = [ground.code for ground in entry.grounds]
    subsets = chain.from_iterable(combinations(stated, size) for size in range(1, len(stated) + 1))
    for some in subsets:
        articles = {ground.article for ground in entry.grounds if ground.code in some}
        expected = set().union(*(ANSWERED_BY.get(article, LAW[code][4]) for article in articles))
        assert {one.article for one in possible_refusals(code, some)} == expected


@pytest.mark.parametrize("code", LAW)
def test_cost_and_difficulty_never_refuse_by_themselves(code: str) -> None:
    """Articles 35(2), (4), (6): only where a measure is taken that protects the person. Elsewhere they do not exist."""
    instead = {refusal.code for refusal in REQUEST_TYPES[code].refusals if refusal.instead}
    expected = {"costly_or_difficult", "newer_costly_or_difficult"} if LAW[code][0].startswith("35") else set()
    assert instead == expected


@pytest.mark.parametrize("code", LAW)
def test_profiles_can_name_every_ground_of_refusal_of_the_act(code: str) -> None:
    named = {refusal.article for refusal in REQUEST_TYPES[code].refusals} - {"33(5)", "28(3)"}
    assert named <= set(REFUSAL_ARTICLES)


def test_only_what_goes_abroad_may_be_left_out() -> None:
    assert MAY_BE_LEFT_OUT == ("foreign_measures",)


@pytest.mark.parametrize("code", LAW)
def test_the_form_asks_who_it_is_and_how_to_answer(code: str) -> None:
    entry = REQUEST_TYPES[code]
    assert entry.asks[0] == "name"
    assert entry.asks[-1] == "method"
    # Where one of several grounds must be stated, the form asks for it; one ground is stated by asking.
    assert ("grounds" in entry.asks) is (len(entry.grounds) > 1)
    assert set(entry.asks) <= {page.slug for page in PAGES} | {"changes"}


# Codes of the grounds of refusal -> their article by type, written down from the Act once more.
STOPS = {
    "claim_wrong": {"stop_use": "35(2)", "erasure": "35(2)", "stop_provision": "35(4)"},
    "costly_or_difficult": {"stop_use": "35(2)", "erasure": "35(2)", "stop_provision": "35(4)"},
    **dict.fromkeys(
        ("newer_claim_wrong", "not_needed_to_prevent", "newer_costly_or_difficult"),
        dict.fromkeys(("stop_use", "erasure", "stop_provision"), "35(6)"),
    ),
}
BOTH_DISCLOSURES = ("disclosure", "provision_records")
REFUSALS: dict[str, dict[str, str]] = {
    "already_clear": {"purpose_notice": "32(2)i"},
    "harm_to_person": {"purpose_notice": "21(4)i", **dict.fromkeys(BOTH_DISCLOSURES, "33(2)i")},
    "operator_rights": {"purpose_notice": "21(4)ii"},
    "public_body": {"purpose_notice": "21(4)iii"},
    "business_hindrance": {**dict.fromkeys(BOTH_DISCLOSURES, "33(2)ii"), "foreign_measures": "28(3)"},
    "other_law_breached": dict.fromkeys(BOTH_DISCLOSURES, "33(2)iii"),
    "other_law_procedure": dict.fromkeys(BOTH_DISCLOSURES, "33(4)"),
    "outside_the_right": {"provision_records": "33(5)"},
    **dict.fromkeys(
        ("content_true", "not_needed", "special_procedure"),
        dict.fromkeys(("correction", "addition", "deletion"), "34(2)"),
    ),
    **STOPS,
}
GROUNDS = {
    "untrue": "34(1)",
    **dict.fromkeys(("beyond_purpose", "improper_use", "wrongful_acquisition"), "35(1)"),
    **dict.fromkeys(("without_consent", "abroad_without_consent"), "35(3)"),
    **dict.fromkeys(("no_longer_needed", "breach_happened", "interests_harmed"), "35(5)"),
}
PROFILE_NAMES = ("agreement", "cleng", "kloset", "quipearl", "rokusho")


@pytest.mark.parametrize("code", LAW)
@pytest.mark.parametrize("ground", [*GROUNDS, ""])
def test_every_type_ground_and_refusal_is_possible_or_not_as_the_law_says(code: str, ground: str) -> None:
    stated, of_type = GROUNDS.get(ground, ""), {one.code for one in REQUEST_TYPES[code].grounds}
    assert of_type == {one for one, article in GROUNDS.items() if article in LAW[code][3]}
    if bool(ground) is not bool(of_type) or (ground and ground not in of_type):
        return  # cannot be stated: the form and ``read_answers`` have no such choice
    expected = {
        refusal: by_type[code]
        for refusal, by_type in REFUSALS.items()
        if code in by_type and by_type[code] in ANSWERED_BY.get(stated, {by_type[code]})
    }
    assert {one.code: one.article for one in possible_refusals(code, [ground] if ground else [])} == expected


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("code", LAW)
def test_every_profile_keeps_to_the_law(profile: str, code: str) -> None:
    known = read_profile(profile)
    rule = next(one for one in known.requests if one.type == code)
    assert rule.fee == "none" or LAW[code][1]
    assert rule.offered or code == "foreign_measures"
    lawful = {by_type[code] for by_type in REFUSALS.values() if code in by_type} | {"37(1)"}
    for ground in known.refusal_grounds:
        if code not in ground.requests:
            continue
        # A ground that is none of the law's needs one beside it that the law has for this very type.
        assert ground.article in lawful if ground.statutory else lawful & set(ground.requires), ground.code


@pytest.mark.django_db
@pytest.mark.parametrize("fee", ["none", "fixed", "quoted"])
@pytest.mark.parametrize("code", LAW)
def test_no_fee_is_possible_in_the_database_where_the_law_has_none(code: str, fee: str) -> None:
    values = {"request_type": code, "fee": fee, "fee_yen": 1100 if fee == "fixed" else None}
    if fee == "none" or LAW[code][1]:
        RequestRule.objects.create(**values)
    else:
        with pytest.raises(IntegrityError, match="fee_only_where_article_38_allows"), transaction.atomic():
            RequestRule.objects.create(**values)


def test_the_five_profiles_are_all_there_are() -> None:
    assert {path.stem for path in PROFILES.glob("*.toml")} == set(PROFILE_NAMES)
    assert set(REFUSALS) == {one.code for entry in REQUEST_TYPES.values() for one in entry.refusals}
    assert set(GROUNDS) == {one.code for entry in REQUEST_TYPES.values() for one in entry.grounds}
