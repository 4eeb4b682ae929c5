"""How far a source is believed about who somebody is.

A person is let through to their data because they hold the registered mail address and know registered facts. Whoever
can write those into somebody else's record takes that record over, so a row may say less the more freely it can be
written.
"""

from enum import IntEnum
from typing import Final


class Trust(IntEnum):
    """The higher one replaces what the lower one said, never the other way round; equals leave each other alone."""

    # Typed in at a checkout by whoever pays. Nobody checks that name, telephone and mail address belong together or to
    # the buyer, so an order may begin a record of its own, and changes nothing about a person who is known already.
    GUEST_ORDERS = 1
    # The shop's own record of one customer, under an id that stays: the person signs in to it, or the shop looks after
    # it. It may say who that customer is. It has no more say about another account than anybody else.
    ACCOUNTS = 2


TRUST: Final[dict[str, Trust]] = {
    # Shopify keeps one customer for one mail address, and assigns guest checkouts to it by itself.
    "shopify": Trust.ACCOUNTS,
    # Members who registered.
    "eccube": Trust.ACCOUNTS,
    # BASE has no members: every row is an order, its id is the id of the order, and the buyer is a guest.
    "base": Trust.GUEST_ORDERS,
}


def outranks(source: str, other: str | None) -> bool:
    """Whether ``source`` may replace what came from ``other``; nothing outranks what is no file (portal, staff)."""
    return other in TRUST and TRUST[source] > TRUST[other]
