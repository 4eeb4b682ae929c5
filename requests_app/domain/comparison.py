"""Does what somebody stated fit what is registered? Codes only, never values.

========================  =====================================================================================
fact                      result
========================  =====================================================================================
name                      equal: same after normalising (width, spaces, kana, variants of kanji), family and given
                          name in either order · different · not_held
kana                      equal · different · not_stated · not_held
telephone                 equal (E.164) · different · not_stated · not_held
address                   equal: the present one, or the one that the person says was registered earlier; only the
                          building or the room may be missing on one side (behind a whole block number such as 4-5-6),
                          and where both postal codes or both prefectures are known they must agree ·
                          moved: only the present one was stated and it differs · different: the one that should be
                          registered differs too · not_stated · not_held
birth_date                equal: the same day, western or of an era, in digits or kanji, in any width · different ·
                          not_stated · not_held
customer_number, order    equal: belongs to this customer · different: is unknown or belongs to another · not_stated
========================  =====================================================================================

The rule (level 2): the verified mail address is the registered one of exactly one person, the **name** is equal, and at
least one of **telephone** and **address** is equal. A telephone number that differs does not count against an equal
address, and a person who moved may still pass by telephone. It counts against: kana that differ, an address named as
the registered one that is not, another day of birth, a customer or order number of somebody else. Numbers and a day of
birth never count *for* somebody: numbers stand on parcels and can be counted up, birthdays are told to friends.
"""

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from consent_app.domain import normalise


class Result(enum.StrEnum):
    """How one fact compares."""

    EQUAL = "equal"
    DIFFERENT = "different"
    MOVED = "moved"
    NOT_STATED = "not_stated"
    NOT_HELD = "not_held"


class Verdict(enum.StrEnum):
    """What follows for the person. There is no "failed": whoever does not pass is looked at by the manager."""

    PASSED = "passed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Home:
    """An address; ``text`` from prefecture to building, in any spelling."""

    postal_code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One side of a comparison, each fact in any spelling.

    ``earlier`` is the address that the person says is the registered one.
    """

    family_name: str = ""
    given_name: str = ""
    family_kana: str = ""
    given_kana: str = ""
    telephone: str = ""
    home: Home = field(default_factory=Home)
    earlier: Home = field(default_factory=Home)
    customer_numbers: frozenset[str] = frozenset()
    order_numbers: frozenset[str] = frozenset()
    birth_date: str = ""


Findings = dict[str, Result]

_ENOUGH_WITH_NAME: Final = ("telephone", "address")
_AGAINST: Final = ("kana", "address", "birth_date", "customer_number", "order_number")


def compare(stated: Person, registered: Person) -> Findings:
    """Compare every fact. Pure; the two sides may be spelt differently."""
    return {
        "name": _names((stated.family_name, stated.given_name), (registered.family_name, registered.given_name)),
        "kana": _names((stated.family_kana, stated.given_kana), (registered.family_kana, registered.given_kana)),
        "telephone": _telephone(stated.telephone, registered.telephone),
        "address": _address(stated, registered.home),
        "birth_date": _birth_date(stated.birth_date, registered.birth_date),
        "customer_number": _number(stated.customer_numbers, registered.customer_numbers),
        "order_number": _number(stated.order_numbers, registered.order_numbers),
    }


def verdict(findings: Findings) -> Verdict:
    """The rule above, over the findings for the only person with the verified mail address."""
    against = any(findings.get(fact) == Result.DIFFERENT for fact in _AGAINST)
    enough = any(findings.get(fact) == Result.EQUAL for fact in _ENOUGH_WITH_NAME)
    if findings.get("name") == Result.EQUAL and enough and not against:
        return Verdict.PASSED
    return Verdict.UNCLEAR


def codes(findings: Findings) -> list[str]:
    """As they are kept: ``["name.equal", "telephone.different"]``."""
    return [f"{fact}.{result}" for fact, result in findings.items()]


def _names(stated: tuple[str, str], registered: tuple[str, str]) -> Result:
    one, other = (normalise.name_key(*parts) for parts in (stated, registered))
    if not one:
        return Result.NOT_STATED
    if not other:
        return Result.NOT_HELD
    # Shops abroad put the given name first, and some forms mix the two up.
    swapped = normalise.name_key(registered[1], registered[0])
    return Result.EQUAL if one in (other, swapped) else Result.DIFFERENT


def _telephone(stated: str, registered: str) -> Result:
    if not stated:
        return Result.NOT_STATED
    if not registered:
        return Result.NOT_HELD
    one, other = (normalise.telephone(number).value for number in (stated, registered))
    return Result.EQUAL if one is not None and one == other else Result.DIFFERENT


def _birth_date(stated: str, registered: str) -> Result:
    if not stated:
        return Result.NOT_STATED
    if not registered:
        return Result.NOT_HELD
    one, other = (normalise.calendar_day(day).value for day in (stated, registered))
    return Result.EQUAL if one is not None and one == other else Result.DIFFERENT


def _address(stated: Person, registered: Home) -> Result:
    if not stated.home.text and not stated.earlier.text:
        return Result.NOT_STATED
    if not normalise.address_key(registered.text):
        return Result.NOT_HELD
    if _same_home(stated.home, registered) or _same_home(stated.earlier, registered):
        return Result.EQUAL
    return Result.DIFFERENT if stated.earlier.text else Result.MOVED


def _same_home(one: Home, other: Home) -> bool:
    if contradict(one, other, postal_code_of) or contradict(one, other, prefecture_of):
        return False
    first, second = address_key(one.text), address_key(other.text)
    # Without a number it is a district, in which many people live.
    if not any(character.isdigit() for character in min(first, second, key=len)):
        return False
    return only_building_missing(first, second)


# A whole block number; in "…1条西" or "…123" more of it may follow that only the people who live there know.
_BLOCK_NUMBER = re.compile(r"\d-\d")
_NUMBER_GOES_ON = re.compile(r"[-\d条丁番号線区町村通地のノ之]")


def only_building_missing(one: str, other: str) -> bool:
    """Whether two address keys are one home. A mere beginning is not: it holds for a whole district."""
    short, long = sorted((one, other), key=len)
    if not long.startswith(short):
        return False
    rest = long[len(short) :]
    if not rest:
        return True
    cut_number = short[-1].isdigit() and _NUMBER_GOES_ON.match(rest)
    return bool(_BLOCK_NUMBER.search(short)) and not cut_number


def contradict(one: Home, other: Home, part: Callable[[Home], str]) -> bool:
    """Whether both addresses name a part, :func:`postal_code_of` or :func:`prefecture_of`, and not the same one."""
    first, second = part(one), part(other)
    return bool(first and second) and first != second


def postal_code_of(home: Home) -> str:
    """Seven digits; empty where none can be read."""
    return normalise.postal_code(home.postal_code).value or ""


def address_key(text: str) -> str:
    """What two spellings of an address have in common, without the prefecture."""
    return normalise.address_key(text).removeprefix(prefecture_of(Home("", text)))


def prefecture_of(home: Home) -> str:
    """The prefecture with which an address begins, as :func:`normalise.address_key` writes it; else empty."""
    key = normalise.address_key(home.text)
    return next((one for one in _PREFECTURE_KEYS if key.startswith(one)), "")


def _longest_first(keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=len, reverse=True)


# Carts keep the prefecture in a column of its own and people leave it out. Where both name one, it must be the same:
# 府中市 is in 東京都 and in 広島県.
_PREFECTURE_KEYS: Final = _longest_first(normalise.address_key(name) for name in normalise.PREFECTURES)


def number_key(text: str) -> str:
    """What two spellings of a customer or order number have in common: «#0b 000001» is 0B000001."""
    return normalise.clean_text(text).replace(" ", "").lstrip("#'").upper()


def _number(stated: frozenset[str], registered: frozenset[str]) -> Result:
    one, other = (frozenset(filter(None, map(number_key, numbers))) for numbers in (stated, registered))
    if not one:
        return Result.NOT_STATED
    return Result.EQUAL if one & other else Result.DIFFERENT
