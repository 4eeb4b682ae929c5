"""How the content of a record is shown in a package and on the case page."""

from typing import Any

from django import template

from consent_app.domain.record_fields import record_lines as lines_of

from ..connectors.base import source_name

register = template.Library()


@register.filter
def record_lines(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The pairs of name and text. In a template ``data.items`` would be the record's own key "items"."""
    return lines_of(data)


register.filter("source_name", source_name)
