"""Measures, audits, corrections and incidents in named states."""

import datetime
from typing import Any

from django.utils import timezone

from consent_app.models import (
    AffectedPerson,
    AffectedSelection,
    CorrectiveAction,
    Customer,
    Finding,
    Incident,
    IncidentNotice,
    Measure,
    SecurityAudit,
)
from consent_app.services import incidents

NOTHING = {"sensitive": "no", "property_damage": "no", "wrongful_purpose": "no", "encrypted": "no"}
ITEMS = {
    name: f"{name} がここにあります。"
    for name in (
        "overview",
        "data_involved",
        "persons_text",
        "cause",
        "damage",
        "response",
        "publication",
        "prevention",
        "other",
    )
}


def today(days: int = 0) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def measure(**fields: Any) -> Measure:
    values = {
        "measure_class": "technology",
        "text_ja": "許可のない人は見られません。",
        "text_en": "Nobody else sees it.",
    }
    return Measure.objects.create(**{**values, **fields})


def audit(**fields: Any) -> SecurityAudit:
    return SecurityAudit.objects.create(**{"title_ja": "社内監査", "planned_on": today(10), **fields})


def finding(**fields: Any) -> Finding:
    values = {"text": "鍵のない棚があります。", **fields}
    return Finding.objects.create(**{"audit": values.pop("audit", None) or audit(), **values})


def action(**fields: Any) -> CorrectiveAction:
    """A correction that is still to be done; from a customer unless something else is said."""
    values = {
        "source": "customer",
        "request_number": "R-1",
        "problem": "宛名を間違えました。",
        "action": "二人で確かめます。",
        "responsible": "例野",
        "due_on": today(7),
    }
    return CorrectiveAction.objects.create(**{**values, **fields})


def incident(*, days_ago: int = 0, **fields: Any) -> Incident:
    """An incident of which nothing is known yet but that it happened, judged."""
    values = {"title": "誤送信", "known_at": timezone.now() - datetime.timedelta(days=days_ago), **fields}
    return incidents.assess(incident=Incident.objects.create(**values))


def reportable(**fields: Any) -> Incident:
    """One that must be reported, with all nine items."""
    return incident(**{**NOTHING, "wrongful_purpose": "suspected", "persons_at_most": 3, **ITEMS, **fields})


def affected(incident: Incident, *customers: Customer) -> list[AffectedPerson]:
    """These customers on the incident's list."""
    selection = AffectedSelection.objects.create(incident=incident, criteria={"everybody": True}, added=len(customers))
    rows = [AffectedPerson(incident=incident, selection=selection, customer=customer) for customer in customers]
    AffectedPerson.objects.bulk_create(rows)
    incident.refresh_from_db()
    incidents.assess(incident=incident)
    return rows


def notice(incident: Incident, **fields: Any) -> IncidentNotice:
    """A draft in both languages."""
    texts = {
        f"{name}_{language}": f"{name} <{language}> & more"
        for name in ("overview", "data_involved", "cause", "damage", "other")
        for language in ("ja", "en")
    }
    return IncidentNotice.objects.create(incident=incident, **{**texts, **fields})
