"""The ways in which an answer can come, in the person's words: the form and the procedure page offer the same."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from ..models import DisclosureRequest
from ..services.intake import offered_methods

_Method = DisclosureRequest.AnswerMethod

WAYS: Final = {
    _Method.DOWNLOAD: _("このサイトからダウンロードする（電子ファイル）"),
    _Method.ATTACHMENT: _("暗号化した添付ファイルをメールで受け取る"),
    _Method.PAPER: _("書面を郵送で受け取る"),
    _Method.OTHER: _("その他の方法"),
}
CODE_NEEDED: Final = _("ダウンロードには、そのたびにメールで届くコードが必要です。ほかの人には開けません。")
ATTACHMENT_OPENED: Final = _(
    "添付ファイルは、AES-256のZIPを開けるソフト（7-Zipなど）で開きます。"
    "パスフレーズはメールには書かず、コードを入力したあとのページだけで見られます。"
)
_HELP: Final = {_Method.DOWNLOAD: CODE_NEEDED, _Method.ATTACHMENT: ATTACHMENT_OPENED}


def answer_ways() -> list[dict[str, Any]]:
    """Those that the operator offers, each with what has to be known of it (Rule 30)."""
    offered = offered_methods()
    return [{"label": label, "help": _HELP.get(way, "")} for way, label in WAYS.items() if way in offered]
