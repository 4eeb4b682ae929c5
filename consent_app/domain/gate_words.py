"""What the gate's reasons say to staff."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from .gate import Reason
from .provisions import NO_GROUND

REASON_WORDS: dict[str, Any] = {
    Reason.PURPOSE_KNOWN: _("公表した利用目的です。"),
    Reason.CONSENT_GIVEN: _("ご本人が同意しています。"),
    Reason.ENTRUSTED: _("委託先に任せる仕事です。"),
    Reason.GIFT_SHIPPING: _("贈り先へのお届けです。"),
    Reason.JOINT_USE: _("公表した共同利用です。"),
    Reason.PERSON_UNKNOWN: _("そのお客さまはいません。"),
    Reason.PERSON_WITHDRAWN: _("退会したお客さまです。"),
    Reason.PURPOSE_UNKNOWN: _("その利用目的はありません。"),
    Reason.PURPOSE_RETIRED: _("いまは使っていない利用目的です。"),
    Reason.USE_SUSPENDED: _("利用の停止中です（法第35条）。"),
    Reason.PURPOSE_SUSPENDED: _("この利用目的での利用を停止中です（法第35条）。"),
    Reason.PROVISION_SUSPENDED: _("第三者への提供の停止中です（法第35条）。"),
    Reason.CONSENT_MISSING: _("ご本人の同意がありません（法第27条第1項）。"),
    Reason.CONSENT_WITHDRAWN: _("ご本人が同意を取り下げています。"),
    Reason.CONSENT_EXPIRED: _("同意の期限が切れています。"),
    Reason.GIFT_SHIPPING_ONLY: _("贈り先の情報は、お届けにしか使えません。"),
    Reason.RECIPIENT_NOT_COVERED: _("同意した提供先と違います。"),
    Reason.RECIPIENT_UNKNOWN: _("提供先がわからないか、いまの委託先ではありません。"),
    Reason.RECIPIENT_ABROAD: _("提供先が外国にあります（法第28条）。"),
    Reason.ITEMS_UNKNOWN: _("データ項目がわかりません。"),
    Reason.ITEMS_NOT_COVERED: _("認められたデータ項目の外にあるものが入っています。"),
    Reason.BASIS_UNKNOWN: _("ポリシーにない場合です。"),
    Reason.NEEDS_JUDGEMENT: _("法律上の根拠にあたるかを、担当者が判断する必要があります。"),
    Reason.CONSENT_OUTDATED: _("同意したときの文言が、いまの文言と違います。"),
    Reason.ABROAD_UNCHECKED: _("外国の委託先の定期の確認ができていません（施行規則第18条）。"),
    Reason.SELECTION_MISSING: _("委託先の選定が記録されていません。"),
    Reason.SELECTION_FAILED: _("委託先が選定の基準を満たしていません。"),
    Reason.AGREEMENT_MISSING: _("委託先との契約がありません。"),
    Reason.AGREEMENT_INCOMPLETE: _("委託先との契約に、足りない定めがあります。"),
    Reason.AGREEMENT_NOT_BEGUN: _("委託先との契約がまだ始まっていません。"),
    Reason.AGREEMENT_EXPIRED: _("委託先との契約が終わっています。"),
    Reason.REVIEW_FAILED: _("取扱状況の確認で「任せられない」とした委託先です。"),
    Reason.REENTRUSTED_UNAPPROVED: _("承認していない再委託があります。"),
    Reason.JOINT_USE_UNKNOWN: _("その共同利用はありません。"),
    Reason.JOINT_USE_NOT_IN_FORCE: _("共同利用が公表されていないか、終わっています。"),
    Reason.PURPOSE_NOT_COVERED: _("認められた利用目的の外にあります。"),
    Reason.OFF_PURPOSE_RECORDED: _("目的外の利用として、根拠が記録されています（法第18条）。"),
    Reason.TRACKER_PUBLISHED: _("公表した送信です。"),
    Reason.OFF_PURPOSE_UNRECORDED: _("目的外の利用の根拠が記録されていません（法第18条）。"),
    Reason.OFF_PURPOSE_OVER: _("記録された目的外の利用は終わっています。"),
    Reason.TRACKER_UNKNOWN: _("その送信は公表していません。"),
    Reason.ADVERTISING_REFUSED: _("ご本人が広告のための提供を断っています。"),
    Reason.REFERABLE_UNCONFIRMED: _("提供先がご本人の同意を得ていることを確かめていません（法第31条）。"),
    NO_GROUND: _("法律上の根拠がありません。"),
}


def reason_words(code: str) -> str:
    """A reason in words; one of an earlier version of the product is shown as it is."""
    return str(REASON_WORDS.get(code, code))
