"""Filters that every template has without loading them."""

import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import get_language

register = template.Library()

_WEEKDAYS_JA = "月火水木金土日"


def _is_english() -> bool:
    return (get_language() or "ja").startswith("en")


@register.filter
def localized(obj: Any, name: str) -> str:
    """The column pair ``<name>_ja`` and ``<name>_en`` in the active language; Japanese where there is no English.

    Raises:
        AttributeError: the object has no such pair. A typing mistake in a template must not print nothing.
    """
    if obj is None or obj == "":
        return ""
    if _is_english():
        english = getattr(obj, f"{name}_en")
        if english:
            return str(english)
    return str(getattr(obj, f"{name}_ja"))


@register.filter
def jp_date(value: datetime.date | datetime.datetime | None) -> str:
    """A date with its weekday as people in Japan write it, or the plain English form when English is active.

    A moment is shown as the day that it is in the current time zone.
    """
    if not value:
        return ""
    if isinstance(value, datetime.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    if _is_english():
        return format_date(value, "j F Y")
    return f"{value.year}年{value.month}月{value.day}日（{_WEEKDAYS_JA[value.weekday()]}）"


@register.filter
def grouped_code(value: str) -> str:
    """A one-time code in two groups, as it is easiest to read and to type."""
    half = (len(value) + 1) // 2
    return f"{value[:half]} {value[half:]}".strip()
