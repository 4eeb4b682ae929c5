"""What a profile brings of measures, departments and reviews, what comes again, and what the database refuses."""

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from consent_app import selectors
from consent_app.domain.profile_security import MEASURE_CLASSES
from consent_app.models import CorrectiveAction, Department, Measure, ReviewEvent, SecurityAudit
from consent_app.services import kept, security
from consent_app.services.profiles import PROFILES, load_profile, read_profile
from tests.factories.core import StaffFactory
from tests.factories.security import action, audit, finding, incident, measure, today

pytestmark = pytest.mark.django_db
SIX = {"policy", "rules", "organisation", "people", "premises", "technology"}


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_every_operator_publishes_measures_in_both_languages(name: str) -> None:
    load_profile(profile=read_profile(name), actor="command")
    found = list(selectors.public_measures())
    assert found
    assert all(row.text_ja and row.text_en and row.measure_class in MEASURE_CLASSES for row in found)
    assert "technology" in {row.measure_class for row in found} or name == "agreement"
    again = load_profile(profile=read_profile(name), actor="command")
    assert (again.created, again.changed, again.retired) == ([], [], [])


def test_cleng_keeps_its_promises_c9_and_c10() -> None:
    load_profile(profile=read_profile("cleng"), actor="command")
    assert {row.measure_class for row in selectors.public_measures()} == SIX
    assert Department.objects.exclude(manager_title_ja="").exclude(manager_title_en="").count() == 3
    assert set(SecurityAudit.objects.values_list("code", "repeat_months")) == {
        ("protection_audit", 12),
        ("technical_audit", 12),
    }
    assert ReviewEvent.objects.get().subject == "policy"


def test_kloset_reviews_its_policy_regularly() -> None:
    load_profile(profile=read_profile("kloset"), actor="command")
    review = ReviewEvent.objects.get(subject="policy")
    assert review.repeat_months == 12
    assert review.done_on is None


def test_classes_come_in_the_order_of_the_guidelines_and_notes_stay_inside() -> None:
    measure(measure_class="technology", note="ファイアウォールの型番")
    measure(measure_class="policy")
    measure(measure_class="rules", public=False)
    measure(measure_class="people", active=False)
    found = selectors.public_measures()
    assert [row.measure_class for row in found] == ["policy", "technology"]
    assert "note" in found[1].get_deferred_fields()


def test_what_staff_changed_is_left_alone_and_said() -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")
    row = Measure.objects.get(code="corrections")
    before = kept.snapshot(row)
    row.text_ja = "担当者の文です。"
    row.save()
    kept.record(row=row, before=before, actor=StaffFactory())
    report = load_profile(profile=read_profile("rokusho"), actor="command")
    row.refresh_from_db()
    assert row.text_ja == "担当者の文です。"
    assert any("corrections" in caution for caution in report.cautions)


@pytest.mark.parametrize("model", [ReviewEvent, SecurityAudit])
def test_done_plans_the_next_one_once(model: Any) -> None:
    more = {"subject": "policy"} if model is ReviewEvent else {"scope": "棚"}
    entry = model.objects.create(
        title_ja="見直し",
        planned_on=datetime.date(2026, 8, 30),
        repeat_months=6,
        done_on=datetime.date(2026, 8, 31),
        done_by="例野",
        **({**more, "result": "good"} if model is SecurityAudit else more),
    )
    following = security.plan_next(entry)
    assert following is not None
    assert following.planned_on == datetime.date(2027, 2, 28)
    assert (following.series, following.title_ja, following.repeat_months) == (entry.series, "見直し", 6)
    assert (following.done_on, following.done_by, following.revision) == (None, "", 1)
    if model is SecurityAudit:
        assert (following.scope, following.result) == ("棚", "")
    assert security.plan_next(entry) is None
    assert security.plan_next(following) is None


def test_an_old_one_that_is_corrected_plans_nothing() -> None:
    first = audit(planned_on=today(-400), repeat_months=12, done_on=today(-400), done_by="例野", result="good")
    second = security.plan_next(first)
    assert second is not None
    second.done_on, second.done_by, second.result = today(-1), "例野", "good"
    second.repeat_months = None
    second.save()
    assert security.plan_next(first) is None


def refused(**fields: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        action(**fields)


def test_a_correction_has_exactly_one_of_three_sources() -> None:
    found, happened = finding(), incident()
    action(source="audit", finding=found, request_number="")
    action(source="incident", incident=happened, request_number="")
    action(source="customer")
    refused(source="audit", request_number="")
    refused(source="audit", finding=found)
    refused(source="incident", request_number="")
    refused(source="incident", incident=happened, finding=found, request_number="")
    refused(source="customer", request_number="")
    refused(source="customer", incident=happened)
    refused(source="hearsay")


def test_a_correction_is_checked_after_it_was_done() -> None:
    refused(checked_on=today(), effective=True)
    refused(done_on=today(), checked_on=today(-1), effective=True)
    refused(done_on=today(), checked_on=today())
    refused(done_on=today(), effective=False)


def test_a_checked_correction_is_taken_up_by_a_new_entry_only() -> None:
    closed = action(done_on=today(-3), checked_on=today(-1), effective=False)
    for change in ({"effective": True}, {"problem": "別のこと"}, {"checked_on": None, "effective": None}):
        with pytest.raises(DatabaseError, match="checked ones do not change"), transaction.atomic():
            CorrectiveAction.objects.filter(pk=closed.pk).update(**change)
    with pytest.raises(DatabaseError, match="corrections are kept"), transaction.atomic():
        CorrectiveAction.objects.filter(pk=closed.pk).delete()
    action(reopens=closed)
    refused(reopens=closed)


def test_an_audit_is_of_one_thing_and_done_completely() -> None:
    row = measure()
    department = Department.objects.create(name_ja="例の部", manager_title_ja="管理者")
    assert audit().of
    assert audit(department=department).of == "例の部"
    for wrong in ({"measure": row, "department": department}, {"done_on": today()}, {"result": "good"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            audit(**wrong)


def test_what_is_published_has_both_languages() -> None:
    measure(public=False, text_ja="", text_en="", note="社内だけの措置")
    for wrong in ({"text_en": ""}, {"public": False, "text_ja": "", "text_en": "", "note": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            measure(**wrong)
