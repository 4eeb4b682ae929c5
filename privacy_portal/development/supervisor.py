"""Runs the parts of the product side by side, until one of them ends or somebody says stop.

Each part is a session of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then stops the
parts in order. If the supervisor itself is killed, the kernel stops them.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# One stop can arrive twice: sent to the whole process group, and passed on by make.
SAME_MOMENT = 0.5
_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass
class Part:
    """One running process."""

    name: str
    process: subprocess.Popen[bytes]
    unfinished_line: bytes = b""


class Supervisor:
    """Starts parts, shows what they print, and stops them all.

    `patience` is how many seconds a part has to finish what it is doing before it is killed.
    """

    def __init__(self, *, patience: float = 20) -> None:
        self._patience = patience
        self._parts: list[Part] = []
        self._selector = selectors.DefaultSelector()
        self._asked_to_stop_at = 0.0
        self._impatient = False
        self._width = 6
        # Signals only write a byte here: the loop sleeps until there is something to do and misses none.
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in STOP_SIGNALS:
            signal.signal(number, self._request_stop)

    @property
    def stopping(self) -> bool:
        """Whether somebody said stop."""
        return self._asked_to_stop_at > 0

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a part. Must be called from the main thread, whose end is what the kernel watches for."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # safe: there are no threads here
        )
        assert process.stdout is not None  # noqa: S101, tells the type checker
        os.set_blocking(process.stdout.fileno(), False)
        part = Part(name, process)
        self._parts.append(part)
        self._selector.register(process.stdout, selectors.EVENT_READ, part)

    def ended(self) -> Part | None:
        """A part that has ended, if there is one."""
        return next((part for part in self._parts if part.process.poll() is not None), None)

    def work(self, seconds: float | None = None) -> None:
        """Show output and handle signals until something ended, somebody said stop, or the time is over."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.stopping and self.ended() is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            self._show(left)

    def stop(self) -> None:
        """Stop the parts, the newest first; a second Ctrl-C or the end of patience kills what is left."""
        for part in reversed(self._parts):
            if part.process.poll() is None:
                # The process alone: gunicorn and Celery stop their own children after they finished their work.
                part.process.terminate()
        deadline = time.monotonic() + self._patience
        while any(part.process.poll() is None for part in self._parts):
            left = deadline - time.monotonic()
            if left <= 0 or self._impatient:
                break
            self._show(left)
        for part in self._parts:
            _kill_group(part.process)
        self._drain()

    def _request_stop(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if not self._asked_to_stop_at:
            self._asked_to_stop_at = now
        elif number == signal.SIGINT and now - self._asked_to_stop_at > SAME_MOMENT:
            self._impatient = True

    def _show(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._woken:
                self._woken.recv(1000)
            else:
                self._read(key.data)

    def _read(self, part: Part) -> bool:
        assert part.process.stdout is not None  # noqa: S101
        chunk = part.process.stdout.read(65536)
        if chunk is None:
            return False
        if not chunk:
            self._selector.unregister(part.process.stdout)
        *lines, part.unfinished_line = (part.unfinished_line + chunk).split(b"\n")
        if not chunk and part.unfinished_line:
            lines.append(part.unfinished_line)
        for line in lines:
            say(f"{part.name:{self._width}} | {line.decode(errors='replace')}")
        return bool(chunk)

    def _drain(self) -> None:
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                while self._read(key.data):
                    pass


def say(text: str) -> None:
    """Print a line at once, also where the output is a file; a reader that has gone is no reason to fail."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still to be printed, also by the interpreter's own flush at exit, goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
