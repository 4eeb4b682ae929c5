"""What the pages of registered information show: every item with its value, origin, uses, and who may change it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from consent_app.domain.off_purpose import GROUNDS
from consent_app.domain.record_fields import record_lines
from consent_app.domain.registered_words import in_words
from consent_app.models import Customer, CustomerChange, CustomerRecord, DataItem, Purpose, Recipient, Suspension
from consent_app.models.parts import MEMBER_ITEM, kept_parts
from consent_app.selectors import off_purpose_uses, open_marks, published_items
from consent_app.services.customer_changes import values_of

from ..connectors.base import source_name
from ..connectors.registers import item_of, item_of_source_id

RECORDS_SHOWN = 20
HISTORY_SHOWN = 20
UNDO_WITHIN = timedelta(days=7)


class Catalogue:
    """The data items with the purposes that use them, read once a page."""

    def __init__(self) -> None:
        purposes = Prefetch("purposes", queryset=Purpose.objects.filter(active=True))
        self._items = {item.code: item for item in DataItem.objects.prefetch_related(purposes)}

    def get(self, code: str) -> DataItem | None:
        """The item, in use or retired: whatever is held has to be shown."""
        return self._items.get(code)

    def name(self, code: str) -> str:
        item = self._items.get(code)
        return item.name if item else code

    def purposes(self, code: str) -> list[str]:
        """What the item is used for, in the active language."""
        item = self._items.get(code)
        return [purpose.text for purpose in item.purposes.all()] if item else []

    def of_staff(self) -> set[str]:
        """Items that staff write; "note" even where the catalogue has lost it."""
        written = DataItem.EnteredBy.OPERATOR
        return {code for code, item in self._items.items() if item.entered_by == written} | {CustomerRecord.Kind.NOTE}

    def changeable(self, code: str) -> DataItem | None:
        """The item, if the person may change it here."""
        item = self._items.get(code)
        usable = item is not None and item.active and code in Customer.ITEM_FIELDS
        return item if usable and item and item.change == DataItem.Change.DIRECT else None


def item_rows(customer: Customer, catalogue: Catalogue) -> list[dict[str, Any]]:
    """The columns of the customer, item by item; an empty one too, where it can be filled in."""
    rows = []
    places = published_items(customer)
    for code, columns in Customer.ITEM_FIELDS.items():
        item = catalogue.get(code)
        value = in_words(code, values_of(customer, code))
        originals = [customer.originals[key] for key in dict.fromkeys((code, *columns)) if key in customer.originals]
        if not value and not originals and (item is None or not item.active):
            continue
        origin = customer.origins.get(code, {})
        change = None
        if catalogue.changeable(code):
            name = "portal:registered_email" if code == "email" else "portal:registered_change"
            change = reverse(name, args=[] if code == "email" else [code])
        rows.append(
            {
                "code": code,
                "name": catalogue.name(code),
                "value": value,
                "original": " ".join(map(str, originals)),
                "origin": source_name(origin["source"]) if origin.get("source") else "",
                "at": parse_datetime(origin.get("at", "")),
                "published": places.get(code, ""),
                "entered_by": item.get_entered_by_display() if item else "",
                "purposes": catalogue.purposes(code),
                "change_url": change,
            }
        )
    return rows


def member_numbers(customer: Customer, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Under which numbers the sources know the person, without those of single orders."""
    return [
        {"source": source_name(row.source), "number": row.external_id, "at": row.seen_at}
        for row in customer.identities.order_by("source", "external_id")
        if item_of_source_id(row.source) == MEMBER_ITEM
    ]


def _of_staff(catalogue: Catalogue) -> Q:
    codes = catalogue.of_staff()
    return Q(item__code__in=codes) | Q(item=None, kind__in=codes)


def records(customer: Customer, catalogue: Catalogue, page: str | None) -> Page[Any]:
    """Orders, inquiries and the like, newest first, without what staff wrote."""
    rows = (
        customer.records.exclude(_of_staff(catalogue))
        .select_related("item")
        .prefetch_related("recipients", open_marks())
        .order_by("-occurred_at", "kind", "id")
    )
    found: Page[Any] = Paginator(rows, RECORDS_SHOWN).get_page(page)
    hidden = catalogue.of_staff()
    found.object_list = [_record(row, catalogue, hidden) for row in found.object_list]
    return found


def _record(row: CustomerRecord, catalogue: Catalogue, hidden: Iterable[str]) -> dict[str, Any]:
    item = item_of(row)
    return {
        "kind": row.get_kind_display(),
        "origin": source_name(row.source),
        "number": row.external_id,
        "at": row.occurred_at,
        "taken_at": row.created_at,
        "lines": record_lines(kept_parts(row.data, item, lambda code: code not in hidden)),
        "recipients": [line for one in row.recipients.all() if (line := _sent_to(one))],
        "published": next((mark.place for mark in row.open_marks), ""),  # type: ignore[attr-defined]
        "purposes": catalogue.purposes(item),
    }


def _sent_to(recipient: Recipient) -> str:
    """As the customer gave it, without what the recipient had changed since."""
    shown = recipient.for_the_sender()
    name = f"{shown['family_name']}　{shown['given_name']}".strip()
    return " ".join(part for part in (name, shown["prefecture"] + shown["address1"], shown["address2"]) if part)


def written_by_staff(customer: Customer, catalogue: Catalogue) -> int:
    """How many records staff wrote. Their content may speak of others, so people look at it before it is shown."""
    return customer.records.filter(_of_staff(catalogue)).count()


def suspensions(customer: Customer, now: datetime) -> QuerySet[Suspension]:
    """What is stopped at present."""
    rows = Suspension.objects.filter(customer=customer, begins_at__lte=now, ended_at=None)
    return rows.select_related("purpose").order_by("begins_at")


def uses_beyond(customer: Customer, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Every use beyond the purposes that the person may be told of: when, for what, on which ground, which items."""
    return [
        {
            "begins_on": use.begins_on,
            "ends_on": use.ends_on if use.ends_on != use.begins_on else None,
            "aim": use.aim,
            "ground": GROUNDS[use.ground].told,
            "items": _("、").join(catalogue.name(item.code) for item in use.items.all()),
        }
        for use in off_purpose_uses(customer)
    ]


def history(customer: Customer, catalogue: Catalogue, page: str | None, now: datetime) -> Page[Any]:
    """The person's own history of changes, newest first."""
    rows = customer.changes.order_by("-at", "pk")
    found: Page[Any] = Paginator(rows, HISTORY_SHOWN).get_page(page)
    found.object_list = [_change(row, customer, catalogue, now) for row in found.object_list]
    return found


def _change(row: CustomerChange, customer: Customer, catalogue: Catalogue, now: datetime) -> dict[str, Any]:
    undo = None
    if may_undo(row, customer, catalogue, now):
        undo = f"{reverse('portal:registered_change', args=[row.item])}?undo={row.pk}"
    return {
        "item": catalogue.name(row.item),
        "before": in_words(row.item, row.before) or _("（なし）"),
        "after": in_words(row.item, row.after) or _("（なし）"),
        "at": row.at,
        "channel": row.get_channel_display(),
        "reference": row.reference,
        "undo_url": undo,
    }


def may_undo(change: CustomerChange, customer: Customer, catalogue: Catalogue, now: datetime) -> bool:
    """Whether the person may bring back what was before: their own change, lately, and nothing came after it."""
    own = change.channel == CustomerChange.Channel.SELF and change.item != "email"
    lately = now - change.at < UNDO_WITHIN and catalogue.changeable(change.item) is not None
    present = CustomerChange.as_text(values_of(customer, change.item))
    return own and lately and change.after_text == present
