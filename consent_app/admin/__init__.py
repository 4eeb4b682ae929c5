"""The manager's pages of the registers."""

from . import (
    collection,
    customers,
    imports,
    joint_uses,
    ledgers,
    policies,
    provisions,
    registers,
    security,
    statistics,
    suspensions,
    trackers,
)

__all__ = [
    "collection",
    "customers",
    "imports",
    "joint_uses",
    "ledgers",
    "policies",
    "provisions",
    "registers",
    "security",
    "statistics",
    "suspensions",
    "trackers",
]
