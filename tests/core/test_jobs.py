"""Progress of long work."""

import datetime
import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from privacy_portal.core import job_registry
from privacy_portal.core.job_registry import UnregisteredKind
from privacy_portal.core.models import Job, JobProblem, User
from privacy_portal.core.services import jobs
from privacy_portal.core.services.jobs import Problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    job_registry.register("test", "試し", problems={"bad_date": "日付が読めません"})
    yield
    del job_registry._kinds["test"]
    del job_registry._problems["test"]


def running(total: int | None = 10) -> Job:
    job = jobs.create(kind="test")
    jobs.start(job=job, total=total)
    return job


def test_from_waiting_to_done() -> None:
    user = User.objects.create_user("staff@shop.example")
    job = jobs.create(kind="test", actor=user)
    assert (job.state, job.percent, job.started_by) == (Job.State.WAITING, None, user)
    jobs.start(job=job, total=4)
    assert (job.state, job.percent, job.started_at is None) == (Job.State.RUNNING, 0, False)
    jobs.advance(job=job, by=3)
    assert (job.done, job.percent) == (3, 75)
    jobs.advance(job=job)
    assert job.percent == 99, "100 is for a job that is done"
    jobs.finish(job=job, result={"created": 3, "merged": 1})
    job.refresh_from_db()
    assert (job.state, job.percent, job.result) == (Job.State.DONE, 100, {"created": 3, "merged": 1})
    assert job.finished_at is not None


def test_problems_are_counted_and_written_in_bulk(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for size in (1, 30):
        job = running()
        problems = [Problem("bad_date", line=n, column="生年月日") for n in range(size)]
        # Savepoint and its release, the row, its new values, the problems.
        with django_assert_num_queries(5):
            jobs.advance(job=job, by=5, problems=problems)
        assert (job.problem_count, job.problems.count(), job.done) == (size, size, 5)
    problem = JobProblem.objects.first()
    assert problem is not None
    assert (problem.line, problem.column, problem.code) == (0, "生年月日", "bad_date")


def test_failed_job_says_why() -> None:
    job = running()
    jobs.fail(job=job, error="x" * 300)
    job.refresh_from_db()
    assert (job.state, len(job.error)) == (Job.State.FAILED, 200)


def test_only_registered_kinds_and_problems() -> None:
    with pytest.raises(UnregisteredKind):
        jobs.create(kind="unknown")
    job = running()
    with pytest.raises(UnregisteredKind, match="bad_name"):
        jobs.advance(job=job, problems=[Problem("bad_name")])
    job.refresh_from_db()
    assert job.done == 0
    with pytest.raises(ValueError, match="twice"):
        job_registry.register("test", "")


def test_result_holds_counts_only() -> None:
    with pytest.raises(ValueError, match="counts"):
        jobs.finish(job=running(), result={"first": "山田"})  # type: ignore[dict-item]


def test_ended_job_does_not_go_on() -> None:
    job = running()
    jobs.finish(job=job)
    for go_on in (
        lambda: jobs.start(job=job),
        lambda: jobs.advance(job=job, problems=[Problem("bad_date")]),
        lambda: jobs.finish(job=job),
        lambda: jobs.fail(job=job, error=""),
    ):
        with pytest.raises(jobs.JobEnded):
            go_on()
    assert not JobProblem.objects.exists()


def test_taken_up_again_it_keeps_its_start_and_its_count() -> None:
    job = running()
    jobs.advance(job=job, by=4)
    started = job.started_at
    jobs.start(job=job)
    assert (job.started_at, job.done, job.total) == (started, 4, 10)


def test_silent_job_is_stalled() -> None:
    job = running()
    now = timezone.now()
    assert not jobs.is_stalled(job, now=now)
    assert jobs.is_stalled(job, now=now + datetime.timedelta(minutes=11))
    jobs.finish(job=job)
    assert not jobs.is_stalled(job, now=now + datetime.timedelta(minutes=11))


@pytest.mark.django_db(transaction=True)
def test_several_workers_count_together() -> None:
    job = running(total=400)

    def work() -> None:
        mine = Job.objects.get(pk=job.pk)
        for _ in range(25):
            jobs.advance(job=mine, by=4)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job.refresh_from_db()
    assert job.done == 400


def test_command_line_shows_progress_on_one_line() -> None:
    written: list[str] = []
    job = running(total=None)
    jobs.print_progress(job=job, write=written.append)
    jobs.start(job=job, total=8)
    jobs.advance(job=job, by=2, problems=[Problem("bad_date")])
    with translation.override("ja"):
        jobs.print_progress(job=job, write=written.append)
    assert written[0].startswith("\r試し")
    assert "25 %" in written[1]
    assert "2/8" in written[1]
    assert all("\n" not in line for line in written)


def test_jobs_go_after_ninety_days_and_take_their_problems_along() -> None:
    now = timezone.now()
    old, young = jobs.create(kind="test"), jobs.create(kind="test")
    JobProblem.objects.create(job=old, code="x")
    Job.objects.filter(pk=old.pk).update(updated_at=now - datetime.timedelta(days=91))
    Job.objects.filter(pk=young.pk).update(updated_at=now - datetime.timedelta(days=89))
    assert jobs.purge(now=now) == 1
    assert Job.objects.get() == young
    assert not JobProblem.objects.exists()


def test_a_job_that_an_import_stands_on_keeps_its_counts_and_loses_its_problems() -> None:
    from consent_app.models import ImportBatch

    now = timezone.now()
    job = jobs.create(kind="test")
    JobProblem.objects.create(job=job, code="x")
    ImportBatch.objects.create(format="base", encoding="utf-8", trial=job)
    Job.objects.filter(pk=job.pk).update(updated_at=now - datetime.timedelta(days=91))
    assert jobs.purge(now=now) == 0
    assert Job.objects.get() == job
    assert not JobProblem.objects.exists()
