"""Where to report a weakness, for machines and researchers (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# RFC 9116 recommends less than a year. A copy that somebody kept stops being believed after this time.
VALID = timedelta(days=180)


def contact_uri(contact: str) -> str:
    """``SECURITY_CONTACT`` as the URI that section 2.5.3 asks for; a bare address becomes ``mailto:``. "" when unset.

    Raises:
        ValueError: it is neither an address nor a ``mailto:``, ``https:`` or ``tel:`` URI.
    """
    contact = contact.strip()
    if not contact:
        return ""
    if any(character.isspace() or not character.isprintable() for character in contact):
        raise ValueError("SECURITY_CONTACT holds a space or a line break")
    if contact.startswith(("mailto:", "https://", "tel:")):
        return contact
    if "@" in contact and ":" not in contact:
        return f"mailto:{contact}"
    raise ValueError("SECURITY_CONTACT is neither an e-mail address nor a mailto:, https:// or tel: address")


def _expires(now: datetime) -> str:
    """The end of a day in UTC, so that the file is the same all day."""
    return (now.astimezone(UTC) + VALID).strftime("%Y-%m-%dT00:00:00Z")


@require_safe
@cache_control(max_age=3600)
def security_txt(request: HttpRequest) -> HttpResponse:
    """The file; there is none as long as the operator has not said whom to write to."""
    contact = contact_uri(settings.SECURITY_CONTACT)
    if not contact:
        raise Http404
    lines = (
        f"Contact: {contact}",
        f"Expires: {_expires(timezone.now())}",
        "Preferred-Languages: ja, en",
        f"Canonical: {settings.PORTAL_URL}{reverse('portal:security_txt')}",
    )
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
