"""What a status and an event mean to the person, in words without any internal term."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Event, Note, Status
from ..models import DisclosureRequest


@dataclass(frozen=True)
class Stand:
    """Where a request stands: a short label for lists, one sentence, and what the operator does next."""

    label: str
    tone: str
    sentence: str
    ours: str = ""


def stand(request: DisclosureRequest) -> Stand:
    """The words for the request's status."""
    paper = request.answer_method == DisclosureRequest.AnswerMethod.PAPER
    match Status(request.status):
        case Status.RECEIVED:
            return Stand(
                _("受付済み"),
                "info",
                _("ご請求を受け付けました。"),
                _("ご登録の情報と照らし合わせて、ご本人であることを確かめます。"),
            )
        case Status.IDENTITY_REVIEW:
            return Stand(
                _("ご本人の確認中"),
                "info",
                _("ご本人であることを、担当者が確かめています。"),
                _("担当者が確かめ、必要なときはこのページとメールでおたずねします。"),
            )
        case Status.IDENTITY_WAITING:
            return Stand(
                _("ご返答待ち"),
                "warning",
                _("ご本人の確認のために、お願いしたいことがあります。"),
                _("書類やご返答が届いてから、続きを進めます。回答の目標日は、お待ちした日数だけ後になります。"),
            )
        case Status.WAITING:
            return Stand(
                _("ご返答待ち"),
                "warning",
                _("担当者からおたずねしたいことがあります。"),
                _("ご返答をいただいてから、続きを進めます。回答の目標日は、お待ちした日数だけ後になります。"),
            )
        case Status.FEE_WAITING:
            return Stand(
                _("手数料の手続き待ち"),
                "warning",
                _("この請求にお答えするには、手数料がかかります。"),
                _("お支払いを確認してから、回答の準備を進めます。回答の目標日は、お待ちした日数だけ後になります。"),
            )
        case Status.IN_REVIEW:
            return Stand(
                _("内容の確認中"),
                "info",
                _("ご本人であることを確かめました。回答する内容を確認しています。")
                if REQUEST_TYPES[request.request_type].needs_identity
                else _("担当者が内容を確認しています。"),
                _("お持ちしている情報を調べ、回答の内容を決めます。"),
            )
        case Status.FULFILLING:
            return Stand(
                _("回答の準備中"),
                "info",
                _("回答の内容が決まりました。お渡しするものを用意しています。"),
                _ready(paper),
            )
        case Status.READY_TO_POST:
            return Stand(_("発送の準備中"), "info", _("回答の書面ができました。まもなく郵送します。"), _ready(paper))
        case Status.ANSWERED if paper:
            return Stand(_("回答済み"), "success", _("回答の書面を郵送しました。"))
        case Status.ANSWERED:
            return Stand(_("回答済み"), "success", _("回答の用意ができました。"))
        case Status.CLOSED if request.answered_at is None:
            return Stand(
                _("終了"),
                "neutral",
                _("お返事がなかったため、手続きを終了しました。同じ内容でも、いつでももう一度ご請求いただけます。"),
            )
        case Status.CLOSED:
            return Stand(_("終了"), "neutral", _("この請求の手続きは終わりました。"))
        case Status.WITHDRAWN:
            return Stand(_("取下げ"), "neutral", _("この請求は取り下げられました。"))


def _ready(paper: bool) -> str:
    if paper:
        return _("郵送したら、メールでお知らせします。")
    return _("用意ができたら、メールでお知らせします。")


def happened(kind: str) -> str:
    """An event of the timeline in the person's words; empty for one that has none and is left out."""
    words: dict[str, str] = {
        Note.RECEIVED: _("ご請求を受け付けました"),
        Note.TARGET_EXTENDED: _("回答の目標日が変わりました"),
        Note.REMINDED: _("お手続きをお願いするメールをお送りしました"),
        Note.CLOSING_ANNOUNCED: _("お返事がないときは手続きを終了することを、メールでお知らせしました"),
        Note.MESSAGE_FROM_PERSON: _("メッセージをいただきました"),
        Note.MESSAGE_FROM_STAFF: _("担当者からメッセージをお送りしました"),
        Note.ANSWER_OPENED: _("回答を初めて開きました"),
        Event.IDENTITY_PASSED: _("ご本人であることを確かめました"),
        Event.IDENTITY_CONFIRMED: _("ご本人であることを確かめました"),
        Event.TAKEN_UP: _("担当者が内容の確認を始めました"),
        Event.IDENTITY_UNCLEAR: _("ご本人の確認を担当者が引き継ぎました"),
        Event.ASKED: _("担当者からおたずねしました"),
        Event.REPLIED: _("ご返答をいただきました"),
        Event.DOCUMENTS_ASKED: _("確認のための書類をお願いしました"),
        Event.DOCUMENTS_SENT: _("確認のための書類が届きました"),
        Note.DOCUMENTS_ADDED: _("確認のための書類が加わりました"),
        Event.CALL_ANNOUNCED: _("ご登録の電話番号で確認することをお知らせしました"),
        Event.CODE_ORDERED: _("ご登録の住所での確認をお願いしました"),
        Event.CODE_ACCEPTED: _("ご本人であることを確かめました"),
        Event.CODE_ENTERED: _("手紙のコードを受け取りました"),
        Event.CODE_ENDED: _("ご本人の確認を担当者が引き継ぎました"),
        Event.FEE_ASKED: _("手数料をお知らせしました"),
        Event.FEE_DECLINED: _("手数料を承諾しないため、請求を取り下げました"),
        Event.FEE_SETTLED: _("お支払いを確認しました"),
        Event.FEE_WAIVED: _("手数料はいただかないことになりました"),
        Event.FEE_CANCELLED: _("手数料のお知らせを取り消しました"),
        Note.FEE_ACCEPTED: _("手数料を承諾しました"),
        Note.PAYMENT_RECORDED: _("お支払いの記録が加わりました"),
        Note.REFUND_RECORDED: _("返金しました"),
        Event.DECIDED: _("回答の内容が決まりました"),
        Event.PREPARED_FOR_POST: _("回答の書面ができました"),
        Event.FULFILLED: _("回答の用意ができました"),
        Event.POSTED: _("回答の書面を郵送しました"),
        Event.SENT_ON_PAPER_INSTEAD: _("添付の代わりに、書面を郵送することになりました"),
        Note.ANSWER_TOO_LARGE: _("回答が大きく、メールに添付できませんでした。このページから開けます"),
        Note.ANSWER_MAILED_AGAIN: _("回答の添付ファイルを、新しいパスフレーズで送り直しました"),
        Note.PASSPHRASE_SHOWN: _("パスフレーズを初めて見ました"),
        Note.DOWNLOAD_INSTEAD: _("添付の代わりに、このページから開けるようになりました"),
        Event.REOPENED: _("内容をもう一度確認することになりました"),
        Event.IDENTITY_REOPENED: _("ご本人の確認からもう一度行うことになりました"),
        Event.CLOSED: _("手続きが終わりました"),
        Event.CLOSED_SILENT: _("お返事がないため、手続きを終了しました"),
        Event.WITHDRAWN: _("請求を取り下げました"),
    }
    return words.get(kind, "")
