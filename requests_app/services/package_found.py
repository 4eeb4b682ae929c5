"""What staff found by hand, for the package: their copies as they are, with a page and a table that list them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from consent_app.models import Operator
from privacy_portal.core.cleaning.kinds import ENDINGS
from privacy_portal.core.localized import localized
from privacy_portal.core.services import files

from ..models import Decision, DisclosureRequest
from ..selectors_found import FoundByHand
from .package_writing import Archive, json_array, json_head, write_csv

LANGUAGES = ("ja", "en")
HEADER = ["number", "item", "text", "file"]


class Found:
    """The copies of one request, as far as they may be seen. Where they were found is the operator's own affair."""

    def __init__(self, request: DisclosureRequest, decision: Decision) -> None:
        self.request = request
        self.operator = Operator.objects.get()
        self.withheld = list(decision.withheld_items.all())
        by_hand = FoundByHand(request)
        granted = by_hand.granted({item.code for item in self.withheld})
        self._contents = [(row.item, one) for row in granted for one in by_hand.contents([row])]

    def __bool__(self) -> bool:
        return bool(self._contents)

    def rows(self, language: str = "") -> Iterator[dict[str, Any]]:
        """One copy after the other; its item by code, or by name where a language is given."""
        for number, (item, one) in enumerate(self._contents, start=1):
            code = item.code if item else ""
            yield {
                "number": number,
                "item": localized(item, "name", language) if item and language else code,
                "text": one.text or "",
                "file": f"found/{number}.{ENDINGS[one.file.content_type]}" if one.file else "",
            }

    def write_files(self, archive: Archive) -> None:
        """Every copy that is a file, decrypted while it is written."""
        for row, (_item, one) in zip(self.rows(), self._contents, strict=True):
            if one.file is not None:
                with archive.binary(row["file"]) as out:
                    for piece in files.open_stream(one.file):
                        out.write(piece)


def write_members(archive: Archive, found: Found, now: datetime, names: tuple[str, str, str]) -> None:
    """The pages, the JSON, the table and the files.

    Args:
        names: of these files; beside other data of the person they have others.
    """
    page, data, table = names
    for language in LANGUAGES:
        with archive.text(f"{page}.{language}.html") as out, translation.override(language):
            context = {
                "found": found,
                "package": found,
                "rows": list(found.rows(language)),
                "operator": found.operator,
                "language": language,
                "now": now,
            }
            out.write(render_to_string("package/found.html", context))
    with archive.text(f"{data}.json") as out:
        head = {
            "receipt_number": found.request.receipt_number,
            "operator": {one: localized(found.operator, "name", one) for one in LANGUAGES},
            "made_at": now,
            "withheld_items": [item.code for item in found.withheld],
        }
        json_head(out, head)
        json_array(out, "found", found.rows(), last=True)
        out.write("}\n")
    with archive.text(f"csv/{table}.csv") as out:
        write_csv(out, HEADER, (list(row.values()) for row in found.rows()))
    found.write_files(archive)
