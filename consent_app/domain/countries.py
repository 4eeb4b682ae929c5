"""Names of the countries in which data of Japanese shops is commonly handled; others are named by their code."""

from __future__ import annotations

from typing import Final

from django.utils.translation import get_language

# ISO 3166-1 alpha-2 -> Japanese, English.
_NAMES: Final = {
    "AU": ("オーストラリア", "Australia"),
    "BR": ("ブラジル", "Brazil"),
    "CA": ("カナダ", "Canada"),
    "CH": ("スイス", "Switzerland"),
    "CN": ("中国", "China"),
    "DE": ("ドイツ", "Germany"),
    "ES": ("スペイン", "Spain"),
    "FR": ("フランス", "France"),
    "GB": ("イギリス", "United Kingdom"),
    "HK": ("香港", "Hong Kong"),
    "ID": ("インドネシア", "Indonesia"),
    "IE": ("アイルランド", "Ireland"),
    "IL": ("イスラエル", "Israel"),
    "IN": ("インド", "India"),
    "IT": ("イタリア", "Italy"),
    "JP": ("日本", "Japan"),
    "KR": ("韓国", "South Korea"),
    "MM": ("ミャンマー", "Myanmar"),
    "MY": ("マレーシア", "Malaysia"),
    "NL": ("オランダ", "Netherlands"),
    "NZ": ("ニュージーランド", "New Zealand"),
    "PH": ("フィリピン", "Philippines"),
    "SE": ("スウェーデン", "Sweden"),
    "SG": ("シンガポール", "Singapore"),
    "TH": ("タイ", "Thailand"),
    "TW": ("台湾", "Taiwan"),
    "US": ("アメリカ合衆国", "United States"),
    "VN": ("ベトナム", "Vietnam"),
}


def country_name(code: str) -> str:
    """The name in the active language with the code behind it; the code alone where the name is not in the table."""
    names = _NAMES.get(code)
    if names is None:
        return code
    english = (get_language() or "ja").startswith("en")
    return f"{names[1]} ({code})" if english else f"{names[0]}（{code}）"
