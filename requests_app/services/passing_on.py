"""Telling those who hold the data what was decided about it (articles 25, 29, 34, 35).

A subcontractor is part of the operator's own handling: what is known to have been handed over is passed on at once.
One that may hold something, and a recipient of a provision, get a draft that staff judge
(``docs/decisions/instructions.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from consent_app.models import (
    Customer,
    DataItem,
    EntrustedPerson,
    Provision,
    Purpose,
    Recipient,
    Subcontractor,
)
from consent_app.models.parts import RECIPIENT_ITEM

from .. import selectors
from ..connectors.found import held_items
from ..domain.instructions import FOLLOWING, AddresseeKind, Kind
from ..domain.request_types import REQUEST_TYPES
from ..models import CaseFinding, Decision, DisclosureRequest, Instruction, InstructionContact, Party
from ..models.decision import POSITIVE
from ..selectors_found import followed
from . import changes, effects, instructions
from .instructions import Addressee


@dataclass(frozen=True, slots=True)
class Planned:
    """One instruction that a decision makes.

    Args:
        items: codes of the items concerned.
        finding: where staff found it by hand; whoever keeps it there does what was decided.
        certain: a record says that this person's data was given; otherwise staff judge whether to send it.
        identifier: what is told about who it is; empty where the register has nothing to tell.
    """

    addressee: Addressee
    kind: Kind
    items: frozenset[str]
    certain: bool
    identifier: str
    key: str
    finding: CaseFinding | None = None

    @property
    def sent_at_once(self) -> bool:
        """Whether it goes out without anybody looking at it again."""
        return self.certain and bool(self.addressee.email) and bool(self.identifier)

    @property
    def what(self) -> str:
        """The kind in words."""
        return str(self.kind.label)


@dataclass(slots=True)
class _Holder:
    """What somebody holds of the person."""

    items: set[str] = field(default_factory=set)
    certain: bool = False


def plan(
    request: DisclosureRequest,
    *,
    withheld_items: Collection[DataItem] = (),
    withheld_purposes: Collection[Purpose] = (),
) -> list[Planned]:
    """Whom a positive decision concerns, as things stand now; empty where the type changes nothing."""
    effect = REQUEST_TYPES[request.request_type].effect
    if effect not in FOLLOWING:
        return []
    withheld = {item.code for item in withheld_items}
    purposes = _purposes(request, effect, {one.pk for one in withheld_purposes})
    own = _plan_customer(request, request.customer, effect, withheld, purposes) if request.customer else []
    return [*own, *_plan_gifts(request, effect, withheld, purposes), *_plan_found(request, effect, withheld)]


def _plan_customer(
    request: DisclosureRequest, customer: Customer, effect: str, withheld: set[str], purposes: set[int] | None
) -> list[Planned]:
    concerned = _concerned(request, effect, withheld)
    if concerned == set():
        return []
    subcontractors = _subcontractors(customer, effect, purposes)
    recipients = _recipients(customer)
    to_subcontractor, to_recipient = FOLLOWING[effect]
    contacts = _Contacts(lambda how: identifier_for(customer, how))
    planned = []
    for subcontractor, holder in subcontractors.items():
        items = holder.items if concerned is None else holder.items & concerned
        if items:
            planned.append(contacts.subcontractor(subcontractor, to_subcontractor, items, certain=holder.certain))
    for name, given in recipients.items():
        items = given if concerned is None else given & concerned
        if items:
            planned.append(contacts.recipient(name, to_recipient, items))
    return planned


def _plan_gifts(
    request: DisclosureRequest, effect: str, withheld: set[str], purposes: set[int] | None
) -> list[Planned]:
    """Who ships has the recipients of the orders of others; to third parties they are never given."""
    rows, items = _gifts_concerned(request, effect, withheld)
    if not rows or effect == "stop_provision":
        return []
    given: dict[Subcontractor, list[Recipient]] = {}
    shipped = EntrustedPerson.objects.filter(recipient__in=rows, allowed=True)
    known = {row.pk: row for row in rows}
    for one in shipped.select_related("entrustment__subcontractor").order_by("pk"):
        if one.recipient_id and (purposes is None or one.entrustment.purpose_id in purposes):
            given.setdefault(one.entrustment.subcontractor, []).append(known[one.recipient_id])
    ships = Subcontractor.objects.filter(active=True, contracts__isnull=False, items__code=RECIPIENT_ITEM).distinct()
    perhaps = ships.exclude(pk__in=[one.pk for one in given])
    planned = []
    for subcontractor in (*given, *perhaps):
        held = given.get(subcontractor, rows)
        contacts = _Contacts(lambda how, held=held: gift_identifier(held, how))  # type: ignore[misc]
        certain = subcontractor in given
        planned.append(
            contacts.subcontractor(subcontractor, FOLLOWING[effect][0], items, certain=certain, about=":gifts")
        )
    return planned


def _plan_found(request: DisclosureRequest, effect: str, withheld: set[str]) -> list[Planned]:
    """What staff found by hand is changed by whoever keeps it there; nobody else can."""
    rows = followed(request, withheld)
    if not rows:
        return []
    contacts = _Contacts(lambda how: stated_identifier(request, how))
    return [contacts.keeper(row, FOLLOWING[effect][0]) for row in rows]


def stated_identifier(request: DisclosureRequest, how: str) -> str:
    """By what whoever keeps papers finds those of the person: what the person stated."""
    party = next((one for one in request.parties.all() if one.kind == Party.Kind.PRINCIPAL), None)
    if party is None:
        return ""
    if how == InstructionContact.Identifier.EMAIL and party.email:
        return party.email
    return " ".join(part for part in (party.full_name, party.full_address, party.email) if part)


def _gifts_concerned(request: DisclosureRequest, effect: str, withheld: set[str]) -> tuple[list[Recipient], set[str]]:
    """The rows and the codes of items that the decision is about."""
    rows = selectors.linked_recipients(request)
    if effect == "change":
        accepted = [change for change in request.changes.select_related("item") if change.accepted]
        orders = {order for change in accepted for order in change.gift_orders}
        codes = {change.item.code for change in accepted if change.gift_orders}
        return [row for row in rows if str(row.record_id) in orders], codes
    if effect == "erase":
        parts = effects.gift_items_erased(request, withheld)
        if parts is not None:
            return (rows, set(parts)) if parts else ([], set())
    return rows, {RECIPIENT_ITEM}


def gift_identifier(rows: Collection[Recipient], how: str) -> str:
    """By what somebody who ships knows the recipients: the numbers of the orders, or name and address."""
    if how == InstructionContact.Identifier.NAME:
        lines = [
            " ".join(part for part in (str(row), row.prefecture + row.address1, row.address2) if part) for row in rows
        ]
    else:
        lines = [f"{row.record.source}: {row.record.external_id}" for row in rows]
    return "\n".join(dict.fromkeys(lines))


def make(*, decision: Decision, now: datetime) -> list[Instruction]:
    """Write the instructions of a decision and send those that are certain. In the effect's transaction, before it.

    Twice does no harm: each has a key made of the decision and the addressee.
    """
    if decision.outcome not in POSITIVE:
        return []
    request = decision.request
    text = _stopped_words(decision)
    made = []
    for one in plan(
        request,
        withheld_items=decision.withheld_items.all(),
        withheld_purposes=decision.withheld_purposes.all(),
    ):
        instruction = instructions.create(
            request=request,
            addressee=one.addressee,
            kind=one.kind,
            actor="worker",
            now=now,
            items=sorted(one.items),
            identifier=one.identifier,
            text=_text(request, one, text),
            decision=decision,
            finding=one.finding,
            key=f"{decision.pk}:{one.key}"[:300],
        )
        made.append(instructions.send_by_worker(instruction=instruction, now=now) if one.sent_at_once else instruction)
    return made


_WITH_VALUES = frozenset({Kind.CORRECT})


def _concerned(request: DisclosureRequest, effect: str, withheld: set[str]) -> set[str] | None:
    """Codes of the items that the decision is about; None: all of them."""
    if effect == "erase":
        return effects.items_erased(request, withheld)
    if effect == "change":
        return set(request.changes.filter(accepted=True).values_list("item__code", flat=True))
    return None


def _purposes(request: DisclosureRequest, effect: str, withheld: set[int]) -> set[int] | None:
    """Keys of the purposes whose use stops; None: all of them."""
    if effect != "stop_use" or (request.wants_everything and not withheld):
        return None
    return {one.pk for one in effects.purposes_stopped(request, withheld)}


def _subcontractors(customer: Customer, effect: str, purposes: set[int] | None) -> dict[Subcontractor, _Holder]:
    """Who got this person's data by the records; and who, by the register and a contract, may have got it."""
    found: dict[Subcontractor, _Holder] = {}
    for provision in _standing(customer).filter(subcontractor__isnull=False).select_related("subcontractor"):
        if provision.subcontractor:
            holder = found.setdefault(provision.subcontractor, _Holder(certain=True))
            holder.items |= set(provision.items)
    if effect == "stop_provision":
        # An entrustment is no provision to a third party (article 27(5)i).
        return found
    given = EntrustedPerson.objects.filter(customer=customer, allowed=True)
    for row in given.select_related("entrustment__subcontractor"):
        if purposes is None or row.entrustment.purpose_id in purposes:
            holder = found.setdefault(row.entrustment.subcontractor, _Holder(certain=True))
            holder.items |= set(row.entrustment.items)
    held = held_items(customer)
    perhaps = Subcontractor.objects.filter(active=True, contracts__isnull=False).distinct().prefetch_related("items")
    for subcontractor in perhaps.exclude(pk__in=[one.pk for one in found]):
        items = {item.code for item in subcontractor.items.all()} & held
        if items:
            found[subcontractor] = _Holder(items)
    return found


def _recipients(customer: Customer) -> dict[str, set[str]]:
    """The recipients of the ledger of article 29 that are no subcontractors, with what each one was given."""
    found: dict[str, set[str]] = {}
    for provision in _standing(customer).filter(subcontractor=None):
        found.setdefault(provision.recipient_name, set()).update(provision.items)
    return found


def _standing(customer: Customer) -> QuerySet[Provision]:
    return Provision.objects.filter(customer=customer, reversal=None).order_by("provided_on", "pk")


class _Contacts:
    """The register of addresses, and what it lets be told about the person."""

    def __init__(self, identify: Callable[[str], str]) -> None:
        self.identify = identify
        rows = InstructionContact.objects.select_related("subcontractor")
        self.rows = list(rows)

    def subcontractor(
        self, who: Subcontractor, kind: Kind, items: set[str], *, certain: bool, about: str = ""
    ) -> Planned:
        contact = next((row for row in self.rows if row.subcontractor_id == who.pk), None)
        addressee = (
            instructions.addressee_of(contact)
            if contact
            else Addressee(AddresseeKind.SUBCONTRACTOR, str(who)[:200], subcontractor=who)
        )
        key = f"subcontractor:{who.pk}{about}"
        return Planned(addressee, kind, frozenset(items), certain, self._identifier(contact), key)

    def recipient(self, name: str, kind: Kind, items: set[str]) -> Planned:
        contact = next((row for row in self.rows if row.kind == AddresseeKind.RECIPIENT and row.name == name), None)
        addressee = instructions.addressee_of(contact) if contact else Addressee(AddresseeKind.RECIPIENT, name[:200])
        return Planned(addressee, kind, frozenset(items), False, self._identifier(contact), f"recipient:{name}")

    def keeper(self, finding: CaseFinding, kind: Kind) -> Planned:
        """Whoever the finding names, else whoever wrote it: they had it before them."""
        contact = finding.keeper
        if contact is not None:
            addressee = instructions.addressee_of(contact)
        elif finding.author is not None and finding.author.is_active:
            addressee = instructions.addressee_staff(finding.author)
        else:
            addressee = Addressee(AddresseeKind.STAFF, str(_("担当者")))
        items = frozenset({finding.item.code} if finding.item else ())
        identifier = self.identify(contact.identifier if contact else InstructionContact.Identifier.NAME)
        return Planned(addressee, kind, items, True, identifier, f"found:{finding.pk}", finding)

    def _identifier(self, contact: InstructionContact | None) -> str:
        return self.identify(contact.identifier if contact else InstructionContact.Identifier.NUMBER)


def identifier_for(customer: Customer, how: str) -> str:
    """What was agreed to name the person by, and nothing else; empty where it is not registered."""
    match how:
        case InstructionContact.Identifier.EMAIL:
            return customer.email
        case InstructionContact.Identifier.NAME:
            return " ".join(part for part in (customer.full_name, customer.full_address) if part)
        case _:
            rows = customer.identities.order_by("source", "external_id")
            return "\n".join(f"{row.source}: {row.external_id}" for row in rows)


def _text(request: DisclosureRequest, planned: Planned, stopped: str) -> str:
    """What is said beyond the standard text: the place, the new values, the purposes that stop."""
    said = _new_values(request, planned) if planned.kind in _WITH_VALUES else stopped
    if planned.finding is None:
        return said
    word = "データのある場所：" if planned.addressee.language == "ja" else "Where the data is: "
    return f"{word}{planned.finding.place}\n\n{said}".strip()


def _new_values(request: DisclosureRequest, planned: Planned) -> str:
    """The accepted new content of the items that this addressee holds, one line each; no items: of all."""
    rows = request.changes.filter(accepted=True).select_related("item")
    if planned.items:
        rows = rows.filter(item__code__in=planned.items)
    ja = planned.addressee.language == "ja"
    return "\n".join(f"{row.item.name_ja if ja else row.item.name_en}: {changes.new_words(row)}" for row in rows)


def _stopped_words(decision: Decision) -> str:
    """Which purposes stop, where not all of them do."""
    request = decision.request
    if REQUEST_TYPES[request.request_type].effect != "stop_use":
        return ""
    withheld = set(decision.withheld_purposes.values_list("pk", flat=True))
    if request.wants_everything and not withheld:
        return ""
    return "\n".join(f"{one.text_ja} / {one.text_en}" for one in effects.purposes_stopped(request, withheld))
