"""Settings of the benchmarks: those of every installation, with static files from where they lie."""

from privacy_portal.settings.base import *  # noqa: F403

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# Apart from what a development server keeps in the same Redis.
CELERY_BROKER_URL = f"{CELERY_BROKER_URL}?virtual_host=14"  # noqa: F405
REDIS_URL = f"{REDIS_URL}?db=15"  # noqa: F405
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}  # noqa: F405
