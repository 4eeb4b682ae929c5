"""The receipt for a fee that was paid, as a tagged PDF."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.request_types import REQUEST_TYPES
from ..models import Fee
from . import typesetting
from .fees import owed_back_yen, paid_yen


def is_available(fee: Fee) -> bool:
    """Whether there is something to confirm: money that came in and is not owed back."""
    return fee.settled_at is not None and fee.cancelled_at is None and paid_yen(fee) > owed_back_yen(fee)


def receipt(*, fee: Fee, actor: User) -> bytes:
    """The receipt in the person's language. That it was opened is recorded."""
    request = fee.request
    language = request.language
    last = fee.payments.filter(kind="payment").order_by("-on").values_list("on", flat=True).first()
    with translation.override(language):
        data = {
            **typesetting.frame(request, on=timezone.localdate(fee.settled_at), title=_("領収書"), language=language),
            "amount": f"{paid_yen(fee) - owed_back_yen(fee):,}",
            "paid_on": typesetting.date_words(last, language) if last else "",
            "type_name": str(REQUEST_TYPES[request.request_type].name),
            "explanation": fee.explanation,
        }
    audit.record(action="fee.receipt_opened", actor=actor, obj=request)
    return typesetting.typeset(f"{language}/receipt.typ", data)
