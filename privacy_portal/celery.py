"""The Celery application. Truth lies in the database; a task is only a nudge to look there."""

import logging
import os

from celery import Celery
from celery.signals import setup_logging
from celery.utils.log import get_multiprocessing_logger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacy_portal.settings.production")

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
