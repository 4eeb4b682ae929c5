"""Production: nothing has a default that could be unsafe."""

from .base import *  # noqa: F403
from .base import LOGGING, env

# A wrong number breaks limits (everybody behind the proxy counts as one, or a client names its own address), so it has
# to be said; 0 is an answer.
TRUSTED_PROXY_HOPS = env.int("TRUSTED_PROXY_HOPS")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Without a proxy the header comes from the client itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_HOPS > 0 else None
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
LOG_FORMAT = env.str("LOG_FORMAT", default="json")
LOGGING["handlers"]["console"]["formatter"] = LOG_FORMAT
# Browsers take a cookie of such a name only over HTTPS, for the whole host and from this host alone: no neighbour under
# the same domain can set or replace it.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_NAME = "__Host-language"
KNOWN_DEVICE_COOKIE_NAME = "__Host-known_device"
MESSAGES_COOKIE_NAME = "__Host-messages"
