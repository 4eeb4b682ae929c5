"""The profile begins joint uses and trackers; what was announced or changed by staff stays."""

from dataclasses import replace
from datetime import date

import pytest
from django.utils import timezone, translation

from consent_app.domain.profile import Profile
from consent_app.domain.profile_reader import Text
from consent_app.domain.profile_sharing import JointUseSection
from consent_app.models import JointUse, Tracker
from consent_app.services import joint_uses, kept
from consent_app.services.profiles import LoadReport, load_profile, read_profile
from tests.factories.core import StaffFactory

pytestmark = pytest.mark.django_db
COMPLETE = JointUseSection(
    code="group",
    name=Text("共同利用", "Joint use"),
    items=("name", "email"),
    users=Text("グループ各社", "Our group"),
    purposes=("services",),
    responsible_name=Text("例の店", "Example Shop"),
    responsible_address=Text("東京都", "Tokyo"),
    responsible_representative=Text("例野", "Reino"),
    responsible_is_person=False,
    announced_on=date(2026, 5, 1),
)


def load(section: JointUseSection | None) -> LoadReport:
    profile: Profile = replace(read_profile("rokusho"), joint_uses=(section,) if section else ())
    return load_profile(profile=profile, actor="command")


def about(report: LoadReport) -> list[str]:
    return [caution for caution in report.cautions if "共同利用" in caution]


def test_what_is_missing_is_named_and_nothing_begins() -> None:
    report = load(replace(COMPLETE, users=Text(), responsible_representative=Text()))
    assert about(report) == [
        "共同利用「group」は、そろうまで始められません。足りないもの：利用者の範囲、利用者の範囲（英語）、"
        "管理責任者の代表者、管理責任者の代表者（英語）。"
    ]
    row = JointUse.objects.get()
    assert (row.state, row.kept_by_staff, row.versions.count()) == ("draft", False, 0)


def test_complete_and_announced_it_is_in_effect() -> None:
    report = load(COMPLETE)
    assert about(report) == []
    row = JointUse.objects.get()
    version = row.versions.get()
    assert (row.state, version.number, version.effective_from) == ("published", 1, date(2026, 5, 2))
    again = load(COMPLETE)
    assert again.created == again.changed == again.retired == []
    assert row.versions.count() == 1


@pytest.mark.parametrize("day", [None, date(2099, 1, 1)])
def test_complete_and_not_announced_it_waits(day: date | None) -> None:
    assert "まだ公表していません" in about(load(replace(COMPLETE, announced_on=day)))[0]
    assert JointUse.objects.get().state == "draft"


def test_the_file_goes_on_with_its_own_draft() -> None:
    load(replace(COMPLETE, users=Text()))
    report = load(COMPLETE)
    assert "jointuse: group" in report.changed
    assert JointUse.objects.get().state == "published"


def test_what_was_announced_does_not_follow_the_file() -> None:
    load(COMPLETE)
    report = load(replace(COMPLETE, items=("name",), responsible_address=Text("大阪府", "Osaka")))
    assert "プロフィールと違うところがあります" in about(report)[0]
    row = JointUse.objects.get()
    assert row.responsible_address_ja == "東京都"
    assert row.items.count() == 2


def test_what_staff_changed_does_not_follow_the_file() -> None:
    load(replace(COMPLETE, users=Text()))
    row = JointUse.objects.get()
    before = kept.snapshot(row)
    row.name_ja = "担当者の名称"
    row.save()
    kept.record(row=row, before=before, actor=StaffFactory())
    report = load(replace(COMPLETE, users=Text()))
    assert "プロフィールと違うところがあります" in about(report)[0]
    row.refresh_from_db()
    assert row.name_ja == "担当者の名称"


def test_a_draft_that_left_the_file_is_ended_and_an_announced_one_is_not() -> None:
    load(replace(COMPLETE, users=Text()))
    assert "jointuse: group" in load(None).retired
    assert JointUse.objects.get().state == "ended"
    load(replace(COMPLETE, code="other"))
    assert "jointuse: other" not in load(None).retired
    assert JointUse.objects.get(code="other").state == "published"


def test_one_that_was_ended_stays_ended() -> None:
    load(COMPLETE)
    joint_uses.end(joint_use=JointUse.objects.get(), revision=1, actor=StaffFactory(), now=timezone.now())
    report = load(COMPLETE)
    assert report.changed == []
    assert JointUse.objects.get().state == "ended"


@pytest.mark.parametrize(
    ("code", "items", "gap"),
    [
        (
            "cleng",
            {
                *("membership", "name", "gender", "birth_date", "email", "address", "telephone"),
                *("newsletter", "purchases"),
            },
            "足りないもの：管理責任者の名称、管理責任者の名称（英語）、管理責任者の住所、",
        ),
        ("kloset", set(), "足りないもの：共同で使うデータ項目、利用者の範囲、"),
    ],
)
def test_the_operators_that_promise_it(code: str, items: set[str], gap: str) -> None:
    """Promises C3 and K4: what the policy names is there, what is missing is told, and nothing begins."""
    report = load_profile(profile=read_profile(code), actor="command")
    assert any(gap in caution for caution in report.cautions)
    row = JointUse.objects.get()
    assert {item.code for item in row.items.all()} == items
    assert row.state == "draft"
    with translation.override("en"):
        english = load_profile(profile=read_profile(code), actor="command").cautions
    assert any("cannot begin before it is complete. Missing: " in caution for caution in english)


@pytest.mark.parametrize(("code", "count"), [("kloset", 6), ("quipearl", 3), ("cleng", 2), ("rokusho", 0)])
def test_trackers_of_the_policies(code: str, count: int) -> None:
    profile = read_profile(code)
    load_profile(profile=profile, actor="command")
    assert Tracker.objects.filter(active=True).count() == count
    row = Tracker.objects.first()
    if row is None:
        return
    before = kept.snapshot(row)
    row.aim_ja = "担当者の言葉"
    row.save()
    kept.record(row=row, before=before, actor=StaffFactory())
    report = load_profile(profile=profile, actor="command")
    assert any(f"「{row.code}」は担当者が変更した" in caution for caution in report.cautions)
    row.refresh_from_db()
    assert row.aim_ja == "担当者の言葉"
