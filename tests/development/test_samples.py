"""What `make run` adds so that the supervision of subcontractors can be shown."""

import pytest
from django.utils import timezone

from consent_app.models import Subcontractor, SubcontractorContract
from consent_app.services import entrustees, profiles
from privacy_portal.development import samples

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("profile", "agreements"),
    [
        ("cleng", ["soon", "done", "missing"]),
        ("agreement", ["soon", "done", "missing"]),
        ("rokusho", ["soon"]),
        ("kloset", []),
    ],
)
def test_one_that_ends_soon_one_in_order_and_one_without(profile: str, agreements: list[str]) -> None:
    profiles.load_profile(profile=profiles.read_profile(profile), actor="command")
    samples.supervise_subcontractors()
    samples.supervise_subcontractors()
    rows = entrustees.supervised(Subcontractor.objects.order_by("position"))
    states = [
        {task.duty.value: task.state.value for task in entrustees.tasks(row, timezone.localdate())} for row in rows
    ]
    assert [one["agreement"] for one in states] == agreements
    assert {one["selection"] for one in states} <= {"done"}
    assert all("見本" in contract.title for contract in SubcontractorContract.objects.all())


def test_a_profile_claims_no_contract() -> None:
    profiles.load_profile(profile=profiles.read_profile("cleng"), actor="command")
    assert not SubcontractorContract.objects.exists()


def test_training_is_a_contract_only_where_the_agreement_promises_it() -> None:
    profiles.load_profile(profile=profiles.read_profile("agreement"), actor="command")
    assert set(Subcontractor.objects.values_list("education", flat=True)) == {True}
    samples.supervise_subcontractors()
    assert SubcontractorContract.objects.filter(kind="training").count() == 1
