"""Answers are prepared on a full disk, by two workers at once, and by clocks that are wrong."""

import contextlib
import os
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from privacy_portal.core.models import EncryptedFile, OneTimeCode, OutgoingMail
from privacy_portal.core.services import codes, files
from requests_app.domain.transitions import Event, Status
from requests_app.models import AnswerFile, DisclosureRequest
from tests.factories.consent import OperatorFactory, OrderFactory, RequestRuleFactory, catalogue
from tests.factories.requests import RequestFactory
from tests.support.ground import Ground, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

Figures = Callable[..., None]
PATIENCE = 180  # seconds: the sweep takes up two minutes after a try
DAY = 24 * 3600


def decided(number: int) -> list[DisclosureRequest]:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    found = []
    for _ in range(number):
        case = RequestFactory.fulfilling()
        OrderFactory(customer=case.customer)
        found.append(case)
    return found


def in_status(status: Status) -> int:
    return DisclosureRequest.objects.filter(status=status).count()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where this machine lets us have one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "faults", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_full_disk_leaves_nothing_behind_and_the_answer_comes_when_there_is_room(
    ground: Ground, figures: Figures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = decided(2)
    with small_disk(tmp_path / "disk") as disk:
        (disk / "encrypted").mkdir()
        filler = fill(disk)
        # Room for the letter (45 KB), and not for the package behind it.
        os.truncate(filler, filler.stat().st_size - 48 * 1024)
        worker = ground.worker(settings={"MEDIA_ROOT": str(disk)})
        ground.sweep("requests.sweep")
        wait_for(lambda: worker.log.read_text().count("the next sweep tries again") >= len(cases), "both to fail")
        left = [path for path in disk.rglob("*") if path.is_file() and path != filler]
        assert left == []
        assert worker.says("write_package"), "it failed in the package"
        assert not EncryptedFile.objects.exists()
        assert not AnswerFile.objects.exists()
        assert in_status(Status.FULFILLING) == len(cases)
        tries = list(DisclosureRequest.objects.values_list("decisions__attempts", flat=True))
        filler.unlink()
        worker.kill()
        ground.worker(settings={"MEDIA_ROOT": str(disk)}, clock=PATIENCE)
        ground.sweep("requests.sweep")
        took = wait_for(lambda: in_status(Status.ANSWERED) == len(cases), "the answers")
        # Taken back here: the ground's own place of files is taken back before what a fixture of the test has changed.
        with monkeypatch.context() as patch:
            patch.setattr("django.conf.settings.MEDIA_ROOT", disk)
            for answer in AnswerFile.objects.select_related("file"):
                content = b"".join(files.open_stream(answer.file))
                whole = tmp_path / "answer"
                whole.write_bytes(content)
                assert zipfile.is_zipfile(whole) or content.startswith(b"%PDF")
        sizes = sorted(AnswerFile.objects.values_list("kind", "file__size"))
        figures(
            answers=len(cases), tries_on_the_full_disk=tries, files_left_by_them=len(left),
            answered_after=f"{took:.1f} s", whole_files=len(sizes), sizes=sizes,
        )  # fmt: skip
        ground.end_processes()


def test_two_workers_that_get_the_same_tasks_do_the_work_once(ground: Ground, figures: Figures) -> None:
    cases = decided(6)
    first, second = ground.worker(concurrency=2), ground.worker(concurrency=2)
    for case in cases:
        for _ in range(4):
            ground.broker.send_task("requests.fulfil", args=[str(case.pk)], ignore_result=True)
    ground.sweep()
    wait_for(lambda: in_status(Status.ANSWERED) == len(cases), "the answers", 60)
    wait_for(lambda: not ground.waiting(), "the other tasks")
    mails = OutgoingMail.objects.filter(template="request_answered")
    for mail in mails:
        for _ in range(4):
            ground.broker.send_task("core.send_mail_row", args=[str(mail.pk)], ignore_result=True)
    ground.sweep("core.sweep_mail", "core.sweep_mail")
    wait_for(lambda: not mails.exclude(state=OutgoingMail.State.SENT).exists(), "the mails")
    wait_for(lambda: not ground.waiting(), "the other tasks")
    time.sleep(0.5)
    figures(
        requests=len(cases), tasks_for_each=4, letters=AnswerFile.objects.filter(kind="letter").count(),
        packages=AnswerFile.objects.filter(kind="package").count(), mails=mails.count(),
        arrived=len(ground.mailbox.received),
    )  # fmt: skip
    for case in cases:
        assert sorted(AnswerFile.objects.filter(request=case).values_list("kind", flat=True)) == ["letter", "package"]
        assert case.events.filter(kind=Event.FULFILLED).count() == 1
        assert mails.filter(object_id=str(case.pk)).count() == 1
        assert len(ground.mailbox.to(case.applicant.email)) == 1
    assert first.alive
    assert second.alive


def test_clock_that_was_a_day_ahead_keeps_nothing_from_being_done(ground: Ground, figures: Figures) -> None:
    """The worst case: killed at work by that clock, so that leases and tries of tomorrow stand in the rows."""
    cases = decided(3)
    ground.mailbox.delay = 1
    ahead = ground.worker(clock=DAY)
    ground.sweep("requests.sweep")
    wait_for(lambda: ground.mailbox.attempts, "a mail on its way")
    ahead.kill()
    ground.mailbox.delay = 0
    now = timezone.now()
    held = OutgoingMail.objects.filter(lease_until__gt=now + timedelta(hours=1)).count()
    OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED).update(due_at=now + timedelta(days=1))
    queued = OutgoingMail.objects.filter(due_at__gt=now + timedelta(hours=1)).count()
    # One more that was being prepared, and is tried again although the try lies in the future.
    case = decided_again()
    assert held
    ground.flush_redis()
    ground.worker()
    ground.sweep()
    wait_for(lambda: in_status(Status.ANSWERED) == len(cases) + 1, "the answers", 60)
    ground.sweep("core.sweep_mail")
    mails = OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT)
    took = wait_for(lambda: not mails.exists(), "the mails")
    figures(
        held_by_a_lease_of_tomorrow=held, queued_for_tomorrow=queued, answered=len(cases) + 1,
        mails_left=mails.count(), seconds=f"{took:.1f}",
    )  # fmt: skip
    assert len(ground.mailbox.to(case.applicant.email)) == 1


def decided_again() -> DisclosureRequest:
    case = RequestFactory.fulfilling()
    case.decisions.update(attempts=1, attempted_at=timezone.now() + timedelta(days=1))
    return case


def test_clock_that_is_an_hour_behind_is_early_for_nothing(ground: Ground, figures: Figures) -> None:
    """Deadlines, closings and leases wait; what was due before is done as always."""
    (case,) = decided(1)
    behind = ground.worker(clock=-3600)
    ended = RequestFactory.answered(answered_at=timezone.now() - timedelta(days=60, minutes=-30))
    ground.sweep("requests.sweep")
    wait_for(lambda: in_status(Status.ANSWERED) == 2, "the answer")
    ended.refresh_from_db()
    assert ended.status == Status.ANSWERED
    behind.kill()
    ground.worker(clock=3600)
    ground.sweep("requests.sweep")
    wait_for(lambda: in_status(Status.CLOSED) == 1, "the closing that is due an hour later")
    case.refresh_from_db()
    figures(early=0, answered=1, closed_when_due=1)


@pytest.mark.parametrize("minutes", [-60, 60])
def test_code_lives_no_longer_than_its_minutes_by_any_clock(ground: Ground, minutes: int) -> None:
    """Made by one clock and tried by another: a code is worth ten minutes or nothing."""
    OperatorFactory()
    about = {"purpose": OneTimeCode.Purpose.SIGN_IN, "subject": "taro@shop.example", "client": "here"}
    now = timezone.now()
    ground.worker()
    row = codes.issue(
        **about, recipient="taro@shop.example", language="ja", template="sign_in_code", now=now
    )  # fmt: skip
    text = ground.mailbox.wait_for("taro@shop.example").text
    code = next(line for line in text.splitlines() if line.replace(" ", "").isdecimal() and len(line.strip()) == 9)
    with pytest.raises(codes.CodeDead):
        codes.check(**about, code_id=row.pk, code=code, now=now + timedelta(minutes=minutes))
    codes.check(**about, code_id=row.pk, code=code, now=now + timedelta(minutes=1))
