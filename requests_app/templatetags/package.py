"""How the content of a record is shown in a package and on the case page."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def package_value(value: Any) -> str:
    """A value of a record's data as lines of text: lists one entry a line, mappings as "name: value"."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(package_value(entry) for entry in value)
    if isinstance(value, dict):
        return "、".join(f"{key}: {package_value(entry)}" for key, entry in value.items())
    return str(value)
