"""Fields that take what people type in any width and spelling, and say how to mend what cannot be taken."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent_app.domain import normalise
from consent_app.domain.prefectures import PREFECTURE_NAMES

from ..domain.answers import BIRTH_DATE, MY_NUMBER, holds_my_number

Text = str | Promise

ABROAD = "海外"
PREFECTURE_CHOICES: list[tuple[str, Text]] = [
    ("", _("選んでください")),
    *PREFECTURE_NAMES.items(),
    (ABROAD, _("日本国外")),
]


_KANA = re.compile(r"[ァ-ヺー・＝\s]*")


def refuse_my_number(text: str) -> None:
    """Nobody may keep one for a request, whatever field it was typed into (Number Use Act, article 20).

    Raises:
        ValidationError: with the code by which a form knows that not even a draft may hold this.
    """
    if holds_my_number(text):
        raise ValidationError(MY_NUMBER, code="my_number")


class LineField(forms.CharField):
    """One line of text, cleaned by a function of ``consent_app.domain.normalise`` before its length is checked."""

    def __init__(self, *, clean_with: Callable[[str], str] = normalise.clean_text, **kwargs: Any) -> None:
        self.clean_with = clean_with
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        refuse_my_number(text)
        return self.clean_with(text)


class KanaField(LineField):
    """A reading. Hiragana and half-width kana become full-width katakana."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(clean_with=normalise.clean_kana, **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if not _KANA.fullmatch(value):
            raise ValidationError(
                _("カタカナかひらがなで入力してください。読みがながないお名前のときは、空のままにしてください。"),
                code="kana",
            )


class PostalCodeField(LineField):
    """Seven digits in any width and grouping."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        found = normalise.postal_code(text)
        if found.value is None:
            raise ValidationError(_("郵便番号は7桁の数字で入力してください。例：100-0001"), code="postal_code")
        return found.value

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) == 7 and value.isdigit():
            return f"{value[:3]}-{value[3:]}"
        return value


class TelephoneField(LineField):
    """A telephone number that exists in its country's plan; kept as it was typed, so that its owner recognises it."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and normalise.telephone(value).value is None:
            raise ValidationError(
                _("電話番号を確かめてください。例：03-1234-5678。海外の番号は「+」と国番号から始めてください。"),
                code="telephone",
            )


class BirthDateField(LineField):
    """A day of birth, western or of a Japanese era; kept as an ISO day."""

    def to_python(self, value: Any) -> str:
        found = normalise.birth_date(super().to_python(value), today=timezone.localdate())
        if found.problem:
            raise ValidationError(BIRTH_DATE, code="date")
        return found.value.isoformat() if found.value else ""


class NoteField(forms.CharField):
    """Several lines of free text in which no My Number is accepted."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return normalise.clean_note(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        refuse_my_number(value)
