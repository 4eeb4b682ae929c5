"""The admin's place among the installed apps."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Puts the manager's admin site, which asks for the second factor, in the place of Django's."""

    default_site = "privacy_portal.admin_site.PortalAdminSite"

    def ready(self) -> None:
        """Register what only the whole product can check."""
        super().ready()
        from . import checks  # noqa: F401, registers them
        from .core.admin import headers

        headers.compute_once()
