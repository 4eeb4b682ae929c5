"""One-time codes under attack: parallel guesses in real connections."""

import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from privacy_portal.core import ratelimit
from privacy_portal.core.models import OneTimeCode, OutgoingMail
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import codes
from privacy_portal.core.services.codes import CodeDead, CodeRefused, CodeWrong
from tests.support.limits import empty_redis

PURPOSE = OneTimeCode.Purpose.OPEN_FILE
SUBJECT = "user:request"


def issue(subject: str = SUBJECT, purpose: OneTimeCode.Purpose = PURPOSE, **changes: Any) -> tuple[OneTimeCode, str]:
    empty_redis()
    row = codes.issue(
        purpose=purpose,
        subject=subject,
        recipient="hanako@mail.example",
        client="client",
        language="ja",
        template="open_file_code",
        **changes,
    )
    body = OutgoingMail.objects.latest("created_at").body_text or ""
    found = re.search(r"\d{4} \d{4}", body)
    assert found
    return row, found[0].replace(" ", "")


def check(row: OneTimeCode, code: str, client: str = "client", **changes: Any) -> None:
    values = {"code_id": row.id, "purpose": PURPOSE, "subject": SUBJECT, "code": code, "client": client, **changes}
    codes.check(**values)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def in_parallel(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work`` in threads with connections of their own, all let go at once."""
    gate = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = work(number)
        except CodeRefused as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_forty_parallel_wrong_guesses_get_five_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    row, code = issue()
    compared = []
    matches = codes._matches
    monkeypatch.setattr(codes, "_matches", lambda *pair: compared.append(1) or matches(*pair))
    results = in_parallel(40, lambda number: check(row, wrong(code), client=f"client{number}"))
    assert len(compared) == 5
    assert sorted(error.remaining for error in results if isinstance(error, CodeWrong)) == [1, 2, 3, 4]
    assert sum(isinstance(error, CodeDead) for error in results) == 36
    row.refresh_from_db()
    assert row.attempts == 5
    with pytest.raises(CodeDead):
        check(row, code)
    assert len(compared) == 5


@pytest.mark.django_db(transaction=True)
def test_parallel_right_guesses_are_accepted_once() -> None:
    row, code = issue()
    results = in_parallel(5, lambda number: check(row, code, client=f"client{number}") or "accepted")
    assert results.count("accepted") == 1
    assert sum(isinstance(error, CodeDead) for error in results) == 4


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_leave_one_live_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "hit", lambda *checks: None)
    in_parallel(6, lambda number: issue())
    assert OneTimeCode.objects.filter(expires_at__gt=timezone.now()).count() == 1


@pytest.mark.django_db
def test_a_code_works_once() -> None:
    row, code = issue()
    check(row, code)
    with pytest.raises(CodeDead):
        check(row, code)


@pytest.mark.django_db
def test_five_wrong_guesses_kill_it_even_for_the_right_one() -> None:
    row, code = issue()
    for remaining in (4, 3, 2, 1):
        with pytest.raises(CodeWrong) as refused:
            check(row, wrong(code))
        assert refused.value.remaining == remaining
    for guess in (wrong(code), code):
        with pytest.raises(CodeDead):
            check(row, guess)


@pytest.mark.django_db
@pytest.mark.parametrize("late", [timedelta(minutes=10), timedelta(minutes=9, seconds=59)])
def test_ten_minutes(late: timedelta) -> None:
    now = timezone.now()
    row, code = issue(now=now)
    if late < codes.LIFETIME:
        check(row, code, now=now + late)
    else:
        with pytest.raises(CodeDead):
            check(row, code, now=now + late)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "user:another request"},
        {"purpose": OneTimeCode.Purpose.SIGN_IN},
        {"code_id": uuid.uuid4()},
    ],
)
def test_bound_to_purpose_subject_and_row(changes: dict[str, Any]) -> None:
    row, code = issue()
    with pytest.raises(CodeDead):
        check(row, code, **changes)
    row.refresh_from_db()
    assert row.attempts == 0


@pytest.mark.django_db
def test_digest_is_bound_to_its_row() -> None:
    row, code = issue()
    other, _other_code = issue("another")
    other.code_digest, other.subject_digest = row.code_digest, row.subject_digest
    other.save()
    with pytest.raises(CodeWrong):
        check(other, code)


@pytest.mark.django_db
def test_a_new_code_voids_the_older_of_the_same_subject_only() -> None:
    old, old_code = issue()
    elsewhere, elsewhere_code = issue("another")
    new, new_code = issue()
    with pytest.raises(CodeDead):
        check(old, old_code)
    check(new, new_code)
    check(elsewhere, elsewhere_code, subject="another")


@pytest.mark.django_db
def test_nothing_readable_is_stored() -> None:
    row, code = issue()
    row.refresh_from_db()
    stored = bytes(row.code_digest) + bytes(row.subject_digest)
    assert len(stored) == 64
    assert code.encode() not in stored
    mail = OutgoingMail.objects.values().get()
    assert code[:4].encode() not in bytes(mail["body_text"])


@pytest.mark.django_db
def test_a_try_is_counted_even_if_the_caller_fails_afterwards() -> None:
    row, code = issue()
    with pytest.raises(CodeWrong):
        check(row, wrong(code))
    row.refresh_from_db()
    assert row.attempts == 1


@pytest.mark.django_db(transaction=True)
def test_refuses_to_run_inside_a_transaction_that_could_give_the_try_back() -> None:
    row, code = issue()
    with pytest.raises(RuntimeError), transaction.atomic():
        check(row, code)


@pytest.mark.django_db
def test_limits_of_asking_and_guessing() -> None:
    issue()
    values = {"purpose": PURPOSE, "subject": SUBJECT, "recipient": "hanako@mail.example", "language": "ja"}
    with pytest.raises(LimitExceeded) as limited:
        codes.issue(**values, client="client", template="open_file_code")
    assert 1 <= limited.value.retry_after <= 60
    row, code = issue()
    ratelimit.reset([codes.GUESSED_PER_CLIENT], "client")
    for _ in range(codes.GUESSED_PER_CLIENT.amount):
        with pytest.raises(CodeRefused):
            check(row, wrong(code))
    with pytest.raises(LimitExceeded):
        check(row, code)


@pytest.mark.django_db
def test_a_stranger_cannot_use_up_the_owners_share() -> None:
    values = {"purpose": PURPOSE, "recipient": "hanako@mail.example", "language": "ja", "template": "open_file_code"}
    for number in range(codes.PER_CLIENT_AND_RECIPIENT.amount):
        codes.issue(**values, subject=f"subject {number}", client="stranger")
    with pytest.raises(LimitExceeded) as limited:
        codes.issue(**values, subject="another", client="stranger")
    assert limited.value.retry_after > 3000
    codes.issue(**values, subject=SUBJECT, client="owner")


@pytest.mark.django_db
def test_one_address_gets_twenty_mails_an_hour_from_everybody() -> None:
    values = {"purpose": PURPOSE, "recipient": "hanako@mail.example", "language": "ja", "template": "open_file_code"}
    for number in range(codes.PER_RECIPIENT.amount):
        codes.issue(**values, subject=SUBJECT, client=f"client {number}")
    with pytest.raises(LimitExceeded):
        codes.issue(**values, subject=SUBJECT, client="one more")
    assert OutgoingMail.objects.count() == codes.PER_RECIPIENT.amount


@pytest.mark.django_db
def test_purge_keeps_a_day() -> None:
    now = timezone.now()
    issue(now=now - timedelta(days=2))
    kept, _code = issue("another", now=now - timedelta(hours=3))
    assert codes.purge(now=now) == 1
    assert OneTimeCode.objects.get() == kept


@pytest.mark.parametrize(
    "typed", ["12345678", "1234 5678", "1234-5678", "１２３４　５６７８", "1234ー5678", " 1234\t5678 "]
)
def test_normalise(typed: str) -> None:
    assert codes.normalise(typed) == "12345678"
