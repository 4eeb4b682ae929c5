"""The pages of a case about the letter with a code: to whom, printing, sending, and what came back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from privacy_portal.core.services import codes

from ..models import DisclosureRequest, PostCode
from ..services import post_codes
from ..services.errors import InvalidPosting, RequestError
from .call_views import CustomerForm
from .case_views import (
    Refused,
    back_to,
    candidates_shown,
    case_page,
    record_candidates_seen,
    refused_step,
    staff_of,
    words_of,
)
from .clock_views import DayInput
from .paper_views import pdf
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class AddresseeForm(CustomerForm):
    """To whose registered address the letter goes."""

    customer = forms.ChoiceField(label=_("手紙の宛先"), widget=UnfoldAdminRadioSelectWidget)


class SentForm(forms.Form):
    """When the letter was sent, and its number."""

    sent_on = forms.DateField(label=_("発送した日"), widget=DayInput(format="%Y-%m-%d"))
    tracking_number = forms.CharField(
        label=_("書留の追跡番号"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("受領証に書かれた番号。本人には見えません。"),
    )


class ToldForm(forms.Form):
    """The code as the person told it."""

    code = forms.CharField(
        label=_("8桁のコード"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        help_text=_("手紙か電話で知らされた数字。画面やメモには残りません。"),
    )

    def clean_code(self) -> str:
        """Checked before a try is spent: a missing digit must not cost one of five."""
        code = codes.normalise(self.cleaned_data["code"])
        if not re.fullmatch(rf"[0-9]{{{codes.DIGITS}}}", code):
            raise forms.ValidationError(_("コードは8桁の数字です。もう一度確かめてください。"), code="shape")
        return code


def letter(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Choose the addressee; then print the letter and record that it was sent."""
    if refused := refused_step(case, request, "code_letter"):
        return refused
    ordered = post_codes.live(case, timezone.now())
    if ordered is None:
        return _order(request, case, site)
    if "print" in request.POST:
        try:
            content = post_codes.print_letter(request=case, actor=staff_of(request), now=timezone.now())
        except RequestError as error:
            notices.error(request, words_of(error))
            return back_to(case)
        return pdf(content, f"{case.receipt_number}-code.pdf")
    form = SentForm(request.POST or None, initial={"sent_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            post_codes.mark_sent(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except InvalidPosting as error:
            form.add_error(error.field, str(error))
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            notices.success(request, str(_("手紙を発送したことを記録しました。")))
            return back_to(case)
    return case_page(request, case, site, "code_letter_sent", BY_CODE["code_letter"].label, form=form, ordered=ordered)


def _order(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    candidates, words = candidates_shown(case, request)
    chosen = request.method == "POST" and "search" not in request.POST
    form = AddresseeForm(
        request.POST if chosen else None,
        candidates=[customer for customer in candidates if post_codes.has_address(customer)],
        nobody=_("あてはまる顧客がいない（手紙は送らず、本人に見えるものは同じ）"),
    )
    if chosen and form.is_valid():
        try:
            ordered: PostCode = post_codes.order(
                request=case, actor=staff_of(request), customer=form.cleaned_data["customer"], now=timezone.now()
            )
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            if ordered.customer is None:
                notices.success(request, str(_("本人には同じ案内をしました。手紙はありません。判断を続けてください。")))
                return back_to(case)
            notices.success(request, str(_("本人に案内しました。続けて手紙を印刷し、書留で送ってください。")))
            return HttpResponseRedirect(reverse("admin:requests_app_case_code_letter", args=[case.pk]))
    record_candidates_seen(case, request, candidates)
    return case_page(
        request, case, site, "code_letter", BY_CODE["code_letter"].label, form=form, words=words,
        without_address=sum(1 for customer in candidates if not post_codes.has_address(customer)),
        days=post_codes.lifetime().days,
    )  # fmt: skip


@sensitive_post_parameters("code")
def told(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The code of a person without an account."""
    if refused := refused_step(case, request, "code_told"):
        return refused
    form = ToldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            post_codes.enter_for_person(
                request=case, actor=staff_of(request), code=form.cleaned_data["code"], now=timezone.now()
            )
        except codes.CodeWrong as error:
            words = ngettext(
                "コードが違います。あと%(n)d回入力できます。",
                "コードが違います。あと%(n)d回入力できます。",
                error.remaining,
            )
            form.add_error("code", words % {"n": error.remaining})
        except codes.CodeDead:
            notices.error(request, str(_("このコードはもう使えません。ほかの方法で確かめてください。")))
            return back_to(case)
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            notices.success(request, str(_("コードを確かめました。")))
            return back_to(case)
    return case_page(request, case, site, "code_told", BY_CODE["code_told"].label, form=form)
