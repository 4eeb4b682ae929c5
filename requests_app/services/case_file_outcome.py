"""Of a printed case file: what was decided, what came of it, how long it is kept, and everything in its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from consent_app.models import DataItem, Purpose

from .. import selectors
from ..domain.transitions import Event
from ..models import AnswerMail, Decision, DecisionProposal, DisclosureRequest, RequestEvent, TargetExtension
from ..selectors_case import posting
from . import retention, undo
from .case_file_words import Record, article, beside, by, file_words, ground, joined, moment, record
from .letters import withheld_words


def decisions(case: DisclosureRequest) -> Iterator[Record]:
    """What was proposed and decided, the oldest first, with article, ground and reason."""
    rows = case.proposals.select_related("proposed_by", "settled_by", "own_ground").order_by("proposed_at", "pk")
    for proposal in rows:
        yield record(
            f"{_('決定の提案')}{_('：')}{proposal.get_outcome_display()}",
            (_("状態"), proposal.get_state_display()),
            *_contents(case, proposal),
            (_("提案した人"), by(proposal.proposed_by, proposal.proposed_at)),
            (_("確かめた人"), by(proposal.settled_by, proposal.settled_at) if proposal.settled_at else ""),
            (_("差戻しの理由"), proposal.remark),
        )
    made = case.decisions.select_related("decided_by", "own_ground", "proposal__proposed_by")
    for decision in made.order_by("decided_at", "pk"):
        yield record(
            f"{_('決定')}{_('：')}{decision.get_outcome_display()}",
            (_("条文"), article(decision.article)),
            *_contents(case, decision),
            (_("決定した人"), by(decision.decided_by, decision.decided_at)),
            (_("差替え日時"), moment(decision.superseded_at)),
        )


def _contents(case: DisclosureRequest, row: Decision | DecisionProposal) -> Iterator[tuple[str, object]]:
    yield _("根拠"), ground(case.request_type, row.ground) if row.ground else ""
    yield _("プロフィールの理由"), row.own_ground
    withheld: list[DataItem | Purpose] = [*row.withheld_items.all(), *row.withheld_purposes.all()]
    yield _("応じないもの"), "\n".join(withheld_words(case.request_type, withheld, row.ground, row.part_grounds))
    yield _("代わりにとる措置"), row.measure
    yield _("理由・回答"), row.reason


def effects(case: DisclosureRequest) -> Iterator[Record]:
    """What the decisions did to the data."""
    done = undo.done_by(case)
    names = {item.code: item for item in DataItem.objects.all()}
    for change in done.changes:
        yield record(_("訂正"), (_("データ項目"), names.get(change.item, change.item)), (_("日時"), moment(change.at)))
    for stop in done.stops:
        yield record(
            stop.get_kind_display(),
            (_("利用目的"), stop.purpose or _("すべて")),
            (_("開始日時"), moment(stop.begins_at)),
            (_("終了日時"), moment(stop.ended_at)),
        )
    for erasure in done.erasures:
        yield record(_("消去"), (_("日時"), moment(erasure.erased_at)))


def sendings(case: DisclosureRequest) -> Iterator[Record]:
    """The answers and letters: what was made, how it went out, whether it was opened. No content, no passphrase."""
    for answer in case.answer_files.select_related("file", "decision").order_by("created_at"):
        yield record(
            answer.get_kind_display(),
            (_("ファイル"), beside(answer.file.name, file_words(answer.file))),
            (_("作成日時"), moment(answer.created_at)),
            (_("公開の期限"), moment(answer.expires_at)),
            (_("本人が開いた回数"), answer.download_count),
            (_("最初に開いた日時"), moment(answer.first_opened_at)),
            (_("差替え日時"), moment(answer.decision.superseded_at)),
        )
    mails = AnswerMail.objects.filter(decision__request=case).select_related("mail").order_by("created_at")
    for mail in mails:
        yield record(
            _("添付で送った回答"),
            (_("作成日時"), moment(mail.created_at)),
            (_("メール"), mail.mail.get_state_display() if mail.mail else ""),
            (_("パスフレーズを見た回数"), mail.shown_count),
            (_("終わった日時"), moment(mail.ended_at)),
        )
    for event in case.events.filter(kind=Event.POSTED).select_related("actor"):
        sent = posting(event)
        yield record(
            _("郵送"),
            (_("発送した日"), sent["on"]),
            (_("追跡番号"), sent["number"]),
            (_("記録した人"), by(event.actor, event.at)),
        )
    for notice in case.silence_notices.select_related("sent_by"):
        yield record(
            _("返答のお願い"),
            (_("段階"), notice.get_stage_display()),
            (_("方法"), _("メール") if notice.mail_id else _("手紙")),
            (_("返答を待つ最後の日"), notice.closes_on),
            (_("手紙を送った日"), notice.sent_on),
            (_("手紙を送った担当者"), notice.sent_by),
            (_("作成日時"), moment(notice.written_at)),
        )


def extensions(case: DisclosureRequest) -> Iterator[Record]:
    """How the internal target moved."""
    for row in case.extensions.select_related("extended_by"):
        yield record(
            f"{row.from_on} → {row.to_on}",
            (_("延ばす理由"), row.reason),
            (_("延ばした人"), by(row.extended_by, row.extended_at)),
        )


def keeping(case: DisclosureRequest) -> Iterator[Record]:
    """When what is kept of the case goes, and what holds that up."""
    for stage in retention.stages_of(case):
        left = stage["on"] if stage["left"] else _("消去済みか、ありません")
        yield record(stage["stage"].label, (_("消去する日"), left))
    for hold in case.holds.select_related("placed_by", "ended_by").order_by("placed_at"):
        yield record(
            f"{_('消去の保留')}{_('：')}{hold.get_kind_display()}",
            (_("理由"), hold.reason),
            (_("保留した人"), by(hold.placed_by, hold.placed_at)),
            (_("終えた理由"), hold.end_reason),
            (_("終えた人"), by(hold.ended_by, hold.ended_at) if hold.ended_at else ""),
        )


def timeline(case: DisclosureRequest) -> Iterator[Record]:
    """Everything that happened, the oldest first."""
    events = list(selectors.timeline(case, public_only=False))
    extended = selectors.extensions_of(case, events)
    yield record("", *((moment(event.at), _event(event, extended)) for event in events))


def _event(event: RequestEvent, extended: Mapping[int, TargetExtension]) -> str:
    data: Mapping[str, Any] = event.data
    moved = extended.get(event.pk)
    lines = (
        joined([event.label, str(event.actor) if event.actor else event.get_actor_kind_display()]),
        "" if event.public else _("本人には見えません"),
        f"{moved.from_on} → {moved.to_on}" if moved else "",
        f"{_('送った日・届いた日')}{_('：')}{data['on']}" if data.get("on") else "",
    )
    return "\n".join(line for line in lines if line)
