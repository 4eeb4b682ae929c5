"""What of a person's package says how their data was used beyond the purposes, and what is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from consent_app.domain.off_purpose import GROUNDS
from consent_app.models import Customer, OffPurposeUse, Suspension
from consent_app.selectors import off_purpose_uses
from privacy_portal.core.localized import localized

from .package_scope import Scope

OFF_PURPOSE_HEADER = ["begins_on", "ends_on", "aim_ja", "aim_en", "article", "items"]
STOPS_HEADER = ["kind", "purpose", "begins_at", "ended_at", "ground"]


def uses_beyond(customer: Customer, scope: Scope) -> Iterator[tuple[OffPurposeUse, list[str]]]:
    """Every use beyond the purposes that the person may be told of, with the codes of those items that are in scope.

    The record says what happened with data about the person, so it is data about them (article 33). The manager
    decided at its recording whether it may be told (docs/decisions/what-a-package-leaves-out.md).
    """
    for use in off_purpose_uses(customer):
        codes = [item.code for item in use.items.all()]
        if scope.any_of(codes):
            yield use, [code for code in codes if code in scope]


def stops(customer: Customer, scope: Scope) -> Iterator[Suspension]:
    """Every stop of use or provision, with when it ended, for those who did not narrow their request."""
    if scope.wanted is None:
        yield from customer.suspensions.select_related("purpose").order_by("begins_at", "pk")


def use_in_words(use: OffPurposeUse, language: str) -> dict[str, Any]:
    """A use as the readable pages show it."""
    return {"aim": localized(use, "aim", language), "ground": GROUNDS[use.ground].told, "use": use}


def use_as_row(use: OffPurposeUse, codes: list[str]) -> dict[str, Any]:
    """A use as JSON values."""
    return {
        "begins_on": use.begins_on,
        "ends_on": use.ends_on,
        "aim": {"ja": use.aim_ja, "en": use.aim_en},
        "article": use.ground,
        "items": codes,
    }


def stop_as_row(stop: Suspension) -> dict[str, Any]:
    """A stop as JSON values."""
    return {
        "kind": stop.kind,
        "purpose": stop.purpose.code if stop.purpose else None,
        "begins_at": stop.begins_at,
        "ended_at": stop.ended_at,
        "ground": stop.ground,
    }
