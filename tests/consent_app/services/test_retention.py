"""How long what people give for a request is kept: what can be set, by whom, and what a profile may write."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.profile import Profile
from consent_app.domain.profile_parser import ProfileError, parse_profile
from consent_app.domain.retention import DEFAULTS, Periods, problems
from consent_app.models import ImportBatch, ProvisionRun, RetentionRule
from consent_app.selectors import retention_periods
from consent_app.services import file_runs, retention
from consent_app.services.profiles import PROFILES, load_profile
from privacy_portal.core.models import AuditEntry, EncryptedFile
from privacy_portal.core.services import files
from requests_app.domain.retention import ORDER, due_on, last_ended_on
from tests.factories.requests import StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def parse(more: str) -> Profile:
    return parse_profile((Path(PROFILES) / "rokusho.toml").read_bytes() + more.encode())


class TestPeriods:
    def test_the_defaults_can_be_used(self) -> None:
        assert problems(DEFAULTS) == {}

    @pytest.mark.parametrize(
        ("periods", "field"),
        [
            (Periods(-1, 30, 24), "identity_days"),
            (Periods(181, 200, 24), "identity_days"),
            (Periods(0, 366, 24), "files_days"),
            (Periods(0, 0, 0), "case_months"),
            # Five years: nothing can be claimed any more.
            (Periods(0, 0, 61), "case_months"),
            (Periods(31, 30, 24), "identity_days"),
            (Periods(0, 29, 1), "files_days"),
        ],
    )
    def test_what_cannot(self, periods: Periods, field: str) -> None:
        assert set(problems(periods)) == {field}

    @given(
        st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31)),
        st.builds(Periods, st.integers(0, 180), st.integers(0, 365), st.integers(1, 60)),
        st.sampled_from(ORDER),
    )
    def test_the_last_day_of_an_end_is_the_last_that_is_due(self, today, periods, stage) -> None:  # type: ignore[no-untyped-def]
        last = last_ended_on(stage, today, periods)
        assert due_on(stage, last, periods) <= today
        assert due_on(stage, last.fromordinal(last.toordinal() + 1), periods) > today


class TestProfile:
    def test_the_section_is_read_and_can_be_left_out(self) -> None:
        assert parse("").retention is None
        assert parse("\n[retention]\n").retention == DEFAULTS
        assert parse("\n[retention]\ncase_months = 12\nidentity_days = 7\n").retention == Periods(7, 30, 12)

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("identity_days = 200", "retention.identity_days"),
            ("case_months = 0", "retention.case_months"),
            ("identity_days = 31", "retention.identity_days"),
            ("months = 3", "retention.months"),
        ],
    )
    def test_a_mistake_is_told(self, text: str, key: str) -> None:
        with pytest.raises(ProfileError, match=key):
            parse(f"\n[retention]\n{text}\n")

    @pytest.mark.django_db
    def test_it_is_written_unless_staff_have_changed_it(self) -> None:
        profile = dataclasses.replace(parse("\n[retention]\ncase_months = 12\n"), collection_points=())
        assert retention_periods() == DEFAULTS
        assert "retention" in load_profile(profile=profile, actor="command").created
        assert retention_periods() == Periods(30, 30, 12)
        assert "retention" in load_profile(profile=profile, actor="command").unchanged
        retention.change(periods=Periods(1, 2, 3), seen=Periods(30, 30, 12), actor=StaffFactory(), now=NOW)
        report = load_profile(profile=profile, actor="command")
        assert retention_periods() == Periods(1, 2, 3)
        assert any("保存期間" in caution for caution in report.cautions)


@pytest.mark.django_db
class TestChange:
    def test_staff_change_it(self) -> None:
        staff = StaffFactory()
        retention.change(periods=Periods(1, 2, 3), seen=DEFAULTS, actor=staff, now=NOW)
        row = RetentionRule.objects.get()
        assert (row.periods, row.changed_by, row.changed_at) == (Periods(1, 2, 3), staff, NOW)
        entry = AuditEntry.objects.get(action="retention.changed")
        assert entry.detail == {"identity_days": 1, "files_days": 2, "case_months": 3}

    def test_not_everybody(self) -> None:
        reader = StaffFactory(is_superuser=False)
        reader.user_permissions.add(Permission.objects.get(codename="view_retentionrule"))
        with pytest.raises(retention.NotAllowed):
            retention.change(periods=Periods(1, 2, 3), seen=DEFAULTS, actor=reader, now=NOW)
        assert AuditEntry.objects.filter(action="retention.denied").exists()

    def test_not_what_cannot_be_used_and_not_over_somebody_elses_change(self) -> None:
        staff = StaffFactory()
        with pytest.raises(retention.InvalidPeriods):
            retention.change(periods=Periods(9, 2, 3), seen=DEFAULTS, actor=staff, now=NOW)
        retention.change(periods=Periods(1, 2, 3), seen=DEFAULTS, actor=staff, now=NOW)
        with pytest.raises(retention.ChangedMeanwhile):
            retention.change(periods=Periods(2, 2, 3), seen=DEFAULTS, actor=staff, now=NOW)

    @pytest.mark.parametrize("row", [(181, 200, 24), (0, 366, 24), (0, 0, 0), (0, 0, 61), (3, 2, 24)])
    def test_the_database_refuses_too(self, row: tuple[int, int, int]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            RetentionRule.objects.create(identity_days=row[0], files_days=row[1], case_months=row[2])


@pytest.mark.django_db
def test_lists_of_problems_go_after_90_days() -> None:
    def stored() -> EncryptedFile:
        with files.create(name="problems.csv", content_type="text/csv") as writer:
            writer.write(b"1,2,3")
        return writer.file

    kept = ImportBatch.objects.create(format="base", encoding="utf-8", report=stored(), created_at=NOW)
    old = NOW - timedelta(days=90, seconds=1)
    batch = ImportBatch.objects.create(
        format="base", encoding="utf-8", report=stored(), created_at=old, counts={"created": 3}
    )
    run = ProvisionRun.objects.create(kind="provide", report=stored(), created_at=old)
    file_runs.give_up_old(ImportBatch, now=NOW)
    file_runs.give_up_old(ProvisionRun, now=NOW)
    for row in (kept, batch, run):
        row.report.refresh_from_db()
    assert kept.report.erased_at is None
    assert batch.report.erased_at
    assert run.report.erased_at
    batch.refresh_from_db()
    assert batch.counts == {"created": 3}
