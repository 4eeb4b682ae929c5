"""Uses beyond the purposes: refused unless recorded for this person, these items and this day."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from consent_app.models import OffPurposePerson, OffPurposeUse
from consent_app.selectors import off_purpose_uses
from consent_app.services import gate, off_purpose, suspensions
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import ConsentFactory, CustomerFactory, DataItemFactory, PurposeFactory
from tests.factories.off_purpose import DAY, use_beyond
from tests.factories.requests import StaffFactory

pytestmark = pytest.mark.django_db

JAPAN = ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 5, 1, 12, tzinfo=JAPAN)


def ask(customer: Any, use: Any, at: datetime = NOON, items: tuple[str, ...] = ("telephone",)) -> Any:
    answer = gate.may_use_off_purpose(customer=customer.pk, use=use.pk, items=items, at=at)
    return answer.allowed, answer.reasons


class TestGate:
    def test_as_recorded(self) -> None:
        customer = CustomerFactory()
        use = use_beyond(customer)
        assert ask(customer, use) == (True, ("off_purpose_recorded",))
        records = gate.may_use_off_purpose(customer=customer.pk, use=use.pk, items=["telephone"], at=NOON).records
        assert {record.kind for record in records} == {"customer", "off_purpose"}

    def test_not_for_somebody_else_and_not_without_record(self) -> None:
        use = use_beyond(CustomerFactory())
        assert ask(CustomerFactory(), use) == (False, ("off_purpose_unrecorded",))
        customer = CustomerFactory()
        assert ask(customer, type("Nothing", (), {"pk": uuid4()})) == (False, ("off_purpose_unrecorded",))
        assert ask(type("Nobody", (), {"pk": uuid4()}), use) == (False, ("person_unknown",))

    @pytest.mark.parametrize("items", [(), ("telephone", "email")])
    def test_not_for_other_items(self, items: tuple[str, ...]) -> None:
        customer = CustomerFactory()
        assert ask(customer, use_beyond(customer), items=items)[0] is False

    @pytest.mark.parametrize(
        ("at", "allowed"),
        [
            (datetime(2026, 4, 30, 23, 59, tzinfo=JAPAN), False),
            (datetime(2026, 5, 1, 0, 0, tzinfo=JAPAN), True),
            (datetime(2026, 5, 1, 23, 59, tzinfo=JAPAN), True),
            (datetime(2026, 5, 2, 0, 0, tzinfo=JAPAN), False),
        ],
    )
    def test_on_the_days_in_japan(self, at: datetime, allowed: bool) -> None:
        customer = CustomerFactory()
        use = use_beyond(customer)
        assert ask(customer, use, at)[0] is allowed

    def test_not_when_voided(self) -> None:
        customer = CustomerFactory()
        use = use_beyond(customer)
        off_purpose.void(use=use, reason="人違い", actor=StaffFactory(), now=NOON)
        assert ask(customer, use) == (False, ("off_purpose_unrecorded",))

    def test_a_stop_reaches_consent_and_not_the_duties_of_law(self) -> None:
        purpose = PurposeFactory(needs_consent=True)
        customer = CustomerFactory()
        ConsentFactory(customer=customer, purpose=purpose, at=NOON - timedelta(days=1))
        by_law = use_beyond(customer, ground="18(3)i")
        by_consent = use_beyond(customer, ground="18(1)", consent_purpose=purpose)
        assert ask(customer, by_consent) == (True, ("off_purpose_recorded",))
        suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(5)", now=NOON)
        assert ask(customer, by_law)[0] is True
        assert ask(customer, by_consent) == (False, ("use_suspended",))

    def test_a_consent_that_was_withdrawn_since(self) -> None:
        purpose = PurposeFactory(needs_consent=True)
        customer = CustomerFactory()
        ConsentFactory(customer=customer, purpose=purpose, at=NOON - timedelta(days=1))
        use = use_beyond(customer, ground="18(1)", consent_purpose=purpose)
        ConsentFactory(customer=customer, purpose=purpose, event="withdrawn", at=NOON)
        assert ask(customer, use) == (False, ("consent_withdrawn",))

    def test_number_of_statements(self, django_assert_num_queries: Any) -> None:
        customer = CustomerFactory()
        use = use_beyond(customer)
        with django_assert_num_queries(2):
            ask(customer, use)


class TestRecording:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"ground": "18(3)vii"}, "根拠"),
            ({"ground": "18(1)"}, "同意を得た目的"),
            ({"reason": " "}, "すべて"),
            ({"aim_en": ""}, "すべて"),
            ({"decided_by": ""}, "すべて"),
            ({"items": []}, "すべて"),
            ({"ends_on": date(2026, 4, 30)}, "最終日"),
            ({"decided_on": date(2026, 5, 2)}, "使い始める前"),
        ],
    )
    def test_what_is_missing(self, values: dict[str, Any], words: str) -> None:
        with pytest.raises(off_purpose.OffPurposeError, match=words):
            use_beyond(**values)
        assert not OffPurposeUse.objects.exists()

    def test_a_consent_belongs_to_its_ground_only(self) -> None:
        with pytest.raises(off_purpose.OffPurposeError, match="同意を得た目的"):
            use_beyond(consent_purpose=PurposeFactory(needs_consent=True))
        with pytest.raises(off_purpose.OffPurposeError, match="お願いしていません"):
            use_beyond(ground="18(1)", consent_purpose=PurposeFactory())

    def test_on_the_ground_of_consent_everybody_has_consented(self) -> None:
        purpose = PurposeFactory(needs_consent=True)
        use = use_beyond(ground="18(1)", consent_purpose=purpose)
        customer = CustomerFactory()
        with pytest.raises(off_purpose.OffPurposeError, match="先に同意を"):
            off_purpose.add_person(use=use, customer=customer, actor=StaffFactory(), now=timezone.now())
        consent = ConsentFactory(customer=customer, purpose=purpose)
        person = off_purpose.add_person(use=use, customer=customer, actor=StaffFactory(), now=timezone.now())
        assert person.consent == consent

    def test_a_person_once(self) -> None:
        customer = CustomerFactory()
        use = use_beyond(customer, customer)
        assert OffPurposePerson.objects.count() == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            OffPurposePerson.objects.create(use=use, customer=customer)

    def test_voided_once_with_a_reason_and_closed(self) -> None:
        use, staff = use_beyond(), StaffFactory()
        with pytest.raises(off_purpose.OffPurposeError, match="理由"):
            off_purpose.void(use=use, reason="  ", actor=staff, now=NOON)
        assert off_purpose.void(use=use, reason="人違い", actor=staff, now=NOON).void_reason == "人違い"
        with pytest.raises(off_purpose.OffPurposeError, match="取り消され"):
            off_purpose.void(use=use, reason="人違い", actor=staff, now=NOON)
        with pytest.raises(off_purpose.OffPurposeError, match="取り消され"):
            off_purpose.add_person(use=use, customer=CustomerFactory(), actor=staff, now=NOON)
        actions = AuditEntry.objects.filter(object_id=str(use.pk)).order_by("id").values_list("action", flat=True)
        assert list(actions) == ["off_purpose.recorded", "off_purpose.voided"]


@pytest.mark.parametrize("change", [{"aim_ja": "x"}, {"tellable": False}, {"ends_on": date(2027, 1, 1)}])
def test_the_database_keeps_it_as_it_was(change: dict[str, Any]) -> None:
    use = use_beyond(CustomerFactory())
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        OffPurposeUse.objects.filter(pk=use.pk).update(**change)
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        OffPurposePerson.objects.update(customer=CustomerFactory())


def test_what_a_person_may_be_told() -> None:
    customer = CustomerFactory()
    told = use_beyond(customer)
    silent = use_beyond(customer, ground="18(3)i", tellable=False)
    voided = use_beyond(customer)
    off_purpose.void(use=voided, reason="人違い", actor=StaffFactory(), now=NOON)
    use_beyond(CustomerFactory())
    assert list(off_purpose_uses(customer)) == [told]
    assert list(off_purpose_uses(customer, told=False)) == [silent]


def test_items_of_the_day() -> None:
    customer = CustomerFactory()
    use = use_beyond(customer, items=[DataItemFactory(code="name"), DataItemFactory(code="telephone")], ends_on=DAY)
    assert ask(customer, use, items=("name", "telephone"))[0] is True
