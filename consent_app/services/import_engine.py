"""Applies rows to customers, a chunk at a time."""

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from ..domain.formats import Problem, RecordRow, SourceRow
from ..domain.formats.rows import WITHDRAWN
from ..domain.matching import Known, Register
from ..domain.normalise import address_key, name_key
from ..models import Consent, Customer, CustomerRecord, DataItem, Purpose
from . import import_tables as tables
from .import_tables import CustomerState

POSSIBLE_DUPLICATE: Final = "possible_duplicate"
KEPT_CORRECTION: Final = "kept_correction"
KEPT_CONSENT: Final = "kept_consent"
# A consent for this purpose is what the carts' newsletter columns speak of.
NEWSLETTER_PURPOSE: Final = "newsletter"
# What a row's values may replace: what came from a file. Anything else the person or the staff entered since.
FILE_SOURCES: Final = frozenset(("shopify", "eccube", "base"))
COUNTS: Final = ("created", "merged", "updated", "unchanged", "rejected", "possible_duplicates")


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
        if not pending:
            return counts, problems

        people = self._people(pending, [known[row.external_id][0] for row in pending if row.external_id in known])
        register: Register[uuid.UUID] = Register(Known.of(key, state.person) for key, state in people.items())
        applied: list[tuple[SourceRow, CustomerState]] = []
        for row in pending:
            if row.external_id in known:
                state = people[known[row.external_id][0]]
                counts["updated"] += 1
            else:
                verdict = register.judge(Known.of(uuid.UUID(int=0), row.person))
                if verdict.possible:
                    counts["possible_duplicates"] += 1
                    problems.append(Problem(row.line, "", POSSIBLE_DUPLICATE, row.external_id))
                if verdict.joined is None:
                    state = CustomerState(uuid.uuid4(), type(row.person)(), new=True)
                    people[state.id] = state
                    counts["created"] += 1
                else:
                    state = people[verdict.joined]
                    counts["merged"] += 1
            problems += self._adopt(state, row)
            register.add(Known.of(state.id, state.person))
            applied.append((row, state))

        tables.write_customers(people.values(), now=self.now, trial=self.trial)
        if not self.trial:
            self._write_rows(applied, set(known), problems)
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

    def _adopt(self, state: CustomerState, row: SourceRow) -> list[Problem]:
        """Take over what the row may say about the customer; what it says differently stays with the row's record."""
        problems: list[Problem] = []
        differing: dict[str, str] = {}
        new_origin = self._origin(row)
        for item, fields in Customer.ITEM_FIELDS.items():
            incoming = {field: getattr(row.person, field) for field in fields}
            originals = {field: row.originals[field] for field in fields if field in row.originals}
            origin = state.origins.get(item)
            if not any(incoming.values()) and not originals:
                if origin and self._is_of(origin, row):
                    self._set(state, item, incoming, {}, None)
                continue
            same = all(getattr(state.person, field) == value for field, value in incoming.items())
            if origin is None and not any(getattr(state.person, field) for field in fields):
                self._set(state, item, incoming, originals, dict(new_origin))
            elif origin and (self._is_of(origin, row) or self._is_newer(origin, row)):
                if not same or originals != {f: state.originals[f] for f in fields if f in state.originals}:
                    self._set(state, item, incoming, originals, dict(new_origin))
                elif self._is_newer(origin, row):
                    # Confirmed: an order of a time between the two must not bring back what was before.
                    origin |= {"external_id": row.external_id, "as_of": self._as_of(row)}
                    state.changed = True
            elif not same and not _equivalent(item, state, row):
                if origin and origin.get("source") in FILE_SOURCES:
                    differing |= {field: _plain(value) for field, value in incoming.items() if value}
                else:
                    problems.append(Problem(row.line, "", KEPT_CORRECTION, row.external_id))
        if differing and row.records:
            row.records[0].data["differs"] = differing
        self._set_status(state, row)
        return problems

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
    def _is_newer(origin: dict[str, str], row: SourceRow) -> bool:
        """Whether the row is a later word of the same source: the buyer's next order."""
        as_of = origin.get("as_of")
        return bool(
            origin.get("source") == row.source and row.as_of and as_of and row.as_of > datetime.fromisoformat(as_of)
        )

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
        decided_otherwise = origin and origin.get("source") not in FILE_SOURCES
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
        tables.write_identities(
            [
                {
                    "customer_id": str(state.id),
                    "source": row.source,
                    "external_id": row.external_id,
                    "digest": "\\x" + row.digest.hex(),
                    "seen_at": self.now,
                }
                for row, state in applied
            ]
        )
        changed = [row.external_id for row, _ in applied if row.external_id in known]
        self._write_consents(applied, changed, problems)
        new_records: list[dict[str, Any]] = []
        new_recipients: list[dict[str, Any]] = []
        changed_records: list[dict[str, Any]] = []
        changed_recipients: list[dict[str, Any]] = []
        for row, state in applied:
            records, recipients = self._records(row, state)
            if row.external_id in known:
                changed_records += records
                changed_recipients += recipients
            else:
                new_records += records
                new_recipients += recipients
        tables.insert_records(new_records, new_recipients)
        if changed:
            tables.replace_records(self.source, changed, changed_records, changed_recipients)

    def _records(self, row: SourceRow, state: CustomerState) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        records: list[dict[str, Any]] = []
        recipients: list[dict[str, Any]] = []
        kept: Iterable[RecordRow] = row.records
        if row.newsletter is not None:
            wish = RecordRow(CustomerRecord.Kind.NEWSLETTER, row.as_of, {"wanted": row.newsletter})
            kept = [*row.records, wish]
        for record in kept:
            key = str(uuid.uuid4())
            records.append(
                {
                    "id": key,
                    "customer_id": str(state.id),
                    "kind": record.kind,
                    "item_id": self._items.get(record.kind),
                    "source": row.source,
                    "external_id": row.external_id,
                    "occurred_at": record.occurred_at.isoformat() if record.occurred_at else None,
                    "data": record.data,
                    "created_at": self.now,
                }
            )
            recipients += [
                {
                    "id": str(uuid.uuid4()),
                    "record_id": key,
                    "family_name": to.family_name,
                    "given_name": to.given_name,
                    "postal_code": to.postal_code,
                    "prefecture": to.prefecture,
                    "address1": to.address1,
                    "address2": to.address2,
                    "telephone": to.telephone,
                    "originals": to.originals,
                    "name_key": name_key(to.family_name, to.given_name)[:200],
                }
                for to in record.recipients
            ]
        return records, recipients

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
                }
            )
        tables.insert_consents(events)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())


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
