"""Mistakes in the settings of the registers become errors of ``manage.py check``."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .domain.disclosure_control import LOWEST_MINIMUM


@register
def statistics_protect_somebody(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A count of one or two persons speaks of persons."""
    if settings.STATISTICS_MINIMUM >= LOWEST_MINIMUM:
        return []
    return [Error(f"STATISTICS_MINIMUM must be at least {LOWEST_MINIMUM}.", id="consent_app.E001")]
