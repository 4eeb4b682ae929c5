"""Prepare the virtual environment, then become the command that was asked for.

``python3 privacy_portal/development/bootstrap.py -m pytest -n 2``

Run by path with whatever `python3` the machine has: standard library only, and a syntax that old interpreters can
read far enough to say that they are too old.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "deploy" / "requirements-dev.txt"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed-lock"


def main(arguments: "list[str]") -> None:
    """Make sure of the environment and hand the process over to its Python."""
    require_new_python()
    os.chdir(str(ROOT))
    wanted = fingerprint()
    if not STAMP.exists() or STAMP.read_text() != wanted:
        make_environment()
        install()
        STAMP.write_text(wanted)
    become(PYTHON, arguments)


def require_new_python() -> None:
    """Go on with a newer interpreter of this machine when this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(19, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            become(Path(newer), [str(Path(__file__).resolve()), *sys.argv[1:]])
    here = ".".join(map(str, sys.version_info[:2]))
    stop(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {here}; install a newer one.")


def make_environment() -> None:
    """Make `.venv`, unless there is one that works."""
    if PYTHON.exists() and subprocess.call([str(PYTHON), "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0:
        return
    # Debian ships Python without the part that makes virtual environments.
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        stop("Python's venv module is missing; install it (Debian, Ubuntu: apt install python3-venv).")
    say("Making a virtual environment in .venv")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
        stop("The virtual environment could not be made; the reason stands above.")


def install() -> None:
    """Install exactly what the lock names, checked against its hashes."""
    say("Installing the locked dependencies (about a minute, only when the lock has changed)")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    environment = dict(os.environ, PIP_ROOT_USER_ACTION="ignore")
    if subprocess.call([*command, "--require-hashes", "-r", str(LOCK)], env=environment) != 0:
        stop("The dependencies could not be installed; the reason stands above.")


def fingerprint() -> str:
    """Says which lock was installed for which Python."""
    version = ".".join(map(str, sys.version_info[:2]))
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} for Python {version}\n"


def become(python: Path, arguments: "list[str]") -> None:
    """Replace this process, so that signals sent to it reach the command itself."""
    sys.stdout.flush()
    os.execv(str(python), [str(python), *arguments])  # noqa: S606, that is the point  # nosec B606


def say(text: str) -> None:
    """Tell the developer what happens."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def stop(text: str) -> None:
    """End with one sentence."""
    sys.stderr.write(f"{text}\n")
    sys.exit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
