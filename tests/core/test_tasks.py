"""The kernel's tasks by their names, as the broker and the schedule know them."""

import datetime
import uuid

import pytest
from django.conf import settings
from django.utils import timezone

from privacy_portal.celery import app
from privacy_portal.core.models import AuditLink, OneTimeCode, OutgoingMail
from privacy_portal.core.services import audit
from tests.core.test_delivery import enqueue
from tests.support.mail import SmtpSink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mail_templates")]


def run(name: str, *args: str) -> None:
    app.loader.import_default_modules()
    app.tasks[name](*args)


def test_every_scheduled_task_of_the_kernel_exists() -> None:
    app.loader.import_default_modules()
    scheduled = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    kernel = {name for name in scheduled if name.startswith("core.")}
    assert len(kernel) == 8
    assert kernel <= set(app.tasks)


def test_one_mail_is_sent_by_its_key(smtp_sink: SmtpSink) -> None:
    first, _second = enqueue(), enqueue()
    for _ in range(2):
        run("core.send_mail_row", str(first.pk))
    assert [one.message["Message-ID"] for one in smtp_sink.received] == [first.message_id]


def test_key_of_no_mail_does_nothing(smtp_sink: SmtpSink) -> None:
    run("core.send_mail_row", str(uuid.uuid4()))


def test_sweep_sends_what_is_due(smtp_sink: SmtpSink) -> None:
    enqueue()
    run("core.sweep_mail")
    run("core.sweep_mail")
    assert len(smtp_sink.received) == 1


def test_old_mail_is_emptied() -> None:
    mail = enqueue()
    old = timezone.now() - datetime.timedelta(days=100)
    OutgoingMail.objects.update(state="sent", sent_at=old, created_at=old)
    run("core.empty_old_mail")
    mail.refresh_from_db()
    assert mail.recipient is None


def test_entries_are_linked() -> None:
    entry = audit.record(action="file.erased", actor="worker")
    run("core.link_audit_entries")
    assert AuditLink.objects.get().entry_id == entry.pk


def test_old_codes_are_purged() -> None:
    OneTimeCode.objects.create(
        purpose="sign_in",
        subject_digest=b"1",
        code_digest=b"2",
        expires_at=timezone.now() - datetime.timedelta(days=90),
    )
    run("core.purge_codes")
    assert not OneTimeCode.objects.exists()


def test_orphan_files_are_looked_for() -> None:
    run("core.remove_orphan_files")
