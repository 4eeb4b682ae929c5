"""What an announcement of a joint use needs, and how it may change."""

import datetime
from dataclasses import replace

import pytest

from consent_app.domain.joint_use import (
    Change,
    Fixed,
    Gap,
    Matters,
    VersionDates,
    coming_numbers,
    current_number,
    earliest_effect,
    fixed_parts_changed,
    kind_of_change,
    missing,
)
from consent_app.domain.profile_reader import Text

FULL = Matters(
    name=Text("共同利用", "Joint use"),
    items=frozenset({"name", "email"}),
    users=Text("グループ各社", "Our group"),
    purposes=frozenset({"news"}),
    purpose_texts=frozenset({Text("お知らせ", "News")}),
    responsible_name=Text("例の店", "Example Shop"),
    responsible_address=Text("東京都", "Tokyo"),
    responsible_representative=Text("例野", "Reino"),
)
TODAY = datetime.date(2026, 11, 22)


def day(days: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=days)


def test_nothing_is_missing_from_a_complete_one() -> None:
    assert missing(FULL) == ()


def test_everything_is_missing_from_an_empty_one() -> None:
    assert missing(Matters()) == tuple(Gap)


@pytest.mark.parametrize(
    ("without", "gaps"),
    [
        ({"items": frozenset()}, (Gap.ITEMS,)),
        ({"purposes": frozenset()}, (Gap.PURPOSES,)),
        ({"users": Text("グループ各社", "")}, (Gap.USERS_EN,)),
        ({"users": Text(" ", "Our group")}, (Gap.USERS_JA,)),
        ({"name": Text()}, (Gap.NAME_JA, Gap.NAME_EN)),
        ({"responsible_name": Text("例の店", "")}, (Gap.RESPONSIBLE_NAME_EN,)),
        ({"responsible_address": Text()}, (Gap.RESPONSIBLE_ADDRESS_JA, Gap.RESPONSIBLE_ADDRESS_EN)),
        (
            {"responsible_representative": Text()},
            (Gap.RESPONSIBLE_REPRESENTATIVE_JA, Gap.RESPONSIBLE_REPRESENTATIVE_EN),
        ),
        ({"responsible_representative": Text(), "responsible_is_person": True}, ()),
    ],
)
def test_exactly_what_is_missing_is_named(without: dict[str, object], gaps: tuple[Gap, ...]) -> None:
    assert missing(replace(FULL, **without)) == gaps  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "same_party", "kind"),
    [
        ({"purposes": frozenset({"ads"})}, True, Change.BEFOREHAND),
        ({"purpose_texts": frozenset({Text("広告", "Ads")})}, True, Change.BEFOREHAND),
        ({"responsible_name": Text("別の店", "Another Shop")}, False, Change.BEFOREHAND),
        ({"responsible_name": Text("新・例の店", "New Example Shop")}, True, Change.WITHOUT_DELAY),
        ({"responsible_is_person": True}, True, Change.BEFOREHAND),
        ({"responsible_address": Text("大阪府", "Osaka")}, False, Change.WITHOUT_DELAY),
        ({"responsible_representative": Text("例川", "Reikawa")}, False, Change.WITHOUT_DELAY),
        ({"name": Text("別の名", "Other name")}, False, Change.WITHOUT_DELAY),
        (
            {"responsible_address": Text("大阪府", "Osaka"), "purposes": frozenset({"ads"})},
            True,
            Change.BEFOREHAND,
        ),
    ],
)
def test_how_a_change_is_announced(changed: dict[str, object], same_party: bool, kind: Change) -> None:
    assert kind_of_change(FULL, replace(FULL, **changed), same_party=same_party) is kind  # type: ignore[arg-type]


def test_before_anything_is_in_effect_it_is_the_first() -> None:
    assert kind_of_change(None, FULL, same_party=True) is Change.FIRST


def test_items_and_scope_are_fixed() -> None:
    assert fixed_parts_changed(FULL, replace(FULL, purposes=frozenset())) == ()
    other = replace(FULL, items=frozenset({"name"}), users=Text("別のグループ", "Other group"))
    assert fixed_parts_changed(FULL, other) == (Fixed.ITEMS, Fixed.USERS)


@pytest.mark.parametrize(
    ("change", "notice", "days"),
    [
        (Change.FIRST, 14, 1),
        (Change.BEFOREHAND, 14, 14),
        (Change.BEFOREHAND, 0, 1),
        (Change.WITHOUT_DELAY, 14, 0),
    ],
)
def test_the_first_day_of_a_version(change: Change, notice: int, days: int) -> None:
    assert earliest_effect(change, today=TODAY, notice_days=notice) == day(days)


@pytest.mark.parametrize(
    ("days", "current", "coming"),
    [
        ([], None, ()),
        ([5], None, (1,)),
        ([0], 1, ()),
        ([-10, 14], 1, (2,)),
        # A later announcement overtakes the one before it, now or in time to come.
        ([-10, 14, 0], 3, ()),
        ([-10, 14, 7], 1, (3,)),
        ([-10, 7, 14], 1, (2, 3)),
        ([-10, 14, 14], 1, (3,)),
    ],
)
def test_never_two_on_one_day(days: list[int], current: int | None, coming: tuple[int, ...]) -> None:
    versions = [VersionDates(number, day(offset)) for number, offset in enumerate(days, start=1)]
    assert current_number(versions, day=TODAY) == current
    assert coming_numbers(versions, day=TODAY) == coming
