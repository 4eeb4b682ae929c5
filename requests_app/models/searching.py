"""What a request is found by."""

import contextlib
from typing import Any, Final

from django.db.models import QuerySet

from consent_app.models.searching import found_by

from ..domain.receipt_numbers import InvalidReceiptNumber, fragment, fragment_pieces, parse, without_label
from .request import DisclosureRequest, Party

# More are never looked at; the list says that there are more.
FOUND_LIMIT: Final = 1000


def found_by_number(requests: QuerySet[DisclosureRequest], words: str) -> QuerySet[DisclosureRequest]:
    """As :func:`found`, by receipt numbers alone."""
    with contextlib.suppress(InvalidReceiptNumber):
        return requests.filter(receipt_number=parse(without_label(words)))
    part = fragment(words)
    return requests.filter(search_pieces__contains=fragment_pieces(part)) if part else requests.none()


def found(requests: QuerySet[DisclosureRequest], words: str) -> QuerySet[DisclosureRequest]:
    """What staff can mean by ``words``, at most ``FOUND_LIMIT``.

    A receipt number in any spelling or a part of it with a digit, or what the parties are found by
    (:func:`consent_app.models.searching.found_by`). Each half asks one index; the two are joined by their keys, because
    an OR over two tables would read both of them whole.
    """
    with contextlib.suppress(InvalidReceiptNumber):
        # Nothing else has a check character that fits.
        return requests.filter(receipt_number=parse(without_label(words)))
    halves: list[QuerySet[Any, Any]] = []
    if (by_person := found_by(words)) is not None:
        halves.append(Party.objects.filter(by_person).order_by().values("request_id"))
    if part := fragment(words):
        numbered = DisclosureRequest.objects.filter(search_pieces__contains=fragment_pieces(part))
        halves.append(numbered.order_by().values("pk"))
    if not halves:
        return requests.none()
    keys = halves[0].union(*halves[1:]) if halves[1:] else halves[0]
    return requests.filter(pk__in=keys[:FOUND_LIMIT])
