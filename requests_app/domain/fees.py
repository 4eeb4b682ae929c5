"""What may be charged, and how a fee stands. Article 38: only for the notice of purposes and for disclosure."""

from __future__ import annotations

from enum import StrEnum

from .request_types import REQUEST_TYPES

# A single request never costs more: the fee is reasonable against the actual cost (article 38(2)).
HIGHEST_YEN = 100_000
# Days that a person has to pay before they are reminded.
PAYMENT_DAYS = 14


class Standing(StrEnum):
    """How much of a fee has come in."""

    UNPAID = "unpaid"
    PARTLY = "partly"
    PAID = "paid"
    OVERPAID = "overpaid"


def may_be_charged(request_type: str) -> bool:
    """Whether the law lets a fee be charged for this type at all; unknown types cost nothing."""
    entry = REQUEST_TYPES.get(request_type)
    return entry is not None and entry.fee_allowed


def standing(*, amount: int, paid: int) -> Standing:
    """How a fee stands.

    Args:
        amount: what is charged, in yen with tax.
        paid: what came in less what was paid back, in yen.
    """
    if paid <= 0:
        return Standing.UNPAID
    if paid < amount:
        return Standing.PARTLY
    return Standing.PAID if paid == amount else Standing.OVERPAID
