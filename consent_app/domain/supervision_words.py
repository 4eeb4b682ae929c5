"""What the gate's reasons and the duties towards a subcontractor are called, for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from .duties import Duty, Obstacle, State, Task
from .gate import Reason

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

REASON_WORDS: dict[str, _StrPromise] = {
    Reason.PURPOSE_KNOWN: _("公表している利用目的"),
    Reason.CONSENT_GIVEN: _("本人が同意している"),
    Reason.ENTRUSTED: _("委託"),
    Reason.GIFT_SHIPPING: _("贈り物のお届け"),
    Reason.JOINT_USE: _("共同利用"),
    Reason.PERSON_UNKNOWN: _("登録のない人"),
    Reason.PERSON_WITHDRAWN: _("退会した人"),
    Reason.PURPOSE_UNKNOWN: _("登録のない利用目的"),
    Reason.PURPOSE_RETIRED: _("廃止した利用目的"),
    Reason.USE_SUSPENDED: _("利用を止めている人"),
    Reason.PURPOSE_SUSPENDED: _("この目的の利用を止めている人"),
    Reason.PROVISION_SUSPENDED: _("第三者への提供を止めている人"),
    Reason.CONSENT_MISSING: _("必要な同意がない"),
    Reason.CONSENT_WITHDRAWN: _("同意が取り下げられた"),
    Reason.CONSENT_EXPIRED: _("同意の期限が過ぎた"),
    Reason.CONSENT_OUTDATED: _("同意したときの文が、いまの内容と違う"),
    Reason.GIFT_SHIPPING_ONLY: _("贈り先のデータは、お届けだけに使える"),
    Reason.RECIPIENT_NOT_COVERED: _("同意がこの相手を含まない"),
    Reason.RECIPIENT_UNKNOWN: _("登録のない相手、または国が分からない相手"),
    Reason.RECIPIENT_ABROAD: _("外国にある相手で、渡す根拠がない"),
    Reason.ABROAD_UNCHECKED: _("外国の委託先の定期の確認ができていない"),
    Reason.SELECTION_MISSING: _("委託先を選定していない"),
    Reason.SELECTION_FAILED: _("選定で「選ばない」とした委託先"),
    Reason.AGREEMENT_MISSING: _("契約がない"),
    Reason.AGREEMENT_INCOMPLETE: _("契約に必要な条項が足りない"),
    Reason.AGREEMENT_NOT_BEGUN: _("契約がまだ始まっていない"),
    Reason.AGREEMENT_EXPIRED: _("契約の期限が過ぎた"),
    Reason.REVIEW_FAILED: _("確認で「任せられない」とした委託先"),
    Reason.REENTRUSTED_UNAPPROVED: _("承認していない再委託がある"),
    Reason.ITEMS_UNKNOWN: _("データ項目が選ばれていない"),
    Reason.ITEMS_NOT_COVERED: _("渡してよい項目に含まれない"),
    Reason.BASIS_UNKNOWN: _("登録のない提供の根拠"),
    Reason.NEEDS_JUDGEMENT: _("個別の判断が必要"),
    Reason.JOINT_USE_UNKNOWN: _("登録のない共同利用"),
    Reason.JOINT_USE_NOT_IN_FORCE: _("公表して始まっていない共同利用"),
    Reason.PURPOSE_NOT_COVERED: _("共同利用の目的に含まれない"),
}

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
