"""Messages for the next page, in a cookie whose name is set like that of the others."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class NamedCookieStorage(CookieStorage):
    """Django's, which knows one name only."""

    cookie_name = settings.MESSAGES_COOKIE_NAME


class MessageStorage(FallbackStorage):
    """What is too long for the cookie goes into the session."""

    storage_classes = (NamedCookieStorage, SessionStorage)
