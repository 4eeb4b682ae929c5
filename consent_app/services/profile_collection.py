"""Collection points of a profile: the file begins them, staff keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from privacy_portal.core.services import audit

from ..domain.profile_collection import CollectionPointSection
from ..models import CollectionPoint, DataItem, Purpose
from . import collection, seeding
from .load_report import LoadReport


def load_collection_points(
    report: LoadReport,
    sections: Iterable[CollectionPointSection],
    *,
    items: Mapping[str, DataItem],
    purposes: Mapping[str, Purpose],
    actor: audit.Actor,
    now: datetime,
) -> None:
    """Write ``[[collection_points]]``; a new text of an entry that staff have not changed is shown from now on."""
    rows = seeding.seed(report, CollectionPoint, sections, related={"items": items, "purposes": purposes})
    for row in rows.values():
        shown = collection.current(row)
        said = (row.wording_ja.strip(), row.wording_en.strip())
        if row.kept_by_staff:
            continue
        if shown is not None and (shown.text_ja, shown.text_en) == said:
            report.unchanged.append(f"collectionwording: {row.code} {shown.number}")
            continue
        wording = collection.start(point=row, actor=actor, now=now)
        report.created.append(f"collectionwording: {row.code} {wording.number}")
