"""What the product's posts are compared with: a Django view that inserts one row, with nothing around it."""

import os

import environ
from django.conf import settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="only for a measurement",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": 60}},
        USE_TZ=True,
    )

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def insert(request: HttpRequest) -> HttpResponse:
    """One row from one field of a form."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO benchmarks_bare (text) VALUES (%s)", [request.POST["text"]])
    return HttpResponse(status=204)


urlpatterns = [path("", insert)]
application = get_wsgi_application()
