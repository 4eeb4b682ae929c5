"""What staff found where no connector looks: the newest result of each place, and what of it goes into the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Prefetch

from consent_app.domain.normalise import name_key

from .domain.instructions import FOLLOWING, OUTSTANDING
from .domain.request_types import REQUEST_TYPES
from .models import CaseFinding, DisclosureRequest, FoundContent, Instruction

Result = CaseFinding.Result


class FoundByHand:
    """The findings of one case that count, read once.

    Of several about the same item at the same place the newest one counts; one about everything at a place replaces
    all that was said about it before.
    """

    def __init__(self, request: DisclosureRequest) -> None:
        self._wanted = _wanted(request)
        kept = Prefetch(
            "contents", FoundContent.objects.filter(removed_at=None).select_related("file"), to_attr="kept_contents"
        )
        rows = request.findings.select_related("item", "author", "keeper__subcontractor").prefetch_related(kept)
        self._all: dict[tuple[int | None, str], list[CaseFinding]] = {}
        for row in rows.order_by("at", "pk"):
            place = name_key(row.place)
            if row.item_id is None:
                for key in [key for key in self._all if key[1] == place and key[0] is not None]:
                    del self._all[key]
            self._all.setdefault((row.item_id, place), []).append(row)

    def _newest(self, result: str) -> list[CaseFinding]:
        newest = [rows[-1] for rows in self._all.values()]
        return [row for row in newest if row.result == result and self._is_wanted(row)]

    def _is_wanted(self, row: CaseFinding) -> bool:
        return row.item is None or self._wanted is None or row.item.code in self._wanted

    @property
    def found(self) -> list[CaseFinding]:
        """Where something was found of what the person asks for."""
        return self._newest(Result.FOUND)

    @property
    def unclear(self) -> list[CaseFinding]:
        """Where nobody knows yet whether there is something."""
        return self._newest(Result.UNCLEAR)

    @property
    def codes(self) -> set[str]:
        """Codes of the items that were found; what was found about everything names none."""
        return {row.item.code for row in self.found if row.item}

    def granted(self, withheld: Collection[str]) -> list[CaseFinding]:
        """The same as ``found`` without the items that a decision withholds."""
        return [row for row in self.found if row.item is None or row.item.code not in withheld]

    def contents(self, rows: Iterable[CaseFinding]) -> list[FoundContent]:
        """What was put into the answer for these findings and for earlier ones about the same item and place."""
        return [one for row in rows for earlier in self._group(row) for one in earlier.kept_contents]  # type: ignore[attr-defined]

    def without_contents(self, withheld: Collection[str]) -> list[CaseFinding]:
        """Where something was found that is to be disclosed, and nothing of it was put into the answer."""
        return [row for row in self.granted(withheld) if not self.contents([row])]

    def _group(self, row: CaseFinding) -> list[CaseFinding]:
        return self._all[row.item_id, name_key(row.place)]


def followed(request: DisclosureRequest, withheld: Collection[str]) -> list[CaseFinding]:
    """What of it a positive decision changes, stops or erases; empty for types that do none of these.

    Args:
        withheld: codes of the items that are not granted.
    """
    effect = REQUEST_TYPES[request.request_type].effect
    if effect not in FOLLOWING:
        return []
    rows = FoundByHand(request).granted(withheld)
    if effect != "change":
        return rows
    accepted = set(request.changes.filter(accepted=True).values_list("item__code", flat=True))
    return [row for row in rows if accepted and (row.item is None or row.item.code in accepted)]


def _wanted(request: DisclosureRequest) -> frozenset[str] | None:
    """Codes of the items that the request is about; None: of all."""
    if request.wants_everything:
        return None
    return frozenset(request.wanted_items.values_list("code", flat=True)) or None


def still_to_do(request: DisclosureRequest) -> bool:
    """Whether somebody who keeps data that was found by hand has not yet said that they changed or erased it."""
    rows = Instruction.objects.filter(request=request, finding__isnull=False, state__in=OUTSTANDING)
    return rows.exists()
