"""The shared kernel as a Django application."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """Users, audit trail, outgoing mail, jobs."""

    name = "privacy_portal.core"
    label = "core"
    verbose_name = _("システム")

    def ready(self) -> None:
        """Find what each app registers: its audit actions, kinds of jobs, questions of the check, figures."""
        from . import checks, lookups  # noqa: F401, registers them
        from .logs import withhold_last_words

        autodiscover_modules("audit_actions", "job_kinds", "attachment_kinds", "doctor_checks", "metrics")
        withhold_last_words()
        # The last app's, since only then every permission is there.
        post_migrate.connect(_bring_roles_up_to_date, sender=[*apps.get_app_configs()][-1])


def _bring_roles_up_to_date(**kwargs: Any) -> None:
    """Whoever updates the product gets the roles of its table, without a command to remember."""
    from .services import staff_accounts

    staff_accounts.ensure_groups()
