"""The consents in a package: what was said, to which text, at which point, who spoke for the person (article 33)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from consent_app.models import Consent, ConsentAgent, Customer

CSV_HEADER = [
    *("purpose", "event", "channel", "wording", "proof", "at"),
    *("wording_version", "collection_point", "collection_version", "acted_for_by", "valid_until"),
]


def consents_of(customer: Customer) -> QuerySet[Consent]:
    """Every event of the customer with all that it refers to, oldest first."""
    rows = customer.consents.select_related("purpose", "purpose_version", "collection_wording__point", "agent")
    return rows.order_by("at", "id")


def for_json(consent: Consent) -> dict[str, Any]:
    """An event as JSON values. Of an agent the relation, not the name: that is data about somebody else."""
    version, collected, agent = consent.purpose_version, consent.collection_wording, agent_of(consent)
    return {
        "purpose": consent.purpose.code,
        "event": consent.event,
        "channel": consent.channel,
        "wording": consent.wording,
        "proof": consent.proof,
        "at": consent.at,
        "wording_version": version.number if version else None,
        "collection_point": collected.point.code if collected else None,
        "collection_version": collected.number if collected else None,
        "acted_for_by": agent.relation if agent else None,
        "valid_until": consent.valid_until,
    }


def for_csv(consent: Consent) -> list[Any]:
    """The cells of :data:`CSV_HEADER`."""
    return list(for_json(consent).values())


def agent_of(consent: Consent) -> ConsentAgent | None:
    """Who spoke for the person; None where they did themselves."""
    return getattr(consent, "agent", None)
