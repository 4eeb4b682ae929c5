"""Uses beyond the purposes."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.utils import timezone

from consent_app.models import Customer, DataItem, OffPurposeUse
from consent_app.services import off_purpose

from .consent import DataItemFactory
from .requests import StaffFactory

DAY = date(2026, 5, 1)


def use_beyond(*customers: Customer, items: Collection[DataItem] | None = None, **values: Any) -> OffPurposeUse:
    """A recorded use that concerns these customers: to save a life, on one day, and to be told."""
    actor = StaffFactory()
    use = off_purpose.record(
        **{
            "aim_ja": "事故の連絡のため",
            "aim_en": "To tell of an accident",
            "ground": "18(3)ii",
            "reason": "連絡がつかない",
            "items": [DataItemFactory(code="telephone")] if items is None else items,
            "begins_on": DAY,
            "ends_on": DAY,
            "tellable": True,
            "decided_by": "個人情報管理者",
            "decided_on": DAY,
            "actor": actor,
            "now": timezone.now(),
            **values,
        }
    )
    for customer in customers:
        off_purpose.add_person(use=use, customer=customer, actor=actor, now=timezone.now())
    return use
