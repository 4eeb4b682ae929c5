"""Mistakes in the kernel's settings become errors of ``manage.py check``."""

import ipaddress
import re
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ValidationError
from django.core.files.storage import InvalidStorageError
from django.core.validators import validate_email

from .file_storage import file_storage
from .portal.security_txt import contact_uri
from .services import key_rotation

SCANNER = re.compile(r"unix:/.+|tcp:.+:[0-9]{1,5}")


@register
def uploads_can_be_taken(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A limit that lets a file through, and a scanner whose address can be used."""
    found: list[CheckMessage] = []
    if settings.UPLOAD_MAX_MB < 1:
        found.append(Error("UPLOAD_MAX_MB must be at least 1.", id="core.E001"))
    if settings.MESSAGE_FILES_MAX < 1:
        found.append(Error("MESSAGE_FILES_MAX must be at least 1.", id="core.E003"))
    if settings.CLAMD_ADDRESS and not SCANNER.fullmatch(settings.CLAMD_ADDRESS):
        found.append(Error("CLAMD_ADDRESS must be unix:/path or tcp:host:port.", id="core.E002"))
    return found


@register
def files_can_be_kept(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The library for a bucket, where one is named. Whether the bucket can be reached is what ``doctor`` asks."""
    endpoint = settings.FILES_S3_ENDPOINT
    if endpoint and not (settings.FILES_S3_BUCKET and endpoint.startswith(("https://", "http://"))):
        return [
            Error("FILES_S3_ENDPOINT is the https:// address of the storage that has FILES_S3_BUCKET.", id="core.E007")
        ]
    try:
        file_storage()
    except InvalidStorageError:
        return [Error("FILES_S3_BUCKET needs the package django-storages[s3].", id="core.E006")]
    return []


@register
def security_contact(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A contact for reports of weaknesses that can be written into security.txt."""
    try:
        contact_uri(settings.SECURITY_CONTACT)
    except ValueError as error:
        return [Error(f"{error}.", id="core.E004")]
    return []


@register
def mails_have_a_sender(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An address that a mail server takes; it stands in every mail's id as well."""
    try:
        validate_email(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except ValidationError:
        return [Error("DEFAULT_FROM_EMAIL must be a mail address, or a name with one in <>.", id="core.E008")]
    return []


@register
def metrics_token_is_long(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A token that nobody guesses: tries are not counted."""
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < 32:
        return [Error("METRICS_TOKEN must have at least 32 characters.", id="core.E005")]
    return []


@register(Tags.security, deploy=True)
def other_machines_are_reached_by_tls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What goes to another machine is encrypted, and the machine proves who it is (OWASP ASVS 12.3).

    A warning: a network may encrypt by itself, and only who runs it knows.
    """
    database = settings.DATABASES["default"]
    redis, found = urlsplit(settings.REDIS_URL), []
    if _is_elsewhere(str(database.get("HOST", ""))) and database["OPTIONS"].get("sslmode") != "verify-full":
        found.append(("DATABASE_URL", "?sslmode=verify-full", "core.W001"))
    if redis.scheme != "rediss" and _is_elsewhere(redis.hostname or ""):
        found.append(("REDIS_URL", "rediss://", "core.W002"))
    if _is_elsewhere(settings.EMAIL_HOST) and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        found.append(("EMAIL_URL", "smtp+tls://", "core.W003"))
    objects = urlsplit(settings.FILES_S3_ENDPOINT)
    if objects.scheme == "http" and _is_elsewhere(objects.hostname or ""):
        found.append(("FILES_S3_ENDPOINT", "https://", "core.W004"))
    return [
        Warning(f"{name} names another machine, to which everything goes in the clear. Use {how}.", id=code)
        for name, how, code in found
    ]


def _is_elsewhere(host: str) -> bool:
    """Whether it is another machine: no socket, not this one, and not a name within a network of containers."""
    if not host or host.startswith("/") or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." in host


@register(Tags.database)
def keys_open_what_is_stored(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A value of each encrypted place can be read. Better told here than on a page of somebody.

    Only where the database is asked: ``manage.py check --database default``, ``manage.py migrate``.
    """
    if "default" not in (databases or ()):
        return []
    return [Error(str(error), id="core.E009") for error in key_rotation.samples()]
