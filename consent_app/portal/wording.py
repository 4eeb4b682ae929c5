"""How the public pages speak of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import get_script_prefix
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..models import Operator, RequestRule

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class RequestWords:
    """What a request type is called: plainly, and in the law."""

    plain: _StrPromise
    term: _StrPromise


REQUEST_WORDS: dict[str, RequestWords] = {
    "disclosure": RequestWords(gettext_lazy("自分について持っているデータを見る"), gettext_lazy("開示")),
    "purpose_notice": RequestWords(gettext_lazy("何のために使っているかを知る"), gettext_lazy("利用目的の通知")),
    "provision_records": RequestWords(gettext_lazy("だれに渡したかを知る"), gettext_lazy("第三者提供記録の開示")),
    "correction": RequestWords(gettext_lazy("まちがいを直す"), gettext_lazy("訂正")),
    "addition": RequestWords(gettext_lazy("足りないことを加える"), gettext_lazy("追加")),
    "deletion": RequestWords(gettext_lazy("まちがった内容を消す"), gettext_lazy("削除")),
    "stop_use": RequestWords(gettext_lazy("使うのをやめさせる"), gettext_lazy("利用停止")),
    "erasure": RequestWords(gettext_lazy("データを消させる"), gettext_lazy("消去")),
    "stop_provision": RequestWords(gettext_lazy("ほかへ渡すのをやめさせる"), gettext_lazy("第三者提供の停止")),
    "foreign_measures": RequestWords(
        gettext_lazy("外国の相手がどう守っているかを知る"), gettext_lazy("外国にある第三者の体制の情報")
    ),
    "complaint": RequestWords(gettext_lazy("苦情を伝える"), gettext_lazy("苦情")),
    "inquiry": RequestWords(gettext_lazy("質問する"), gettext_lazy("お問い合わせ")),
}


def cost(rule: RequestRule) -> str:
    """The fee in one sentence. Article 38 wants it knowable beforehand."""
    if rule.fee == RequestRule.Fee.NONE:
        return _("無料です。")
    if rule.fee == RequestRule.Fee.FIXED:
        yen = number_format(rule.fee_yen, force_grouping=True)
        sentence = _("1件につき%(yen)s円（税込）です。") % {"yen": yen}
        return f"{sentence} {rule.fee_note}".strip()
    return rule.fee_note or _("かかる場合は、始める前に金額をお知らせします。")


def time_needed(rule: RequestRule) -> str:
    """The internal target; the page says beside it that the law itself names no days."""
    days = rule.target_business_days
    return ngettext("%(days)d営業日以内", "%(days)d営業日以内", days) % {"days": days}


def checked(rule: RequestRule) -> str:
    """What is checked before anything is decided or shown."""
    if rule.identity_level >= RequestRule.IdentityLevel.DOCUMENTS:
        return _("メールアドレス、登録情報、本人確認書類")
    if rule.identity_level >= RequestRule.IdentityLevel.FACTS:
        return _("メールアドレス、登録情報")
    return _("メールアドレス")


@dataclass(frozen=True, slots=True)
class ChannelWords:
    """One way to reach the operator: its name, what to use, and a link where there is one."""

    name: str
    text: str
    url: str = ""


def channel_words(operator: Operator, channels: list[str]) -> list[ChannelWords]:
    """The ways to reach the operator, each with its address; one without an address is left out."""
    letter = f"〒{operator.postal_code} {operator.address}" if operator.address_ja else ""
    ways = {
        "portal": ChannelWords(_("このポータル"), _("請求のフォーム"), get_script_prefix()),
        "email": ChannelWords(_("メール"), operator.email, f"mailto:{operator.email}"),
        "telephone": ChannelWords(_("電話"), operator.telephone, f"tel:{operator.telephone}"),
        "letter": ChannelWords(_("手紙"), letter),
        "counter": ChannelWords(_("窓口"), operator.address),
    }
    return [ways[channel] for channel in channels if ways[channel].text]
