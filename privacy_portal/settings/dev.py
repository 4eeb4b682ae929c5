"""Development: the embedded engines and the keys that ``make run`` made in ``var/``."""

from .base import *  # noqa: F403

DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
