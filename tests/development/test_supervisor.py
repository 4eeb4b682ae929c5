"""The supervisor: parts start, speak, and stop together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from privacy_portal.development.supervisor import SAME_MOMENT
from tests.support.processes import running_in

# A part that makes a child of its own, as gunicorn and Celery do.
POLITE = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
def stop(number, frame):
    child.terminate()
    print("finishing", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("started", flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("started", flush=True)
time.sleep(600)
"""
BRIEF = "import sys, time; print('no line end', end=''); time.sleep(1); sys.exit(3)"

SUPERVISE = """
import os, sys
sys.path.insert(0, {root!r})
from privacy_portal.development.supervisor import Supervisor
supervisor = Supervisor(patience=float(sys.argv[1]))
for number, code in enumerate(sys.argv[2:]):
    supervisor.start(f"part{{number}}", [sys.executable, "-c", code])
try:
    supervisor.work()
    ended = supervisor.ended()
finally:
    supervisor.stop()
print("stopping" if supervisor.stopping else f"{{ended.name}} ended with {{ended.process.returncode}}")
"""


class Supervised:
    def __init__(self, folder: Path, *parts: str, patience: float) -> None:
        self.folder = folder
        self.output = folder / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISE.format(root=str(settings.BASE_DIR)), str(patience), *parts],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.parts = len(parts)

    def wait_until_started(self) -> None:
        deadline = time.monotonic() + 30
        while self.output.read_text().count("started") < self.parts:
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)

    def nothing_runs(self) -> bool:
        deadline = time.monotonic() + 5
        while running_in(self.folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        return not running_in(self.folder)


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[object]:
    started: list[Supervised] = []

    def start(*parts: str, patience: float = 60) -> Supervised:
        started.append(Supervised(tmp_path, *parts, patience=patience))
        return started[-1]

    yield start
    for supervised in started:
        supervised.process.kill()
        supervised.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_part_and_its_children(supervise, number: signal.Signals) -> None:
    run = supervise(POLITE, POLITE)
    run.wait_until_started()
    run.process.send_signal(number)
    assert run.process.wait(20) == 0
    lines = run.output.read_text().splitlines()
    assert lines.count("part0  | finishing") == 1
    assert lines.count("part1  | finishing") == 1
    assert lines[-1] == "stopping"
    assert run.nothing_runs()


def test_what_does_not_stop_is_killed_with_its_children(supervise) -> None:
    run = supervise(STUBBORN, patience=2)
    run.wait_until_started()
    began = time.monotonic()
    run.process.terminate()
    assert run.process.wait(20) == 0
    assert time.monotonic() - began > 1.9
    assert run.nothing_runs()


def test_a_second_signal_does_not_wait(supervise) -> None:
    run = supervise(STUBBORN)
    run.wait_until_started()
    for _ in range(2):
        run.process.send_signal(signal.SIGINT)
        time.sleep(2 * SAME_MOMENT)
    run.process.wait(20)
    assert run.nothing_runs()


def test_one_stop_that_arrives_twice_is_one(supervise) -> None:
    run = supervise(STUBBORN, patience=3)
    run.wait_until_started()
    began = time.monotonic()
    run.process.terminate()
    run.process.terminate()
    run.process.wait(20)
    assert time.monotonic() - began > 2.9


def test_the_end_of_one_part_stops_all(supervise) -> None:
    run = supervise(POLITE, BRIEF)
    assert run.process.wait(30) == 0
    lines = run.output.read_text().splitlines()
    assert lines[-1] == "part1 ended with 3"
    assert run.nothing_runs()


def test_the_last_words_of_a_part_are_shown(supervise) -> None:
    run = supervise(BRIEF)
    run.process.wait(30)
    assert "part0  | no line end" in run.output.read_text().splitlines()


def test_parts_do_not_outlive_a_killed_supervisor(supervise) -> None:
    run = supervise(POLITE)
    run.wait_until_started()
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    assert run.nothing_runs()
