"""What in the registers needs care, as questions to the database: due and not done."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from . import (  # noqa: F401, register their own
    care_of_consents,
    care_of_matters,
    care_of_security,
    care_of_subcontractors,
)
from .domain.care import CareKind, register
from .services import sharing_care as care

for _kind in (
    CareKind("joint_use.incomplete", _("そろっていない共同利用"), "consent_app.jointuse", care.incomplete_joint_uses),
    CareKind(
        "joint_use.unannounced",
        _("変えた内容を公表していない共同利用"),
        "consent_app.jointuse",
        care.unannounced_joint_uses,
    ),
    CareKind("joint_use.coming", _("予告した共同利用の始まり・変更"), "consent_app.jointuse", care.coming_joint_uses),
    CareKind("tracker.incomplete", _("断り方か同意の目的がない送信"), "consent_app.tracker", care.incomplete_trackers),
):
    register(_kind)
