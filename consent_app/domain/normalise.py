"""One spelling for values that every cart and every person writes differently.

Pure functions over plain values: no database, no clock. Where a value cannot be used, the function says why with one of
the reason codes below instead of raising, because a row with one bad cell is still a good row. What comes out is used
for storing (:func:`clean_text`, :func:`telephone`, …) or only for comparing (:func:`name_key`, :func:`address_key`).
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import phonenumbers

from .kanji_variants import FOLD

T = TypeVar("T")

TELEPHONE_INVALID: Final = "telephone_invalid"
POSTAL_CODE_INVALID: Final = "postal_code_invalid"
EMAIL_INVALID: Final = "email_invalid"
DATE_IMPOSSIBLE: Final = "date_impossible"
DATE_UNREADABLE: Final = "date_unreadable"
DATE_IN_FUTURE: Final = "date_in_future"
DATE_TOO_OLD: Final = "date_too_old"
PREFECTURE_UNKNOWN: Final = "prefecture_unknown"
CODE_AND_NAME_DISAGREE: Final = "code_and_name_disagree"

TOKYO: Final = ZoneInfo("Asia/Tokyo")
OLDEST_PERSON_YEARS: Final = 130


class Normalised(NamedTuple, Generic[T]):
    """A usable value, or nothing with the reason. Both empty: there was nothing to read."""

    value: T | None
    problem: str = ""


# ---------------------------------------------------------------------------------------------------------------- text

# Letters that look alike and are typed for a hyphen: hyphen, non-breaking hyphen, figure dash, en and em dash,
# horizontal bar, minus, box-drawing line, full-width and small hyphen-minus, half-width long vowel mark.
_HYPHENS = "‐‑‒–—―−─━﹣－﹘"
_TO_HYPHEN = str.maketrans(dict.fromkeys(_HYPHENS, "-"))
_LONG_VOWEL_IN_NUMBER = re.compile(r"(?<=\d)[ーｰ～〜](?=\d)")
_SPACES = re.compile(r"\s+")
# Control and format characters (zero-width space, byte order mark, direction marks) except the line breaks of a text.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]"
)
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_COMPATIBILITY_KANJI = re.compile("[\uf900-\ufaff\U0002f800-\U0002fa1f]")


def _nfkc(text: str) -> str:
    """NFKC that leaves compatibility kanji alone: U+FA19 in a name does not become U+795E in what we store."""
    if not _COMPATIBILITY_KANJI.search(text):
        return unicodedata.normalize("NFKC", text)
    parts = re.split(f"({_COMPATIBILITY_KANJI.pattern})", text)
    return "".join(p if _COMPATIBILITY_KANJI.fullmatch(p) else unicodedata.normalize("NFKC", p) for p in parts)


def clean_text(text: str) -> str:
    """A one-line value to store: width by NFKC, invisible characters gone, runs of white space one space, trimmed."""
    folded = text if text.isascii() else _nfkc(text)
    if not folded.isprintable():
        # The only white space that counts as printable is the space itself.
        folded = _INVISIBLE.sub("", _SPACES.sub(" ", folded))
    return " ".join(folded.split())


def clean_note(text: str) -> str:
    """A text of several lines to store as it is; only what no page and no database can hold is taken out."""
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def clean_address(text: str) -> str:
    """Like :func:`clean_text`; between digits, whatever looks like a hyphen is one (９－６ー８ becomes 9-6-8)."""
    cleaned = clean_text(text)
    if cleaned.isascii():
        return cleaned
    return _LONG_VOWEL_IN_NUMBER.sub("-", cleaned.translate(_TO_HYPHEN))


_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_SMALL_KANA = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_NOT_IN_A_KEY = re.compile(r"[\s・.,'’\-]|" + _VARIATION_SELECTORS.pattern)
_AFTER_NFKC = {**_HIRAGANA_TO_KATAKANA, **FOLD}


def clean_kana(text: str) -> str:
    """A reading to store: full-width katakana."""
    return clean_text(text).translate(_HIRAGANA_TO_KATAKANA)


@functools.lru_cache(maxsize=16384)
def name_key(*parts: str) -> str:
    """What two spellings of a name have in common, for comparing only.

    Width, spaces, case, middle dots, kana (hiragana and small kana as large katakana) and variants of kanji
    (:mod:`.kanji_variants`) make no difference. A reading (kana) is compared by the same key.
    """
    key = _folded("".join(parts))
    # Letters with marks can compose anew once the case is folded (ß and a cedilla): until nothing changes any more.
    for _round in range(_ROUNDS):
        if _SETTLED.fullmatch(key) or (again := _folded(key)) == key:
            break
        key = again
    return key


# Nothing happens to these a second time; nearly every name consists of them alone.
_SETTLED = re.compile("[0-9a-zァ-ヴー一-鿿]*")
_ROUNDS = 4


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(_AFTER_NFKC).translate(_SMALL_KANA)
    text = _NOT_IN_A_KEY.sub("", _INVISIBLE.sub("", text.translate(_TO_HYPHEN)))
    return unicodedata.normalize("NFKC", text).casefold()


_KANJI_DIGITS = "〇一二三四五六七八九"
_KANJI_NUMBER = re.compile(
    r"([〇一二三四五六七八九十百\d]+)(?:丁目|番地の|番地|番|号)(?=[\d〇一二三四五六七八九十百]|$|[^\d])"
)
_KE = str.maketrans("ヶヵケ", "ケカケ")
# 霞が関, 霞ガ関 and 霞ヶ関; and the 大字 that a municipality dropped or never did.
_GA_BETWEEN_KANJI = re.compile(r"(?<=[一-鿿])ガ(?=[一-鿿])")
_OAZA = re.compile(r"大字(?=[^\d])")


def _number_of(text: str) -> str:
    """The digits of a number in kanji or digits: 二十三 is 23, 一〇一 is 101, 十 is 10."""
    if not any(character in text for character in "十百"):
        return "".join(str(_KANJI_DIGITS.find(one)) if one in _KANJI_DIGITS else one for one in text)
    total, digit = 0, 0
    for one in text:
        if one in "十百":
            total, digit = total + (digit or 1) * (10 if one == "十" else 100), 0
        else:
            digit = digit * 10 + (_KANJI_DIGITS.find(one) if one in _KANJI_DIGITS else int(one))
    return str(total + digit)


def address_key(*parts: str) -> str:
    """What two spellings of an address have in common, for comparing only: 四丁目7番3号 is 4-7-3."""
    text = unicodedata.normalize("NFKC", clean_address("".join(parts))).translate(_AFTER_NFKC).translate(_KE)
    text = _OAZA.sub("", _GA_BETWEEN_KANJI.sub("ケ", text))
    text = _KANJI_NUMBER.sub(lambda found: _number_of(found[1]) + "-", text)
    return re.sub(r"[\s,、。・]|-+(?=\D|$)", "", text).casefold()


def same_address(one: str, other: str) -> bool:
    """Whether two address keys can be one home: equal, or one goes on with the building that the other leaves out."""
    if not one or not other:
        return False
    short, long = sorted((one, other), key=len)
    rest = long[len(short) :]
    # "…1-2" is no beginning of "…1-20" nor of "…1-2-5".
    return long.startswith(short) and not (rest and (rest[0].isdigit() or rest[0] == "-") and short[-1:].isdigit())


# ------------------------------------------------------------------------------------------------------------- numbers

# Mobile numbers, most of those that come, without asking the library; a test holds both against each other.
_MOBILE = re.compile(r"(?:\+81|0)([6-9]0[1-9]\d{7})", re.ASCII)
_BETWEEN_DIGITS = str.maketrans("", "", "-() ")
_EXTENSION = re.compile(r"\s*(?:内線|ext\.?|x|#)\s*\d+\)?$", re.IGNORECASE)


def telephone(text: str) -> Normalised[str]:
    """E.164 of a telephone number as people in Japan write it (region JP where no country code is given)."""
    raw = _LONG_VOWEL_IN_NUMBER.sub("-", clean_text(text).translate(_TO_HYPHEN))
    if mobile := _MOBILE.fullmatch(raw.translate(_BETWEEN_DIGITS)):
        return Normalised("+81" + mobile[1])
    if not raw or is_placeholder(raw):
        return Normalised(None)
    raw = _EXTENSION.sub("", raw)
    digits = re.sub(r"\D", "", raw)
    candidates = [raw]
    if digits.startswith("81") and not raw.startswith("+"):
        candidates.append("+" + digits)  # a spreadsheet took the plus sign away
    for candidate in candidates:
        try:
            number = phonenumbers.parse(candidate, "JP")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return Normalised(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return Normalised(None, TELEPHONE_INVALID)


def postal_code(text: str) -> Normalised[str]:
    """Seven digits. Six are refused rather than guessed: a spreadsheet may have eaten a zero, or a digit is missing."""
    raw = clean_text(text)
    if not raw or is_placeholder(raw):
        return Normalised(None)
    digits = re.sub(r"[〒\s\-ー]", "", raw.translate(_TO_HYPHEN))
    if len(digits) == 7 and digits.isascii() and digits.isdigit() and digits != "0000000":
        return Normalised(digits)
    return Normalised(None, POSTAL_CODE_INVALID)


# ------------------------------------------------------------------------------------------------------------- e-mail

_PLACEHOLDER = re.compile(
    r"(?:メール|電話|アドレス)?(?:なし|無し|無|不明|未登録|未設定)|[-*.]+|n/?a|none|null|nil", re.IGNORECASE
)
# Wider than RFC 5321 in the local part on purpose: Japanese carriers gave out "a..b@" and "a.@" for years.
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def is_placeholder(text: str) -> bool:
    """Whether the cell says that there is nothing («メールなし»)."""
    return bool(_PLACEHOLDER.fullmatch(text))


def email(text: str) -> Normalised[str]:
    """The address in lower case, by which it is matched and stored; the spelling received is kept beside it."""
    address = clean_text(text).lower().translate(_TO_HYPHEN)
    if not address or is_placeholder(address):
        return Normalised(None)
    if len(address) <= 254 and _EMAIL.fullmatch(address):
        return Normalised(address)
    return Normalised(None, EMAIL_INVALID)


# -------------------------------------------------------------------------------------------------------------- dates

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ERA_DATE = re.compile(
    r"(明治?|大正?|昭和?|平成?|令和?|[MTSHR])\s?(\d{1,2}|元)[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.IGNORECASE
)
_TIME = re.compile(r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(?:\s?(?:\+09:?00|JST))?$")
_PLAIN_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
# First days of the eras, as proclaimed; an era ends on the day before the next begins.
_ERAS: list[tuple[str, str, date]] = [
    ("明治", "M", date(1868, 10, 23)),
    ("大正", "T", date(1912, 7, 30)),
    ("昭和", "S", date(1926, 12, 25)),
    ("平成", "H", date(1989, 1, 8)),
    ("令和", "R", date(2019, 5, 1)),
]


def _era_date(era: str, year: str, month: str, day: str) -> date | None:
    index = next(i for i, (name, letter, _) in enumerate(_ERAS) if era.upper() in (name, name[0], letter))
    first = _ERAS[index][2]
    try:
        found = date(first.year + (1 if year == "元" else int(year)) - 1, int(month), int(day))
    except ValueError:
        return None
    # The day on which an era changed belongs to both in old papers.
    ended = index + 1 < len(_ERAS) and found > _ERAS[index + 1][2]
    return None if found < first or ended else found


def _split_date(raw: str) -> tuple[Normalised[date], str]:
    """The date at the beginning of the text and what follows it."""
    if found := _ERA_DATE.match(raw):
        era_date = _era_date(found[1], found[2], found[3], found[4])
        return Normalised(era_date, "" if era_date else DATE_IMPOSSIBLE), raw[found.end() :]
    found = _DATE.match(raw) or _COMPACT_DATE.match(raw)
    if not found:
        return Normalised(None, DATE_UNREADABLE), ""
    year, month, day = (int(part) for part in found.groups())
    if (year, month, day) == (0, 0, 0):
        return Normalised(None), ""  # how MySQL writes "no date"
    try:
        return Normalised(date(year, month, day)), raw[found.end() :]
    except ValueError:
        return Normalised(None, DATE_IMPOSSIBLE), raw[found.end() :]


# 昭和五十五年四月一日, and what people put behind or within: 1980年 4月 1日生まれ.
_KANJI_PART = re.compile(r"[〇一二三四五六七八九十]+(?=[年月日])")
_SPACE_WITHIN = re.compile(r"(?<=[年月])\s+|\s+(?=[年月日])")
_BORN = re.compile(r"\s?(?:生まれ|生れ|うまれ|生)$")


def calendar_day(text: str) -> Normalised[date]:
    """A day, western or of a Japanese era, in any width, in digits or kanji; nothing where there is no day.

    昭和55年4月1日, 昭和五十五年四月一日, S55.4.1, 1980-04-01 and １９８０／４／１ are one day.
    """
    raw = _SPACE_WITHIN.sub("", _BORN.sub("", clean_text(text)))
    if not raw or is_placeholder(raw):
        return Normalised(None)
    raw = _KANJI_PART.sub(lambda part: _number_of(part[0]), raw)
    (found, problem), rest = _split_date(raw.translate(_TO_HYPHEN))
    if found is not None and not _TIME.match(rest):
        return Normalised(None, DATE_UNREADABLE)
    return Normalised(found, problem)


def birth_date(text: str, *, today: date) -> Normalised[date]:
    """A :func:`calendar_day` on which somebody can have been born: not after ``today``, within a long life."""
    found = calendar_day(text)
    if found.value is not None and found.value > today:
        return Normalised(None, DATE_IN_FUTURE)
    if found.value is not None and found.value.year < today.year - OLDEST_PERSON_YEARS:
        return Normalised(None, DATE_TOO_OLD)
    return found


def moment(text: str) -> Normalised[datetime]:
    """A date and time of a cart, which is Japan's time without saying so."""
    if _PLAIN_MOMENT.fullmatch(text):
        try:
            return Normalised(datetime.fromisoformat(text).replace(tzinfo=TOKYO))
        except ValueError:
            pass  # the long way says what is wrong
    raw = clean_text(text)
    if not raw or is_placeholder(raw):
        return Normalised(None)
    (found, problem), rest = _split_date(raw)
    if found is None:
        return Normalised(None, problem)
    clock = _TIME.match(rest)
    if not clock:
        return Normalised(None, DATE_UNREADABLE)
    try:
        hour, minute, second = (int(part or 0) for part in clock.groups())
        at = datetime(found.year, found.month, found.day, hour, minute, second, tzinfo=TOKYO)
    except ValueError:
        return Normalised(None, DATE_IMPOSSIBLE)
    return Normalised(at)


# ---------------------------------------------------------------------------------------------------- fixed vocabulary

# JIS X 0401 (the numbers of ISO 3166-2:JP), in order.
# fmt: off
PREFECTURES: Final = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県",
    "栃木県", "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県",
    "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県",
    "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県",
    "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
)
# fmt: on
_BY_PREFECTURE_NAME = {name: name for name in PREFECTURES} | {name[:-1]: name for name in PREFECTURES[1:]}
_BY_PREFECTURE_CODE = {f"{n}": name for n, name in enumerate(PREFECTURES, 1)}


@functools.lru_cache(maxsize=4096)
def prefecture(code: str, name: str = "") -> Normalised[str]:
    """The prefecture's full name from its number («13», «JP-13») or its name («東京»).

    Where both are given and disagree, the name is taken, because that is what people read and correct, and the
    disagreement is reported with it.
    """
    number = clean_text(code).upper().removeprefix("JP-").lstrip("0")
    label = clean_text(name)
    by_code = _BY_PREFECTURE_CODE.get(number) or _BY_PREFECTURE_NAME.get(number)
    by_name = _BY_PREFECTURE_NAME.get(label)
    if (number and not by_code) or (label and not by_name):
        return Normalised(by_name or by_code, PREFECTURE_UNKNOWN)
    if by_code and by_name and by_code != by_name:
        return Normalised(by_name, CODE_AND_NAME_DISAGREE)
    return Normalised(by_name or by_code)


_YES = {"yes", "true", "1", "on", "y", "はい", "する", "希望する", "希望", "受け取る", "購読", "購読中", "可"}
_NO = {"no", "false", "0", "off", "n", "いいえ", "しない", "希望しない", "受け取らない", "非購読", "不可"}


def yes_or_no(text: str) -> bool | None:
    """True, False, or None where the cell says neither."""
    word = clean_text(text).lower()
    return True if word in _YES else False if word in _NO else None


# ------------------------------------------------------------------------------------------------------- spreadsheets

# OWASP "CSV injection": what makes a spreadsheet read a cell as a formula, full-width forms included.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_GUARDED_FORMULA = re.compile(r"'+(?:" + _FORMULA.pattern + ")")


def neutralise_formula(value: str) -> str:
    """For every CSV that leaves here: an apostrophe in front of what a spreadsheet would take for a formula.

    Undone exactly by :func:`strip_text_apostrophe`; a value that already looks guarded gets one more.
    """
    if _FORMULA.match(value) or _GUARDED_FORMULA.match(value):
        return "'" + value
    return value


def strip_text_apostrophe(value: str) -> str:
    """The cell without the apostrophe by which an exporter (Shopify) kept a spreadsheet from reading a formula."""
    return value[1:] if _GUARDED_FORMULA.match(value) else value


def words(text: str) -> Iterator[str]:
    """The words of a comma-separated cell («VIP, メガネ»)."""
    for part in re.split(r"[,、]", text):
        if word := clean_text(part):
            yield word
