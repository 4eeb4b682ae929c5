"""Filling registers that staff keep from a profile: the file begins them, people keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from ..domain.profile_reader import Text
from ..models.kept import KeptModel
from .load_report import LoadReport


def seed(
    report: LoadReport,
    model: type[KeptModel],
    sections: Iterable[Any],
    *,
    related: Mapping[str, Mapping[str, models.Model]] | None = None,
) -> dict[str, Any]:
    """Write a register's sections, except over entries that staff have changed.

    An entry that is absent is made. One that nobody has changed by hand follows the file, and is retired
    (``active = False``) when it leaves it. One that staff keep is left alone; where the file says something else, the
    report has a caution.

    Args:
        model: has ``code``, ``position`` and ``active``.
        sections: dataclasses whose fields are columns (a text is two of them), with ``code``.
        related: name of a many-valued field -> entries by code; the section has a tuple of codes under that name.

    Returns:
        The entries of the file by code.
    """
    table = model._meta.model_name
    manager = model._default_manager
    many = dict(related or {})
    rows: Iterable[Any] = manager.prefetch_related(*many)
    present: dict[str, Any] = {row.code: row for row in rows}
    kept: dict[str, Any] = {}
    for position, section in enumerate(sections, start=1):
        values = columns(asdict(section)) | {"position": position, "active": True}
        wanted = {field: {entries[code].pk for code in values.pop(field)} for field, entries in many.items()}
        name = f"{table}: {section.code}"
        row = present.pop(section.code, None)
        if row is None:
            row = manager.create(**values)
            report.created.append(name)
            has: dict[str, set[Any]] = {field: set() for field in many}
        else:
            has = {field: {one.pk for one in getattr(row, field).all()} for field in many}
            differing = [column for column, value in values.items() if getattr(row, column) != value]
            if not differing and has == wanted:
                report.unchanged.append(name)
            elif row.kept_by_staff:
                report.unchanged.append(name)
                if has != wanted or set(differing) - {"position", "active"}:
                    report.cautions.append(_kept(row, section.code))
                kept[section.code] = row
                continue
            else:
                for column in differing:
                    setattr(row, column, values[column])
                if differing:
                    row.save(update_fields=differing)
                report.changed.append(name)
        for field, keys in wanted.items():
            if has[field] != keys:
                getattr(row, field).set(keys)
        kept[section.code] = row
    for code, row in present.items():
        if row.active and not row.kept_by_staff:
            row.active = False
            row.save(update_fields=["active"])
            report.retired.append(f"{table}: {code}")
    return kept


def columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dataclass fields as model columns: a text is two columns, a tuple is a list."""
    text_fields = set(Text.__dataclass_fields__)
    result: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and set(value) == text_fields:
            result |= {f"{name}_{language}": text for language, text in value.items()}
        else:
            result[name] = list(value) if isinstance(value, tuple) else value
    return result


def _kept(row: KeptModel, code: str) -> str:
    return _(
        "「%(table)s」の「%(code)s」は担当者が変更したので、プロフィールの内容に直していません。"
        "プロフィールと違うところがあります。"
    ) % {"table": row._meta.verbose_name, "code": code}
