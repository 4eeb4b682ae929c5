"""How the operator's rules and ways of contact are said in public: on the pages, and in what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import get_script_prefix
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .models import Operator, RequestRule


def cost(rule: RequestRule) -> str:
    """The fee in one sentence. Article 38 wants it knowable beforehand."""
    if rule.fee == RequestRule.Fee.NONE:
        return _("無料です。")
    if rule.fee == RequestRule.Fee.FIXED:
        yen = number_format(rule.fee_yen or 0, force_grouping=True)
        sentence = _("1件につき%(yen)s円（税込）です。") % {"yen": yen}
        return sentences(sentence, rule.fee_note)
    return rule.fee_note or _("かかる場合は、始める前に金額をお知らせします。")


def sentences(one: str, other: str) -> str:
    """One sentence after the other: Japanese writes no space between them."""
    return _("%(one)s%(other)s") % {"one": one, "other": other} if other else one


@dataclass(frozen=True, slots=True)
class ChannelWords:
    """One way to reach the operator: its name, what to use, and a link where there is one."""

    channel: str
    name: str
    text: str
    url: str = ""


def channel_words(operator: Operator, channels: list[str]) -> list[ChannelWords]:
    """The ways to reach the operator, each with its address; one without an address is left out."""
    # An English address has its postal code at the end.
    postal_code = f"〒{operator.postal_code} " if get_language() == "ja" and operator.postal_code else ""
    ways = {
        "portal": ChannelWords("portal", _("このポータル"), _("請求のフォーム"), get_script_prefix()),
        "email": ChannelWords("email", _("メール"), operator.email, f"mailto:{operator.email}"),
        "telephone": ChannelWords("telephone", _("電話"), operator.telephone, f"tel:{operator.telephone}"),
        "letter": ChannelWords("letter", _("手紙"), postal_code + operator.address if operator.address_ja else ""),
        "counter": ChannelWords("counter", _("窓口"), operator.address),
    }
    return [ways[channel] for channel in channels if ways[channel].text]


def complaint_words(operator: Operator) -> list[ChannelWords]:
    """The ways to complain (article 40); a profile that names none has every way but the counter."""
    return channel_words(operator, operator.complaint_channels or ["email", "telephone", "letter"])
