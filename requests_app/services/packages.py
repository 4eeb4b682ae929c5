"""The package: what is held about the person, as readable pages, JSON and CSV in one ZIP, written as a stream.

Article 33 gives the person the data as it is held; Enforcement Rule 30 lets them have it as an electronic record, which
should be readable, searchable and portable. Memory stays flat however many records there are.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import starmap
from typing import IO, Any

from django.db.models import Prefetch, Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from consent_app.models import (
    Consent,
    Customer,
    CustomerRecord,
    DataItem,
    Operator,
    Provision,
    Purpose,
    ReceivedProvision,
    Subcontractor,
)
from privacy_portal.core.localized import localized

from ..connectors import CONNECTORS, Fact, FoundRecord
from ..connectors.base import source_name
from ..connectors.found import held_items
from ..models import Decision, DisclosureRequest
from . import package_changes, package_consents, package_found, package_gifts, package_ledger, package_use
from .package_changes import changes_in
from .package_found import Found
from .package_gifts import Gifts
from .package_scope import scope_of
from .package_writing import archive_to, chunks, dump, json_array, json_head, nothing, write_csv

LANGUAGES = ("ja", "en")
_CHUNK = 500


class _Package:
    """What every part of the package is made of, for one customer and decision."""

    def __init__(self, request: DisclosureRequest, decision: Decision, customer: Customer, now: datetime) -> None:
        self.request, self.customer, self.now = request, customer, now
        self.scope = scope_of(request, decision)
        self.operator = Operator.objects.get()
        self.catalogue = {item.code: item for item in DataItem.objects.all()}
        self.withheld = list(decision.withheld_items.all())
        facts = (self.scope.fact(fact) for connector in CONNECTORS for fact in connector.facts(customer))
        self.facts: list[Fact] = [fact for fact in facts if fact]
        self.held = {item for item in held_items(customer) if item in self.scope}
        # Only the items that are held about this person: those are what a subcontractor can have received.
        items = Prefetch("items", queryset=DataItem.objects.filter(code__in=self.held))
        using_held = Q(active=True, items__code__in=self.held)
        self.purposes = list(Purpose.objects.filter(using_held).distinct().prefetch_related(items))
        # What is published (article 32). Others the manager names in the letter where the person asks for them.
        public = Subcontractor.objects.filter(using_held, public=True)
        self.subcontractors = list(public.distinct().prefetch_related(items))
        self.items_of_purpose: dict[int, set[str]] = {}
        for purpose, item in Purpose.objects.order_by().values_list("pk", "items__code"):
            self.items_of_purpose.setdefault(purpose, set()).update({item} - {None})

    def records(self) -> Iterator[FoundRecord]:
        """Every record as far as it is in scope, read anew for each part so that none is kept in memory."""
        for connector in CONNECTORS:
            for record in connector.records(self.customer):
                if kept := self.scope.record(record):
                    yield kept

    def consents(self) -> Iterator[Consent]:
        """Every consent event in scope, oldest first."""
        for row in package_consents.consents_of(self.customer).iterator(chunk_size=_CHUNK):
            if self.scope.consent(row, self.items_of_purpose[row.purpose_id]):
                row.proof = self.scope.proof(row)
                yield row

    def provisions(self) -> Iterator[tuple[Provision, list[str]]]:
        """Every provision to a third party in scope, with the codes of those of its items that are."""
        return package_ledger.provided_in(self.customer, self.scope)

    def received(self) -> Iterator[tuple[ReceivedProvision, list[str]]]:
        """Every receipt from a third party in scope, likewise."""
        return package_ledger.received_in(self.customer, self.scope)

    def item_name(self, code: str, language: str) -> str:
        """The catalogue's name of an item; its code where the catalogue does not know it."""
        item = self.catalogue.get(code)
        return localized(item, "name", language) if item else code


def _field_name(name: str) -> str:
    if name == "customer_number":
        return gettext("会員番号")
    return str(getattr(Customer._meta.get_field(name), "verbose_name", name))


def _html(package: _Package, language: str, out: IO[str]) -> None:
    with translation.override(language):
        common = {"package": package, "operator": package.operator, "language": language, "now": package.now}
        facts = [
            {
                "item": package.item_name(fact.item, language),
                "field": _field_name(fact.field),
                "value": fact.shown,
                "original": fact.original,
                "source": fact.source_name,
                "obtained_at": fact.obtained_at,
                "published": fact.published,
            }
            for fact in package.facts
        ]
        out.write(render_to_string("package/opening.html", {**common, "facts": facts}))
        any_record = any_consent = False
        for chunk in chunks(package.records()):
            any_record = True
            records = [
                {
                    "kind": CustomerRecord.Kind(record.kind).label,
                    "source": source_name(record.source),
                    "external_id": record.external_id,
                    "occurred_at": record.occurred_at,
                    "data": record.data,
                    "recipients": record.recipients,
                    "published": record.published,
                }
                for record in chunk
            ]
            out.write(render_to_string("package/records.html", {**common, "records": records}))
        out.write("" if any_record else nothing())
        out.write(render_to_string("package/changes_heading.html", common))
        any_change = False
        for chunk in chunks(changes_in(package.customer, package.scope)):
            any_change = True
            changes = [package_changes.for_page(row, package.item_name(row.item, language)) for row in chunk]
            out.write(render_to_string("package/changes.html", {**common, "changes": changes}))
        out.write("" if any_change else nothing())
        out.write(render_to_string("package/middle.html", common))
        for chunk in chunks(package.consents()):
            any_consent = True
            out.write(render_to_string("package/consents.html", {**common, "consents": chunk}))
        out.write("" if any_consent else nothing())
        uses = [
            {
                **package_use.use_in_words(use, language),
                "items": [package.item_name(code, language) for code in codes],
            }
            for use, codes in package_use.uses_beyond(package.customer, package.scope)
        ]
        stops = list(package_use.stops(package.customer, package.scope))
        out.write(render_to_string("package/use.html", {**common, "uses": uses, "stops": stops}))
        package_ledger.write_pages(
            out, package.provisions(), package.received(), lambda code: package.item_name(code, language)
        )
        out.write(render_to_string("package/closing.html", common))


def _names(instance: Any, name: str) -> dict[str, str]:
    return {language: localized(instance, name, language) for language in LANGUAGES}


def _json(package: _Package, out: IO[str]) -> None:
    head = {
        "receipt_number": package.request.receipt_number,
        "operator": _names(package.operator, "name"),
        "made_at": package.now,
        "withheld_items": [item.code for item in package.withheld],
        "items": {
            code: _names(package.catalogue[code], "name") for code in sorted(package.held & set(package.catalogue))
        },
    }
    json_head(out, head)
    json_array(
        out,
        "registered",
        (
            {
                "item": fact.item,
                "field": fact.field,
                "value": fact.value,
                "as_received": fact.original or None,
                "source": fact.source,
                "source_id": fact.external_id,
                "obtained_at": fact.obtained_at,
                "published_by_you": fact.published or None,
            }
            for fact in package.facts
        ),
    )
    json_array(
        out,
        "records",
        (
            {
                "kind": record.kind,
                "item": record.item,
                "source": record.source,
                "source_id": record.external_id,
                "occurred_at": record.occurred_at,
                "data": record.data,
                "recipients": record.recipients,
                "published_by_you": record.published or None,
            }
            for record in package.records()
        ),
    )
    json_array(out, "changes", map(package_changes.for_json, changes_in(package.customer, package.scope)))
    json_array(
        out,
        "purposes",
        (
            {"code": row.code, "text": _names(row, "text"), "items": [item.code for item in row.items.all()]}
            for row in package.purposes
        ),
    )
    json_array(
        out,
        "consents",
        map(package_consents.for_json, package.consents()),
    )
    json_array(
        out,
        "subcontractors",
        (
            {
                "name": _names(row, "name"),
                "service": _names(row, "service"),
                "country": row.country,
                "items": [item.code for item in row.items.all()],
            }
            for row in package.subcontractors
        ),
    )
    uses = package_use.uses_beyond(package.customer, package.scope)
    json_array(out, "off_purpose_uses", (package_use.use_as_row(use, codes) for use, codes in uses))
    stops = package_use.stops(package.customer, package.scope)
    json_array(out, "stops", map(package_use.stop_as_row, stops))
    json_array(out, "provisions", starmap(package_ledger.provided_for_json, package.provisions()))
    json_array(out, "received", starmap(package_ledger.received_for_json, package.received()), last=True)
    out.write("}\n")


def _csv_files(package: _Package) -> Iterator[tuple[str, list[str], Iterable[list[Any]]]]:
    yield (
        "registered.csv",
        ["item", "field", "value", "as_received", "source", "source_id", "obtained_at", "published_by_you"],
        (
            [
                fact.item,
                fact.field,
                fact.value,
                fact.original,
                fact.source,
                fact.external_id,
                fact.obtained_at,
                fact.published,
            ]
            for fact in package.facts
        ),
    )
    yield (
        "records.csv",
        ["kind", "item", "source", "source_id", "occurred_at", "data", "recipients", "published_by_you"],
        (
            [
                record.kind,
                record.item,
                record.source,
                record.external_id,
                record.occurred_at,
                dump(record.data),
                dump(record.recipients) if record.recipients else "",
                record.published,
            ]
            for record in package.records()
        ),
    )
    yield (
        "changes.csv",
        package_changes.CSV_HEADER,
        map(package_changes.for_csv, changes_in(package.customer, package.scope)),
    )
    yield (
        "purposes.csv",
        ["code", "text_ja", "text_en", "items"],
        (
            [row.code, row.text_ja, row.text_en, " ".join(item.code for item in row.items.all())]
            for row in package.purposes
        ),
    )
    yield (
        "consents.csv",
        package_consents.CSV_HEADER,
        map(package_consents.for_csv, package.consents()),
    )
    yield (
        "subcontractors.csv",
        ["name_ja", "name_en", "service_ja", "service_en", "country", "items"],
        (
            [
                row.name_ja,
                row.name_en,
                row.service_ja,
                row.service_en,
                row.country,
                " ".join(item.code for item in row.items.all()),
            ]
            for row in package.subcontractors
        ),
    )
    yield (
        "off_purpose_uses.csv",
        package_use.OFF_PURPOSE_HEADER,
        (
            [use.begins_on, use.ends_on, use.aim_ja, use.aim_en, use.ground, " ".join(codes)]
            for use, codes in package_use.uses_beyond(package.customer, package.scope)
        ),
    )
    yield (
        "stops.csv",
        package_use.STOPS_HEADER,
        (list(package_use.stop_as_row(stop).values()) for stop in package_use.stops(package.customer, package.scope)),
    )
    yield from package_ledger.csv_files(package.provisions(), package.received())


def write_package(
    *, target: IO[bytes], request: DisclosureRequest, decision: Decision, customer: Customer, now: datetime
) -> None:
    """Write the ZIP to ``target``, which need not be seekable.

    Must be called inside a transaction: the records are read through server-side cursors.

    Args:
        target: a binary file; for a real answer the writer of an encrypted file.
        decision: its withheld items are left out, and named in the package.
        now: shown as the time of the extract.
    """
    package = _Package(request, decision, customer, now)
    with archive_to(target, now) as archive:
        for language in LANGUAGES:
            with archive.text(f"index.{language}.html") as out:
                _html(package, language, out)
        with archive.text("data.json") as out:
            _json(package, out)
        for name, header, rows in _csv_files(package):
            with archive.text(f"csv/{name}") as out:
                write_csv(out, header, rows)
        if request.gift_links.exists():
            package_gifts.write_members(archive, Gifts(request, decision), now, names=("gifts", "gifts", "gifts"))
        if found := Found(request, decision):
            package_found.write_members(archive, found, now, names=("found", "found", "found"))


def write_without_customer(*, target: IO[bytes], request: DisclosureRequest, decision: Decision, now: datetime) -> None:
    """The ZIP for somebody who is no customer: a recipient of gifts, or whose data staff found by hand.

    Args:
        target, decision, now: as in :func:`write_package`.
    """
    names = ("index", "data", "registered")
    with archive_to(target, now) as archive:
        if request.gift_links.exists():
            package_gifts.write_members(archive, Gifts(request, decision), now, names=names)
            names = ("found", "found", "found")
        if found := Found(request, decision):
            package_found.write_members(archive, found, now, names=names)
