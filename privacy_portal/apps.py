"""The admin's place among the installed apps."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Puts the manager's admin site in the place of Django's."""
