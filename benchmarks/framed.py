"""The bare view inside of the product's own frame: what middleware, session, sign-in and CSRF check cost by themselves.

Between it and the product's posts stands only what a request consists of; between it and the bare view stands what no
form of people who have signed in can do without.
"""

import os

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
application = get_wsgi_application()


@login_required
def insert(request: HttpRequest) -> HttpResponse:
    """One row from one field of a form."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO benchmarks_bare (text) VALUES (%s)", [request.POST["text"]])
    return HttpResponse(status=204)


urlpatterns = [path("one-row/", insert), path("", include(settings.ROOT_URLCONF))]
settings.ROOT_URLCONF = __name__
