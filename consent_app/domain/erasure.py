"""What becomes of each place where something about a customer lies when it is erased (articles 22, 35).

``PLACES`` is complete: a test walks every model with a link to a customer or with text that may be personal and fails
for one that is not here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from .months import months_later


class Fate(StrEnum):
    """What happens to a place."""

    GOES = "goes"  # rows deleted, or the link and the text in them emptied
    HELD = "held"  # goes, but what a law makes the operator keep stays until its day
    CLOCK = "clock"  # has a clock of its own that is short, or that law sets
    KEPT = "kept"  # stays: it holds nothing about the person, or is no customer's data


# "<app>.<model>.<field>" -> what happens to it when everything is erased.
PLACES: dict[str, Fate] = {
    "consent_app.customeridentity.customer": Fate.GOES,
    "consent_app.customerrecord.customer": Fate.HELD,  # orders are bookkeeping records
    "consent_app.recipient.record": Fate.GOES,
    "consent_app.consent.customer": Fate.HELD,  # the evidence of a recorded provision goes with that record
    "consent_app.consentagent.name": Fate.HELD,  # with the consent
    "consent_app.suspension.customer": Fate.GOES,
    "consent_app.recipientchange.record": Fate.GOES,
    "consent_app.recipientchange.before_text": Fate.GOES,
    "consent_app.recipientchange.after_text": Fate.GOES,
    "consent_app.recipientchange.reason": Fate.GOES,
    "consent_app.recipientsuspension.record": Fate.GOES,
    "consent_app.customerchange.customer": Fate.GOES,
    "consent_app.customerchange.before_text": Fate.GOES,
    "consent_app.customerchange.after_text": Fate.GOES,
    "consent_app.customerchange.reason": Fate.GOES,
    "consent_app.emailchange.customer": Fate.GOES,
    "consent_app.emailchange.old_address": Fate.GOES,
    "consent_app.emailchange.new_address": Fate.GOES,
    "consent_app.customerlook.customer": Fate.CLOCK,  # who looked and why, without anything about the person
    "consent_app.selfdisclosure.customer": Fate.GOES,
    "consent_app.selfdisclosure.record": Fate.GOES,
    "consent_app.broadcastrecipient.customer": Fate.GOES,
    "consent_app.affectedperson.customer": Fate.GOES,  # the line stays without saying who
    "consent_app.affectedperson.recipient": Fate.GOES,
    "consent_app.entrustedperson.customer": Fate.GOES,
    "consent_app.entrustedperson.recipient": Fate.GOES,
    "consent_app.offpurposeperson.customer": Fate.GOES,
    "consent_app.offpurposeuse.reason": Fate.KEPT,  # of the use; staff are told to name nobody
    # Articles 29 and 30: three years, or as Rules 21 and 25 say.
    "consent_app.provision.customer": Fate.CLOCK,
    "consent_app.provision.principal": Fate.CLOCK,
    "consent_app.receivedprovision.customer": Fate.CLOCK,
    "consent_app.receivedprovision.principal": Fate.CLOCK,
    "consent_app.refusedprovision.customer": Fate.CLOCK,  # nothing about the person but the link to the emptied row
    "core.outgoingmail.recipient": Fate.GOES,
    "core.outgoingmail.subject": Fate.GOES,
    "core.outgoingmail.body_text": Fate.GOES,
    "core.outgoingmail.body_html": Fate.GOES,
    # Requests are not customers' data: they are kept apart, and end on a schedule of their own.
    "requests_app.disclosurerequest.customer": Fate.KEPT,  # to the emptied row, so that the case can be read
    "requests_app.correction.before": Fate.KEPT,
    "requests_app.correction.after": Fate.KEPT,
    "requests_app.correction.reason": Fate.KEPT,
    "requests_app.giftlink.record": Fate.KEPT,  # names an order, and the recipients in it go
    "requests_app.disclosurerequest.wanted_note": Fate.KEPT,
    "requests_app.disclosurerequest.answer_method_note": Fate.KEPT,
    "requests_app.party.birth_date": Fate.KEPT,  # goes with the request, on the request's own clock
    "requests_app.identitycheck.customer": Fate.KEPT,
    "requests_app.postcode.customer": Fate.KEPT,
    "requests_app.callback.customer": Fate.KEPT,
    "requests_app.decision.reason": Fate.KEPT,
    "requests_app.decision.measure": Fate.KEPT,
    "requests_app.answermail.passphrase": Fate.CLOCK,
    "requests_app.decisionproposal.reason": Fate.KEPT,
    "requests_app.decisionproposal.measure": Fate.KEPT,
    "requests_app.decisionproposal.remark": Fate.KEPT,
    "requests_app.message.body": Fate.KEPT,
    "requests_app.evidencerequest.note": Fate.KEPT,
    "requests_app.evidencejudgement.note": Fate.KEPT,
    "requests_app.messagefile.name": Fate.CLOCK,
    "requests_app.targetextension.reason": Fate.KEPT,
    "requests_app.retentionhold.reason": Fate.KEPT,
    "requests_app.retentionhold.end_reason": Fate.KEPT,
    "requests_app.instruction.identifier": Fate.KEPT,  # an erasure is passed on under it
    "requests_app.instruction.text": Fate.KEPT,
    "requests_app.instructionentry.text": Fate.KEPT,
    "requests_app.casenote.body": Fate.KEPT,
    "requests_app.casefinding.place": Fate.KEPT,
    "requests_app.casefinding.note": Fate.KEPT,
    "requests_app.foundcontent.text": Fate.GOES,  # a copy for an answer goes as the answer does
    "requests_app.handover.note": Fate.KEPT,
    "requests_app.requestdraft.answers": Fate.CLOCK,
    "requests_app.requestedchange.present": Fate.KEPT,
    "requests_app.requestedchange.wanted": Fate.KEPT,
    "requests_app.requestedchange.why": Fate.KEPT,
    "requests_app.requestedchange.finding": Fate.KEPT,
    "requests_app.requestedchange.values_text": Fate.KEPT,
}

# What is counted, in the order in which it is shown.
COUNTED: dict[str, Any] = {
    "items": _("登録された項目"),
    "order": _("注文"),
    "purchases": _("購入の集計"),
    "inquiry": _("お問い合わせ"),
    "note": _("メモ"),
    "membership": _("会員情報"),
    "newsletter": _("メールマガジンの希望"),
    "recipients": _("贈り先"),
    "recipient_changes": _("贈り先の変更の履歴"),
    "recipient_stops": _("贈り先についての停止の記録"),
    "parts": _("ほかの記録に書かれている値"),
    "identities": _("取得元でのID"),
    "changes": _("登録情報の変更の履歴"),
    "email_changes": _("メールアドレスの変更の手続"),
    "consents": _("同意の記録"),
    "suspensions": _("利用停止の記録"),
    "self_disclosures": _("本人による公開の印"),
    "broadcasts": _("一斉のお知らせの宛先"),
    "incidents": _("事故の記録との結び付き"),
    "entrusted": _("委託先へ渡した記録の行"),
    "off_purpose": _("目的外利用の対象者の行"),
    "mails": _("送信メールの宛先と本文"),
    "files": _("委託先や第三者に渡すためのファイル"),
    # Only ever later:
    "provisions": _("第三者提供の記録（法第29条）"),
    "received": _("第三者から受け取った記録（法第30条）"),
}


@dataclass(frozen=True, slots=True)
class Later:
    """What must be kept for now, and the day on which the last of it goes."""

    place: str
    number: int
    until: date

    @property
    def words(self) -> Any:
        """What it is."""
        return COUNTED[self.place]

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the record of the erasure."""
        return {"place": self.place, "number": self.number, "until": self.until.isoformat()}


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would do now.

    Args:
        items: codes of the registered items that hold something.
        counts: how much goes now, by place.
        later: what goes on a later day.
        token: names this state; another one when anything changed since.
    """

    items: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    later: tuple[Later, ...] = ()
    token: str = ""

    def beside(self, other: Preview) -> Preview:
        """This and the other one as one; where one of them is empty, the other as it is."""
        if not self.token or not other.token:
            return self if self.token else other
        counts = {place: self.counts.get(place, 0) + other.counts.get(place, 0) for place in COUNTED}
        return Preview(
            (*self.items, *other.items),
            {place: number for place, number in counts.items() if number},
            (*self.later, *other.later),
            token_of([self.token, other.token]),
        )

    @property
    def lines(self) -> list[tuple[Any, int]]:
        """What goes now, in words, with the number."""
        return [(words, self.counts[place]) for place, words in COUNTED.items() if self.counts.get(place)]


def erased_from(day: date, months: int) -> date:
    """The first day on which a bookkeeping record need not be kept any more."""
    return months_later(day, months)


def token_of(state: Any) -> str:
    """Names a state without telling anything of it."""
    text = json.dumps(state, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
