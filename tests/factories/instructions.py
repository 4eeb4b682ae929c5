"""Instructions as staff or a decision make them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from privacy_portal.core.models import User
from requests_app.domain.instructions import AddresseeKind, Kind
from requests_app.models import DisclosureRequest, Instruction
from requests_app.services import instructions
from requests_app.services.instructions import Addressee

from .requests import RequestFactory, StaffFactory

WAREHOUSE = Addressee(AddresseeKind.SUBCONTRACTOR, "例倉庫株式会社", "privacy@warehouse.example", "ja")


def sent(
    request: DisclosureRequest | None = None,
    *,
    actor: User | None = None,
    now: datetime | None = None,
    addressee: Addressee = WAREHOUSE,
    kind: Kind = Kind.ERASE,
    **fields: Any,
) -> Instruction:
    """One that staff wrote and sent."""
    values: dict[str, Any] = {"items": ["name", "address"], "identifier": "会員番号 C-1001", "text": "", **fields}
    return instructions.ask(
        request=request or RequestFactory.in_review(),
        addressee=addressee,
        kind=kind,
        actor=actor or StaffFactory(),
        now=now or timezone.now(),
        **values,
    )
