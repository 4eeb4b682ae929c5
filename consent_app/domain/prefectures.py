"""The prefectures with their English names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import lazy
from django.utils.translation import get_language

from .normalise import PREFECTURES

# fmt: off
_ENGLISH: Final = (
    "Hokkaido", "Aomori", "Iwate", "Miyagi", "Akita", "Yamagata", "Fukushima", "Ibaraki",
    "Tochigi", "Gunma", "Saitama", "Chiba", "Tokyo", "Kanagawa", "Niigata", "Toyama",
    "Ishikawa", "Fukui", "Yamanashi", "Nagano", "Gifu", "Shizuoka", "Aichi", "Mie",
    "Shiga", "Kyoto", "Osaka", "Hyogo", "Nara", "Wakayama", "Tottori", "Shimane",
    "Okayama", "Hiroshima", "Yamaguchi", "Tokushima", "Kagawa", "Ehime", "Kochi", "Fukuoka",
    "Saga", "Nagasaki", "Kumamoto", "Oita", "Miyazaki", "Kagoshima", "Okinawa",
)
# fmt: on
_BY_NAME: Final = dict(zip(PREFECTURES, _ENGLISH, strict=True))


def _in_language(name: str) -> str:
    return _BY_NAME[name] if (get_language() or "ja").startswith("en") else name


# As it is registered -> lazy text: its name in the active language.
PREFECTURE_NAMES: Final[Mapping[str, Any]] = {name: lazy(_in_language, str)(name) for name in PREFECTURES}
