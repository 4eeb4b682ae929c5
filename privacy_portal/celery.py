"""The Celery application. Truth lies in the database; a task is only a nudge to look there."""

import logging
import os
import time
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from celery.utils.log import get_multiprocessing_logger
from kombu.transport.redis import Channel

from privacy_portal.core.broker import LettingGo
from privacy_portal.core.request_id import current_request_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacy_portal.settings.production")

Channel.QoS = LettingGo

app = Celery("privacy_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(loglevel: int | str | None = None, **kwargs: object) -> None:
    """Log through the product's own configuration, which withholds what errors say.

    Whoever listens here replaces Celery's handlers: on the root logger, on the tasks' logger and in place of standard
    output, where all of them would print messages of errors. ``--loglevel`` still counts; ``--logfile`` does not.
    """
    logging.getLogger().setLevel(loglevel or logging.INFO)
    pool = get_multiprocessing_logger()
    if pool is not None:
        pool.propagate = True


@before_task_publish.connect
def say_where_from_and_when(headers: dict[str, Any] | None = None, **kwargs: object) -> None:
    """Send the id of the web request along, so that its log lines and those of its tasks are found together.

    The moment is for the figure that says how long the oldest task of a queue waits.
    """
    if headers is not None:
        headers["request_id"] = current_request_id.get()
        headers["sent_at"] = time.time()


@task_prerun.connect
def take_over_the_request(task: Any = None, **kwargs: object) -> None:
    """Whatever the task logs, records and sends on bears the id of the request that it comes from."""
    current_request_id.set(str(getattr(task.request, "request_id", None) or ""))


@task_postrun.connect
def leave_the_request(**kwargs: object) -> None:
    """The next task of this thread has another origin."""
    current_request_id.set("")
