"""Where the benchmarks run: a database of their own on a real server, kept between runs.

`DATABASE_URL` and `REDIS_URL` name the servers; where they are unset, it is the pair of `make run`, which writes
through to the disk (fsync) like any other. The product's own database on that server is not touched.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

DATABASE = "privacy_portal_benchmarks"
ROOT = Path(__file__).resolve().parent.parent


def prepare() -> None:
    """Make the database where there is none, and bring Django and the tables up to date."""
    from privacy_portal.engines import provide

    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    # As docs/operations.md advises for so many; with 64 MB an import waits for the disk.
    os.environ.setdefault("POSTGRES_SETTINGS", "shared_buffers=2GB max_wal_size=8GB")
    provide()
    os.environ["DATABASE_URL"] = _with_name(os.environ["DATABASE_URL"], DATABASE)
    with _server() as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            server.execute(f"CREATE DATABASE {DATABASE}")
    import django

    django.setup()
    from privacy_portal.development.translations import compile_all

    compile_all()
    _migrate()


def renew() -> None:
    """Begin with empty tables: what is only added to, such as the audit trail, cannot be emptied otherwise."""
    from django.db import connection

    connection.close()
    drop()
    with _server() as server:
        server.execute(f"CREATE DATABASE {DATABASE}")
    _migrate()


def drop() -> None:
    """Delete the database of the benchmarks."""
    with _server() as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} (FORCE)")


def _migrate() -> None:
    """In a process of its own, for the sake of the figures of memory."""
    subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)


def machine() -> str:
    """One line on what a run was measured on, with the load that others make."""
    from django.db import connection

    with connection.cursor() as cursor:
        settings = []
        for name in ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size"):
            cursor.execute(f"SHOW {name}")
            settings.append(f"{name} {cursor.fetchone()[0]}")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}; "
        f"PostgreSQL on the same machine, {', '.join(settings)}"
    )


def arguments(description: str | None, **defaults: int) -> argparse.Namespace:
    """The command line of a benchmark: numbers, each with its default."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, prog=sys.argv[0]
    )
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value, help=f"default {value}")
    return parser.parse_args()


def _server() -> psycopg.Connection:
    """A connection beside the database, for statements that stand outside of any transaction."""
    import environ

    database = environ.Env.db_url_config(_with_name(os.environ["DATABASE_URL"], "postgres"))
    return psycopg.connect(
        dbname=database["NAME"],
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        autocommit=True,
    )


def _with_name(url: str, name: str) -> str:
    """The same server with another database; a socket's folder stands before the name."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}"))
