"""Tests: the same engines as production, cheap password hashing, tasks sent to nobody unless a test starts a worker."""

import os

from .base import *  # noqa: F403

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405

# Each worker of a parallel run has Redis databases of its own, as pytest-django gives it a PostgreSQL database. The
# cache is apart from the broker because it is emptied before each test.
_number = 2 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CELERY_BROKER_URL = f"{CELERY_BROKER_URL}?virtual_host={_number}"  # noqa: F405
REDIS_URL = f"{REDIS_URL}?db={_number + 1}"  # noqa: F405
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}  # noqa: F405
# The live server of browser tests serves static files from where they lie.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
