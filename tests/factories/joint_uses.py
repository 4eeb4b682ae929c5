"""Joint uses in named states."""

import datetime
from typing import Any

from django.utils import timezone

from consent_app.domain.joint_use import Change
from consent_app.models import JointUse, JointUser, JointUseVersion, Purpose
from consent_app.services import joint_uses
from tests.factories.consent import DataItemFactory, PurposeFactory

COMPLETE = {
    "name_ja": "グループでの共同利用",
    "name_en": "Joint use within our group",
    "users_ja": "例グループの各社",
    "users_en": "Companies of the Example Group",
    "responsible_name_ja": "例の店株式会社",
    "responsible_name_en": "Example Shop Co., Ltd.",
    "responsible_address_ja": "東京都千代田区例町1-2-3",
    "responsible_address_en": "1-2-3 Reicho, Chiyoda-ku, Tokyo",
    "responsible_representative_ja": "例野 代表",
    "responsible_representative_en": "Daihyo Reino",
}


def today(days: int = 0) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def draft(
    *, items: tuple[str, ...] = ("name", "email"), purposes: tuple[str, ...] = ("news",), **fields: Any
) -> JointUse:
    """A draft that lacks nothing."""
    joint_use: JointUse = JointUse.objects.create(**{"code": "group", **COMPLETE, **fields})
    data_items = [DataItemFactory(code=code) for code in items]
    joint_use.items.set(data_items)
    for code in purposes:
        joint_use.purposes.add(purpose_of(code, data_items))
    return joint_use


def purpose_of(code: str, items: list[Any]) -> Any:
    """The purpose of this code, made where it is not there."""
    return Purpose.objects.filter(code=code).first() or PurposeFactory(code=code, items=items)


def published(*, effective_from: datetime.date | None = None, members: int = 1, **fields: Any) -> JointUse:
    """In effect for ten days, with one member, unless said otherwise."""
    joint_use = draft(**fields)
    begins = effective_from or today(-10)
    announce(joint_use, effective_from=begins, announced_on=begins - datetime.timedelta(days=1), change=Change.FIRST)
    for number in range(members):
        JointUser.objects.create(
            joint_use=joint_use, name_ja=f"例{number}株式会社", name_en=f"Example {number} Ltd.", since=begins
        )
    return joint_use


def announce(
    joint_use: JointUse,
    *,
    effective_from: datetime.date,
    announced_on: datetime.date,
    change: Change = Change.BEFOREHAND,
) -> JointUseVersion:
    """What is prepared, as the next version."""
    row = joint_uses.with_parts().get(pk=joint_use.pk)
    version = joint_uses.add_version(
        joint_use=row, change=change, announced_on=announced_on, effective_from=effective_from, actor="command"
    )
    JointUse.objects.filter(pk=row.pk).update(state="published")
    joint_use.refresh_from_db()
    return version
