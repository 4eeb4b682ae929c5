"""Why data is asked about, changed, stopped."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RequestsAppConfig(AppConfig):
    """Requests for disclosure etc. from the form to the closed case."""

    name = "requests_app"
    verbose_name = _("開示等の請求")

    def ready(self) -> None:
        """Register the system checks."""
        from . import checks  # noqa: F401
