"""What every form of the portal has in common."""

from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

# Full-width ASCII to ASCII; the many hyphens and dashes that keyboards and phones produce to one; every space to one.
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣⁃"), "-")
_SPACES = dict.fromkeys(map(ord, "\u3000\u00a0\u2003\u2002\u2009"), " ")
_TABLE: dict[int, int | str] = {**_WIDTH, **_HYPHENS, **_SPACES}
# Between digits the long-vowel mark of the kana keyboard is meant as a hyphen; elsewhere it is a letter.
_LONG_VOWELS = "ーｰ"
_NOTHING = dict.fromkeys(map(ord, " -()"), "")


def to_half_width(value: str) -> str:
    """Letters, digits, spaces and hyphens of any width as ASCII, trimmed.

    Narrower than NFKC on purpose: that would also turn compatibility ideographs such as 神 (U+FA19), which are part of
    people's names, into other characters, and kana into other kana.
    """
    text = value.translate(_TABLE)
    for mark in _LONG_VOWELS:
        if mark in text:
            text = "".join(
                "-"
                if char == mark and 0 < i < len(text) - 1 and text[i - 1].isdigit() and text[i + 1].isdigit()
                else char
                for i, char in enumerate(text)
            )
    return text.strip()


def to_digits(value: str) -> str:
    """Like ``to_half_width``, without the spaces, hyphens and brackets that group digits. Other characters stay."""
    return to_half_width(value).translate(_NOTHING)


class PortalFormMixin(forms.BaseForm):
    """Forms as the portal shows them: our crispy helper, our words for a missing answer, any width accepted.

    Put it before ``forms.Form`` or ``forms.ModelForm``. The page writes
    ``<form method="post" novalidate>{% crispy form %} … </form>``; the CSRF token comes with ``crispy``.

    Names in ``half_width_fields`` (e-mail, postal code, order number) are converted by ``to_half_width`` and those in
    ``digit_fields`` (telephone, one-time code) by ``to_digits`` before validation, so that length and pattern checks
    see what the person meant. Names of people and addresses belong in neither.
    """

    half_width_fields: tuple[str, ...] = ()
    digit_fields: tuple[str, ...] = ()
    # The server answers in our words and in the person's language; the browser's bubbles do neither.
    use_required_attribute = False
    # Whether somebody will see the form; else it only says whether what it holds is right.
    shown = True

    def __init__(self, data: Mapping[str, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        if data is not None:
            self.data = self._as_meant(data)

    @cached_property
    def helper(self) -> FormHelper:
        """What crispy asks for; made when the form is shown, which most that are sent are not."""
        helper = FormHelper()
        helper.form_tag = False
        helper.layout = self.layout()
        return helper

    def full_clean(self) -> None:
        # Here, not in __init__: a form may add fields after this class's constructor ran.
        if self.shown:
            for name, field in self.fields.items():
                self._explain(field, str(self[name].label))
        super().full_clean()

    def layout(self) -> Layout | None:
        """The order and grouping of the fields; None shows every field in its order."""
        return None

    def _as_meant(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        changed = data.copy() if isinstance(data, QueryDict) else dict(data)
        for names, convert in ((self.half_width_fields, to_half_width), (self.digit_fields, to_digits)):
            for name in names:
                key = self.add_prefix(name)
                value = changed.get(key)
                if isinstance(value, str):
                    changed[key] = convert(value)
        return changed

    @staticmethod
    def _explain(field: forms.Field, label: str) -> None:
        """Say which answer is missing or wrong and how to mend it. Messages that the form wrote itself stay."""
        messages = {"required": _("「%(label)s」を入力してください。")}
        if isinstance(field, forms.CharField):
            messages["max_length"] = _(
                "「%(label)s」は%(limit_value)s文字以内で入力してください（いまは%(show_value)s文字です）。"
            )
            messages["min_length"] = _(
                "「%(label)s」は%(limit_value)s文字以上で入力してください（いまは%(show_value)s文字です）。"
            )
        if isinstance(field, forms.FileField):
            messages["required"] = _("「%(label)s」のファイルを選んでください。")
            messages["empty"] = _("「%(label)s」のファイルが空です。別のファイルを選んでください。")
        elif isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
            messages["required"] = _("「%(label)s」を1つ以上選んでください。")
            messages["invalid_choice"] = _("「%(label)s」は、表示されている中から選んでください。")
        elif isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
            messages["required"] = _("「%(label)s」を選んでください。")
            messages["invalid_choice"] = _("「%(label)s」は、表示されている中から選んでください。")
        elif isinstance(field, forms.BooleanField):
            messages["required"] = _("「%(label)s」にチェックを入れてください。")
        elif isinstance(field, forms.EmailField):
            messages["invalid"] = _("「%(label)s」は、name@example.jp のような形で入力してください。")
        elif isinstance(field, forms.DateField):
            messages["invalid"] = _("「%(label)s」は、2026-04-01 のような形で入力してください。")
        elif isinstance(field, forms.IntegerField):
            messages["invalid"] = _("「%(label)s」は数字で入力してください。")
        of_django: dict[str, Any] = {}
        for base in reversed(type(field).__mro__):
            of_django.update(getattr(base, "default_error_messages", {}))
        for code, message in messages.items():
            if code not in field.error_messages or field.error_messages[code] == of_django.get(code):
                # Django fills these in later, so a percent sign of the label must survive one more round.
                later = code in {"max_length", "min_length", "invalid_choice"}
                field.error_messages[code] = message % {
                    "label": label.replace("%", "%%") if later else label,
                    "limit_value": "%(limit_value)d",
                    "show_value": "%(show_value)d",
                }
