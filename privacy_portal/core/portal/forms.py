"""Forms of the sign-in pages."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from ..services import codes, sign_in
from .form_mixin import PortalFormMixin


class AddressForm(PortalFormMixin, forms.Form):
    """Where the code goes. The address need not be known."""

    # A text field for the server: type=email would refuse full-width letters in the browser already.
    email = forms.CharField(
        label=_("メールアドレス"),
        max_length=320,
        help_text=_("このアドレスに8桁のコードを送ります。パスワードはいりません。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("メールアドレスを入力してください。")},
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_email(self) -> str:
        try:
            return sign_in.normalise_address(self.cleaned_data["email"])
        except ValueError:
            raise forms.ValidationError(
                _("メールアドレスの形ではないようです。「name@example.jp」のように入力してください。"), code="address"
            ) from None


class CodeForm(PortalFormMixin, forms.Form):
    """The eight digits, in any width and grouping."""

    code = forms.CharField(
        label=_("8桁のコード"),
        max_length=40,
        help_text=_("例：1234 5678"),
        widget=forms.TextInput(
            attrs={"class": "pp-w-code", "autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={"required": _("メールに書かれた8桁のコードを入力してください。")},
    )

    def clean_code(self) -> str:
        # Checked before a try is spent: a missing digit must not cost one of five.
        code = codes.normalise(self.cleaned_data["code"])
        if not re.fullmatch(rf"[0-9]{{{codes.DIGITS}}}", code):
            raise forms.ValidationError(_("コードは8桁の数字です。もう一度確かめてください。"), code="shape")
        return code
