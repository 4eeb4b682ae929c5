"""What of the data held about a person goes into their package: what they asked for, less what is withheld."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from consent_app.models import Consent, Customer, CustomerRecord
from consent_app.models.parts import RECIPIENT_ITEM, kept_parts
from consent_app.selectors import provision_records_of

from ..connectors import Fact, FoundRecord
from ..connectors.registers import item_of_source_id
from ..models import Decision, DisclosureRequest


@dataclass(frozen=True, slots=True)
class Scope:
    """Which data items may be seen. ``wanted`` is None where the person has not narrowed the request."""

    wanted: frozenset[str] | None
    withheld: frozenset[str]

    def __contains__(self, item: object) -> bool:
        return (self.wanted is None or item in self.wanted) and item not in self.withheld

    def any_of(self, items: Collection[str]) -> bool:
        """Whether one of the items may be seen; what names no item is seen by those who did not narrow."""
        return any(item in self for item in items) if items else self.wanted is None

    def fact(self, fact: Fact) -> Fact | None:
        """The fact as it may be seen, or None."""
        if fact.item not in self:
            return None
        return replace(fact, external_id=self.source_id(fact.source, fact.external_id))

    def record(self, record: FoundRecord) -> FoundRecord | None:
        """What of the record may be seen, or None.

        A withheld record is gone with all its parts. One that was only not asked for keeps the parts that were: whoever
        wants to know addresses also gets the other address that an order was sent to.
        """
        if record.item in self.withheld:
            return None
        data = kept_parts(record.data, record.item, self.__contains__)
        recipients = record.recipients if RECIPIENT_ITEM in self else []
        if record.item in self:
            number = self.source_id(record.source, record.external_id)
            return replace(record, data=data, recipients=recipients, external_id=number)
        if data or recipients:
            return replace(record, data=data, recipients=recipients, external_id="", occurred_at=None, published="")
        return None

    def consent(self, consent: Consent, items: Collection[str]) -> bool:
        """Whether the consent may be seen, given the items of its purpose.

        The wish for the newsletter is an item and a consent at once: who withholds the one withholds the other.
        """
        if CustomerRecord.Kind.NEWSLETTER in items and CustomerRecord.Kind.NEWSLETTER in self.withheld:
            return False
        return self.any_of(items)

    def proof(self, consent: Consent) -> str:
        """The proof of a consent without a number that is withheld: an import's names the row by source and id."""
        source, _colon, _rest = consent.proof.partition(":")
        if consent.channel == Consent.Channel.IMPORT and item_of_source_id(source) in self.withheld:
            return source
        return consent.proof

    def source_id(self, source: str, external_id: str) -> str:
        """An id in a source system, which is a member number or an order number, unless that item is withheld."""
        return "" if item_of_source_id(source) in self.withheld else external_id


def scope_of(request: DisclosureRequest, decision: Decision) -> Scope:
    """The scope of a decided request."""
    wanted = None if request.wants_everything else frozenset(item.code for item in request.wanted_items.all())
    # Somebody who only wrote in free text what they want has not narrowed the request.
    return Scope(wanted=wanted or None, withheld=frozenset(item.code for item in decision.withheld_items.all()))


def left_out_provisions(customer: Customer) -> int:
    """How many records of provisions and receipts no package holds. The manager is told."""
    return provision_records_of(customer).left_out
