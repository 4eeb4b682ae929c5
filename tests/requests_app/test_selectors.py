"""Who sees which requests, in how many statements."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent_app.models import CustomerIdentity
from requests_app import selectors
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, RequestEvent
from tests.factories.consent import CustomerFactory, OrderFactory, RecipientFactory
from tests.factories.requests import (
    DecisionProposalFactory,
    MessageFactory,
    PersonFactory,
    RequestFactory,
    StaffFactory,
)

# A Tuesday.
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)

pytestmark = pytest.mark.django_db


class TestOwnRequests:
    def test_are_the_persons_own_newest_first(self) -> None:
        person = PersonFactory()
        old = RequestFactory.received(applicant=person, received_at=NOW - timedelta(days=1))
        new = RequestFactory.closed(applicant=person, received_at=NOW)
        RequestFactory.received()
        RequestFactory.received(applicant=None)
        assert list(selectors.requests_of(person)) == [new, old]

    def test_know_how_many_messages_are_new(self) -> None:
        request = RequestFactory.in_review()
        MessageFactory.create_batch(2, request=request)
        MessageFactory(request=request, read_at=NOW)
        MessageFactory(request=request, from_person=True)
        assert selectors.requests_of(request.applicant).get().unread == 2

    @pytest.mark.parametrize("number", [1, 30])
    def test_are_one_statement(self, number: int, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        person = PersonFactory()
        for _time in range(number):
            RequestFactory.received(applicant=person)
        with django_assert_num_queries(1):
            assert len([request.receipt_number for request in selectors.requests_of(person)]) == number


class TestOneRequest:
    def test_is_found_as_people_type_the_number(self) -> None:
        request = RequestFactory.received()
        typed = request.receipt_number.replace("-", " ").lower()
        assert selectors.request_of(request.applicant, typed) == request

    def test_of_somebody_else_does_not_exist(self) -> None:
        request = RequestFactory.received()
        for stranger in (PersonFactory(), StaffFactory()):
            with pytest.raises(DisclosureRequest.DoesNotExist):
                selectors.request_of(stranger, request.receipt_number)

    def test_without_an_account_belongs_to_nobody(self) -> None:
        request = RequestFactory.received(applicant=None)
        with pytest.raises(DisclosureRequest.DoesNotExist):
            selectors.request_of(PersonFactory(), request.receipt_number)

    @pytest.mark.parametrize("number", ["", "x", "\x00", "AAAA-AAAA-AAAB", "../../etc"])
    def test_nonsense_does_not_exist(self, number: str) -> None:
        with pytest.raises(DisclosureRequest.DoesNotExist):
            selectors.request_of(PersonFactory(), number)


class TestTimeline:
    def test_hides_what_is_not_public(self) -> None:
        request = RequestFactory.in_review()
        RequestEvent.objects.create(request=request, kind="asked", actor_kind="staff", public=False, at=NOW)
        assert [event.kind for event in selectors.timeline(request, public_only=True)] == [
            "received",
            "identity_passed",
        ]
        assert len(selectors.timeline(request, public_only=False)) == 3

    def test_reads_in_words(self) -> None:
        request = RequestFactory.in_review()
        RequestEvent.objects.create(request=request, kind="of_a_later_version", actor_kind="worker", at=NOW)
        labels = [event.label for event in selectors.timeline(request, public_only=True)]
        assert labels == ["請求を受け付けました", "ご本人であることを確認しました", "of_a_later_version"]

    @pytest.mark.parametrize("number", [1, 30])
    def test_is_one_statement(self, number: int, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        request, staff = RequestFactory.received(), StaffFactory()
        for _time in range(number):
            RequestEvent.objects.create(request=request, kind="asked", actor_kind="staff", actor=staff, at=NOW)
        with django_assert_num_queries(1):
            assert len([str(event.actor) for event in selectors.timeline(request, public_only=False)]) == number + 1


class TestDashboard:
    def test_counts_what_waits(self, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        RequestFactory.in_identity_review(target_on=TODAY)
        RequestFactory.in_review(target_on=TODAY - timedelta(days=1))
        RequestFactory.in_review(target_on=TODAY + timedelta(days=5))  # Sunday
        RequestFactory.in_review(target_on=TODAY + timedelta(days=6))  # next Monday
        waiting = RequestFactory.waiting(target_on=TODAY - timedelta(days=1))
        RequestFactory.fulfilling()
        RequestFactory.ready_to_post()
        answered = RequestFactory.answered(target_on=TODAY - timedelta(days=1))
        RequestFactory.closed(target_on=TODAY)
        # Waits for a second person, and no longer for the first one; what was withdrawn waits for nobody.
        for request in (RequestFactory.in_review(), RequestFactory.withdrawn()):
            DecisionProposalFactory(request=request)
        for request in (waiting, answered):
            MessageFactory.create_batch(2, request=request, from_person=True)
        with django_assert_num_queries(2):
            counts = selectors.dashboard_counts(NOW)
        assert counts == {
            "identity": 1,
            "decide": 3,
            "second_look": 1,
            "waiting": 1,
            "fulfilling": 1,
            "stuck": 1,
            "to_post": 1,
            "due_today": 1,
            "due_this_week": 1,
            "overdue": 1,
            "unread": 2,
            "open": 8,
        }

    def test_today_is_the_operators_day(self) -> None:
        """16:00 UTC on the 23rd is 1:00 on the 24th in Tokyo."""
        RequestFactory.in_review(target_on=TODAY)
        assert selectors.dashboard_counts(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))["due_today"] == 1
        assert selectors.dashboard_counts(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))["due_today"] == 0

    def test_of_nothing(self) -> None:
        assert set(selectors.dashboard_counts(NOW).values()) == {0}

    def test_weeks_begin_on_monday_in_the_operators_zone(self, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        # Monday 23 November 0:30 in Tokyo is still Sunday in UTC.
        RequestFactory.received(received_at=datetime(2026, 11, 22, 15, 30, tzinfo=UTC))
        RequestFactory.closed(
            received_at=datetime(2026, 11, 22, 14, 30, tzinfo=UTC), closed_at=datetime(2026, 11, 23, 3, tzinfo=UTC)
        )
        with django_assert_num_queries(2):
            weeks = selectors.weekly_counts(NOW, weeks=3)
        assert weeks == [
            {"week": date(2026, 11, 9), "arrived": 0, "closed": 0},
            {"week": date(2026, 11, 16), "arrived": 1, "closed": 0},
            {"week": date(2026, 11, 23), "arrived": 1, "closed": 1},
        ]


class TestCandidates:
    def test_by_each_way_and_each_once(self) -> None:
        request = RequestFactory.in_identity_review(
            party={"customer_number": "12", "order_number": "#0b000777", "registered_postal_code": "5300001"}
        )
        other = {"telephone": "", "postal_code": "", "name_key": "別人"}
        by_email = CustomerFactory(email=request.applicant.email, **other)
        by_number = CustomerFactory(**other)
        for source in ("eccube", "shopify"):
            CustomerIdentity.objects.create(customer=by_number, source=source, external_id="12", digest=b"0" * 32)
        by_order = CustomerFactory(**other)
        OrderFactory(customer=by_order, external_id="0B000777")
        by_telephone = CustomerFactory(postal_code="")
        by_old_address = CustomerFactory(telephone="", postal_code="5300001")
        CustomerFactory(**other)
        CustomerFactory(telephone="", postal_code="")  # the name alone is shared by many
        found = selectors.candidates(request)
        assert found == [by_email, by_number, by_order, by_telephone, by_old_address]

    def test_are_few(self) -> None:
        CustomerFactory.create_batch(3)
        request = RequestFactory.in_identity_review()
        assert len(selectors.candidates(request, limit=2)) == 2

    @pytest.mark.parametrize("number", [1, 19])
    def test_are_two_statements(self, number: int, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        CustomerFactory.create_batch(number)
        request = RequestFactory.in_identity_review()
        with django_assert_num_queries(2):
            assert len(selectors.candidates(request)) == number

    def test_look_up_indexes_only(self) -> None:
        """No way reads every customer, however many there are."""
        CustomerFactory.create_batch(3)
        request = RequestFactory.in_identity_review(
            party={"customer_number": "12", "order_number": "0B000777", "registered_postal_code": "5300001"}
        )
        with CaptureQueriesContext(connection) as captured:
            selectors.candidates(request)
        statement = captured[-1]["sql"]
        with connection.cursor() as cursor:
            # On a few rows reading everything is cheapest; without that choice only what an index cannot do remains.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Seq Scan" not in plan
        # Every index look-up has a condition of its own, or it would read the whole index.
        assert plan.count("Index Cond") >= 6


class TestDueWork:
    def test_is_what_is_pending_and_old_enough(self) -> None:
        new, verified = RequestFactory.received(), RequestFactory.in_review()
        decided = RequestFactory.fulfilling(status_changed_at=NOW)
        answered = RequestFactory.answered(answered_at=NOW)
        assert selectors.to_verify(limit=10) == [new.pk]
        assert selectors.to_fulfil(before=NOW - timedelta(seconds=1), limit=10) == []
        assert selectors.to_fulfil(before=NOW, limit=10) == [decided.pk]
        assert selectors.to_close(answered_before=NOW - timedelta(seconds=1), limit=10) == []
        assert selectors.to_close(answered_before=NOW, limit=10) == [answered.pk]
        assert verified.status == Status.IN_REVIEW

    def test_comes_oldest_first_in_portions(self) -> None:
        new = RequestFactory.received(received_at=NOW)
        old = RequestFactory.received(received_at=NOW - timedelta(days=1))
        assert selectors.to_verify(limit=10) == [old.pk, new.pk]
        assert selectors.to_verify(limit=1) == [old.pk]


class TestRecipients:
    """A gift's recipient is a person whose data is held, and knows the number of the sender's order."""

    STATED = {"family_name": "贈田", "given_name": "先夫", "postal_code": "", "telephone": ""}

    def test_are_found_by_name_with_something_else(self) -> None:
        recipient = RecipientFactory(telephone="+819011112222")
        for stated in (
            {"postal_code": recipient.postal_code},
            {"registered_postal_code": recipient.postal_code},
            {"telephone": "090-1111-2222"},
            {"order_number": recipient.record.external_id},
        ):
            request = RequestFactory.in_identity_review(party={**self.STATED, **stated})
            assert selectors.recipients(request) == [recipient], stated

    def test_are_found_under_a_wrong_name_by_the_order_with_a_contact(self) -> None:
        """The name may be what they want to have corrected; staff judge."""
        recipient = RecipientFactory(telephone="+819011112222")
        order = {**self.STATED, "given_name": "別人", "order_number": recipient.record.external_id}
        for contact in ({"postal_code": recipient.postal_code}, {"telephone": "090-1111-2222"}):
            assert selectors.recipients(RequestFactory.in_identity_review(party={**order, **contact})) == [recipient]

    def test_are_not_found_by_one_thing_alone(self) -> None:
        recipient = RecipientFactory(telephone="+819011112222")
        RecipientFactory(family_name="", given_name="")
        known = {
            "postal_code": recipient.postal_code,
            "telephone": recipient.telephone,
            "order_number": recipient.record.external_id,
        }
        other = {"given_name": "別人"}
        contact = {name: known[name] for name in ("postal_code", "telephone")}
        for stated in (
            {},
            {**other, **contact},
            {**contact, "family_name": "", "given_name": ""},
            {**other, "order_number": known["order_number"]},
        ):
            assert selectors.recipients(RequestFactory.in_identity_review(party={**self.STATED, **stated})) == []

    def test_cost_one_statement(self, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        recipient = RecipientFactory()
        RecipientFactory.create_batch(5, record=recipient.record)
        request = RequestFactory.in_identity_review(party={**self.STATED, "postal_code": recipient.postal_code})
        with django_assert_num_queries(2):  # with the parties
            found = selectors.recipients(request)
            assert {one.record.external_id for one in found} == {recipient.record.external_id}

    def test_the_sender_is_told_from_the_person(self) -> None:
        order = OrderFactory()
        sender = order.customer
        stranger = RequestFactory.in_identity_review(party={**self.STATED, "order_number": order.external_id})
        assert selectors.candidates(stranger) == [sender]
        assert selectors.perhaps_senders(stranger, [sender]) == {sender.pk}
        for stated in (
            {"order_number": ""},
            {"family_name": "髙橋", "given_name": "花子"},
            {"email": sender.email},
        ):
            person = RequestFactory.in_identity_review(
                party={**self.STATED, "order_number": order.external_id, **stated}
            )
            assert selectors.perhaps_senders(person, [sender]) == set(), stated
        CustomerIdentity.objects.create(customer=sender, source="eccube", external_id="77")
        numbered = RequestFactory.in_identity_review(
            party={**self.STATED, "order_number": order.external_id, "customer_number": "77"}
        )
        assert selectors.perhaps_senders(numbered, [sender]) == set()
