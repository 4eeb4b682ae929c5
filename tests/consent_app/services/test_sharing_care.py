"""What among joint uses and trackers is due."""

import pytest
from django.utils import timezone

from consent_app.domain.care import Due
from consent_app.models import JointUse
from consent_app.services import joint_uses, kept, sharing_care
from tests.factories.consent import PurposeFactory
from tests.factories.core import StaffFactory
from tests.factories.joint_uses import announce, draft, published, today
from tests.factories.trackers import TrackerFactory

pytestmark = pytest.mark.django_db
LATER = today(30)


def test_a_joint_use_that_is_not_complete_until_it_is_given_up() -> None:
    draft(code="ready")
    published(code="active")
    row = draft(code="lacking", users_en="")
    assert list(sharing_care.incomplete_joint_uses(today(), LATER)) == [Due(str(row.pk), row.name)]
    joint_uses.end(joint_use=row, revision=1, actor=StaffFactory(), now=timezone.now())
    assert list(sharing_care.incomplete_joint_uses(today(), LATER)) == []


def test_a_change_that_was_not_announced_is_due_since_it_was_made() -> None:
    row = published()
    assert list(sharing_care.unannounced_joint_uses(today(), LATER)) == []
    before = kept.snapshot(row)
    row.responsible_address_ja = "大阪府"
    row.save()
    kept.record(row=row, before=before, actor=StaffFactory())
    assert list(sharing_care.unannounced_joint_uses(today(), LATER)) == [Due(str(row.pk), row.name, today())]
    JointUse.objects.update(state="ended", ended_on=today())
    assert list(sharing_care.unannounced_joint_uses(today(), LATER)) == []


def test_a_purpose_that_the_profile_words_anew_is_a_change() -> None:
    row = published()
    row.purposes.update(text_en="For something else")
    assert [due.key for due in sharing_care.unannounced_joint_uses(today(), LATER)] == [str(row.pk)]


def test_an_announced_change_until_its_day() -> None:
    row = published()
    row.purposes.add(PurposeFactory(code="ads"))
    announce(row, effective_from=today(20), announced_on=today())
    assert list(sharing_care.coming_joint_uses(today(), LATER)) == [Due(str(row.pk), row.name, today(20))]
    assert list(sharing_care.coming_joint_uses(today(), today(19))) == []
    assert list(sharing_care.coming_joint_uses(today(20), LATER)) == []


def test_a_tracker_that_sends_without_a_way_to_refuse() -> None:
    TrackerFactory(code="own")
    row = TrackerFactory(recipient_ja="例", recipient_en="Example")
    assert list(sharing_care.incomplete_trackers(today(), LATER)) == [Due(str(row.pk), row.name)]
    row.refusal_url = "https://shop.example/no"
    row.save()
    assert list(sharing_care.incomplete_trackers(today(), LATER)) == []
    row.tied_to_person = True
    row.save()
    assert [due.key for due in sharing_care.incomplete_trackers(today(), LATER)] == [str(row.pk)]
    row.purposes.add(PurposeFactory(needs_consent=True))
    assert list(sharing_care.incomplete_trackers(today(), LATER)) == []
