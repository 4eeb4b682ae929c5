"""The sections of a profile about where data is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .profile_reader import TableReader, Text

KINDS = ("purchase", "account", "inquiry", "survey", "application")


@dataclass(frozen=True, slots=True)
class CollectionPointSection:
    """A place where people give their data, with the text that they are shown there."""

    code: str
    kind: str
    name: Text
    purposes: tuple[str, ...]
    items: tuple[str, ...]
    wording: Text
    proof: Text


def collection_point(
    reader: TableReader, *, code: str, item_codes: tuple[str, ...], items_of_purposes: Mapping[str, tuple[str, ...]]
) -> CollectionPointSection:
    """Read one ``[[collection_points]]``. What no purpose of the point uses may not be collected there (article 18)."""
    section = CollectionPointSection(
        code=code,
        kind=reader.choice("kind", KINDS),
        name=reader.pair("name", max_length=200),
        purposes=reader.choices("purposes", tuple(items_of_purposes)),
        items=reader.choices("items", item_codes),
        wording=reader.pair("wording", max_length=1000),
        proof=reader.pair("proof"),
    )
    used = {item for purpose in section.purposes for item in items_of_purposes[purpose]}
    for item in section.items:
        if section.purposes and item not in used:
            reader.add(
                "items",
                _("「%(item)s」は、この場面のどの利用目的にも使いません。") % {"item": item},
                _("項目を外すか、その項目を使う利用目的を purposes に加えてください。"),
            )
    reader.close()
    return section
