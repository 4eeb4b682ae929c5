"""What the request types are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class RequestWords:
    """What a request type is called: plainly, and in the law."""

    plain: _StrPromise
    term: _StrPromise


REQUEST_WORDS: dict[str, RequestWords] = {
    "disclosure": RequestWords(gettext_lazy("自分について持っているデータを見る"), gettext_lazy("開示")),
    "purpose_notice": RequestWords(gettext_lazy("何のために使っているかを知る"), gettext_lazy("利用目的の通知")),
    "provision_records": RequestWords(gettext_lazy("だれに渡したかを知る"), gettext_lazy("第三者提供記録の開示")),
    "correction": RequestWords(gettext_lazy("まちがいを直す"), gettext_lazy("訂正")),
    "addition": RequestWords(gettext_lazy("足りないことを加える"), gettext_lazy("追加")),
    "deletion": RequestWords(gettext_lazy("まちがった内容を消す"), gettext_lazy("削除")),
    "stop_use": RequestWords(gettext_lazy("使うのをやめさせる"), gettext_lazy("利用停止")),
    "erasure": RequestWords(gettext_lazy("データを消させる"), gettext_lazy("消去")),
    "stop_provision": RequestWords(gettext_lazy("ほかへ渡すのをやめさせる"), gettext_lazy("第三者提供の停止")),
    "foreign_measures": RequestWords(
        gettext_lazy("外国の相手がどう守っているかを知る"), gettext_lazy("外国にある第三者の体制の情報")
    ),
    "complaint": RequestWords(gettext_lazy("苦情を伝える"), gettext_lazy("苦情")),
    "inquiry": RequestWords(gettext_lazy("質問する"), gettext_lazy("お問い合わせ")),
}

# How a request can be decided, in words. Which outcome exists for which type is the table's business.
OUTCOME_WORDS: dict[str, _StrPromise] = {
    "granted": gettext_lazy("請求のとおりにする"),
    "partly": gettext_lazy("一部だけ請求のとおりにする"),
    "alternative": gettext_lazy("代わりの措置をとる"),
    "refused": gettext_lazy("請求に応じない"),
    "no_such_data": gettext_lazy("該当する個人データがない"),
    "replied": gettext_lazy("回答する"),
    "not_valid": gettext_lazy("請求として扱えない"),
    "identity_not_confirmed": gettext_lazy("本人であることを確認できない"),
}
