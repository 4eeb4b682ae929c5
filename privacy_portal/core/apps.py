"""The shared kernel as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """Users, audit trail, outgoing mail, jobs."""

    name = "privacy_portal.core"
    label = "core"
    verbose_name = _("システム")
