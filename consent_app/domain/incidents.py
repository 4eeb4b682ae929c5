"""Incidents with personal data: must one be reported, by when, and with what (article 26, Rules 7 to 10).

Pure rules. What is not known yet never means "need not be reported": it is ``UNDECIDED``, and the clocks run as if it
were reportable until somebody has looked.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from privacy_portal.core.business_days import add_business_days

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Rule 7(iv): the data of more than this many persons.
MANY_PERSONS = 1000
# The Commission's guidelines (General, 3-5-3): "promptly" is about 3 to 5 days. Rule 8(2): 30 days, 60 for a wrongful
# purpose. The day on which any department came to know is day 1.
PRELIMINARY_AIM, PRELIMINARY_LIMIT = 3, 5
FINAL_DAYS, FINAL_DAYS_WRONGFUL = 30, 60


class Finding(StrEnum):
    """What has been found out about one question. Suspicion counts like certainty (Rule 7: おそれ)."""

    UNKNOWN = "unknown"
    NO = "no"
    SUSPECTED = "suspected"
    YES = "yes"


class Trigger(StrEnum):
    """The four cases of Rule 7."""

    SENSITIVE = "sensitive"
    PROPERTY = "property"
    WRONGFUL = "wrongful"
    MANY = "many"


class Reportability(StrEnum):
    """Whether the event is one that article 26(1) wants reported."""

    REPORTABLE = "reportable"
    UNDECIDED = "undecided"
    NOT_REPORTABLE = "not_reportable"


class ReportKind(StrEnum):
    """What was sent. ``COMPLETE`` is a first report that has everything, so that it is the final one as well."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    COMPLETE = "complete"
    SUPPLEMENT = "supplement"
    TO_ENTRUSTER = "to_entruster"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an incident.

    Args:
        sensitive: special care-required personal information is among the data (Rule 7(i)).
        property_damage: misuse of the data can lead to damage to property (ii).
        wrongful_purpose: it may have been done with a wrongful purpose (iii).
        encrypted: all the data was under strong encryption whose key is safe; only a plain yes exempts.
        persons: the largest number of persons that is possible (iv); None while nobody can say.
    """

    sensitive: Finding
    property_damage: Finding
    wrongful_purpose: Finding
    encrypted: Finding
    persons: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result, with the cases that make it so, and the questions that are still open."""

    result: Reportability
    triggers: tuple[Trigger, ...]
    unanswered: tuple[Trigger, ...]
    encrypted: bool = False


def judge(facts: Facts) -> Judgement:
    """Whether the event must be reported (Rule 7). The exemption for strong encryption applies to all four cases."""
    findings = {
        Trigger.SENSITIVE: facts.sensitive,
        Trigger.PROPERTY: facts.property_damage,
        Trigger.WRONGFUL: facts.wrongful_purpose,
        Trigger.MANY: _many(facts.persons),
    }
    triggers = tuple(one for one, found in findings.items() if found in (Finding.SUSPECTED, Finding.YES))
    unanswered = tuple(one for one, found in findings.items() if found is Finding.UNKNOWN)
    if facts.encrypted is Finding.YES:
        return Judgement(Reportability.NOT_REPORTABLE, triggers, unanswered, encrypted=True)
    if triggers:
        return Judgement(Reportability.REPORTABLE, triggers, unanswered)
    if unanswered:
        return Judgement(Reportability.UNDECIDED, triggers, unanswered)
    return Judgement(Reportability.NOT_REPORTABLE, triggers, unanswered)


def _many(persons: int | None) -> Finding:
    if persons is None:
        return Finding.UNKNOWN
    return Finding.YES if persons > MANY_PERSONS else Finding.NO


@dataclass(frozen=True, slots=True)
class Clocks:
    """The dates of one incident, all of them days in Japan.

    ``preliminary_aim`` is day 3 as the calendar has it. The two limits move to the next open day where they fall on a
    weekend, a holiday or 29 December to 3 January.
    """

    known_on: datetime.date
    preliminary_aim: datetime.date
    preliminary_due: datetime.date
    final_due: datetime.date
    final_days: int


def clocks(known_on: datetime.date, wrongful_purpose: Finding) -> Clocks:
    """When the reports are due; a suspected wrongful purpose gives 60 days, because Rule 7(iii) speaks of suspicion."""
    days = FINAL_DAYS_WRONGFUL if wrongful_purpose in (Finding.SUSPECTED, Finding.YES) else FINAL_DAYS
    return Clocks(
        known_on=known_on,
        preliminary_aim=nth_day(known_on, PRELIMINARY_AIM),
        preliminary_due=_open_day(nth_day(known_on, PRELIMINARY_LIMIT)),
        final_due=_open_day(nth_day(known_on, days)),
        final_days=days,
    )


def nth_day(first: datetime.date, number: int) -> datetime.date:
    """The day that is day ``number`` when ``first`` is day 1."""
    return first + datetime.timedelta(days=number - 1)


def day_number(first: datetime.date, today: datetime.date) -> int:
    """Which day today is when ``first`` is day 1; 0 and less before it."""
    return (today - first).days + 1


def _open_day(date: datetime.date) -> datetime.date:
    return add_business_days(date, 0)


@dataclass(frozen=True, slots=True)
class Item:
    """One of the nine items of a report (Rule 8(1)).

    ``person`` says whether the person is told of it too (Rule 10).
    """

    field: str
    article: str
    name: _StrPromise
    hint: _StrPromise
    person: bool = False


ITEMS: tuple[Item, ...] = (
    Item(
        "overview",
        "8(1)i",
        gettext_lazy("概要"),
        gettext_lazy("いつ、どこで、何が起きて、どのように見つかったか。"),
        person=True,
    ),
    Item(
        "data_involved",
        "8(1)ii",
        gettext_lazy("個人データの項目"),
        gettext_lazy("漏えいなどが起きた、またはそのおそれがあるデータの項目と、その媒体。"),
        person=True,
    ),
    Item("persons_text", "8(1)iii", gettext_lazy("本人の数"), gettext_lazy("わかっている数と、最大の見込み。")),
    Item("cause", "8(1)iv", gettext_lazy("原因"), gettext_lazy("わかっている原因。調べている点。"), person=True),
    Item(
        "damage",
        "8(1)v",
        gettext_lazy("二次被害またはそのおそれの有無と内容"),
        gettext_lazy("悪用などの有無。ないときも、そう判断したわけを書きます。"),
        person=True,
    ),
    Item(
        "response",
        "8(1)vi",
        gettext_lazy("本人への対応の実施状況"),
        gettext_lazy("だれに、いつ、どの方法で知らせたか。これからの予定。"),
    ),
    Item(
        "publication", "8(1)vii", gettext_lazy("公表の実施状況"), gettext_lazy("公表した日と方法。しないときはわけ。")
    ),
    Item(
        "prevention",
        "8(1)viii",
        gettext_lazy("再発防止のための措置"),
        gettext_lazy("済んだことと、これからすること（期限）。"),
    ),
    Item(
        "other",
        "8(1)ix",
        gettext_lazy("その他参考となる事項"),
        gettext_lazy("警察への届出、ほかの官公庁への報告など。なければ「なし」と書きます。"),
        person=True,
    ),
)
PERSON_ITEMS = tuple(item for item in ITEMS if item.person)


def refusal_to_report(kind: ReportKind, sent: Collection[ReportKind]) -> _StrPromise | None:
    """Why a report of this kind cannot follow those that were sent; None where it can.

    The final report follows a preliminary one; where the first report has everything, it is ``COMPLETE`` instead.
    """
    first = {ReportKind.PRELIMINARY, ReportKind.COMPLETE}
    last = {ReportKind.FINAL, ReportKind.COMPLETE}
    if kind in first and first & set(sent):
        return gettext_lazy("速報はもう記録されています。その後のことは、確報か追完で報告します。")
    if kind is ReportKind.FINAL and not first & set(sent):
        return gettext_lazy(
            "確報の前に速報の記録が要ります。最初の報告にすべての事項を書いたときは「速報と確報を兼ねる」を選びます。"
        )
    if kind is ReportKind.FINAL and last & set(sent):
        return gettext_lazy("確報はもう記録されています。その後にわかったことは、追完で報告します。")
    if kind is ReportKind.SUPPLEMENT and not last & set(sent):
        return gettext_lazy("追完は確報の後の報告です。確報を先に記録してください。")
    if kind is ReportKind.TO_ENTRUSTER and kind in sent:
        return gettext_lazy("委託元への通知はもう記録されています。")
    return None
