"""What machines ask: does the process live (``/healthz``), can it work (``/readyz``), how is it (``/metrics``).

:class:`ProbeMiddleware` stands before everything else: a load balancer asks by the machine's own address, over plain
HTTP and every few seconds, so neither the allowed host names nor the redirect to HTTPS, sessions, languages or limits
may come in between.
"""

import contextlib
import functools
import hmac
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import resolve
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from . import redis_server
from .request_metrics import exposition

logger = logging.getLogger(__name__)

ADDRESSES = ("/healthz", "/readyz", "/metrics")
# A part that takes longer does not answer, for whoever asks every few seconds.
PATIENCE_SECONDS = 2
NO_COPY = {"Cache-Control": "no-store"}

View = Callable[[HttpRequest], HttpResponseBase]


class ProbeMiddleware:
    """Answer probes at once, before any other middleware sees them."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in ADDRESSES:
            return resolve(request.path_info).func(request)
        return self.get_response(request)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers. Nothing else is touched: no restart mends a database that is away."""
    return JsonResponse({"status": "alive"}, headers=NO_COPY)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, migrations and Redis are there, else 503 with the names of the parts that are not.

    Two short statements and a ping; a part that is silent for :data:`PATIENCE_SECONDS` is not there, and a database to
    which there is no connection yet after ``DATABASE_CONNECT_SECONDS``. What an error says goes nowhere.
    """
    failed = [*_database(), *_redis()]
    if not failed:
        return JsonResponse({"status": "ready"}, headers=NO_COPY)
    logger.warning("Not ready: %s", ", ".join(failed))
    return JsonResponse({"status": "not ready", "failed": failed}, status=503, headers=NO_COPY)


def _database() -> list[str]:
    try:
        if connection.connection is not None:
            # One that the server has closed meanwhile says nothing about the server; one that is silent does.
            with _hung_up_after(PATIENCE_SECONDS) as hung_up:
                connection.close_if_health_check_failed()
            if hung_up.is_set():
                return ["database"]
        connection.ensure_connection()
        with _hung_up_after(PATIENCE_SECONDS):
            # An empty database has no such table yet; asked for it, PostgreSQL would answer with an error.
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
                made = cursor.fetchone() == (True,)
            applied = set(MigrationRecorder(connection).migration_qs.values_list("app", "name")) if made else set()
    except DatabaseError:
        return ["database"]
    return [] if _newest() <= applied else ["migrations"]


@contextlib.contextmanager
def _hung_up_after(seconds: float) -> Iterator[threading.Event]:
    """End our own side of the connection to PostgreSQL when this takes longer, and then set what is yielded.

    A time-out of PostgreSQL's own does not help against one that is frozen, and psycopg waits without an end.
    """
    hung_up = threading.Event()
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:

        def hang_up() -> None:
            hung_up.set()
            line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, hang_up)
        timer.start()
        try:
            yield hung_up
        finally:
            timer.cancel()
            timer.join()


@functools.cache
def _newest() -> frozenset[tuple[str, str]]:
    """The last migrations that this version of the code has; read from disk once."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _redis() -> list[str]:
    try:
        with redis_server.for_probes(settings.REDIS_URL, PATIENCE_SECONDS) as client:
            client.ping()
    except redis.RedisError:
        return ["redis"]
    return []


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever shows ``METRICS_TOKEN``. Without one in the environment there is no such address.

    The token is compared in constant time, as bytes: text that is not ASCII would raise an error.
    """
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404, headers=NO_COPY)
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={**NO_COPY, "WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST, headers=NO_COPY)
