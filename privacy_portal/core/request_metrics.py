"""How many requests were answered, how, and how fast; by the name of the view, never by its address.

With ``PROMETHEUS_MULTIPROC_DIR`` in the environment (``deploy/gunicorn.conf.py`` sets it) the processes of one server
keep their counts in files there, and each of them can tell the sum.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from .metrics_registry import figures

logger = logging.getLogger(__name__)
access_logger = logging.getLogger("privacy_portal.access")

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
# In no registry: the one of each answer decides whether this process speaks for itself or for all.
SECONDS = Histogram(
    "portal_request_seconds",
    "Time to the answer, by view, method and status.",
    ["view", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=None,
)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class MeasureMiddleware:
    """Measure every request that is not a probe, and write one line about it to the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        # What resolves to nothing is one name; what a client makes up must not become a label.
        found = request.resolver_match
        view = (found.view_name or "other") if found else "none"
        method = request.method if request.method in METHODS else "other"
        SECONDS.labels(view, method, str(response.status_code)).observe(seconds)
        milliseconds = round(seconds * 1000)
        told = {"method": method, "view": view, "status": response.status_code, "milliseconds": milliseconds}
        access_logger.info("%s %s %s %d ms", *told.values(), extra={"fields": told})
        return response


class FiguresCollector:
    """Measures the registered figures. One that fails keeps no other from being told, and is named itself."""

    def collect(self) -> Iterator[Metric]:
        """Gauges, as prometheus_client asks for them."""
        now = timezone.now()
        failed = GaugeMetricFamily(
            "portal_figure_failed", "1 for a figure that could not be measured.", None, ["figure"]
        )
        for figure in figures():
            try:
                # In a transaction of its own: an error of the database must not spoil the figures after it.
                with transaction.atomic():
                    measured = figure.measure(now)
            except Exception:
                logger.exception("The figure %s could not be measured.", figure.name)
                failed.add_metric([figure.name], 1)
                continue
            family = GaugeMetricFamily(figure.name, figure.meaning, None, list(figure.labels))
            for labels, number in measured.items():
                family.add_metric(list(labels), number)
            yield family
        yield failed


def exposition() -> bytes:
    """Everything in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    if os.environ.get(MULTIPROCESS):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(SECONDS)
    registry.register(FiguresCollector())
    return generate_latest(registry)
