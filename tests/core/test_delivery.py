"""Sending what lies in the outbox to a real mail server."""

import datetime
import email
import email.policy
import logging
import smtplib
import threading
from collections import Counter

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.mail import BadHeaderError
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import delivery, outbox
from tests.factories.core import UserFactory
from tests.support.mail import SmtpSink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mail_templates")]

State = OutgoingMail.State
ADDRESS = "taro@shop.example"
# Of two messages with the same words: when each was made, and the border between the parts of each.
NOT_THE_SAME = {"Date", "Content-Type"}


def enqueue(recipient: str = ADDRESS, template: str = "greeting") -> OutgoingMail:
    with transaction.atomic():
        return outbox.enqueue(template=template, recipient=recipient, language="ja", context={"name": "山田"})


def reload(mail: OutgoingMail) -> OutgoingMail:
    return OutgoingMail.objects.get(pk=mail.pk)


def now_due(**changes: object) -> None:
    OutgoingMail.objects.update(due_at=timezone.now(), **changes)


class TestAccepted:
    def test_message_is_complete(self, smtp_sink: SmtpSink, settings: Settings) -> None:
        settings.DEFAULT_FROM_EMAIL = "privacy@shop.example"
        mail = enqueue()
        assert delivery.deliver(pk=mail.pk) == State.SENT
        (received,) = smtp_sink.received
        message = received.message
        assert (received.sender, received.recipients) == ("privacy@shop.example", (ADDRESS,))
        assert message["From"].addresses[0].display_name == "六書・商店 Ltd."
        assert (message["To"], message["Subject"], message["Message-ID"]) == (
            ADDRESS,
            "こんにちは 山田",
            mail.message_id,
        )
        assert message["Reply-To"] == "desk@shop.example"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Content-Language"] == "ja"
        assert message["List-Unsubscribe"] is None
        assert received.text.startswith("こんにちは、山田")
        assert "<p>こんにちは、山田</p>" in received.html

    def test_row_says_so(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue()
        delivery.deliver(pk=mail.pk)
        sent = reload(mail)
        assert (sent.state, sent.attempts, sent.last_error, sent.lease_until) == (State.SENT, 1, "", None)
        assert sent.sent_at is not None
        assert sent.recipient == ADDRESS

    def test_second_nudge_does_nothing(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue()
        delivery.deliver(pk=mail.pk)
        assert delivery.deliver(pk=mail.pk) is None
        assert delivery.deliver_due() == 0
        assert len(smtp_sink.received) == 1

    def test_mail_with_a_code_is_emptied_at_once(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue(template="sign_in_code")
        delivery.deliver(pk=mail.pk)
        sent = reload(mail)
        assert [sent.recipient, sent.subject, sent.body_text, sent.body_html] == [None] * 4
        assert (sent.state, sent.emptied_at) == (State.SENT, sent.sent_at)

    def test_operator_name_cannot_add_a_header(self, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(delivery, "mail_context", lambda: {"operator_name": 'A\r\nBcc: x@shop.example "B" <c@d>'})
        mail = enqueue()
        assert delivery.deliver(pk=mail.pk) == State.SENT
        (received,) = smtp_sink.received
        assert received.message["Bcc"] is None
        assert received.message["From"].addresses[0].addr_spec == "privacy@shop.example"

    def test_claim_inside_a_transaction_is_a_mistake(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue()
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            delivery.deliver(pk=mail.pk)
        assert smtp_sink.received == []


class TestTemporaryTrouble:
    def check_waits(self, mail: OutgoingMail, error: str) -> None:
        waiting = reload(mail)
        assert (waiting.state, waiting.attempts, waiting.last_error) == (State.WAITING, 1, error)
        assert datetime.timedelta(seconds=90) < waiting.due_at - timezone.now() < datetime.timedelta(seconds=150)
        assert waiting.recipient == ADDRESS
        assert delivery.deliver_due() == 0, "not before its time"

    @pytest.mark.parametrize("reply", ["reply_to_recipient", "reply_to_message"])
    def test_4xx_waits_and_is_accepted_later_under_the_same_id(self, smtp_sink: SmtpSink, reply: str) -> None:
        setattr(smtp_sink, reply, f"451 4.3.0 try {ADDRESS} later")
        mail = enqueue()
        assert delivery.deliver(pk=mail.pk) == State.WAITING
        error = "SMTPRecipientsRefused 451" if reply == "reply_to_recipient" else "SMTPDataError 451"
        self.check_waits(mail, error)
        smtp_sink.reset()
        now_due()
        assert delivery.deliver_due() == 1
        assert [one.message["Message-ID"] for one in smtp_sink.received] == [mail.message_id]
        assert (reload(mail).state, reload(mail).attempts, reload(mail).last_error) == (State.SENT, 2, "")

    @pytest.mark.usefixtures("no_server")
    def test_nobody_listens(self) -> None:
        mail = enqueue()
        assert delivery.deliver(pk=mail.pk) == State.WAITING
        self.check_waits(mail, "ConnectionRefusedError")

    def test_server_that_says_nothing(self, smtp_sink: SmtpSink, settings: Settings) -> None:
        settings.EMAIL_TIMEOUT = 0.3
        smtp_sink.delay = 1
        mail = enqueue()
        assert delivery.deliver(pk=mail.pk) == State.WAITING
        self.check_waits(mail, "SMTPServerDisconnected")

    def test_server_that_hangs_up(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.reply_to_message = "421 4.3.2 shutting down"
        first, second = enqueue(), enqueue()
        assert delivery.deliver_due() == 2
        assert smtp_sink.attempts == 1, "the rest of the batch is not tried"
        assert {reload(first).state, reload(second).state} == {State.WAITING}

    def test_codes_come_back_within_minutes(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.reply_to_message = "451 4.3.0 later"
        mail = enqueue(template="sign_in_code")
        delivery.deliver(pk=mail.pk)
        assert reload(mail).due_at - timezone.now() < datetime.timedelta(seconds=40)

    def test_given_up_after_the_last_attempt(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.reply_to_message = "451 4.3.0 later"
        mail = enqueue()
        for attempt in range(1, delivery.MAX_ATTEMPTS + 1):
            now_due()
            assert delivery.deliver_due() == 1
            assert reload(mail).state == (State.FAILED if attempt == delivery.MAX_ATTEMPTS else State.WAITING)
        now_due()
        assert delivery.deliver_due() == 0

    def test_waiting_times_grow_spread_and_last_about_two_days(self) -> None:
        mail = OutgoingMail(template="greeting")
        total = datetime.timedelta()
        for attempts in range(1, delivery.MAX_ATTEMPTS):
            mail.attempts = attempts
            waits = [delivery.backoff(mail) for _ in range(200)]
            middle = min(datetime.timedelta(minutes=2) * 2 ** (attempts - 1), datetime.timedelta(hours=12))
            assert all(0.8 * middle <= wait <= 1.2 * middle for wait in waits)
            assert len(set(waits)) > 100
            total += middle
        assert datetime.timedelta(days=1) < total < datetime.timedelta(days=3)
        mail.attempts = 5000
        assert delivery.backoff(mail) < datetime.timedelta(hours=15)


class TestPermanentTrouble:
    @pytest.mark.parametrize(
        ("reply", "error"),
        [("reply_to_recipient", "SMTPRecipientsRefused 550"), ("reply_to_message", "SMTPDataError 550")],
    )
    def test_5xx_fails_at_once_and_says_nothing_personal(
        self, smtp_sink: SmtpSink, reply: str, error: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        setattr(smtp_sink, reply, f"550 5.1.1 <{ADDRESS}> no such mailbox")
        mail = enqueue()
        with caplog.at_level(logging.DEBUG):
            assert delivery.deliver(pk=mail.pk) == State.FAILED
        failed = reload(mail)
        assert (failed.state, failed.attempts, failed.last_error) == (State.FAILED, 1, error)
        # The server in this process has a log too.
        log = "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
        assert ADDRESS not in log
        assert str(mail.pk) in log

    def test_one_refused_recipient_does_not_stop_the_others(
        self, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accept = smtp_sink.handle_RCPT

        async def handle(server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
            if address.startswith("1@"):
                return "550 5.1.1 no such mailbox"
            return await accept(server, session, envelope, address, options)

        monkeypatch.setattr(smtp_sink, "handle_RCPT", handle)
        mails = [enqueue(f"{n}@shop.example") for n in range(3)]
        assert delivery.deliver_due() == 3
        assert [reload(mail).state for mail in mails] == [State.SENT, State.FAILED, State.SENT]

    def test_address_that_would_be_mangled_fails_at_once(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue("山田@shop.example")
        assert delivery.deliver(pk=mail.pk) == State.FAILED
        assert reload(mail).last_error == "UnsendableAddress"
        assert smtp_sink.received == []

    def test_japanese_domain_is_fine(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue("taro@日本語.example")
        assert delivery.deliver(pk=mail.pk) == State.SENT
        assert smtp_sink.received[0].recipients == ("taro@xn--wgv71a119e.example",)

    @pytest.mark.parametrize(
        "error",
        [
            smtplib.SMTPAuthenticationError(535, b"bad password"),
            smtplib.SMTPSenderRefused(550, b"not you", "privacy@shop.example"),
            smtplib.SMTPHeloError(501, b"who are you"),
        ],
    )
    def test_our_own_misconfiguration_is_not_the_end_of_a_mail(
        self, smtp_sink: SmtpSink, error: smtplib.SMTPException, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: EmailBackend, messages: object) -> int:
            raise error

        monkeypatch.setattr(EmailBackend, "send_messages", refuse)
        mail = enqueue()
        assert delivery.deliver(pk=mail.pk) == State.WAITING
        assert reload(mail).last_error == f"{type(error).__name__} {error.smtp_code}"  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        "error",
        [smtplib.SMTPAuthenticationError(535, b"bad password"), UnicodeError("host name"), ImportError("backend")],
    )
    def test_trouble_before_the_first_mail_stops_the_sweep_and_ends_no_mail(
        self, smtp_sink: SmtpSink, error: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried = []

        def refuse(self: EmailBackend) -> None:
            tried.append(self)
            raise error

        monkeypatch.setattr(EmailBackend, "open", refuse)
        mails = [enqueue(), enqueue()]
        assert delivery.deliver_due() == 2
        assert len(tried) == 1
        assert {reload(mail).state for mail in mails} == {State.WAITING}
        assert reload(mails[1]).last_error.startswith(type(error).__name__)

    def test_row_that_cannot_be_decrypted_waits_for_its_key_and_stops_nobody(self, smtp_sink: SmtpSink) -> None:
        broken, fine = enqueue(), enqueue("hanako@shop.example")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE core_outgoingmail SET subject = body_text WHERE id = %s", [broken.pk])
        assert delivery.deliver_due() == 2
        assert (reload(broken).state, reload(broken).last_error) == (State.WAITING, "DecryptionError")
        assert reload(fine).state == State.SENT

    def test_unforeseen_error_fails_one_mail_and_stops_nobody(
        self, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken, fine = enqueue(), enqueue("hanako@shop.example")
        original = delivery.as_message

        def message(mail: OutgoingMail) -> object:
            if mail.pk == broken.pk:
                raise KeyError(ADDRESS)
            return original(mail)

        monkeypatch.setattr(delivery, "as_message", message)
        assert delivery.deliver_due() == 2
        assert (reload(broken).state, reload(broken).last_error) == (State.FAILED, "KeyError")
        assert reload(fine).state == State.SENT


def notices(*recipients: tuple[str, str], name: str = "皆さま") -> list[OutgoingMail]:
    """The same words to many: addresses, each with a language."""
    with transaction.atomic():
        mails = outbox.enqueue_notice(
            template="greeting",
            addressees=[outbox.Addressee(address, language, None) for address, language in recipients],
            context=lambda _language: {"name": name},
            about=UserFactory(),
        )
    return [mail for mail in mails if mail]


class TestNotices:
    """What is put together once is still each person's own mail."""

    def test_each_gets_a_whole_mail_of_their_own(self, smtp_sink: SmtpSink, settings: Settings) -> None:
        settings.MAIL_CONNECTIONS = 1
        sent = notices(("a@shop.example", "ja"), ("b@shop.example", "en"), ("c@shop.example", "ja"))
        sent += notices(("d@shop.example", "ja"), name="会員")
        assert delivery.deliver_due() == 4
        for mail in sent:
            (received,) = smtp_sink.to(mail.recipient or "")
            # As it would be by itself.
            alone = email.message_from_bytes(
                delivery.as_message(reload(mail)).message().as_bytes(linesep="\r\n"), policy=email.policy.default
            )
            assert {name.lower(): value for name, value in received.message.items() if name not in NOT_THE_SAME} == {
                name.lower(): value for name, value in alone.items() if name not in NOT_THE_SAME
            }
            assert (received.text, received.html) == (
                alone.get_body(("plain",)).get_content(),  # type: ignore[attr-defined]
                alone.get_body(("html",)).get_content(),  # type: ignore[attr-defined]
            )
            assert received.recipients == (mail.recipient,)
            assert [str(received.message[name]) for name in ("To", "Message-ID")] == [mail.recipient, mail.message_id]
            assert [len(received.message.get_all(name)) for name in ("To", "Message-ID", "Date")] == [1, 1, 1]
        assert set(OutgoingMail.objects.values_list("state", flat=True)) == {State.SENT}
        assert OutgoingMail.objects.filter(sent_at=None).count() == 0

    def test_long_and_foreign_addresses(self, smtp_sink: SmtpSink) -> None:
        long = "a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + ".example"
        foreign = "taro@例え.example"
        notices(("first@shop.example", "ja"), (long, "ja"), (foreign, "ja"), ("太郎@shop.example", "ja"))
        assert delivery.deliver_due() == 4
        assert [one.recipients[0] for one in smtp_sink.received] == [
            "first@shop.example", long, "taro@xn--r8jz45g.example"
        ]  # fmt: skip
        assert [str(one.message["To"]) for one in smtp_sink.received][1] == long
        failed = OutgoingMail.objects.get(state=State.FAILED)
        assert (failed.recipient, failed.last_error) == ("太郎@shop.example", "UnsendableAddress")

    def test_no_header_can_be_smuggled_in(self) -> None:
        first, second = notices(("a@shop.example", "ja"), ("b@shop.example", "ja"))
        postman = delivery._Postman()
        postman._notice(first)
        second.recipient = "b@shop.example\r\nBcc: victim@shop.example"
        with pytest.raises(BadHeaderError):
            postman._notice(second)

    def test_worker_that_is_killed_sends_no_more_of_them_twice_than_it_had_not_marked(
        self, smtp_sink: SmtpSink, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MAIL_CONNECTIONS = 1
        count, dies_at = delivery.MARKED_AT_ONCE + 5, delivery.MARKED_AT_ONCE + 3
        notices(*((f"{n}@shop.example", "ja") for n in range(count)))
        original = EmailBackend.send_messages

        class Killed(BaseException):
            pass

        def send(self: EmailBackend, messages: list) -> object:  # type: ignore[type-arg]
            if len(smtp_sink.received) == dies_at:
                monkeypatch.setattr(delivery._Postman, "close", lambda self: None)
                raise Killed
            return original(self, messages)

        with monkeypatch.context() as patch:
            patch.setattr(EmailBackend, "send_messages", send)
            with pytest.raises(Killed):
                delivery.deliver_due()
        monkeypatch.undo()
        assert OutgoingMail.objects.filter(state=State.SENT).count() == delivery.MARKED_AT_ONCE
        OutgoingMail.objects.filter(state=State.SENDING).update(lease_until=timezone.now() - datetime.timedelta(1))
        assert delivery.deliver_due() == 5
        times = Counter(str(one.message["Message-ID"]) for one in smtp_sink.received)
        assert (len(times), sorted(times.values())) == (count, [1] * (count - 3) + [2] * 3)

    def test_they_are_marked_although_the_next_one_fails(self, smtp_sink: SmtpSink) -> None:
        fine, refused = notices(("a@shop.example", "ja"), ("b@shop.example", "ja"))
        OutgoingMail.objects.filter(pk=refused.pk).update(attempts=delivery.MAX_ATTEMPTS)
        delivery.deliver_due()
        assert (reload(fine).state, reload(refused).state) == (State.SENT, State.FAILED)

    def test_slow_server_has_each_marked_soon(
        self, smtp_sink: SmtpSink, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MAIL_CONNECTIONS = 1
        monkeypatch.setattr(delivery, "MARKED_AFTER", 0.2)
        smtp_sink.delay = 0.3
        notices(("a@shop.example", "ja"), ("b@shop.example", "ja"), ("c@shop.example", "ja"))
        waiting = []
        original = delivery._Postman._mark_sent
        monkeypatch.setattr(
            delivery._Postman, "_mark_sent", lambda self: waiting.append(len(self._sent)) or original(self)
        )
        delivery.deliver_due()
        assert max(waiting) == 2


class TestSweep:
    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
        """True for each connection to the mail server that was opened."""
        opened: list[bool] = []
        original = EmailBackend.open
        monkeypatch.setattr(EmailBackend, "open", lambda self: opened.append(original(self)) or opened[-1])
        return opened

    @pytest.mark.parametrize(("mails", "connections"), [(delivery.BATCH - 1, 1), (4 * delivery.BATCH, 3)])
    def test_many_mails_go_over_few_connections(
        self, smtp_sink: SmtpSink, opened: list[bool], settings: Settings, mails: int, connections: int
    ) -> None:
        settings.MAIL_CONNECTIONS = 3
        smtp_sink.delay = 0.01
        for n in range(mails):
            enqueue(f"{n}@shop.example")
        assert delivery.deliver_due() == mails
        assert sorted(one.recipients[0] for one in smtp_sink.received) == sorted(
            f"{n}@shop.example" for n in range(mails)
        )
        assert opened.count(True) == connections

    def test_server_that_lets_us_have_no_more_connections_is_no_trouble(
        self, smtp_sink: SmtpSink, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MAIL_CONNECTIONS = 4
        smtp_sink.delay = 0.005
        opened = []
        original = EmailBackend.open

        def refuse_others(self: EmailBackend) -> bool | None:
            opened.append(self)
            if self.connection is None and len({id(one) for one in opened}) > 1:
                raise smtplib.SMTPConnectError(421, "too many connections")
            return original(self)

        monkeypatch.setattr(EmailBackend, "open", refuse_others)
        for n in range(2 * delivery.BATCH):
            enqueue(f"{n}@shop.example")
        assert delivery.deliver_due() == 2 * delivery.BATCH
        assert len({id(one) for one in opened}) == 4
        assert set(OutgoingMail.objects.values_list("state", "attempts")) == {(State.SENT, 1)}

    def test_one_connection_is_enough_where_the_server_lets_no_more(
        self, smtp_sink: SmtpSink, opened: list[bool], settings: Settings
    ) -> None:
        settings.MAIL_CONNECTIONS = 1
        for n in range(45):
            enqueue(f"{n}@shop.example")
        assert delivery.deliver_due() == len(smtp_sink.received) == 45
        assert opened.count(True) == 1

    def test_slow_server_does_not_keep_a_worker_for_long(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.delay = 0.4
        mails = [enqueue(f"{n}@shop.example") for n in range(8)]
        tried = delivery.deliver_due(seconds=1.5)
        assert 1 <= tried < 8
        left = [mail for mail in map(reload, mails) if mail.state != State.SENT]
        assert len(left) == 8 - tried
        assert {(mail.state, mail.attempts, mail.lease_until) for mail in left} == {(State.WAITING, 0, None)}
        smtp_sink.delay = 0
        assert delivery.deliver_due() == 8 - tried, "the rest is due at once"

    def test_claim_costs_the_same_for_one_and_for_twenty(
        self, smtp_sink: SmtpSink, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for size in (1, delivery.BATCH):
            for _ in range(size):
                enqueue()
            # BEGIN and COMMIT, the planner's setting, look, claim, load; and one commit a mail.
            with django_assert_num_queries(6):
                assert len(delivery._claim(OutgoingMail.objects.all(), limit=delivery.BATCH)) == size

    def test_mail_of_a_worker_that_disappeared_is_taken_up_when_its_lease_ran_out(
        self, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed between the server's yes and the mark: it comes twice, under one Message-ID."""
        mail = enqueue()

        def killed(*args: object, **kwargs: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(delivery, "_mark", killed)
            with pytest.raises(KeyboardInterrupt):
                delivery.deliver(pk=mail.pk)
        assert reload(mail).state == State.SENDING
        assert delivery.deliver_due() == 0, "its lease still runs"
        OutgoingMail.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
        assert delivery.deliver_due() == 1
        assert reload(mail).state == State.SENT
        assert [one.message["Message-ID"] for one in smtp_sink.received] == [mail.message_id] * 2

    def test_mail_that_kills_every_worker_is_given_up(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue()
        OutgoingMail.objects.update(
            state=State.SENDING,
            attempts=delivery.MAX_ATTEMPTS,
            lease_until=timezone.now() - datetime.timedelta(seconds=1),
        )
        delivery.deliver_due()
        assert (reload(mail).state, reload(mail).last_error) == (State.FAILED, "lease_expired")
        assert smtp_sink.received == []

    def test_worker_that_lost_its_lease_leaves_the_mail_alone(self, smtp_sink: SmtpSink) -> None:
        enqueue()
        (mine,) = delivery._claim(OutgoingMail.objects.all(), limit=1)
        OutgoingMail.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
        assert delivery.deliver_due() == 1
        mine.lease_until = timezone.now()
        postman = delivery._Postman()
        assert postman.send(mine) is None
        assert delivery._mark(mine, State.FAILED) is None
        assert len(smtp_sink.received) == 1
        assert reload(mine).state == State.SENT

    def test_long_batch_renews_its_leases(self, smtp_sink: SmtpSink) -> None:
        enqueue()
        (mine,) = delivery._claim(OutgoingMail.objects.all(), limit=1)
        mine.lease_until = timezone.now() + delivery.LEASE_MARGIN
        assert delivery._keep_lease(mine)
        assert reload(mine).lease_until == mine.lease_until
        assert mine.lease_until > timezone.now() + delivery.LEASE_MARGIN

    def test_two_workers_with_one_nudge_send_once(self, smtp_sink: SmtpSink) -> None:
        mail = enqueue()
        smtp_sink.delay = 0.3
        results = self.run_in_threads(4, lambda: delivery.deliver(pk=mail.pk))
        assert sorted(map(str, results)) == ["None", "None", "None", "sent"]
        assert len(smtp_sink.received) == 1

    def test_several_sweeps_at_once_send_each_mail_once(self, smtp_sink: SmtpSink) -> None:
        for n in range(100):
            enqueue(f"{n}@shop.example")
        tried = self.run_in_threads(4, delivery.deliver_due)
        assert sum(tried) == 100
        assert sorted(one.recipients[0] for one in smtp_sink.received) == sorted(
            f"{n}@shop.example" for n in range(100)
        )
        assert set(OutgoingMail.objects.values_list("state", flat=True)) == {State.SENT}

    def run_in_threads(self, count: int, work: object) -> list:  # type: ignore[type-arg]
        results: list[object] = []
        barrier = threading.Barrier(count)

        def run() -> None:
            barrier.wait(10)
            try:
                results.append(work())  # type: ignore[operator]
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results
