"""The manager's pages of the registers."""

from . import (
    collection,
    customers,
    imports,
    incident_notices,
    incidents,
    joint_uses,
    ledgers,
    matters,
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
    "incident_notices",
    "incidents",
    "joint_uses",
    "ledgers",
    "matters",
    "policies",
    "provisions",
    "registers",
    "security",
    "statistics",
    "suspensions",
    "trackers",
]
