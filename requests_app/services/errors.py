"""What can go wrong in a service, in words for the person or the member of staff who caused it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class RequestError(Exception):
    """A request cannot be changed in this way. ``message`` is for a page and holds no personal data."""

    message: "_StrPromise | str" = _("この操作はできません。")

    def __str__(self) -> str:
        return str(self.message)


class InvalidAnswers(RequestError):
    """Something in a form is missing or wrong; ``errors`` says for each field what and how to mend it."""

    message = _("入力に誤りがあります。")

    def __init__(self, errors: "Mapping[str, _StrPromise | str]") -> None:
        super().__init__()
        self.errors = dict(errors)


class TypeNotOffered(RequestError):
    """The operator does not take requests of this type here."""

    message = _("この種類の請求は、ここでは受け付けていません。")


class AddressNotProven(RequestError):
    """The session was not signed in by a mailed code, so nothing says that the mailbox is the person's."""

    message = _("メールのコードでログインしてから請求してください。")


class NotAllowed(RequestError):
    """The actor may not do this: not their request, no permission, or their own request as staff."""

    message = _("この操作をする権限がありません。")


class InvalidMessage(RequestError):
    """A message is empty, too long, or holds a My Number."""

    def __init__(self, message: "_StrPromise | str") -> None:
        super().__init__()
        self.message = message


class TooManyFiles(RequestError):
    """A message carries only so many files."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.message = gettext("ファイルは、1つのメッセージに%(most)sつまで添付できます。") % {"most": most}


class FilesChanged(RequestError):
    """What was chosen is not what the page showed: it was sent already, or taken back."""

    message = _("添付するファイルが、ほかの画面で送られたか、取り除かれました。いまの状態を確かめてください。")


class FileGone(RequestError):
    """The content of a file was erased."""

    message = _("このファイルは消去されています。")


class StillToDo(RequestError):
    """Data that staff found by hand is not changed or erased yet by whoever keeps it."""

    message = _("手作業で見つけたデータについての指示が、まだ済んでいません。「指示・メモ」で確かめてください。")


class ThreadClosed(RequestError):
    """The request has ended; nobody writes there any more."""

    message = _("この手続きは終わっています。新しい請求か、お問い合わせをご利用ください。")


class InvalidDecision(RequestError):
    """A decision lacks something that the law or the case demands; ``field`` names the form field."""

    def __init__(self, field: str, message: "_StrPromise | str") -> None:
        super().__init__()
        self.field = field
        self.message = message


class InvalidPosting(RequestError):
    """What was written down about sending an answer cannot be; ``field`` names the form field."""

    def __init__(self, field: str, message: "_StrPromise | str") -> None:
        super().__init__()
        self.field = field
        self.message = message


class NoAccount(RequestError):
    """The request came by letter or the like: the person has no page on which to read a message."""

    message = _("アカウントのない方には、ここからお知らせできません。手紙や電話で連絡してください。")


class AnswerGone(RequestError):
    """The files of a printed answer do not exist any more."""

    message = _("回答ファイルがもうありません。「もう一度確認する」で、回答を作り直してください。")


class NoteRequired(RequestError):
    """A judgement of staff is written down with its reason."""

    message = _("判断の理由を500文字以内で書いてください。マイナンバーは書かないでください。")


class TooLargeToMail(RequestError):
    """The answer's files are larger than a mail may be."""

    message = _("回答のファイルが大きすぎて、メールに添付できません。ダウンロードか書面に切り替えてください。")


class NoAddress(RequestError):
    """Nobody in the request stated an address to which paper could go."""

    message = _("住所が書かれていないので、書面では送れません。メッセージで住所をたずねてください。")


class ErasureNotSeen(RequestError):
    """What is to be erased is not what the person who decides has seen."""

    message = _("消去の対象が変わりました。もう一度確かめてから決定してください。")


class SecondLookNeeded(RequestError):
    """The operator wants a second person to look at such a decision."""

    message = _("この決定には、二人目の確認が必要です。内容を確かめて、提案してください。")


class NoSecondPerson(RequestError):
    """Nobody else may approve a decision, so that a proposal would wait for ever."""

    message = _(
        "この決定を確かめられる担当者が、ほかにいません。承認できる担当者を加えるか、"
        "管理者が「二人目の確認」の設定を見直してください。"
    )


class OwnProposal(NotAllowed):
    """Nobody looks a second time at what they proposed themselves."""

    message = _("自分の提案は、自分では承認も差戻しもできません。ほかの担当者が確かめます。")


class ProposalSettled(RequestError):
    """Somebody else was faster."""

    message = _("この提案は、もう確かめられたか、新しい提案に替わっています。")


class ProposalStale(RequestError):
    """The case is not as it was when the decision was proposed."""

    message = _("提案のあとで状況が変わったので、承認しませんでした。いまの状況を確かめて、もう一度提案してください。")


class InvalidRemark(RequestError):
    """A proposal is returned with a remark that the other person can work with."""

    message = _("差し戻す理由を1,000文字以内で書いてください。マイナンバーは書かないでください。")


class EvidenceRefused(RequestError):
    """Something about documents cannot be done; ``field`` names the form field, empty where it is none's."""

    def __init__(self, message: "_StrPromise | str", field: str = "") -> None:
        super().__init__()
        self.message = message
        self.field = field


class EvidenceMissing(RequestError):
    """Who it is, or that an agent may act, has not been shown: nobody is confirmed without it."""

    def __init__(self, names: "list[_StrPromise | str]") -> None:
        super().__init__()
        joined = _("、").join(map(str, names))
        self.message = _("次の書類をまだ確認していません：%(what)s。先に書類を確認してください。") % {"what": joined}


class CodeLetterRefused(RequestError):
    """No letter with a code can be ordered, printed or sent now."""

    def __init__(self, message: "_StrPromise | str") -> None:
        super().__init__()
        self.message = message


class MeansNotOffered(RequestError):
    """The operator does not check identity by this means."""

    message = _("プロフィールでは、この方法を使わないことにしています。")


class CallRefused(RequestError):
    """Nobody can be called now, or what was written down of a call cannot be; ``field`` names the form field."""

    def __init__(self, message: "_StrPromise | str", field: str = "") -> None:
        super().__init__()
        self.message = message
        self.field = field


class AddressMissing(RequestError):
    """The answer has to go to the person, and nobody knows where that is."""

    message = _(
        "回答はご本人に郵送しますが、ご本人の住所がわかりません。"
        "住所をたずねるか、回答の受け取りも頼まれた委任状をお願いしてください。"
    )
