"""The consent receipt of the Kantara Initiative, version 1.1.0 (Consent Receipt Specification, 2018-02-20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

VERSION = "KI-CR-v1.1.0"
JURISDICTION = "JP"


@dataclass(frozen=True, slots=True)
class Controller:
    """The business operator, as the specification wants it named."""

    name: str
    contact: str
    postal_code: str
    address: str
    email: str
    telephone: str
    website: str


@dataclass(frozen=True, slots=True)
class Item:
    """A category of data."""

    name: str
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Given:
    """One consent."""

    key: str
    at: datetime
    language: str
    method: str
    principal: str
    purpose_code: str
    purpose: str
    items: Sequence[Item]
    termination: str
    provided_to: str = ""
    # Not in the specification, which lets a receipt carry more: where it was obtained, and which text was shown.
    collection_point: str = ""
    wording_version: str = ""
    acted_for_by: str = ""


def receipt(*, consent: Given, controller: Controller, policy_url: str) -> dict[str, Any]:
    """One receipt for one consent; every field that the specification requires is there, even when empty.

    Args:
        consent: what was consented to; its moment is written in seconds since 1970 in UTC.
        controller: to whom.
        policy_url: where the purposes are published.
    """
    purpose: dict[str, Any] = {
        "purpose": consent.purpose,
        "purposeCategory": [consent.purpose_code],
        "consentType": "EXPLICIT",
        "piiCategory": [item.name for item in consent.items],
        "primaryPurpose": False,
        "termination": consent.termination,
        "thirdPartyDisclosure": bool(consent.provided_to),
    }
    if consent.provided_to:
        purpose["thirdPartyName"] = consent.provided_to
    more = {
        "collectionPoint": consent.collection_point,
        "wordingVersion": consent.wording_version,
        "actedForBy": consent.acted_for_by,
    }
    purpose |= {name: value for name, value in more.items() if value}
    sensitive = [item.name for item in consent.items if item.sensitive]
    party: dict[str, Any] = {
        "piiController": controller.name,
        "contact": controller.contact,
        "address": {
            "streetAddress": controller.address,
            "postalCode": controller.postal_code,
            "addressCountry": JURISDICTION,
        },
        "email": controller.email,
        "phone": controller.telephone,
    }
    if controller.website:
        party["piiControllerUrl"] = controller.website
    return {
        "version": VERSION,
        "jurisdiction": JURISDICTION,
        "consentTimestamp": int(consent.at.timestamp()),
        "collectionMethod": consent.method,
        "consentReceiptID": consent.key,
        "language": consent.language,
        "piiPrincipalId": consent.principal,
        "piiControllers": [party],
        "policyUrl": policy_url,
        "services": [{"service": controller.name, "purposes": [purpose]}],
        "sensitive": bool(sensitive),
        "spiCat": sensitive,
    }
