"""The audit actions of requests."""

import datetime
import uuid

from django.utils.translation import gettext_lazy as _

from privacy_portal.core.audit_registry import register, words

from .domain.call_backs import Outcome
from .domain.instructions import Event as InstructionEvent
from .domain.instructions import Kind as InstructionKind
from .domain.instructions import Stage as InstructionStage
from .domain.request_types import REQUEST_TYPES
from .domain.requesters import Requester
from .domain.retention import Stage as RetentionStage
from .domain.silence import Stage
from .domain.transitions import Event, Status
from .models import Party

_GROUNDS = words(refusal.code for entry in REQUEST_TYPES.values() for refusal in entry.refusals)
_CHANNELS = words(("letter", "telephone", "counter", "email"))
_OUTCOMES = words(outcome for entry in REQUEST_TYPES.values() for outcome in entry.outcome_articles)

register("request.submitted", _("請求を受け付けた"), request_type=words(REQUEST_TYPES))
register("request.registered", _("届いた請求を登録した"), request_type=words(REQUEST_TYPES), channel=_CHANNELS)
register("received_file.added", _("届いた請求の原本を保管した"))
register(
    "request.corrected",
    _("登録の内容を直した"),
    fields=[words([*(field.name for field in Party._meta.fields), "channel", "arrived_on", "scan"])],
)
register(
    "request.type_corrected",
    _("請求の種類を直した"),
    from_type=words(REQUEST_TYPES),
    to_type=words(REQUEST_TYPES),
)
register("request.type_letter_opened", _("請求の種類を直したことの手紙を開いた"))
register("received_file.removed", _("まちがった写しを消した"))
register("received_file.opened", _("届いた請求の原本を開いた"))
register(
    "request.stage_erased",
    _("保存期間が過ぎた請求の資料を消去した"),
    stage=words(RetentionStage),
    number=int,
)
register("request.purged", _("保存期間が過ぎた請求を消去した"), files=int, payments=int)
register("request.held", _("請求の消去を保留した"), kind=words(["suit", "dispute", "authority", "other"]))
register("request.hold_ended", _("請求の消去の保留を終えた"))
register("account.forgotten", _("使われなくなったアカウントを消去した"), count=int)
register(
    "request.status_changed",
    _("請求の状態が変わった"),
    event=words(Event),
    from_status=words(Status),
    to_status=words(Status),
)
register("request.target_extended", _("社内の目標日を延ばした"), from_on=datetime.date, to_on=datetime.date)
register("request.reminded", _("本人に返答をお願いした"), stage=words(Stage))
register("request.limited", _("回数が多すぎるため、請求を受け付けなかった"))
register("request.denied", _("権限のない操作を拒んだ"))
register("case.printed", _("請求の記録を印刷した"))
register("request.viewed", _("請求の個人データを見た"))
register("identity.passed", _("登録情報との照合で本人と確認した"), level=int, customer=uuid.UUID)
register("identity.unclear", _("登録情報との照合で確認できず、担当者に回した"), level=int, candidates=int)
register("identity.confirmed", _("担当者が本人と確認した"), level=int, customer=uuid.UUID)
register("identity.reconsidered", _("本人確認をやり直すことにした"), customer=uuid.UUID)
register("identity.call_announced", _("登録された番号への電話を知らせた"), customer=uuid.UUID)
register("identity.number_shown", _("電話をかけるために登録された番号を見た"))
register("identity.called", _("登録された番号に電話した"), outcome=words(Outcome))
register("identity.call_matched", _("電話で本人と確かめた"), level=int, customer=uuid.UUID)
register("identity.call_ended", _("電話での確認を終えた"))
register("identity.seen_at_counter", _("窓口で書類を確かめた"), level=int, customer=uuid.UUID)
register("identity.code_ordered", _("郵便のコードでの確認を選んだ"), customer=uuid.UUID)
register("identity.code_printed", _("コードの手紙を印刷した"), customer=uuid.UUID)
register("identity.code_sent", _("コードの手紙を発送した"))
register("identity.code_accepted", _("郵便のコードが正しく入力された"), level=int, customer=uuid.UUID)
register("identity.code_refused", _("郵便のコードを拒んだ"))
register("identity.code_ended", _("郵便のコードが使えなくなった"))
register("evidence.carried_over", _("一緒に送られた請求の書類を写した"))
register("evidence.asked", _("確認のための書類をお願いした"), requester=words(Requester))
register("evidence.added", _("本人が書類の写しを選んだ"), pages=int)
register("evidence.removed", _("送られていない書類の写しを消去した"))
register("evidence.sent", _("本人が書類を送った"), count=int)
register("evidence.recorded", _("紙で届いた書類を記録した"), pages=int)
register("evidence.opened", _("確認書類の写しを見た"), page=int)
register("evidence.covered", _("確認書類の写しを塗りつぶした"), page=int)
register("evidence.judged", _("確認書類を判断した"), accepted=bool)
register("evidence.erased", _("確認書類の写しを消去した"))
register("evidence.mandate_opened", _("委任状の用紙を作った"))
register("decision.made", _("回答を決定した"), outcome=_OUTCOMES, ground=_GROUNDS, decision=uuid.UUID)
register("decision.proposed", _("決定を提案した"), outcome=_OUTCOMES, ground=_GROUNDS, proposal=uuid.UUID)
register("decision.approved", _("ほかの人が提案した決定を承認した"), proposal=uuid.UUID)
register("decision.returned", _("決定の提案を差し戻した"), proposal=uuid.UUID)
register("decision.proposal_stale", _("状況が変わったため、決定の提案を無効にした"), proposal=uuid.UUID)
register("fee.asked", _("手数料を知らせた"), fee=uuid.UUID)
register("fee.accepted", _("本人が手数料を承諾した"), fee=uuid.UUID)
register("fee.declined", _("本人が手数料を断った"), fee=uuid.UUID)
register("fee.waived", _("手数料を免除した"), fee=uuid.UUID)
register("fee.cancelled", _("手数料の知らせを取り消した"), fee=uuid.UUID)
register("fee.money_recorded", _("入金または返金を記録した"), kind=words(["payment", "refund", "correction"]))
register("fee.receipt_opened", _("領収書を開いた"))
register("change.examined", _("訂正の内容を調べて記録した"), accepted=bool)
register("change.taken_back", _("訂正した内容を元に戻した"))
register("decision.previewed", _("決定の通知書を下見した"))
register("message.written", _("メッセージを書いた"), from_person=bool)
register("message.letter_opened", _("質問の手紙を開いた"))
register("request.reminder_opened", _("返答をお願いする手紙を開いた"), stage=words(Stage))
register("message_file.added", _("メッセージにファイルを添付した"))
register("message_file.discarded", _("添付したファイルを送る前に取り除いた"))
register("message_file.opened", _("メッセージのファイルを開いた"))
register("draft.discarded", _("下書きを消した"))
register("draft.purged", _("古い下書きを消去した"), count=int)
register("answer.made", _("回答ファイルを作った"), kind=words(["letter", "package"]))
register("answer.mailed", _("回答を暗号化した添付で送ることにした"))
register("answer.passphrase_shown", _("ご本人が添付のパスフレーズを見た"))
register("answer.method_changed", _("回答の渡し方を変えた"), to=words(["download", "paper"]))
register("answer.code_requested", _("回答を開くコードを送った"))
register("answer.limited", _("回数が多すぎるため、回答を開くコードを受け付けなかった"))
register("answer.link_refused", _("期限切れか使用済みのリンクを拒んだ"))
register("answer.code_accepted", _("回答を開くコードが入力された"))
register("answer.code_refused", _("回答を開くコードを拒んだ"))
register("answer.downloaded", _("回答ファイルが開かれた"), kind=words(["letter", "package"]))
register("answer.opened_by_staff", _("担当者が回答ファイルを開いた"), kind=words(["letter", "package"]))
register("answer.erased", _("期限の過ぎた回答ファイルを消去した"))
register("request.assigned", _("担当者を決めた"), to=uuid.UUID)
register("view.saved", _("請求の一覧を保存した"), shared=bool)
register("view.deleted", _("保存した請求の一覧を消した"))
register("identity.candidates_viewed", _("本人確認の候補を見た"), count=int)
register("identity.gifts_linked", _("贈り先のデータを本人のものと判断した"), count=int)
register("identity.recipients_viewed", _("本人かもしれない贈り先を見た"), count=int)

register("instruction.created", _("指示を作った"), kind=words(InstructionKind))
register("instruction.changed", _("指示の状態が変わった"), event=words(InstructionEvent))
register("instruction.reminded", _("指示への返答を催促した"), stage=words(InstructionStage))
register("instruction.code_requested", _("指示を開くコードを送った"))
register("instruction.code_refused", _("指示を開くコードを拒んだ"))
register("instruction.limited", _("回数が多すぎるため、指示を開くコードを受け付けなかった"))
register("instruction.opened", _("宛先が指示の内容を見た"))
register("instruction_contact.saved", _("指示の送り先を登録または変更した"))
register("note.written", _("社内メモを書いた"))
register("finding.written", _("調べた結果を書いた"))
register("found.added", _("見つけたデータを回答に入れた"))
register("found.removed", _("見つけたデータを回答から取り除いた"))
register("found.opened", _("見つけたデータのファイルを開いた"))
register("found.erased", _("見つけたデータを消去した"))

register("registered.opened", _("ご本人が登録情報のページを開いた"))
register("registered.refused", _("照合できないため、登録情報のページを開かなかった"))
register("registered.limited", _("照合の回数が多すぎるため、登録情報のページを開かなかった"))
register("registered.viewed", _("ご本人が登録情報を見た"), page=words(["registered", "history", "change"]))
