"""The statistics of customers."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .domain.prefectures import PREFECTURE_NAMES
from .models import Customer
from .services.statistics import BANDS, UNKNOWN, TableKind, count_age_and_gender, count_prefectures, register

_NOTE = _("登録のあるお客さまのうち、退会していない方、利用を止めていない方を数えます。")
_AGES = {"0": _("20歳未満")} | {
    str(first): format_lazy(_("{first}歳以上") if first == BANDS[-1] else _("{first}代"), first=first)
    for first in BANDS
}

register(
    TableKind(
        code="age_gender",
        title=_("年代と性別"),
        note=_NOTE,
        rows_title=_("年代"),
        rows={**_AGES, UNKNOWN: _("未登録")},
        columns={
            **{value: label for value, label in Customer.Gender.choices if value},
            UNKNOWN: _("未登録"),
        },
        count=count_age_and_gender,
    )
)
register(
    TableKind(
        code="prefecture",
        title=pgettext_lazy("統計", "都道府県"),
        note=_NOTE,
        rows_title=pgettext_lazy("統計", "都道府県"),
        rows={**PREFECTURE_NAMES, UNKNOWN: _("未登録")},
        columns={},
        count=count_prefectures,
    )
)
