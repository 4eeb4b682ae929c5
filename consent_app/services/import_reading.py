"""Reads a large file in a process of its own (:mod:`..domain.formats.apart`), so that two cores do an import."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import IO, Final

from ..domain import formats
from ..domain.formats import Layout, Problem, Scan, SourceRow, apart
from ..domain.formats.files import Opener

# A process takes as long to begin as a few thousand rows.
FROM_RECORDS: Final = 5_000
# How far the process may be ahead, in lines of its answer: some chunks. A pipe alone holds a hundred rows.
_LINES_AHEAD: Final = 50

_START: Final = "import sys; sys.path.append(sys.argv[1]); from consent_app.domain.formats.apart import main; main()"
_FOLDER: Final = str(Path(formats.__file__).parents[3])


class ReaderLost(Exception):
    """The process that reads ended before the file did: it was killed, or it met what it should have expected."""


def read_rows(
    source: Opener, layout: Layout, found: Scan, *, today: date, secret: bytes
) -> Generator[SourceRow | Problem, None, None]:
    """What :func:`~..domain.formats.read_rows` yields, read beside the caller's own work where the file is large.

    Raises:
        ReaderLost: see there. What was yielded before is whole.
        Exception: whatever the source raises.
    """
    if found.records < FROM_RECORDS:
        yield from formats.read_rows(source, layout, found, today=today, secret=secret)
        return
    process = _start()
    feeder = _Feeder(process, apart.head_line(layout, found, today=today, secret=secret), source)
    feeder.start()
    try:
        with closing(_answer(process)) as lines:
            for line in lines:
                rows = apart.rows_of(line)
                if rows is None:
                    return
                yield from rows
    finally:
        feeder.join()
    raise feeder.error or ReaderLost


def _start() -> subprocess.Popen[bytes]:
    # Of the environment only what finds the interpreter's own libraries: the keys of this product are in it.
    needed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _START, _FOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Its messages may quote the file.
        stderr=subprocess.DEVNULL,
        env=needed,
    )


def _answer(process: subprocess.Popen[bytes]) -> Generator[bytes, None, None]:
    """The whole lines that the process writes, collected while the caller is busy. Behind them the process is gone."""
    waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=_LINES_AHEAD)
    answer = _pipe(process.stdout)

    def collect() -> None:
        for line in answer:
            waiting.put(line)
        waiting.put(None)

    collector = threading.Thread(target=collect, name="import-collector", daemon=True)
    collector.start()
    line: bytes | None = b"\n"
    try:
        while (line := waiting.get()) and line.endswith(b"\n"):
            yield line
    finally:
        process.kill()
        while line is not None:
            line = waiting.get()
        collector.join()
        process.wait()
        answer.close()


class _Feeder(threading.Thread):
    """Gives the file to the process. Where the source fails, the process dies: it never takes a part for the whole."""

    def __init__(self, process: subprocess.Popen[bytes], head: bytes, source: Opener) -> None:
        super().__init__(name="import-feeder", daemon=True)
        self._process = process
        self._head = head
        self._source = source
        self.error: BaseException | None = None

    def run(self) -> None:
        pipe = _pipe(self._process.stdin)
        try:
            pipe.write(self._head)
            with self._source() as stream:
                while piece := stream.read(1 << 16):
                    pipe.write(piece)
            pipe.close()
        except BrokenPipeError:
            pass  # the process is gone; whoever waits for its answer says so
        except BaseException as error:
            self.error = error
            self._process.kill()
        finally:
            with suppress(BrokenPipeError):
                pipe.close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("The process has no such pipe.")
    return stream
