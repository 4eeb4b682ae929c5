"""The decision tables of the gate, written from the law and the promises, not from the code.

Every row says in words what is the case, what the answer is, and the reasons that are named.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent_app.domain import duties, gate
from consent_app.domain.duties import Abroad, Agreement, Judgement, Supervision
from consent_app.domain.gate import (
    BasisFacts,
    ConsentFacts,
    EntrusteeFacts,
    GiftFacts,
    PersonFacts,
    PurposeFacts,
    Record,
    SuspensionFacts,
)

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)
EARLIER = AT - timedelta(seconds=1)

GIVEN = ConsentFacts("c", "given")
WITHDRAWN = ConsentFacts("c", "withdrawn")
EXPIRED = ConsentFacts("c", "expired")
UNTIL_LATER = ConsentFacts("c", "given", LATER)
UNTIL_NOW = ConsentFacts("c", "given", AT)
UNTIL_EARLIER = ConsentFacts("c", "given", EARLIER)
NONSENSE = ConsentFacts("c", "something else")

ALL_USE = SuspensionFacts("s1", "use")
THIS_USE = SuspensionFacts("s2", "use", 1)
WHOLE_USE = SuspensionFacts("s3", "use", 9)
OTHER_USE = SuspensionFacts("s4", "use", 5)
ALL_PROVISION = SuspensionFacts("s5", "provision")
THIS_PROVISION = SuspensionFacts("s6", "provision", 1)
OTHER_PROVISION = SuspensionFacts("s7", "provision", 5)

FREE = PurposeFacts(1, active=True, needs_consent=False, shipping=False, items=frozenset({"name", "address"}))
ASKED = PurposeFacts(1, active=True, needs_consent=True, shipping=False, items=frozenset({"name", "email"}))
PART = PurposeFacts(1, active=True, needs_consent=True, shipping=False, whole=9)
RETIRED = PurposeFacts(1, active=False, needs_consent=False, shipping=False)
RETIRED_ASKED = PurposeFacts(1, active=False, needs_consent=True, shipping=False)
SHIPPING = PurposeFacts(
    1, active=True, needs_consent=False, shipping=True, items=frozenset({"name", "address", "recipient"})
)
SHIPPING_ASKED = PurposeFacts(1, active=True, needs_consent=True, shipping=True)
SHIPPING_RETIRED = PurposeFacts(1, active=False, needs_consent=False, shipping=True)

# what is the case | active customer | purpose | newest consent | suspensions in force | allowed | reasons
USE: list[tuple[str, bool, PurposeFacts | None, ConsentFacts | None, tuple[SuspensionFacts, ...], bool, set[str]]] = [
    ("published purpose", True, FREE, None, (), True, {"purpose_known"}),
    (
        "published purpose, a consent that it does not need is withdrawn",
        True,
        FREE,
        WITHDRAWN,
        (),
        True,
        {"purpose_known"},
    ),
    ("purpose that nobody knows", True, None, None, (), False, {"purpose_unknown"}),
    ("purpose that nobody knows, with a consent", True, None, GIVEN, (), False, {"purpose_unknown"}),
    ("retired purpose", True, RETIRED, None, (), False, {"purpose_retired"}),
    ("retired purpose with a consent", True, RETIRED_ASKED, GIVEN, (), False, {"purpose_retired"}),
    ("needs consent, never asked", True, ASKED, None, (), False, {"consent_missing"}),
    ("needs consent, given", True, ASKED, GIVEN, (), True, {"consent_given"}),
    ("needs consent, withdrawn", True, ASKED, WITHDRAWN, (), False, {"consent_withdrawn"}),
    ("needs consent, expired by an event", True, ASKED, EXPIRED, (), False, {"consent_expired"}),
    ("needs consent, its limit is ahead", True, ASKED, UNTIL_LATER, (), True, {"consent_given"}),
    ("needs consent, its limit is this moment", True, ASKED, UNTIL_NOW, (), False, {"consent_expired"}),
    ("needs consent, its limit is over", True, ASKED, UNTIL_EARLIER, (), False, {"consent_expired"}),
    ("needs consent, an event of an unknown kind", True, ASKED, NONSENSE, (), False, {"consent_missing"}),
    ("all use stopped, published purpose", True, FREE, None, (ALL_USE,), False, {"use_suspended"}),
    ("all use stopped, consent given", True, ASKED, GIVEN, (ALL_USE,), False, {"use_suspended"}),
    ("this purpose stopped, consent given", True, ASKED, GIVEN, (THIS_USE,), False, {"purpose_suspended"}),
    ("the whole purpose stopped, consent to the part", True, PART, GIVEN, (WHOLE_USE,), False, {"purpose_suspended"}),
    ("another purpose stopped", True, ASKED, GIVEN, (OTHER_USE,), True, {"consent_given"}),
    ("another purpose stopped, no whole", True, FREE, None, (OTHER_USE,), True, {"purpose_known"}),
    ("only provision stopped", True, FREE, None, (ALL_PROVISION,), True, {"purpose_known"}),
    ("customer left", False, FREE, None, (), False, {"person_withdrawn"}),
    ("customer left, consent given", False, ASKED, GIVEN, (), False, {"person_withdrawn"}),
    (
        "everything at once",
        False,
        RETIRED_ASKED,
        WITHDRAWN,
        (ALL_USE, THIS_USE),
        False,
        {"person_withdrawn", "purpose_retired", "use_suspended", "purpose_suspended", "consent_withdrawn"},
    ),
]


@pytest.mark.parametrize(
    ("active", "purpose", "consent", "suspensions", "allowed", "reasons"),
    [row[1:] for row in USE],
    ids=[row[0] for row in USE],
)
def test_use(
    active: bool,
    purpose: PurposeFacts | None,
    consent: ConsentFacts | None,
    suspensions: tuple[SuspensionFacts, ...],
    allowed: bool,
    reasons: set[str],
) -> None:
    person = PersonFacts("p", active, consent, suspensions)
    answer = gate.decide_use(person=person, purpose=purpose, at=AT)
    assert (answer.allowed, set(answer.reasons)) == (allowed, reasons)


def test_nobody_is_refused_everything() -> None:
    answers = [
        gate.decide_use(person=None, purpose=FREE, at=AT),
        gate.decide_entrusting(person=None, purpose=FREE, entrustee=CARRIER, items=frozenset({"name"}), at=AT),
        gate.decide_provision(
            person=None, basis=CONSENT, purpose=GIVING, name="X", country="JP", items=frozenset({"name"}), at=AT
        ),
    ]
    assert [(a.allowed, a.reasons) for a in answers] == [(False, ("person_unknown",))] * 3


def test_the_records_that_an_answer_rests_on() -> None:
    person = PersonFacts("p", True, GIVEN, (ALL_USE,))
    answer = gate.decide_use(person=person, purpose=ASKED, at=AT)
    assert answer.records == (
        Record("customer", "p"),
        Record("purpose", "1"),
        Record("suspension", "s1"),
        Record("consent", "c"),
    )


# what is the case | known | purpose | allowed | reasons
GIFT_USE: list[tuple[str, bool, PurposeFacts | None, bool, set[str]]] = [
    ("shipping", True, SHIPPING, True, {"gift_shipping"}),
    ("another published purpose", True, FREE, False, {"gift_shipping_only"}),
    ("newsletter", True, ASKED, False, {"gift_shipping_only"}),
    ("shipping that needs a consent that nobody gave", True, SHIPPING_ASKED, False, {"gift_shipping_only"}),
    ("retired shipping", True, SHIPPING_RETIRED, False, {"purpose_retired"}),
    ("unknown purpose", True, None, False, {"purpose_unknown"}),
    ("unknown person", False, SHIPPING, False, {"person_unknown"}),
]


@pytest.mark.parametrize(
    ("known", "purpose", "allowed", "reasons"), [row[1:] for row in GIFT_USE], ids=[row[0] for row in GIFT_USE]
)
def test_use_of_a_gift_recipient(known: bool, purpose: PurposeFacts | None, allowed: bool, reasons: set[str]) -> None:
    answer = gate.decide_gift_use(person=GiftFacts("g") if known else None, purpose=purpose)
    assert (answer.allowed, set(answer.reasons)) == (allowed, reasons)


TODAY = date(2026, 11, 22)
PASSED = Judgement(date(2026, 4, 1), True, date(2027, 4, 1))
CONTRACT = Agreement("k", date(2026, 4, 1), date(2027, 3, 31), True)


def supervised(**changes: Any) -> Supervision:
    """Selected and bound by a contract, in Japan; changed for the case."""
    return Supervision(**{"country": "JP", "selections": (PASSED,), "agreements": (CONTRACT,), **changes})


def entrustee(items: str = "name address recipient email", **changes: Any) -> EntrusteeFacts:
    return EntrusteeFacts("e", True, frozenset(items.split()), "例の運送", supervised(**changes))


CARRIER = entrustee()
ABROAD = entrustee("name", country="US")
NOWHERE = entrustee("name", country="")
GONE = EntrusteeFacts("e", False, frozenset({"name"}), "例の運送", supervised())
NO_GIFTS = entrustee("name")

CHECKED = Abroad("equivalent", checked_on=date(2026, 6, 1), next_check_on=date(2027, 6, 1))
BY_CONSENT = entrustee(country="US", abroad=Abroad("consent", informed_from=date(2026, 5, 1)))
TO_IT = PurposeFacts(
    1, active=True, needs_consent=True, shipping=True, provided_to="例の運送", items=frozenset({"name", "recipient"})
)
TO_ANOTHER = PurposeFacts(1, active=True, needs_consent=True, shipping=True, provided_to="Y", items=frozenset({"name"}))
UNASKED = PurposeFacts(
    1, active=True, needs_consent=False, shipping=True, provided_to="例の運送", items=frozenset({"name"})
)
INFORMED = ConsentFacts("c", "given", at=datetime(2026, 5, 1, tzinfo=UTC))
# Half past midnight of 1 May in Japan, still April elsewhere.
INFORMED_THAT_NIGHT = ConsentFacts("c", "given", at=datetime(2026, 4, 30, 15, 30, tzinfo=UTC))
UNINFORMED = ConsentFacts("c", "given", at=datetime(2026, 4, 30, 14, 30, tzinfo=UTC))

# what is the case | changes to an entrusting that is allowed | allowed | reasons
ENTRUSTING: list[tuple[str, dict[str, Any], bool, set[str]]] = [
    ("name and address for shipping", {}, True, {"entrusted"}),
    ("the gift's recipient for shipping", {"items": {"recipient"}}, True, {"entrusted"}),
    ("item outside the allow-list", {"items": {"name", "gender"}}, False, {"items_not_covered"}),
    ("item outside the purpose", {"items": {"email"}}, False, {"items_not_covered"}),
    ("no items named", {"items": set()}, False, {"items_unknown"}),
    ("unknown subcontractor", {"entrustee": None}, False, {"recipient_unknown"}),
    ("subcontractor no longer used", {"entrustee": GONE}, False, {"recipient_unknown"}),
    ("subcontractor abroad", {"entrustee": ABROAD, "items": {"name"}}, False, {"recipient_abroad"}),
    (
        "country not known",
        {"entrustee": NOWHERE, "items": {"name"}},
        False,
        {"recipient_unknown", "recipient_abroad"},
    ),
    ("never examined", {"entrustee": entrustee(selections=())}, False, {"selection_missing"}),
    (
        "examined and not chosen",
        {"entrustee": entrustee(selections=(PASSED, Judgement(date(2026, 5, 1), False)))},
        False,
        {"selection_failed"},
    ),
    (
        "chosen only from tomorrow on",
        {"entrustee": entrustee(selections=(Judgement(date(2026, 11, 23), True),))},
        False,
        {"selection_missing"},
    ),
    ("no contract", {"entrustee": entrustee(agreements=())}, False, {"agreement_missing"}),
    (
        "a draft that nobody signed",
        {"entrustee": entrustee(agreements=(Agreement("k", None, None, True),))},
        False,
        {"agreement_missing"},
    ),
    (
        "a clause is missing",
        {"entrustee": entrustee(agreements=(Agreement("k", date(2026, 4, 1), None, False),))},
        False,
        {"agreement_incomplete"},
    ),
    (
        "the contract begins tomorrow",
        {"entrustee": entrustee(agreements=(Agreement("k", date(2026, 11, 23), None, True),))},
        False,
        {"agreement_not_begun"},
    ),
    (
        "the contract begins today",
        {"entrustee": entrustee(agreements=(Agreement("k", TODAY, None, True),))},
        True,
        {"entrusted"},
    ),
    (
        "the last day of the contract",
        {"entrustee": entrustee(agreements=(Agreement("k", date(2026, 4, 1), TODAY, True),))},
        True,
        {"entrusted"},
    ),
    (
        "the day after the last day of the contract",
        {"entrustee": entrustee(agreements=(Agreement("k", date(2026, 4, 1), date(2026, 11, 21), True),))},
        False,
        {"agreement_expired"},
    ),
    (
        "neither examined nor bound",
        {"entrustee": entrustee(selections=(), agreements=())},
        False,
        {"selection_missing", "agreement_missing"},
    ),
    (
        "a review found it unfit",
        {"entrustee": entrustee(reviews=(Judgement(date(2026, 10, 1), False, date(2026, 12, 1)),))},
        False,
        {"review_failed"},
    ),
    (
        "a review is late: something for the manager to make up for",
        {"entrustee": entrustee(reviews=(Judgement(date(2026, 5, 1), True, date(2026, 6, 1)),))},
        True,
        {"entrusted"},
    ),
    ("passed on without approval", {"entrustee": entrustee(unapproved=1)}, False, {"reentrusted_unapproved"}),
    ("asked whether it may pass on", {"entrustee": entrustee(waiting=1)}, True, {"entrusted"}),
    (
        "in a country whose protection is equivalent, found so",
        {"entrustee": entrustee(country="DE", abroad=Abroad("designated"))},
        True,
        {"entrusted"},
    ),
    ("in such a country, nothing recorded", {"entrustee": entrustee(country="DE")}, False, {"recipient_abroad"}),
    (
        "said to be such a country, but is none",
        {"entrustee": entrustee(country="US", abroad=Abroad("designated"))},
        False,
        {"recipient_abroad"},
    ),
    (
        "arrangement that was checked this year",
        {"entrustee": entrustee(country="US", abroad=CHECKED)},
        True,
        {"entrusted"},
    ),
    (
        "arrangement that was never checked",
        {"entrustee": entrustee(country="US", abroad=Abroad("equivalent"))},
        False,
        {"abroad_unchecked"},
    ),
    (
        "arrangement whose check is due today",
        {"entrustee": entrustee(country="US", abroad=Abroad("equivalent", None, date(2026, 1, 1), TODAY))},
        True,
        {"entrusted"},
    ),
    (
        "arrangement whose check was due yesterday",
        {"entrustee": entrustee(country="US", abroad=Abroad("equivalent", None, date(2026, 1, 1), date(2026, 11, 21)))},
        False,
        {"abroad_unchecked"},
    ),
    (
        "arrangement that was found not to work",
        {
            "entrustee": entrustee(
                country="US", abroad=Abroad("equivalent", None, date(2026, 11, 1), date(2027, 11, 1), True)
            )
        },
        False,
        {"abroad_unchecked"},
    ),
    (
        "abroad by a basis that nobody knows",
        {"entrustee": entrustee(country="US", abroad=Abroad("trust"))},
        False,
        {"recipient_abroad"},
    ),
    (
        "abroad by consent to this very provision, given on information",
        {"entrustee": BY_CONSENT, "purpose": TO_IT, "consent": INFORMED, "items": {"name"}},
        True,
        {"entrusted"},
    ),
    (
        "abroad by consent, given on the first day in Japan",
        {"entrustee": BY_CONSENT, "purpose": TO_IT, "consent": INFORMED_THAT_NIGHT, "items": {"name"}},
        True,
        {"entrusted"},
    ),
    (
        "abroad by consent that was given before people were told",
        {"entrustee": BY_CONSENT, "purpose": TO_IT, "consent": UNINFORMED, "items": {"name"}},
        False,
        {"consent_missing"},
    ),
    (
        "abroad by consent that names another",
        {"entrustee": BY_CONSENT, "purpose": TO_ANOTHER, "consent": INFORMED, "items": {"name"}},
        False,
        {"recipient_not_covered"},
    ),
    (
        "abroad by consent, for a purpose that asks for none",
        {"entrustee": BY_CONSENT, "purpose": UNASKED, "consent": INFORMED, "items": {"name"}},
        False,
        {"consent_missing"},
    ),
    (
        "abroad by consent, provision stopped: there it is a third party",
        {
            "entrustee": BY_CONSENT,
            "purpose": TO_IT,
            "consent": INFORMED,
            "items": {"name"},
            "suspensions": (ALL_PROVISION,),
        },
        False,
        {"provision_suspended"},
    ),
    ("unknown purpose", {"purpose": None}, False, {"purpose_unknown"}),
    ("mail magazine without consent", {"purpose": ASKED, "items": {"email"}}, False, {"consent_missing"}),
    ("mail magazine with consent", {"purpose": ASKED, "items": {"email"}, "consent": GIVEN}, True, {"entrusted"}),
    (
        "gift's recipient for a mail magazine",
        {"purpose": ASKED, "items": {"recipient"}, "consent": GIVEN},
        False,
        {"gift_shipping_only", "items_not_covered"},
    ),
    ("all use stopped", {"suspensions": (ALL_USE,)}, False, {"use_suspended"}),
    ("this purpose stopped", {"suspensions": (THIS_USE,)}, False, {"purpose_suspended"}),
    ("provision stopped: a subcontractor is no third party", {"suspensions": (ALL_PROVISION,)}, True, {"entrusted"}),
    ("customer left", {"active": False}, False, {"person_withdrawn"}),
]


@pytest.mark.parametrize(
    ("changes", "allowed", "reasons"), [row[1:] for row in ENTRUSTING], ids=[row[0] for row in ENTRUSTING]
)
def test_entrusting(changes: dict[str, Any], allowed: bool, reasons: set[str]) -> None:
    person = PersonFacts(
        "p", changes.get("active", True), changes.get("consent"), tuple(changes.get("suspensions", ()))
    )
    answer = gate.decide_entrusting(
        person=person,
        purpose=changes.get("purpose", SHIPPING),
        entrustee=changes.get("entrustee", CARRIER),
        items=frozenset(changes.get("items", {"name", "address"})),
        at=AT,
    )
    assert (answer.allowed, set(answer.reasons)) == (allowed, reasons)


@pytest.mark.parametrize(
    ("purpose", "entrustee", "allowed", "reasons"),
    [
        (SHIPPING, CARRIER, True, {"gift_shipping"}),
        (SHIPPING, NO_GIFTS, False, {"items_not_covered"}),
        (SHIPPING, None, False, {"recipient_unknown"}),
        (FREE, CARRIER, False, {"gift_shipping_only"}),
        (None, None, False, {"purpose_unknown", "recipient_unknown"}),
        (SHIPPING, entrustee("recipient", agreements=()), False, {"agreement_missing"}),
        (SHIPPING, entrustee("recipient", country="US", abroad=CHECKED), True, {"gift_shipping"}),
        (
            SHIPPING,
            entrustee("recipient", country="US", abroad=Abroad("consent", informed_from=date(2026, 5, 1))),
            False,
            {"consent_missing"},
        ),
    ],
    ids=[
        "carrier",
        "carrier without that item",
        "third party or nobody",
        "another purpose",
        "nothing known",
        "carrier without a contract",
        "carrier abroad under an arrangement",
        "carrier abroad by consent: nobody asked the gift's recipient",
    ],
)
def test_giving_a_gift_recipient_on(
    purpose: PurposeFacts | None, entrustee: EntrusteeFacts | None, allowed: bool, reasons: set[str]
) -> None:
    answer = gate.decide_gift_entrusting(person=GiftFacts("g"), purpose=purpose, entrustee=entrustee, at=AT)
    assert (answer.allowed, set(answer.reasons)) == (allowed, reasons)


def test_every_obstacle_of_the_duties_is_a_reason_of_the_gate() -> None:
    assert {obstacle.value for obstacle in duties.Obstacle} <= {reason.value for reason in gate.Reason}


def test_an_entrusting_rests_on_the_agreement_in_force() -> None:
    answer = gate.decide_entrusting(
        person=PersonFacts("p", True), purpose=SHIPPING, entrustee=CARRIER, items=frozenset({"name"}), at=AT
    )
    assert answer.records == (
        Record("customer", "p"),
        Record("purpose", "1"),
        Record("subcontractor", "e"),
        Record("agreement", "k"),
    )


CONSENT = BasisFacts("b", True, frozenset({"27(1)"}))
CONSENT_OR_DANGER = BasisFacts("b", True, frozenset({"27(1)", "27(1)ii"}))
LEGAL_DEMAND = BasisFacts("b", True, frozenset({"27(1)i"}))
SUCCESSION = BasisFacts("b", True, frozenset({"27(5)ii"}))
JOINT_USE = BasisFacts("b", True, frozenset({"27(5)iii"}))
NOTHING = BasisFacts("b", True, frozenset())
RETIRED_BASIS = BasisFacts("b", False, frozenset({"27(1)"}))

GIVING = PurposeFacts(
    1, True, needs_consent=True, shipping=False, provided_to="X", items=frozenset({"name", "recipient"})
)
GIVING_UNASKED = PurposeFacts(1, True, needs_consent=False, shipping=False, provided_to="X", items=frozenset({"name"}))
GIVING_TO_NOBODY = PurposeFacts(1, True, needs_consent=True, shipping=False, items=frozenset({"name"}))
GIVING_RETIRED = PurposeFacts(1, False, needs_consent=True, shipping=False, provided_to="X", items=frozenset({"name"}))

# what is the case | changes to a provision that is allowed | allowed | reasons
PROVISION: list[tuple[str, dict[str, Any], bool, set[str]]] = [
    ("consent to this provision", {}, True, {"consent_given"}),
    ("a case of the policy that consent carries", {"basis": CONSENT_OR_DANGER}, True, {"consent_given"}),
    ("never asked", {"consent": None}, False, {"consent_missing"}),
    ("withdrawn", {"consent": WITHDRAWN}, False, {"consent_withdrawn"}),
    ("expired", {"consent": EXPIRED}, False, {"consent_expired"}),
    ("its limit is over", {"consent": UNTIL_EARLIER}, False, {"consent_expired"}),
    ("no purpose named", {"purpose": None}, False, {"consent_missing"}),
    ("purpose without consent", {"purpose": GIVING_UNASKED}, False, {"consent_missing"}),
    ("consent to something that names no recipient", {"purpose": GIVING_TO_NOBODY}, False, {"recipient_not_covered"}),
    ("consent for another recipient", {"name": "Y"}, False, {"recipient_not_covered"}),
    ("recipient without a name", {"name": ""}, False, {"recipient_not_covered"}),
    (
        "recipient without a name, consent to something that names none",
        {"name": "", "purpose": GIVING_TO_NOBODY},
        False,
        {"recipient_not_covered"},
    ),
    ("retired purpose", {"purpose": GIVING_RETIRED}, False, {"purpose_retired"}),
    ("item that was not consented to", {"items": {"name", "gender"}}, False, {"items_not_covered"}),
    ("no items named", {"items": set()}, False, {"items_unknown"}),
    ("data of a gift's recipient", {"items": {"recipient"}}, False, {"gift_shipping_only"}),
    ("recipient abroad", {"country": "US"}, False, {"recipient_abroad"}),
    ("country not known", {"country": ""}, False, {"recipient_unknown"}),
    ("unknown basis", {"basis": None}, False, {"basis_unknown"}),
    ("retired basis", {"basis": RETIRED_BASIS}, False, {"basis_unknown"}),
    ("demand under a law", {"basis": LEGAL_DEMAND}, False, {"needs_judgement"}),
    ("merger", {"basis": SUCCESSION}, False, {"needs_judgement"}),
    ("joint use", {"basis": JOINT_USE}, False, {"needs_judgement"}),
    ("a case that the law does not know", {"basis": NOTHING}, False, {"needs_judgement"}),
    ("provision stopped", {"suspensions": (ALL_PROVISION,)}, False, {"provision_suspended"}),
    ("this provision stopped", {"suspensions": (THIS_PROVISION,)}, False, {"provision_suspended"}),
    ("another provision stopped", {"suspensions": (OTHER_PROVISION,)}, True, {"consent_given"}),
    ("all use stopped", {"suspensions": (ALL_USE,)}, False, {"use_suspended"}),
    ("this purpose stopped", {"suspensions": (THIS_USE,)}, False, {"purpose_suspended"}),
    ("customer left", {"active": False}, False, {"person_withdrawn"}),
]


@pytest.mark.parametrize(
    ("changes", "allowed", "reasons"), [row[1:] for row in PROVISION], ids=[row[0] for row in PROVISION]
)
def test_provision(changes: dict[str, Any], allowed: bool, reasons: set[str]) -> None:
    person = PersonFacts(
        "p", changes.get("active", True), changes.get("consent", GIVEN), tuple(changes.get("suspensions", ()))
    )
    answer = gate.decide_provision(
        person=person,
        basis=changes.get("basis", CONSENT),
        purpose=changes.get("purpose", GIVING),
        name=changes.get("name", "X"),
        country=changes.get("country", "JP"),
        items=frozenset(changes.get("items", {"name"})),
        at=AT,
    )
    assert (answer.allowed, set(answer.reasons)) == (allowed, reasons)
