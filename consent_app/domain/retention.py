"""How long what people give for a request is kept once the request has ended (article 22).

No law sets a number of days: article 22 wants data erased without delay once it is not needed, so the longest time
that can be set is the one after which no claim can rest on it (Civil Code, article 166(1)i: five years). What the law
makes an operator keep (records of provisions, bookkeeping records) has times of its own, which are not set here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .profile_reader import TableReader

# Lowest and highest value of each.
LIMITS: Mapping[str, tuple[int, int]] = {
    "identity_days": (0, 180),
    "files_days": (0, 365),
    "case_months": (1, 60),
}
_SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class Periods:
    """The times, counted from the day on which the request ended.

    Args:
        identity_days: what was given to prove who somebody is.
        files_days: originals, attachments, answers.
        case_months: everything else of the case, the persons included.
    """

    identity_days: int = 30
    files_days: int = 30
    case_months: int = 24


DEFAULTS = Periods()


def problems(periods: Periods) -> dict[str, Any]:
    """What is wrong with the times, by field; empty when they can be used."""
    found: dict[str, Any] = {}
    for name, (low, high) in LIMITS.items():
        if not low <= getattr(periods, name) <= high:
            found[name] = _("%(low)sから%(high)sまでの整数にしてください。") % {"low": low, "high": high}
    if found:
        return found
    if periods.identity_days > periods.files_days:
        found["identity_days"] = _("本人確認の資料は、ほかのファイルより先に消します。短くするか、同じにしてください。")
    if periods.files_days > periods.case_months * _SHORTEST_MONTH:
        found["files_days"] = _("ファイルは、請求の記録より先に消します。短くしてください。")
    return found


def retention_section(root: TableReader) -> Periods | None:
    """Read ``[retention]`` of a profile; None where there is none. What is left out has its default."""
    if not root.given("retention"):
        return None
    reader = root.table("retention")
    values = {
        name: reader.integer(name, low=low, high=high, default=getattr(DEFAULTS, name))
        for name, (low, high) in LIMITS.items()
    }
    periods = Periods(**{name: value for name, value in values.items() if value is not None})
    for name, what in problems(periods).items():
        reader.add(name, str(what), "")
    reader.close()
    return periods
