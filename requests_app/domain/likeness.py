"""How near two persons are, for the manager who has to judge. It explains; it never lets anybody pass.

The worker's rule (:mod:`.comparison`) knows only equal and different. Whoever does not pass is looked at by staff, who
want to know whether «different» means a typing error, a new name after marriage, another member of the family, or
somebody else altogether.

===================  ==========================================================================================
fact                 near means
===================  ==========================================================================================
name                 ``other_family``: the given name is equal (marriage?) · ``other_given``: the family name is
                     equal (a member of the family?) · ``one_character`` of three or more differs
kana                 ``long_vowel``: only long vowels and ヂヅヲ are written otherwise · the three of the name
telephone            ``one_digit`` differs or is missing · ``swapped``: two neighbouring digits are exchanged
address              ``building``: only the building or the room differs · ``number``: another number in the same
                     district · ``one_character`` · ``postal_code``, ``prefecture``: everything else is equal
birth_date           ``day_and_month`` are exchanged · ``one_digit`` of year, month and day differs · ``swapped``: two
                     neighbouring digits are exchanged
===================  ==========================================================================================

Everything else is different. Reasons are codes without values, so that they can be shown and kept anywhere.
"""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consent_app.domain import normalise

from . import comparison
from .comparison import Home, Person, Result


class Reason(enum.StrEnum):
    """In what two spellings of one fact differ."""

    OTHER_FAMILY = "other_family"
    OTHER_GIVEN = "other_given"
    ONE_CHARACTER = "one_character"
    LONG_VOWEL = "long_vowel"
    ONE_DIGIT = "one_digit"
    SWAPPED = "swapped"
    BUILDING = "building"
    NUMBER = "number"
    POSTAL_CODE = "postal_code"
    PREFECTURE = "prefecture"
    DAY_AND_MONTH = "day_and_month"


# What each fact weighs out of a hundred: a name and a number belong to few people, a reading and a birthday to many.
WEIGHTS: Final[dict[str, int]] = {"name": 35, "telephone": 22, "address": 22, "birth_date": 12, "kana": 9}
# A near miss is worth less than half, so that no number of them looks like one that is equal.
NEAR_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of one candidate: how it compares and, where it is near, why."""

    fact: str
    result: Result
    near: Reason | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How one candidate compares; whose number was stated is told elsewhere.

    ``score`` is 0 to 100 over the facts that both sides have; None where there is nothing to compare.
    """

    lines: tuple[Line, ...]
    score: int | None


def likeness(stated: Person, registered: Person) -> Likeness:
    """Compare every weighed fact and say of those that differ how near they are. Pure."""
    findings = comparison.compare(stated, registered)
    lines = tuple(Line(fact, findings[fact], _near(fact, findings[fact], stated, registered)) for fact in WEIGHTS)
    return Likeness(lines, _score(lines))


def _score(lines: tuple[Line, ...]) -> int | None:
    weighed = [line for line in lines if line.result in (*_DIFFERS, Result.EQUAL)]
    if not weighed:
        return None
    got = sum(WEIGHTS[line.fact] * _share(line) for line in weighed)
    return round(100 * got / sum(WEIGHTS[line.fact] for line in weighed))


def _share(line: Line) -> float:
    if line.result == Result.EQUAL:
        return 1
    return NEAR_SHARE if line.near else 0


_DIFFERS: Final = (Result.DIFFERENT, Result.MOVED)


def _near(fact: str, result: Result, stated: Person, registered: Person) -> Reason | None:
    return _NEAR[fact](stated, registered) if result in _DIFFERS else None


def _near_name(stated: Person, registered: Person) -> Reason | None:
    return _near_words((stated.family_name, stated.given_name), (registered.family_name, registered.given_name))


def _near_kana(stated: Person, registered: Person) -> Reason | None:
    one = (stated.family_kana, stated.given_kana)
    other = (registered.family_kana, registered.given_kana)
    if _spoken(*one) == _spoken(*other):
        return Reason.LONG_VOWEL
    return _near_words(one, other)


def _near_words(one: tuple[str, str], other: tuple[str, str]) -> Reason | None:
    """Family and given name apart where both sides have them apart, then the whole by its characters."""
    (family, given), (other_family, other_given) = (tuple(map(normalise.name_key, pair)) for pair in (one, other))
    if all((family, given, other_family, other_given)):
        if given == other_given:
            return Reason.OTHER_FAMILY
        if family == other_family:
            return Reason.OTHER_GIVEN
    return Reason.ONE_CHARACTER if _one_apart(family + given, other_family + other_given, 3) else None


_VOWELS = {
    vowel: re.compile(f"(?<=[{row}])[{marks}]")
    for vowel, row, marks in (
        ("o", "オコソトノホモヨロヲゴゾドボポ", "ーウオ"),
        ("u", "ウクスツヌフムユルグズヅブプ", "ーウ"),
        ("e", "エケセテネヘメレゲゼデベペ", "ーイエ"),
    )
}
_ONE_SOUND = str.maketrans("ヂヅヲ", "ジズオ")


def _spoken(*parts: str) -> str:
    """The key of a reading without what is written in more than one way: オオノ, オーノ and オウノ are オノ."""
    key = normalise.name_key(*parts).translate(_ONE_SOUND)
    for long in _VOWELS.values():
        key = long.sub("", key)
    return key


def _near_telephone(stated: Person, registered: Person) -> Reason | None:
    one, other = (re.sub(r"\D", "", _e164(number)) for number in (stated.telephone, registered.telephone))
    if _swapped(one, other):
        return Reason.SWAPPED
    return Reason.ONE_DIGIT if _one_apart(one, other, 9) else None


def _near_birth_date(stated: Person, registered: Person) -> Reason | None:
    days = [normalise.calendar_day(person.birth_date).value for person in (stated, registered)]
    one, other = (day.strftime("%Y%m%d") if day else "" for day in days)
    if not one or not other:
        return None
    if one == other[:4] + other[6:] + other[4:6]:
        return Reason.DAY_AND_MONTH
    if _swapped(one, other):
        return Reason.SWAPPED
    return Reason.ONE_DIGIT if _one_apart(one, other, 8) else None


def _e164(number: str) -> str:
    """With the country code also where the number is none that is in use, as after a typing error."""
    found = normalise.telephone(number).value
    return found or re.sub(r"^0", "81", re.sub(r"\D", "", normalise.clean_text(number)))


def _near_address(stated: Person, registered: Person) -> Reason | None:
    homes = [home for home in (stated.home, stated.earlier) if home.text]
    found = [reason for home in homes if (reason := _near_home(home, registered.home))]
    return min(found, key=_NEAREST.index) if found else None


# The nearest first, where the present and the earlier address are near in different ways.
_NEAREST: Final = (Reason.POSTAL_CODE, Reason.PREFECTURE, Reason.BUILDING, Reason.ONE_CHARACTER, Reason.NUMBER)
# District, whole block number, and the rest.
_PARTS = re.compile(r"(?P<district>.*?\D)(?P<number>\d+(?:-\d+)*)(?P<rest>\D.*)?")


def _near_home(one: Home, other: Home) -> Reason | None:
    first, second = comparison.address_key(one.text), comparison.address_key(other.text)
    if comparison.contradict(one, other, comparison.prefecture_of):
        return Reason.PREFECTURE if comparison.only_building_missing(first, second) else None
    if first == second:
        return Reason.POSTAL_CODE if comparison.contradict(one, other, comparison.postal_code_of) else None
    mine, theirs = _PARTS.fullmatch(first), _PARTS.fullmatch(second)
    if mine and theirs and mine["district"] == theirs["district"]:
        return Reason.BUILDING if mine["number"] == theirs["number"] else Reason.NUMBER
    return Reason.ONE_CHARACTER if _one_apart(first, second, 6) else None


def _one_apart(one: str, other: str, at_least: int) -> bool:
    """Whether one character is another, missing, or too many; ``at_least`` characters on the shorter side."""
    short, long = sorted((one, other), key=len)
    if len(short) < at_least or len(long) - len(short) > 1 or short == long:
        return False
    same = next((place for place, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


def _swapped(one: str, other: str) -> bool:
    places = [place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]]
    if len(one) != len(other) or len(places) != 2:
        return False
    first, second = places
    return second == first + 1 and one[first] == other[second] and one[second] == other[first]


_NEAR: Final[dict[str, Callable[[Person, Person], Reason | None]]] = {
    "name": _near_name,
    "kana": _near_kana,
    "telephone": _near_telephone,
    "address": _near_address,
    "birth_date": _near_birth_date,
}
