"""The answer to a request for the records of provisions and receipts (article 33(5)).

The letter names the records where they are few. The package has them all, readable, searchable and portable (Rule 30).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import starmap
from typing import IO, Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from consent_app.models import Customer, DataItem, Operator, Provision, ReceivedProvision
from consent_app.selectors import provision_records_of
from privacy_portal.core.localized import localized

from ..models import Decision, DisclosureRequest
from . import package_ledger, typesetting
from .package_scope import Scope
from .package_writing import archive_to, dump, json_array, write_csv

# A letter of two or three pages can be read; a longer list is better searched.
IN_LETTER = 10
LANGUAGES = ("ja", "en")


def any_to_disclose(customer: Customer) -> bool:
    """Whether the ledgers have anything that the person has a right to know of."""
    records = provision_records_of(customer)
    return records.provided.exists() or records.received.exists()


@dataclass(frozen=True)
class LedgerAnswer:
    """What of the ledgers goes into one answer: a customer's records, less the items that are withheld."""

    customer: Customer
    withheld: frozenset[str]

    @property
    def scope(self) -> Scope:
        return Scope(wanted=None, withheld=self.withheld)

    @cached_property
    def names(self) -> dict[str, DataItem]:
        return {item.code: item for item in DataItem.objects.all()}

    def item_name(self, code: str, language: str) -> str:
        """The catalogue's name of an item; its code where the catalogue does not know it."""
        return localized(self.names[code], "name", language) if code in self.names else code

    @cached_property
    def few(self) -> bool:
        """Whether the letter can name the records one by one."""
        records = provision_records_of(self.customer)
        return records.provided.count() + records.received.count() <= IN_LETTER

    def for_letter(self, language: str) -> dict[str, Any]:
        """The records as the letter shows them, in the active language; none where there are too many."""
        if not self.few:
            return {"few": False, "provided": [], "received": []}
        provided = package_ledger.provided_in(self.customer, self.scope)
        received = package_ledger.received_in(self.customer, self.scope)
        return {
            "few": True,
            "provided": [self._provided(row, codes, language) for row, codes in provided],
            "received": [self._received(row, codes, language) for row, codes in received],
        }

    def _provided(self, row: Provision, codes: list[str], language: str) -> list[list[str]]:
        return [
            [_("提供した日"), _days(row.provided_on, row.provided_until, language)],
            [_("提供先"), row.recipient_name],
            [_("住所"), row.recipient_address],
            *_optional(_("代表者"), row.recipient_representative),
            [_("根拠"), row.said],
            [_("提供した項目"), _("、").join(self.item_name(code, language) for code in codes)],
        ]

    def _received(self, row: ReceivedProvision, codes: list[str], language: str) -> list[list[str]]:
        return [
            [_("受け取った日"), _days(row.received_on, row.received_until, language)],
            [_("提供元"), row.provider_name],
            [_("住所"), row.provider_address],
            *_optional(_("代表者"), row.provider_representative),
            [_("根拠"), row.get_kind_display()],
            *_optional(_("提供元の取得の経緯"), row.how_acquired),
            [_("受け取った項目"), _("、").join(self.item_name(code, language) for code in codes)],
        ]


def _days(first: date, last: date | None, language: str) -> str:
    words = typesetting.date_words(first, language)
    return f"{words} – {typesetting.date_words(last, language)}" if last else words


def _optional(label: str, value: str) -> list[list[str]]:
    return [[label, value]] if value else []


def ledger_answer(customer: Customer, withheld: Collection[DataItem]) -> LedgerAnswer:
    """The answer for a customer, without the items that are withheld."""
    return LedgerAnswer(customer, frozenset(item.code for item in withheld))


def write_package(
    *, target: IO[bytes], request: DisclosureRequest, decision: Decision, customer: Customer, now: datetime
) -> None:
    """Write the ZIP to ``target``, which need not be seekable. Must be called inside a transaction.

    Args:
        decision: its withheld items are left out, and named in the package.
        now: shown as the time of the extract.
    """
    withheld = list(decision.withheld_items.all())
    answer = ledger_answer(customer, withheld)
    operator, scope = Operator.objects.get(), answer.scope
    with archive_to(target, now) as archive:
        for language in LANGUAGES:
            with archive.text(f"index.{language}.html") as out, translation.override(language):
                context = {"request": request, "withheld": withheld, "operator": operator, "language": language}
                out.write(render_to_string("package/ledger_opening.html", {**context, "now": now}))
                package_ledger.write_pages(
                    out,
                    package_ledger.provided_in(customer, scope),
                    package_ledger.received_in(customer, scope),
                    lambda code, language=language: answer.item_name(code, language),  # type: ignore[misc]
                )
                out.write(render_to_string("package/closing.html"))
        with archive.text("data.json") as out:
            head = {
                "receipt_number": request.receipt_number,
                "operator": {language: localized(operator, "name", language) for language in LANGUAGES},
                "made_at": now,
                "withheld_items": [item.code for item in withheld],
            }
            out.write("{\n" + "".join(f' "{key}": {dump(value)},\n' for key, value in head.items()))
            provided = package_ledger.provided_in(customer, scope)
            json_array(out, "provisions", starmap(package_ledger.provided_for_json, provided))
            received = package_ledger.received_in(customer, scope)
            json_array(out, "received", starmap(package_ledger.received_for_json, received), last=True)
            out.write("}\n")
        tables = package_ledger.csv_files(
            package_ledger.provided_in(customer, scope), package_ledger.received_in(customer, scope)
        )
        for name, header, rows in tables:
            with archive.text(f"csv/{name}") as out:
                write_csv(out, header, rows)
