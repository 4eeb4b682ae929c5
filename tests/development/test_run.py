"""`make run` in a clone of its own, with real processes; what can go wrong is one sentence each."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from privacy_portal.engines.environment import free_port
from tests.support.processes import running_in

ROOT = Path(settings.BASE_DIR)
NOT_COPIED = shutil.ignore_patterns(
    "var", ".git", ".venv", "staticfiles", "node_modules", "__pycache__", "*.mo", ".*_cache", ".hypothesis"
)


class Clone:
    """A copy of the source with nothing made yet but the virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
        environment = folder / ".venv"
        environment.symlink_to(sys.prefix)
        self.processes: list[subprocess.Popen[str]] = []

    def environment(self, **changes: str) -> dict[str, str]:
        product = re.compile(
            r"DATABASE_URL|REDIS_URL|SECRET_KEY|FIELD_|PORTAL_|EMAIL_|DEFAULT_FROM|DJANGO_|PYTEST_|MEDIA_"
        )
        kept = {name: value for name, value in os.environ.items() if not product.match(name)}
        return kept | changes

    def run(self, **environment: str) -> "Run":
        return Run(self, **environment)

    def outside(self) -> Path:
        code = (
            "import sys; sys.path.insert(0, 'privacy_portal'); from engines.places import *; "
            "print(private_folder_path(Account.current()))"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return Path(result.stdout.strip())

    def clean(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["make", "clean"], cwd=self.folder, capture_output=True, text=True, check=False)


class Run:
    """One run of the product; its output goes to a file, as without a terminal."""

    def __init__(self, clone: Clone, **environment: str) -> None:
        self.clone = clone
        self.port = free_port()
        self.output = clone.folder / f"output-{self.port}"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "privacy_portal.development.run"],
                cwd=clone.folder,
                env=clone.environment(**{"PORT": str(self.port), **environment}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        clone.processes.append(self.process)

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 120
        while "Ctrl-C stops everything" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    clone = Clone(tmp_path / "clone")
    yield clone
    for process in clone.processes:
        if process.poll() is None:
            process.terminate()
            process.wait(40)
    clone.clean()


def test_from_a_clone_to_the_running_product_and_back(clone: Clone) -> None:
    first = clone.run()
    first.wait_until_ready()
    sign_in = clone.folder / "var" / "first-sign-in.txt"

    said = first.said()
    address = f"http://127.0.0.1:{first.port}"
    assert f"{address}/\n" in said
    assert f"{address}/admin/" in said
    assert "Traceback" not in said
    assert sign_in.read_text().splitlines()[0] in said
    assert stat.S_IMODE(sign_in.stat().st_mode) == 0o600
    assert first.get("/")[0] == 200
    assert first.get("/dev/mail/")[0] == 200
    assert first.get("/static/portal/portal.css")[0] == 200

    # A second run of the same clone would share its database and its schedule.
    other = clone.run()
    assert other.process.wait(60) == 1
    assert other.said().splitlines() == [
        f"This clone is running already (process {first.process.pid}, {address}/); stop that run first."
    ]
    refused = clone.clean()
    assert refused.returncode != 0
    assert "Something still runs in this clone; stop it first." in refused.stderr

    assert first.stop(signal.SIGINT) == 0
    assert running_in(clone.folder) == []
    assert running_in(clone.outside()) == []

    before = sign_in.read_text()
    began = time.monotonic()
    second = clone.run()
    second.wait_until_ready()
    assert time.monotonic() - began < 30
    assert "Importing" not in second.said()
    assert sign_in.read_text() == before
    assert second.stop(signal.SIGTERM) == 0
    assert running_in(clone.folder) == []

    outside = clone.outside()
    removed = clone.clean()
    assert removed.returncode == 0, removed.stderr
    assert not outside.exists()
    left = {path.name for path in clone.folder.iterdir()} - {path.name for path in ROOT.iterdir()}
    assert {name for name in left if not name.startswith("output-")} == set()
    assert not (clone.folder / "var").exists()
    assert not (clone.folder / ".venv").exists()
    assert Path(sys.prefix).exists()


def test_busy_port_is_one_sentence(clone: Clone) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        run = clone.run(PORT=str(port))
        assert run.process.wait(60) == 1
    assert run.said() == f"Port {port} is in use by another program; choose another one: make run PORT={port + 1}\n"


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "８０８０"])
def test_wrong_port_is_one_sentence(clone: Clone, port: str) -> None:
    run = clone.run(PORT=port)
    assert run.process.wait(60) == 1
    assert run.said() == f"PORT must be a number from 1 to 65535, not “{port}”.\n"


def test_unknown_profile_is_told_without_a_traceback(clone: Clone) -> None:
    run = clone.run(PROFILE="nobody-has-this")
    assert run.process.wait(120) == 1
    assert "nobody-has-this" in run.said()
    assert "Traceback" not in run.said()
    assert running_in(clone.folder) == []


class TestBootstrap:
    """Made to believe in another machine by changing what it asks."""

    @staticmethod
    def bootstrap(clone: Clone, lie: str, path: Path) -> subprocess.CompletedProcess[str]:
        code = f"{lie}\nimport runpy; runpy.run_path('privacy_portal/development/bootstrap.py', run_name='__main__')"
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=clone.folder,
            env={"PATH": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_old_python_is_one_sentence(self, clone: Clone, tmp_path: Path) -> None:
        result = self.bootstrap(clone, "import sys; sys.version_info = (3, 9, 2, 'final', 0)", tmp_path)
        assert result.returncode == 1
        assert result.stderr == "Python 3.11 or newer is needed, this is 3.9; install a newer one.\n"

    def test_newer_python_of_the_machine_is_used(self, clone: Clone, tmp_path: Path) -> None:
        newer = tmp_path / "python3.13"
        newer.write_text('#!/bin/sh\necho "$@"\n')
        newer.chmod(0o755)
        lie = "import sys; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['x', '-m', 'pytest']"
        result = self.bootstrap(clone, lie, tmp_path)
        assert result.stdout.endswith("privacy_portal/development/bootstrap.py -m pytest\n")

    def test_missing_venv_module_is_one_sentence(self, clone: Clone, tmp_path: Path) -> None:
        (clone.folder / ".venv").unlink()
        result = self.bootstrap(clone, "import importlib.util; importlib.util.find_spec = lambda name: None", tmp_path)
        assert result.returncode == 1
        assert result.stderr.startswith("Python's venv module is missing")
        assert len(result.stderr.splitlines()) == 1

    def test_missing_python_is_one_sentence(self, clone: Clone) -> None:
        result = subprocess.run(
            ["make", "run", "PYTHON=python-is-not-here"],
            cwd=clone.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode != 0
        assert result.stderr.startswith("Python 3.11 or newer is needed; install python3.\n")
