"""Which mail follows a change of consents."""

from __future__ import annotations

from django.conf import settings

from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import outbox

from .models import Consent

CONSENT_GIVEN, CONSENT_WITHDRAWN = "consent_given", "consent_withdrawn"


def consent_changed(*, consent: Consent, person: User, language: str) -> OutgoingMail:
    """Confirm to the person what they just chose; the purpose is public text, nothing registered is named."""
    purpose = consent.purpose
    return outbox.enqueue(
        template=CONSENT_GIVEN if consent.event == Consent.Event.GIVEN else CONSENT_WITHDRAWN,
        recipient=person.email,
        language=language,
        context={
            "purpose": purpose.text_en if language == "en" else purpose.text_ja,
            "at": consent.at,
            "consents_url": f"{settings.PORTAL_URL}/consents/",
        },
        user=person,
        object_type=consent._meta.label_lower,
        object_id=str(consent.pk),
    )
