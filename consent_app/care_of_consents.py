"""Care for consents and the places where they are given."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import selectors
from .domain import care
from .domain.care import CareKind, Due
from .models import CollectionPoint, Purpose
from .services import collection


def _consents_without_wording(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """One entry for each purpose, however many people are concerned."""
    gone = selectors.consents_without_wording(timezone.now()).order_by().values("purpose")
    numbers = dict(gone.annotate(number=Count("customer", distinct=True)).values_list("purpose", "number"))
    # That an added purpose has ended was somebody's decision.
    for purpose in Purpose.objects.filter(pk__in=numbers).exclude(active=False, from_profile=False):
        words = _("%(purpose)s（%(number)s人）") % {"purpose": purpose.text, "number": numbers[purpose.pk]}
        yield Due(str(purpose.pk), words)


def _collection_points_incomplete(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    for point in (
        CollectionPoint.objects.filter(active=True)
        .filter(
            Q(wordings=None) | Q(wording_ja="") | Q(wording_en="") | Q(purposes=None) | Q(items=None) | Q(proof_ja="")
        )
        .distinct()
    ):
        missing = collection.gaps(point) or [_("使い始めた文言")]
        yield Due(str(point.pk), f"{point.name}：{_('、').join(missing)}")


care.register(
    CareKind(
        "consent.wording_gone",
        gettext_lazy("文言が変わったか、なくなった目的への同意"),
        "consent_app.purpose",
        _consents_without_wording,
    )
)
care.register(
    CareKind(
        "collection.incomplete",
        gettext_lazy("取得の場面に足りないものがある"),
        "consent_app.collectionpoint",
        _collection_points_incomplete,
    )
)
