"""The pages of a case about a call to the registered number, and about who came to the counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from consent_app.models import Customer

from ..domain.call_backs import MOST_ATTEMPTS, Fact, Outcome
from ..domain.evidence import AT_COUNTER, DOCUMENTS, Check, Reason
from ..domain.transitions import Status
from ..models import CallBack, DisclosureRequest
from ..services import call_backs
from ..services import counter as counter_service
from ..services.errors import CallRefused, EvidenceRefused
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
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class CustomerForm(forms.Form):
    """Whom it is about. Nothing is chosen beforehand: a wrong link discloses to a stranger."""

    NOBODY = "nobody"

    customer = forms.ChoiceField(label=_("照合する顧客"), widget=UnfoldAdminRadioSelectWidget)

    def __init__(self, *args: Any, candidates: list[Customer], nobody: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._candidates = {str(customer.pk): customer for customer in candidates}
        self.fields["customer"].choices = [  # type: ignore[attr-defined]
            *((key, f"{customer.full_name}  {customer.full_address}") for key, customer in self._candidates.items()),
            (self.NOBODY, nobody),
        ]

    def clean_customer(self) -> Customer | None:
        """The customer that was chosen; None for nobody."""
        return self._candidates.get(self.cleaned_data["customer"])


class CallForm(forms.Form):
    """What came of a call. What the person answered is not written down."""

    outcome = forms.ChoiceField(label=_("電話の結果"), choices=Outcome.choices, widget=UnfoldAdminRadioSelectWidget)
    asked = forms.MultipleChoiceField(
        label=_("たずねたこと"),
        choices=Fact.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("登録の内容をこちらから言わず、相手に言ってもらいます。"),
    )
    matched = forms.MultipleChoiceField(
        label=_("合っていたこと"),
        choices=Fact.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    next_on = forms.DateField(
        label=_("次に電話する日"),
        required=False,
        widget=DayInput(format="%Y-%m-%d"),
        help_text=_("つながらなかったときだけ。空欄なら、次の営業日です。"),
    )


class CounterForm(CustomerForm):
    """What was shown at the counter. No number, no copy."""

    document = forms.ChoiceField(
        label=_("見た書類"),
        choices=[("", _("選んでください")), *((code, DOCUMENTS[code].name) for code in AT_COUNTER)],
        widget=UnfoldAdminSelectWidget,
        help_text=_("顔写真のある書類の原本。番号は書かず、写しもとりません。"),
    )
    seen_on = forms.DateField(label=_("見た日"), widget=DayInput(format="%Y-%m-%d"))
    place = forms.CharField(label=_("見た場所"), max_length=100, widget=UnfoldAdminTextInputWidget)
    checks = forms.MultipleChoiceField(
        label=_("確かめたこと"),
        choices=[
            (check.value, check.label)
            for check in (Check.NAME, Check.PHOTO, Check.IN_DATE, Check.ADDRESS, Check.BIRTH_DATE)
        ],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    reason = forms.ChoiceField(
        label=_("受け取れない理由"),
        choices=[("", _("なし（確かめられた）")), *Reason.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    field_order = ["document", "seen_on", "place", "checks", "reason", "customer"]


def call_back(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Choose whom to call; then see the number and write down each call."""
    if refused := refused_step(case, request, "call_back"):
        return refused
    announced = call_backs.live(case, timezone.now())
    if announced is None:
        return _announce(request, case, site)
    if "number" in request.POST:
        return _with_number(request, case, site, announced)
    form = CallForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            call_backs.record(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except CallRefused as error:
            form.add_error(error.field or None, str(error))
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            confirmed = case.status not in (Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING)
            done = _("本人であることを電話で確かめ、手続きを進めました。") if confirmed else _("電話を記録しました。")
            notices.success(request, str(done))
            return back_to(case)
    return _call_page(request, case, site, announced, form)


def _with_number(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, announced: CallBack
) -> HttpResponse:
    try:
        number = call_backs.show_number(request=case, actor=staff_of(request), now=timezone.now())
    except Refused as error:
        notices.error(request, words_of(error))
        return back_to(case)
    return _call_page(request, case, site, announced, CallForm(), number=number)


def _call_page(
    request: HttpRequest,
    case: DisclosureRequest,
    site: DisclosureRequestAdmin,
    announced: CallBack,
    form: CallForm,
    number: str = "",
) -> HttpResponse:
    return case_page(
        request, case, site, "call_back_made", BY_CODE["call_back"].label, form=form, announced=announced,
        number=number, masked=call_backs.masked_number(announced), due_on=call_backs.due_on(announced),
        attempts=announced.attempts.select_related("called_by"), most=MOST_ATTEMPTS,
        is_due=call_backs.due_on(announced) <= timezone.localdate(),
    )  # fmt: skip


def _announce(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    found, words = candidates_shown(case, request)
    candidates = [customer for customer in found if call_backs.may_be_called(customer, timezone.now())]
    chosen = request.method == "POST" and "search" not in request.POST
    nobody = _("あてはまる顧客がいない（電話はかけず、本人に見えるものは同じ）")
    form = CustomerForm(request.POST if chosen else None, candidates=candidates, nobody=nobody)
    if chosen and form.is_valid():
        try:
            call_backs.announce(
                request=case, actor=staff_of(request), customer=form.cleaned_data["customer"], now=timezone.now()
            )
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            if form.cleaned_data["customer"] is None:
                notices.success(request, str(_("本人には同じ案内をしました。電話はありません。判断を続けてください。")))
                return back_to(case)
            notices.success(request, str(_("本人に案内しました。続けて電話してください。")))
            return HttpResponseRedirect(reverse("admin:requests_app_case_call_back", args=[case.pk]))
    record_candidates_seen(case, request, candidates)
    return case_page(
        request, case, site, "call_back", BY_CODE["call_back"].label, form=form, words=words,
        without_number=len(found) - len(candidates), most=MOST_ATTEMPTS,
    )  # fmt: skip


def counter(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Who came, with which document."""
    if refused := refused_step(case, request, "counter"):
        return refused
    candidates, words = candidates_shown(case, request)
    posted = request.method == "POST" and "search" not in request.POST
    form = CounterForm(
        request.POST if posted else None,
        candidates=candidates,
        nobody=_("まだわからない、または登録された顧客ではない"),
        initial={"seen_on": timezone.localdate()},
    )
    if posted and form.is_valid():
        try:
            check = counter_service.seen(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except EvidenceRefused as error:
            form.add_error("seen_on" if error.field == "came_on" else error.field or None, str(error))
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            passed = check.state == check.State.PASSED
            done = (
                _("本人であることを窓口で確かめ、手続きを進めました。")
                if passed
                else _("窓口で見た書類を記録しました。")
            )
            notices.success(request, str(done))
            return back_to(case)
    record_candidates_seen(case, request, candidates)
    return case_page(request, case, site, "counter", BY_CODE["counter"].label, form=form, words=words)
