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

from ..domain import identity_levels
from ..domain.evidence import DOCUMENTS, NEEDS
from ..domain.identity_levels import MEANS, Level, Means
from ..domain.request_types import REQUEST_TYPES
from ..domain.requesters import Requester
from ..selectors import offered_means
from ..services import evidence_pages
from .offers import offers_of
from .ways import answer_ways
from .who import asker_rows


@with_operator
def procedure(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What the operator's profile says of each request, beside what the table of types says of it."""
    rules = {rule.request_type: rule for rule in offered_rules()}
    context = {
        **_with_checks(procedure_context(operator, rules), rules),
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


def _with_checks(context: dict[str, Any], rules: dict[str, RequestRule]) -> dict[str, Any]:
    """Beside each type what is checked, and every means once, as the table of means and the profile have it.

    A complaint or a question asks nobody who they are, whatever level the operator's rule has.
    """
    offered = offered_means()
    first, then = set(identity_levels.ordinary(Level.ADDRESS)), set[Means]()
    for row in context["rows"]:
        level = rules[row["code"]].identity_level
        if not REQUEST_TYPES[row["code"]].needs_identity:
            row["check"], row["otherwise"] = _("%(means)sだけ") % {"means": Means.EMAIL_CODE.label}, []
            continue
        row["check"] = _("、").join(str(means.label) for means in identity_levels.ordinary(level))
        row["otherwise"] = [means.label for means in identity_levels.otherwise(level, offered)]
        first.update(identity_levels.ordinary(level))
        then.update(identity_levels.otherwise(level, offered))
    # An agent shows documents for every type.
    then |= {Means.DOCUMENTS}
    context["means"] = [
        {"label": means.label, "asks": row.asks, "first": means in first}
        for means, row in MEANS.items()
        if means in first | then
    ]
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
