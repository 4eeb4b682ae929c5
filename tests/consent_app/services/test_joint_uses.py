"""Announcing, changing and ending a joint use."""

import datetime
import uuid
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from consent_app.domain.gate import JointUser as Asked
from consent_app.models import JointUse, JointUser, RegisterChange
from consent_app.services import gate, joint_uses, kept, suspensions
from consent_app.services.joint_uses import JointUseError
from privacy_portal.core.models import AuditEntry, User
from tests.factories.consent import CustomerFactory, DataItemFactory, PurposeFactory
from tests.factories.core import StaffFactory
from tests.factories.joint_uses import draft, published, today
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def staff() -> User:
    return StaffFactory()


def publish(joint_use: JointUse, staff: User, *, days: int, same_party: bool = False, **more: Any) -> Any:
    joint_use.refresh_from_db()
    values = {
        "revision": joint_use.revision,
        "effective_from": today(days),
        "same_party": same_party,
        "actor": staff,
        "now": timezone.now(),
    }
    return joint_uses.publish(joint_use=joint_use, **{**values, **more})


def change(joint_use: JointUse, **fields: Any) -> None:
    JointUse.objects.filter(pk=joint_use.pk).update(**fields)


def view(joint_use: JointUse, days: int = 0) -> joint_uses.Standing:
    return joint_uses.standing(joint_use.versions.all(), day=today(days))


def test_the_first_announcement(staff: User) -> None:
    joint_use = draft()
    version = publish(joint_use, staff, days=1)
    joint_use.refresh_from_db()
    assert (joint_use.state, joint_use.revision, joint_use.kept_by_staff) == ("published", 2, True)
    assert (version.number, version.change, version.announced_on) == (1, "first", today())
    assert version.items_ja == ["項目 name", "項目 email"]
    assert version.purposes_en == ["For the purpose news"]
    assert version.published_by == staff
    assert view(joint_use).current is None
    assert view(joint_use, 1).current == version
    entry = AuditEntry.objects.get(action="joint_use.published")
    assert entry.detail == {"number": 1, "change": "first"}
    assert RegisterChange.objects.get(object_id=str(joint_use.pk)).fields["jointuseversion"] == [None, "第1版"]


def test_what_is_missing_is_named_exactly(staff: User) -> None:
    joint_use = draft(items=(), responsible_address_en="", responsible_representative_ja="")
    with pytest.raises(
        JointUseError, match=r"共同で使うデータ項目、管理責任者の住所（英語）、管理責任者の代表者。"
    ) as error:
        publish(joint_use, staff, days=1)
    assert "名称" not in str(error.value)
    joint_use.refresh_from_db()
    assert joint_use.state == "draft"


def test_a_retired_purpose_is_none(staff: User) -> None:
    joint_use = draft()
    joint_use.purposes.update(active=False)
    with pytest.raises(JointUseError, match="足りないもの：共同で使う目的。"):
        publish(joint_use, staff, days=1)


@pytest.mark.parametrize(("days", "words"), [(0, "翌日から"), (-3, "翌日から"), (367, "遠すぎます")])
def test_it_cannot_begin_before_it_was_announced(staff: User, days: int, words: str) -> None:
    with pytest.raises(JointUseError, match=words):
        publish(draft(), staff, days=days)


@override_settings(POLICY_NOTICE_DAYS=14)
def test_another_purpose_is_announced_beforehand(staff: User) -> None:
    joint_use = published()
    joint_use.purposes.add(PurposeFactory(code="ads"))
    with pytest.raises(JointUseError, match=f"14日前までに.*{today(14)}以後"):
        publish(joint_use, staff, days=13)
    version = publish(joint_use, staff, days=14)
    assert version.change == "beforehand"
    assert view(joint_use, 13).current.number == 1  # type: ignore[union-attr]
    assert [coming.number for coming in view(joint_use, 13).coming] == [2]
    assert view(joint_use, 14).current == version
    assert [past.number for past in view(joint_use, 14).past] == [1]


@override_settings(POLICY_NOTICE_DAYS=14)
def test_another_responsible_party_beforehand_and_its_new_name_at_once(staff: User) -> None:
    joint_use = published()
    change(joint_use, responsible_name_ja="新しい名の店株式会社")
    with pytest.raises(JointUseError, match="14日前まで"):
        publish(joint_use, staff, days=0, same_party=False)
    assert publish(joint_use, staff, days=0, same_party=True).change == "without_delay"


def test_an_address_changes_without_delay(staff: User) -> None:
    joint_use = published()
    change(joint_use, responsible_address_ja="大阪府大阪市例区1")
    with pytest.raises(JointUseError, match="過ぎた日"):
        publish(joint_use, staff, days=-1)
    version = publish(joint_use, staff, days=0)
    assert view(joint_use).current == version
    assert [past.number for past in view(joint_use).past] == [1]


def test_nothing_to_announce(staff: User) -> None:
    joint_use = published()
    with pytest.raises(JointUseError, match="変わったところがありません"):
        publish(joint_use, staff, days=20)


def test_an_announced_change_is_taken_back(staff: User) -> None:
    joint_use = published()
    ads = PurposeFactory(code="ads")
    joint_use.purposes.add(ads)
    publish(joint_use, staff, days=20)
    with pytest.raises(JointUseError, match="変わったところがありません"):
        publish(joint_use, staff, days=20)
    joint_use.purposes.remove(ads)
    publish(joint_use, staff, days=0)
    standing = view(joint_use, 30)
    assert (standing.current.number, standing.coming) == (3, ())  # type: ignore[union-attr]
    assert [version.number for version in standing.dropped] == [2]
    assert [version.number for version in standing.past] == [1]


def test_items_and_scope_need_the_consent_of_the_persons(staff: User) -> None:
    """The database keeps staff from preparing it; should they differ all the same, nothing is announced."""
    joint_use = joint_uses.with_parts().get(pk=published().pk)
    joint_use.users_ja = "だれでも"
    with pytest.raises(JointUseError, match="同意がなければ変えられません"):
        joint_uses.plan(joint_use=joint_use, same_party=False, now=NOW)


def test_two_people_at_one(staff: User) -> None:
    joint_use = draft()
    with pytest.raises(kept.ChangedMeanwhile):
        publish(joint_use, staff, days=1, revision=7)
    with pytest.raises(kept.ChangedMeanwhile):
        joint_uses.end(joint_use=joint_use, revision=7, actor=staff, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_announce_once(staff: User) -> None:
    joint_use = draft()

    def click() -> str:
        try:
            return str(publish(JointUse.objects.get(pk=joint_use.pk), staff, days=1, revision=1).number)
        except kept.ChangedMeanwhile:
            return "changed"

    assert sorted(run_at_once([click, click])) == ["1", "changed"]


def test_the_end(staff: User) -> None:
    joint_use = published()
    joint_uses.end(joint_use=joint_use, revision=1, actor=staff, now=NOW)
    joint_use.refresh_from_db()
    assert (joint_use.state, joint_use.ended_on) == ("ended", today())
    assert AuditEntry.objects.filter(action="joint_use.ended").exists()
    with pytest.raises(JointUseError, match="もう終わって"):
        joint_uses.end(joint_use=joint_use, revision=2, actor=staff, now=NOW)
    with pytest.raises(JointUseError, match="終わっています"):
        publish(joint_use, staff, days=20)


# ------------------------------------------------------------------------------------------------------------- gate


def ask(
    joint_use: JointUse, *, user: str = "", purpose: str = "news", items: tuple[str, ...] = ("name",), days: int = 0
) -> tuple[bool, set[str]]:
    customer = CustomerFactory()
    asked = Asked(code=joint_use.code, user=user or str(joint_use.members.get().pk), purpose=purpose)
    at = timezone.now() + datetime.timedelta(days=days)
    answer = gate.may_provide(customer=customer.pk, recipient=asked, items=items, at=at)
    return answer.allowed, {str(reason) for reason in answer.reasons}


def test_what_was_announced_is_allowed_and_nothing_else() -> None:
    joint_use = published()
    assert ask(joint_use) == (True, {"joint_use"})
    assert ask(joint_use, days=-20) == (False, {"joint_use_not_in_force"})
    assert ask(joint_use, user="4711") == (False, {"recipient_not_covered"})
    assert ask(joint_use, items=()) == (False, {"items_unknown"})
    DataItemFactory(code="telephone")
    assert ask(joint_use, items=("telephone",)) == (False, {"items_not_covered"})
    PurposeFactory(code="ads", items=list(joint_use.items.all()))
    assert ask(joint_use, purpose="ads") == (False, {"purpose_not_covered"})
    assert ask(joint_use, items=("recipient",))[0] is False


def test_a_draft_opens_nothing() -> None:
    joint_use = draft()
    JointUser.objects.create(joint_use=joint_use, name_ja="例", name_en="Example", since=today(-10))
    assert ask(joint_use) == (False, {"joint_use_not_in_force"})


def test_an_announced_change_opens_nothing_before_its_day(staff: User) -> None:
    joint_use = published()
    joint_use.purposes.add(PurposeFactory(code="ads", items=list(joint_use.items.all())))
    publish(joint_use, staff, days=20)
    assert ask(joint_use, purpose="ads", days=19) == (False, {"purpose_not_covered"})
    assert ask(joint_use, purpose="ads", days=20) == (True, {"joint_use"})


def test_the_end_closes_it(staff: User) -> None:
    joint_use = published()
    joint_uses.end(joint_use=joint_use, revision=1, actor=staff, now=NOW)
    assert ask(joint_use) == (False, {"joint_use_not_in_force"})


def test_members_come_and_go_and_abroad_is_another_question() -> None:
    joint_use = published()
    JointUser.objects.update(since=today(1))
    assert ask(joint_use) == (False, {"recipient_not_covered"})
    JointUser.objects.update(since=today(-5), until=today())
    assert ask(joint_use) == (True, {"joint_use"})
    assert ask(joint_use, days=1) == (False, {"recipient_not_covered"})
    JointUser.objects.update(country="US")
    assert ask(joint_use) == (False, {"recipient_abroad"})


@pytest.mark.parametrize(("kind", "reason"), [("use", "use_suspended"), ("provision", "provision_suspended")])
def test_a_stop_wins(kind: str, reason: str) -> None:
    joint_use = published()
    customer = CustomerFactory()
    suspensions.suspend(customer=customer, kind=kind, actor="command", ground="35(5)", now=NOW)
    asked = Asked(code="group", user=str(joint_use.members.get().pk), purpose="news")
    answer = gate.may_provide(customer=customer.pk, recipient=asked, items=["name"], at=timezone.now())
    assert (answer.allowed, answer.reasons) == (False, (reason,))


def test_a_joint_use_that_is_not_known_and_a_person_who_is_not() -> None:
    joint_use = published()
    asked = Asked(code="other", user="1", purpose="news")
    answer = gate.may_provide(customer=CustomerFactory().pk, recipient=asked, items=["name"], at=NOW)
    assert answer.reasons == ("joint_use_unknown",)
    nobody = gate.may_provide(
        customer=uuid.uuid4(),
        recipient=Asked(code=joint_use.code, user="1", purpose="news"),
        items=["name"],
        at=NOW,
    )
    assert nobody.reasons == ("person_unknown",)


def test_as_many_statements_for_many_as_for_one(django_assert_num_queries: Any) -> None:
    joint_use = published()
    asked = Asked(code="group", user=str(joint_use.members.get().pk), purpose="news")
    for number in (1, 20):
        customers = [CustomerFactory().pk for _ in range(number)]
        with django_assert_num_queries(4):
            answers = gate.may_provide_many(customers=customers, recipient=asked, items=["name"], at=timezone.now())
        assert all(answer.allowed for answer in answers.values())
