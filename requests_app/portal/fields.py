"""Fields that take what people type in any width and spelling, and say how to mend what cannot be taken."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent_app.domain import normalise

from ..domain.answers import MY_NUMBER, holds_my_number

Text = str | Promise

ABROAD = "海外"
PREFECTURE_CHOICES: list[tuple[str, Text]] = [
    ("", _("選んでください")),
    ("北海道", _("北海道")),
    ("青森県", _("青森県")),
    ("岩手県", _("岩手県")),
    ("宮城県", _("宮城県")),
    ("秋田県", _("秋田県")),
    ("山形県", _("山形県")),
    ("福島県", _("福島県")),
    ("茨城県", _("茨城県")),
    ("栃木県", _("栃木県")),
    ("群馬県", _("群馬県")),
    ("埼玉県", _("埼玉県")),
    ("千葉県", _("千葉県")),
    ("東京都", _("東京都")),
    ("神奈川県", _("神奈川県")),
    ("新潟県", _("新潟県")),
    ("富山県", _("富山県")),
    ("石川県", _("石川県")),
    ("福井県", _("福井県")),
    ("山梨県", _("山梨県")),
    ("長野県", _("長野県")),
    ("岐阜県", _("岐阜県")),
    ("静岡県", _("静岡県")),
    ("愛知県", _("愛知県")),
    ("三重県", _("三重県")),
    ("滋賀県", _("滋賀県")),
    ("京都府", _("京都府")),
    ("大阪府", _("大阪府")),
    ("兵庫県", _("兵庫県")),
    ("奈良県", _("奈良県")),
    ("和歌山県", _("和歌山県")),
    ("鳥取県", _("鳥取県")),
    ("島根県", _("島根県")),
    ("岡山県", _("岡山県")),
    ("広島県", _("広島県")),
    ("山口県", _("山口県")),
    ("徳島県", _("徳島県")),
    ("香川県", _("香川県")),
    ("愛媛県", _("愛媛県")),
    ("高知県", _("高知県")),
    ("福岡県", _("福岡県")),
    ("佐賀県", _("佐賀県")),
    ("長崎県", _("長崎県")),
    ("熊本県", _("熊本県")),
    ("大分県", _("大分県")),
    ("宮崎県", _("宮崎県")),
    ("鹿児島県", _("鹿児島県")),
    ("沖縄県", _("沖縄県")),
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


class NoteField(forms.CharField):
    """Several lines of free text in which no My Number is accepted."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return normalise.clean_note(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        refuse_my_number(value)
