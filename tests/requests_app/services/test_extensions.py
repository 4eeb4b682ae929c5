"""The internal target is moved by staff, with a reason, any number of times, and the person is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app.domain.transitions import OPEN_STATUSES, WAITING_FOR_PERSON, Note, Status
from requests_app.models import DisclosureRequest, RequestEvent, TargetExtension
from requests_app.services import extensions
from requests_app.services.errors import NotAllowed
from requests_app.services.extensions import InvalidExtension
from tests.factories.requests import TARGET_ON, RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LATER = date(2026, 12, 15)
REASON = "倉庫の記録を取り寄せています。"


def extend(request: DisclosureRequest, to_on: date = LATER, reason: str = REASON) -> TargetExtension:
    return extensions.extend(request=request, actor=StaffFactory(), to_on=to_on, reason=reason, now=NOW)


@pytest.mark.django_db
class TestExtending:
    def test_moves_the_target_and_tells_the_person_without_the_reason_in_the_mail(self) -> None:
        request = RequestFactory.in_review()
        extension = extend(request)
        request.refresh_from_db()
        assert request.target_on == LATER
        assert (extension.from_on, extension.to_on, extension.reason) == (TARGET_ON, LATER, REASON)
        event = RequestEvent.objects.get(kind=Note.TARGET_EXTENDED)
        assert event.public
        assert event.data == {"extension": str(extension.pk)}
        mail = OutgoingMail.objects.get()
        assert mail.template == "request_target_extended"
        assert "2026年12月15日" in (mail.body_text or "")
        assert REASON not in (mail.body_text or "")
        entry = AuditEntry.objects.get(action="request.target_extended")
        assert entry.detail == {"from_on": TARGET_ON.isoformat(), "to_on": LATER.isoformat()}

    def test_any_number_of_times_each_recorded(self) -> None:
        request = RequestFactory.in_review()
        for days in (0, 1, 2):
            extend(request, LATER + timedelta(days=days))
        assert [one.from_on for one in request.extensions.all()] == [TARGET_ON, LATER, LATER + timedelta(days=1)]
        assert OutgoingMail.objects.count() == 3

    @pytest.mark.parametrize("status", Status)
    def test_only_while_the_clock_runs(self, status: Status) -> None:
        request = RequestFactory.in_status(status)
        if status in OPEN_STATUSES - WAITING_FOR_PERSON:
            assert extend(request).to_on == LATER
        else:
            with pytest.raises(InvalidExtension):
                extend(request)
            assert not TargetExtension.objects.exists()

    @pytest.mark.parametrize(
        ("to_on", "reason", "field"),
        [
            (TARGET_ON, REASON, "to_on"),
            (date(2026, 11, 24), REASON, "to_on"),
            (date(2027, 11, 26), REASON, "to_on"),
            (LATER, " 　", "reason"),
            (LATER, "あ" * 501, "reason"),
            (LATER, "番号は1234 5678 9018です", "reason"),
        ],
    )
    def test_what_cannot_be(self, to_on: date, reason: str, field: str) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(InvalidExtension) as error:
            extend(request, to_on, reason)
        assert error.value.field == field
        request.refresh_from_db()
        assert request.target_on == TARGET_ON

    def test_a_target_that_has_passed_moves_into_the_future_only(self) -> None:
        request = RequestFactory.in_review(target_on=date(2026, 11, 1))
        with pytest.raises(InvalidExtension):
            extend(request, date(2026, 11, 24))
        assert extend(request, date(2026, 11, 25)).from_on == date(2026, 11, 1)

    def test_not_without_the_permission(self) -> None:
        request = RequestFactory.in_review()
        for actor in (request.applicant, StaffFactory(is_superuser=False)):
            with pytest.raises(NotAllowed):
                extensions.extend(request=request, actor=actor, to_on=LATER, reason=REASON, now=NOW)

    def test_the_record_stays(self) -> None:
        extension = extend(RequestFactory.in_review())
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            TargetExtension.objects.update(to_on=date(2027, 1, 1))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            extension.delete()

    def test_the_database_refuses_to_go_back(self) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(IntegrityError), transaction.atomic():
            TargetExtension.objects.create(request=request, from_on=LATER, to_on=LATER, reason="x")


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_the_same_day_one_is_told_that_the_target_has_moved() -> None:
    request = RequestFactory.in_review()

    def one() -> bool:
        try:
            extend(DisclosureRequest.objects.get(pk=request.pk))
        except InvalidExtension:
            return False
        return True

    assert sorted(run_at_once([one, one])) == [False, True]
    assert TargetExtension.objects.count() == OutgoingMail.objects.count() == 1
