"""Where a person goes who wants something changed that they cannot change themself. The one place that knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from .offers import offers

# The first of these that can be asked for here is the way.
_TYPES = ("correction", "complaint", "inquiry")


@dataclass(frozen=True, slots=True)
class Way:
    """A link: its address and its words."""

    url: str
    words: str


def correction_way() -> Way:
    """A request where one can be made here, else the contact of the operator."""
    offered = {offer.type.code: offer for offer in offers()}
    for code in _TYPES:
        if code in offered:
            words = _("訂正を請求する") if code == "correction" else str(offered[code].type.plain_name)
            return Way(offered[code].url, words)
    return Way(reverse("portal:contact"), _("お問い合わせ先を見る"))


def disclosure_way() -> Way:
    """How to see what is shown only after people have looked at it."""
    for offer in offers():
        if offer.type.code == "disclosure":
            return Way(offer.url, _("開示を請求する"))
    return Way(reverse("portal:contact"), _("お問い合わせ先を見る"))
