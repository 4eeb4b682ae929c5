"""What may be read, and by whom."""

from __future__ import annotations

from django.core.cache import cache

from .models import Operator

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
