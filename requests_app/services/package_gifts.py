"""What is held about somebody as the recipient of gifts, for their package.

It lies in the orders of others. Nothing of those orders is here but the day: no number, no product, no sender, for they
are the sender's data, and who sent it can be what the sender wants to keep to themself (article 33(2)i).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from consent_app.domain.written import written_postal_code, written_telephone
from consent_app.models import DataItem, Operator, Purpose, Recipient, Subcontractor
from consent_app.models.parts import ITEM_OF_COLUMN, RECIPIENT_ITEM
from privacy_portal.core.localized import localized

from .. import selectors
from ..connectors.base import source_name
from ..models import Decision, DisclosureRequest
from .package_scope import Scope, scope_of
from .package_writing import Archive, json_array, json_head, write_csv

LANGUAGES = ("ja", "en")
COLUMNS = ("family_name", "given_name", "postal_code", "prefecture", "address1", "address2", "telephone")
_WRITTEN = {"postal_code": written_postal_code, "telephone": written_telephone}
HEADER = ["gift", "sent_on", "source", "item", "field", "value", "as_received"]


class Gifts:
    """The gifts of one request, as far as they may be seen: whoever asks for addresses alone gets theirs."""

    def __init__(self, request: DisclosureRequest, decision: Decision) -> None:
        self.request = request
        self.scope: Scope = scope_of(request, decision)
        self.withheld = list(decision.withheld_items.all())
        self.operator = Operator.objects.get()
        self.held = selectors.linked_recipients(request)
        items = Prefetch("items", queryset=DataItem.objects.filter(code=RECIPIENT_ITEM))
        about = Q(active=True, items__code=RECIPIENT_ITEM)
        self.purposes = list(Purpose.objects.filter(about).prefetch_related(items))
        self.subcontractors = list(Subcontractor.objects.filter(about, public=True).prefetch_related(items))

    def may_see(self, column: str) -> bool:
        """Whether this column of a recipient is asked for and not withheld."""
        item = ITEM_OF_COLUMN[column]
        if item in self.scope.withheld or RECIPIENT_ITEM in self.scope.withheld:
            return False
        return item in self.scope or RECIPIENT_ITEM in self.scope

    def rows(self) -> Iterator[dict[str, Any]]:
        """One value after the other, with the number of the gift in this package."""
        for number, recipient in enumerate(self.held, start=1):
            for column in COLUMNS:
                value = str(getattr(recipient, column))
                original = str(recipient.originals.get(column, ""))
                if (value or original) and self.may_see(column):
                    yield {
                        "gift": number,
                        "sent_on": _day(recipient),
                        "source": recipient.record.source,
                        "item": RECIPIENT_ITEM,
                        "field": column,
                        "value": value,
                        "as_received": original if original != value else "",
                    }


def _day(recipient: Recipient) -> str:
    at = recipient.record.occurred_at
    return timezone.localdate(at).isoformat() if at else ""


def write_members(archive: Archive, gifts: Gifts, now: datetime, names: tuple[str, str, str]) -> None:
    """The pages, the JSON and the table.

    Args:
        names: of these files; beside the data of a customer they have others.
    """
    page, data, table = names
    for language in LANGUAGES:
        with archive.text(f"{page}.{language}.html") as out, translation.override(language):
            out.write(_html(gifts, language, now))
    with archive.text(f"{data}.json") as out:
        head = {
            "receipt_number": gifts.request.receipt_number,
            "operator": _both(gifts.operator, "name"),
            "made_at": now,
            "withheld_items": [item.code for item in gifts.withheld],
        }
        json_head(out, head)
        json_array(out, "received_gifts", gifts.rows())
        json_array(out, "purposes", ({"code": row.code, "text": _both(row, "text")} for row in gifts.purposes))
        json_array(
            out,
            "subcontractors",
            ({"name": _both(row, "name"), "service": _both(row, "service")} for row in gifts.subcontractors),
            last=True,
        )
        out.write("}\n")
    with archive.text(f"csv/{table}.csv") as out:
        write_csv(out, HEADER, (list(row.values()) for row in gifts.rows()))


def _both(instance: Any, name: str) -> dict[str, str]:
    return {language: localized(instance, name, language) for language in LANGUAGES}


def _html(gifts: Gifts, language: str, now: datetime) -> str:
    shown = [
        {
            **row,
            "field": str(getattr(Recipient._meta.get_field(row["field"]), "verbose_name", row["field"])),
            "value": _WRITTEN.get(row["field"], str)(row["value"]),
            "source": source_name(row["source"]),
        }
        for row in gifts.rows()
    ]
    return render_to_string(
        "package/gifts.html",
        {"gifts": gifts, "rows": shown, "operator": gifts.operator, "language": language, "now": now, "package": gifts},
    )
