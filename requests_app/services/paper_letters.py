"""Letters on the way to an answer: a question, a reminder of what is owed, a code for the registered address."""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from consent_app.models import Customer, Operator

from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Status
from ..models import Correction, DisclosureRequest, Message, PostCode
from . import fees, typesetting


def question(message: Message) -> bytes:
    """What staff ask, with where the answer goes, in the language of the request's letters."""
    request = message.request
    on = message.on or timezone.localdate(message.sent_at)
    with translation.override(request.language):
        data = _frame(request, on, _("%(type)sについて（お尋ね）"))
    return typesetting.typeset(f"{request.language}/question.typ", {**data, "question": message.body})


def reminder(request: DisclosureRequest, *, on: date, closes_on: date | None) -> bytes:
    """What the person owes, and the day on which the request ends without it, where that is near."""
    language = request.language
    asked = request.messages.filter(asks_reply=True).order_by("sent_at").last()
    fee = fees.fee_of(request) if request.status == Status.FEE_WAITING else None
    with translation.override(language):
        title = _("%(type)sについて（終了の予告）") if closes_on else _("%(type)sについて（返答のお願い）")
        data = {
            **_frame(request, on, title),
            "question": asked.body if asked and not fee else "",
            "asked_on": typesetting.date_words(asked.on or timezone.localdate(asked.sent_at), language)
            if asked and not fee
            else "",
            "amount": f"{fee.amount_yen:,}" if fee else "",
            "closes_on": typesetting.date_words(closes_on, language) if closes_on else "",
        }
    return typesetting.typeset(f"{language}/reminder.typ", data)


def type_corrected(correction: Correction, *, on: date) -> bytes:
    """That a request was taken for another one at first, and as which one it goes on."""
    request = correction.request
    with translation.override(request.language):
        data = {
            **_frame(request, on, _("%(type)sについて（お知らせ）")),
            "before": str(REQUEST_TYPES[correction.before].name) if correction.before in REQUEST_TYPES else "",
            "after": str(REQUEST_TYPES[correction.after].name) if correction.after in REQUEST_TYPES else "",
        }
    return typesetting.typeset(f"{request.language}/type_corrected.typ", data)


def post_code(ordered: PostCode, customer: Customer, code: str, *, on: date) -> bytes:
    """A code for the registered address of a customer; nothing of what the requester stated stands in it.

    Args:
        code: as it is printed, in groups. It stands nowhere else.
    """
    request = ordered.request
    language = request.language
    with translation.override(language):
        name = customer.full_name
        data = {
            **_frame(request, on, _("ご本人の確認のためのコード")),
            "recipient_lines": typesetting.address_lines(
                customer.postal_code, customer.prefecture + customer.address1, customer.address2
            ),
            "recipient_name": f"{name} 様" if language == "ja" else name,
            "code": code,
            "expires_on": typesetting.date_words(ordered.expires_at, language),
            "has_account": request.applicant_id is not None,
            "page": f"{settings.PORTAL_URL}/",
        }
    return typesetting.typeset(f"{language}/post_code.typ", data)


def _frame(request: DisclosureRequest, on: date, title: str) -> dict[str, Any]:
    operator, name = Operator.objects.get(), str(REQUEST_TYPES[request.request_type].name)
    return {
        **typesetting.frame(request, on=on, title=title % {"type": name}, language=request.language),
        "type_name": name,
        "reply_to": [way for way in (operator.telephone, operator.email) if way],
        "received_on": typesetting.date_words(timezone.localdate(request.received_at), request.language),
    }
