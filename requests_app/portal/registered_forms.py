"""Forms of the pages of registered information: opening them, and one for each item that may be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain import normalise
from consent_app.domain.written import written_telephone
from consent_app.models import Customer, DataItem
from privacy_portal.core.portal.form_mixin import PortalFormMixin
from privacy_portal.core.services import sign_in

from .fields import ABROAD, PREFECTURE_CHOICES, KanaField, LineField, PostalCodeField, TelephoneField


def _text(autocomplete: str, width: str = "", **more: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": autocomplete, "class": width, "spellcheck": "false", **more})


class OpenForm(PortalFormMixin, forms.Form):
    """What only the person and the operator should both know. One of telephone number and address is enough."""

    family_name = LineField(
        label=_("姓"),
        max_length=100,
        widget=_text("family-name", "pp-w-half"),
        help_text=_("姓と名の区別がないお名前は、ここに全体を入力してください。"),
    )
    given_name = LineField(label=_("名"), max_length=100, required=False, widget=_text("given-name", "pp-w-half"))
    telephone = TelephoneField(
        label=_("登録した電話番号"),
        max_length=30,
        required=False,
        widget=_text("tel", "pp-w-phone", inputmode="tel"),
        help_text=_("電話番号か住所の、どちらか一方でかまいません。"),
    )
    postal_code = PostalCodeField(
        label=_("登録した郵便番号"),
        max_length=20,
        required=False,
        widget=_text("postal-code", "pp-w-postal", inputmode="numeric"),
        help_text=_("例：100-0001"),
    )
    address = LineField(
        label=_("登録した住所"),
        max_length=600,
        required=False,
        clean_with=normalise.clean_address,
        widget=_text("street-address"),
        help_text=_("番地まで入力してください。建物名はなくてもかまいません。"),
    )

    def clean(self) -> None:
        either = ("telephone", "address")
        if not any(name in self.errors or self.cleaned_data.get(name) for name in either):
            self.add_error(
                "telephone", ValidationError(_("登録した電話番号か住所の、どちらかを入力してください。"), code="either")
            )


class ItemForm(PortalFormMixin, forms.Form):
    """The columns of one data item. Field names are the columns' names."""

    # The field that an item which must not be left out cannot be without.
    needed: str = ""

    def __init__(self, *args: Any, item: DataItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.needed and not item.optional:
            self.fields[self.needed].required = True

    @classmethod
    def initial_of(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """The registered values as the form shows them."""
        return dict(values)

    def values(self) -> dict[str, Any]:
        """The cleaned values by column."""
        return dict(self.cleaned_data)


class NameForm(ItemForm):
    """A name cannot be taken away: without one nobody can be found again."""

    family_name = LineField(
        label=_("姓"),
        max_length=100,
        widget=_text("family-name", "pp-w-half"),
        help_text=_("姓と名の区別がないお名前は、ここに全体を入力し、名は空のままにしてください。"),
    )
    given_name = LineField(label=_("名"), max_length=100, required=False, widget=_text("given-name", "pp-w-half"))


class KanaForm(ItemForm):
    """The reading."""

    needed = "family_kana"
    family_kana = KanaField(label=_("セイ"), max_length=100, required=False, widget=_text("off", "pp-w-half"))
    given_kana = KanaField(
        label=_("メイ"),
        max_length=100,
        required=False,
        widget=_text("off", "pp-w-half"),
        help_text=_("ひらがなで入力しても、カタカナに直します。"),
    )


class CompanyForm(ItemForm):
    """The company's name."""

    needed = "company"
    company = LineField(label=_("会社名"), max_length=200, required=False, widget=_text("organization"))


class AddressForm(ItemForm):
    """Where the person lives. All of it or nothing, so that no parcel goes to half an address."""

    needed = "address1"
    postal_code = PostalCodeField(
        label=_("郵便番号"),
        max_length=20,
        required=False,
        widget=_text("postal-code", "pp-w-postal", inputmode="numeric"),
        help_text=_("例：100-0001。日本国外のときは空のままにしてください。"),
    )
    prefecture = forms.ChoiceField(
        label=_("都道府県"),
        choices=PREFECTURE_CHOICES,
        required=False,
        widget=forms.Select(attrs={"autocomplete": "address-level1", "class": "pp-w-phone"}),
    )
    address1 = LineField(
        label=_("市区町村・番地"),
        max_length=300,
        required=False,
        clean_with=normalise.clean_address,
        widget=_text("street-address"),
        help_text=_("日本国外のときは、郵便番号と国名も続けて入力してください。"),
    )
    address2 = LineField(
        label=_("建物名・部屋番号"),
        max_length=300,
        required=False,
        clean_with=normalise.clean_address,
        widget=_text("address-line3"),
    )

    @classmethod
    def initial_of(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        abroad = values["address1"] and not values["prefecture"] and not values["postal_code"]
        return {**values, "prefecture": ABROAD if abroad else values["prefecture"]}

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("prefecture") == ABROAD:
            # Postal codes of other countries have other shapes; they go into the address.
            self.errors.pop("postal_code", None)
            given["postal_code"] = ""
        if not self.errors and any(given.values()):
            missing = {
                "postal_code": given["prefecture"] != ABROAD,
                "prefecture": True,
                "address1": True,
            }
            words = {
                "postal_code": _("郵便番号を7桁の数字で入力してください。例：100-0001"),
                "prefecture": _("都道府県を選んでください。日本の外にお住まいのときは「日本国外」を選んでください。"),
                "address1": _("市区町村と番地を入力してください。"),
            }
            for name, asked in missing.items():
                if asked and not given[name]:
                    self.add_error(name, ValidationError(words[name], code="required"))

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {**values, "prefecture": "" if values["prefecture"] == ABROAD else values["prefecture"]}


class TelephoneForm(ItemForm):
    """A number that exists, in any spelling."""

    needed = "telephone"
    telephone = TelephoneField(
        label=_("電話番号"),
        max_length=30,
        required=False,
        widget=_text("tel", "pp-w-phone", inputmode="tel"),
        help_text=_("例：03-1234-5678。海外の番号は「+」と国番号から始めてください。"),
    )

    @classmethod
    def initial_of(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"telephone": written_telephone(values["telephone"]) if values["telephone"] else ""}


class GenderForm(ItemForm):
    """May always be taken back."""

    gender = forms.ChoiceField(
        label=_("性別"),
        choices=[
            (Customer.Gender.UNKNOWN, _("登録しない")),
            (Customer.Gender.FEMALE, _("女性")),
            (Customer.Gender.MALE, _("男性")),
            (Customer.Gender.OTHER, _("その他")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )


class BirthDateForm(ItemForm):
    """Western or Japanese era."""

    needed = "birth_date"
    birth_date = forms.CharField(
        label=_("生年月日"),
        max_length=30,
        required=False,
        widget=_text("bday", "pp-w-date"),
        help_text=_("例：1980-04-01、昭和55年4月1日"),
    )

    @classmethod
    def initial_of(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"birth_date": values["birth_date"].isoformat() if values["birth_date"] else ""}

    def clean_birth_date(self) -> Any:
        found = normalise.birth_date(self.cleaned_data["birth_date"], today=timezone.localdate())
        if found.problem:
            raise ValidationError(_("生年月日を確かめてください。例：1980-04-01、昭和55年4月1日"), code="date")
        return found.value


FORMS: dict[str, type[ItemForm]] = {
    "name": NameForm,
    "kana": KanaForm,
    "company": CompanyForm,
    "address": AddressForm,
    "telephone": TelephoneForm,
    "gender": GenderForm,
    "birth_date": BirthDateForm,
}


class NewAddressForm(PortalFormMixin, forms.Form):
    """The new mail address, known here or not."""

    email = forms.CharField(
        label=_("新しいメールアドレス"),
        max_length=320,
        widget=forms.TextInput(
            attrs={"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_email(self) -> str:
        try:
            return sign_in.normalise_address(self.cleaned_data["email"])
        except ValueError:
            raise ValidationError(
                _("メールアドレスの形ではないようです。「name@example.jp」のように入力してください。"), code="address"
            ) from None
