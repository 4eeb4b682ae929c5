"""Every question of the consistency check finds what it looks for, and nothing where everything is in order."""

import datetime
import json
import os
import uuid
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import Broadcast, Consent, CustomerRecord, ErasureRecord
from privacy_portal.celery import app
from privacy_portal.core import redis_server, tasks
from privacy_portal.core.doctor_checks import ALIVE_KEY
from privacy_portal.core.doctor_registry import Check, Found, Level, checks
from privacy_portal.core.models import DoctorReport, EncryptedFile, Job, OutgoingMail
from privacy_portal.core.services import audit, doctor, files
from requests_app.domain.transitions import Status
from requests_app.models import AnswerFile, CaseFinding, DisclosureRequest, Instruction, Party
from requests_app.services import fulfilment
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    RequestRuleFactory,
    catalogue,
)
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory
from tests.support.files import path_of
from tests.support.mail import SmtpSink

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - datetime.timedelta(days=5)


@pytest.fixture(autouse=True)
def _well(smtp_sink: SmtpSink, settings: Any, tmp_path: Path) -> None:
    """Everything is alive, as beat and a worker would have it, and no other test has left a file."""
    settings.MEDIA_ROOT = tmp_path
    doctor.say_alive(timezone.now())


def wrong(*, thorough: bool = True) -> dict[str, int]:
    results = doctor.examine(now=timezone.now(), thorough=thorough)
    assert [result.error for result in results if result.error] == []
    return {result.check.code: result.found.count for result in results if result.is_wrong}


def answered() -> DisclosureRequest:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    case = RequestFactory.fulfilling()
    fulfilment.fulfil(request_id=case.pk, now=timezone.now())
    case.refresh_from_db()
    assert case.status == Status.ANSWERED
    return case


def test_nothing_is_wrong_after_a_request_was_answered() -> None:
    answered()
    assert wrong() == {}


def not_done_by_hand() -> None:
    case = answered()
    finding = CaseFinding.objects.create(request=case, place="書棚", result="found")
    day = timezone.localdate() - datetime.timedelta(days=15)
    Instruction.objects.create(request=case, number=1, kind="erase", addressee="人事部", finding=finding, due_on=day)


def mail(**values: Any) -> None:
    row = OutgoingMail.objects.create(template="sign_in_code", language="ja", message_id="<1@example>")
    OutgoingMail.objects.filter(pk=row.pk).update(**values)


def changed(status: Status) -> None:
    """Past the constraints of the product, as somebody with a database client would."""
    case = answered()
    DisclosureRequest.objects.filter(pk=case.pk).update(status=status, status_changed_at=LONG_AGO)


def tamper(change: str) -> None:
    """As the owner of the table could."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE core_auditentry SET {change}")
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER USER")


def audit_tampered() -> None:
    audit.record(action="mail.retried", actor="worker")
    audit.link_pending()
    tamper("actor = 'cli'")


def linker_gone() -> None:
    audit.record(action="mail.retried", actor="worker")
    tamper("at = at - interval '1 day'")


def orphan_left() -> None:
    folder = Path(settings.MEDIA_ROOT) / "encrypted" / "ab"
    folder.mkdir(parents=True, exist_ok=True)
    orphan = folder / uuid.uuid4().hex
    orphan.write_bytes(b"x")
    os.utime(orphan, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def tasks_pile_up() -> None:
    with redis_server.broker() as store:
        store.rpush(app.conf.task_default_queue, *["{}"] * 1001)


def file_lost() -> None:
    with files.create(name="a.txt", content_type="text/plain") as writer:
        writer.write(b"a")
    path_of(writer.file).unlink()


def without_letter() -> None:
    AnswerFile.objects.filter(request=answered(), kind="letter").delete()


def expired_consent() -> None:
    ConsentFactory(valid_until=LONG_AGO, at=LONG_AGO - datetime.timedelta(days=1))


def erased_and_not_written_down() -> None:
    Path(settings.ERASURE_JOURNAL).unlink(missing_ok=True)
    ErasureRecord.objects.create(
        customer_id=uuid.uuid4(), reference="DR-1", key="decision:1", everything=True, erased_at=LONG_AGO
    )


BREAKS: dict[str, Callable[[], object]] = {
    "worker_silent": lambda: cache.set(ALIVE_KEY, LONG_AGO, timeout=None),
    "mail_due": lambda: mail(due_at=LONG_AGO),
    "mail_failed": lambda: mail(state="failed"),
    "jobs_stalled": lambda: Job.objects.create(kind="import", created_at=LONG_AGO),
    "audit_chain": audit_tampered,
    "audit_pending": linker_gone,
    "files_orphaned": orphan_left,
    "queue_long": tasks_pile_up,
    "files_lost": file_lost,
    "request_status_differs": lambda: changed(Status.IN_REVIEW),
    "request_unverified": lambda: RequestFactory.received(status_changed_at=LONG_AGO),
    "request_effect_unfinished": lambda: RequestFactory.fulfilling(status_changed_at=LONG_AGO),
    "request_decision_missing": lambda: answered().decisions.all().delete(),
    "request_answer_missing": without_letter,
    "request_party_missing": lambda: Party.objects.filter(request=RequestFactory.in_review()).delete(),
    "request_not_closed": lambda: DisclosureRequest.objects.filter(pk=answered().pk).update(
        answered_at=timezone.now() - datetime.timedelta(days=200)
    ),
    "request_by_hand_overdue": not_done_by_hand,
    "answer_not_erased": lambda: AnswerFile.objects.filter(request=answered()).update(expires_at=LONG_AGO),
    "consent_not_expired": expired_consent,
    "erasure_not_journaled": erased_and_not_written_down,
    "record_not_erased": lambda: CustomerRecord.objects.filter(pk=OrderFactory(customer=CustomerFactory()).pk).update(
        erase_on=LONG_AGO.date()
    ),
}


@pytest.mark.parametrize("code", BREAKS)
def test_it_finds_what_is_wrong(code: str, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(app.control.purge)
    BREAKS[code]()
    assert code in wrong()
    (result,) = doctor.examine(now=timezone.now(), thorough=False, only=[code])
    assert len(result.found.examples) <= 5


def test_a_mail_server_that_is_away(settings: Any) -> None:
    settings.EMAIL_PORT = 1
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "mail_server_away" in wrong(thorough=False)


def test_redis_that_is_away_is_one_problem_and_not_three(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    found = wrong(thorough=False)
    assert "broker_away" in found
    assert "queue_long" not in found


def test_a_question_that_fails_is_a_problem_and_the_others_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(now: datetime.datetime) -> Found:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM core_job")
        return Found(0)

    broken = Check("broken_check", "x", "y", fail, Level.WARNING)
    monkeypatch.setattr(doctor, "checks", lambda: [broken, *checks()])
    first, *others = doctor.examine(now=timezone.now(), thorough=True)
    assert (first.error, first.level, first.is_wrong) == ("ProgrammingError", Level.PROBLEM, True)
    assert not any(other.error for other in others)


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command() -> None:
    assert run()[0] == 0
    mail(due_at=LONG_AGO)
    status, text = run("--quick")
    assert status == 1
    assert "mail_due: 送る時刻を過ぎたメールがあります — 1件" in text
    assert str(OutgoingMail.objects.get().pk) in text
    assert "audit_chain" not in text
    status, text = run("--json", "--only", "mail_due")
    (found,) = json.loads(text)["results"]
    assert (status, found["code"], found["count"], found["level"]) == (1, "mail_due", 1, "problem")
    with pytest.raises(CommandError, match="no_such_check"):
        run("--only", "no_such_check")


def test_a_warning_is_told_and_fails_nothing() -> None:
    mail(state="failed")
    status, text = run("--only", "mail_failed")
    assert status == 0
    assert "WARNING" in text


def test_beat_keeps_reports_and_the_admin_shows_them(client: Client) -> None:
    long_ago = timezone.now() - datetime.timedelta(days=91)
    old = DoctorReport.objects.create(at=long_ago, thorough=True, problems=0, warnings=0)
    mail(due_at=LONG_AGO)
    tasks.examine()
    report = DoctorReport.objects.get()
    assert report.pk != old.pk
    assert (report.problems, report.warnings, report.thorough) == (1, 0, False)
    pass_second_factor(client, EnrolledStaffFactory())
    assert "システムの点検で、問題が1件見つかりました" in client.get(reverse("admin:index")).content.decode()
    page = client.get(reverse("admin:core_doctorreport_change", args=[report.pk])).content.decode()
    assert "送る時刻を過ぎたメールがあります" in page
    assert str(OutgoingMail.objects.get().pk) in page
    assert client.get(reverse("admin:core_doctorreport_changelist")).status_code == 200
    OutgoingMail.objects.all().delete()
    tasks.examine(thorough=True)
    assert "システムの点検で" not in client.get(reverse("admin:index")).content.decode()


def test_codes_are_short_and_every_question_is_tried_here() -> None:
    untried = {
        "migrations_missing", "broker_away", "mail_server_away",
        "request_not_reminded", "request_not_erased", "broadcast_stopped",
    }  # fmt: skip
    codes = {check.code for check in checks()}
    assert all(len(code) <= 40 for code in codes)
    assert codes == set(BREAKS) | untried
    assert EncryptedFile.objects.count() == Broadcast.objects.count() == Consent.objects.count() == 0
