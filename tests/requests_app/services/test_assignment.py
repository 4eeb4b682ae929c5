"""A note for whoever looks after the case next: what it may not hold."""

from datetime import UTC, datetime

import pytest

from requests_app.models import HandOver
from requests_app.services import assignment
from tests.factories.requests import RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MY_NUMBER = "番号は 1234 5678 9018 です"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("note", [MY_NUMBER, "x" * 4001])
def test_a_note_that_cannot_be_kept(note: str) -> None:
    staff, case = StaffFactory(), RequestFactory.in_review()
    with pytest.raises(assignment.InvalidNote):
        assignment.assign(request=case, actor=staff, to=staff, now=NOW, note=note)
    case.refresh_from_db()
    assert case.assigned_to is None
    assert not HandOver.objects.exists()
