"""What happens to people, and what they can do about it: for those who do not know the terms of the law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .offers import Offer

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation in everyday words.

    Args:
        text: what to do now, and what helps.
        pages: portal pages that help at once, as URL name and label.
        types: codes of request types, the most fitting first.
    """

    happened: _StrPromise
    text: _StrPromise
    types: tuple[str, ...] = ()
    pages: tuple[tuple[str, _StrPromise], ...] = ()


_REGISTERED = ("portal:registered", _("登録情報の確認と変更"))
_CONSENTS = ("portal:consents", _("同意の確認と変更"))

SITUATIONS: tuple[Situation, ...] = (
    Situation(
        _("断ったのに、案内が届く"),
        _(
            "まず、案内への同意を取り下げてください。ログインすれば、ボタン1つでできます。"
            "それでも届くときや、はがきや電話のときは、使うのをやめるよう求められます。"
        ),
        ("stop_use",),
        (_CONSENTS,),
    ),
    Situation(
        _("名前や住所がちがっている、変わった"),
        _("登録情報のページで、ご自分で変えられます。そこにない記録が事実とちがうときは、調べたうえで直します。"),
        ("correction", "addition"),
        (_REGISTERED,),
    ),
    Situation(
        _("知らない人の情報が、自分のところに出てくる"),
        _(
            "保存したり、ほかの人に見せたりしないでください。どこで見たかだけをお知らせください。"
            "その人のお名前などを書く必要はありません。担当者が調べます。"
        ),
        ("complaint", "deletion"),
    ),
    Situation(
        _("自分の情報が漏れたのではないか心配だ"),
        _(
            "質問してください。何があったか、あなたの情報が含まれるかをお調べして、お答えします。"
            "重大な漏えいに含まれていたときは、使うのをやめることや、消すことも求められます。"
        ),
        ("inquiry", "stop_use", "erasure"),
    ),
    Situation(
        _("退会したので、情報を残してほしくない"),
        _("もう使う必要がないデータは、消すことや、使うのをやめることを求められます。"),
        ("erasure", "stop_use"),
    ),
    Situation(
        _("知らない会社から連絡が来た"),
        _("あなたの情報をだれに渡したかの記録を見られます。渡すのをやめるよう求めることもできます。"),
        ("provision_records", "stop_provision"),
    ),
    Situation(
        _("子どもや、頼まれた家族のかわりに手続きしたい"),
        _("どの請求も、代理の方からできます。請求のはじめのページで、どなたの情報かを選びます。"),
        pages=(("portal:home", _("請求を選ぶ")), ("portal:procedure", _("代理の方の確認のしかたを見る"))),
    ),
    Situation(
        _("扱いや、回答に納得できない"),
        _("苦情としてお聞きし、担当者がお答えします。"),
        ("complaint",),
        (("portal:contact", _("苦情の申出先を見る")),),
    ),
)


def situations(offers: list[Offer]) -> list[dict[str, Any]]:
    """The situations that something can be done about here, each with its ways."""
    offered = {offer.type.code: offer for offer in offers}
    rows = []
    for situation in SITUATIONS:
        ways = [{"label": label, "url": reverse(name), "term": ""} for name, label in situation.pages]
        ways += [
            {"label": offered[code].type.plain_name, "url": offered[code].url, "term": offered[code].type.name}
            for code in situation.types
            if code in offered
        ]
        if ways:
            rows.append({"happened": situation.happened, "text": situation.text, "ways": ways})
    return rows
