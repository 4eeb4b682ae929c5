"""The names of what a record holds. The keys are the importers'; a key without a name is shown as it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

RECORD_FIELDS: dict[str, _StrPromise | str] = {
    "number": _("注文番号"),
    "ordered_at": _("注文日時"),
    "items": _("商品"),
    "product": _("商品名"),
    "variation": _("種類"),
    "price": _("価格"),
    "tax_rate": _("税率"),
    "quantity": _("数量"),
    "product_id": _("商品ID"),
    "variation_id": _("種類ID"),
    "total": _("合計金額"),
    "shipping_fee": _("送料"),
    "cod_fee": _("代引き手数料"),
    "adjustment": _("調整金額"),
    "payment": _("支払い方法"),
    "status": _("状態"),
    "channel": _("購入元"),
    "delivery_date": _("配送日"),
    "delivery_time": _("配送時間帯"),
    "remarks": _("備考"),
    "memo": _("注文メモ"),
    "sent_to": _("送り先（本人の別の住所）"),
    "registered_at": _("登録日時"),
    "updated_at": _("更新日時"),
    "occupation": _("職業"),
    "points": _("ポイント"),
    "first_at": _("最初の購入"),
    "last_at": _("最後の購入"),
    "count": _("購入回数"),
    "text": _("メモ"),
    "wanted": _("希望する"),
    "sms": _("SMSの希望"),
    "tax_exempt": _("免税"),
    "tags": _("タグ"),
    "address_telephone": _("住所の電話番号"),
    # What the same person's row said differently from what is registered.
    "differs": _("登録と違う内容"),
    "family_name": _("姓"),
    "given_name": _("名"),
    "family_kana": _("セイ"),
    "given_kana": _("メイ"),
    "company": _("会社名"),
    "postal_code": _("郵便番号"),
    "prefecture": _("都道府県"),
    "address1": _("住所1"),
    "address2": _("住所2"),
    "telephone": _("電話番号"),
    "email": _("メールアドレス"),
    "gender": _("性別"),
    "birth_date": _("生年月日"),
}


def record_lines(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The content of a record as pairs of name and text, in the active language."""
    return [(_name(key), plain(value)) for key, value in _ordered(data)]


def plain(value: Any) -> str:
    """A value as people read it: lists one entry a line, mappings as names with values."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("はい") if value else gettext("いいえ")
    if isinstance(value, list):
        return "\n".join(plain(entry) for entry in value)
    if isinstance(value, dict):
        return gettext("、").join(f"{_name(key)} {plain(entry)}" for key, entry in _ordered(value))
    return str(value)


def _name(key: str) -> str:
    return str(RECORD_FIELDS.get(key, key))


def _ordered(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    # The database keeps no order of keys: the table's own order reads best, unknown keys come last.
    return sorted(data.items(), key=lambda pair: _PLACES.get(pair[0], len(_PLACES)))


_PLACES = {key: place for place, key in enumerate(RECORD_FIELDS)}
