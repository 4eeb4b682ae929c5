"""What a person can ask for here, and what the operator's profile says about cost, time and checks."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent_app.models import RequestRule
from consent_app.public_words import sentences
from consent_app.selectors import offered_rules

from ..domain.request_types import REQUEST_TYPES, RequestType
from ..services.fulfilment import EFFECTS
from .wizard import has_all_pages, steps_of


@dataclass(frozen=True)
class Offer:
    """A request type that the operator's profile offers and this product can carry out."""

    type: RequestType
    rule: RequestRule

    @property
    def url(self) -> str:
        return reverse("portal:request_new", args=[self.type.code])

    @property
    def cost(self) -> str:
        """The fee rule in one sentence; article 38 wants it knowable beforehand."""
        if self.rule.fee == RequestRule.Fee.FIXED:
            words = _("%(yen)s円（税込）です。") % {"yen": number_format(self.rule.fee_yen or 0, force_grouping=True)}
            # The note says what comes beside the amount, such as who bears the transfer fee.
            return sentences(words, self.rule.fee_note)
        if self.rule.fee == RequestRule.Fee.NONE:
            words = _("無料です。")
        else:
            words = _("かかる場合は、先に金額をお知らせします。ご承諾いただくまで、費用はかかりません。")
        # A profile's own words say it better than the rule's.
        return self.rule.fee_note or words

    @property
    def time(self) -> str:
        """The operator's internal target. The law says "without delay" and names no number of days (33(2))."""
        days = self.rule.target_business_days
        return ngettext(
            "%(days)d営業日以内を目標にしています（社内目標）。",
            "%(days)d営業日以内を目標にしています（社内目標）。",
            days,
        ) % {"days": days}

    @property
    def check(self) -> str:
        """What is compared before anything is answered."""
        if not self.type.needs_identity:
            return _("メールアドレスだけ")
        if self.rule.identity_level >= RequestRule.IdentityLevel.DOCUMENTS:
            return _("メールアドレス、ご登録の情報、本人確認書類")
        if self.rule.identity_level >= RequestRule.IdentityLevel.FACTS:
            return _("メールアドレスと、ご登録の情報")
        return _("メールアドレス")

    @property
    def pages(self) -> int:
        """How many pages the form has, with the one where everything is checked."""
        return len(steps_of(self.type)) + 1

    @property
    def facts(self) -> list[dict[str, str]]:
        return [
            {"label": _("費用"), "value": self.cost},
            {"label": _("期間"), "value": self.time},
            {"label": _("確認すること"), "value": self.check},
        ]


def offers() -> list[Offer]:
    """Every offer, in the order of the table of request types."""
    return offers_of({rule.request_type: rule for rule in offered_rules()})


def offers_of(rules: Mapping[str, RequestRule]) -> list[Offer]:
    """Of the rules that the operator has, by type, those that this product can carry out."""
    return [
        Offer(entry, rules[code])
        for code, entry in REQUEST_TYPES.items()
        if code in rules and entry.effect in EFFECTS and has_all_pages(entry)
    ]


def offer_or_404(request_type: str) -> Offer:
    """The offer of one type.

    Raises:
        Http404: there is no such type, or this operator does not offer it.
    """
    for offer in offers():
        if offer.type.code == request_type:
            return offer
    raise Http404


def type_name(request_type: str) -> str:
    """The plain name of a type, for a request that may be older than the present table."""
    entry = REQUEST_TYPES.get(request_type)
    return str(entry.name) if entry else request_type
