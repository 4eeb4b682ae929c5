"""Keys and addresses of a development run, made once and kept in `var/development.env`."""

import base64
import os
import secrets
import socket
from pathlib import Path

from .places import state_folder


def load_development_environment() -> None:
    """Put the development values into the environment; what is set there already stays."""
    for name, value in _read(_made_once()).items():
        os.environ.setdefault(name, value)


def free_port() -> int:
    """A TCP port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _made_once() -> Path:
    path = state_folder() / "development.env"
    if not path.exists():
        values = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "FIELD_ENCRYPTION_KEYS": f"dev1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "PORTAL_URL": "http://127.0.0.1:8000",
            "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
            "DEFAULT_FROM_EMAIL": "privacy@portal.example",
        }
        # Linked into place when complete: of two first runs at once one wins, and neither reads half a file.
        unfinished = path.with_name(f"development.env.{os.getpid()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())
        try:
            os.link(unfinished, path)
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return path


def _read(path: Path) -> dict[str, str]:
    values = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.lstrip().startswith("#"):
            values[name.strip()] = value.strip()
    return values
