"""Applies rows to customers, a chunk at a time."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import Enum
from typing import Any, Final

from django.db import transaction

from ..domain.formats import Problem, RecordRow, SourceRow
from ..domain.formats.rows import WITHDRAWN
from ..domain.matching import Known, Register
from ..domain.normalise import address_key, name_key
from ..domain.trust import TRUST, Trust, outranks
from ..models import Consent, Customer, CustomerRecord, DataItem, Purpose, Recipient
from ..models.parts import RECIPIENT_ITEM, kept_parts
from . import consent_events, erasure_marks
from . import import_tables as tables
from .gift_erasure import Decided
from .import_tables import CustomerState

POSSIBLE_DUPLICATE: Final = "possible_duplicate"
KEPT_CORRECTION: Final = "kept_correction"
KEPT_CONSENT: Final = "kept_consent"
KEPT_EMAIL: Final = "kept_email"
SUPPRESSED: Final = "suppressed_after_erasure"
# A consent for this purpose is what the carts' newsletter columns speak of.
NEWSLETTER_PURPOSE: Final = "newsletter"
COUNTS: Final = ("created", "merged", "updated", "unchanged", "rejected", "possible_duplicates")


class Standing(Enum):
    """How a row stands to the customer who is there already and of whom it speaks."""

    JOINED = "joined"  # matched by what it says
    ALONE = "alone"  # known by its id, and nothing else belongs to the customer
    SHARED = "shared"  # known by its id, beside others


class Engine:
    """One import of one file.

    Args:
        source: code of the format.
        trial: count only; nothing that is stored changes.
    """

    def __init__(self, *, source: str, now: datetime, trial: bool) -> None:
        self.source = source
        self.now = now.isoformat()
        self.trial = trial
        self._items = dict(DataItem.objects.values_list("code", "id"))
        purpose = Purpose.objects.filter(code=NEWSLETTER_PURPOSE, active=True).first()
        self._newsletter_purpose = purpose.pk if purpose else None
        until = consent_events.limit(purpose, now) if purpose else None
        self._newsletter_limit = until.isoformat() if until else None
        # What was erased of the customers of this chunk, and when (article 35): it does not come back.
        self._erased: dict[uuid.UUID, dict[str, datetime]] = {}

    def apply(self, rows: list[SourceRow]) -> tuple[Counter[str], list[Problem]]:
        """Match and write the rows, in the transaction of the caller.

        Returns:
            How many rows were created, merged, … (:data:`COUNTS`), and what there is to say about single rows.
        """
        if not transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("A chunk is applied in a transaction.")
        counts: Counter[str] = Counter()
        problems: list[Problem] = []
        if not self.trial:
            tables.lock_imports()
        known = tables.identities(self.source, [row.external_id for row in rows])
        pending = [row for row in rows if row.external_id not in known or known[row.external_id][1] != row.digest]
        counts["unchanged"] = len(rows) - len(pending)
        suppressed = erasure_marks.suppressed([row for row in pending if row.external_id not in known])
        if suppressed:
            for row in pending:
                if row.external_id in suppressed:
                    counts["rejected"] += row.size
                    problems.append(Problem(row.line, "", SUPPRESSED, row.external_id, rejected=True, size=row.size))
            pending = [row for row in pending if row.external_id not in suppressed]
        if not pending:
            return counts, problems

        people = self._people(pending, [known[row.external_id][0] for row in pending if row.external_id in known])
        self._erased = erasure_marks.erased_items(people)
        # A trial sees here who shares a customer by earlier files, not by earlier chunks of its own.
        shared = tables.shared({known[row.external_id][0] for row in pending if row.external_id in known})
        outranked: list[dict[str, Any]] = []
        register: Register[uuid.UUID] = Register(Known(key, state.person) for key, state in people.items())
        applied: list[tuple[SourceRow, CustomerState]] = []
        for row in pending:
            if row.external_id in known:
                state = people[known[row.external_id][0]]
                standing = Standing.SHARED if state.id in shared else Standing.ALONE
                counts["updated"] += 1
            else:
                newcomer = Known(uuid.uuid4(), row.person)
                verdict = register.judge(newcomer)
                if verdict.possible:
                    counts["possible_duplicates"] += 1
                    problems.append(Problem(row.line, "", POSSIBLE_DUPLICATE, row.external_id))
                if verdict.joined is None:
                    state = people[newcomer.key] = self._begin(newcomer.key, row)
                    register.add(newcomer)
                    applied.append((row, state))
                    counts["created"] += 1
                    continue
                state = people[verdict.joined]
                standing = Standing.JOINED
                shared.add(state.id)
                counts["merged"] += 1
            problems += self._adopt(state, row, standing, outranked)
            register.add(Known(state.id, state.person))
            applied.append((row, state))

        tables.write_customers(people.values(), now=self.now, trial=self.trial)
        if not self.trial:
            self._write_rows(applied, set(known), problems)
            tables.keep_beside(outranked)
        return counts, problems

    def _people(self, rows: list[SourceRow], ids: list[uuid.UUID]) -> dict[uuid.UUID, CustomerState]:
        persons = [row.person for row in rows]
        homes = {(one.postal_code, name_key(one.family_name, one.given_name)) for one in persons if one.postal_code}
        return tables.people(
            ids=ids,
            emails=sorted({one.email for one in persons if one.email}),
            telephones=sorted({one.telephone for one in persons if one.telephone}),
            homes=sorted(home for home in homes if home[1]),
            trial=self.trial,
        )

    # ----------------------------------------------------------------------------------------- one row, one customer

    def _begin(self, key: uuid.UUID, row: SourceRow) -> CustomerState:
        """The customer who begins with this row: everything is as it says, and its person is theirs from here on."""
        origin = self._origin(row)
        said = {column for column in tables.PERSON if getattr(row.person, column)} | row.originals.keys()
        items = [item for item, columns in Customer.ITEM_FIELDS.items() if not said.isdisjoint(columns)]
        state = CustomerState(
            key, row.person, origins=dict.fromkeys(items, origin), originals=dict(row.originals), new=True
        )
        self._set_status(state, row)
        return state

    def _adopt(
        self, state: CustomerState, row: SourceRow, standing: Standing, outranked: list[dict[str, Any]]
    ) -> list[Problem]:
        """Take over what the row may say about the customer; what it says differently stays with the row's record.

        Args:
            outranked: takes up what a more trusted row replaces, to be kept with the record that it came from.
        """
        problems: list[Problem] = []
        differing: dict[str, str] = {}
        for item, fields in Customer.ITEM_FIELDS.items():
            incoming = {field: getattr(row.person, field) for field in fields}
            originals = {field: row.originals[field] for field in fields if field in row.originals}
            present = {field: getattr(state.person, field) for field in fields}
            origin = state.origins.get(item)
            own = origin is not None and self._is_of(origin, row)
            says_nothing = not any(incoming.values()) and not originals
            if says_nothing and not own:
                continue
            same = incoming == present
            if self._decides(item, row, standing, origin, present=present, same=same):
                if same and own and originals == {f: state.originals[f] for f in fields if f in state.originals}:
                    continue
                if not same and item == "email":
                    differing |= _said(present)
                elif origin and not own and not same and not _equivalent(item, state, row):
                    outranked.append({**_source_of(origin), "values": _said(present)})
                self._set(state, item, incoming, originals, None if says_nothing else self._origin(row))
            elif says_nothing or same or _equivalent(item, state, row):
                continue
            elif origin["source"] not in TRUST if origin else any(present.values()):
                problems.append(Problem(row.line, "", KEPT_CORRECTION, row.external_id))
            else:
                differing |= _said(incoming)
                if item == "email":
                    problems.append(Problem(row.line, "", KEPT_EMAIL, row.external_id))
        if differing and row.records:
            row.records[0].data["differs"] = differing
        self._set_status(state, row)
        return problems

    def _decides(
        self,
        item: str,
        row: SourceRow,
        standing: Standing,
        origin: dict[str, str] | None,
        *,
        present: dict[str, Any],
        same: bool,
    ) -> bool:
        """Whether the item becomes what the row says. The rules are those of ``domain.trust``."""
        accounts = TRUST[row.source] is Trust.ACCOUNTS
        if origin is None:
            allowed = accounts and not any(present.values())
        else:
            allowed = self._is_of(origin, row) or outranks(row.source, origin.get("source"))
        if item == "email" and not same:
            # Whoever holds the address sees everything in the record, and what others added to it was added because of
            # the former one. So only an account that has the record for itself may move on to another address.
            return allowed and accounts and standing is Standing.ALONE
        return allowed

    def _origin(self, row: SourceRow) -> dict[str, str]:
        origin = {"source": row.source, "external_id": row.external_id, "at": self.now}
        if as_of := self._as_of(row):
            origin["as_of"] = as_of
        return origin

    @staticmethod
    def _as_of(row: SourceRow) -> str | None:
        return row.as_of.isoformat() if row.as_of else None

    @staticmethod
    def _is_of(origin: dict[str, str], row: SourceRow) -> bool:
        return origin.get("source") == row.source and origin.get("external_id") == row.external_id

    @staticmethod
    def _set(
        state: CustomerState,
        item: str,
        values: dict[str, Any],
        originals: dict[str, str],
        origin: dict[str, str] | None,
    ) -> None:
        for field, value in values.items():
            setattr(state.person, field, value)
            state.originals.pop(field, None)
        state.originals |= originals
        if origin is None:
            del state.origins[item]
        else:
            state.origins[item] = origin
        state.changed = True

    def _set_status(self, state: CustomerState, row: SourceRow) -> None:
        """Withdrawn is who has left every shop where they were a member."""
        if not row.membership:
            return
        key = f"{row.source}:{row.external_id}"
        origin = state.origins.get("status", {})
        memberships = {**origin.get("memberships", {}), key: row.membership}
        decided_otherwise = origin and origin.get("source") not in TRUST
        if decided_otherwise or memberships == origin.get("memberships"):
            return
        left = all(membership == WITHDRAWN for membership in memberships.values())
        state.status = Customer.Status.WITHDRAWN if left else Customer.Status.ACTIVE
        state.origins["status"] = self._origin(row) | {"memberships": memberships}
        state.changed = True

    # ---------------------------------------------------------------------------- what stands beside the customer

    def _write_rows(
        self, applied: list[tuple[SourceRow, CustomerState]], known: set[str], problems: list[Problem]
    ) -> None:
        new = [(row, state) for row, state in applied if row.external_id not in known]
        again = [(row, state) for row, state in applied if row.external_id in known]
        tables.insert_identities(self._identity(row, state) for row, state in new)
        tables.update_identities([self._identity(row, state) for row, state in again])
        changed = [row.external_id for row, _ in again]
        self._write_consents(applied, changed, problems)
        decided = Decided(row for row, _state in applied)
        recipients: list[dict[str, Any]] = []
        tables.insert_records(self._records(new, decided, recipients), recipients)
        if again:
            recipients = []
            records = list(self._records(again, decided, recipients))
            tables.replace_records(self.source, changed, records, recipients)

    def _identity(self, row: SourceRow, state: CustomerState) -> dict[str, Any]:
        return {
            "customer_id": str(state.id),
            "source": row.source,
            "external_id": row.external_id,
            "digest": "\\x" + row.digest.hex(),
            "seen_at": self.now,
        }

    def _records(
        self, rows: list[tuple[SourceRow, CustomerState]], decided: Decided, recipients: list[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """The records of these rows as they are written.

        Args:
            recipients: takes up the recipients of each record that has gone by.
        """
        for row, state in rows:
            kept: Iterable[RecordRow] = row.records
            if row.newsletter is not None:
                wish = RecordRow(CustomerRecord.Kind.NEWSLETTER.value, row.as_of, {"wanted": row.newsletter})
                kept = [*row.records, wish]
            for record in kept:
                erased = {
                    item
                    for item, at in self._erased.get(state.id, {}).items()
                    if record.occurred_at is None or record.occurred_at <= at
                }
                if record.kind in erased:
                    continue
                key = str(uuid.uuid4())
                if RECIPIENT_ITEM not in erased:
                    recipients += _recipients(row, record, key, decided)
                yield {
                    "id": key,
                    "customer_id": str(state.id),
                    "kind": record.kind,
                    "item_id": self._items.get(record.kind),
                    "source": row.source,
                    "external_id": row.external_id,
                    "occurred_at": record.occurred_at.isoformat() if record.occurred_at else None,
                    "data": kept_parts(record.data, record.kind, _none_of(erased)) if erased else record.data,
                    "created_at": self.now,
                }

    def _write_consents(
        self, applied: list[tuple[SourceRow, CustomerState]], changed: list[str], problems: list[Problem]
    ) -> None:
        """A new wish is an event, and never against what the person decided elsewhere in the meantime."""
        if self._newsletter_purpose is None:
            return
        wishing = [(row, state) for row, state in applied if row.newsletter is not None]
        if not wishing:
            return
        before = tables.newsletter_wishes(self.source, changed) if changed else {}
        decided = tables.decided_otherwise(self._newsletter_purpose, [state.id for _, state in wishing])
        events = []
        for row, state in wishing:
            if before.get(row.external_id) == row.newsletter:
                continue
            if state.id in decided:
                problems.append(Problem(row.line, row.newsletter_column, KEPT_CONSENT, row.external_id))
                continue
            events.append(
                {
                    "id": str(uuid.uuid4()),
                    "customer_id": str(state.id),
                    "purpose_id": self._newsletter_purpose,
                    "event": Consent.Event.GIVEN if row.newsletter else Consent.Event.WITHDRAWN,
                    "channel": Consent.Channel.IMPORT,
                    "wording": "",
                    "proof": f"{row.source}:{row.external_id} {row.newsletter_column}"[:200],
                    "at": self.now,
                    "recorded_at": self.now,
                    "valid_until": self._newsletter_limit if row.newsletter else None,
                }
            )
        tables.insert_consents(events)


def _recipients(row: SourceRow, record: RecordRow, key: str, decided: Decided) -> list[dict[str, Any]]:
    """The recipients of an order, with what was decided for each of them since."""
    found = []
    for to in record.recipients:
        recipient = Recipient(
            family_name=to.family_name,
            given_name=to.given_name,
            postal_code=to.postal_code,
            prefecture=to.prefecture,
            address1=to.address1,
            address2=to.address2,
            telephone=to.telephone,
            originals=dict(to.originals),
            name_key=name_key(to.family_name, to.given_name)[:200],
        )
        if not decided.apply(row, recipient, record.occurred_at):
            continue
        values = {column: getattr(recipient, column) for column in tables.RECIPIENT}
        person = recipient.imported_as
        found.append(
            values
            | {
                "id": str(recipient.pk),
                "record_id": key,
                "imported_as": None if person is None else "\\x" + bytes(person).hex(),
            }
        )
    return found


def _none_of(items: set[str]) -> Callable[[str], bool]:
    """Whether an item is none of these."""
    return lambda item: item not in items


def _said(values: dict[str, Any]) -> dict[str, str]:
    """What is not empty, as plain text."""
    return {
        field: value if isinstance(value, str) else str(value.isoformat()) for field, value in values.items() if value
    }


def _source_of(origin: dict[str, str]) -> dict[str, str]:
    return {"source": origin["source"], "external_id": origin["external_id"]}


def _equivalent(item: str, state: CustomerState, row: SourceRow) -> bool:
    """Whether the row says the same in another spelling, so that there is nothing worth keeping beside it."""
    ours, theirs = state.person, row.person
    if item == "name":
        return name_key(ours.family_name, ours.given_name) == name_key(theirs.family_name, theirs.given_name)
    if item == "kana":
        return name_key(ours.family_kana, ours.given_kana) == name_key(theirs.family_kana, theirs.given_kana)
    if item == "address":
        return (ours.postal_code, ours.prefecture, address_key(ours.address1, ours.address2)) == (
            theirs.postal_code,
            theirs.prefecture,
            address_key(theirs.address1, theirs.address2),
        )
    return False
