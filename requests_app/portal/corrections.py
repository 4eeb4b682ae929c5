"""Where a person goes for what they cannot see or change themself. The one place that knows the way."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from .offers import Offer, offers

# The first of these that can be asked for here is the way to have something corrected.
_CORRECTIONS = ("correction", "complaint", "inquiry")


@dataclass(frozen=True, slots=True)
class Way:
    """A link: its address and its words."""

    url: str
    words: str


class Ways:
    """The ways that the operator offers today; each a request, else the contact."""

    def __init__(self) -> None:
        self._offered: dict[str, Offer] = {offer.type.code: offer for offer in offers()}

    @property
    def correction(self) -> Way:
        """To have changed what the person may not change by themself."""
        for code in _CORRECTIONS:
            if offer := self._offered.get(code):
                words = _("訂正を請求する") if code == "correction" else str(offer.type.plain_name)
                return Way(offer.url, words)
        return _contact()

    @property
    def disclosure(self) -> Way:
        """To see what is shown only after people have looked at it, or at who asks."""
        return self._way("disclosure", _("開示を請求する"))

    @property
    def provisions(self) -> Way:
        """To learn to whom one's data was given (article 33(5))."""
        return self._way("provision_records", _("第三者への提供の記録の開示を請求する"))

    def _way(self, request_type: str, words: str) -> Way:
        offer = self._offered.get(request_type)
        return Way(offer.url, words) if offer else _contact()


def _contact() -> Way:
    return Way(reverse("portal:contact"), _("お問い合わせ先を見る"))
