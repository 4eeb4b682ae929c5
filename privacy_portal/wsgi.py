"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from privacy_portal.core.database_patience import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacy_portal.settings.production")
application = get_wsgi_application()
limit_statements()
