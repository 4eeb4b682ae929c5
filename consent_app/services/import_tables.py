"""The statements of the import. One round trip for a whole chunk, whatever its size.

What is new is copied (``COPY``): the server puts the first rows away while the last are still being made. What changes
rows that are there travels as one JSON document which the server turns into records of the table itself
(``json_populate_recordset``).
"""

# ruff: noqa: S608 - what is put into statements here are names of our own tables and columns; values are parameters.

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain
from operator import itemgetter
from typing import Any

from django.db import connection, models
from django.db.models import Count

from ..domain.formats import Person
from ..domain.normalise import name_key
from ..models import Consent, Customer, CustomerIdentity, CustomerRecord, Recipient

# Any number will do, as long as nothing else of the product takes the same advisory lock.
_LOCK = 7_302_491_151
TRIAL_TABLE = "consent_app_import_trial"

PERSON = tuple(one.name for one in fields(Person))
_READ = ("id", *PERSON, "status", "origins", "originals")
_WRITTEN = (*_READ, "name_key", "created_at", "updated_at")
_UPDATED = tuple(name for name in _WRITTEN if name not in ("id", "created_at"))


@dataclass(slots=True)
class CustomerState:
    """A customer while the rows of a chunk are applied to it."""

    id: uuid.UUID
    person: Person
    status: str = Customer.Status.ACTIVE
    origins: dict[str, Any] = field(default_factory=dict)
    originals: dict[str, str] = field(default_factory=dict)
    new: bool = False
    changed: bool = False

    def columns(self, now: str) -> dict[str, Any]:
        """The row to write, with the moment of writing in ISO 8601."""
        person = self.person
        return {
            "id": str(self.id),
            **{name: getattr(person, name) for name in PERSON},
            "birth_date": person.birth_date.isoformat() if person.birth_date else None,
            "status": str(self.status),
            "origins": self.origins,
            "originals": self.originals,
            "name_key": name_key(person.family_name, person.given_name)[:200],
            "created_at": now,
            "updated_at": now,
        }


def _names(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{column}"' for column in columns)


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def lock_imports() -> None:
    """One chunk at a time, of whatever import: two could create the same person. Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def create_trial_table() -> None:
    """A private copy of the customers' table for those whom a trial would create or change. Not logged, not shared."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TRIAL_TABLE}")
        cursor.execute(f"CREATE TEMPORARY TABLE {TRIAL_TABLE} (LIKE {_table(Customer)})")
        cursor.execute(f"CREATE UNIQUE INDEX ON {TRIAL_TABLE} (id)")
        for columns in ("email", "telephone", "name_key, postal_code"):
            cursor.execute(f"CREATE INDEX ON {TRIAL_TABLE} ({columns})")


def drop_trial_table() -> None:
    """Forget the trial."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TRIAL_TABLE}")


def identities(source: str, external_ids: list[str]) -> dict[str, tuple[uuid.UUID, bytes]]:
    """Who is known under these ids, and the digest of the row they came with."""
    found = CustomerIdentity.objects.filter(source=source, external_id__among=external_ids)
    return {
        external_id: (customer_id, bytes(digest))
        for external_id, customer_id, digest in found.values_list("external_id", "customer_id", "digest")
    }


def shared(ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these customers more than one row of the sources belongs to."""
    if not ids:
        return set()
    several = CustomerIdentity.objects.filter(customer__among=ids).values("customer").annotate(rows=Count("pk"))
    return set(several.filter(rows__gt=1).values_list("customer", flat=True))


def people(
    *,
    ids: list[uuid.UUID],
    emails: list[str],
    telephones: list[str],
    homes: list[tuple[str, str]],
    trial: bool,
) -> dict[uuid.UUID, CustomerState]:
    """Everybody with one of these ids or clues, locked against other writers until the chunk is committed.

    Args:
        homes: pairs of postal code and name key.
        trial: look into the trial's table first, where those stand whom the trial created or changed.
    """
    clues = [emails, telephones, [home[0] for home in homes], [home[1] for home in homes]]

    def query(table: str) -> str:
        # "<> ''" is how the planner sees that the partial indexes will do.
        return f"""
            SELECT {_names(_READ)} FROM {table} WHERE id IN (
                SELECT unnest(%s::uuid[])
                UNION SELECT id FROM {table} WHERE email = ANY(%s) AND email <> ''
                UNION SELECT id FROM {table} WHERE telephone = ANY(%s) AND telephone <> ''
                UNION SELECT c.id FROM {table} c
                    JOIN unnest(%s::text[], %s::text[]) AS home (postal_code, name_key)
                    ON c.postal_code = home.postal_code AND c.name_key = home.name_key
                    WHERE c.postal_code <> '' AND c.name_key <> ''
            )"""  # nosec B608, names of our own tables

    states: dict[uuid.UUID, CustomerState] = {}
    with connection.cursor() as cursor:
        for table in (_table(Customer), TRIAL_TABLE) if trial else (_table(Customer),):
            lock = "" if trial else " ORDER BY id FOR UPDATE"
            # A trial's own version of somebody counts, however they were found.
            cursor.execute(query(table) + lock, [[*ids, *states], *clues])
            for key, *columns in cursor.fetchall():
                person = Person(*columns[: len(PERSON)])
                status, origins, originals = columns[len(PERSON) :]
                states[key] = CustomerState(key, person, status, _loaded(origins), _loaded(originals))
    return states


def _loaded(value: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return loaded


def write_customers(states: Iterable[CustomerState], *, now: str, trial: bool) -> None:
    """Insert the new ones, update the changed ones. A trial's go to its own table."""
    created = [state for state in states if state.new]
    changed = [state for state in states if state.changed and not state.new]
    customers = _table(Customer)
    with connection.cursor() as cursor:
        if trial:
            created, changed = created + changed, []
            cursor.execute(
                f"DELETE FROM {TRIAL_TABLE} WHERE id = ANY(%s::uuid[])",  # nosec B608, names of our own tables
                [[state.id for state in created]],
            )
        if changed:
            assignments = ", ".join(f'"{column}" = n."{column}"' for column in _UPDATED)
            cursor.execute(
                f"UPDATE {customers} c SET {assignments}"
                f" FROM json_populate_recordset(NULL::{customers}, %s::json) n WHERE c.id = n.id",  # nosec B608, names of our own tables
                [_json([state.columns(now) for state in changed])],
            )
    _copy(TRIAL_TABLE if trial else customers, _WRITTEN, (state.columns(now) for state in created))


_IDENTITY = ("customer_id", "source", "external_id", "digest", "seen_at")
_RECORD = ("id", "customer_id", "kind", "item_id", "source", "external_id", "occurred_at", "data", "created_at")
RECIPIENT = (
    "id",
    "record_id",
    "family_name",
    "given_name",
    "postal_code",
    "prefecture",
    "address1",
    "address2",
    "telephone",
    "originals",
    "name_key",
    "imported_as",
    "own_items",
)
_CONSENT = (
    "id",
    "customer_id",
    "purpose_id",
    "event",
    "channel",
    "wording",
    "proof",
    "at",
    "recorded_at",
    "valid_until",
)


def _insert(model: type[models.Model], columns: Sequence[str], rows: list[dict[str, Any]], tail: str = "") -> list[Any]:
    if not rows:
        return []
    table = _table(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({_names(columns)})"
            f" SELECT {_names(columns)} FROM json_populate_recordset(NULL::{table}, %s::json) {tail}",  # nosec B608, names of our own tables
            [_json(rows)],
        )
        return cursor.fetchall() if "RETURNING" in tail else []


def _copy(table: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Add rows of text, numbers and what becomes JSON. They are taken one by one, while the server is at work."""
    rows = iter(rows)
    if not (first := next(rows, None)):
        return
    values = itemgetter(*columns)
    with (
        connection.cursor() as cursor,
        # What psycopg raises here becomes Django's error, as it would within a statement.
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({_names(columns)}) FROM STDIN") as copy,
    ):
        for row in chain([first], rows):
            copy.write_row([_json(value) if isinstance(value, dict | list) else value for value in values(row)])


def insert_identities(rows: Iterable[dict[str, Any]]) -> None:
    """Remember under which id somebody came who was not known by it, and the digest of the row."""
    _copy(_table(CustomerIdentity), _IDENTITY, rows)


def update_identities(rows: list[dict[str, Any]]) -> None:
    """Remember the digest with which somebody came who was known by the id."""
    _insert(
        CustomerIdentity,
        _IDENTITY,
        rows,
        "ON CONFLICT (source, external_id) DO UPDATE SET digest = EXCLUDED.digest, seen_at = EXCLUDED.seen_at",
    )


def insert_records(rows: Iterable[dict[str, Any]], recipients: Iterable[dict[str, Any]]) -> None:
    """Add the records of rows that were not there before."""
    _copy(_table(CustomerRecord), _RECORD, rows)
    _copy(_table(Recipient), RECIPIENT, recipients)


def keep_beside(replaced: list[dict[str, Any]]) -> None:
    """Keep what a more trusted source replaced with the record that it came from, under ``differs``.

    Args:
        replaced: ``source``, ``external_id`` and ``values`` by column of the customer.
    """
    if not replaced:
        return
    table = _table(CustomerRecord)
    with connection.cursor() as cursor:
        # A record with several items replaced comes several times, and UPDATE takes one row for each.
        cursor.execute(
            f"""
            UPDATE {table} r
            SET data = r.data || jsonb_build_object('differs', COALESCE(r.data->'differs', '{{}}') || n.values)
            FROM (
                SELECT source, external_id, jsonb_object_agg(field, value) AS values
                FROM jsonb_to_recordset(%s::jsonb) AS one (source text, external_id text, values jsonb),
                    jsonb_each(one.values) AS pair (field, value)
                GROUP BY source, external_id
            ) n
            WHERE r.source = n.source AND r.external_id = n.external_id AND r.kind = %s""",  # nosec B608, names of our own tables
            [_json(replaced), CustomerRecord.Kind.ORDER],
        )


def replace_records(
    source: str, external_ids: list[str], rows: list[dict[str, Any]], recipients: list[dict[str, Any]]
) -> None:
    """Bring the records of changed rows up to date: change, add, and take away what the row no longer says.

    A former mail address stays: it may be the one under which the person is known to others.
    """
    table = _table(CustomerRecord)
    former = f"{table}.data #> '{{differs,email}}'"
    returned = _insert(
        CustomerRecord,
        _RECORD,
        rows,
        f"""ON CONFLICT (source, kind, external_id) DO UPDATE
            SET occurred_at = EXCLUDED.occurred_at, item_id = EXCLUDED.item_id,
                data = CASE WHEN {former} IS NULL THEN EXCLUDED.data ELSE EXCLUDED.data || jsonb_build_object(
                    'differs', jsonb_build_object('email', {former}) || COALESCE(EXCLUDED.data->'differs', '{{}}')) END
            RETURNING kind, external_id, id""",  # nosec B608, names of our own tables
    )
    kept = {(kind, external_id): key for kind, external_id, key in returned}
    proposed = {row["id"]: kept[row["kind"], row["external_id"]] for row in rows}
    for recipient in recipients:
        recipient["record_id"] = str(proposed[recipient["record_id"]])
    Recipient.objects.filter(record__among=kept.values()).delete()
    # What waits for the end of a duty to keep it is erased on its own day.
    CustomerRecord.objects.filter(source=source, external_id__among=external_ids, erase_on=None).exclude(
        pk__among=kept.values()
    ).delete()
    _insert(Recipient, RECIPIENT, recipients)


def newsletter_wishes(source: str, external_ids: list[str]) -> dict[str, bool]:
    """What these rows said about the newsletter when they were imported last."""
    found = CustomerRecord.objects.filter(
        source=source, kind=CustomerRecord.Kind.NEWSLETTER, external_id__among=external_ids
    )
    return {external_id: data["wanted"] for external_id, data in found.values_list("external_id", "data")}


def decided_otherwise(purpose_id: int, customer_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Those whose newest consent event for the purpose did not come from an import: they decided themselves since."""
    newest = (
        Consent.objects.filter(purpose=purpose_id, customer__among=customer_ids)
        # That a consent ran out is nobody's decision.
        .exclude(event=Consent.Event.EXPIRED)
        .order_by("customer_id", "-at")
        .distinct("customer_id")
        .values_list("customer_id", "channel")
    )
    return {customer_id for customer_id, channel in newest if channel != Consent.Channel.IMPORT}


def insert_consents(rows: list[dict[str, Any]]) -> None:
    """Add consent events."""
    _insert(Consent, _CONSENT, rows)
