"""What may be read, and by whom."""

from __future__ import annotations

from django.core.cache import cache
from django.db.models import Prefetch, QuerySet

from .models import DataItem, Operator, Purpose, RefusalGround, RequestRule, Subcontractor

OPERATOR_CACHE_KEY = "consent_app.operator"
# Loading a profile empties the entry; the limit bounds the case that a reader put the old one back just after that.
_OPERATOR_CACHE_SECONDS = 60


def current_operator() -> Operator | None:
    """The operator whose portal this is; None until a profile has been loaded.

    Kept in the cache, because every page and every mail asks for it.
    """
    operator: Operator | None = cache.get(OPERATOR_CACHE_KEY)
    if operator is None:
        operator = Operator.objects.first()
        if operator is not None:
            cache.set(OPERATOR_CACHE_KEY, operator, _OPERATOR_CACHE_SECONDS)
    return operator


def data_items() -> QuerySet[DataItem]:
    """The present catalogue of data items."""
    return DataItem.objects.filter(active=True)


def purposes_with_items() -> QuerySet[Purpose]:
    """The present purposes of use, each with the items of the present catalogue that it needs."""
    return Purpose.objects.filter(active=True).prefetch_related(_present_items())


def public_subcontractors() -> QuerySet[Subcontractor]:
    """The subcontractors that the operator publishes, each with the items that they may get."""
    return Subcontractor.objects.filter(active=True, public=True).prefetch_related(_present_items())


def _present_items() -> Prefetch[str]:
    return Prefetch("items", queryset=data_items())


def offered_rules() -> QuerySet[RequestRule]:
    """The request types that this operator takes."""
    return RequestRule.objects.filter(offered=True)


def refusal_grounds() -> QuerySet[RefusalGround]:
    """The grounds of refusal that the policy names."""
    return RefusalGround.objects.filter(active=True)
