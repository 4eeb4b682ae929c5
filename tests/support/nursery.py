"""Starts workers, beats and web servers by forking a process that has loaded the product already.

Loading the product costs two seconds of a core, and tests of faults kill dozens of processes. What is forked is the
same program as in production: Celery's own command line, gunicorn's own application, in a session of its own.

``python -m tests.support.nursery`` reads one JSON object a line (``program``, ``arguments``, ``log``,
``clock``, ``clock_file``, ``settings``) and answers each with the number of the process.
"""

import datetime
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from .clock import Clock


def main() -> None:
    """Load the product, then fork on demand until the input ends."""
    import django
    from django.core.wsgi import get_wsgi_application

    from privacy_portal.celery import app

    django.setup()
    app.loader.import_default_modules()
    for name in (
        "celery.apps.beat",
        "celery.apps.worker",
        "gunicorn.app.wsgiapp",
        "time_machine",
    ):
        importlib.import_module(name)
    # What the web process loads. Not its own module, which sets limits that no worker has.
    get_wsgi_application()

    # Ended children are nobody's business here; the test sees that a process is gone.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    say("ready")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            become(order)
        say(str(child))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def become(order: dict[str, Any]) -> None:
    """Turn this copy into the program; never returns."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((nothing, log, log)):
        os.dup2(descriptor, number)
    if seconds := order.get("clock"):
        import time_machine

        there = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
        time_machine.travel(there, tick=True).start()
    if path := order.get("clock_file"):
        from privacy_portal.celery import app

        Clock(Path(path)).follow()
        # Beat sleeps for as long as nothing is due by the clock that it had; it looks again at once.
        app.conf.beat_max_loop_interval = 0.1
    for name, value in order.get("settings", {}).items():
        from django.conf import settings

        setattr(settings, name, value)
    sys.argv = [order["program"], *order["arguments"]]
    status: object = 1
    try:
        run(order["program"], order["arguments"])
        status = 0
    except SystemExit as error:
        status = error.code
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def run(program: str, arguments: list[str]) -> None:
    if program == "celery":
        from privacy_portal.celery import app

        app.start(["-A", "privacy_portal", *arguments])
    elif program == "gunicorn":
        from gunicorn.app.wsgiapp import run as serve

        serve()
    elif program == "manage":
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", *arguments])
    else:
        exec(compile(Path(program).read_text(), program, "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
