"""The pages of the request form on which a type asks what it alone needs."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..domain.answers import CHANGE_LENGTH, CHANGE_ROWS, NOTE_LENGTH
from .fields import NoteField, Text
from .forms import Answers, StepForm, required_words


class _ChosenForm(StepForm):
    """Everything, or what is chosen. "Everything" stands first; nobody is made to narrow it down (article 37(2))."""

    chosen = ""

    def __init__(self, *args: Any, choices: Callable[[], list[tuple[str, str]]], **kwargs: Any) -> None:
        self.choices = choices
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        # Asked for when they are shown or compared: not for somebody who wants everything.
        cast(forms.MultipleChoiceField, self.fields[self.chosen]).choices = self.choices
        if "grounds" in self.entry.asks:
            # Asked on the page of the grounds, which comes before.
            self.fields.pop("wanted_note", None)

    @property
    def _explained(self) -> bool:
        notes = self.cleaned_data if "wanted_note" in self.fields else self.answers
        return bool(notes.get("wanted_note"))

    def clean(self) -> None:
        if self.errors:
            return
        if self.cleaned_data["wants_everything"]:
            self.cleaned_data[self.chosen] = []
        elif not self.cleaned_data[self.chosen] and not self._explained:
            self.add_error(
                self.chosen,
                ValidationError(
                    _("1つ以上選ぶか、下の欄に説明を書いてください。迷うときは「すべて」を選べます。"),
                    code="required",
                ),
            )


def _everything(label: Any, everything: Text) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=[("True", everything), ("False", _("選んだものだけ"))],
        coerce=lambda value: value == "True",
        initial="True",
        widget=forms.RadioSelect,
        error_messages=required_words(_("すべてか、選んだものだけかを選んでください。")),
    )


def _note(help_text: Any, *, label: Any = "", rows: int = 4) -> NoteField:
    return NoteField(
        label=label or _("くわしい説明"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,
    )


class WantedForm(_ChosenForm):
    """Which data it is about."""

    chosen = "wanted_items"

    wants_everything = _everything(_("対象の情報"), _("持っている、私の情報のすべて"))
    wanted_items = forms.MultipleChoiceField(
        label=_("対象の項目"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("「選んだものだけ」のときに選んでください。"),
    )
    wanted_note = _note(_("例：昨年の秋の問い合わせの記録。書かなくてもかまいません。"))


class PurposesForm(_ChosenForm):
    """Which use is to be stopped."""

    chosen = "wanted_purposes"

    wants_everything = _everything(_("やめてほしい使い方"), _("すべての使い方"))
    wanted_purposes = forms.MultipleChoiceField(
        label=_("やめてほしい目的"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("「選んだものだけ」のときに選んでください。"),
    )


class GroundsForm(StepForm):
    """Why the person may ask it (articles 35(1), (3), (5)); several may hold at once."""

    grounds = forms.MultipleChoiceField(
        label=_("あてはまる理由"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("いくつ選んでもかまいません。"),
        error_messages=required_words(_("あてはまるものを1つ以上選んでください。")),
    )
    wanted_note = _note(
        _("いつ、どのようなことがあったか。書かなくてもかまいませんが、あると早く調べられます。"), rows=6
    )

    def build(self) -> None:
        cast(forms.MultipleChoiceField, self.fields["grounds"]).choices = [
            (ground.code, format_lazy("{}{}{}{}", ground.text, _("（"), ground.help, _("）")))
            for ground in self.entry.grounds
        ]


class ChangesForm(StepForm):
    """What is to be changed, item by item: what is held, what it should be, and why (article 34(1))."""

    def __init__(self, *args: Any, choices: Callable[[], list[tuple[str, str]]], **kwargs: Any) -> None:
        self.choices = choices
        super().__init__(*args, **kwargs)

    @property
    def rows(self) -> int:
        """How many items have room on the page."""
        given = self.answers.get("change_rows", 1)
        return max(1, min(given, CHANGE_ROWS)) if isinstance(given, int) else 1

    @property
    def can_grow(self) -> bool:
        """Whether another item can be added."""
        return self.rows < CHANGE_ROWS

    def build(self) -> None:
        deletes, adds = self.entry.code == "deletion", self.entry.code == "addition"
        for row in range(self.rows):
            self.fields[f"item_{row}"] = forms.ChoiceField(
                label=_("項目"),
                choices=[("", _("選んでください")), *self.choices()],
                required=row == 0,
                widget=forms.Select(attrs={"autocomplete": "off"}),
                error_messages=required_words(_("項目を選んでください。")),
            )
            if not adds:
                self.fields[f"present_{row}"] = self._text(_("いま登録されていると思う内容"))
            if not deletes:
                self.fields[f"wanted_{row}"] = self._text(_("加えてほしい内容") if adds else _("正しい内容"))
            self.fields[f"why_{row}"] = self._text(_("そういえる理由や資料"))

    def _text(self, label: Text) -> NoteField:
        return NoteField(
            label=cast(Any, label),
            required=False,
            max_length=CHANGE_LENGTH,
            widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        )

    @property
    def groups(self) -> list[tuple[Text, list[str]]]:
        return [
            (
                format_lazy(_("{number}つ目"), number=row + 1) if self.rows > 1 else "",
                [name for name in self.fields if name.endswith(f"_{row}")],
            )
            for row in range(self.rows)
        ]

    def clean(self) -> None:
        for row in range(self.rows):
            names = [name for name in (f"present_{row}", f"wanted_{row}", f"why_{row}") if name in self.fields]
            typed = [name for name in names if self.cleaned_data.get(name)]
            item = self.cleaned_data.get(f"item_{row}")
            if typed and not item and f"item_{row}" not in self.errors:
                self.add_error(f"item_{row}", ValidationError(_("項目を選んでください。"), code="required"))
            wanted = f"wanted_{row}"
            if item and wanted in self.fields and not self.cleaned_data.get(wanted) and wanted not in self.errors:
                self.add_error(wanted, ValidationError(_("どのような内容にするかを書いてください。"), code="required"))

    def to_answers(self) -> Answers:
        return {**super().to_answers(), "change_rows": self.rows}


class DetailsForm(StepForm):
    """What the person has to say, in their own words."""

    wanted_note = _note(_("いつ、どのようなことがあったかを書いてください。"), label=_("内容"), rows=8)

    def build(self) -> None:
        field = self.fields["wanted_note"]
        # Only a complaint or an inquiry is nothing without words; a right needs none.
        field.required = not self.entry.needs_identity
        field.error_messages["required"] = _("内容を書いてください。")
        if self.entry.needs_identity:
            field.help_text = _("例：相手の名前、時期。書かなくてもかまいません。")
