"""Versions of the policy: what may be published when, and what the database refuses whoever asks."""

import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from consent_app.models import Broadcast, PolicyVersion
from consent_app.services import policies
from privacy_portal.core.models import AuditEntry, Job, User
from tests.factories.consent import CustomerFactory
from tests.factories.core import StaffFactory
from tests.factories.policies import draft, published

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


def day(number: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=number)


@pytest.fixture
def actor() -> User:
    return StaffFactory()


def publish(version: PolicyVersion, actor: User) -> PolicyVersion:
    return policies.publish(version=version, revision=version.revision, actor=actor, now=timezone.now())


def test_the_first_version_needs_no_notice_and_mails_nobody(actor: User) -> None:
    CustomerFactory()
    version = publish(draft(material=True, effective_from=TODAY), actor)
    assert (version.number, version.state, version.published_by) == (1, "published", actor)
    assert not Broadcast.objects.exists()
    entry = AuditEntry.objects.get(action="policy.published")
    assert entry.detail == {"number": 1, "change": "material"}


def test_a_material_change_needs_its_notice_period(actor: User) -> None:
    published(effective_from=day(-100))
    early = draft(material=True, effective_from=day(settings.POLICY_NOTICE_DAYS - 1))
    with pytest.raises(policies.PolicyError, match=rf"14日前.*{day(settings.POLICY_NOTICE_DAYS).isoformat()}"):
        publish(early, actor)
    early.effective_from = day(settings.POLICY_NOTICE_DAYS)
    policies.save_draft(draft=early, revision=1, actor=actor)
    version = publish(early, actor)
    assert version.notice_from == TODAY
    assert version.broadcast.job.state == Job.State.WAITING


def test_a_small_change_may_take_effect_today_and_mails_nobody(actor: User) -> None:
    published(effective_from=day(-100))
    assert publish(draft(effective_from=TODAY), actor).number == 2
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize("number", [-1, 5, 4])
def test_dates_that_overlap_or_lie_in_the_past_are_refused(actor: User, number: int) -> None:
    published(effective_from=day(-100))
    published(effective_from=day(5))
    with pytest.raises(policies.PolicyError, match="発効日"):
        publish(draft(effective_from=day(number)), actor)


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ({"text_en": " "}, "日本語と英語の両方"),
        ({"effective_from": None}, "発効日を入れて"),
        ({"material": True, "summary_en": "", "effective_from": day(30)}, "何が変わるか"),
    ],
)
def test_what_is_incomplete_is_refused_with_its_reason(actor: User, lacks: dict[str, Any], words: str) -> None:
    published(effective_from=day(-100))
    with pytest.raises(policies.PolicyError, match=words):
        publish(draft(**lacks), actor)


def test_only_what_was_looked_at_is_published(actor: User) -> None:
    version = draft(effective_from=TODAY)
    other = PolicyVersion.objects.get(pk=version.pk)
    policies.save_draft(draft=other, revision=1, actor=actor)
    with pytest.raises(policies.StaleDraft):
        policies.publish(version=version, revision=1, actor=actor, now=timezone.now())
    with pytest.raises(policies.StaleDraft):
        policies.save_draft(draft=version, revision=1, actor=actor)
    assert publish(other, actor).number == 1
    for refused in (
        lambda: policies.save_draft(draft=version, revision=2, actor=actor),
        lambda: policies.delete_draft(version=version, actor=actor),
    ):
        with pytest.raises(policies.StaleDraft):
            refused()


def test_a_draft_can_be_deleted(actor: User) -> None:
    policies.delete_draft(version=draft(), actor=actor)
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"text_ja": "別の文"},
        {"text_en": "Other"},
        {"effective_from": day(1)},
        {"notice_from": day(-200)},
        {"material": True},
        {"number": 7},
        {"state": "draft", "number": None, "published_at": None, "notice_from": None},
    ],
)
def test_the_database_refuses_to_change_a_published_version(change: dict[str, Any]) -> None:
    version = published(effective_from=day(-100))
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(**change)


def test_the_database_refuses_to_delete_a_published_version() -> None:
    version = published(effective_from=day(-100))
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_app_policyversion WHERE id = %s", [version.pk])
    with connection.cursor() as cursor:
        # Else it is refused for the checks that are still to be made.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
            cursor.execute("TRUNCATE consent_app_policyversion CASCADE")


def test_the_database_refuses_overlapping_dates() -> None:
    published(effective_from=day(5))
    with pytest.raises(DatabaseError, match="takes effect later"), transaction.atomic():
        published(effective_from=day(5))
    with pytest.raises(DatabaseError, match="takes effect later"), transaction.atomic():
        published(effective_from=day(4))


def test_who_published_may_be_forgotten(actor: User) -> None:
    version = publish(draft(effective_from=TODAY), actor)
    actor.delete()
    version.refresh_from_db()
    assert version.published_by is None
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        PolicyVersion.objects.update(published_by=StaffFactory())
