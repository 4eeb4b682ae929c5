"""Codes of a case in words, for staff: on its page and in its printed file."""

from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from consent_app.domain.written import written_postal_code, written_telephone

from .domain.request_types import REQUEST_TYPES
from .models import Correction, DisclosureRequest, Party

FACTS = {
    "email": _("メールアドレス"),
    "role": _("立場"),
    "name": _("氏名"),
    "kana": _("フリガナ"),
    "telephone": _("電話番号"),
    "address": _("住所"),
    "birth_date": _("生年月日"),
    "customer_number": _("会員番号"),
    "order_number": _("注文番号"),
}
RESULTS = {
    "equal": _("一致"),
    "different": _("不一致"),
    "moved": _("転居の可能性"),
    "not_stated": _("記入なし"),
    "not_held": _("登録なし"),
    "registered": _("登録あり"),
    "not_registered": _("登録なし"),
    "not_verified": _("確かめていない"),
    "several": _("複数の登録あり"),
    "agent": _("代理人"),
}
OTHERS = {
    "channel": _("受付方法"),
    "arrived_on": _("届いた日"),
    "scan_removed": _("写しを消した"),
    "request_type": _("請求の種類"),
    "wanted_note": _("本人の説明"),
}


def field_words(correction: Correction) -> str:
    """What was corrected, for the history."""
    kind, _dot, column = correction.field.partition(".")
    if correction.field.startswith("change_"):
        return str(_("変える内容（%(number)s）") % {"number": correction.field.removeprefix("change_")})
    if not column:
        return str(OTHERS.get(correction.field, correction.field))
    verbose = cast(Any, Party._meta.get_field(column)).verbose_name
    return f"{Party.Kind(kind).label}: {verbose}"


def value_words(correction: Correction, value: str | None) -> str:
    """What was there before or is there now: codes by their names, numbers as people write them."""
    match correction.field.rpartition(".")[2]:
        case "request_type" if value in REQUEST_TYPES:
            return str(REQUEST_TYPES[value].name)
        case "channel" if value:
            return str(DisclosureRequest.Channel(value).label)
        case "telephone" if value:
            return written_telephone(value)
        case "postal_code" | "registered_postal_code" if value:
            return written_postal_code(value)
    return value or ""


def finding_words(code: str) -> str:
    """A finding of the comparison, such as ``name.equal``; for staff only."""
    if code == "too_many_tries":
        return str(_("照合が続けて確認できなかったため、自動では確認しません"))
    if code == "not_compared":
        return str(_("システムの不具合で照合できませんでした。担当者が確かめてください"))
    fact, _dot, result = code.partition(".")
    return f"{FACTS.get(fact, fact)}{_('：')}{RESULTS.get(result, result)}"
