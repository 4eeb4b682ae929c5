"""An embedded PostgreSQL server on a Unix socket."""

import os
from pathlib import Path

from .places import EngineError, Place, postgresql_programs

ROLE = "portal"
DATABASE = "privacy_portal"
PORT = 5432


class Postgres:
    """One server with one role (may create databases, is no superuser) and one database that it owns.

    Peers are trusted because only our own account can reach the socket's folder.
    """

    def __init__(self, place: Place, *, durable: bool) -> None:
        self.place = place
        self.durable = durable
        self.data = place.home / "postgresql"

    @property
    def url(self) -> str:
        """`DATABASE_URL` of the product's database. The port is named because PGPORT could name another."""
        return f"postgres://{ROLE}@:{PORT}/{self.place.sockets}/{DATABASE}"

    def start(self) -> None:
        """Make the cluster when there is none, start it when it does not run.

        Raises:
            EngineError: when PostgreSQL does not start; its log is named.
        """
        self._make_cluster()
        if not self.running():
            log = self.place.home / "postgresql.log"
            try:
                self._run("pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "-o", self._options(), "start")
            except EngineError:
                raise EngineError(f"PostgreSQL did not start; its reason is in {log}.") from None
        self._make_database()

    def stop(self) -> None:
        """Stop the server, breaking connections that are still open; nothing happens when it does not run."""
        if self.running():
            mode = "fast" if self.durable else "immediate"
            self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", mode, "stop")

    def running(self) -> bool:
        """Whether a server runs on the data."""
        if not (self.data / "postmaster.pid").exists():
            return False
        process = self.place.account.run(
            [postgresql_programs(self.place) / "pg_ctl", "-D", self.data, "status"], cwd=self.place.home
        )
        process.communicate()
        return process.returncode == 0

    def _make_cluster(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        # Made beside and renamed, so that an interrupted start leaves nothing half done to be taken for a cluster.
        unfinished = self.data.with_name("postgresql.new")
        self._check(["rm", "-rf", unfinished])
        self._run(
            "initdb",
            "-D",
            unfinished,
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *([] if self.durable else ["--no-sync"]),
        )
        self._check(["mv", "-T", unfinished, self.data])

    def _make_database(self) -> None:
        if DATABASE in self._sql("SELECT datname FROM pg_database").splitlines():
            return
        if ROLE not in self._sql("SELECT rolname FROM pg_roles").splitlines():
            self._sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        self._sql(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def _options(self) -> str:
        settings = {
            "listen_addresses": "''",
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": "100",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            # What a test session holds is thrown away, so nothing needs to survive a power cut.
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off"}
            # Statistics gathered in the middle of one test would change the query plans that another one looks at.
            settings |= {"autovacuum": "off"}
        settings |= dict(one.split("=", 1) for one in os.environ.get("POSTGRES_SETTINGS", "").split())
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        return f"-k {self.place.sockets} {options}"

    def _sql(self, statement: str) -> str:
        return self._run(
            "psql",
            "--no-psqlrc",
            "-tA",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self.place.sockets,
            "-p",
            str(PORT),
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-c",
            statement,
        )

    def _run(self, program: str, *arguments: str | Path) -> str:
        return self._check([postgresql_programs(self.place) / program, *arguments])

    def _check(self, command: list[str | Path]) -> str:
        return self.place.account.check(command, cwd=self.place.home, what="PostgreSQL")
