"""The commands of the systemd units, with production settings, on real engines."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from privacy_portal.celery import app
from privacy_portal.core.services import outbox
from privacy_portal.development.lint import PRODUCTION, PROGRAMS
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.support.mail import SmtpSink
from tests.support.worker import ROOT, session_database_url

from .test_files import command_of

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "privacy.example.com"
TOKEN = "a-token-of-the-operator-0123456789-abc"
BEHIND_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def fetch(port: int, path: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=20) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``collectstatic`` makes, as it is done once per release."""
    folder = tmp_path_factory.mktemp("static")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        cwd=ROOT,
        env={**os.environ, **PRODUCTION, "STATIC_ROOT": str(folder)},
        check=True,
    )
    return folder


@pytest.fixture
def environment(static_root: Path, smtp_server: SmtpSink) -> dict[str, str]:
    return {
        **os.environ,
        **PRODUCTION,
        # What the tests write is sealed with the tests' keys.
        "FIELD_ENCRYPTION_KEYS": os.environ["FIELD_ENCRYPTION_KEYS"],
        "DATABASE_URL": session_database_url(),
        "REDIS_URL": settings.CELERY_BROKER_URL.replace("redis+socket", "unix").replace("virtual_host", "db"),
        "EMAIL_URL": smtp_server.url,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "STATIC_ROOT": str(static_root),
        "METRICS_TOKEN": TOKEN,
        "PYTHONWARNINGS": "ignore",
    }


@contextmanager
def running(unit: str, environment: dict[str, str], log: Path, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """The unit's own command, with the addresses of this test."""
    command = command_of(unit).replace("/srv/privacy-portal/venv/bin", str(PROGRAMS))
    for old, new in changes.items():
        assert CHANGED[old] in command
        command = command.replace(CHANGED[old], new)
    with log.open("w") as output:
        process = subprocess.Popen(
            shlex.split(command), cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


CHANGED = {"bind": "127.0.0.1:8000", "workers": "--workers 3", "schedule": "/var/lib/privacy-portal/beat"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(port: int, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if fetch(port, "/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_web(environment: dict[str, str], tmp_path: Path) -> None:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    port, log = free_port(), tmp_path / "web.log"
    with running(
        "privacy-portal-web.service", environment, log, bind=f"127.0.0.1:{port}", workers="--workers 2"
    ) as web:
        wait_until_ready(port, log)

        # Not the machine's name, and not without TLS.
        assert fetch(port, "/")[0] == 400
        status, headers, _body = fetch(port, "/", Host=HOST)
        assert (status, headers["Location"]) == (301, f"https://{HOST}/")

        status, headers, body = fetch(port, "/", **BEHIND_PROXY)
        assert status == 200
        assert "max-age=31536000" in headers["Strict-Transport-Security"]
        page = body.decode()
        sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
        assert sheets, page

        status, headers, plain = fetch(port, sheets[0], **BEHIND_PROXY)
        assert (status, headers["Content-Type"]) == (200, 'text/css; charset="utf-8"')
        assert "immutable" in headers["Cache-Control"], "its name has a digest"
        status, headers, packed = fetch(port, sheets[0], **BEHIND_PROXY, **{"Accept-Encoding": "gzip"})
        assert headers["Content-Encoding"] == "gzip"
        assert len(packed) < len(plain) / 2

        # Either process tells the sum of both.
        for _time in range(12):
            assert fetch(port, "/contact/", **BEHIND_PROXY)[0] == 200
        assert fetch(port, "/metrics")[0] == 401
        counted = 'portal_request_seconds_count{method="GET",status="200",view="portal:contact"} 12.0'
        for _time in range(4):
            told = fetch(port, "/metrics", Authorization=f"Bearer {TOKEN}")[2].decode()
            assert counted in told
            assert "portal_figure_failed{" not in told
    assert web.returncode == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["logger"] for line in lines} >= {"gunicorn.error", "privacy_portal.access"}


def wait_for_line(words: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while words not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_worker_and_beat(environment: dict[str, str], tmp_path: Path, smtp_sink: SmtpSink) -> None:
    app.control.purge()
    log, beat_log = tmp_path / "worker.log", tmp_path / "beat.log"
    with (
        running("privacy-portal-worker.service", environment, log),
        running("privacy-portal-beat.service", environment, beat_log, schedule=str(tmp_path / "beat")),
    ):
        wait_for_line(" ready.", log)
        with transaction.atomic():
            outbox.enqueue(template="staff_security", recipient="taro@shop.example", language="ja", context={})
        assert smtp_sink.wait_for("taro@shop.example")
        wait_for_line("beat: Starting", beat_log)
    for one in (log, beat_log):
        for line in filter(None, one.read_text().splitlines()):
            # What Celery prints past every log when it is told to stop.
            assert line.startswith("{") or line == "worker: Warm shutdown (MainProcess)", line
