"""THE table of instructions: who may move one from which state to which, and what each kind says.

An instruction goes to somebody outside of the portal: a department or member of staff, a subcontractor (article 25), or
a recipient of provided data. Whatever is not in the table does not happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.business_days import add_business_days


class State(models.TextChoices):
    """Where an instruction stands."""

    DRAFTED = "drafted", _("未送信")
    SENT = "sent", _("送信済み")
    REMINDED = "reminded", _("催促済み")
    ESCALATED = "escalated", _("期限を過ぎて返答なし")
    ANSWERED = "answered", _("返答あり（確認待ち）")
    FAILED = "failed", _("できないとの返答")
    DONE = "done", _("完了")
    WITHDRAWN = "withdrawn", _("取下げ")


class Event(models.TextChoices):
    """What can happen to an instruction."""

    CREATED = "created", _("作成しました")
    SENT = "sent", _("送りました")
    REMINDED = "reminded", _("催促しました")
    ESCALATED = "escalated", _("返答がないことを管理者に知らせました")
    ANSWERED = "answered", _("返答がありました")
    DONE = "done", _("完了しました")
    FAILED = "failed", _("できないとの返答がありました")
    WITHDRAWN = "withdrawn", _("取り下げました")
    RECONSIDERED = "reconsidered", _("決定を見直していることを知らせました")


class By(models.TextChoices):
    """Who may cause an event."""

    STAFF = "staff", _("担当者")
    WORKER = "worker", _("システム")
    ADDRESSEE = "addressee", _("宛先")


_S, _E, _B = State, Event, By
_WAITING = (_S.SENT, _S.REMINDED, _S.ESCALATED)

TRANSITIONS: dict[tuple[State, Event, By], State] = {
    (_S.DRAFTED, _E.SENT, _B.STAFF): _S.SENT,
    # Only what a decision made and the register has an address for; everything else is sent by hand.
    (_S.DRAFTED, _E.SENT, _B.WORKER): _S.SENT,
    # Told by telephone or letter, and written down by staff.
    (_S.DRAFTED, _E.DONE, _B.STAFF): _S.DONE,
    (_S.DRAFTED, _E.WITHDRAWN, _B.STAFF): _S.WITHDRAWN,
    (_S.SENT, _E.REMINDED, _B.WORKER): _S.REMINDED,
    (_S.REMINDED, _E.REMINDED, _B.WORKER): _S.REMINDED,
    (_S.SENT, _E.ESCALATED, _B.WORKER): _S.ESCALATED,
    (_S.REMINDED, _E.ESCALATED, _B.WORKER): _S.ESCALATED,
    **{(state, _E.SENT, _B.STAFF): _S.SENT for state in (*_WAITING, _S.ANSWERED, _S.FAILED)},
    **{(state, _E.DONE, _B.STAFF): _S.DONE for state in (*_WAITING, _S.ANSWERED, _S.FAILED)},
    **{(state, _E.FAILED, _B.STAFF): _S.FAILED for state in (*_WAITING, _S.ANSWERED)},
    **{(state, _E.WITHDRAWN, _B.STAFF): _S.WITHDRAWN for state in (*_WAITING, _S.ANSWERED, _S.FAILED)},
    # The person took the request back, or it ended without a decision: nobody is asked about them any more.
    **{(state, _E.WITHDRAWN, _B.WORKER): _S.WITHDRAWN for state in (_S.DRAFTED, *_WAITING)},
    **{(state, _E.ANSWERED, _B.ADDRESSEE): _S.ANSWERED for state in _WAITING},
    **{(state, _E.DONE, _B.ADDRESSEE): _S.DONE for state in _WAITING},
    **{(state, _E.FAILED, _B.ADDRESSEE): _S.FAILED for state in _WAITING},
}

# The addressee owes something: the page takes an answer, the worker reminds.
WAITING: frozenset[State] = frozenset(_WAITING)
# Somebody of the operator has to do something.
FOR_STAFF: frozenset[State] = frozenset({_S.DRAFTED, _S.ESCALATED, _S.ANSWERED, _S.FAILED})
ENDED: frozenset[State] = frozenset({_S.DONE, _S.WITHDRAWN})
# Who was told hears that the decision behind it is looked at once more; the state stays (``Event.RECONSIDERED``).
TOLD: frozenset[State] = frozenset({*_WAITING, _S.ANSWERED, _S.FAILED, _S.DONE})
OUTSTANDING: frozenset[State] = frozenset(_S) - ENDED


class InstructionRefused(Exception):
    """The table does not allow this event in this state: mostly somebody was faster. ``message`` says so on a page."""

    message = _("ほかの操作で状態が変わりました。画面を読み直して、いまの状態を確かめてください。")

    def __init__(self, state: str, event: str, by: str) -> None:
        super().__init__(f"{event} by {by} is not possible in state {state}")


def next_state(state: str, event: Event, by: By) -> State:
    """The state that follows.

    Raises:
        InstructionRefused: the table has no such row.
    """
    try:
        return TRANSITIONS[State(state), event, by]
    except KeyError:
        raise InstructionRefused(state, event, by) from None


def possible(state: str, by: By) -> frozenset[Event]:
    """What ``by`` can cause in ``state``: the buttons to offer."""
    return frozenset(event for (at, event, who) in TRANSITIONS if at == state and who == by)


class AddresseeKind(models.TextChoices):
    """Who is addressed."""

    STAFF = "staff", _("社内の担当者・部署")
    SUBCONTRACTOR = "subcontractor", _("委託先")
    RECIPIENT = "recipient", _("提供先・共同利用の相手")


class Kind(models.TextChoices):
    """What is asked."""

    QUESTION = "question", _("質問")
    FORWARD = "forward", _("お問い合わせへの対応")
    CORRECT = "correct", _("訂正の指示")
    ERASE = "erase", _("消去の指示")
    STOP_USE = "stop_use", _("利用停止の指示")
    STOP_PROVISION = "stop_provision", _("第三者提供の停止の指示")
    NOTIFY_CORRECTION = "notify_correction", _("訂正のお知らせ")
    NOTIFY_ERASURE = "notify_erasure", _("消去のお知らせ")
    NOTIFY_STOP = "notify_stop", _("利用・提供の停止のお知らせ")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a kind says: whole texts, with ``{items}`` and ``{due_on}``.

    Args:
        ja: the text in Japanese.
        en: the text in English.
        days: business days until an answer is expected.
        asks: the addressee answers in words; otherwise with the day on which it was done.
        own_words: staff write the text; what stands here opens it.
    """

    ja: str
    en: str
    days: int
    asks: bool = False
    own_words: bool = False

    @property
    def outline(self) -> tuple[str, str]:
        """The texts in Japanese and English with a mark where something is filled in."""
        return (self.ja.format(items="…", due_on="…"), self.en.format(items="…", due_on="…"))


# One whole text for each kind and language. They carry what the addressee needs to act, and nothing of why the person
# asked, nor of the request's own words (articles 22, 23).
ENTRIES: dict[Kind, Entry] = {
    Kind.QUESTION: Entry(
        ja="次のことを調べて、{due_on}までにお答えください。",
        en="Please look into the following and answer by {due_on}.",
        days=5,
        asks=True,
        own_words=True,
    ),
    Kind.FORWARD: Entry(
        ja="次のお問い合わせへの対応をお願いします。対応した内容を{due_on}までにお知らせください。"
        "お渡しした個人データは、この対応のほかには使わないでください。",
        en="Please deal with the following inquiry and tell us by {due_on} what you have done. "
        "Use the personal data for this purpose only.",
        days=5,
        asks=True,
        own_words=True,
    ),
    Kind.CORRECT: Entry(
        ja="次の方のデータを、下の新しい内容に訂正し、済んだ日を{due_on}までにお知らせください。"
        "対象の項目：{items}。再委託先にあるデータも訂正してください。",
        en="Please correct the data of the person named below to the new content and tell us by {due_on} on which day "
        "it was done. Items: {items}. This includes the data held by your own subcontractors.",
        days=5,
    ),
    Kind.ERASE: Entry(
        ja="次の方のデータを消去し、済んだ日を{due_on}までにお知らせください。対象の項目：{items}。"
        "控えと再委託先にあるデータも含みます。法令により保存が必要なものがあるときは、「できません」を選び、"
        "その項目と保存期間をお書きください。",
        en="Please erase the data of the person named below and tell us by {due_on} on which day it was done. "
        "Items: {items}. This includes copies and the data held by your own subcontractors. If a law makes you keep "
        "something, choose that you could not and name the items and the period.",
        days=5,
    ),
    Kind.STOP_USE: Entry(
        ja="次の方のデータの利用を止め、止めた日を{due_on}までにお知らせください。対象の項目：{items}。",
        en="Please stop using the data of the person named below and tell us by {due_on} on which day you stopped. "
        "Items: {items}.",
        days=3,
    ),
    Kind.STOP_PROVISION: Entry(
        ja="次の方のデータを、当社の代わりに第三者へ渡すことを止め、止めた日を{due_on}までにお知らせください。"
        "対象の項目：{items}。",
        en="Please stop giving the data of the person named below to third parties on our behalf and tell us by "
        "{due_on} on which day you stopped. Items: {items}.",
        days=3,
    ),
    Kind.NOTIFY_CORRECTION: Entry(
        ja="以前に提供した次の方のデータに、訂正がありました。お手もとのデータを確かめ、対応の内容を{due_on}までに"
        "お知らせください。対象の項目：{items}。",
        en="Data of the person named below, which we provided to you earlier, has been corrected. Please check your "
        "own data and tell us by {due_on} what you have done. Items: {items}.",
        days=10,
    ),
    Kind.NOTIFY_ERASURE: Entry(
        ja="以前に提供した次の方のデータを、当社では消去しました。お手もとのデータの扱いを確かめ、対応の内容を{due_on}"
        "までにお知らせください。対象の項目：{items}。",
        en="We have erased data of the person named below, which we provided to you earlier. Please check how you "
        "handle your own data and tell us by {due_on} what you have done. Items: {items}.",
        days=10,
    ),
    Kind.NOTIFY_STOP: Entry(
        ja="次の方のデータの利用または提供を、当社では止めました。以前に提供したデータの扱いを確かめ、対応の内容を"
        "{due_on}までにお知らせください。対象の項目：{items}。",
        en="We have stopped using or providing the data of the person named below. Please check how you handle the "
        "data that we provided to you earlier and tell us by {due_on} what you have done. Items: {items}.",
        days=10,
    ),
}

# What staff may begin by hand for any addressee; forwarding has a page of its own, which asks the gate.
BY_HAND: tuple[Kind, ...] = tuple(kind for kind in Kind if kind != Kind.FORWARD)

# Effect of the table of request types -> what subcontractors are told, and what recipients of provisions are told.
FOLLOWING: dict[str, tuple[Kind, Kind]] = {
    "change": (Kind.CORRECT, Kind.NOTIFY_CORRECTION),
    "erase": (Kind.ERASE, Kind.NOTIFY_ERASURE),
    "stop_use": (Kind.STOP_USE, Kind.NOTIFY_STOP),
    "stop_provision": (Kind.STOP_PROVISION, Kind.NOTIFY_STOP),
}


def due_on(kind: str, today: date) -> date:
    """The day by which an answer is expected."""
    return add_business_days(today, ENTRIES[Kind(kind)].days)


def written_day(day: date, language: str) -> str:
    """The day as the texts name it."""
    return f"{day.year}年{day.month}月{day.day}日" if language == "ja" else f"{day.day} {day:%B %Y}"


def text_of(kind: str, language: str, *, items: list[str], day: date) -> str:
    """The whole standard text in the addressee's language."""
    entry = ENTRIES[Kind(kind)]
    ja = language == "ja"
    words = ("、" if ja else ", ").join(items) or ("お預けしたすべての項目" if ja else "everything entrusted to you")
    return (entry.ja if ja else entry.en).format(items=words, due_on=written_day(day, language))


class Stage(StrEnum):
    """What is due towards an addressee who has not answered."""

    BEFORE = "before"  # the last business day before the due date
    AFTER = "after"  # the due date has passed
    ESCALATE = "escalate"  # three business days later: the manager has to act


ESCALATED_AFTER = 3


def reached(sent_on: date, due: date, today: date) -> Stage | None:
    """The newest stage that has been reached; an earlier one that was missed is not made up for.

    Args:
        sent_on: nobody is reminded on the day of the mail itself.
    """
    if today > due:
        return Stage.ESCALATE if today > add_business_days(due, ESCALATED_AFTER) else Stage.AFTER
    if today > sent_on and add_business_days(today, 1) >= due:
        return Stage.BEFORE
    return None


def stage_words(stage: str) -> Any:
    """A stage for the history."""
    return {
        Stage.BEFORE: _("期限の前"),
        Stage.AFTER: _("期限の後"),
        Stage.ESCALATE: _("管理者へ"),
    }[Stage(stage)]
