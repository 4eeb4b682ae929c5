"""From the decision to the answer."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from privacy_portal.core.models import AuditEntry, EncryptedFile, OutgoingMail
from privacy_portal.core.services import files
from requests_app.domain.transitions import Status
from requests_app.models import AnswerFile, Decision, DisclosureRequest
from requests_app.services import access, fulfilment, packages
from requests_app.services.errors import AnswerGone
from tests.factories.consent import OperatorFactory, catalogue
from tests.factories.requests import RequestFactory, StaffFactory
from tests.support.concurrency import in_thread
from tests.support.files import path_of


def decided(outcome: str = "granted", **changes: Any) -> DisclosureRequest:
    OperatorFactory()
    catalogue()
    decision = {"outcome": outcome}
    if outcome in ("refused", "partly"):
        decision |= {"ground": "harm_to_person", "reason": "ほかの方の情報を含むためです。"}
    return RequestFactory.fulfilling(decision=decision, **changes)


def content(file: EncryptedFile) -> bytes:
    return b"".join(files.open_stream(file))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "kinds"),
    [
        ("granted", {"letter", "package"}),
        ("partly", {"letter", "package"}),
        ("refused", {"letter"}),
        ("no_such_data", {"letter"}),
        ("identity_not_confirmed", {"letter"}),
    ],
)
def test_only_a_positive_outcome_gives_data(outcome: str, kinds: set[str]) -> None:
    request = decided(outcome)
    assert fulfilment.fulfil(request_id=request.pk, now=timezone.now()) is True
    request.refresh_from_db()
    assert request.status == Status.ANSWERED
    answers = {answer.kind: answer for answer in request.answer_files.all()}
    assert set(answers) == kinds
    assert content(answers["letter"].file).startswith(b"%PDF")
    if "package" in kinds:
        with zipfile.ZipFile(io.BytesIO(content(answers["package"].file))) as archive:
            assert "data.json" in archive.namelist()
    assert OutgoingMail.objects.filter(object_id=str(request.pk)).exists()


@pytest.mark.django_db
def test_paper_waits_for_the_post() -> None:
    request = decided(answer_method="paper")
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    request.refresh_from_db()
    assert request.status == Status.READY_TO_POST
    assert request.answer_files.count() == 2


@pytest.mark.django_db
def test_running_twice_makes_nothing_twice() -> None:
    request = decided()
    assert fulfilment.fulfil(request_id=request.pk, now=timezone.now()) is True
    before = OutgoingMail.objects.count(), AuditEntry.objects.count()
    assert fulfilment.fulfil(request_id=request.pk, now=timezone.now()) is False
    assert request.answer_files.count() == 2
    assert (OutgoingMail.objects.count(), AuditEntry.objects.count()) == before


@pytest.mark.django_db
def test_what_is_not_decided_is_left_alone() -> None:
    request = RequestFactory.in_review()
    assert fulfilment.fulfil(request_id=request.pk, now=timezone.now()) is False
    assert not AnswerFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_crash_midway_leaves_no_half_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    request = decided()

    def crash(**kwargs: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(packages, "write_package", crash)
        with pytest.raises(OSError, match="No space"):
            fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    request.refresh_from_db()
    assert request.status == Status.FULFILLING
    assert not AnswerFile.objects.exists()
    assert fulfilment.fulfil(request_id=request.pk, now=timezone.now()) is True


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_does_not_wait_for_the_first() -> None:
    request = decided()
    with transaction.atomic():
        Decision.objects.select_for_update().get(request=request)
        assert in_thread(lambda: fulfilment.fulfil(request_id=request.pk, now=timezone.now())) is False
    assert not AnswerFile.objects.exists()


@pytest.mark.django_db
def test_the_content_in_the_storage_is_not_readable() -> None:
    request = decided()
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_key FROM core_encryptedfile")
        assert cursor.fetchall()
    for answer in request.answer_files.all():
        stored = path_of(answer.file).read_bytes()
        assert b"%PDF" not in stored[:64]
        assert b"PK\x03\x04" not in stored[:64]


@pytest.mark.django_db
def test_expired_answers_are_erased_once() -> None:
    request = decided()
    now = timezone.now()
    fulfilment.fulfil(request_id=request.pk, now=now)
    assert fulfilment.erase_expired(now=now + timedelta(days=29)) == 0
    assert fulfilment.erase_expired(now=now + timedelta(days=31)) == 2
    assert fulfilment.erase_expired(now=now + timedelta(days=31)) == 0
    for answer in request.answer_files.all():
        with pytest.raises(files.FileErased):
            content(answer.file)


@pytest.mark.django_db
def test_the_last_day_is_the_persons_until_midnight() -> None:
    request = decided()
    now = datetime(2026, 11, 22, 1, 15, tzinfo=UTC)
    fulfilment.fulfil(request_id=request.pk, now=now)
    # 22 December 23:59 in Tokyo.
    late = datetime(2026, 12, 22, 14, 59, tzinfo=UTC)
    assert {timezone.localdate(answer.expires_at) for answer in request.answer_files.all()} == {date(2026, 12, 22)}
    assert len(access.available_files(request=request, now=late)) == 2
    assert fulfilment.erase_expired(now=late) == 0
    assert access.available_files(request=request, now=late + timedelta(minutes=1)) == []
    assert fulfilment.erase_expired(now=late + timedelta(minutes=1)) == 2


@pytest.mark.django_db
def test_a_printed_answer_is_kept_until_it_is_posted_and_then_for_the_usual_time() -> None:
    request = decided(answer_method="paper")
    now = timezone.now()
    fulfilment.fulfil(request_id=request.pk, now=now)
    later = now + timedelta(days=90)
    assert fulfilment.erase_expired(now=later) == 0
    fulfilment.mark_posted(request=request, actor=StaffFactory(), now=later)
    assert {answer.expires_at for answer in request.answer_files.all()} == {fulfilment.end_of_offer(later)}
    assert fulfilment.erase_expired(now=later + timedelta(days=29)) == 0
    assert fulfilment.erase_expired(now=later + timedelta(days=32)) == 2


@pytest.mark.django_db
def test_what_was_erased_cannot_have_been_posted() -> None:
    request = decided(answer_method="paper")
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    files.erase(file=request.answer_files.get(kind="package").file, actor="worker")
    with pytest.raises(AnswerGone):
        fulfilment.mark_posted(request=request, actor=StaffFactory(), now=timezone.now())
    request.refresh_from_db()
    assert request.status == Status.READY_TO_POST


@pytest.mark.django_db
def test_every_attempt_is_counted_even_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    request, now = decided(), timezone.now()
    with monkeypatch.context() as patched:
        patched.setattr(packages, "write_package", lambda **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fulfilment.fulfil(request_id=request.pk, now=now)
    decision = request.decisions.get()
    assert (decision.attempts, decision.attempted_at) == (1, now)
    assert not AnswerFile.objects.exists()
