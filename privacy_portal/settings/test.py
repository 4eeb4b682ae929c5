"""Tests: the same engines as production, cheap password hashing, tasks sent to nobody unless a test starts a worker."""

import os

from .base import *  # noqa: F403

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405

# Each worker of a parallel run has a Redis database of its own, as pytest-django gives it a PostgreSQL database.
_redis_database = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
REDIS_URL = f"{REDIS_URL}?db={_redis_database}"  # noqa: F405
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}  # noqa: F405
CELERY_BROKER_URL = f"{CELERY_BROKER_URL}?virtual_host={_redis_database}"  # noqa: F405
