"""Drafts and the submission."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from privacy_portal.core.ratelimit import LimitExceeded
from requests_app.domain import receipt_numbers
from requests_app.domain.transitions import Actor, Note, Status
from requests_app.models import DisclosureRequest, IdentityCheck, Party, RequestDraft, RequestEvent
from requests_app.services import intake
from requests_app.services.errors import AddressNotProven, InvalidAnswers, TypeNotOffered
from tests.factories.consent import DataItemFactory, OperatorFactory, RequestRuleFactory
from tests.factories.requests import PersonFactory

# A Monday; 23 November is a holiday.
NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
MY_NUMBER = "1234 5678 9018"
ANSWERS: dict[str, Any] = {
    "requester": "person",
    "family_name": "髙橋",
    "given_name": "花子",
    "family_kana": "たかはし",
    "given_kana": "ﾊﾅｺ",
    "telephone": "０９０ー１２３４ー５６７８",
    "postal_code": "〒100-0001",
    "prefecture": "東京",
    "address1": "千代田区例町４－５－６",
    "address2": "",
    "answer_method": "download",
}
AGENT = {
    "requester": "mandated",
    "agent_family_name": "代理",
    "agent_given_name": "太郎",
    "agent_telephone": "03-1234-5678",
}


def submit(user: User, answers: dict[str, Any] | None = None, **changes: Any) -> DisclosureRequest:
    now = changes.pop("now", NOW)
    language = changes.pop("language", "ja")
    return intake.submit(
        user=user,
        request_type="disclosure",
        answers={**(answers or ANSWERS), **changes},
        language=language,
        address_proven=True,
        now=now,
    )


@pytest.fixture
def user() -> User:
    RequestRuleFactory()
    return PersonFactory()


@pytest.mark.django_db
class TestSubmit:
    def test_without_redis_the_limit_is_counted_in_the_database(self, user: User, settings: Settings) -> None:
        settings.REDIS_URL = "unix:///nowhere/redis.sock"
        for number in range(intake.SUBMITTED.amount):
            submit(user, wanted_note=f"{number}", wants_everything=False, now=NOW + timedelta(hours=number))
        with pytest.raises(LimitExceeded) as refused:
            submit(user, wanted_note="one more", wants_everything=False, now=NOW + timedelta(hours=23))
        assert refused.value.retry_after == 3600
        submit(user, wanted_note="one more", wants_everything=False, now=NOW + timedelta(hours=24))
        assert DisclosureRequest.objects.count() == intake.SUBMITTED.amount + 1

    def test_makes_everything_that_belongs_to_a_request(self, user: User) -> None:
        request = DisclosureRequest.objects.get(pk=submit(user).pk)
        assert receipt_numbers.parse(request.receipt_number) == request.receipt_number
        assert (request.status, request.applicant, request.language) == (Status.RECEIVED, user, "ja")
        assert (request.received_at, request.channel, request.wants_everything) == (NOW, "portal", True)
        # Ten business days from the day after arrival, Labour Thanksgiving Day (23 November) left out.
        assert request.target_on == date(2026, 12, 1)
        party = request.parties.get()
        assert (party.kind, party.email) == (Party.Kind.PRINCIPAL, user.email)
        assert (party.family_name, party.family_kana, party.given_kana) == ("髙橋", "タカハシ", "ハナコ")
        assert (party.telephone, party.postal_code, party.prefecture) == ("+819012345678", "1000001", "東京都")
        assert party.address1 == "千代田区例町4-5-6"
        checks = {check.method: check for check in request.identity_checks.all()}
        assert checks["email_code"].state == IdentityCheck.State.PASSED
        assert checks["facts"].state == IdentityCheck.State.PENDING
        event = RequestEvent.objects.get()
        assert (event.kind, event.actor_kind, event.at, event.public) == (Note.RECEIVED, Actor.PERSON, NOW, True)
        audit = AuditEntry.objects.get()
        assert (audit.action, audit.detail) == ("request.submitted", {"request_type": "disclosure"})
        mail = OutgoingMail.objects.get()
        assert (mail.template, mail.recipient, mail.language) == ("request_received", user.email, "ja")
        assert "2026年12月1日" in mail.body_text
        assert "花子" not in mail.body_text + mail.body_html + mail.subject

    def test_level_1_waits_for_no_comparison(self) -> None:
        RequestRuleFactory(identity_level=1)
        request = submit(PersonFactory())
        assert [check.method for check in request.identity_checks.all()] == ["email_code"]

    def test_keeps_the_agent_beside_the_principal(self, user: User) -> None:
        request = submit(user, **AGENT)
        agent, principal = request.parties.order_by("kind")
        assert (agent.kind, agent.family_name, agent.telephone) == (Party.Kind.AGENT, "代理", "+81312345678")
        assert agent.email == user.email
        assert (principal.family_name, principal.email) == ("髙橋", "")

    def test_forgets_the_agent_when_the_role_was_changed_back(self, user: User) -> None:
        request = submit(user, **{**AGENT, "requester": "person"})
        assert [party.kind for party in request.parties.all()] == [Party.Kind.PRINCIPAL]

    def test_keeps_chosen_items_and_notes_encrypted(self, user: User) -> None:
        DataItemFactory(code="orders")
        request = submit(
            user, wants_everything=False, wanted_items=["orders", "orders"], wanted_note=" 昨年の\r\n注文 "
        )
        fresh = DisclosureRequest.objects.get(pk=request.pk)
        assert [item.code for item in fresh.wanted_items.all()] == ["orders"]
        assert fresh.wanted_note == "昨年の\n注文"
        with connection.cursor() as cursor:
            cursor.execute("SELECT wanted_note FROM requests_app_disclosurerequest")
            assert "注文".encode() not in bytes(cursor.fetchone()[0])

    def test_everything_ignores_what_was_chosen_before(self, user: User) -> None:
        DataItemFactory(code="orders")
        request = submit(user, wants_everything=True, wanted_items=["orders"])
        assert not request.wanted_items.exists()

    def test_deletes_the_draft(self, user: User) -> None:
        intake.save_draft(user=user, request_type="disclosure", answers=ANSWERS, now=NOW)
        submit(user)
        assert not RequestDraft.objects.exists()

    def test_a_refused_form_keeps_the_draft_and_writes_nothing(self, user: User) -> None:
        intake.save_draft(user=user, request_type="disclosure", answers=ANSWERS, now=NOW)
        with pytest.raises(InvalidAnswers):
            submit(user, family_name="")
        assert RequestDraft.objects.exists()
        assert not DisclosureRequest.objects.exists()
        assert not OutgoingMail.objects.exists()

    def test_what_is_not_offered_is_refused(self) -> None:
        with pytest.raises(TypeNotOffered):
            submit(PersonFactory())
        RequestRuleFactory(offered=False)
        with pytest.raises(TypeNotOffered):
            submit(PersonFactory())

    def test_an_unknown_type_is_refused(self, user: User) -> None:
        RequestRuleFactory(request_type="anything")
        with pytest.raises(TypeNotOffered):
            intake.submit(
                user=user, request_type="anything", answers=ANSWERS, language="ja", address_proven=True, now=NOW
            )

    def test_statements_however_much_was_chosen(  # type: ignore[no-untyped-def]
        self, user: User, django_assert_num_queries
    ) -> None:
        """Deletion of the draft, lock of the account where there was none, chosen items, rule with the look for the
        same request, request, its items, parties, checks, timeline, audit entry, mail. Each is one statement for any
        number of rows. Two more are the savepoint that stands for the transaction in a test."""
        OperatorFactory()
        submit(user)
        codes = [DataItemFactory().code for _number in range(12)]
        with django_assert_num_queries(11 + 2):
            submit(user, wants_everything=False, wanted_items=codes, **AGENT)


@pytest.mark.django_db
class TestSubmittingTwice:
    def test_gives_the_first_request_back(self, user: User) -> None:
        first, second = submit(user), submit(user, now=NOW + timedelta(seconds=1))
        assert first.pk == second.pk
        assert OutgoingMail.objects.count() == AuditEntry.objects.count() == 1

    def test_other_answers_are_another_request(self, user: User) -> None:
        assert submit(user).pk != submit(user, wanted_note="もう一つ").pk

    def test_another_person_gets_their_own(self, user: User) -> None:
        assert submit(user).pk != submit(PersonFactory()).pk

    def test_after_the_first_has_ended_the_same_can_be_asked_again(self, user: User) -> None:
        first = submit(user)
        DisclosureRequest.objects.filter(pk=first.pk).update(status=Status.WITHDRAWN, closed_at=NOW)
        assert submit(user).pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_request() -> None:
    RequestRuleFactory()
    user = PersonFactory()
    barrier = threading.Barrier(4)
    keys: list[object] = []

    def click() -> None:
        barrier.wait(timeout=10)
        try:
            keys.append(submit(user).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert DisclosureRequest.objects.count() == OutgoingMail.objects.count() == 1


@pytest.mark.django_db
class TestDraft:
    def test_is_kept_encrypted_and_replaced(self, user: User) -> None:
        intake.save_draft(user=user, request_type="disclosure", answers={"family_name": "髙橋"}, now=NOW)
        later = NOW + timedelta(hours=1)
        intake.save_draft(user=user, request_type="disclosure", answers={"family_name": "渡邉"}, now=later)
        draft = RequestDraft.objects.get()
        assert draft.updated_at == later
        assert json.loads(draft.answers) == {"family_name": "渡邉"}
        assert intake.draft_of(user=user, request_type="disclosure") == {"family_name": "渡邉"}
        with connection.cursor() as cursor:
            cursor.execute("SELECT answers FROM requests_app_requestdraft")
            assert "渡邉".encode() not in bytes(cursor.fetchone()[0])

    def test_of_another_person_is_not_seen(self, user: User) -> None:
        intake.save_draft(user=user, request_type="disclosure", answers=ANSWERS, now=NOW)
        assert intake.draft_of(user=PersonFactory(), request_type="disclosure") == {}

    @pytest.mark.parametrize("name", ["customer_number", "address1", "postal_code", "agent_given_name", "wanted_items"])
    def test_never_holds_a_my_number_in_any_field(self, user: User, name: str) -> None:
        typed = [MY_NUMBER] if name == "wanted_items" else MY_NUMBER
        with pytest.raises(InvalidAnswers) as error:
            intake.save_draft(user=user, request_type="disclosure", answers={name: typed}, now=NOW)
        assert set(error.value.errors) == {name}
        assert not RequestDraft.objects.exists()

    def test_never_holds_a_my_number(self, user: User) -> None:
        with pytest.raises(InvalidAnswers) as refused:
            intake.save_draft(user=user, request_type="disclosure", answers={"wanted_note": MY_NUMBER}, now=NOW)
        assert set(refused.value.errors) == {"wanted_note"}
        assert not RequestDraft.objects.exists()

    def test_has_a_limit(self, user: User) -> None:
        with pytest.raises(InvalidAnswers):
            intake.save_draft(user=user, request_type="disclosure", answers={"wanted_note": "あ" * 60_000}, now=NOW)

    def test_of_an_unknown_type_is_refused(self, user: User) -> None:
        with pytest.raises(TypeNotOffered):
            intake.save_draft(user=user, request_type="anything", answers={}, now=NOW)

    def test_can_be_thrown_away(self, user: User) -> None:
        intake.save_draft(user=user, request_type="disclosure", answers=ANSWERS, now=NOW)
        assert intake.discard_draft(user=user, request_type="disclosure")
        assert not intake.discard_draft(user=user, request_type="disclosure")
        assert list(AuditEntry.objects.values_list("action", flat=True)) == ["draft.discarded"]

    def test_is_purged_when_nobody_touched_it(self, user: User) -> None:
        intake.save_draft(user=user, request_type="disclosure", answers=ANSWERS, now=NOW)
        kept = PersonFactory()
        intake.save_draft(user=kept, request_type="disclosure", answers=ANSWERS, now=NOW + timedelta(days=1))
        assert intake.purge_drafts(before=NOW + timedelta(hours=1)) == 1
        assert RequestDraft.objects.get().user == kept
        assert intake.purge_drafts(before=NOW + timedelta(hours=1)) == 0
        assert AuditEntry.objects.get().detail == {"count": 1}


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_save_at_once_keep_one_draft() -> None:
    user = PersonFactory()
    barrier = threading.Barrier(4)

    def save(number: int) -> None:
        barrier.wait(timeout=10)
        try:
            intake.save_draft(user=user, request_type="disclosure", answers={"family_name": str(number)}, now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert RequestDraft.objects.get().user == user


@pytest.mark.django_db(transaction=True)
def test_a_program_is_slowed_down_and_recorded_and_a_second_click_does_not_count() -> None:
    RequestRuleFactory()
    user = PersonFactory()
    for n in range(intake.SUBMITTED.amount):
        submit(user, given_name=f"花子{n}")
        submit(user, given_name=f"花子{n}")
    with pytest.raises(LimitExceeded):
        submit(user, given_name="もう一度")
    assert DisclosureRequest.objects.count() == intake.SUBMITTED.amount
    assert AuditEntry.objects.filter(action="request.limited", actor=f"user:{user.pk}").count() == 1
    assert submit(PersonFactory())


@pytest.mark.django_db
def test_nothing_is_filed_without_a_proven_address(user: User) -> None:
    with pytest.raises(AddressNotProven):
        intake.submit(
            user=user, request_type="disclosure", answers=ANSWERS, language="ja", address_proven=False, now=NOW
        )
    assert not DisclosureRequest.objects.exists()
