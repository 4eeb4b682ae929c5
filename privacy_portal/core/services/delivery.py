"""Handing mails of the outbox to the mail server.

A row is claimed with a lease in one short transaction, sent outside of any, and marked in another. The number of the
attempt is the fence: a worker whose lease ran out finds another number and leaves the row alone.

Each mail is marked by a commit of its own, except notices to everybody, of which there may be a million: those are
marked a few at a time, so that a worker that is killed sends as many of them twice at most. A sweep that has many mails
sends them over several connections at once (``MAIL_CONNECTIONS``): while one waits for the server the others work.
"""

import contextlib
import copy
import datetime
import logging
import random
import smtplib
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation

from .. import mail_attachments
from ..crypto import DecryptionError
from ..models import OutgoingMail
from .outbox import SHORT_LIVED, emptied_values, mail_context

logger = logging.getLogger(__name__)

State = OutgoingMail.State
LEASE = datetime.timedelta(minutes=5)
# A mail is begun only with this much of its lease left, longer than any conversation with the server may take.
LEASE_MARGIN = datetime.timedelta(minutes=3)
BATCH = 50
# Notices that one connection has sent and not marked yet: as many, and for as many seconds.
MARKED_AT_ONCE = 20
MARKED_AFTER = 1.0
# Two minutes, doubled up to twelve hours: twelve attempts take about two days, as RFC 5321 (4.5.4.1) asks at least for
# the retries of a queue. A code is only worth something at once.
MAX_ATTEMPTS = 12
BACKOFF = (datetime.timedelta(minutes=2), datetime.timedelta(hours=12))
BACKOFF_SHORT_LIVED = (datetime.timedelta(seconds=30), datetime.timedelta(minutes=2))
# A lease or a pause that ends later than any that is ever given was written by a clock that has been put right since.
NO_LEASE = 2 * LEASE
NO_PAUSE = 2 * BACKOFF[1]


def deliver(*, pk: uuid.UUID | str) -> State | None:
    """Send one mail, if it is due and nobody else has it.

    Returns:
        What became of it, or None if there was nothing to do: sent already, not due yet, or in other hands.
    """
    claimed = _claim(OutgoingMail.objects.filter(_due() | _left_behind(), pk=pk), limit=1)
    with contextlib.closing(_Postman()) as postman:
        for mail in claimed:
            return postman.send(mail)
    return None


def deliver_due(*, seconds: float = 50) -> int:
    """Send what is due: queued or waiting mails whose time has come, and those whose worker disappeared.

    Any number of workers may run this at the same time. Mails are claimed in batches. One connection is opened, and the
    others once the first batch was a full one. It ends early when the server cannot be reached: the next sweep tries
    again.

    Args:
        seconds: after this time nothing more is begun. Sweeps start every minute; with a slow server they would else
            pile up until every worker is busy with mail.

    Returns:
        How many mails were tried.
    """
    end = time.monotonic() + seconds
    _take_back()
    others: list[Future[int]] = []
    with ThreadPoolExecutor(settings.MAIL_CONNECTIONS) as threads:

        def call_others() -> None:
            if not others:
                others.extend(threads.submit(_help, end) for _ in range(settings.MAIL_CONNECTIONS - 1))

        with contextlib.closing(_Postman()) as postman:
            tried = _work_off(postman, end, call_others)
        return tried + sum(one.result() for one in others)


def _help(end: float) -> int:
    """What a thread does; its connections are its own. A server that lets us have no more of them is no trouble."""
    try:
        with contextlib.closing(_Postman()) as postman:
            return _work_off(postman, end) if postman.can_reach() else 0
    finally:
        connection.close()


def _work_off(postman: "_Postman", end: float, when_many: Callable[[], None] = lambda: None) -> int:
    """Claim and send over one connection, until nothing is left, the server is away or the time is over.

    Returns:
        How many mails were tried.
    """
    tried = 0
    while (
        not postman.unreachable
        and time.monotonic() < end
        and (claimed := _claim(OutgoingMail.objects.filter(_due()), limit=BATCH))
    ):
        for mail in claimed:
            if time.monotonic() < end:
                postman.send(mail)
                tried += 1
            else:
                _mark(mail, State.WAITING, due_at=timezone.now(), attempts=mail.attempts - 1)
        if len(claimed) == BATCH and not postman.unreachable:
            when_many()
    return tried


def _due() -> Q:
    return Q(state__in=[State.QUEUED, State.WAITING], due_at__lte=timezone.now())


def _left_behind() -> Q:
    """Mails whose worker disappeared, and what a clock that was ahead of this one put off."""
    now = timezone.now()
    return (
        Q(state=State.QUEUED, due_at__gt=now)  # it was to leave at once
        | Q(state=State.WAITING, due_at__gt=now + NO_PAUSE)
        | Q(state=State.SENDING, lease_until__lt=now)
        | Q(state=State.SENDING, lease_until__gt=now + NO_LEASE)
    )


def _take_back() -> None:
    """Make due what was left behind: once for each sweep, because to look for it is to look at all that wait."""
    left = OutgoingMail.objects.filter(_left_behind(), emptied_at__isnull=True)
    left.update(state=State.WAITING, due_at=timezone.now(), lease_until=None)


def _claim(mails: QuerySet[OutgoingMail], *, limit: int) -> list[OutgoingMail]:
    # Durable: were this inside a transaction of the caller, the claim would be invisible to the other workers.
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            # In the order of its index, whatever old statistics say of how few rows wait: a planner that believes so
            # collects and sorts all of them for every batch, which for a million notices is never done.
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        keys = list(
            mails.filter(emptied_at__isnull=True)
            .order_by("bulk", "due_at")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", flat=True)[:limit]
        )
        rows = OutgoingMail.objects.filter(pk__in=keys)
        rows.update(state=State.SENDING, attempts=F("attempts") + 1, lease_until=timezone.now() + LEASE)
        return list(rows.order_by("bulk", "due_at"))


class _Postman:
    """One connection to the mail server, opened for the first mail and again after trouble."""

    def __init__(self) -> None:
        self.unreachable = False
        self._connection: BaseEmailBackend | None = None
        self._why_unreachable = ""
        self._notices: dict[str, tuple[tuple[str | None, ...], _Message]] = {}
        self._sent: list[OutgoingMail] = []
        self._mark_before = 0.0

    def can_reach(self) -> bool:
        """Whether the server lets us have this connection."""
        try:
            self._open()
        except _Unreachable:
            return False
        return True

    def close(self) -> None:
        """Mark what was sent and say goodbye to the server."""
        try:
            self._mark_sent()
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        """A server that has gone already is no error of any mail."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def send(self, mail: OutgoingMail) -> State | None:
        """Send a claimed mail and mark its row; that of a notice a little later.

        Returns:
            The new state, or None if the row was no longer ours.
        """
        if mail.attempts > MAX_ATTEMPTS:
            return _mark(mail, State.FAILED, last_error=mail.last_error or "lease_expired")
        if self.unreachable:
            return _mark_waiting(mail, self._why_unreachable)
        if not _keep_lease(mail):
            return None
        try:
            message = self._notice(mail) if mail.bulk else as_message(mail)
            self._open().send_messages([message])
        except Exception as error:
            # Whatever it is: one poisoned row must not hold up the rest of the batch.
            self._hang_up()
            if _is_unreachable(error):
                self.unreachable, self._why_unreachable = True, describe(error)
            if _is_worth_a_retry(error):
                return _mark_waiting(mail, describe(error))
            # Neither the message of the error nor its trace is logged: servers repeat addresses in them.
            logger.error("Mail %s failed for good: %s", mail.pk, describe(error))  # noqa: TRY400
            return _mark(mail, State.FAILED, last_error=describe(error))
        if mail.bulk:
            self._mark_soon(mail)
            return State.SENT
        now = timezone.now()
        emptied = emptied_values(now) if mail.template in SHORT_LIVED else {}
        return _mark(mail, State.SENT, sent_at=now, last_error="", **emptied)

    def _notice(self, mail: OutgoingMail) -> "_Message":
        """The words of a notice are the same for everybody: they are put together once for each language."""
        words = (mail.subject, mail.body_text, mail.body_html, mail.attachment)
        known, message = self._notices.get(mail.language, (None, None))
        if message is None or known != words:
            message = as_message(mail)
            self._notices[mail.language] = words, message
        else:
            message.address_to(mail)
        return message

    def _mark_soon(self, mail: OutgoingMail) -> None:
        now = time.monotonic()
        if not self._sent:
            self._mark_before = now + MARKED_AFTER
        self._sent.append(mail)
        if len(self._sent) >= MARKED_AT_ONCE or now >= self._mark_before:
            self._mark_sent()

    def _mark_sent(self) -> None:
        """One statement for all of one attempt, which is nearly always the first."""
        sent, self._sent = self._sent, []
        for attempts in {mail.attempts for mail in sent}:
            keys = [mail.pk for mail in sent if mail.attempts == attempts]
            ours = OutgoingMail.objects.filter(pk__in=keys, state=State.SENDING, attempts=attempts)
            ours.update(state=State.SENT, lease_until=None, sent_at=timezone.now(), last_error="")

    def _open(self) -> BaseEmailBackend:
        if self._connection is None:
            # Whatever goes wrong here is about the server or our settings, not about the mail.
            try:
                connection = get_connection()
                connection.open()
            except Exception as error:
                raise _Unreachable from error
            self._connection = connection
        return self._connection


class UnsendableAddress(Exception):
    """The part before the @ is not ASCII: it needs SMTPUTF8 (RFC 6531), without which it would be sent mangled."""


class _Unreachable(Exception):
    """No conversation with the server came about; its cause says why."""


class _Message(EmailMultiAlternatives):
    """A message that can be addressed anew without putting it together again, which costs more than sending it."""

    _HEADERS = ("To", "Message-ID")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made: Any = None
        self._rest: dict[str, bytes] = {}

    def message(self, **options: Any) -> Any:
        """The message with its parts, made when it is first asked for."""
        if self._made is None:
            self._made = super().message(**options)
            self._made.as_bytes = self._as_bytes
        return self._made

    def _as_bytes(self, unixfrom: bool = False, linesep: str = "\n") -> bytes:
        """As Django would write it, with the headers that change in front of everything that does not."""
        head = "".join(f"{name}: {self._made[name]}{linesep}" for name in self._HEADERS)
        if linesep not in self._rest:
            rest = copy.copy(self._made)
            rest._headers = [one for one in self._made._headers if one[0] not in self._HEADERS]
            self._rest[linesep] = type(self._made).as_bytes(rest, unixfrom=unixfrom, linesep=linesep)
        return head.encode("ascii") + self._rest[linesep]

    def address_to(self, mail: OutgoingMail) -> None:
        """Make it that of another mail with the same words. What Django refuses in a header it refuses here, too.

        Raises:
            UnsendableAddress: the server could not take its address.
            BadHeaderError: there is a line break in it.
        """
        made = self.message()
        self.to = [_sendable(mail)]
        for name, value in zip(self._HEADERS, (self.to[0], mail.message_id), strict=True):
            del made[name]
            made[name] = value


def _sendable(mail: OutgoingMail) -> str:
    recipient = mail.recipient or ""
    if not recipient.rpartition("@")[0].isascii():
        raise UnsendableAddress
    return recipient


def as_message(mail: OutgoingMail) -> _Message:
    """The mail as it leaves.

    Raises:
        UnsendableAddress: the server could not take its address.
    """
    recipient = _sendable(mail)
    with translation.override(mail.language):
        sender = mail_context()
        name = str(sender.get("operator_name", ""))
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message = _Message(
        subject=mail.subject or "",
        body=mail.body_text or "",
        from_email=str(Address(display_name=" ".join(name.split()), addr_spec=address)),
        to=[recipient],
        # Answers go to the operator's desk; the sending address may be one that nobody reads.
        reply_to=[str(sender["operator_address"])] if sender.get("operator_address") else None,
        # RFC 3834: nobody's holiday responder answers. Never List-Unsubscribe: these are notices of a procedure.
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated", "Content-Language": mail.language},
    )
    message.attach_alternative(mail.body_html or "", "text/html")
    if mail.attachment:
        file = mail_attachments.build(mail.attachment)
        message.attach(file.name, file.content, file.content_type)
    return message


def _keep_lease(mail: OutgoingMail) -> bool:
    """Whether the row is still ours, renewing a lease that ran low while the mails before it were sent."""
    now = timezone.now()
    if mail.lease_until and mail.lease_until - now > LEASE_MARGIN:
        return True
    mail.lease_until = now + LEASE
    return bool(_ours(mail).update(lease_until=mail.lease_until))


def _ours(mail: OutgoingMail) -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(pk=mail.pk, state=State.SENDING, attempts=mail.attempts)


def _mark(mail: OutgoingMail, state: State, **changes: object) -> State | None:
    return state if _ours(mail).update(state=state, lease_until=None, **changes) else None


def _mark_waiting(mail: OutgoingMail, last_error: str) -> State | None:
    if mail.attempts >= MAX_ATTEMPTS:
        return _mark(mail, State.FAILED, last_error=last_error)
    return _mark(mail, State.WAITING, due_at=timezone.now() + backoff(mail), last_error=last_error)


def backoff(mail: OutgoingMail) -> datetime.timedelta:
    """How long to wait after the mail's last attempt: doubled each time up to a cap, a fifth more or less by chance.

    The chance keeps mails that failed together from coming back together.
    """
    first, most = BACKOFF_SHORT_LIVED if mail.template in SHORT_LIVED else BACKOFF
    # The exponent is bounded too: a timedelta overflows long before the cap would help.
    wait = min(most, first * 2 ** min(mail.attempts - 1, 20))
    return wait * random.uniform(0.8, 1.2)  # noqa: S311, not a secret  # nosec B311


def smtp_code(error: BaseException) -> int | None:
    """The server's reply code, where it gave one; for refused recipients the gravest of them."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _text in _replies(error)), default=None)
    code = getattr(error, "smtp_code", None)
    return int(code) if code else None


def _replies(error: smtplib.SMTPRecipientsRefused) -> Iterable[tuple[int, bytes]]:
    return error.recipients.values()


def describe(error: BaseException) -> str:
    """The error as it may be kept: its class and the reply code. A server's words may repeat the address."""
    cause = error.__cause__ if isinstance(error, _Unreachable) and error.__cause__ else error
    code = smtp_code(cause)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__


def _is_unreachable(error: BaseException) -> bool:
    # 421: "service not available, closing transmission channel" (RFC 5321, 4.2.2).
    return isinstance(error, _Unreachable) or smtp_code(error) == 421


def _is_worth_a_retry(error: BaseException) -> bool:
    """Whether the same mail may be accepted later.

    A 5xx to the recipient or to the content is the server's last word on this mail. A 5xx to our greeting, password or
    sender is about our configuration: it hits every mail, and somebody will mend it.
    """
    if isinstance(error, _Unreachable | DecryptionError | DatabaseError):
        return True
    if isinstance(error, BadHeaderError | smtplib.SMTPNotSupportedError):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        code = smtp_code(error)
        return code is not None and code < 500
    # Every other SMTPException is an OSError, as are timeouts and broken connections.
    return isinstance(error, OSError)
