"""What the person sent, in words, for the fold-out on the status page."""

from typing import Any

from django.utils.translation import gettext as _

from consent_app.domain.written import written_postal_code, written_telephone

from ..domain.request_types import REQUEST_TYPES
from ..models import DisclosureRequest, Party
from ..services.typesetting import day_words


def _party_rows(party: Party) -> list[dict[str, str]]:
    return [
        {"label": _("お名前"), "value": party.full_name},
        {"label": _("読みがな"), "value": party.full_kana},
        {"label": _("郵便番号"), "value": written_postal_code(party.postal_code)},
        {"label": _("住所"), "value": party.full_address},
        {"label": _("電話番号"), "value": written_telephone(party.telephone)},
    ]


def _lookup_rows(party: Party) -> list[dict[str, str]]:
    return [
        {"label": _("生年月日"), "value": day_words(party.birth_date)},
        {"label": _("会員番号"), "value": party.customer_number},
        {"label": _("注文番号"), "value": party.order_number},
        {"label": _("以前の郵便番号"), "value": written_postal_code(party.registered_postal_code)},
        {"label": _("以前の住所"), "value": party.registered_address},
    ]


def stated_sections(disclosure: DisclosureRequest) -> list[dict[str, Any]]:
    """Titles with rows of label and value; two queries (the parties, the items)."""
    parties = {party.kind: party for party in disclosure.parties.all()}
    principal, agent = parties.get(Party.Kind.PRINCIPAL), parties.get(Party.Kind.AGENT)
    sections: list[dict[str, Any]] = []
    if principal is not None:
        sections.append({"title": _("ご本人"), "rows": _party_rows(principal) + _lookup_rows(principal)})
    if agent is not None:
        sections.append({"title": _("代理人"), "rows": _party_rows(agent)})
    sections.append({"title": _("求めている内容と受け取り方"), "rows": _wish_rows(disclosure)})
    sections += [
        {
            "title": str(change.item),
            "rows": [
                {"label": _("いま登録されていると思う内容"), "value": change.present or ""},
                {"label": _("求めている内容"), "value": change.wanted or ""},
                {"label": _("そういえる理由や資料"), "value": change.why or ""},
            ],
        }
        for change in disclosure.changes.select_related("item")
    ]
    return sections


def stated_grounds(disclosure: DisclosureRequest) -> list[str]:
    """What the person stated as the ground, in words."""
    grounds = REQUEST_TYPES[disclosure.request_type].grounds
    return [str(ground.text) for ground in grounds if ground.code in disclosure.grounds]


def wanted_words(disclosure: DisclosureRequest) -> str:
    """What it is about: everything, or what was chosen; empty where the type does not ask."""
    asks = REQUEST_TYPES[disclosure.request_type].asks
    if "wanted" not in asks and "purposes" not in asks:
        return ""
    if disclosure.wants_everything:
        return _("すべて")
    chosen = disclosure.wanted_items if "wanted" in asks else disclosure.wanted_purposes
    return _("、").join(str(one) for one in chosen.all())


def _wish_rows(disclosure: DisclosureRequest) -> list[dict[str, str]]:
    entry = REQUEST_TYPES[disclosure.request_type]
    rows: list[dict[str, str]] = [{"label": _("どなたの請求か"), "value": disclosure.who_asks}]
    if "grounds" in entry.asks:
        rows.append({"label": _("理由"), "value": _("、").join(stated_grounds(disclosure))})
    if wanted := wanted_words(disclosure):
        rows.append({"label": _("対象"), "value": wanted})
    rows += [
        {"label": _("くわしい説明"), "value": disclosure.wanted_note or ""},
        {"label": _("回答の受け取り方"), "value": disclosure.get_answer_method_display()},
    ]
    if disclosure.answer_method_note:
        rows.append({"label": _("その他の方法の説明"), "value": disclosure.answer_method_note})
    return rows
