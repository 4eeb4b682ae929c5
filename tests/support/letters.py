"""Every letter that the product writes, with fixed values: for tests of what they say and of how they look."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from consent_app.models import Customer, DataItem, Operator, Purpose
from requests_app.domain.request_types import REQUEST_TYPES, Refusal, possible_refusals
from requests_app.models import DisclosureRequest, Party, RequestedChange
from requests_app.services.letters import LetterContent
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    ProvisionBasisFactory,
    ProvisionFactory,
    PurposeFactory,
    ReceivedProvisionFactory,
    catalogue,
)

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
NUMBER = "RK7D8P2M4X"
REASON = {
    "ja": "注文の記録を確かめました。\nその結果、お求めのとおりにできない事情がありました。",
    "en": "We looked through the records of your orders.\nWe found that we cannot do what you asked.",
}
MEASURE = {
    "ja": "保存の期間が終わる令和15年3月31日に消去し、それまでは使いません。",
    "en": "We erase the data when the time for which we must keep it ends, and do not use it before.",
}
ACCREDITED = {"ja": "例の認定団体", "en": "Example Accredited Organisation"}
ACCREDITED_CONTACT = {"ja": "東京都千代田区例町7-7", "en": "7-7 Reicho, Chiyoda-ku, Tokyo"}


@dataclass(frozen=True)
class LetterCase:
    """One letter: a request of a type, decided in one way, on one ground where there is one, in one language."""

    request_type: str
    outcome: str
    language: str
    refusal: Refusal | None = None

    def __str__(self) -> str:
        ground = f"-{self.refusal.code}" if self.refusal else ""
        return f"{self.request_type}-{self.outcome}{ground}-{self.language}"


def refusals_for(request_type: str, outcome: str) -> list[Refusal | None]:
    """The grounds on which a decision of this outcome can stand, from the table; one None where it needs none."""
    if outcome not in ("partly", "refused", "alternative"):
        return [None]
    entry = REQUEST_TYPES[request_type]
    possible = possible_refusals(request_type, [ground.code for ground in entry.grounds])
    return [one for one in possible if outcome == "alternative" or not one.instead] or [None]


def letter_cases(request_type: str, language: str) -> Iterator[LetterCase]:
    """Every outcome of a type on every ground, in one language."""
    for outcome in REQUEST_TYPES[request_type].outcome_articles:
        for refusal in refusals_for(request_type, outcome):
            yield LetterCase(request_type, outcome, language, refusal)


def every_type_and_language() -> list[tuple[str, str]]:
    """Each type in each language."""
    return list(itertools.product(REQUEST_TYPES, ("ja", "en")))


class LetterDesk:
    """An operator with a customer, about whom every letter can be written. The rows and dates are always the same."""

    def __init__(self, *, accredited: bool = True, ledger: bool = True) -> None:
        values = {
            f"accredited_{name}_{language}": words[language] if accredited else ""
            for name, words in (("name", ACCREDITED), ("contact", ACCREDITED_CONTACT))
            for language in ("ja", "en")
        }
        self.operator: Operator = OperatorFactory(complaint_channels=["email", "telephone", "letter"], **values)
        self.items: dict[str, DataItem] = catalogue()
        self.customer: Customer = CustomerFactory()
        OrderFactory(customer=self.customer, external_id="0B000001")
        self.purposes: list[Purpose] = [
            PurposeFactory(
                code=code, position=position, text_ja=ja, text_en=en, items=[self.items["name"], self.items["address"]]
            )
            for position, (code, ja, en) in enumerate(
                [
                    ("order", "商品をお届けするため", "To deliver what you order"),
                    ("news", "お知らせをお送りするため", "To send you news"),
                ]
            )
        ]
        if ledger:
            basis = ProvisionBasisFactory(code="consent")
            ProvisionFactory(customer=self.customer, items=["name", "address"], basis=basis)
            ReceivedProvisionFactory(customer=self.customer)
        self._requests: dict[tuple[str, str], DisclosureRequest] = {}

    def request(self, request_type: str, language: str, **party: str) -> DisclosureRequest:
        """The request of a type in a language; the same one each time unless something is stated about the party."""
        key = (request_type, language)
        if not party and key in self._requests:
            return self._requests[key]
        request = DisclosureRequest.objects.create(
            receipt_number=f"{NUMBER}{DisclosureRequest.objects.count():02d}"[-12:],
            request_type=request_type,
            language=language,
            customer=self.customer,
            received_at=datetime(2026, 11, 20, 15, 30, tzinfo=UTC),
            grounds=[ground.code for ground in REQUEST_TYPES[request_type].grounds],
            target_on=date(2026, 12, 4),
        )
        stated = {
            "family_name": "髙橋",
            "given_name": "花子",
            "postal_code": "1000001",
            "prefecture": "東京都",
            "address1": "千代田区例町4-5-6",
            "address2": "例マンション101",
        }
        Party.objects.create(request=request, **{**stated, **party})
        # Always the same on the paper, whatever else there is in the database.
        request.receipt_number = NUMBER
        if REQUEST_TYPES[request_type].effect == "change":
            self._changes(request)
        if not party:
            self._requests[key] = request
        return request

    def _changes(self, request: DisclosureRequest) -> None:
        rows = [
            ("birth_date", True, "住民票で確かめました。", '{"birth_date": "1989-01-07"}'),
            ("address", False, "登記の記録と比べました。", None),
        ]
        for position, (item, accepted, finding, values) in enumerate(rows):
            RequestedChange.objects.create(
                request=request,
                position=position,
                item=self.items[item],
                present="いまの内容",
                wanted="新しい内容",
                accepted=accepted,
                finding=finding,
                values_text=values,
                examined_at=NOW,
            )

    def content(self, case: LetterCase, request: DisclosureRequest | None = None, **changes: object) -> LetterContent:
        """What the letter of a case is made of."""
        effect = REQUEST_TYPES[case.request_type].effect
        withheld: list[DataItem | Purpose] = []
        if case.outcome == "partly" and effect != "change":
            withheld = [self.purposes[1]] if effect == "stop_use" else [self.items["address"]]
        needs_words = case.outcome in ("partly", "refused", "alternative", "not_valid", "replied")
        told = case.outcome in REQUEST_TYPES[case.request_type].told
        values: dict[str, object] = {
            "request": request or self.request(case.request_type, case.language),
            "outcome": case.outcome,
            "article": REQUEST_TYPES[case.request_type].outcome_articles[case.outcome],
            "ground": case.refusal.code if case.refusal else "",
            "reason": REASON[case.language] if needs_words or told else "",
            "measure": MEASURE[case.language] if case.outcome == "alternative" else "",
            "withheld": withheld,
            "decided_on": date(2026, 11, 24),
            "available_until": date(2026, 12, 24),
            "at": NOW,
            **changes,
        }
        return LetterContent(**values)  # type: ignore[arg-type]
