"""Sealing everything anew with the first key of ``FIELD_ENCRYPTION_KEYS``, while the product runs.

Chunk by chunk, each in a transaction of its own: a crash loses one chunk, and what is sealed already is not looked at
again. A value is replaced only where it is still the one that was read (compare and set), so nobody's write is lost.

Tables that refuse changes are evidence, and only the role that owns them can let their ciphertext be replaced: it
switches the triggers off and on again inside the chunk's transaction, which locks out every other writer meanwhile.
``docs/decisions/keys.md`` says why it is done like this.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction
from psycopg import sql

from ..crypto import DecryptionError, Keyring, keyring
from ..fields import EncryptedTextField
from ..models import EncryptedFile

CHUNK = 500
# Not waiting for ever behind a long transaction; the chunk is tried again.
LOCK_TIMEOUT = "5s"
ATTEMPTS = 5
# A pass finds what was written with another key while the one before was under way.
PASSES = 3
# Any number of our own; two rotations at once would only wait for each other.
_LOCK = 7_203_114_402
MFA = "mfa.authenticator.data"
_OLD = (
    "SELECT {key}, {name} FROM {table} WHERE {name} IS NOT NULL AND substring({name} FROM 1 FOR %s) <> %s"
    " ORDER BY {key} LIMIT %s"
)
_OLD_AFTER = (
    "SELECT {key}, {name} FROM {table} WHERE {name} IS NOT NULL AND substring({name} FROM 1 FOR %s) <> %s"
    " AND {key} > %s ORDER BY {key} LIMIT %s"
)


class AlreadyRunning(Exception):
    """Another process is rotating the keys."""


class OwnerNeeded(Exception):
    """The database role may not change a table of evidence; ``args[0]`` names the table."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that holds sealed bytes bound to its row."""

    label: str
    table: str
    key: str
    name: str

    def context(self, pk: object) -> bytes:
        """What its values are bound to, as ``fields`` and ``services.files`` write it."""
        return f"{self.table}.{self.name}:{pk}".encode()


@dataclass(slots=True)
class Result:
    """What a run did: values sealed anew by place, and those that no configured key opens."""

    sealed: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)


def columns() -> list[Column]:
    """Every column with sealed bytes, of whatever app."""
    found = []
    for model in apps.get_models():
        meta = model._meta
        for one in meta.concrete_fields:
            if isinstance(one, EncryptedTextField) or (model is EncryptedFile and one.name == "sealed_key"):
                found.append(
                    Column(f"{meta.label_lower}.{one.name}", meta.db_table, str(meta.pk.column), str(one.column))
                )
    return found


# --------------------------------------------------------------------------------------------------------------- status


def used() -> dict[str, Counter[str]]:
    """How many values each key sealed, by place. A key that is not in it is needed for nothing."""
    counts: dict[str, Counter[str]] = {}
    for column in columns():
        for key_id, number in _rows(
            "SELECT encode(substring({name} FROM 3 FOR get_byte({name}, 1)), 'escape'), count(*) FROM {table}"
            " WHERE length({name}) > 2 GROUP BY 1",
            column,
        ):
            counts.setdefault(key_id, Counter())[column.label] += number
    for _pk, values in _second_factors():
        for sealed in values.values():
            counts.setdefault(Keyring.key_id(sealed), Counter())[MFA] += 1
    return counts


def samples() -> Iterator[DecryptionError]:
    """What is wrong with the keys: one value of each place is opened. For the check before the product starts."""
    present = set(connection.introspection.table_names())
    for column in columns():
        if column.table not in present:
            continue
        for pk, sealed in _rows("SELECT {key}, {name} FROM {table} WHERE {name} IS NOT NULL LIMIT 1", column):
            try:
                keyring().open(bytes(sealed), context=column.context(pk))
            except DecryptionError as error:
                yield DecryptionError(f"{column.label}: {error}", key_id=error.key_id)


# ------------------------------------------------------------------------------------------------------------- rotation


def rotate(*, progress: Callable[[str, int], object] = lambda place, number: None) -> Result:
    """Seal anew what another key than the first one sealed. Can be stopped and started again at any time.

    Args:
        progress: called after each chunk with the place and how many were sealed there so far.

    Raises:
        AlreadyRunning: another process is at it.
        OwnerNeeded: a table of evidence cannot be changed with this database role.
        DatabaseError: a chunk could not be written although it was tried several times.
    """
    result = Result()
    with _alone():
        for _pass in range(PASSES):
            before = result.sealed.total()
            result.unreadable.clear()
            for column in columns():
                _rotate(column, result, progress)
            _rotate_second_factors(result)
            if result.sealed.total() == before:
                break
    return result


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise AlreadyRunning
    try:
        yield
    finally:
        # It also goes with the connection, so that a killed process keeps nobody out.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _rotate(column: Column, result: Result, progress: Callable[[str, int], object]) -> None:
    guarded = _is_guarded(column)
    last: Any = None
    while rows := _old(column, last):
        last = rows[-1][0]
        changes = []
        for pk, sealed in rows:
            try:
                plain = keyring().open(bytes(sealed), context=column.context(pk))
            except DecryptionError:
                result.unreadable[column.label] += 1
                continue
            changes.append((keyring().seal(plain, context=column.context(pk)), pk, bytes(sealed)))
        if changes:
            result.sealed[column.label] += _written(column, changes, guarded=guarded)
            progress(column.label, result.sealed[column.label])


def _old(column: Column, last: Any) -> list[tuple[Any, bytes]]:
    """The next rows, in the order of their keys, that another key sealed."""
    header = keyring().header()
    if last is None:
        return _rows(_OLD, column, [len(header), header, CHUNK])
    return _rows(_OLD_AFTER, column, [len(header), header, last, CHUNK])


def _written(column: Column, changes: list[tuple[bytes, Any, bytes]], *, guarded: bool) -> int:
    """Replace each value that is still the one that was read. Tried again after a deadlock or a lock that was held."""
    update = _statement("UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s", column)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                if guarded:
                    cursor.execute(_statement("ALTER TABLE {table} DISABLE TRIGGER USER", column))
                number = 0
                for change in changes:
                    cursor.execute(update, change)
                    number += cursor.rowcount
                if guarded:
                    cursor.execute(_statement("ALTER TABLE {table} ENABLE TRIGGER USER", column))
            return number
        except ProgrammingError as error:
            # Insufficient privilege: only the owner switches triggers.
            raise OwnerNeeded(column.table) from error
        except OperationalError:
            if attempt == ATTEMPTS:
                raise
    raise DatabaseError(column.table)


def _is_guarded(column: Column) -> bool:
    """Whether a trigger of ours looks at changes of the table."""
    on_update = 16
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
            " AND tgtype & %s <> 0)",
            [column.table, on_update],
        )
        return bool(cursor.fetchone()[0])


def _statement(template: str, column: Column) -> sql.Composed:
    return sql.SQL(template).format(
        table=sql.Identifier(column.table), key=sql.Identifier(column.key), name=sql.Identifier(column.name)
    )


def _rows(template: str, column: Column, parameters: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(template, column), parameters)
        return cursor.fetchall()


# ------------------------------------------------------------------------------------------------------- second factors


def _second_factors() -> Iterator[tuple[Authenticator, dict[str, bytes]]]:
    """The authenticators with the sealed texts in their data (``staff.secrets``)."""
    for row in Authenticator.objects.order_by("pk").iterator(chunk_size=CHUNK):
        values = {}
        for name, text in row.data.items():
            try:
                sealed = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
                Keyring.key_id(sealed)
            except (binascii.Error, ValueError, DecryptionError):
                continue
            values[name] = sealed
        if values:
            yield row, values


def _rotate_second_factors(result: Result) -> None:
    for row, values in _second_factors():
        context, data = f"mfa_authenticator.data:{row.user_id}".encode(), dict(row.data)
        old = {name: sealed for name, sealed in values.items() if not keyring().is_current(sealed)}
        try:
            for name, sealed in old.items():
                new = keyring().seal(keyring().open(sealed, context=context), context=context)
                data[name] = base64.b64encode(new).decode()
        except DecryptionError:
            result.unreadable[MFA] += 1
            continue
        if old and Authenticator.objects.filter(pk=row.pk, data=row.data).update(data=data):
            result.sealed[MFA] += len(old)
