"""Giving data to others and getting it from them: grounds, what must be recorded, and how long.

Sources: APPI articles 27 to 30; Enforcement Rules 19 to 25; Cabinet Order 11; the Commission's guidelines on the duties
to confirm and to record (確認・記録義務編) for what needs no record although no article says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from .gate import Answer, Reason

CONSENT = "27(1)"
CONSENT_ABROAD = "28(1)"
EXCEPTIONS = ("27(1)i", "27(1)ii", "27(1)iii", "27(1)iv", "27(1)v", "27(1)vi", "27(1)vii")
ENTRUSTING = "27(5)i"
SUCCESSION = "27(5)ii"
JOINT_USE = "27(5)iii"
NO_THIRD_PARTY = (ENTRUSTING, SUCCESSION, JOINT_USE)
GROUNDS = (CONSENT, *EXCEPTIONS, *NO_THIRD_PARTY, CONSENT_ABROAD)


class Method(StrEnum):
    """How a record is made (Rules 19, 23 and 27)."""

    EACH = "each"
    BATCH = "batch"
    CONTRACT = "contract"


_YEARS = {Method.EACH: 3, Method.BATCH: 3, Method.CONTRACT: 1}

# What a manager settles by judging the case: an exception of article 27(1) needs no consent, ends with nobody's
# membership, and takes the place of article 28(1), which excepts the same cases.
_JUDGED = frozenset(
    {
        Reason.NEEDS_JUDGEMENT,
        Reason.CONSENT_MISSING,
        Reason.PERSON_WITHDRAWN,
        Reason.RECIPIENT_ABROAD,
    }
)
_JUDGED_NO_THIRD_PARTY = frozenset({Reason.NEEDS_JUDGEMENT, Reason.CONSENT_MISSING})
STOPS = frozenset({Reason.USE_SUSPENDED, Reason.PURPOSE_SUSPENDED, Reason.PROVISION_SUSPENDED})


def grounds_of(*, article: str, statutory: bool, requires: Iterable[str]) -> tuple[str, ...]:
    """The articles one of which must carry a provision in this case of the policy, in the order of the law.

    A case that is no exception in the law is carried by one of those that it names instead, never by itself. What
    identifies nobody (2(1)) is no provision of personal data, so there is nothing to record.
    """
    named = {article} if statutory else set(requires)
    if CONSENT in named:
        named.add(CONSENT_ABROAD)
    return tuple(ground for ground in GROUNDS if ground in named)


def needs_record(ground: str) -> bool:
    """Whether articles 29(1) and 30(3) ask for a record.

    They do where data goes to a third party by consent, and where it went without any ground. They do not in the cases
    of 27(1)i to vii and 27(5)i to iii. Entrusting abroad by consent is a case of 28(1), which is recorded.
    """
    return ground not in EXCEPTIONS and ground not in NO_THIRD_PARTY


def remaining(answer: Answer, *, ground: str, despite_stop: bool = False) -> tuple[Reason, ...]:
    """What of the gate's refusal a judgement on this ground leaves standing; empty means that it may be done.

    Args:
        ground: the article that the manager chose and gave evidence for.
        despite_stop: the manager has decided that this exception of article 27(1) goes before a stop of use or of
            provision: a warrant is not held up by it, nor is somebody's life.
    """
    if answer.allowed:
        return ()
    settled: frozenset[Reason] = frozenset()
    if ground in EXCEPTIONS:
        settled = _JUDGED | STOPS if despite_stop else _JUDGED
    elif ground == SUCCESSION:
        settled = _JUDGED_NO_THIRD_PARTY
    return tuple(reason for reason in answer.reasons if reason not in settled)


def keep_until(*, method: str, recorded_on: date, last_on: date) -> date:
    """The last day on which a record must still be there (Rules 21, 25 and 29).

    Args:
        method: a value of :class:`Method`.
        recorded_on: when the record was made; three years count from it where each provision is recorded by itself.
        last_on: the last provision that the record speaks of. From it count three years for records made in one for
            many provisions, and one year where the contract serves as the record.

    Raises:
        ValueError: no such method.
    """
    kind = Method(method)
    first = recorded_on if kind is Method.EACH else last_on
    return years_after(max(first, last_on), _YEARS[kind])


def years_after(day: date, years: int) -> date:
    """The same day so many years later; where February has no 29th, the 28th (Civil Code 143(2))."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


class Withheld(StrEnum):
    """Why a record is outside the right to disclosure: that it exists must not be known (Cabinet Order 11)."""

    HARM = "harm"
    CRIME = "crime"
    SECURITY = "security"
    INVESTIGATION = "investigation"


WITHHELD_WORDS: dict[str, Any] = {
    Withheld.HARM: _("知られると、人の生命、身体、財産に危害が及ぶおそれがある（施行令第11条第1号）"),
    Withheld.CRIME: _("知られると、違法または不当な行為を助けるおそれがある（施行令第11条第2号）"),
    Withheld.SECURITY: _("知られると、国の安全や、ほかの国との関係を害するおそれがある（施行令第11条第3号）"),
    Withheld.INVESTIGATION: _("知られると、犯罪の予防や捜査などに支障が出るおそれがある（施行令第11条第4号）"),
}

METHOD_WORDS: dict[str, Any] = {
    Method.EACH: _("提供のたびに記録する（3年保存）"),
    Method.BATCH: _("くり返す提供をまとめて記録する（最後の提供から3年保存）"),
    Method.CONTRACT: _("ご本人との契約書などを記録に代える（最後の提供から1年保存）"),
}


@dataclass(frozen=True, slots=True)
class Exemption:
    """A case without a duty to record: where it is written, and in plain words."""

    source: Any
    words: Any


_GUIDELINES = _("ガイドライン（確認・記録義務編）")
EXEMPTIONS = (
    Exemption(_("法第27条第1項各号"), _("法令に基づくとき、人の生命や財産を守るときなど、法律が定める例外による提供")),
    Exemption(
        _("法第27条第5項各号"), _("委託、事業の承継、共同利用にともなう提供（外国の相手に同意を得て渡すときを除く）")
    ),
    Exemption(_("法第16条第2項各号"), _("国の機関、地方公共団体、独立行政法人等などとのあいだの提供")),
    Exemption(_GUIDELINES, _("ご本人が自分で渡したとき（だれでも見られる場所への投稿など）")),
    Exemption(_GUIDELINES, _("ご本人に代わって渡したとき（ご本人の求めによる振込先や配送先への連絡など）")),
    Exemption(_GUIDELINES, _("ご本人の代理人や家族など、ご本人と一体とみられる人に渡したとき")),
    Exemption(_GUIDELINES, _("だれでも見られる形で公開されている情報を渡したとき")),
    Exemption(_GUIDELINES, _("受け取る側で、個人情報または個人データにあたらないとき（見せただけのときなど）")),
)


# What the gate cannot know of a day in the past: who was a customer then, and a consent that is kept on paper.
_PAST = frozenset({Reason.PERSON_WITHDRAWN})
_ON_PAPER = frozenset({Reason.CONSENT_MISSING})
NO_GROUND = "no_ground"


def concerns(
    answers: Iterable[Answer], *, ground: str, evidence: str, purpose: str, despite_stop: bool = False
) -> tuple[str, ...]:
    """What speaks against a provision that had been made before anybody asked. It is recorded all the same.

    Args:
        answers: the gate's, for the first and the last moment in which it may have been made.
        ground: the article that it rests on; empty where there was none.
        evidence: where the proof of the ground is; with it, a consent that the product does not know counts.
        purpose: code of the purpose whose consent is in the product; then that one must have covered it.
    """
    settled = set(_PAST)
    if ground in (CONSENT, CONSENT_ABROAD) and evidence and not purpose:
        settled |= _ON_PAPER
    if ground == CONSENT_ABROAD and evidence:
        settled.add(Reason.RECIPIENT_ABROAD)
    found = [] if ground else [NO_GROUND]
    for answer in answers:
        found += [
            reason for reason in remaining(answer, ground=ground, despite_stop=despite_stop) if reason not in settled
        ]
    return tuple(dict.fromkeys(map(str, found)))


def by_consent(ground: str, concerned: Iterable[str]) -> bool:
    """Whether a record may say that consent was had: it was the ground, and nothing speaks against it."""
    return ground in (CONSENT, CONSENT_ABROAD) and not list(concerned)


def said_to_the_person(ground: str, concerned: Iterable[str]) -> Any:
    """What the person is told a provision rested on. Never that they consented where that cannot be shown."""
    if by_consent(ground, concerned):
        return _("ご本人の同意を得て提供")
    if ground in EXCEPTIONS:
        return _("法律が定める例外による提供（法第27条第1項各号）")
    return {
        ENTRUSTING: _("扱いを任せるための提供（法第27条第5項第1号）"),
        SUCCESSION: _("事業の引き継ぎにともなう提供（法第27条第5項第2号）"),
        JOINT_USE: _("共同利用のための提供（法第27条第5項第3号）"),
    }.get(ground, _("同意を得たことを確かめられない提供"))
