"""An embedded Redis server on a Unix socket."""

import socket
import time

from .places import EngineError, Place, redis_program


class RedisServer:
    """One server without a password, reachable by our own account only."""

    def __init__(self, place: Place, *, durable: bool) -> None:
        self.place = place
        self.durable = durable
        self.socket = place.sockets / "redis.sock"
        self.data = place.home / "redis"

    @property
    def url(self) -> str:
        """`REDIS_URL` of the server's first database."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start the server when it does not run.

        Raises:
            EngineError: when it does not answer within ten seconds; its log is named.
        """
        if self.running():
            return
        log = self.place.home / "redis.log"
        self._check(["mkdir", "-p", self.data])
        self._check(
            [
                redis_program(self.place),
                "--port",
                "0",
                "--unixsocket",
                self.socket,
                "--unixsocketperm",
                "700",
                "--dir",
                self.data,
                "--logfile",
                log,
                "--save",
                "",
                "--appendonly",
                "yes" if self.durable else "no",
                "--daemonize",
                "yes",
            ]
        )
        if not self._becomes(running=True):
            raise EngineError(f"Redis did not start; its reason is in {log}.")

    def stop(self) -> None:
        """Stop the server; nothing happens when it does not run."""
        if self.running():
            self._say(b"SHUTDOWN\r\n")
            if not self._becomes(running=False):
                raise EngineError(f"Redis did not stop within ten seconds; its log is {self.place.home / 'redis.log'}.")

    def running(self) -> bool:
        """Whether the server answers. One that is still loading its data answers with an error, which is an answer."""
        return self._say(b"PING\r\n") == b"+PONG\r\n"

    def _say(self, command: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self.socket))
                connection.sendall(command)
                return connection.recv(100)
            except OSError:
                return b""

    def _becomes(self, *, running: bool) -> bool:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.running() is running:
                return True
            time.sleep(0.02)
        return False

    def _check(self, command: list[object]) -> None:
        self.place.account.check([str(part) for part in command], cwd=self.place.home, what="Redis")
