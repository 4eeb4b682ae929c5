"""What of a package comes from the ledgers: to whom the data was given (article 29), from whom it came (article 30).

Only the items that Rules 20 and 24 name: consent, other party, items, days. Never the contract or proof behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import starmap
from typing import IO, Any

from django.db.models import QuerySet
from django.template.loader import render_to_string

from consent_app.models import Customer, Provision, ReceivedProvision
from consent_app.selectors import provision_records_of

from .package_scope import Scope
from .package_writing import CHUNK, chunks, nothing

Provided = tuple[Provision, list[str]]
Received = tuple[ReceivedProvision, list[str]]
_PROVIDED = ["provided_on", "provided_until", "recipient", "address", "representative", "article", "consent", "items"]
_RECEIVED = [
    *("received_on", "received_until", "provider", "address", "representative"),
    *("how_acquired", "consent", "items"),
]


def provided_in(customer: Customer, scope: Scope) -> Iterator[Provided]:
    """Every provision to a third party in scope, oldest first, with the codes of those of its items that are."""
    return _in_scope(provision_records_of(customer).provided, scope)


def received_in(customer: Customer, scope: Scope) -> Iterator[Received]:
    """Every receipt from a third party in scope, likewise."""
    return _in_scope(provision_records_of(customer).received, scope)


def _in_scope(rows: QuerySet[Any], scope: Scope) -> Iterator[tuple[Any, list[str]]]:
    for row in rows.iterator(chunk_size=CHUNK):
        if scope.any_of(row.items):
            yield row, [code for code in row.items if code in scope]


def write_pages(
    out: IO[str], provided: Iterable[Provided], received: Iterable[Received], item_name: Callable[[str], str]
) -> None:
    """The two sections of the readable page, in the active language."""
    for heading, template, rows in (
        ("provisions_heading", "provisions", provided),
        ("received_heading", "received", received),
    ):
        out.write(render_to_string(f"package/{heading}.html"))
        found = False
        for chunk in chunks(rows):
            found = True
            named = [(row, [item_name(code) for code in codes]) for row, codes in chunk]
            out.write(render_to_string(f"package/{template}.html", {template: named}))
        out.write("" if found else nothing())


def provided_for_json(row: Provision, codes: list[str]) -> dict[str, Any]:
    """The statutory items of a provision (Rule 20)."""
    values = (row.provided_on, row.provided_until, row.recipient_name, row.recipient_address)
    more = (row.recipient_representative, row.ground, row.by_consent, codes)
    return dict(zip(_PROVIDED, (*values, *more), strict=True))


def received_for_json(row: ReceivedProvision, codes: list[str]) -> dict[str, Any]:
    """The statutory items of a receipt (Rule 24)."""
    values = (row.received_on, row.received_until, row.provider_name, row.provider_address)
    more = (row.provider_representative, row.how_acquired, row.by_consent, codes)
    return dict(zip(_RECEIVED, (*values, *more), strict=True))


def csv_files(
    provided: Iterable[Provided], received: Iterable[Received]
) -> Iterator[tuple[str, list[str], Iterable[list[Any]]]]:
    """Name, header and rows of the two tables."""
    yield "provisions.csv", _PROVIDED, map(_cells, starmap(provided_for_json, provided))
    yield "received.csv", _RECEIVED, map(_cells, starmap(received_for_json, received))


def _cells(row: dict[str, Any]) -> list[Any]:
    return [*list(row.values())[:-1], " ".join(row["items"])]
