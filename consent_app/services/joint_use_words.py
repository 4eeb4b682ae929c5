"""How an announced joint use reads, in the active language, for the portal and for staff."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..models import JointUse, JointUseVersion


@dataclass(frozen=True, slots=True)
class Line:
    """One matter that was announced."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One matter that differs between two versions."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def lines(version: JointUseVersion) -> list[Line]:
    """The matters of article 27(5)iii as they were announced, in its order."""
    return _lines(version, items=tuple(version.items), purposes=tuple(version.purposes))


def prepared_lines(joint_use: JointUse) -> list[Line]:
    """The same as they would be announced now."""
    return _lines(
        joint_use,
        items=tuple(str(item) for item in joint_use.items.all()),
        purposes=tuple(str(purpose) for purpose in joint_use.purposes.all() if purpose.active),
    )


def changed_lines(before: JointUseVersion, after: JointUseVersion) -> list[ChangedLine]:
    """What a version changed."""
    return _changed([Line(_("名称"), (before.name,)), *lines(before)], [Line(_("名称"), (after.name,)), *lines(after)])


def prepared_changes(before: JointUseVersion, after: JointUse) -> list[ChangedLine]:
    """What announcing now would change."""
    return _changed(
        [Line(_("名称"), (before.name,)), *lines(before)], [Line(_("名称"), (after.name,)), *prepared_lines(after)]
    )


def _lines(row: JointUse | JointUseVersion, *, items: tuple[str, ...], purposes: tuple[str, ...]) -> list[Line]:
    """An individual has no representative."""
    found = [
        Line(_("共同で使うデータ項目"), items),
        Line(_("利用者の範囲"), (row.users,)),
        Line(_("共同で使う目的"), purposes),
        Line(_("管理責任者の名称"), (row.responsible_name,)),
        Line(_("管理責任者の住所"), (row.responsible_address,)),
    ]
    if not row.responsible_is_person:
        found.append(Line(_("管理責任者の代表者"), (row.responsible_representative,)))
    return found


def _changed(before: list[Line], after: list[Line]) -> list[ChangedLine]:
    earlier = {line.label: line.values for line in before}
    later = {line.label: line.values for line in after}
    return [
        ChangedLine(label, earlier.get(label, ()), later.get(label, ()))
        for label in {**earlier, **later}
        if earlier.get(label) != later.get(label)
    ]
