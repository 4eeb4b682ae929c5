"""A real SMTP server for tests, which can be told to refuse or to be slow."""

import asyncio
import dataclasses
import email
import email.policy
import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclasses.dataclass(frozen=True)
class Received:
    """One accepted message with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        """The plain text part, decoded."""
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content())

    @property
    def html(self) -> str:
        """The HTML part, decoded."""
        part = self.message.get_body(("html",))
        return "" if part is None else str(part.get_content())


class SmtpSink:
    """Collects what is sent to it.

    `reply_to_recipient` and `reply_to_message` are SMTP replies given instead of acceptance, such as
    "451 4.3.0 try later" or "550 5.1.1 no such mailbox"; `delay` holds back the answer to a message, in seconds.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.attempts = 0
        self.host = "127.0.0.1"
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port: int = probe.getsockname()[1]
        self._controller = Controller(self, hostname=self.host, port=self.port)
        self.reset()

    @property
    def url(self) -> str:
        """The server as EMAIL_URL."""
        return f"smtp://{self.host}:{self.port}"

    def reset(self) -> None:
        """Forget everything and accept again."""
        self.received.clear()
        self.attempts = 0
        self.reply_to_recipient = ""
        self.reply_to_message = ""
        self.delay = 0.0

    def to(self, address: str) -> list[Received]:
        """Messages to one address, oldest first."""
        return [received for received in list(self.received) if address in received.recipients]

    def wait_for(self, address: str, *, count: int = 1, timeout: float = 20) -> Received:
        """The message number `count` to an address, waited for `timeout` seconds.

        Raises:
            AssertionError: when it does not come.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            messages = self.to(address)
            if len(messages) >= count:
                return messages[count - 1]
            time.sleep(0.05)
        subjects = [str(received.message["Subject"]) for received in self.received]
        raise AssertionError(f"no mail number {count} to {address} within {timeout} s; there came {subjects}")

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802, aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.reply_to_recipient:
            self.attempts += 1
            return self.reply_to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.attempts += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.reply_to_message:
            return self.reply_to_message
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        return "250 OK"


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[SmtpSink]:
    """One SMTP server for the session; use `smtp_sink`, which empties it for each test."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def smtp_sink(smtp_server: SmtpSink, settings) -> SmtpSink:  # type: ignore[no-untyped-def]
    """An empty SMTP server, to which this process sends its mail over the wire."""
    smtp_server.reset()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = smtp_server.host
    settings.EMAIL_PORT = smtp_server.port
    return smtp_server
