"""How long a web process waits for PostgreSQL; a worker, a migration or a backup may need hours and waits for them."""

from django.conf import settings
from django.db import connections


def limit_statements() -> None:
    """Have PostgreSQL give up statements of this process, and its waiting for locks, after the times of the settings.

    A page that nobody waits for any more would go on to hold a thread of the web server, and locks. What is given up
    is an ``OperationalError``: the page says that it has to be tried again (503). Called where a web process begins.

    What the operator put into ``DATABASE_URL`` (``?options=-c statement_timeout=…``) goes before. A pooler lends one
    connection to everybody and takes no such option; there the limits belong to the role of the web processes.
    """
    if settings.DATABASE_THROUGH_POOLER:
        return
    # One dictionary for all threads: each makes its connections from it.
    options = connections.settings["default"].setdefault("OPTIONS", {})
    limits = {
        "statement_timeout": settings.DATABASE_STATEMENT_SECONDS,
        "lock_timeout": settings.DATABASE_LOCK_SECONDS,
    }
    ours = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
    options["options"] = f"{ours} {options.get('options', '')}".rstrip()
