"""The forms behind the buttons of a fee."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent_app.models import RequestRule

from ..domain.fees import HIGHEST_YEN
from ..models import DisclosureRequest, Payment
from ..services.registration import CHANNELS


class FeeForm(forms.Form):
    """What the answer costs; a fixed amount is only shown."""

    amount_yen = forms.IntegerField(
        label=_("金額（円、税込）"),
        min_value=1,
        max_value=HIGHEST_YEN,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("実費を考えて合理的な額にします（法第38条第2項）。"),
    )
    explanation = forms.CharField(
        label=_("内訳や説明"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("本人のページに載ります。"),
    )

    def __init__(self, *args: Any, rule: RequestRule | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rule is not None and rule.fee == RequestRule.Fee.FIXED:
            del self.fields["amount_yen"]


class FeeAnswerForm(forms.Form):
    """How and when the person said whether they pay."""

    channel = forms.ChoiceField(
        label=_("方法"),
        choices=[(code, DisclosureRequest.Channel(code).label) for code in CHANNELS],
        initial="letter",
        widget=UnfoldAdminRadioSelectWidget,
    )
    on = forms.DateField(label=_("届いた日・話した日"), widget=UnfoldAdminDateWidget)


class MoneyForm(forms.Form):
    """Money that moved."""

    kind = forms.ChoiceField(
        label=_("種類"),
        choices=Payment.Kind.choices,
        initial=Payment.Kind.PAYMENT,
        widget=UnfoldAdminRadioSelectWidget,
    )
    amount_yen = forms.IntegerField(label=_("金額（円）"), min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    on = forms.DateField(label=_("日付"), widget=UnfoldAdminDateWidget)
    method = forms.ChoiceField(
        label=_("方法"),
        choices=Payment.Method.choices,
        initial=Payment.Method.TRANSFER,
        widget=UnfoldAdminRadioSelectWidget,
    )
    note = forms.CharField(
        label=_("覚え書き"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("口座番号などの個人データは書きません。本人には見えません。"),
    )


class WaiverForm(forms.Form):
    """Why nothing is charged."""

    reason = forms.CharField(
        label=_("免除の理由"),
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("本人には見えません。"),
    )
