"""Development: the embedded engines and the keys that ``make run`` made in ``var/``."""

import warnings

from .base import *  # noqa: F403

# Inside a container everything runs as root; on a developer's machine with sample data that is nobody's news.
warnings.filterwarnings("ignore", message=r"\s*You're running the worker with superuser privileges")

DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
STATIC_ROOT = BASE_DIR / "var" / "static"  # noqa: F405
# Compressing and hashing every file takes seconds and would hide a changed file until the next run.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
# Where the mail catcher keeps what the product sent; /dev/mail/ shows it.
DEV_MAIL_FOLDER = BASE_DIR / "var" / "mail"  # noqa: F405
# Browsers offer passkeys on http://localhost too, which the server's library does not count as a secure origin.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
