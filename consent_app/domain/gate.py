"""The gate: may this person's data be used for that, or be given to them?

Everything that is not known is a reason to refuse. Only what is found, present and not contradicted is allowed, and
every answer names the records that it rests on. Where the law leaves a judgement to people (articles 27(1)i to vii
and 27(5)ii), the gate does not judge: it refuses and says so, and the manager records what was decided on which
ground.

Sources: APPI articles 18 (no use beyond the purpose), 25 (entrusting), 27 and 28 (third parties, joint use, abroad),
35 (stops).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from . import duties
from .duties import HOME_COUNTRY
from .normalise import TOKYO

# The data item of people to whom a customer has something sent.
RECIPIENT_ITEM = "recipient"
CONSENT_ARTICLE = "27(1)"
# The kinds of suspension that stop use; giving data away is a use of it too.
USE = frozenset({"use"})
USE_AND_PROVISION = frozenset({"use", "provision"})


class Reason(StrEnum):
    """Why the gate answered as it did."""

    # Allowed, because …
    PURPOSE_KNOWN = "purpose_known"
    CONSENT_GIVEN = "consent_given"
    ENTRUSTED = "entrusted"
    GIFT_SHIPPING = "gift_shipping"
    OFF_PURPOSE_RECORDED = "off_purpose_recorded"
    JOINT_USE = "joint_use"
    TRACKER_PUBLISHED = "tracker_published"
    # Refused, because …
    PERSON_UNKNOWN = "person_unknown"
    PERSON_WITHDRAWN = "person_withdrawn"
    PURPOSE_UNKNOWN = "purpose_unknown"
    PURPOSE_RETIRED = "purpose_retired"
    USE_SUSPENDED = "use_suspended"
    PURPOSE_SUSPENDED = "purpose_suspended"
    PROVISION_SUSPENDED = "provision_suspended"
    CONSENT_MISSING = "consent_missing"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_OUTDATED = "consent_outdated"
    GIFT_SHIPPING_ONLY = "gift_shipping_only"
    RECIPIENT_NOT_COVERED = "recipient_not_covered"
    RECIPIENT_UNKNOWN = "recipient_unknown"
    RECIPIENT_ABROAD = "recipient_abroad"
    ABROAD_UNCHECKED = "abroad_unchecked"
    SELECTION_MISSING = "selection_missing"
    SELECTION_FAILED = "selection_failed"
    AGREEMENT_MISSING = "agreement_missing"
    AGREEMENT_INCOMPLETE = "agreement_incomplete"
    AGREEMENT_NOT_BEGUN = "agreement_not_begun"
    AGREEMENT_EXPIRED = "agreement_expired"
    REVIEW_FAILED = "review_failed"
    REENTRUSTED_UNAPPROVED = "reentrusted_unapproved"
    ITEMS_UNKNOWN = "items_unknown"
    ITEMS_NOT_COVERED = "items_not_covered"
    OFF_PURPOSE_UNRECORDED = "off_purpose_unrecorded"
    OFF_PURPOSE_OVER = "off_purpose_over"
    BASIS_UNKNOWN = "basis_unknown"
    NEEDS_JUDGEMENT = "needs_judgement"
    JOINT_USE_UNKNOWN = "joint_use_unknown"
    JOINT_USE_NOT_IN_FORCE = "joint_use_not_in_force"
    PURPOSE_NOT_COVERED = "purpose_not_covered"
    TRACKER_UNKNOWN = "tracker_unknown"
    ADVERTISING_REFUSED = "advertising_refused"
    REFERABLE_UNCONFIRMED = "referable_unconfirmed"


@dataclass(frozen=True, slots=True)
class Record:
    """Something that an answer rests on: the kind of register and the key of its row."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Allowed or refused; ``reasons`` is never empty, and a refusal names every reason that was found."""

    allowed: bool
    reasons: tuple[Reason, ...]
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """What the register says about a purpose. ``active`` is false too where the whole that it is part of is retired."""

    key: int
    active: bool
    needs_consent: bool
    shipping: bool
    provided_to: str = ""
    whole: int | None = None
    items: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """The newest event for a person and a purpose. ``outdated``: what was agreed to means something else since."""

    key: str
    event: str
    valid_until: datetime | None = None
    outdated: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SuspensionFacts:
    """A stop in force; ``purpose`` None means everything of its kind."""

    key: str
    kind: str
    purpose: int | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A customer as far as the gate needs them."""

    key: str
    active: bool
    consent: ConsentFacts | None = None
    suspensions: tuple[SuspensionFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class GiftFacts:
    """Somebody to whom a gift goes, with what they had stopped (article 35)."""

    key: str
    suspensions: tuple[SuspensionFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class EntrusteeFacts:
    """A subcontractor: which items may be entrusted, and everything recorded about its supervision."""

    key: str
    active: bool
    items: frozenset[str]
    name: str
    supervision: duties.Supervision


@dataclass(frozen=True, slots=True)
class BasisFacts:
    """A case of the policy: ``articles`` are the grounds of the law that can carry it."""

    key: str
    active: bool
    articles: frozenset[str]


@dataclass(frozen=True, slots=True)
class JointUseFacts:
    """A joint use as it was announced: the version in effect, and who belongs to it at that time.

    Args:
        in_force: announced, in effect and not ended. Without that, nothing else counts.
        users: key of each member -> its country.
    """

    key: str
    in_force: bool
    items: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    users: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OffPurposeFacts:
    """A recorded use beyond the purposes, for one person. ``needs_consent``: its ground is a consent."""

    key: str
    concerns: bool
    begins_on: date
    ends_on: date
    items: frozenset[str]
    needs_consent: bool


@dataclass(frozen=True, slots=True)
class Entrusted:
    """Asked for: handing over to the subcontractor ``code`` for the purpose ``purpose`` (article 27(5)i)."""

    code: str
    purpose: str


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """Asked for: provision to a third party in this case of the policy, consented to under this purpose.

    Args:
        name: the recipient, as the purpose names it.
        basis: code of the provision basis.
        purpose: code of the purpose whose consent names the provision; empty where there is none.
        country: ISO 3166-1 alpha-2 of the recipient; empty means not known.
    """

    name: str
    basis: str
    purpose: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class JointUser:
    """Asked for: use by ``user`` (key of the member's row) within the joint use ``code`` (article 27(5)iii)."""

    code: str
    user: str
    purpose: str


Destination = Entrusted | ThirdParty | JointUser

_NOBODY = Answer(False, (Reason.PERSON_UNKNOWN,))


def decide_use(*, person: PersonFacts | None, purpose: PurposeFacts | None, at: datetime) -> Answer:
    """May the data of this customer be used for this purpose at this moment (article 18, promises R1, K1, A1)?

    Args:
        person: None where nobody of that key is held.
        purpose: None where the register does not know it.
        at: an aware moment.
    """
    if person is None:
        return _NOBODY
    reasons: list[Reason] = []
    records: list[Record] = []
    _judge_person(person, reasons, records)
    _judge_purpose(purpose, reasons, records)
    _judge_suspensions(person, purpose, USE, reasons, records)
    consented = purpose is not None and purpose.needs_consent
    if consented:
        _judge_consent(person.consent, at, reasons, records)
    if reasons:
        return _refused(reasons, records)
    return Answer(True, (Reason.CONSENT_GIVEN if consented else Reason.PURPOSE_KNOWN,), tuple(records))


def decide_off_purpose(
    *,
    person: PersonFacts | None,
    purpose: PurposeFacts | None,
    use: OffPurposeFacts | None,
    items: frozenset[str],
    today: date,
    at: datetime,
) -> Answer:
    """May these items be used beyond the purposes (article 18(1), (3))? Only as somebody has decided and recorded.

    Where the ground is a consent, all holds that holds for any consent: it may be withdrawn, run out, be stopped. The
    grounds of article 18(3) are duties and emergencies that do not depend on what the person wishes; a stop under
    article 35 does not reach them, and whoever decided the use saw it.

    Args:
        person: None where nobody of that key is held.
        purpose: to which the consent is, where the ground is one.
        use: the record; None where there is none, or it was voided.
        items: that are to be used.
        today: the day in Japan.
        at: an aware moment.
    """
    if person is None:
        return _NOBODY
    reasons: list[Reason] = []
    records = [Record("customer", person.key)]
    if use is None or not use.concerns:
        return _refused([Reason.OFF_PURPOSE_UNRECORDED], records)
    records.append(Record("off_purpose", use.key))
    if not use.begins_on <= today <= use.ends_on:
        reasons.append(Reason.OFF_PURPOSE_OVER)
    _judge_items(items, use.items, reasons)
    if use.needs_consent:
        consented = decide_use(person=person, purpose=purpose, at=at)
        records.extend(consented.records)
        if not consented.allowed:
            reasons.extend(consented.reasons)
    if reasons:
        return _refused(reasons, records)
    return Answer(True, (Reason.OFF_PURPOSE_RECORDED,), tuple(dict.fromkeys(records)))


def decide_gift_use(*, person: GiftFacts | None, purpose: PurposeFacts | None) -> Answer:
    """May the data of a gift recipient be used for this purpose? Only to ship (promise Q8): nobody asked them.

    And not even that once they had the use stopped.
    """
    reasons: list[Reason] = [] if person else [Reason.PERSON_UNKNOWN]
    records = [Record("recipient", person.key)] if person else []
    _judge_purpose(purpose, reasons, records)
    if person:
        _judge_suspensions(person, purpose, USE, reasons, records)
    if purpose and (not purpose.shipping or purpose.needs_consent):
        reasons.append(Reason.GIFT_SHIPPING_ONLY)
    if reasons:
        return _refused(reasons, records)
    return Answer(True, (Reason.GIFT_SHIPPING,), tuple(records))


def decide_entrusting(
    *,
    person: PersonFacts | None,
    purpose: PurposeFacts | None,
    entrustee: EntrusteeFacts | None,
    items: frozenset[str],
    at: datetime,
) -> Answer:
    """May these items be handed to a subcontractor for this purpose (articles 25, 27(5)i)?

    Entrusting is use: whatever forbids the purpose forbids it. A stop of provision to third parties does not reach it,
    because a subcontractor is none, unless it is abroad and gets the data by consent: then it is a third party
    (article 28(1)), and the consent has to name it and to have been given after people were told about the country.
    """
    if person is None:
        return _NOBODY
    use = decide_use(person=person, purpose=purpose, at=at)
    reasons = [] if use.allowed else list(use.reasons)
    records = list(use.records)
    _judge_entrustee(entrustee, items, at, reasons, records)
    if entrustee and _by_consent(entrustee):
        _judge_suspensions(person, purpose, USE_AND_PROVISION, reasons, records)
        _judge_consent_abroad(entrustee, purpose, person.consent, reasons)
    if purpose:
        _judge_items(items, purpose.items, reasons)
        if RECIPIENT_ITEM in items and not purpose.shipping:
            reasons.append(Reason.GIFT_SHIPPING_ONLY)
    if reasons:
        return _refused(reasons, records)
    return Answer(True, (Reason.ENTRUSTED,), tuple(dict.fromkeys(records)))


def decide_gift_entrusting(
    *, person: GiftFacts | None, purpose: PurposeFacts | None, entrustee: EntrusteeFacts | None, at: datetime
) -> Answer:
    """May the data of a gift recipient be handed to a subcontractor? To one who ships, for shipping.

    Not abroad by consent: nobody asked them.
    """
    use = decide_gift_use(person=person, purpose=purpose)
    reasons = [] if use.allowed else list(use.reasons)
    records = list(use.records)
    if person and entrustee is None:
        # To somebody who is no subcontractor it would be a provision.
        _judge_suspensions(person, purpose, frozenset({"provision"}), reasons, records)
    _judge_entrustee(entrustee, frozenset({RECIPIENT_ITEM}), at, reasons, records)
    if entrustee and _by_consent(entrustee):
        reasons.append(Reason.CONSENT_MISSING)
    if reasons:
        return _refused(reasons, records)
    return Answer(True, (Reason.GIFT_SHIPPING,), tuple(records))


def decide_provision(
    *,
    person: PersonFacts | None,
    basis: BasisFacts | None,
    purpose: PurposeFacts | None,
    name: str,
    country: str,
    items: frozenset[str],
    at: datetime,
) -> Answer:
    """May these items be given to a third party (articles 27(1), 28)?

    Only a consent to this very provision opens the gate; the other cases need a person's judgement. Data about gift
    recipients is never given: the customer cannot consent for them.
    """
    if person is None:
        return _NOBODY
    reasons: list[Reason] = []
    records: list[Record] = []
    _judge_person(person, reasons, records)
    _judge_suspensions(person, purpose, USE_AND_PROVISION, reasons, records)
    if basis is None or not basis.active:
        reasons.append(Reason.BASIS_UNKNOWN)
    else:
        records.append(Record("basis", basis.key))
        if CONSENT_ARTICLE not in basis.articles:
            reasons.append(Reason.NEEDS_JUDGEMENT)
    _judge_country(country, reasons)
    if RECIPIENT_ITEM in items:
        reasons.append(Reason.GIFT_SHIPPING_ONLY)
    if purpose is None:
        reasons.append(Reason.CONSENT_MISSING)
        _judge_items(items, items, reasons)
    else:
        _judge_purpose(purpose, reasons, records)
        _judge_items(items, purpose.items, reasons)
        if not name or purpose.provided_to != name:
            reasons.append(Reason.RECIPIENT_NOT_COVERED)
        if not purpose.needs_consent:
            # A purpose without a consent of its own says nothing about giving data away.
            reasons.append(Reason.CONSENT_MISSING)
        else:
            _judge_consent(person.consent, at, reasons, records)
    if reasons:
        return _refused(reasons, records)
    return Answer(True, (Reason.CONSENT_GIVEN,), tuple(records))


def decide_joint_use(
    *,
    person: PersonFacts | None,
    purpose: PurposeFacts | None,
    joint_use: JointUseFacts | None,
    asked: JointUser,
    items: frozenset[str],
    at: datetime,
) -> Answer:
    """May these items be used by a member of a joint use for this purpose (article 27(5)iii, promises K4, C3)?

    Only what was announced and is in effect counts. Article 27(5) does not call joint users third parties; a stop of
    provision reaches them all the same, because who asked for it wants the data to stay here. Gift recipients were told
    of nothing, so their data is never used jointly. Abroad it needs what article 28 asks for, which the gate cannot
    see: refused.
    """
    if person is None:
        return _NOBODY
    use = decide_use(person=person, purpose=purpose, at=at)
    reasons = [] if use.allowed else list(use.reasons)
    records = list(use.records)
    _judge_suspensions(person, purpose, USE_AND_PROVISION, reasons, records)
    if RECIPIENT_ITEM in items:
        reasons.append(Reason.GIFT_SHIPPING_ONLY)
    if purpose:
        _judge_items(items, purpose.items, reasons)
    if joint_use is None:
        reasons.append(Reason.JOINT_USE_UNKNOWN)
    else:
        records.append(Record("joint_use", joint_use.key))
        _judge_joint_use(joint_use, asked, items, reasons)
    if reasons:
        return _refused(reasons, records)
    return Answer(True, (Reason.JOINT_USE,), tuple(dict.fromkeys(records)))


def _judge_joint_use(joint_use: JointUseFacts, asked: JointUser, items: frozenset[str], reasons: list[Reason]) -> None:
    if not joint_use.in_force:
        reasons.append(Reason.JOINT_USE_NOT_IN_FORCE)
        return
    _judge_items(items, joint_use.items, reasons)
    if asked.purpose not in joint_use.purposes:
        reasons.append(Reason.PURPOSE_NOT_COVERED)
    if asked.user not in joint_use.users:
        reasons.append(Reason.RECIPIENT_NOT_COVERED)
    else:
        _judge_country(joint_use.users[asked.user], reasons)


def _refused(reasons: Iterable[Reason], records: Iterable[Record]) -> Answer:
    return Answer(False, tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(records)))


def _judge_person(person: PersonFacts, reasons: list[Reason], records: list[Record]) -> None:
    records.append(Record("customer", person.key))
    if not person.active:
        reasons.append(Reason.PERSON_WITHDRAWN)


def _judge_purpose(purpose: PurposeFacts | None, reasons: list[Reason], records: list[Record]) -> None:
    if purpose is None:
        reasons.append(Reason.PURPOSE_UNKNOWN)
        return
    records.append(Record("purpose", str(purpose.key)))
    if not purpose.active:
        reasons.append(Reason.PURPOSE_RETIRED)


def _judge_entrustee(
    entrustee: EntrusteeFacts | None,
    items: frozenset[str],
    at: datetime,
    reasons: list[Reason],
    records: list[Record],
) -> None:
    if entrustee is None or not entrustee.active:
        reasons.append(Reason.RECIPIENT_UNKNOWN)
        return
    records.append(Record("subcontractor", entrustee.key))
    supervision, today = entrustee.supervision, at.astimezone(TOKYO).date()
    if not supervision.country:
        reasons.append(Reason.RECIPIENT_UNKNOWN)
    reasons.extend(Reason(obstacle) for obstacle in duties.obstacles(supervision, today))
    if agreement := duties.agreement_in_force(supervision, today):
        records.append(Record("agreement", agreement.key))
    _judge_items(items, entrustee.items, reasons)


def _by_consent(entrustee: EntrusteeFacts) -> bool:
    supervision = entrustee.supervision
    return supervision.country != HOME_COUNTRY and bool(supervision.abroad and supervision.abroad.basis == "consent")


def _judge_consent_abroad(
    entrustee: EntrusteeFacts, purpose: PurposeFacts | None, consent: ConsentFacts | None, reasons: list[Reason]
) -> None:
    """Whether the consent that was looked at is one to this very provision abroad, given on information (Rule 17)."""
    if purpose is None:
        return
    if purpose.provided_to != entrustee.name:
        reasons.append(Reason.RECIPIENT_NOT_COVERED)
    informed = entrustee.supervision.abroad.informed_from if entrustee.supervision.abroad else None
    given = consent.at.astimezone(TOKYO).date() if consent and consent.at else None
    if not purpose.needs_consent or given is None or informed is None or given < informed:
        reasons.append(Reason.CONSENT_MISSING)


def _judge_suspensions(
    person: PersonFacts | GiftFacts,
    purpose: PurposeFacts | None,
    kinds: frozenset[str],
    reasons: list[Reason],
    records: list[Record],
) -> None:
    """A stop of a whole purpose stops its parts."""
    stopped = {None} if purpose is None else {None, purpose.key, purpose.whole}
    for suspension in person.suspensions:
        if suspension.kind not in kinds or suspension.purpose not in stopped:
            continue
        if suspension.kind == "provision":
            reasons.append(Reason.PROVISION_SUSPENDED)
        else:
            reasons.append(Reason.USE_SUSPENDED if suspension.purpose is None else Reason.PURPOSE_SUSPENDED)
        records.append(Record("suspension", suspension.key))


def _judge_consent(consent: ConsentFacts | None, at: datetime, reasons: list[Reason], records: list[Record]) -> None:
    if consent is None:
        reasons.append(Reason.CONSENT_MISSING)
        return
    records.append(Record("consent", consent.key))
    if consent.event == "withdrawn":
        reasons.append(Reason.CONSENT_WITHDRAWN)
    elif consent.event == "expired" or (consent.valid_until is not None and consent.valid_until <= at):
        reasons.append(Reason.CONSENT_EXPIRED)
    elif consent.outdated:
        reasons.append(Reason.CONSENT_OUTDATED)
    elif consent.event != "given":
        reasons.append(Reason.CONSENT_MISSING)


def _judge_items(items: frozenset[str], covered: frozenset[str], reasons: list[Reason]) -> None:
    if not items:
        reasons.append(Reason.ITEMS_UNKNOWN)
    elif not items <= covered:
        reasons.append(Reason.ITEMS_NOT_COVERED)


def _judge_country(country: str, reasons: list[Reason]) -> None:
    if country != HOME_COUNTRY:
        reasons.append(Reason.RECIPIENT_ABROAD if country else Reason.RECIPIENT_UNKNOWN)
