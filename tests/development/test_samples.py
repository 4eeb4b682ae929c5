"""What `make run` adds, so that supervision can be shown and no page of the running product looks unfinished."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from consent_app.models import MattersVersion, Operator, Subcontractor, SubcontractorContract
from consent_app.services import entrustees, profiles
from privacy_portal.development import samples
from tests.factories.core import EnrolledStaffFactory

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


@pytest.mark.parametrize("code", sorted(path.stem for path in profiles.PROFILES.glob("*.toml")))
def test_what_must_be_known_is_published_once(client: Client, code: str) -> None:
    cache.clear()
    profiles.load_profile(profile=profiles.read_profile(code), actor="command")
    samples.publish_matters()
    assert not MattersVersion.objects.exists()
    manager = EnrolledStaffFactory()
    for _ in range(2):
        samples.publish_matters()
    assert MattersVersion.objects.get().made_by == manager
    assert Operator.objects.get().representative_ja in client.get("/matters/").content.decode()


def test_nothing_incomplete_is_published() -> None:
    profiles.load_profile(profile=profiles.read_profile("rokusho"), actor="command")
    Operator.objects.update(representative_ja="")
    EnrolledStaffFactory()
    samples.publish_matters()
    assert not MattersVersion.objects.exists()
