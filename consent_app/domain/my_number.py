"""Finding the Individual Number (個人番号, "My Number") in what people write, in any spelling.

Nobody may collect one but for tax and social security (Number Use Act, articles 19 and 20): free texts refuse it, and
imports mask it.
"""

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext_lazy as _

MASK: Final = "************"
REFUSED = _(
    "マイナンバー（個人番号）のような12桁の番号が入っています。お預かりできない番号なので、消してください。"
    "注文番号や会員番号のときは、書かなくてもかまいません。"
)

_MARK: Final = r"[\s\-‐‑‒–—―−─ー・.,_/]{0,3}"
# Twelve digits in one run or in groups of one size with one and the same mark between them, in any width. Telephone
# numbers have ten or eleven digits, or a plus sign; dates, postal codes and blocks have groups of different sizes.
_TWELVE_DIGITS: Final = [
    re.compile(
        rf"(?<![\d+])\d{{{size}}}(?P<mark>{_MARK})(?:\d{{{size}}}(?P=mark)){{{12 // size - 2}}}\d{{{size}}}(?!\d)"
    )
    for size in (1, 2, 3, 4, 6)
]
# What all of these have in common; a moment (2026-06-01 00:00:00) has not.
_MAYBE: Final = re.compile(rf"(?:\d{_MARK}){{11}}\d")
_KANJI_DIGITS: Final = str.maketrans("〇零一壱二弐三参四五六七八九", "00112233456789")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def is_my_number(digits: str) -> bool:
    """Whether twelve digits carry the check digit of an Individual Number.

    Ordinance of the Ministry of Internal Affairs and Communications no. 85 of 2014, article 5.
    """
    if len(digits) != 12 or not digits.isdecimal():
        return False
    *body, check = (int(digit) for digit in digits)
    total = sum(digit * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(body), 1))
    return check == (0 if total % 11 <= 1 else 11 - total % 11)


def find(text: str) -> list[tuple[int, int]]:
    """Where My Numbers stand in the text: begin and end of each, in order, none within another.

    Digits of any width, kanji digits, spaces, hyphens and invisible characters within make no difference. Eleven of
    twelve other numbers of twelve digits are not found; the rest is taken for one.
    """
    # Most texts are short or have no number at all.
    if text.isascii():
        if not _MAYBE.search(text):
            return []
    elif sum(map(str.isnumeric, text)) < 12:
        return []
    plain, places = _plain(text)
    found = sorted(
        (places[match.start()], places[match.end() - 1] + 1)
        for form in _TWELVE_DIGITS
        for match in form.finditer(plain)
        if is_my_number(re.sub(r"\D", "", match[0]))
    )
    return [one for number, one in enumerate(found) if not number or one[0] >= found[number - 1][1]]


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with plain digits only, and for each of its characters the place that it came from."""
    if text.isascii():
        return text, list(range(len(text)))
    parts: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        part = _INVISIBLE.sub("", unicodedata.normalize("NFKC", character)).translate(_KANJI_DIGITS)
        parts.append(part)
        places += [place] * len(part)
    return "".join(parts), places


def holds_my_number(text: str) -> bool:
    """Whether twelve digits in the text carry the check digit of a My Number, which must never be kept."""
    return bool(find(text))


def mask_my_numbers(text: str) -> tuple[str, int]:
    """The text with every My Number made unreadable, and how many there were.

    A twelve-digit parcel number is hit by chance once in eleven; that loss is accepted.
    """
    found = find(text)
    for begin, end in reversed(found):
        text = text[:begin] + MASK + text[end:]
    return text, len(found)
