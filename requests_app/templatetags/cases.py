"""Codes of a case in words."""

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent_app.domain.articles import article_text
from consent_app.domain.written import written_postal_code, written_telephone
from consent_app.models import CustomerRecord

register = template.Library()

_FACTS = {
    "email": _("メールアドレス"),
    "role": _("立場"),
    "name": _("氏名"),
    "kana": _("フリガナ"),
    "telephone": _("電話番号"),
    "address": _("住所"),
    "customer_number": _("会員番号"),
    "order_number": _("注文番号"),
}
_RESULTS = {
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


@register.filter
def article(code: str) -> str:
    """``33(2)`` as 第33条第2項 or in its English form."""
    return article_text(code, "en" if (get_language() or "ja").startswith("en") else "ja")


@register.filter
def finding(code: str) -> str:
    """A finding of the comparison, such as ``name.equal``; for staff only."""
    if code == "too_many_tries":
        return str(_("照合が続けて確認できなかったため、自動では確認しません"))
    fact, _dot, result = code.partition(".")
    return f"{_FACTS.get(fact, fact)}{_('：')}{_RESULTS.get(result, result)}"


register.filter("postal_code", written_postal_code)
register.filter("telephone", written_telephone)


@register.filter
def record_kind(kind: str) -> str:
    """The name of a kind of record."""
    return str(CustomerRecord.Kind(kind).label)
