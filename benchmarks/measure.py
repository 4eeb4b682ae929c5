"""How the benchmarks measure.

A machine that others use says little by its clock: a process that waits for its turn gets slower, not more expensive.
Beside the time that passed (wall) stands the time that the processors worked for it: of this process, and of the
PostgreSQL processes that serve its connection, which the kernel counts (Linux, same machine).
"""

import gc
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Places in what :func:`_stat` gives (proc(5)).
_PARENT, _CHILDREN_USER, _CHILDREN_SYSTEM = 1, 13, 14


@dataclass(frozen=True)
class Timing:
    """One call, in milliseconds."""

    wall: float
    cpu: float


def percentile(values: list[float], share: float) -> float:
    """The smallest value that is not exceeded by `share` of all."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: list[float]) -> float:
    return statistics.median(values)


def own_cpu() -> float:
    """Seconds that this process has computed so far, with those that it started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def database_cpu() -> float:
    """Seconds that PostgreSQL has computed so far for our connection; 0 where that cannot be known.

    A parallel worker's time is added to the server's children when it ends, in steps of ten milliseconds.
    """
    from django.db import connection

    connection.ensure_connection()
    process = Path(f"/proc/{connection.connection.info.backend_pid}")
    try:
        own = int((process / "schedstat").read_text().split()[0]) / 1e9
        server = _stat(process)[_PARENT]
        ended = _stat(Path(f"/proc/{server}"))
    except OSError:
        return 0.0
    return own + (int(ended[_CHILDREN_USER]) + int(ended[_CHILDREN_SYSTEM])) / os.sysconf("SC_CLK_TCK")


def _stat(process: Path) -> list[str]:
    """Fields of `/proc/PID/stat` from the third on; the name before them may have anything in it."""
    return (process / "stat").read_text().rpartition(")")[2].split()


def timed(call: Callable[[], Any]) -> Timing:
    """Call once."""
    database, own, wall = database_cpu(), time.process_time(), time.perf_counter()
    call()
    wall, own = time.perf_counter() - wall, time.process_time() - own
    return Timing(wall * 1000, (own + database_cpu() - database) * 1000)


def rounds(call: Callable[[], Any], number: int) -> list[Timing]:
    """Call so many times after one call that fills caches; what the collector of garbage does is part of it."""
    call()
    gc.collect()
    return [timed(call) for _ in range(number)]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects the statements that this connection sends meanwhile."""
    from django.db import connection

    sent: list[str] = []

    def noted(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(noted):
        yield sent


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def memory_mb() -> float:
    """What this process holds now, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def table(*columns: str) -> None:
    """Begin a table as docs/benchmarks.md has it."""
    print(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)


def row(*cells: object) -> None:
    print(f"| {' | '.join(f'{one:.0f}' if isinstance(one, float) else str(one) for one in cells)} |", flush=True)
