"""Lets the test runner empty the database although the audit trail, the consents and published policies refuse it.

Tests with ``transaction=True`` are cleaned up by TRUNCATE, which the triggers of these tables refuse, as they must in
production. Only the runner's own flush goes around them: the owner of the test database switches these triggers
off and on again inside the transaction of the flush, so that no test ever runs without them.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.db.backends.base.operations import BaseDatabaseOperations

# Every trigger against TRUNCATE ends so, whichever table it guards.
TRIGGERS = r"""
SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\_no\_truncate'
"""


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_append_only_triggers() -> Iterator[None]:
    original = BaseDatabaseOperations.execute_sql_flush

    def switch(operations: BaseDatabaseOperations, verb: str) -> None:
        with operations.connection.cursor() as cursor:
            cursor.execute(TRIGGERS)
            for table, trigger in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} {verb} TRIGGER {trigger}")

    def execute_sql_flush(self: BaseDatabaseOperations, sql_list: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias):
            switch(self, "DISABLE")
            original(self, sql_list)
            switch(self, "ENABLE")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield
