"""Which building blocks of reasons fit a case, and their texts for the person's letter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext

from consent_app.domain.articles import article_text
from consent_app.models import DataItem, Purpose, ReasonBlock

from ..domain.reason_blocks import ARTICLE, ITEMS, filled
from ..domain.request_types import REQUEST_TYPES
from ..models import DisclosureRequest
from . import decisions


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen in the form so far; each part may be missing or nonsense."""

    outcome: str = ""
    ground: str = ""
    withheld: Sequence[DataItem | Purpose] = field(default=())


def offered(request: DisclosureRequest, outcomes: Collection[str]) -> list[ReasonBlock]:
    """The blocks that belong to this type and to an outcome and ground that can be chosen now."""
    grounds = {one.code for outcome in outcomes for one in decisions.grounds_for(request, outcome)}
    return [
        block
        for block in ReasonBlock.objects.filter(active=True)
        if (not block.requests or request.request_type in block.requests)
        and (not block.outcomes or set(block.outcomes) & set(outcomes))
        and (not block.grounds or set(block.grounds) & grounds)
    ]


def text_for(block: ReasonBlock, request: DisclosureRequest, chosen: Chosen) -> str:
    """The block in the language of the letter, with article and names of items where the case says them."""
    values = {ARTICLE: _article(block, request, chosen), ITEMS: _items(request, chosen)}
    return filled(block.text_en if request.language == "en" else block.text_ja, values)


def _article(block: ReasonBlock, request: DisclosureRequest, chosen: Chosen) -> str:
    """Of the chosen ground, or of the only one that the block speaks of; else of the outcome. Empty: not known yet."""
    entry = REQUEST_TYPES[request.request_type]
    articles = {refusal.code: refusal.article for refusal in entry.refusals}
    of_block = [articles[code] for code in block.grounds if code in articles]
    if chosen.ground in articles and (not block.grounds or chosen.ground in block.grounds):
        code = articles[chosen.ground]
    elif len(of_block) == 1:
        code = of_block[0]
    else:
        outcome = chosen.outcome or (block.outcomes[0] if len(block.outcomes) == 1 else "")
        code = "" if of_block else entry.outcome_articles.get(outcome, "")
    return article_text(code, request.language) if code else ""


def _items(request: DisclosureRequest, chosen: Chosen) -> str:
    """What is not granted, where that was chosen; else what was asked for."""
    rows: list[DataItem | Purpose] = list(chosen.withheld)
    if not rows:
        changes = request.changes.select_related("item")
        rows = [row.item for row in changes if row.accepted is not True]
    if not rows and not request.wants_everything:
        rows = [*request.wanted_items.all(), *request.wanted_purposes.all()]
    with translation.override(request.language):
        if rows:
            return gettext("、").join(str(row) for row in rows)
        return gettext("ご請求の個人データ")
