"""What PostgreSQL looks at late, now."""

from django.db import connection


def at_commit() -> None:
    """Let what is looked at when a transaction commits be looked at now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
