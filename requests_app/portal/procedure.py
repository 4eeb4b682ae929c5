"""How to ask: what each type gives and on which grounds, what is checked, what it costs, when it is refused (37)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent_app.domain.articles import article_text
from consent_app.models import Operator, RequestRule
from consent_app.portal.pages import procedure_context, with_operator
from consent_app.selectors import offered_rules, retention_periods

from ..domain.evidence import DOCUMENTS, NEEDS
from ..domain.request_types import REQUEST_TYPES
from ..domain.requesters import Requester
from ..services import evidence_pages
from .offers import offers_of
from .ways import answer_ways
from .who import asker_rows


@with_operator
def procedure(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What the operator's profile says of each request, beside what the table of types says of it."""
    rules = {rule.request_type: rule for rule in offered_rules()}
    context = {
        **_checked_by_law(procedure_context(operator, rules)),
        "types": _types(rules),
        "fees": any(rule.fee != RequestRule.Fee.NONE for rule in rules.values()),
        "payment": operator.payment,
        "periods": retention_periods(),
        "askers": asker_rows(),
        "identity_documents": [DOCUMENTS[code] for code in NEEDS[Requester.PERSON][0].documents],
        "answer_ways": answer_ways(),
        "kept_days": evidence_pages.kept_days(),
    }
    return render(request, "portal/consent/procedure.html", context)


def _checked_by_law(context: dict[str, Any]) -> dict[str, Any]:
    """A complaint or a question asks nobody who they are, whatever level the operator's rule has."""
    for row in context["rows"]:
        if not REQUEST_TYPES[row["code"]].needs_identity:
            row["check"] = _("メールアドレスだけ")
    return context


def _types(rules: dict[str, RequestRule]) -> list[dict[str, Any]]:
    """Each type that the operator takes, with what it gives, its article and what may be stated as its ground."""
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    urls = {offer.type.code: offer.url for offer in offers_of(rules)}
    return [
        {
            "entry": entry,
            "article": article_text(entry.article, language),
            "grounds": [
                {"text": one.text, "help": one.help, "article": article_text(one.article, language)}
                for one in entry.grounds
            ],
            "refusals": [{"text": one.text, "article": article_text(one.article, language)} for one in entry.refusals],
            "url": urls.get(code, ""),
        }
        for code, entry in REQUEST_TYPES.items()
        if code in rules
    ]
