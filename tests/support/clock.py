"""A clock that several processes share and a test puts forward: months in a minute, by everything that is due in them.

The product knows nothing of it. Its processes are the real ones; what Python tells them as the time is the real time
and as many seconds as stand in a file. Waiting (``time.monotonic``) goes on as ever, so that no connection times out.
"""

import struct
import threading
import time
from pathlib import Path

import time_machine


class Clock:
    """Seconds that a file adds to the time of every process that follows it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ahead = 0.0
        self._traveller: time_machine.Coordinates | None = None
        self._travel: time_machine.travel | None = None

    def follow(self) -> None:
        """Let this process follow the file, for as long as it lives."""
        self.start()
        threading.Thread(target=self._look_again_and_again, daemon=True).start()

    def start(self) -> None:
        """Let this process have the time of the file, as it stands now."""
        self._ahead = self.read()
        self._travel = time_machine.travel(_real() + self._ahead, tick=True)
        self._traveller = self._travel.start()

    def stop(self) -> None:
        """Give this process the real time again."""
        if self._travel is not None:
            self._travel.stop()
            self._travel = None

    def read(self) -> float:
        """The seconds in the file."""
        (seconds,) = struct.unpack("d", self.path.read_bytes())
        return float(seconds)

    def forward(self, seconds: float) -> None:
        """Put the clock forward, here and in every process that follows."""
        ahead = self.read() + seconds if self.path.exists() else seconds
        unfinished = self.path.with_suffix(".new")
        unfinished.write_bytes(struct.pack("d", ahead))
        unfinished.rename(self.path)
        self.look()

    def look(self) -> None:
        """Move this process to what the file says, if that has changed."""
        ahead = self.read()
        if self._traveller is not None and ahead != self._ahead:
            self._ahead = ahead
            self._traveller.move_to(_real() + ahead)

    def _look_again_and_again(self) -> None:
        while True:
            self.look()
            time.sleep(0.02)


def _real() -> float:
    travelling = time_machine.escape_hatch.is_travelling()
    return time_machine.escape_hatch.time.time() if travelling else time.time()
