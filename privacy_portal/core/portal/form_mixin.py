"""What every form of the portal has in common."""

from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

# Full-width ASCII to ASCII; the many hyphens and dashes that keyboards and phones produce to one; every space to one.
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣⁃"), "-")
_SPACES = dict.fromkeys(map(ord, "\u3000\u00a0\u2003\u2002\u2009"), " ")
_TABLE = {**_WIDTH, **_HYPHENS, **_SPACES}
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

    def __init__(self, data: Mapping[str, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        if data is not None:
            self.data = self._as_meant(data)
        for name, field in self.fields.items():
            self._explain_required(field, str(self[name].label))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = self.layout() or Layout(*self.fields)

    def layout(self) -> Layout | None:
        """The order and grouping of the fields; every field in its order when None."""
        return None

    def _as_meant(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        changed = data.copy() if isinstance(data, QueryDict) else dict(data)
        for names, convert in ((self.half_width_fields, to_half_width), (self.digit_fields, to_digits)):
            for name in names:
                key = self.add_prefix(name)
                if isinstance(changed.get(key), str):
                    changed[key] = convert(changed[key])
        return changed

    @staticmethod
    def _explain_required(field: forms.Field, label: str) -> None:
        """Say which answer is missing. A message that the form wrote itself stays."""
        if field.error_messages.get("required") != forms.Field.default_error_messages["required"]:
            return
        if isinstance(field, forms.FileField):
            message = _("「%(label)s」のファイルを選んでください。")
        elif isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
            message = _("「%(label)s」を1つ以上選んでください。")
        elif isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
            message = _("「%(label)s」を選んでください。")
        elif isinstance(field, forms.BooleanField):
            message = _("「%(label)s」にチェックを入れてください。")
        else:
            message = _("「%(label)s」を入力してください。")
        field.error_messages["required"] = message % {"label": label}
