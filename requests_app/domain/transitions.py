"""THE table of transitions: (status, event, actor) -> status.

Whatever is not in the table does not happen. Buttons, the timeline, the tests and the documentation read it.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where a request stands."""

    RECEIVED = "received", _("受付済み")
    IDENTITY_REVIEW = "identity_review", _("ご本人の確認中")
    IDENTITY_WAITING = "identity_waiting", _("ご返答待ち（ご本人の確認）")
    IN_REVIEW = "in_review", _("内容の確認中")
    WAITING = "waiting", _("ご返答待ち")
    FEE_WAITING = "fee_waiting", _("手数料の手続き待ち")
    FULFILLING = "fulfilling", _("回答の準備中")
    READY_TO_POST = "ready_to_post", _("発送待ち")
    ANSWERED = "answered", _("回答済み")
    CLOSED = "closed", _("終了")
    WITHDRAWN = "withdrawn", _("取下げ")


class Event(models.TextChoices):
    """What can happen to a request."""

    IDENTITY_PASSED = "identity_passed", _("ご本人であることを確認しました")
    TAKEN_UP = "taken_up", _("担当者が内容を確認します")
    IDENTITY_UNCLEAR = "identity_unclear", _("ご本人の確認を担当者が行います")
    IDENTITY_CONFIRMED = "identity_confirmed", _("担当者がご本人であることを確認しました")
    ASKED = "asked", _("ご質問をお送りしました")
    REPLIED = "replied", _("ご返答をいただきました")
    DOCUMENTS_ASKED = "documents_asked", _("確認のための書類をお願いしました")
    DOCUMENTS_SENT = "documents_sent", _("確認のための書類が届きました")
    CALL_ANNOUNCED = "call_announced", _("登録された電話番号に電話することをお知らせしました")
    CODE_ORDERED = "code_ordered", _("郵便のコードでの確認をお願いしました")
    CODE_ACCEPTED = "code_accepted", _("郵便のコードで、ご本人であることを確認しました")
    CODE_ENTERED = "code_entered", _("郵便のコードが正しく入力されました")
    CODE_ENDED = "code_ended", _("郵便のコードが使えなくなりました")
    FEE_ASKED = "fee_asked", _("手数料をお知らせしました")
    FEE_DECLINED = "fee_declined", _("手数料を承諾しないため、請求を取り下げました")
    FEE_SETTLED = "fee_settled", _("手数料のお支払いを確認しました")
    FEE_WAIVED = "fee_waived", _("手数料はいただかないことになりました")
    FEE_CANCELLED = "fee_cancelled", _("手数料のお知らせを取り消しました")
    DECIDED = "decided", _("回答の内容を決定しました")
    PREPARED_FOR_POST = "prepared_for_post", _("郵送の準備ができました")
    FULFILLED = "fulfilled", _("回答の用意ができました")
    POSTED = "posted", _("回答を郵送しました")
    SENT_ON_PAPER_INSTEAD = "sent_on_paper_instead", _("添付の代わりに、書面でお送りすることにしました")
    REOPENED = "reopened", _("内容をもう一度確認します")
    IDENTITY_REOPENED = "identity_reopened", _("ご本人の確認からもう一度行います")
    CLOSED = "closed", _("手続きを終了しました")
    CLOSED_SILENT = "closed_silent", _("返答がないため、手続きを終了しました")
    WITHDRAWN = "withdrawn", _("請求を取り下げました")


class Note(models.TextChoices):
    """What the timeline also shows, without a change of status."""

    RECEIVED = "received", _("請求を受け付けました")
    FEE_ACCEPTED = "fee_accepted", _("手数料を承諾していただきました")
    PAYMENT_RECORDED = "payment_recorded", _("お支払いを記録しました")
    REFUND_RECORDED = "refund_recorded", _("返金しました")
    DECISION_PROPOSED = "decision_proposed", _("決定を提案しました（二人目の確認待ち）")
    DECISION_RETURNED = "decision_returned", _("決定の提案を差し戻しました")
    PROPOSAL_STALE = "proposal_stale", _("状況が変わったため、決定の提案を無効にしました")
    CORRECTION_TAKEN_BACK = "correction_taken_back", _("訂正した内容を元に戻しました")
    TARGET_EXTENDED = "target_extended", _("社内の目標日を延ばしました")
    REMINDED = "reminded", _("返答をお願いする知らせを送りました")
    CLOSING_ANNOUNCED = "closing_announced", _("返答がなければ終了することを知らせました")
    DOCUMENTS_ADDED = "documents_added", _("確認のための書類が加わりました")
    MESSAGE_FROM_PERSON = "message_from_person", _("メッセージをいただきました")
    MESSAGE_FROM_STAFF = "message_from_staff", _("メッセージをお送りしました")
    CALLED = "called", _("登録された電話番号に電話しました")
    CALL_ENDED = "call_ended", _("電話での確認を終えました")
    SEEN_AT_COUNTER = "seen_at_counter", _("窓口で書類を確かめました")
    CORRECTED = "corrected", _("登録の内容を直しました")
    TYPE_CORRECTED = "type_corrected", _("請求の種類を直しました")
    ANSWER_OPENED = "answer_opened", _("回答を開きました")
    ANSWER_TOO_LARGE = "answer_too_large", _("回答が大きく、メールに添付できませんでした")
    ANSWER_MAILED_AGAIN = "answer_mailed_again", _("添付ファイルを、新しいパスフレーズで送り直しました")
    PASSPHRASE_SHOWN = "passphrase_shown", _("パスフレーズを初めて見ました")
    DOWNLOAD_INSTEAD = "download_instead", _("添付の代わりに、ダウンロードでお渡しすることにしました")


# Written into the timeline for staff alone.
INTERNAL_NOTES: frozenset[Note] = frozenset(
    {
        Note.DECISION_PROPOSED,
        Note.DECISION_RETURNED,
        Note.PROPOSAL_STALE,
        Note.CORRECTION_TAKEN_BACK,
        Note.CALLED,
        Note.CALL_ENDED,
        Note.SEEN_AT_COUNTER,
        Note.CORRECTED,
        Note.TYPE_CORRECTED,
    }
)


class Actor(models.TextChoices):
    """Who may cause an event."""

    PERSON = "person", _("ご本人")
    STAFF = "staff", _("担当者")
    WORKER = "worker", _("システム")


_S, _E, _A = Status, Event, Actor

TRANSITIONS: dict[tuple[Status, Event, Actor], Status] = {
    (_S.RECEIVED, _E.IDENTITY_PASSED, _A.WORKER): _S.IN_REVIEW,
    # A complaint or an inquiry shows and changes nothing of anybody's data, so nobody's identity is asked for.
    (_S.RECEIVED, _E.TAKEN_UP, _A.WORKER): _S.IN_REVIEW,
    (_S.RECEIVED, _E.IDENTITY_UNCLEAR, _A.WORKER): _S.IDENTITY_REVIEW,
    # An agent, and whoever asks for a type of the level of documents: known without looking at anything registered.
    (_S.RECEIVED, _E.DOCUMENTS_ASKED, _A.WORKER): _S.IDENTITY_WAITING,
    (_S.RECEIVED, _E.WITHDRAWN, _A.PERSON): _S.WITHDRAWN,
    (_S.IDENTITY_REVIEW, _E.IDENTITY_CONFIRMED, _A.STAFF): _S.IN_REVIEW,
    (_S.IDENTITY_REVIEW, _E.ASKED, _A.STAFF): _S.IDENTITY_WAITING,
    (_S.IDENTITY_REVIEW, _E.DOCUMENTS_ASKED, _A.STAFF): _S.IDENTITY_WAITING,
    # The outcome "identity not confirmed" is decided without ever having come to the review of the content.
    (_S.IDENTITY_REVIEW, _E.DECIDED, _A.STAFF): _S.FULFILLING,
    (_S.IDENTITY_REVIEW, _E.WITHDRAWN, _A.PERSON): _S.WITHDRAWN,
    (_S.IDENTITY_WAITING, _E.REPLIED, _A.PERSON): _S.IDENTITY_REVIEW,
    (_S.IDENTITY_WAITING, _E.DOCUMENTS_SENT, _A.PERSON): _S.IDENTITY_REVIEW,
    # They came by post or were shown at the counter.
    (_S.IDENTITY_WAITING, _E.DOCUMENTS_SENT, _A.STAFF): _S.IDENTITY_REVIEW,
    # What was registered as a right turned out to be a complaint or an inquiry (``services.type_corrections``).
    (_S.IDENTITY_REVIEW, _E.TAKEN_UP, _A.STAFF): _S.IN_REVIEW,
    (_S.IDENTITY_WAITING, _E.TAKEN_UP, _A.STAFF): _S.IN_REVIEW,
    # The operator has to call: its clock goes on.
    (_S.IDENTITY_REVIEW, _E.CALL_ANNOUNCED, _A.STAFF): _S.IDENTITY_REVIEW,
    (_S.IDENTITY_REVIEW, _E.CODE_ORDERED, _A.STAFF): _S.IDENTITY_WAITING,
    # The code is enough for the type, or staff go on with what else is needed (``services.post_codes``).
    (_S.IDENTITY_REVIEW, _E.CODE_ACCEPTED, _A.PERSON): _S.IN_REVIEW,
    (_S.IDENTITY_WAITING, _E.CODE_ACCEPTED, _A.PERSON): _S.IN_REVIEW,
    (_S.IDENTITY_REVIEW, _E.CODE_ACCEPTED, _A.STAFF): _S.IN_REVIEW,
    (_S.IDENTITY_WAITING, _E.CODE_ACCEPTED, _A.STAFF): _S.IN_REVIEW,
    (_S.IDENTITY_REVIEW, _E.CODE_ENTERED, _A.PERSON): _S.IDENTITY_REVIEW,
    (_S.IDENTITY_WAITING, _E.CODE_ENTERED, _A.PERSON): _S.IDENTITY_REVIEW,
    (_S.IDENTITY_REVIEW, _E.CODE_ENTERED, _A.STAFF): _S.IDENTITY_REVIEW,
    (_S.IDENTITY_WAITING, _E.CODE_ENTERED, _A.STAFF): _S.IDENTITY_REVIEW,
    (_S.IDENTITY_WAITING, _E.CODE_ENDED, _A.WORKER): _S.IDENTITY_REVIEW,
    (_S.IDENTITY_WAITING, _E.IDENTITY_CONFIRMED, _A.STAFF): _S.IN_REVIEW,
    (_S.IDENTITY_WAITING, _E.DECIDED, _A.STAFF): _S.FULFILLING,
    (_S.IDENTITY_WAITING, _E.WITHDRAWN, _A.PERSON): _S.WITHDRAWN,
    (_S.IN_REVIEW, _E.ASKED, _A.STAFF): _S.WAITING,
    (_S.IN_REVIEW, _E.DECIDED, _A.STAFF): _S.FULFILLING,
    (_S.IN_REVIEW, _E.WITHDRAWN, _A.PERSON): _S.WITHDRAWN,
    # The grounds of refusal have been looked at before: nobody pays for a refusal.
    (_S.IN_REVIEW, _E.FEE_ASKED, _A.STAFF): _S.FEE_WAITING,
    (_S.FEE_WAITING, _E.FEE_SETTLED, _A.STAFF): _S.IN_REVIEW,
    (_S.FEE_WAITING, _E.FEE_WAIVED, _A.STAFF): _S.IN_REVIEW,
    (_S.FEE_WAITING, _E.FEE_CANCELLED, _A.STAFF): _S.IN_REVIEW,
    (_S.FEE_WAITING, _E.FEE_DECLINED, _A.PERSON): _S.WITHDRAWN,
    # Who has no account says so by letter or telephone, and staff write that down (``services.fee_answers``).
    (_S.FEE_WAITING, _E.FEE_DECLINED, _A.STAFF): _S.WITHDRAWN,
    (_S.FEE_WAITING, _E.WITHDRAWN, _A.PERSON): _S.WITHDRAWN,
    # Staff see that they linked the wrong customer, before anything is disclosed.
    (_S.IN_REVIEW, _E.IDENTITY_REOPENED, _A.STAFF): _S.IDENTITY_REVIEW,
    (_S.WAITING, _E.REPLIED, _A.PERSON): _S.IN_REVIEW,
    (_S.WAITING, _E.DECIDED, _A.STAFF): _S.FULFILLING,
    (_S.WAITING, _E.WITHDRAWN, _A.PERSON): _S.WITHDRAWN,
    # Who has no account withdraws by letter or telephone, and staff write that down (``services.lifecycle``).
    (_S.RECEIVED, _E.WITHDRAWN, _A.STAFF): _S.WITHDRAWN,
    (_S.IDENTITY_REVIEW, _E.WITHDRAWN, _A.STAFF): _S.WITHDRAWN,
    (_S.IDENTITY_WAITING, _E.WITHDRAWN, _A.STAFF): _S.WITHDRAWN,
    (_S.IN_REVIEW, _E.WITHDRAWN, _A.STAFF): _S.WITHDRAWN,
    (_S.WAITING, _E.WITHDRAWN, _A.STAFF): _S.WITHDRAWN,
    (_S.FEE_WAITING, _E.WITHDRAWN, _A.STAFF): _S.WITHDRAWN,
    # Whoever has no account answers by letter or telephone, and staff write that down (``services.correspondence``).
    (_S.IDENTITY_WAITING, _E.REPLIED, _A.STAFF): _S.IDENTITY_REVIEW,
    (_S.WAITING, _E.REPLIED, _A.STAFF): _S.IN_REVIEW,
    (_S.FULFILLING, _E.FULFILLED, _A.WORKER): _S.ANSWERED,
    (_S.FULFILLING, _E.PREPARED_FOR_POST, _A.WORKER): _S.READY_TO_POST,
    (_S.READY_TO_POST, _E.POSTED, _A.STAFF): _S.ANSWERED,
    # An encrypted attachment did not arrive or cannot be opened.
    (_S.ANSWERED, _E.SENT_ON_PAPER_INSTEAD, _A.STAFF): _S.READY_TO_POST,
    (_S.READY_TO_POST, _E.REOPENED, _A.STAFF): _S.IN_REVIEW,
    (_S.ANSWERED, _E.REOPENED, _A.STAFF): _S.IN_REVIEW,
    # Where nobody was ever confirmed, a reopened request must not come to the review of the content by that way.
    (_S.READY_TO_POST, _E.IDENTITY_REOPENED, _A.STAFF): _S.IDENTITY_REVIEW,
    (_S.ANSWERED, _E.IDENTITY_REOPENED, _A.STAFF): _S.IDENTITY_REVIEW,
    (_S.ANSWERED, _E.CLOSED, _A.STAFF): _S.CLOSED,
    (_S.ANSWERED, _E.CLOSED, _A.WORKER): _S.CLOSED,
    # After reminders and a warning (services.silence); the person may ask again at any time.
    (_S.IDENTITY_WAITING, _E.CLOSED_SILENT, _A.WORKER): _S.CLOSED,
    (_S.WAITING, _E.CLOSED_SILENT, _A.WORKER): _S.CLOSED,
    (_S.FEE_WAITING, _E.CLOSED_SILENT, _A.WORKER): _S.CLOSED,
}

OPEN_STATUSES: frozenset[Status] = frozenset(_S) - {_S.ANSWERED, _S.CLOSED, _S.WITHDRAWN}
# The person owes an answer: the operator's clock stands still.
WAITING_FOR_PERSON: frozenset[Status] = frozenset({_S.IDENTITY_WAITING, _S.WAITING, _S.FEE_WAITING})
# Identity is not settled: nothing about the content can be decided or shown.
IDENTITY_STATUSES: frozenset[Status] = frozenset({_S.RECEIVED, _S.IDENTITY_REVIEW, _S.IDENTITY_WAITING})
ENDED_STATUSES: frozenset[Status] = frozenset({_S.CLOSED, _S.WITHDRAWN})


class TransitionRefused(Exception):
    """The table does not allow this event in this status for this actor.

    Mostly somebody was faster: another member of staff, the person, or the worker. ``message`` says so on a page.
    """

    message = _("ほかの操作で状態が変わりました。画面を読み直して、いまの状態を確かめてください。")

    def __init__(self, status: str, event: str, actor: str) -> None:
        super().__init__(f"{event} by {actor} is not possible in status {status}")
        self.status, self.event, self.actor = status, event, actor


def next_status(status: str, event: Event, actor: Actor) -> Status:
    """The status that follows.

    Raises:
        TransitionRefused: the table has no such row.
    """
    try:
        return TRANSITIONS[Status(status), event, actor]
    except KeyError:
        raise TransitionRefused(status, event, actor) from None


def possible_events(status: str, actor: Actor) -> frozenset[Event]:
    """What ``actor`` can cause in ``status``: the buttons to offer."""
    return frozenset(event for (at, event, who) in TRANSITIONS if at == status and who == actor)
