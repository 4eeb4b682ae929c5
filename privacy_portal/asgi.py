"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

from privacy_portal.core.database_patience import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacy_portal.settings.production")
application = get_asgi_application()
limit_statements()
