"""What the operator holds, promised and passed on."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ConsentAppConfig(AppConfig):
    """The operator's registers."""

    name = "consent_app"
    verbose_name = _("台帳")

    def ready(self) -> None:
        """Register the system checks; find what each app says needs care, its tables of statistics, its cases."""
        from . import checks  # noqa: F401

        autodiscover_modules("care_kinds", "statistics_tables", "cases_of_customers")
