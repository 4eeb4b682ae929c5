"""The pages of a case's fee: tell it, write down money, charge nothing, take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..domain.transitions import TransitionRefused
from ..models import DisclosureRequest, Fee
from ..services import fee_answers, fees, receipts
from ..services.correspondence import Contact
from ..services.errors import RequestError
from ..services.fees import InvalidFee
from .case_page import fee_context
from .case_views import Refused, back_to, case_page, confirmed_step, refused_step, staff_of, words_of
from .fee_forms import FeeAnswerForm, FeeForm, MoneyForm, WaiverForm
from .paper_views import tried
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


def ask(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """What it costs, told before anything is done for it."""
    if refused := refused_step(case, request, "fee"):
        return refused
    rule = fees.rule_of(case)
    form = FeeForm(request.POST or None, rule=rule)
    if request.method == "POST" and form.is_valid():
        try:
            fees.ask(
                request=case,
                actor=staff_of(request),
                amount_yen=form.cleaned_data.get("amount_yen"),
                explanation=form.cleaned_data["explanation"],
                now=timezone.now(),
            )
        except Refused as error:
            _tell(form, error)
        else:
            notices.success(request, str(_("手数料を知らせました。手続きが済むまで社内目標は進みません。")))
            return back_to(case)
    return case_page(request, case, site, "fee", BY_CODE["fee"].label, form=form, rule=rule)


def accepted(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Somebody without an account agreed to pay."""
    note = _("承諾を記録します。支払いを待つ間、社内目標は進みません。入金は「入出金を記録する」で書きます。")
    done = _("手数料の承諾を記録しました。")
    return _answer(request, case, site, "fee_accepted", note, done, fee_answers.record_accepted)


def declined(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Somebody without an account did not agree to pay."""
    note = _("断られたことを記録すると、請求は取下げとして終わります。受け取ったお金は返金が必要になります。")
    done = _("手数料を断られたことを記録し、請求を取下げとしました。")
    return _answer(request, case, site, "fee_declined", note, done, fee_answers.record_declined)


def _answer(
    request: HttpRequest,
    case: DisclosureRequest,
    site: DisclosureRequestAdmin,
    code: str,
    note: Any,
    done: Any,
    service: Callable[..., object],
) -> HttpResponse:
    if refused := refused_step(case, request, code):
        return refused
    form = FeeAnswerForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        contact = Contact(form.cleaned_data["channel"], form.cleaned_data["on"])
        if tried(form, lambda: service(request=case, actor=staff_of(request), contact=contact, now=timezone.now())):
            notices.success(request, str(done))
            return back_to(case)
    return case_page(request, case, site, "fee_answer", BY_CODE[code].label, form=form, note=note)


def money(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """What came in or went back, for the newest fee; after the end of a request too, because it has to go back."""
    if refused := refused_step(case, request, "money"):
        return refused
    fee = _newest(case)
    form = MoneyForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            fees.record_money(fee=fee, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except Refused as error:
            _tell(form, error)
        else:
            notices.success(request, str(_("入出金を記録しました。")))
            return back_to(case)
    return case_page(request, case, site, "money", BY_CODE["money"].label, form=form, **fee_context(case))


def waive(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Charge nothing."""
    if refused := refused_step(case, request, "waive"):
        return refused
    form = WaiverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            fees.waive(request=case, actor=staff_of(request), reason=form.cleaned_data["reason"], now=timezone.now())
        except Refused as error:
            _tell(form, error)
        else:
            notices.success(request, str(_("手数料を免除しました。")))
            return back_to(case)
    return case_page(request, case, site, "waive", BY_CODE["waive"].label, form=form)


def cancel(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Take back what was told."""
    effect = _("手数料のお知らせを取り消し、内容の確認に戻します。受け取ったお金は返金が必要になります。")
    return confirmed_step(
        request, case, site, "fee_cancel", effect, _("手数料のお知らせを取り消しました。"), fees.cancel
    )


def receipt(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The receipt, to be printed."""
    fee = _newest(case)
    if not receipts.is_available(fee):
        raise Http404
    return HttpResponse(
        receipts.receipt(fee=fee, actor=staff_of(request)),
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="receipt.pdf"'},
    )


def _newest(case: DisclosureRequest) -> Fee:
    fee = case.fees.select_related("request").order_by("-asked_at").first()
    if fee is None:
        raise Http404
    return fee


def _tell(form: Any, error: RequestError | TransitionRefused) -> None:
    """Beside the field that is wrong, else above the form."""
    field = error.field if isinstance(error, InvalidFee) and error.field in form.fields else None
    form.add_error(field, words_of(error))
