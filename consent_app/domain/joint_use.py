"""Joint use (共同利用): what must be announced before it begins, and how it may change afterwards.

Article 27(5)iii lets data be used jointly with others only where the fact, the items, the scope of the users, the
purposes and the responsible party were announced beforehand. Article 27(6) lets the purposes and the responsible party
be changed after another announcement, and wants a changed name, address or representative to be announced without
delay. Items and scope cannot be changed by an announcement at all: that takes the consent of the persons.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .profile_reader import Text

_NOTHING = Text()


@dataclass(frozen=True, slots=True)
class Matters:
    """The matters that article 27(5)iii wants announced.

    Args:
        items: codes of the data items.
        purposes: codes of the purposes.
        purpose_texts: what is told of them, in both languages: a purpose that reads otherwise is another purpose.
        responsible_is_person: an individual, who has no representative.
    """

    name: Text = _NOTHING
    items: frozenset[str] = frozenset()
    users: Text = _NOTHING
    purposes: frozenset[str] = frozenset()
    purpose_texts: frozenset[Text] = frozenset()
    responsible_name: Text = _NOTHING
    responsible_address: Text = _NOTHING
    responsible_representative: Text = _NOTHING
    responsible_is_person: bool = False


class Gap(StrEnum):
    """A matter that is missing, by the column or the relation that lacks it."""

    NAME_JA = "name_ja"
    NAME_EN = "name_en"
    ITEMS = "items"
    USERS_JA = "users_ja"
    USERS_EN = "users_en"
    PURPOSES = "purposes"
    RESPONSIBLE_NAME_JA = "responsible_name_ja"
    RESPONSIBLE_NAME_EN = "responsible_name_en"
    RESPONSIBLE_ADDRESS_JA = "responsible_address_ja"
    RESPONSIBLE_ADDRESS_EN = "responsible_address_en"
    RESPONSIBLE_REPRESENTATIVE_JA = "responsible_representative_ja"
    RESPONSIBLE_REPRESENTATIVE_EN = "responsible_representative_en"


def missing(matters: Matters) -> tuple[Gap, ...]:
    """What keeps a joint use from being announced, in the order of the form; empty where it is complete."""
    texts = {
        Gap.NAME_JA: matters.name.ja,
        Gap.NAME_EN: matters.name.en,
        Gap.USERS_JA: matters.users.ja,
        Gap.USERS_EN: matters.users.en,
        Gap.RESPONSIBLE_NAME_JA: matters.responsible_name.ja,
        Gap.RESPONSIBLE_NAME_EN: matters.responsible_name.en,
        Gap.RESPONSIBLE_ADDRESS_JA: matters.responsible_address.ja,
        Gap.RESPONSIBLE_ADDRESS_EN: matters.responsible_address.en,
    }
    if not matters.responsible_is_person:
        texts[Gap.RESPONSIBLE_REPRESENTATIVE_JA] = matters.responsible_representative.ja
        texts[Gap.RESPONSIBLE_REPRESENTATIVE_EN] = matters.responsible_representative.en
    found = {gap for gap, text in texts.items() if not text.strip()}
    if not matters.items:
        found.add(Gap.ITEMS)
    if not matters.purposes:
        found.add(Gap.PURPOSES)
    return tuple(gap for gap in Gap if gap in found)


class Change(StrEnum):
    """What a version is to the one in effect, and so when it may take effect (article 27(6))."""

    FIRST = "first"
    BEFOREHAND = "beforehand"
    WITHOUT_DELAY = "without_delay"


class Fixed(StrEnum):
    """What no announcement can change once it has been published."""

    ITEMS = "items"
    USERS = "users"


def fixed_parts_changed(before: Matters, after: Matters) -> tuple[Fixed, ...]:
    """The parts that differ although only the consent of the persons could change them."""
    found = []
    if before.items != after.items:
        found.append(Fixed.ITEMS)
    if before.users != after.users:
        found.append(Fixed.USERS)
    return tuple(found)


def kind_of_change(before: Matters | None, after: Matters, *, same_party: bool) -> Change:
    """How ``after`` has to be announced.

    Args:
        before: what is in effect; None where nothing has been in effect yet.
        same_party: staff say that a changed name is the new name of the same responsible party. Without that, another
            name is another party, which must be told of beforehand.
    """
    if before is None:
        return Change.FIRST
    purposes_changed = (before.purposes, before.purpose_texts) != (after.purposes, after.purpose_texts)
    another_name = before.responsible_name != after.responsible_name
    another_kind = before.responsible_is_person != after.responsible_is_person
    if purposes_changed or another_kind or (another_name and not same_party):
        return Change.BEFOREHAND
    return Change.WITHOUT_DELAY


def earliest_effect(change: Change, *, today: datetime.date, notice_days: int) -> datetime.date:
    """The first day on which a version that is published today may be in effect.

    The first announcement comes before the use, which is the next day at the earliest; the law names no number of days
    for a later change, so the operator's own notice period holds.
    """
    if change is Change.FIRST:
        return today + datetime.timedelta(days=1)
    if change is Change.BEFOREHAND:
        return today + datetime.timedelta(days=max(1, notice_days))
    return today


@dataclass(frozen=True, slots=True)
class VersionDates:
    """A published version as far as its time is concerned."""

    number: int
    effective_from: datetime.date


def current_number(versions: Iterable[VersionDates], *, day: datetime.date) -> int | None:
    """The number of the version in effect on a day: of those that have begun, the one published last.

    A version that was published later and begins earlier replaces what was announced before it, so that two are never
    in effect on one day.
    """
    return max((version.number for version in versions if version.effective_from <= day), default=None)


def coming_numbers(versions: Iterable[VersionDates], *, day: datetime.date) -> tuple[int, ...]:
    """The numbers of announced versions that will take effect, the next one first.

    One that a later version overtakes never will.
    """
    rows = list(versions)
    present = current_number(rows, day=day) or 0
    ahead = [row for row in rows if row.effective_from > day and row.number > present]
    lasting = [
        row
        for row in ahead
        if not any(other.number > row.number and other.effective_from <= row.effective_from for other in ahead)
    ]
    return tuple(row.number for row in sorted(lasting, key=lambda row: row.effective_from))
