"""Is the person in this row somebody we know already?

A person is recognised by the same mail address; where neither side has one, by the same name with the same telephone
number or the same postal code. Joining two different people shows one of them the other's data, so every contradiction
wins over every likeness, and what is not certain stays apart and is reported for the manager to look at.

The mail address is what a person has to hold to see their data, and names and telephone numbers are no secret: if a row
with an address could join somebody by name, whoever orders under that name and number would put their own address on
the other's data, whichever of the two came first.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Generic, TypeVar

from .formats.rows import Person
from .normalise import address_key, name_key, same_address

K = TypeVar("K", bound=Hashable)


class Names(Enum):
    """How two names relate."""

    SAME = "same"
    # The given name agrees and the family name does not (marriage), or the readings agree and the kanji do not.
    ALIKE = "alike"
    # One side is missing or in another script without a reading: nothing follows from it.
    OPEN = "open"
    DIFFERENT = "different"


class Strength(IntEnum):
    """How well a candidate fits; the best one is taken if it is the only one."""

    NAME_AND_POSTAL_CODE = 1
    NAME_AND_TELEPHONE = 2
    EMAIL = 3
    EMAIL_AND_NAME = 4


class Known(Generic[K]):
    """What matching needs of a person. Keys are those of :mod:`.normalise`; empty means unknown.

    By what it has at once candidates are found; the rest is made when there is a candidate to compare with.
    """

    __slots__ = ("_address", "_given", "_kana", "birth_date", "email", "key", "name", "postal_code", "telephone")

    def __init__(self, key: K, person: Person) -> None:
        self.key = key
        self.name = name_key(person.family_name, person.given_name)
        self.email = person.email
        self.telephone = person.telephone
        self.postal_code = person.postal_code
        self.birth_date = person.birth_date
        self._given = person.given_name
        self._kana = person.family_kana, person.given_kana
        self._address = person.address1, person.address2

    @property
    def given(self) -> str:
        """Key of the given name."""
        return name_key(self._given)

    @property
    def kana(self) -> str:
        """Key of the reading."""
        return name_key(*self._kana)

    @property
    def address(self) -> str:
        """Key of the address."""
        return address_key(*self._address)


@dataclass(slots=True)
class Verdict(Generic[K]):
    """Whom to join with, if anybody; and who might be the same person for the manager to judge."""

    joined: K | None = None
    possible: list[K] = field(default_factory=list)


def _script(key: str) -> str:
    """ "kana", "latin" or "kanji" (anything with other letters)."""
    if all("ァ" <= char <= "ヿ" for char in key):
        return "kana"
    return "latin" if key.isascii() else "kanji"


def compare_names(one: Known[K], other: Known[K]) -> Names:
    """How the names of two people relate."""
    if not one.name or not other.name:
        return Names.OPEN
    if one.name == other.name:
        return Names.SAME
    scripts = _script(one.name), _script(other.name)
    readings = (
        one.name if scripts[0] == "kana" else one.kana,
        other.name if scripts[1] == "kana" else other.kana,
    )
    if scripts[0] != scripts[1]:
        if "latin" in scripts or not all(readings):
            return Names.OPEN
        return Names.SAME if readings[0] == readings[1] else Names.DIFFERENT
    if all(readings) and readings[0] == readings[1]:
        return Names.ALIKE
    if one.given and one.given == other.given:
        return Names.ALIKE
    return Names.DIFFERENT


def _differ(one: object, other: object) -> bool:
    return bool(one) and bool(other) and one != other


def fit(row: Known[K], known: Known[K]) -> Strength | bool:
    """How well two people fit.

    Returns:
        A strength if they are the same person; True if that is possible, not certain; False if nothing speaks for it.
    """
    names = compare_names(row, known)
    same_email = bool(row.email) and row.email == known.email
    same_telephone = bool(row.telephone) and row.telephone == known.telephone
    # By postal code only letter for letter: a reading instead of the name is too thin beside so wide a clue.
    same_postal_code = bool(row.postal_code) and row.postal_code == known.postal_code and row.name == known.name
    by_name = names is Names.SAME and (same_telephone or same_postal_code)
    if not (same_email or by_name):
        return False
    # A family shares a mail address, a telephone, a home: another given name or another birthday is another person.
    if names is Names.DIFFERENT or _differ(row.birth_date, known.birth_date):
        return True
    if same_email:
        return Strength.EMAIL_AND_NAME if names is Names.SAME else Strength.EMAIL
    if row.email or known.email:
        return True
    if same_telephone:
        return Strength.NAME_AND_TELEPHONE
    # A postal code covers many homes, and 佐藤太郎 is a common name.
    if row.address and known.address:
        return Strength.NAME_AND_POSTAL_CODE if same_address(row.address, known.address) else True
    return True if _differ(row.telephone, known.telephone) else Strength.NAME_AND_POSTAL_CODE


class Register(Generic[K]):
    """The people to compare with: those that a query found and those that came up meanwhile."""

    def __init__(self, people: Iterable[Known[K]] = ()) -> None:
        self._people: dict[K, Known[K]] = {}
        self._by: dict[tuple[str, ...], set[K]] = {}
        for known in people:
            self.add(known)

    @staticmethod
    def _clues(known: Known[K]) -> Iterable[tuple[str, ...]]:
        if known.email:
            yield ("email", known.email)
        # The name is compared afterwards: it may be written in kana on one side.
        if known.telephone:
            yield ("telephone", known.telephone)
        if known.postal_code and known.name:
            yield ("postal_code", known.postal_code, known.name)

    def add(self, known: Known[K]) -> None:
        """Add somebody, or what became known about somebody since."""
        if old := self._people.get(known.key):
            for clue in self._clues(old):
                self._by[clue].discard(known.key)
        self._people[known.key] = known
        for clue in self._clues(known):
            self._by.setdefault(clue, set()).add(known.key)

    def judge(self, row: Known[K]) -> Verdict[K]:
        """Compare a row with everybody who shares a clue with it."""
        found: dict[K, Strength | bool] = {}
        for clue in self._clues(row):
            for key in self._by.get(clue, ()):
                if key not in found:
                    found[key] = fit(row, self._people[key])
        certain = {key: strength for key, strength in found.items() if isinstance(strength, Strength)}
        possible = [key for key, strength in found.items() if strength is True]
        if not certain:
            return Verdict(None, possible)
        best = max(certain.values())
        fitting = [key for key, strength in certain.items() if strength == best]
        if len(fitting) > 1:
            return Verdict(None, possible + list(certain))
        return Verdict(fitting[0], possible + [key for key in certain if key != fitting[0]])
