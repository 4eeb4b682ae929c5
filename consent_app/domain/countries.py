"""Names of the countries in which data of Japanese shops is commonly handled; others are named by their code."""

from __future__ import annotations

from typing import Final

from django.utils.translation import get_language

# ISO 3166-1 alpha-2 -> Japanese, English.
_NAMES: Final = {
    "AE": ("アラブ首長国連邦", "United Arab Emirates"),
    "AT": ("オーストリア", "Austria"),
    "AU": ("オーストラリア", "Australia"),
    "BD": ("バングラデシュ", "Bangladesh"),
    "BE": ("ベルギー", "Belgium"),
    "BG": ("ブルガリア", "Bulgaria"),
    "BR": ("ブラジル", "Brazil"),
    "CA": ("カナダ", "Canada"),
    "CH": ("スイス", "Switzerland"),
    "CN": ("中国", "China"),
    "CY": ("キプロス", "Cyprus"),
    "CZ": ("チェコ", "Czechia"),
    "DE": ("ドイツ", "Germany"),
    "DK": ("デンマーク", "Denmark"),
    "EE": ("エストニア", "Estonia"),
    "ES": ("スペイン", "Spain"),
    "FI": ("フィンランド", "Finland"),
    "FR": ("フランス", "France"),
    "GB": ("イギリス", "United Kingdom"),
    "GR": ("ギリシャ", "Greece"),
    "HK": ("香港", "Hong Kong"),
    "HR": ("クロアチア", "Croatia"),
    "HU": ("ハンガリー", "Hungary"),
    "ID": ("インドネシア", "Indonesia"),
    "IE": ("アイルランド", "Ireland"),
    "IL": ("イスラエル", "Israel"),
    "IN": ("インド", "India"),
    "IS": ("アイスランド", "Iceland"),
    "IT": ("イタリア", "Italy"),
    "JP": ("日本", "Japan"),
    "KH": ("カンボジア", "Cambodia"),
    "KR": ("韓国", "South Korea"),
    "LI": ("リヒテンシュタイン", "Liechtenstein"),
    "LT": ("リトアニア", "Lithuania"),
    "LU": ("ルクセンブルク", "Luxembourg"),
    "LV": ("ラトビア", "Latvia"),
    "MM": ("ミャンマー", "Myanmar"),
    "MT": ("マルタ", "Malta"),
    "MX": ("メキシコ", "Mexico"),
    "MY": ("マレーシア", "Malaysia"),
    "NL": ("オランダ", "Netherlands"),
    "NO": ("ノルウェー", "Norway"),
    "NZ": ("ニュージーランド", "New Zealand"),
    "PH": ("フィリピン", "Philippines"),
    "PL": ("ポーランド", "Poland"),
    "PT": ("ポルトガル", "Portugal"),
    "RO": ("ルーマニア", "Romania"),
    "SE": ("スウェーデン", "Sweden"),
    "SG": ("シンガポール", "Singapore"),
    "SI": ("スロベニア", "Slovenia"),
    "SK": ("スロバキア", "Slovakia"),
    "TH": ("タイ", "Thailand"),
    "TW": ("台湾", "Taiwan"),
    "UA": ("ウクライナ", "Ukraine"),
    "US": ("アメリカ合衆国", "United States"),
    "VN": ("ベトナム", "Vietnam"),
    "ZA": ("南アフリカ", "South Africa"),
}


def country_name(code: str) -> str:
    """The name in the active language with the code behind it; the code alone where the name is not in the table."""
    names = _NAMES.get(code)
    if names is None:
        return code
    english = (get_language() or "ja").startswith("en")
    return f"{names[1]} ({code})" if english else f"{names[0]}（{code}）"
