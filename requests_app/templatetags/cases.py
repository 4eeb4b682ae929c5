"""Codes of a case in words."""

from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent_app.domain.articles import article_text
from consent_app.domain.written import written_postal_code, written_telephone
from consent_app.models import Customer, CustomerRecord

from ..domain.evidence import Check, Proof
from ..domain.likeness import Likeness
from ..services.typesetting import day_words
from ..words import FACTS, RESULTS, finding_words

register = template.Library()

_NEAR = {
    "other_family": _("姓だけ違う（結婚など）"),
    "other_given": _("名だけ違う（家族の可能性）"),
    "one_character": _("1文字違い"),
    "long_vowel": _("長音などの書き方の違い"),
    "one_digit": _("1桁違い"),
    "swapped": _("隣り合う2桁が逆"),
    "building": _("建物名・部屋番号だけ違う"),
    "number": _("番地だけ違う"),
    "postal_code": _("郵便番号だけ違う"),
    "prefecture": _("都道府県だけ違う"),
    "day_and_month": _("月と日が逆"),
}


@register.filter
def article(code: str) -> str:
    """``33(2)`` as 第33条第2項 or in its English form."""
    return article_text(code, "en" if (get_language() or "ja").startswith("en") else "ja")


@register.inclusion_tag("admin/requests_app/disclosurerequest/likeness.html")
def likeness_table(compared: list[tuple[Customer, Likeness]]) -> dict[str, Any]:
    """A row for each candidate: what is equal, what is near and why. Codes in words, no values."""
    first = compared[0][1].lines if compared else ()
    return {
        "facts": [FACTS[line.fact] for line in first],
        "rows": [
            {
                "name": customer.full_name,
                "score": found.score,
                "cells": [
                    {
                        "state": "near" if line.near else str(line.result),
                        "words": _("近い") if line.near else RESULTS[line.result],
                        "why": _NEAR[line.near] if line.near else "",
                    }
                    for line in found.lines
                ],
            }
            for customer, found in compared
        ],
    }


register.filter("day", day_words)
register.filter("finding", finding_words)
register.filter("postal_code", written_postal_code)
register.filter("telephone", written_telephone)


@register.filter
def record_kind(kind: str) -> str:
    """The name of a kind of record."""
    return str(CustomerRecord.Kind(kind).label)


@register.filter
def proof_words(code: str) -> str:
    """What a document shows."""
    return str(Proof(code).label)


@register.filter
def check_words(code: str) -> str:
    """What was looked at in a document."""
    return str(Check(code).label)
