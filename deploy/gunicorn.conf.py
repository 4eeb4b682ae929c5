"""What every web process of a production needs; sizes and addresses come from the command line.

``gunicorn --config deploy/gunicorn.conf.py privacy_portal.wsgi:application --bind … --workers … --threads …``
"""

import os
import shutil
import tempfile

# The path of a socket that changes the running server; nobody needs it.
control_socket_disable = True

# The processes of this server keep the counts of their requests in files of a folder, so that whichever of them is
# asked for /metrics can tell the sum. A new folder at each start: counts of an earlier run would be added to it.
_folder = None if os.environ.get("PROMETHEUS_MULTIPROC_DIR") else tempfile.mkdtemp(prefix="portal-metrics-")
if _folder:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _folder

# The server's own lines in the same form as the product's.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "privacy_portal.core.logs.AddRequestId"}},
    "formatters": {
        "plain": {"()": "privacy_portal.core.logs.WithoutValues"},
        "json": {"()": "privacy_portal.core.logs.JsonLines"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": os.environ.get("LOG_FORMAT") or "json",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}


def child_exit(server, worker):
    """Forget what only a living process can say."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    """Remove the folder that was made above."""
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)
