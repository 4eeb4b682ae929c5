"""What each kind of process really prints when something fails with a person's name in the error, in both forms."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.mail import SmtpSink
from tests.support.worker import ROOT, session_database_url

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "SECRET 髙橋"
MODULE = """
import logging
import os
import threading

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path

from privacy_portal.celery import app

WORDS = os.environ["LEAK"]


def refuse_a_row():
    from privacy_portal.core.models import User
    User.objects.create(email=WORDS)


@app.task(name="leak.fail")
def fail():
    raise ValueError(WORDS)


@app.task(name="leak.row")
def row():
    refuse_a_row()


@app.task(name="leak.log")
def log():
    try:
        raise KeyError(WORDS)
    except KeyError as error:
        logging.getLogger("leak").error("it failed: %s", error)
        logging.getLogger("leak").exception(error)


@app.task(name="leak.again", bind=True, max_retries=1)
def again(self):
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        raise self.retry(exc=error, countdown=0)


@app.task(name="leak.thread")
def thread():
    one = threading.Thread(target=fail.run)
    one.start()
    one.join()


@app.task(name="leak.print")
def last():
    logging.getLogger("leak").error("all done")


def stream(request):
    def parts():
        yield b"x"
        raise ValueError(WORDS)
    return StreamingHttpResponse(parts())


def view(request):
    refuse_a_row()


urlpatterns = [path("stream/", stream), path("view/", view)]
"""


@pytest.fixture
def environment(tmp_path: Path, smtp_server: SmtpSink) -> dict[str, str]:
    (tmp_path / "leakmod.py").write_text(MODULE)
    (tmp_path / "leaksettings.py").write_text(
        "from privacy_portal.settings.test import *\n"
        "ROOT_URLCONF = 'leakmod'\n"
        "CELERY_BEAT_SCHEDULER = 'leakbeat:Failing'\n"
    )
    (tmp_path / "leakbeat.py").write_text(
        "import os\nfrom celery.beat import Scheduler\n"
        "class Failing(Scheduler):\n"
        "    def setup_schedule(self):\n"
        "        raise ValueError(os.environ['LEAK'])\n"
    )
    return {
        **os.environ,
        "DATABASE_URL": session_database_url(),
        "EMAIL_URL": smtp_server.url,
        "PORTAL_URL": "http://x.example",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "leaksettings",
        "LEAK": SECRET,
        "PYTHONIOENCODING": "utf-8",
    }


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=environment
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(text: str, log: Path, seconds: float = 60) -> str:
    deadline = time.monotonic() + seconds
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return log.read_text()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answer(port: int, path: str) -> str:
    """What the server sent before it broke off."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return connection.makefile("rb").read().decode()


def assert_withheld(text: str, *kinds: str) -> None:
    assert "SECRET" not in text
    assert "髙橋" not in text
    assert "DETAIL" not in text
    assert "(message withheld)" in text
    for kind in kinds:
        assert kind in text


def lines(text: str) -> list[dict[str, Any]]:
    """Every line as the object that it is."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(("pool", "form"), [("threads", "plain"), ("threads", "json"), ("prefork", "json")])
def test_a_worker_withholds_what_errors_say(environment: dict[str, str], tmp_path: Path, pool: str, form: str) -> None:
    from privacy_portal.celery import app
    from privacy_portal.core.request_id import current_request_id

    log = tmp_path / "worker.log"
    options = [f"--pool={pool}", "--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    queue = f"leak-{pool}-{form}"
    environment["LOG_FORMAT"] = form
    command = [
        "celery",
        "--quiet",
        "-A",
        "privacy_portal",
        "worker",
        *options,
        "-I",
        "leakmod",
        "-Q",
        queue,
        f"--hostname={queue}",
    ]
    with running(command, environment, log):
        wait_for(" ready.", log)
        for name in ("leak.fail", "leak.row", "leak.log", "leak.again", "leak.thread"):
            app.send_task(name, queue=queue)
        wait_for("Task leak.again", log)
        time.sleep(1)
        # What a page of the portal does: the task's lines bear the id of its request.
        token = current_request_id.set("0123456789abcdef")
        app.send_task("leak.print", queue=queue)
        current_request_id.reset(token)
        text = wait_for("all done", log)
    assert_withheld(text, "ValueError", "IntegrityError", "KeyError", "leakmod.py")
    if form == "json":
        told = lines(text)
        last = next(line for line in told if line["message"] == "all done")
        assert (last["request_id"], last["task"], last["level"]) == ("0123456789abcdef", "leak.print", "error")
        assert last["task_id"]
        failed = next(line for line in told if line.get("task") == "leak.row" and "trace" in line)
        assert failed["error"] == "django.db.utils.IntegrityError"
        assert "request_id" not in failed
    else:
        assert "0123456789abcdef all done" in text


@pytest.mark.parametrize("form", ["plain", "json"])
def test_beat_withholds_what_errors_say(environment: dict[str, str], tmp_path: Path, form: str) -> None:
    log = tmp_path / "beat.log"
    environment["LOG_FORMAT"] = form
    command = [
        "celery",
        "--quiet",
        "-A",
        "privacy_portal",
        "beat",
        "--loglevel=INFO",
        f"--schedule={tmp_path}/s",
        "--pidfile=",
    ]
    with running(command, environment, log) as process:
        wait_for("message withheld", log)
        process.wait(30)
    assert_withheld(log.read_text(), "ValueError")
    assert form == "plain" or lines(log.read_text())


def test_the_web_server_withholds_what_errors_say(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "web.log"
    environment["LOG_FORMAT"] = "json"
    command = [
        *("gunicorn", "--config", "deploy/gunicorn.conf.py", "privacy_portal.wsgi:application"),
        f"--bind=127.0.0.1:{port}",
    ]
    with running([*command, "--threads=2"], environment, log):
        wait_for("Booting worker", log)
        while not listens(port):
            time.sleep(0.1)
        assert "SECRET" not in answer(port, "/view/")
        answer(port, "/stream/?q=SECRET")
        wait_for("ValueError", log, 10)
        page = answer(port, "/none/?q=SECRET")
    assert_withheld(log.read_text(), "IntegrityError", "ValueError")
    told = lines(log.read_text())
    by_view = {line["view"]: line for line in told if line["logger"] == "privacy_portal.access"}
    # Without the product's addresses the page that says 404 breaks as well.
    assert {view: line["status"] for view, line in by_view.items()} == {
        "leakmod.view": 500,
        "leakmod.stream": 200,
        "none": 500,
    }
    assert f"X-Request-ID: {by_view['none']['request_id']}" in page


def test_a_command_withholds_what_errors_say(environment: dict[str, str], tmp_path: Path) -> None:
    script = "import django, leakmod; from django.core.management import execute_from_command_line as run;"
    script += "run(['manage.py', 'shell', '--no-imports', '-c', 'import leakmod; leakmod.refuse_a_row()'])"
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {script}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert_withheld(done.stdout + done.stderr, "IntegrityError")
