"""When the embedded engines start and stop.

Each process that uses the development pair holds a shared lock on `var/engines/users`; the last one to leave stops the
pair. The kernel drops the lock of a process that dies, so a crash never keeps the engines alive for ever, and starting
and stopping happen under a lock of their own, so they never cross.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .environment import load_development_environment
from .places import (
    Account,
    EngineError,
    Place,
    place_for,
    places_of_earlier_clones,
    private_folder_path,
    state_folder,
)
from .postgres import Postgres
from .redis_server import RedisServer

DEVELOPMENT = "development"

_held: list[IO[str]] = []


def provide() -> None:
    """Complete the environment of a development run: its keys, and servers where none are named.

    Ends the process with one sentence and exit status 1 when an engine cannot be had.
    """
    try:
        load_development_environment()
        _provide_engines()
    except EngineError as error:
        sys.exit(str(error))


def _provide_engines() -> None:
    wanted = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if not wanted:
        return
    with _one_at_a_time():
        _clear_earlier_clones()
        place = place_for(DEVELOPMENT)
        postgres, redis = Postgres(place, durable=True), RedisServer(place, durable=True)
        if "DATABASE_URL" in wanted:
            postgres.start()
            os.environ["DATABASE_URL"] = postgres.url
        if "REDIS_URL" in wanted:
            redis.start()
            os.environ["REDIS_URL"] = redis.url
        users = _users_file()
        fcntl.flock(users, fcntl.LOCK_SH)
        _held.append(users)
    atexit.register(stop_if_unused, os.getpid())


def stop_if_unused(only_in: int | None = None) -> bool:
    """Give up our use of the development pair and stop it when nobody else uses it; return whether it was stopped.

    `only_in` is the process that may do so: a forked child inherits the exit handler but not the duty.
    """
    if only_in is not None and only_in != os.getpid():
        return False
    with _one_at_a_time():
        while _held:
            _held.pop().close()
        with _users_file() as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            _stop(place_for(DEVELOPMENT), durable=True)
    return True


def engines_in_use() -> bool:
    """Whether a process uses the development pair or a test session runs."""
    folder = state_folder() / "engines"
    return any(_is_locked(path) for path in [folder / "users", *folder.glob("test-*.lock")] if path.exists())


def remove_everything() -> None:
    """Stop all engines of this clone and delete what they left outside of it and in `var/engines`.

    Raises:
        EngineError: when a process still uses them.
    """
    if engines_in_use():
        raise EngineError("Something still runs in this clone; stop it first.")
    _clear_earlier_clones()
    account = Account.current()
    names = {DEVELOPMENT} | {path.stem for path in (state_folder() / "engines").glob("test-*.lock")}
    for name in sorted(names):
        place = place_for(name)
        if place.home.exists():
            _stop(place, durable=name == DEVELOPMENT)
    shutil.rmtree(private_folder_path(account), ignore_errors=True)
    shutil.rmtree(state_folder() / "engines")


class TestEngines:
    """A pair of its own for one test session, gone with the session.

    A session that was killed leaves its pair behind; the next session sees that its lock is free and clears it away.

    Args:
        part: names a second pair of the same session, for tests that stop and break what others share.
        durable: whether the database keeps what was committed when it is killed.
    """

    __test__ = False

    def __init__(self, part: str = "", *, durable: bool = False) -> None:
        self.name = f"test-{os.getpid()}{part and '-'}{part}"
        self._durable = durable
        self._lock_path = state_folder() / "engines" / f"{self.name}.lock"
        self._lock: IO[str] | None = None
        self._owner = os.getpid()

    def start(self) -> dict[str, str]:
        """Start the pair and return DATABASE_URL and REDIS_URL.

        Raises:
            EngineError: when an engine cannot be had, or this session has a pair of this name already.
        """
        with _one_at_a_time():
            _clear_abandoned_sessions()
            _clear_earlier_clones()
            self._lock = self._lock_path.open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise EngineError(f"{self.name} runs already.") from None
            atexit.register(self.stop)
            place = place_for(self.name)
            self.postgres, self.redis = Postgres(place, durable=self._durable), RedisServer(place, durable=False)
        self.postgres.start()
        self.redis.start()
        return {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url}

    def stop(self) -> None:
        """Stop the pair and delete its files; may be called again."""
        if self._lock is None or self._owner != os.getpid():
            return
        with _one_at_a_time():
            _destroy(self.name)
            self._lock.close()
            self._lock = None


def _clear_abandoned_sessions() -> None:
    for path in (state_folder() / "engines").glob("test-*.lock"):
        if not _is_locked(path):
            _destroy(path.stem)


def _clear_earlier_clones() -> None:
    for place in places_of_earlier_clones():
        _stop(place, durable=False)
        shutil.rmtree(place.home)
        with contextlib.suppress(OSError):  # another pair may lie beside it
            place.home.parent.rmdir()


def _destroy(name: str) -> None:
    place = place_for(name)
    _stop(place, durable=False)
    for folder in {place.home, place.sockets}:
        shutil.rmtree(folder, ignore_errors=True)
    if place.sockets != place.home:
        with contextlib.suppress(OSError):  # other pairs still have their sockets there
            place.sockets.parent.rmdir()
    (state_folder() / "engines" / f"{name}.lock").unlink(missing_ok=True)


def _stop(place: Place, *, durable: bool) -> None:
    Postgres(place, durable=durable).stop()
    RedisServer(place, durable=durable).stop()


def _users_file() -> IO[str]:
    return (state_folder() / "engines" / "users").open("a")


def _is_locked(path: Path) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (state_folder() / "engines" / "mutex").open("a") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        yield
