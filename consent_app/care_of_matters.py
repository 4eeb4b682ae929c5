"""What needs care in the matters made knowable (article 32(1))."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .domain.care import CareKind, Due, register
from .services import matters


def _made_known(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """What is missing, that nothing was published yet, or that the registers have changed since."""
    yield from (Due(matter.code, str(matter.text)) for matter in matters.missing())
    if matters.newest_published() is None:
        yield Due("unpublished", gettext("まだ公表していません。"))
    elif matters.changed_since_published():
        yield Due("changed", gettext("公表したあとで台帳が変わりました。"))


register(CareKind("matters.made_known", _("公表事項をそろえて公表する"), "consent_app.mattersversion", _made_known))
