"""How the public pages speak of the rules."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import get_script_prefix
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from privacy_portal.core.templatetags.portal import jp_date

from ..domain.stop_grounds import OWN
from ..models import Operator, RequestRule, Suspension


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
    # An English address has its postal code at the end.
    postal_code = f"〒{operator.postal_code} " if get_language() == "ja" and operator.postal_code else ""
    ways = {
        "portal": ChannelWords(_("このポータル"), _("請求のフォーム"), get_script_prefix()),
        "email": ChannelWords(_("メール"), operator.email, f"mailto:{operator.email}"),
        "telephone": ChannelWords(_("電話"), operator.telephone, f"tel:{operator.telephone}"),
        "letter": ChannelWords(_("手紙"), postal_code + operator.address if operator.address_ja else ""),
        "counter": ChannelWords(_("窓口"), operator.address),
    }
    return [ways[channel] for channel in channels if ways[channel].text]


def stopped(stop: Suspension) -> str:
    """Since when and at whose wish something is not done with the data, in one sentence."""
    values = {"date": jp_date(stop.begins_at)}
    if stop.ground == OWN:
        if stop.kind == Suspension.Kind.PROVISION:
            return _("%(date)sから、当方の判断で、第三者への提供を止めています。") % values
        if stop.purpose_id is None:
            return _("%(date)sから、当方の判断で、データの利用を止めています。") % values
        return _("%(date)sから、当方の判断で、この目的での利用を止めています。") % values
    if stop.kind == Suspension.Kind.PROVISION:
        return _("%(date)sから、ご本人のお求めにより、第三者への提供を止めています。") % values
    if stop.purpose_id is None:
        return _("%(date)sから、ご本人のお求めにより、データの利用を止めています。") % values
    return _("%(date)sから、ご本人のお求めにより、この目的での利用を止めています。") % values
