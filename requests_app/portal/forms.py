"""The pages of the request form, one subject each, and the message form.

Each form gets the whole draft (``answers``), because what a page asks depends on who asks. Field names are the keys of
``services.intake``. The values a form cleans are the values that it accepts again, so that a draft can be checked by
binding the forms to it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from consent_app.domain import normalise
from privacy_portal.core.portal.form_mixin import PortalFormMixin
from privacy_portal.core.upload_fields import ChosenFilesField

from ..domain.answers import AGENT_PREFIX, METHOD_NOTE_LENGTH, NOTE_LENGTH, TWO_PEOPLE, names_two_people
from ..domain.request_types import RequestType
from ..domain.requesters import ASKERS, Requester
from ..models import DisclosureRequest
from ..services.intake import asks_birth_date, offered_methods
from .fields import (
    ABROAD,
    PREFECTURE_CHOICES,
    BirthDateField,
    KanaField,
    LineField,
    NoteField,
    PostalCodeField,
    TelephoneField,
    Text,
)
from .ways import ATTACHMENT_OPENED, CODE_NEEDED, WAYS

Answers = dict[str, Any]

MESSAGE_LENGTH = 4000
# What is kept of one line that is too long or not right yet.
LINE_LENGTH = 700
# What the browser may fill in (WCAG 1.3.5): only for the person who types, never for somebody they act for.
AUTOCOMPLETE = {
    "family_name": "family-name",
    "given_name": "given-name",
    "telephone": "tel",
    "postal_code": "postal-code",
    "prefecture": "address-level1",
    "address1": "street-address",
    "address2": "address-line3",
}


def required_words(text: Text) -> dict[str, Any]:
    """The words of a field that was left empty."""
    return {"required": text}


# The width of a field says how much is expected in it.
WIDTHS = {"postal_code": "pp-w-postal", "telephone": "pp-w-phone", "prefecture": "pp-w-phone"}
WIDTHS |= dict.fromkeys(("family_name", "given_name", "family_kana", "given_kana"), "pp-w-half")


def _attrs(name: str, *, own: bool, **more: str) -> dict[str, str]:
    return {"autocomplete": AUTOCOMPLETE.get(name, "off") if own else "off", "class": WIDTHS.get(name, ""), **more}


def _name_fields(*, own: bool) -> dict[str, forms.Field]:
    def text(name: str) -> forms.TextInput:
        return forms.TextInput(attrs=_attrs(name, own=own, autocapitalize="words", spellcheck="false"))

    return {
        "family_name": LineField(
            label=_("姓"),
            max_length=100,
            widget=text("family_name"),
            error_messages=required_words(
                _("姓（名字）を入力してください。姓と名の区別がないときは、ここに全体を入力してください。")
            ),
        ),
        "given_name": LineField(
            label=_("名"),
            max_length=100,
            required=False,
            widget=text("given_name"),
            help_text=_("姓と名の区別がないお名前は、上の欄に全体を入力し、ここは空のままにしてください。"),
        ),
        "family_kana": KanaField(label=_("セイ"), max_length=100, required=False, widget=text("family_kana")),
        "given_kana": KanaField(
            label=_("メイ"),
            max_length=100,
            required=False,
            widget=text("given_kana"),
            help_text=_("読みがなは、ご登録の情報を見つけるために使います。ないときは空のままにしてください。"),
        ),
    }


def _contact_fields(*, own: bool) -> dict[str, forms.Field]:
    def text(name: str, **more: str) -> forms.TextInput:
        return forms.TextInput(attrs=_attrs(name, own=own, **more))

    return {
        "postal_code": PostalCodeField(
            label=_("郵便番号"),
            max_length=20,
            widget=text("postal_code", inputmode="numeric"),
            help_text=_("例：100-0001。日本国外のときは空のままにしてください。"),
            error_messages=required_words(_("郵便番号を7桁の数字で入力してください。例：100-0001")),
        ),
        "prefecture": forms.ChoiceField(
            label=_("都道府県"),
            choices=PREFECTURE_CHOICES,
            widget=forms.Select(attrs=_attrs("prefecture", own=own)),
            error_messages=required_words(
                _("都道府県を選んでください。日本の外にお住まいのときは「日本国外」を選んでください。")
            ),
        ),
        "address1": LineField(
            label=_("市区町村・番地"),
            max_length=300,
            clean_with=normalise.clean_address,
            widget=text("address1"),
            help_text=_("日本国外のときは、郵便番号と国名も続けて入力してください。"),
            error_messages=required_words(_("市区町村と番地を入力してください。")),
        ),
        "address2": LineField(
            label=_("建物名・部屋番号"),
            max_length=300,
            required=False,
            clean_with=normalise.clean_address,
            widget=text("address2"),
        ),
        "telephone": TelephoneField(
            label=_("電話番号"),
            max_length=30,
            required=False,
            widget=text("telephone", inputmode="tel"),
            help_text=_("ご登録の情報を見つけるときと、急ぎの連絡にだけ使います。"),
        ),
    }


class StepForm(PortalFormMixin, forms.Form):
    """A page of the request form.

    Args:
        shown: whether somebody will see it; else it only says whether its part of the draft is right.
    """

    def __init__(self, *args: Any, entry: RequestType, answers: Answers, shown: bool = True, **kwargs: Any) -> None:
        self.entry = entry
        self.answers = answers
        self.shown = shown
        super().__init__(*args, **kwargs)
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the draft."""

    def layout(self) -> Layout:
        return Layout(*(Fieldset(str(legend), *names) if legend else Layout(*names) for legend, names in self.groups))

    @property
    def groups(self) -> Iterable[tuple[Text, list[str]]]:
        """Legend and field names of each group on the page; an empty legend for a page with one group."""
        return [("", list(self.fields))]

    @property
    def holds_my_number(self) -> bool:
        """Whether something was typed that must not even be kept in a draft."""
        return any(error.code == "my_number" for errors in self.errors.as_data().values() for error in errors)

    def to_answers(self) -> Answers:
        """What the page adds to the draft: clean where it is right, else as typed, so that nothing typed is lost."""
        return {
            name: self.cleaned_data[name] if name in self.cleaned_data else _as_typed(field, self[name].data)
            for name, field in self.fields.items()
        }


def _as_typed(field: forms.Field, value: Any) -> Any:
    """What was typed and is not right yet, bounded: a draft has room for a form and not for more."""
    if isinstance(field, forms.ChoiceField):
        if isinstance(field, forms.MultipleChoiceField):
            return [entry for entry in dict.fromkeys(value or []) if field.valid_value(entry)]
        return value if value is not None and field.valid_value(value) else ""
    return str(value or "")[: NOTE_LENGTH if isinstance(field, NoteField) else LINE_LENGTH]


class _PartyForm(StepForm):
    """A page that asks the same of the principal and, where one acts, of the agent."""

    party_fields: Callable[..., dict[str, forms.Field]]

    @property
    def by_agent(self) -> bool:
        asker = ASKERS.get(self.answers.get("requester") or "")
        return asker is not None and asker.role != DisclosureRequest.Role.PERSON

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Of the names of the fields: of the principal's, and of the agent's."""
        return ("", AGENT_PREFIX) if self.by_agent else ("",)

    def build(self) -> None:
        make = type(self).party_fields
        self.fields.update(make(own=not self.by_agent))
        if self.by_agent:
            self.fields.update({AGENT_PREFIX + name: field for name, field in make(own=True).items()})

    def add_error(self, field: str | None, error: Any) -> None:
        """Where two persons are asked the same, an error says whose answer it means: the summary has no headings."""
        if field is not None and self.by_agent and isinstance(error, ValidationError):
            whose = _("代理人") if field.startswith(AGENT_PREFIX) else _("ご本人")
            error = ValidationError(
                [
                    ValidationError(format_lazy("{}{}{}", whose, _("："), message), code=one.code)
                    for one in error.error_list
                    for message in one.messages
                ]
            )
        super().add_error(field, error)

    @property
    def groups(self) -> list[tuple[Text, list[str]]]:
        principal = [name for name in self.fields if not name.startswith(AGENT_PREFIX)]
        if not self.by_agent:
            return [("", principal)]
        agent = [name for name in self.fields if name.startswith(AGENT_PREFIX)]
        return [(_("ご本人（どなたの情報か）"), principal), (_("代理人（あなた）"), agent)]


def asked_by(role: str) -> list[tuple[str, Text]]:
    """What people with this role say of themselves, as choices."""
    return [(row.requester.value, row.words) for row in ASKERS.values() if row.role == role and row.words]


class WhoForm(StepForm):
    """Who asks."""

    requester = forms.ChoiceField(
        label=_("どなたの情報についての請求ですか"),
        choices=[
            (_("ご本人からの請求"), asked_by(DisclosureRequest.Role.PERSON)),
            (
                _("代理人からの請求"),
                [*asked_by(DisclosureRequest.Role.STATUTORY_AGENT), *asked_by(DisclosureRequest.Role.MANDATED_AGENT)],
            ),
        ],
        initial=Requester.PERSON,
        widget=forms.RadioSelect,
        error_messages=required_words(_("どなたの情報についての請求かを選んでください。")),
    )


class NameForm(_PartyForm):
    """The name, and its reading."""

    party_fields = staticmethod(_name_fields)

    def clean(self) -> None:
        for prefix in self.prefixes:
            for part in ("family_name", "given_name"):
                if names_two_people(self.cleaned_data.get(prefix + part) or ""):
                    self.add_error(prefix + part, ValidationError(TWO_PEOPLE, code="two_people"))
            given = {part: self.cleaned_data.get(prefix + part) for part in ("given_name", "family_kana", "given_kana")}
            # Half a reading would be compared with a whole one and never fit.
            half = "given_kana" if given["family_kana"] else "family_kana"
            if given["given_name"] and bool(given["family_kana"]) != bool(given["given_kana"]):
                self.add_error(
                    prefix + half,
                    ValidationError(
                        _("読みがなは、セイとメイの両方を入力するか、両方を空にしてください。"), code="half"
                    ),
                )


class ContactForm(_PartyForm):
    """Where the person lives now, and a telephone number."""

    party_fields = staticmethod(_contact_fields)

    def clean(self) -> None:
        for prefix in self.prefixes:
            # Postal codes of other countries have other shapes; they go into the address.
            if self.cleaned_data.get(prefix + "prefecture") == ABROAD:
                self.errors.pop(prefix + "postal_code", None)
                self.cleaned_data[prefix + "postal_code"] = ""


class RecordsForm(StepForm):
    """What helps to find the data. Nothing is required: article 37(2) lets the operator ask, not insist."""

    birth_date = BirthDateField(
        label=_("生年月日"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "pp-w-date"}),
        help_text=_("例：1980-04-01、昭和55年4月1日。登録したことがある場合だけ入力してください。"),
    )
    customer_number = LineField(
        label=_("会員番号"), max_length=100, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    order_number = LineField(
        label=_("注文番号"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("注文の確認メールにあります。覚えている注文が1つあれば足ります。"),
    )
    registered_postal_code = PostalCodeField(
        label=_("以前の郵便番号"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        help_text=_("登録したときから引っ越した場合だけ入力してください。"),
    )
    registered_address = LineField(
        label=_("以前の住所"),
        max_length=600,
        required=False,
        clean_with=normalise.clean_address,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("登録したときの住所が今と違う場合だけ入力してください。"),
    )

    def build(self) -> None:
        # Nothing was said in the draft: then it does not matter whether it would be asked.
        unsaid = not self.shown and not self.answers.get("birth_date")
        if unsaid or not asks_birth_date():
            del self.fields["birth_date"]


class AnswerForm(StepForm):
    """How the answer is to come. The choice is the person's (article 33(2), rule 30)."""

    answer_method = forms.ChoiceField(
        label=_("回答の受け取り方"),
        choices=list(WAYS.items()),
        initial=DisclosureRequest.AnswerMethod.DOWNLOAD,
        widget=forms.RadioSelect,
        help_text=CODE_NEEDED,
        error_messages=required_words(_("回答の受け取り方を選んでください。")),
    )
    answer_method_note = NoteField(
        label=_("その他の方法の説明"),
        required=False,
        max_length=METHOD_NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("「その他の方法」のときに書いてください。難しいときは、ほかの方法をご相談します。"),
    )

    def build(self) -> None:
        offered = offered_methods()
        field = cast(forms.ChoiceField, self.fields["answer_method"])
        field.choices = [choice for choice in cast(list[Any], field.choices) if choice[0] in offered]
        if DisclosureRequest.AnswerMethod.ATTACHMENT in offered:
            field.help_text = format_lazy("{} {}", CODE_NEEDED, ATTACHMENT_OPENED)

    def clean(self) -> None:
        other = self.cleaned_data.get("answer_method") == DisclosureRequest.AnswerMethod.OTHER
        if other and "answer_method_note" not in self.errors and not self.cleaned_data.get("answer_method_note"):
            self.add_error(
                "answer_method_note", ValidationError(_("どのような方法がよいかを書いてください。"), code="required")
            )


class MessageForm(PortalFormMixin, forms.Form):
    """A message to the operator."""

    body = NoteField(
        label=_("メッセージの本文"),
        max_length=MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
        error_messages=required_words(_("本文を入力してください。")),
    )
    # Django takes declared fields off the class: its own attribute of that name remains.
    files = ChosenFilesField(label=_("写真・PDF"), required=False)  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = _("1つ%(megabytes)sMBまで、%(most)sつまで。マイナンバーが写っているときは、隠してから撮ってください。")
        self.fields["files"].help_text = words % {
            "megabytes": settings.UPLOAD_MAX_MB,
            "most": settings.MESSAGE_FILES_MAX,
        }


def to_submit(answers: Answers) -> Answers:
    """The answers as ``services.intake.submit`` takes them: an address abroad has no prefecture."""
    return {key: "" if key.endswith("prefecture") and value == ABROAD else value for key, value in answers.items()}


def bound_to(answers: Mapping[str, Any]) -> dict[str, Any]:
    """A draft as form data: what the widgets of these forms read from a submitted page."""
    return {key: str(value) if isinstance(value, bool) else value for key, value in answers.items()}
