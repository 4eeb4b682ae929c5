"""The fee of a request: what it costs and how to pay, accept or decline, the receipt."""

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consent_app.selectors import current_operator

from ..domain.transitions import Status, TransitionRefused
from ..services import fees, receipts
from ..services.fees import InvalidFee
from .access import PersonRequest, own_request_or_404
from .offers import type_name

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@never_cache
@get_or_post
def request_fee(request: PersonRequest, receipt: str) -> HttpResponse:
    """What it costs, and the person's answer; afterwards what was paid."""
    disclosure = own_request_or_404(request, receipt)
    fee = disclosure.fees.order_by("-asked_at").first()
    if fee is None:
        raise Http404
    if request.method == "POST":
        decline = "decline" in request.POST
        try:
            if decline:
                fees.decline(request=disclosure, actor=request.user, now=timezone.now())
            else:
                fees.accept(request=disclosure, actor=request.user, now=timezone.now())
        except (InvalidFee, TransitionRefused):
            flash.info(request, _("手数料の状態が変わりました。いまの内容をお確かめください。"))
        else:
            words = _("請求を取り下げました。") if decline else _("承諾を受け付けました。お支払いをお願いします。")
            flash.success(request, words)
        return redirect("portal:request_detail" if decline else "portal:request_fee", receipt=receipt)
    paid = fees.paid_yen(fee)
    operator = current_operator()
    context = {
        "disclosure": disclosure,
        "type_name": type_name(disclosure.request_type),
        "fee": fee,
        "paid": paid,
        "missing": max(0, fee.amount_yen - paid),
        "owed_back": fees.owed_back_yen(fee),
        "waiting": disclosure.status == Status.FEE_WAITING and fee.cancelled_at is None,
        "payment": operator.payment if operator else "",
        "has_receipt": receipts.is_available(fee),
    }
    return render(request, "portal/requests/fee.html", context)


@login_required
@never_cache
@get_or_post
def fee_receipt(request: PersonRequest, receipt: str) -> HttpResponse:
    """The receipt as PDF, as soon as the fee is paid."""
    disclosure = own_request_or_404(request, receipt)
    fee = disclosure.fees.select_related("request").order_by("-asked_at").first()
    if fee is None or not receipts.is_available(fee):
        raise Http404
    return HttpResponse(
        receipts.receipt(fee=fee, actor=request.user),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{disclosure.receipt_number}-receipt.pdf"'},
    )
