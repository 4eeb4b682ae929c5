"""Calling back the registered number: what is asked, what can come of a call, and when the next one may be made."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.business_days import next_business_day

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_ATTEMPTS: Final = 3
# Whoever answers a telephone knows the name of the house; one more fact makes it the person.
LEAST_ASKED: Final = 2
# A call that nobody makes is given up, and another means chosen.
LIFETIME: Final = timedelta(days=14)
# Whoever took over a mailbox could put their own number there first, and be called on it.
SETTLED_AFTER: Final = timedelta(days=30)
FARTHEST: Final = timedelta(days=14)


class Outcome(models.TextChoices):
    """What came of a call."""

    CONFIRMED = "confirmed", _("本人が出て、たずねたことにすべて正しく答えた")
    NOT_MATCHED = "not_matched", _("出た人の答えが、登録と合わなかった")
    SOMEBODY_ELSE = "somebody_else", _("ほかの人が出た（用件は話さなかった）")
    NO_ANSWER = "no_answer", _("出なかった・つながらなかった")


class Fact(models.TextChoices):
    """What is asked on the telephone; never told by whoever calls."""

    NAME = "name", _("氏名")
    ADDRESS = "address", _("住所")
    BIRTH_DATE = "birth_date", _("生年月日")
    EMAIL = "email", _("メールアドレス")
    ORDER = "order", _("注文や問い合わせの時期と内容")
    NUMBER = "number", _("会員番号・注文番号")


# Somebody spoke as the person: only then anything was asked.
SPOKEN: Final = frozenset({Outcome.CONFIRMED, Outcome.NOT_MATCHED})


def problem(outcome: str, asked: Collection[str], matched: Collection[str]) -> tuple[str, _StrPromise] | None:
    """What is wrong with a record of a call: the field and the words; None for nothing."""
    if outcome not in Outcome.values:
        return "outcome", _("電話の結果を選んでください。")
    if not set(asked) <= set(Fact.values) or not set(matched) <= set(asked):
        return "matched", _("合っていたことは、たずねたことの中から選んでください。")
    if outcome not in SPOKEN:
        return ("asked", _("本人と話していないときは、たずねたことはありません。")) if asked else None
    if outcome == Outcome.NOT_MATCHED:
        return (
            None if asked and set(matched) < set(asked) else ("matched", _("合わなかったことが1つ以上あるはずです。"))
        )
    if Fact.NAME not in asked or len(set(asked)) < LEAST_ASKED:
        return "asked", _("氏名と、ほかに1つ以上をたずねてください。")
    if set(matched) != set(asked):
        return "matched", _("合わなかったことがあるときは、本人と確かめたことにはできません。")
    return None


def next_day(today: date) -> date:
    """When to call again, if nothing else is chosen."""
    return next_business_day(today)


def may_be_next(day: date, today: date) -> bool:
    """Whether the next call can be on that day: not today once more, and not never."""
    return today < day <= today + FARTHEST


def masked(number: str) -> str:
    """A telephone number of which only the last two digits are to be read."""
    digits = sum(character.isdigit() for character in number)
    hidden = []
    for character in number:
        if character.isdigit():
            digits -= 1
        hidden.append("•" if character.isdigit() and digits >= 2 else character)
    return "".join(hidden)
