"""How the public pages speak of the rules."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy_portal.core.templatetags.portal import jp_date

from ..domain.stop_grounds import OWN
from ..models import RequestRule, Suspension


def time_needed(rule: RequestRule) -> str:
    """The internal target; the page says beside it that the law itself names no days."""
    days = rule.target_business_days
    return ngettext("%(days)d営業日以内", "%(days)d営業日以内", days) % {"days": days}


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
