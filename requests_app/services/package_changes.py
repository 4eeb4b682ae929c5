"""The history of registered data in a package: what was changed, from what to what, when and how (promise R7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from consent_app.domain.registered_words import in_words
from consent_app.models import Customer, CustomerChange

from .package_scope import Scope

_CHUNK = 500
CSV_HEADER = ["item", "before", "after", "channel", "at"]


def changes_in(customer: Customer, scope: Scope) -> Iterator[CustomerChange]:
    """Every change of an item in scope, oldest first.

    Why staff changed something stays out: a note of theirs, which is given, if at all, as what staff wrote.
    """
    rows = customer.changes.order_by("at", "id").iterator(chunk_size=_CHUNK)
    return (row for row in rows if row.item in scope)


def for_page(change: CustomerChange, item: str) -> dict[str, Any]:
    """A change as the readable page shows it, in the active language. ``item``: the catalogue's name."""
    return {
        "item": item,
        "before": in_words(change.item, change.before),
        "after": in_words(change.item, change.after),
        "channel": change.get_channel_display(),
        "at": change.at,
    }


def for_json(change: CustomerChange) -> dict[str, Any]:
    """A change with its values by column."""
    return {
        "item": change.item,
        "before": change.before,
        "after": change.after,
        "channel": change.channel,
        "at": change.at,
    }


def for_csv(change: CustomerChange) -> list[Any]:
    """The cells of :data:`CSV_HEADER`; several columns of an item stand in one cell."""
    before, after = (" / ".join(str(value or "") for value in side.values()) for side in (change.before, change.after))
    return [change.item, before, after, change.channel, change.at]
