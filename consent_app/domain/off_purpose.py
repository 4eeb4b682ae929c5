"""Use beyond the published purposes: which grounds the law knows (article 18(1) and 18(3))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

CONSENT: Final = "18(1)"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground.

    Args:
        words: for staff.
        told: for the person, in their package.
        tellable: whether the person may usually be told. That there was a warrant or an inquiry can hinder it, or
            endanger somebody (Cabinet Order 5), so there the default is silence and the manager decides.
    """

    words: Any
    told: Any
    tellable: bool = True


GROUNDS: Final[dict[str, Ground]] = {
    "18(3)i": Ground(_("法令に基づく場合"), _("法令に基づくため"), tellable=False),
    "18(3)ii": Ground(
        _("人の生命、身体、財産を守るために必要で、同意を得ることが難しい場合"), _("人の生命、身体、財産を守るため")
    ),
    "18(3)iii": Ground(
        _("公衆衛生や子どもの健やかな成長のために特に必要で、同意を得ることが難しい場合"),
        _("公衆衛生や子どもの健やかな成長のため"),
    ),
    "18(3)iv": Ground(
        _("国や自治体などの法令上の仕事への協力が必要で、同意を得るとその仕事に支障が出るおそれがある場合"),
        _("国や自治体などの法令上の仕事に協力するため"),
        tellable=False,
    ),
    "18(3)v": Ground(_("学術研究機関等である当方が、学術研究のために使う必要がある場合"), _("学術研究のため")),
    "18(3)vi": Ground(
        _("学術研究機関等が学術研究のために使う必要があり、そこに提供する場合"), _("学術研究機関等の学術研究のため")
    ),
    CONSENT: Ground(_("本人が前もって同意した場合"), _("前もって同意をいただいたため")),
}
