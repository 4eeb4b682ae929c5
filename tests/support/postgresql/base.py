"""The PostgreSQL backend, able to empty the tables between tests that commit.

The audit trail's triggers refuse TRUNCATE, also the one by which Django cleans up after such a test. As the owner of
the test database we switch them off for that statement alone, in its own transaction; during tests they are in force.
"""

from typing import Any

from django.core.management.color import Style
from django.db.backends.postgresql import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    def sql_flush(
        self, style: Style, tables: Any, *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:
        statements = super().sql_flush(style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
        guarded = [self.quote_name(table) for table in ("core_auditentry", "core_auditlink") if table in tables]
        return [
            *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded),
            *statements,
            *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded),
        ]


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
