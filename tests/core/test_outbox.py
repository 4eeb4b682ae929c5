"""Writing mails into the outbox, retrying them by hand, and emptying them."""

import datetime
import logging
import time
import uuid

import pytest
from django.db import connection, transaction
from django.template import TemplateDoesNotExist
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from privacy_portal.celery import app
from privacy_portal.core import nudge as nudge_module
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from privacy_portal.core.nudge import nudge
from privacy_portal.core.services import outbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_templates")]

State = OutgoingMail.State


def enqueue(**changes: object) -> OutgoingMail:
    values = {
        "template": "greeting",
        "recipient": "taro@shop.example",
        "language": "ja",
        "context": {"name": "山田"},
        **changes,
    }
    return outbox.enqueue(**values)  # type: ignore[arg-type]


@pytest.fixture
def nudges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """What would go to the broker."""
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(app, "send_task", lambda name, args, **options: sent.append((name, args)))
    monkeypatch.setattr(nudge_module, "_paused_until", 0.0)
    return sent


class TestEnqueue:
    def test_mail_is_rendered_in_the_recipients_language_whatever_is_active(self) -> None:
        with translation.override("ja"):
            english = enqueue(language="en", context={"name": "Taro"})
        with translation.override("en"):
            japanese = enqueue(language="ja")
        assert (english.subject, japanese.subject) == ("Hello Taro", "こんにちは 山田")
        assert 'lang="en"' in (english.body_html or "")

    def test_signature_says_who_writes(self) -> None:
        mail = enqueue()
        assert (mail.body_text or "").startswith(
            "こんにちは、山田\n\n--\n六書・商店 Ltd.\n個人情報窓口\n03-0000-0000\n平日\nhttp"
        )
        assert "個人情報窓口<br>03-0000-0000" in (mail.body_html or "")

    def test_html_is_escaped_and_text_is_not(self) -> None:
        mail = enqueue(context={"name": "<b>Tom & 'Co'</b>"})
        assert mail.subject == "こんにちは <b>Tom & 'Co'</b>"
        assert "こんにちは、<b>Tom & 'Co'</b>" in (mail.body_text or "")
        assert "&lt;b&gt;Tom &amp; &#x27;Co&#x27;&lt;/b&gt;" in (mail.body_html or "")

    def test_no_header_can_be_smuggled_in_through_the_subject(self) -> None:
        mail = enqueue(context={"name": "x\r\nBcc: victim@shop.example\u2028y\x0bz"})
        assert mail.subject == "こんにちは x Bcc: victim@shop.example y z"

    @pytest.mark.parametrize(
        "recipient",
        [
            "",
            "taro",
            "taro@shop.example, jiro@shop.example",
            "Taro <taro@shop.example>",
            "taro@shop.example\nBcc: x@shop.example",
            "taro@shop.example ",
        ],
    )
    def test_recipient_is_one_bare_address_and_not_repeated_in_the_error(self, recipient: str) -> None:
        with pytest.raises(ValueError, match="not one bare mail address") as caught:
            enqueue(recipient=recipient)
        assert "taro" not in str(caught.value)

    @pytest.mark.parametrize(
        "changes", [{"template": "../greeting"}, {"template": "Greeting"}, {"language": "fr"}, {"language": "../ja"}]
    )
    def test_template_is_a_name_and_not_a_path(self, changes: dict[str, str]) -> None:
        with pytest.raises(ValueError, match="There is no mail"):
            enqueue(**changes)

    def test_mail_that_nobody_wrote_is_an_error_at_once(self) -> None:
        with pytest.raises(TemplateDoesNotExist):
            enqueue(template="unwritten")

    def test_content_is_encrypted_at_rest(self) -> None:
        mail = enqueue()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT recipient || subject || body_text || body_html FROM core_outgoingmail WHERE id = %s", [mail.pk]
            )
            stored = bytes(cursor.fetchone()[0])
        assert b"taro" not in stored
        assert "山田".encode() not in stored

    def test_message_id_is_stable_unique_and_in_the_senders_domain(self, settings: Settings) -> None:
        settings.DEFAULT_FROM_EMAIL = "窓口 <privacy@shop.example>"
        mail = enqueue()
        assert mail.message_id == f"<{mail.pk}@shop.example>"
        assert OutgoingMail.objects.get().message_id == mail.message_id

    def test_references_are_kept(self) -> None:
        user = User.objects.create_user("taro@shop.example")
        mail = enqueue(user=user, object_type="core.user", object_id=str(user.pk))
        mail.refresh_from_db()
        assert (mail.user, mail.object_type, mail.object_id, mail.state) == (
            user,
            "core.user",
            str(user.pk),
            State.QUEUED,
        )

    def test_worker_is_nudged_with_the_key_alone_and_only_after_the_commit(
        self,
        nudges: list[tuple[str, list[str]]],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            mail = enqueue()
            assert nudges == []
        assert nudges == [("core.send_mail_row", [str(mail.pk)])]

    @pytest.mark.django_db(transaction=True)
    def test_outside_a_transaction_it_is_a_mistake(self) -> None:
        with pytest.raises(RuntimeError, match="transaction"):
            enqueue()

    @pytest.mark.django_db(transaction=True)
    def test_rolled_back_cause_leaves_no_mail_and_no_nudge(self, nudges: list[tuple[str, list[str]]]) -> None:
        with transaction.atomic():
            enqueue()
            transaction.set_rollback(True)
        assert not OutgoingMail.objects.exists()
        assert nudges == []


class TestNotice:
    """The same words to many."""

    def write(self, *addressees: outbox.Addressee) -> list[OutgoingMail | None]:
        self.asked: list[str] = []

        def context(language: str) -> dict[str, str]:
            self.asked.append(language)
            return {"name": {"ja": "皆さま", "en": "everybody"}[language]}

        return outbox.enqueue_notice(
            template="greeting",
            addressees=addressees,
            context=context,
            about=User.objects.create(email="x@shop.example"),
        )

    def test_each_gets_it_in_their_language_and_in_order(self) -> None:
        mails = self.write(
            outbox.Addressee("en@shop.example", "en", None),
            outbox.Addressee("no address", "ja", None),
            outbox.Addressee("ja@shop.example", "ja", None),
            outbox.Addressee("too@shop.example", "en", None),
        )
        assert [mail and (mail.recipient, mail.subject) for mail in mails] == [
            ("en@shop.example", "Hello everybody"),
            None,
            ("ja@shop.example", "こんにちは 皆さま"),
            ("too@shop.example", "Hello everybody"),
        ]
        assert self.asked == ["en", "ja"], "rendered once for each language"
        assert len({mail.message_id for mail in OutgoingMail.objects.all()}) == 3
        assert all(mail.bulk and mail.object_type == "core.user" for mail in OutgoingMail.objects.all())

    def test_statements_do_not_grow_with_the_addressees(
        self, django_assert_num_queries: DjangoAssertNumQueries, nudges: list[tuple[str, list[str]]]
    ) -> None:
        for size in (1, 200):
            # The account of this test, and the mails.
            with django_assert_num_queries(2):
                self.write(*(outbox.Addressee(f"{n}@shop.example", "ja", None) for n in range(size)))
            User.objects.all().delete()
        assert nudges == []

    def test_nobody_is_nobody(self) -> None:
        assert self.write() == []

    @pytest.mark.django_db(transaction=True)
    def test_outside_a_transaction_it_is_a_mistake(self) -> None:
        with pytest.raises(RuntimeError, match="transaction"):
            outbox.enqueue_notice(template="greeting", addressees=[], context=lambda _language: {}, about=User())


class TestNudge:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/redis.sock"])
    def test_broker_that_is_away_costs_no_error_little_time_and_one_line_in_the_log(
        self, broker: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(nudge_module, "_paused_until", 0.0)
        send = app.send_task
        key = str(uuid.uuid4())
        with app.connection_for_write(broker) as away, caplog.at_level(logging.WARNING):
            monkeypatch.setattr(app, "send_task", lambda *args, **options: send(*args, connection=away, **options))
            started = time.monotonic()
            with transaction.atomic():
                for _ in range(20):
                    nudge("core.send_mail_row", key)
            assert time.monotonic() - started < 3
        assert len(caplog.records) == 1
        assert key not in caplog.text

    @pytest.mark.django_db(transaction=True)
    def test_it_is_asked_again_after_a_pause(
        self, nudges: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nudge_module, "_paused_until", time.monotonic() + 0.2)
        nudge("core.send_mail_row", 1)
        assert nudges == []
        time.sleep(0.25)
        nudge("core.send_mail_row", 2)
        assert nudges == [("core.send_mail_row", ["2"])]


class TestRetry:
    def test_failed_mail_is_queued_again_with_all_its_attempts(
        self,
        nudges: list[tuple[str, list[str]]],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        staff = User.objects.create_user("staff@shop.example", is_staff=True)
        mail = enqueue()
        OutgoingMail.objects.update(state=State.FAILED, attempts=12, due_at=timezone.now() + datetime.timedelta(days=1))
        with django_capture_on_commit_callbacks(execute=True):
            outbox.retry(mail=mail, actor=staff)
        mail.refresh_from_db()
        assert (mail.state, mail.attempts) == (State.QUEUED, 0)
        assert mail.due_at <= timezone.now()
        assert nudges == [("core.send_mail_row", [str(mail.pk)])]
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.object_id, entry.detail) == ("mail.retried", str(mail.pk), {"state": "failed"})

    @pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.SENT])
    def test_others_are_not(self, state: OutgoingMail.State) -> None:
        staff = User.objects.create_user("staff@shop.example", is_staff=True)
        mail = enqueue()
        now = timezone.now()
        OutgoingMail.objects.update(state=state, lease_until=now, sent_at=now)
        with pytest.raises(outbox.MailCannotBeRetried):
            outbox.retry(mail=mail, actor=staff)
        assert not AuditEntry.objects.exists()

    def test_emptied_mail_is_not(self) -> None:
        staff = User.objects.create_user("staff@shop.example", is_staff=True)
        mail = enqueue()
        OutgoingMail.objects.update(state=State.FAILED, emptied_at=timezone.now())
        with pytest.raises(outbox.MailCannotBeRetried):
            outbox.retry(mail=mail, actor=staff)


class TestEmptying:
    now = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)

    def aged(self, age: datetime.timedelta, state: OutgoingMail.State, template: str = "greeting") -> OutgoingMail:
        mail = enqueue(template=template)
        OutgoingMail.objects.filter(pk=mail.pk).update(
            created_at=self.now - age, state=state, sent_at=self.now - age, lease_until=self.now
        )
        return mail

    def is_empty(self, mail: OutgoingMail) -> bool:
        mail = OutgoingMail.objects.get(pk=mail.pk)
        content = [mail.recipient, mail.subject, mail.body_text, mail.body_html]
        assert content == [None] * 4 or None not in content
        assert (content == [None] * 4) == (mail.emptied_at is not None)
        return mail.emptied_at is not None

    @pytest.mark.parametrize("state", [State.SENT, State.FAILED])
    def test_finished_mails_are_emptied_after_the_retention(
        self, state: OutgoingMail.State, settings: Settings
    ) -> None:
        settings.MAIL_RETENTION_DAYS = 10
        old = self.aged(datetime.timedelta(days=10, seconds=1), state)
        young = self.aged(datetime.timedelta(days=9), state)
        assert outbox.empty_old(now=self.now) == 1
        assert self.is_empty(old)
        assert not self.is_empty(young)
        assert outbox.empty_old(now=self.now) == 0
        assert OutgoingMail.objects.get(pk=old.pk).state == state

    @pytest.mark.parametrize("state", [State.QUEUED, State.WAITING, State.SENDING])
    def test_mails_that_are_still_to_be_sent_are_kept(self, state: OutgoingMail.State) -> None:
        mail = self.aged(datetime.timedelta(days=100), state)
        assert outbox.empty_old(now=self.now) == 0
        assert not self.is_empty(mail)

    @pytest.mark.parametrize("state", [State.QUEUED, State.WAITING])
    def test_code_that_could_not_be_sent_for_an_hour_is_given_up(self, state: OutgoingMail.State) -> None:
        old = self.aged(datetime.timedelta(minutes=61), state, "sign_in_code")
        young = self.aged(datetime.timedelta(minutes=59), state, "sign_in_code")
        assert outbox.empty_old(now=self.now) == 1
        assert self.is_empty(old)
        assert not self.is_empty(young)
        old.refresh_from_db()
        assert (old.state, old.last_error) == (State.FAILED, "expired")

    def test_failed_code_is_emptied_after_an_hour(self) -> None:
        assert outbox.empty_old(now=self.now) == 0
        mail = self.aged(datetime.timedelta(minutes=61), State.FAILED, "sign_in_code")
        assert outbox.empty_old(now=self.now) == 1
        assert self.is_empty(mail)

    def test_many_are_emptied_in_batches(self) -> None:
        for _ in range(5):
            self.aged(datetime.timedelta(days=40), State.SENT)
        assert outbox.empty_old(now=self.now, batch=2) == 5
