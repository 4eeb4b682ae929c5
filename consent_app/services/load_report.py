"""What a load of a profile did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class LoadReport:
    """What a load did. Entries are ``table: code``; cautions are sentences for the person who loaded it."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
