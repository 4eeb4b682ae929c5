"""Environment of a test session: a pair of engines of its own, or the servers that DATABASE_URL and REDIS_URL name."""

import base64
import os


def start_engines() -> None:
    """Set everything the settings read, before anything imports them.

    The workers of a parallel run inherit the environment of the process that started the pair, so they share it; the
    database (pytest-django) and the number of the Redis database (settings) are of their own.

    Raises:
        EngineError: when an engine cannot be had.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "privacy_portal.settings.test"
    fixed = {
        "SECRET_KEY": "only-for-tests",
        "FIELD_ENCRYPTION_KEYS": "test1:" + base64.b64encode(bytes(range(32))).decode(),
        "PORTAL_URL": "http://testserver",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEFAULT_FROM_EMAIL": "privacy@shop.example",
        # On a machine with much else to do a Redis that lives may seem silent; tests of silence set their own.
        "REDIS_TIMEOUT_SECONDS": "20",
    }
    os.environ.update(fixed)
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    from privacy_portal.engines import TestEngines

    for name, url in TestEngines().start().items():
        os.environ.setdefault(name, url)
