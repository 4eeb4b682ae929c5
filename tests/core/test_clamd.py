"""The virus scanner is asked as clamd wants it, and silence is never taken for a yes."""

import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from privacy_portal.core import checks, clamd
from privacy_portal.core.services import uploads
from tests.support.hostile_files import pdf, png


class Scanner:
    """Takes one stream after the other and says what it is told to say."""

    def __init__(self, server: socket.socket) -> None:
        self.server, self.reply, self.seen = server, b"stream: OK\0", b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                self.seen = b""
                while length := int.from_bytes(stream.read(4), "big"):
                    self.seen += stream.read(length)
                connection.sendall(self.reply)


@pytest.fixture(params=["unix", "tcp"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Iterator[Scanner]:
    if request.param == "unix":
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(tmp_path / "clamd"))
        settings.CLAMD_ADDRESS = f"unix:{tmp_path / 'clamd'}"
    else:
        server = socket.create_server(("127.0.0.1", 0))
        settings.CLAMD_ADDRESS = f"tcp:127.0.0.1:{server.getsockname()[1]}"
    server.listen()
    with server:
        yield Scanner(server)


def refusal(content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        uploads.clean(io.BytesIO(content), name="")
    return refused.value.code


def test_all_of_it_is_scanned(scanner: Scanner) -> None:
    content = png() + bytes(300_000)
    assert uploads.clean(io.BytesIO(content), name="")
    assert scanner.seen == content


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"stream: Eicar-Test-Signature FOUND\0", "infected"),
        (b"INSTREAM size limit exceeded. ERROR\0", "scanner"),
        (b"stream: OK and more\0", "scanner"),
        (b"", "scanner"),
        (b"x" * 100_000, "scanner"),
    ],
)
def test_what_is_not_called_clean_is_not_taken(scanner: Scanner, reply: bytes, code: str) -> None:
    scanner.reply = reply
    assert refusal(pdf()) == code


@pytest.mark.parametrize("address", ["unix:/nowhere/clamd.ctl", "tcp:127.0.0.1:1"])
def test_a_scanner_that_is_away(settings: Settings, address: str) -> None:
    settings.CLAMD_ADDRESS = address
    assert refusal(pdf()) == "scanner"
    with pytest.raises(ValidationError, match="今できない"):
        uploads.examined(io.BytesIO(pdf()), name="")


def test_a_scanner_that_says_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clamd, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CLAMD_ADDRESS = f"tcp:127.0.0.1:{server.getsockname()[1]}"
        assert refusal(pdf()) == "scanner"


def test_none_is_asked_unless_one_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clamd, "_asked", lambda content: pytest.fail("asked"))
    assert not settings.CLAMD_ADDRESS
    assert uploads.clean(io.BytesIO(png()), name="")


@pytest.mark.parametrize(
    ("address", "good"),
    [("", True), ("unix:/run/c.ctl", True), ("tcp:clam:3310", True), ("clam:3310", False), ("tcp:clam", False)],
)
def test_a_wrong_address_is_an_error_of_the_configuration(settings: Settings, address: str, good: bool) -> None:
    settings.CLAMD_ADDRESS = address
    assert [error.id for error in checks.uploads_can_be_taken(None)] == ([] if good else ["core.E002"])


def test_a_limit_that_lets_nothing_through(settings: Settings) -> None:
    settings.UPLOAD_MAX_MB = 0
    assert [error.id for error in checks.uploads_can_be_taken(None)] == ["core.E001"]
