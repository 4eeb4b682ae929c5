"""THE table of request types: what the law says of each. Forms, admin, letters, tests and help texts read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Refusal:
    """A ground on which the law lets the operator refuse in whole or in part."""

    code: str
    article: str
    text: _StrPromise | str
    help: _StrPromise | str


@dataclass(frozen=True, slots=True)
class RequestType:
    """One right of the principal."""

    code: str
    article: str
    # The article under which the operator notifies what it decided.
    notice_article: str
    # Outcome of a decision -> article under which the operator answers so. An outcome that is not here does not exist
    # for the type.
    outcome_articles: Mapping[str, str]
    name: _StrPromise | str
    plain_name: _StrPromise | str
    description: _StrPromise | str
    fee_allowed: bool
    refusals: tuple[Refusal, ...]
    # What a positive decision does; ``services.fulfilment`` has one function per effect.
    effect: str


DISCLOSURE = RequestType(
    code="disclosure",
    article="33(1)",
    notice_article="33(3)",
    outcome_articles={
        "granted": "33(2)",
        "partly": "33(3)",
        "refused": "33(3)",
        "no_such_data": "33(3)",
        # Article 37(1) lets the operator set how the person is identified (Cabinet Order 12(iii)).
        "identity_not_confirmed": "37(1)",
    },
    name=_("保有個人データの開示"),
    plain_name=_("私について持っているデータを見たい"),
    description=_("当店がお客さまについて持っている個人データを、そのままお知らせします（開示）。"),
    fee_allowed=True,
    refusals=(
        Refusal(
            code="harm_to_person",
            article="33(2)i",
            text=_("本人または第三者の生命、身体、財産その他の権利利益を害するおそれがある"),
            help=_("たとえば、ほかの人の個人情報や安全にかかわる記録が含まれる場合です。"),
        ),
        Refusal(
            code="business_hindrance",
            article="33(2)ii",
            text=_("業務の適正な実施に著しい支障を及ぼすおそれがある"),
            help=_("量が多いことだけでは理由になりません。著しい支障が必要です。"),
        ),
        Refusal(
            code="other_law_breached",
            article="33(2)iii",
            text=_("ほかの法令に違反することになる"),
            help=_("開示を禁じる法令の名前と条文を理由に書いてください。"),
        ),
        Refusal(
            code="other_law_procedure",
            article="33(4)",
            text=_("ほかの法令により、同じ方法で開示する特別な手続がある"),
            help=_("その手続を理由に書き、どこで請求できるかを知らせてください。"),
        ),
    ),
    effect="package",
)

REQUEST_TYPES: dict[str, RequestType] = {entry.code: entry for entry in (DISCLOSURE,)}


def refusal_of(request_type: str, ground: str) -> Refusal | None:
    """The ground for refusal with this code, where the law knows it for the type."""
    return next((refusal for refusal in REQUEST_TYPES[request_type].refusals if refusal.code == ground), None)
