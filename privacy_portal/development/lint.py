"""`make lint`: every check that needs no running product, all of them even when an early one fails.

``python -m privacy_portal.development.lint [NAME …]``
"""

import base64
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path(sys.executable).parent

PACKAGES = ("privacy_portal", "consent_app", "requests_app")

# What a production deployment sets, made up; nothing is connected to.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "privacy_portal.settings.production",
    "SECRET_KEY": "only for the check, long enough and of more than fifty characters 0123456789",  # nosec B105
    "FIELD_ENCRYPTION_KEYS": "check:" + base64.b64encode(bytes(range(32))).decode(),
    "ALLOWED_HOSTS": "privacy.example.com",
    "PORTAL_URL": "https://privacy.example.com",
    "DATABASE_URL": "postgres://portal@localhost/privacy_portal",
    "REDIS_URL": "redis://localhost:6379/0",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "privacy@example.com",
    "TRUSTED_PROXY_HOPS": "1",
}


@dataclass(frozen=True)
class Check:
    """One program of the virtual environment; it passes when its exit status is 0."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


CHECKS = [
    Check("ruff", ["ruff", "check", "."]),
    Check("format", ["ruff", "format", "--check", "."]),
    Check("security", ["bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", *PACKAGES, "manage.py"]),
    Check("types", ["mypy"], PRODUCTION),
    Check("architecture", ["lint-imports", "--no-logo"]),
    Check("templates", ["djlint", "--lint", "--quiet", "templates"]),
    Check("translations", ["python", "-m", "privacy_portal.development.translations", "check"]),
    Check("deployment", ["django-admin", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    Check("migrations", ["django-admin", "makemigrations", "--check", "--dry-run"], PRODUCTION),
    Check("zero-downtime", ["python", "-m", "privacy_portal.development.migration_rules"], PRODUCTION),
]


def main(names: list[str]) -> int:
    """Run the named checks, or all; return 1 when one failed."""
    failed = []
    for check in CHECKS:
        if names and check.name not in names:
            continue
        began = time.monotonic()
        result = subprocess.run(
            [str(PROGRAMS / check.command[0]), *check.command[1:]],
            env={**os.environ, "PYTHONPATH": ".", **check.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        verdict = "failed" if result.returncode else "passed"
        sys.stdout.write(f"{check.name:14}{verdict} in {time.monotonic() - began:.1f} s\n")
        if result.returncode:
            sys.stdout.write(result.stdout)
            failed.append(check.name)
        sys.stdout.flush()
    if failed:
        sys.stdout.write(f"Failed: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
