"""What the database itself refuses, whoever asks."""

import datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from consent_app.domain.joint_use import Change
from consent_app.models import JointUse, JointUser, JointUseVersion
from consent_app.services.joint_uses import add_version
from tests.factories.consent import DataItemFactory
from tests.factories.core import StaffFactory
from tests.factories.joint_uses import announce, draft, published, today

pytestmark = pytest.mark.django_db


def test_what_was_announced_is_not_rewritten() -> None:
    published()
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        JointUseVersion.objects.update(users_ja="すべての会社")


def delete_versions() -> None:
    JointUseVersion.objects.all().delete()
    # Deleting is looked at when the transaction commits.
    connection.check_constraints()


def test_what_was_announced_is_not_removed() -> None:
    published()
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        delete_versions()


def test_who_published_may_be_forgotten() -> None:
    joint_use = published()
    member = StaffFactory()
    row = JointUse.objects.prefetch_related("items", "purposes", "versions").get(pk=joint_use.pk)
    version = add_version(
        joint_use=row,
        change=Change.WITHOUT_DELAY,
        announced_on=today(),
        effective_from=today(),
        actor=member,
    )
    member.delete()
    version.refresh_from_db()
    assert version.published_by_id is None


@pytest.mark.parametrize(
    "lacking",
    [
        {"name_en": ""},
        {"users_ja": ""},
        {"responsible_name_ja": ""},
        {"responsible_address_en": ""},
        {"responsible_representative_ja": ""},
        {"items": ()},
        {"purposes": ()},
    ],
)
def test_an_announcement_that_lacks_something_is_refused(lacking: dict[str, object]) -> None:
    joint_use = draft(**lacking)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError, match="joint_use_announced_complete"), transaction.atomic():
        announce(joint_use, effective_from=today(1), announced_on=today(), change=Change.FIRST)


@pytest.mark.parametrize("change", [Change.FIRST, Change.BEFOREHAND])
def test_beforehand_is_before(change: Change) -> None:
    joint_use = draft() if change is Change.FIRST else published()
    with pytest.raises(IntegrityError, match="joint_use_announced_beforehand"), transaction.atomic():
        announce(joint_use, effective_from=today(), announced_on=today(), change=change)


def test_published_needs_an_announcement() -> None:
    joint_use = draft()
    with pytest.raises(DatabaseError, match="not announced"), transaction.atomic():
        JointUse.objects.filter(pk=joint_use.pk).update(state="published")
    with pytest.raises(DatabaseError, match="begins as a draft"), transaction.atomic():
        draft(code="other", state="published")


def test_there_is_no_way_back() -> None:
    joint_use = published()
    rows = JointUse.objects.filter(pk=joint_use.pk)
    with pytest.raises(DatabaseError, match="does not go from published to draft"), transaction.atomic():
        rows.update(state="draft")
    rows.update(state="ended", ended_on=today())
    for change in ({"state": "published", "ended_on": None}, {"responsible_name_ja": "別の店"}):
        with pytest.raises(DatabaseError, match=r"restrict|does not go|stays as it is"), transaction.atomic():
            rows.update(**change)
    rows.update(revision=9)
    with pytest.raises(DatabaseError, match="has no new version"), transaction.atomic():
        announce(joint_use, effective_from=today(20), announced_on=today())


def test_items_and_scope_of_a_published_one_stay() -> None:
    joint_use = published()
    with pytest.raises(DatabaseError, match="items of a joint use"), transaction.atomic():
        joint_use.items.add(DataItemFactory(code="telephone"))
    with pytest.raises(DatabaseError, match="items of a joint use"), transaction.atomic():
        joint_use.items.remove(joint_use.items.first())  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="scope of users"), transaction.atomic():
        JointUse.objects.filter(pk=joint_use.pk).update(users_ja="だれでも")


def test_a_version_cannot_bring_other_items_or_another_scope() -> None:
    joint_use = published()
    first = joint_use.versions.get()
    values = {
        field.attname: getattr(first, field.attname)
        for field in JointUseVersion._meta.concrete_fields
        if not field.primary_key
    }
    values |= {"change": "beforehand", "effective_from": today(20), "announced_on": today()}
    for other in (
        {"number": 2, "item_codes": ["name", "telephone"]},
        {"number": 2, "item_codes": ["name"], "items_ja": ["氏名"], "items_en": ["Name"]},
        {"number": 2, "users_en": "Anybody"},
        {"number": 3},
        {"number": 2, "announced_on": today(-30)},
    ):
        with pytest.raises(DatabaseError, match=r"restrict|consent|follow|no earlier"), transaction.atomic():
            JointUseVersion.objects.create(**{**values, **other})
    JointUseVersion.objects.create(**{**values, "number": 2})


def test_a_published_one_is_not_deleted_and_a_draft_is() -> None:
    joint_use = published()
    with pytest.raises(DatabaseError), transaction.atomic():
        JointUse.objects.filter(pk=joint_use.pk).delete()
    draft(code="other").delete()


def test_a_member_leaves_after_joining_and_stands_once() -> None:
    joint_use = published()
    member = joint_use.members.get()
    with pytest.raises(IntegrityError, match="joint_user_leaves_after_joining"), transaction.atomic():
        JointUser.objects.update(until=member.since - datetime.timedelta(days=1))
    with pytest.raises(IntegrityError, match="joint_user_once"), transaction.atomic():
        JointUser.objects.create(joint_use=joint_use, name_ja=member.name_ja, name_en="Again")
    with pytest.raises(IntegrityError, match="joint_user_country"), transaction.atomic():
        JointUser.objects.update(country="Japan"[:2])
