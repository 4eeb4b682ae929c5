"""Everybody is told once, however often the worker dies."""

import datetime
import random
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from consent_app import notifications, tasks
from consent_app.models import Broadcast, BroadcastRecipient, Customer, PolicyVersion
from consent_app.services import broadcasts
from privacy_portal.core.models import AuditEntry, Job, OutgoingMail, User
from privacy_portal.core.services import delivery, outbox
from tests.factories.consent import CustomerFactory, OperatorFactory
from tests.factories.core import StaffFactory, UserFactory
from tests.factories.policies import published


def many(count: int) -> None:
    Customer.objects.bulk_create(
        [Customer(family_name="例", given_name=str(number), email=f"c{number}@post.example") for number in range(count)]
    )


def begin(actor: User | None = None) -> Broadcast:
    OperatorFactory()
    published(effective_from=timezone.localdate() - datetime.timedelta(days=100))
    coming = published(effective_from=timezone.localdate() + datetime.timedelta(days=30), material=True)
    with transaction.atomic():
        return broadcasts.start(policy=coming, actor=actor or StaffFactory(), now=timezone.now())


def assert_everybody_once(broadcast: Broadcast, count: int) -> None:
    broadcast.refresh_from_db()
    assert broadcast.finished_at is not None
    addresses = [mail.recipient for mail in OutgoingMail.objects.filter(template=notifications.POLICY_CHANGE)]
    assert len(addresses) == len(set(addresses)) == count
    assert set(addresses) == set(Customer.objects.exclude(email="").values_list("email", flat=True))
    recipients = BroadcastRecipient.objects.filter(broadcast=broadcast)
    assert recipients.exclude(mail=None).exclude(handled_at=None).count() == recipients.count() == count
    assert (broadcast.job.state, broadcast.job.done, broadcast.job.total) == (Job.State.DONE, count, count)


@pytest.mark.django_db
def test_two_thousand_with_a_worker_that_dies_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "FOUND_AT_ONCE", 300)
    monkeypatch.setattr(broadcasts, "WRITTEN_AT_ONCE", 50)
    many(2000)
    broadcast = begin()
    write = notifications.policy_changes
    deaths = sorted(random.sample(range(1, 40), 2))
    written = 0

    class Died(BaseException):
        pass

    def mortal(**arguments: Any) -> list[OutgoingMail | None]:
        """After the mails of a chunk were written and before their recipients are marked."""
        nonlocal written
        written += 1
        mails = write(**arguments)
        if written in deaths:
            raise Died
        return mails

    monkeypatch.setattr(notifications, "policy_changes", mortal)
    for _death in deaths:
        with pytest.raises(Died):
            broadcasts.run(broadcast_id=broadcast.pk, seconds=120)
        broadcast.refresh_from_db()
        assert broadcast.finished_at is None
        assert broadcast.job.done == OutgoingMail.objects.count()
    broadcasts.run(broadcast_id=broadcast.pk, seconds=120)
    assert_everybody_once(broadcast, 2000)
    broadcasts.run(broadcast_id=broadcast.pk)
    assert OutgoingMail.objects.count() == 2000


@pytest.mark.django_db
def test_dying_while_the_recipients_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "FOUND_AT_ONCE", 7)
    many(30)
    broadcast = begin()
    find = broadcasts._insert_recipients

    def mortal(*args: Any, **kwargs: Any) -> Any:
        find(*args, **kwargs)
        raise KeyboardInterrupt

    assert broadcasts.step(broadcast_id=broadcast.pk, now=timezone.now())
    with monkeypatch.context() as patch:
        patch.setattr(broadcasts, "_insert_recipients", mortal)
        with pytest.raises(KeyboardInterrupt):
            broadcasts.run(broadcast_id=broadcast.pk)
    assert BroadcastRecipient.objects.count() == 7
    broadcasts.run(broadcast_id=broadcast.pk)
    assert_everybody_once(broadcast, 30)


@pytest.mark.django_db
def test_language_members_who_left_and_those_without_an_address() -> None:
    english = CustomerFactory(user=UserFactory(language="en"), email="en@post.example")
    CustomerFactory(user=None, email="ja@post.example", status=Customer.Status.WITHDRAWN)
    CustomerFactory(user=None, email="")
    CustomerFactory(user=None, email="not an address")
    broadcast = begin()
    broadcasts.run(broadcast_id=broadcast.pk)
    mails = {mail.recipient: mail for mail in OutgoingMail.objects.all()}
    assert set(mails) == {"en@post.example", "ja@post.example"}
    assert mails["en@post.example"].user == english.user
    assert (mails["en@post.example"].subject or "").startswith("Our privacy policy will change on ")
    assert "We add a purpose." in (mails["en@post.example"].body_text or "")
    assert "利用目的を加えます。" in (mails["ja@post.example"].body_html or "")
    assert "/policy/2/changes/" in (mails["ja@post.example"].body_text or "")
    broadcast.job.refresh_from_db()
    assert broadcast.job.result == {"mails": 2, "unusable": 1}
    assert AuditEntry.objects.get(action="broadcast.finished").detail == {"mails": 2, "unusable": 1}


@pytest.mark.django_db
def test_somebody_who_came_in_meanwhile_is_told_too() -> None:
    many(3)
    broadcast = begin()
    while not OutgoingMail.objects.exists():
        broadcasts.step(broadcast_id=broadcast.pk, now=timezone.now())
    CustomerFactory(email="late@post.example")
    broadcasts.run(broadcast_id=broadcast.pk)
    assert_everybody_once(broadcast, 4)


@pytest.mark.django_db
def test_pause_and_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "WRITTEN_AT_ONCE", 2)
    many(5)
    actor = StaffFactory()
    broadcast = begin(actor)
    while not OutgoingMail.objects.exists():
        broadcasts.step(broadcast_id=broadcast.pk, now=timezone.now())
    broadcasts.pause(broadcast=broadcast, actor=actor, now=timezone.now())
    broadcasts.run(broadcast_id=broadcast.pk)
    assert OutgoingMail.objects.count() == 2
    later = timezone.now() + datetime.timedelta(minutes=5)
    assert broadcasts.sweep(now=later) == 0
    broadcasts.resume(broadcast=broadcast, actor=actor)
    assert broadcasts.sweep(now=later) == 1
    assert broadcasts.sweep(now=timezone.now()) == 0
    broadcasts.run(broadcast_id=broadcast.pk)
    assert_everybody_once(broadcast, 5)
    assert broadcasts.sweep(now=later) == 0


@pytest.mark.django_db
def test_work_ends_after_its_time_and_goes_on_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "WRITTEN_AT_ONCE", 1)
    many(3)
    broadcast = begin()
    nudged: list[str] = []
    monkeypatch.setattr(broadcasts, "nudge", lambda task, pk: nudged.append(task))
    for _turn in range(20):
        broadcasts.run(broadcast_id=broadcast.pk, seconds=0)
    assert_everybody_once(broadcast, 3)
    assert nudged
    assert set(nudged) == {broadcasts.TASK}


@pytest.mark.django_db(transaction=True)
def test_everything_else_is_sent_before_notices() -> None:
    many(40)
    broadcast = begin()
    broadcasts.run(broadcast_id=broadcast.pk)
    with transaction.atomic():
        code = outbox.enqueue(template="staff_security", recipient="taro@post.example", language="ja", context={})
    assert delivery._claim(OutgoingMail.objects.all(), limit=3)[0].pk == code.pk


@pytest.mark.django_db
def test_notices_do_not_fill_the_broker(django_capture_on_commit_callbacks: Any) -> None:
    many(10)
    broadcast = begin()
    with django_capture_on_commit_callbacks() as callbacks:
        broadcasts.run(broadcast_id=broadcast.pk)
    assert OutgoingMail.objects.filter(bulk=True).count() == 10
    assert callbacks == []


@pytest.mark.django_db
def test_recipients_are_unique_in_the_database() -> None:
    customer = CustomerFactory()
    broadcast = begin()
    BroadcastRecipient.objects.create(broadcast=broadcast, customer=customer)
    with pytest.raises(Exception, match="broadcast_once_per_customer"), transaction.atomic():
        BroadcastRecipient.objects.create(broadcast=broadcast, customer=customer)
    assert connection.is_usable()
    assert PolicyVersion.objects.count() == 2


@pytest.mark.django_db
def test_who_was_told_is_forgotten_after_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "PURGED_AT_ONCE", 3)
    many(7)
    broadcast = begin()
    broadcasts.run(broadcast_id=broadcast.pk)
    broadcast.refresh_from_db()
    assert broadcast.finished_at is not None
    day = datetime.timedelta(days=1)
    assert broadcasts.purge(now=broadcast.finished_at + broadcasts.RECIPIENTS_KEPT - day) == 0
    assert broadcasts.purge(now=broadcast.finished_at + broadcasts.RECIPIENTS_KEPT + day) == 7
    tasks.purge_broadcasts()
    broadcasts.run(broadcast_id=broadcast.pk)
    assert OutgoingMail.objects.count() == 7, "nobody is told anew"
    broadcast.job.refresh_from_db()
    assert broadcast.job.result == {"mails": 7, "unusable": 0}


@pytest.mark.django_db
def test_who_is_still_to_be_told_is_never_forgotten() -> None:
    many(2)
    broadcast = begin()
    broadcasts.step(broadcast_id=broadcast.pk, now=timezone.now())
    assert broadcasts.purge(now=timezone.now() + 10 * broadcasts.RECIPIENTS_KEPT) == 0
    assert BroadcastRecipient.objects.count() == 2
