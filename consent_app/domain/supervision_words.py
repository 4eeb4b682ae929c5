"""What the duties towards a subcontractor are called, and what to do next, for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from .duties import Duty, Obstacle, State, Task

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DUTY_WORDS: dict[str, _StrPromise] = {
    Duty.SELECTION: _("選定"),
    Duty.AGREEMENT: _("契約"),
    Duty.ABROAD: _("外国への提供の根拠"),
    Duty.REVIEW: _("取扱状況の確認"),
    Duty.FINDINGS: _("見つかったことの改善"),
    Duty.REENTRUSTMENT: _("再委託の承認"),
}

STATE_WORDS: dict[str, _StrPromise] = {
    State.DONE: _("済み"),
    State.SOON: _("もうすぐ"),
    State.LATE: _("期限を過ぎた"),
    State.MISSING: _("まだ"),
    State.FAILED: _("できていない"),
}

# What to do next: by obstacle, else by duty.
OBSTACLE_STEPS: dict[str, _StrPromise] = {
    Obstacle.SELECTION_MISSING: _("質問に答えて、この会社に任せてよいかを決めてください。"),
    Obstacle.SELECTION_FAILED: _("この会社には任せられません。事情が変わったら、選定をやり直してください。"),
    Obstacle.AGREEMENT_MISSING: _("契約を結び、締結日を記録してください。"),
    Obstacle.AGREEMENT_INCOMPLETE: _("契約に足りない条項を加えるか、新しい契約を結んでください。"),
    Obstacle.AGREEMENT_NOT_BEGUN: _("契約の初日まで、データを渡せません。"),
    Obstacle.AGREEMENT_EXPIRED: _("契約を更新するか、新しい契約を結んでください。"),
    Obstacle.REVIEW_FAILED: _("改善を確かめて、もう一度確認するか、選定をやり直してください。"),
    Obstacle.REENTRUSTED_UNAPPROVED: _("承認するか、やめさせて、その日を記録してください。"),
    Obstacle.RECIPIENT_ABROAD: _("外国の委託先にデータを渡す根拠（法第28条）を記録してください。"),
    Obstacle.ABROAD_UNCHECKED: _("相当する措置が続いているかを確かめて、記録してください。"),
}
STEPS: dict[str, _StrPromise] = {
    Duty.SELECTION: _("事情が変わったら、選定をやり直してください。"),
    Duty.AGREEMENT: _("期限が来る前に、契約を更新してください。"),
    Duty.ABROAD: _("予定日までに、相当する措置が続いているかを確かめてください。"),
    Duty.REVIEW: _("予定日までに、取扱いの状況を確かめてください。"),
    Duty.FINDINGS: _("直ったことを確かめて、その日を記録してください。"),
    Duty.REENTRUSTMENT: _("承認するか断るかを決めてください。"),
}

# What the day of a task is.
DAY_WORDS: dict[str, _StrPromise] = {
    Duty.SELECTION: _("%(day)sに選定"),
    Duty.AGREEMENT: _("期限 %(day)s"),
    Duty.ABROAD: _("次の確認 %(day)s"),
    Duty.REVIEW: _("次の確認 %(day)s"),
    Duty.FINDINGS: _("期限 %(day)s"),
    Duty.REENTRUSTMENT: _("期限 %(day)s"),
}
OBSTACLE_DAY_WORDS: dict[str, _StrPromise] = {
    Obstacle.AGREEMENT_NOT_BEGUN: _("%(day)sから"),
    Obstacle.REVIEW_FAILED: _("%(day)sの確認"),
}


def day_words(task: Task) -> str:
    """The day of a task with what it is; empty where it has none."""
    if task.on is None:
        return ""
    if task.duty == Duty.ABROAD and task.state == State.FAILED:
        words = OBSTACLE_DAY_WORDS[Obstacle.REVIEW_FAILED]
    else:
        words = OBSTACLE_DAY_WORDS.get(task.obstacle or "", DAY_WORDS[task.duty])
    return words % {"day": task.on.isoformat()}
