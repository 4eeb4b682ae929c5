"""Who passes by comparison, who goes to the manager, and that nobody outside can tell the difference."""

import functools
import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from consent_app.models import Customer, CustomerIdentity
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from requests_app import selectors
from requests_app.domain.transitions import Status, TransitionRefused
from requests_app.models import DisclosureRequest, IdentityCheck, Party, RequestEvent
from requests_app.services import identity, lifecycle
from requests_app.services.errors import NotAllowed, NoteRequired
from requests_app.words import finding_words as finding
from tests.factories.consent import CustomerFactory, OrderFactory, RequestRuleFactory
from tests.factories.requests import PartyFactory, PersonFactory, RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once

NOW = datetime(2026, 11, 16, 1, 5, tzinfo=UTC)
EMAIL = "hanako@post.example"


@pytest.fixture
def person(db: None) -> User:
    RequestRuleFactory()
    return PersonFactory(email=EMAIL)


def verify(request: DisclosureRequest) -> DisclosureRequest:
    identity.verify(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    return request


def facts(request: DisclosureRequest) -> IdentityCheck:
    return request.identity_checks.get(method=IdentityCheck.Method.FACTS)


class TestPassing:
    def test_by_name_telephone_and_address_in_other_spellings(self, person: User) -> None:
        customer = CustomerFactory(email=EMAIL)
        request = verify(RequestFactory.received(applicant=person))
        assert (request.status, request.customer) == (Status.IN_REVIEW, customer)
        check = facts(request)
        assert (check.state, check.customer, check.finished_at) == (IdentityCheck.State.PASSED, customer, NOW)
        assert check.findings == {
            "candidates": 1,
            "codes": [
                "email.registered",
                "name.equal",
                "kana.equal",
                "telephone.equal",
                "address.equal",
                "birth_date.not_stated",
                "customer_number.not_stated",
                "order_number.not_stated",
            ],
        }
        assert AuditEntry.objects.get(action="identity.passed").detail == {"level": 2, "customer": str(customer.pk)}

    @pytest.mark.parametrize(
        "party",
        [
            {"telephone": "+819099999999"},
            {"telephone": ""},
            {"address1": "千代田区新町1-1-1", "address2": "", "postal_code": ""},
            {"address1": "", "address2": "", "postal_code": "", "prefecture": ""},
            {
                "telephone": "",
                "postal_code": "5300001",
                "prefecture": "大阪府",
                "address1": "大阪市北区新町1-2-3",
                "address2": "",
                "registered_postal_code": "1000001",
                "registered_address": "東京都千代田区例町4-5-6",
            },
            {"family_kana": "", "given_kana": ""},
            {"family_name": "花子", "given_name": "髙橋"},
        ],
        ids=["new number", "no number", "moved", "no address", "old address", "no kana", "swapped"],
    )
    def test_with_one_fact_beside_the_name(self, person: User, party: dict[str, Any]) -> None:
        CustomerFactory(email=EMAIL)
        assert verify(RequestFactory.received(applicant=person, party=party)).status == Status.IN_REVIEW

    @pytest.mark.parametrize("registered", [None, date(1980, 4, 1)])
    def test_a_day_of_birth_does_no_harm_where_it_is_equal_or_not_held(
        self, person: User, registered: date | None
    ) -> None:
        CustomerFactory(email=EMAIL, birth_date=registered)
        party = {"birth_date": "1980-04-01"}
        assert verify(RequestFactory.received(applicant=person, party=party)).status == Status.IN_REVIEW

    def test_a_member_who_left_is_still_the_same_person(self, person: User) -> None:
        CustomerFactory(email=EMAIL, status=Customer.Status.WITHDRAWN)
        assert verify(RequestFactory.received(applicant=person)).status == Status.IN_REVIEW

    def test_at_level_1_by_the_address_and_the_name(self, person: User) -> None:
        RequestRuleFactory._meta.model.objects.update(identity_level=1)
        CustomerFactory(email=EMAIL, telephone="", address1="")
        request = RequestFactory.received(applicant=person)
        request.identity_checks.filter(state="pending").delete()
        assert verify(request).status == Status.IN_REVIEW


class TestUnclear:
    @pytest.mark.parametrize(
        "party",
        [
            {"given_name": "太郎"},
            {"family_kana": "コウキョウ"},
            {"telephone": "", "address1": "", "address2": "", "postal_code": ""},
            {"telephone": "+819099999999", "address1": "千代田区新町1-1-1"},
            {"telephone": "+819099999999", "postal_code": "1000002"},
            {"registered_address": "京都府京都市古町9-9", "address1": "千代田区新町1-1-1"},
            {"birth_date": "1980-04-02"},
            {"birth_date": "1980-04-01", "telephone": "", "address1": "", "address2": "", "postal_code": ""},
            {"customer_number": "999"},
            {"order_number": "0B999999"},
        ],
        ids=[
            "another name",
            "another reading",
            "nothing beside the name",
            "two differences",
            "postal code differs",
            "not the old address",
            "another day of birth",
            "nothing beside name and day of birth",
            "another's number",
            "another's order",
        ],
    )
    def test_goes_to_the_manager_with_the_candidate(self, person: User, party: dict[str, Any]) -> None:
        customer = CustomerFactory(email=EMAIL, birth_date=date(1980, 4, 1))
        request = verify(RequestFactory.received(applicant=person, party=party))
        assert (request.status, request.customer) == (Status.IDENTITY_REVIEW, None)
        check = facts(request)
        assert (check.state, check.customer) == (IdentityCheck.State.UNCLEAR, customer)

    def test_two_people_with_one_address(self, person: User) -> None:
        CustomerFactory(email=EMAIL)
        CustomerFactory(email=EMAIL, given_name="太郎", telephone="")
        request = verify(RequestFactory.received(applicant=person))
        assert request.status == Status.IDENTITY_REVIEW
        check = facts(request)
        assert (check.customer, check.findings) == (None, {"codes": ["email.several"], "candidates": 2})

    def test_everything_fits_but_the_mail_address(self, person: User) -> None:
        """Whoever knows a customer's name, telephone number and address still cannot read their data."""
        customer = CustomerFactory(email="another@post.example")
        request = verify(RequestFactory.received(applicant=person))
        assert (request.status, request.customer) == (Status.IDENTITY_REVIEW, None)
        check = facts(request)
        assert check.customer == customer
        assert check.findings["codes"][:2] == ["email.not_registered", "name.equal"]

    def test_nobody_is_registered(self, person: User) -> None:
        request = verify(RequestFactory.received(applicant=person))
        assert request.status == Status.IDENTITY_REVIEW
        assert facts(request).findings == {"codes": ["email.not_registered"], "candidates": 0}

    @pytest.mark.parametrize("role", ["statutory_agent", "mandated_agent"])
    def test_an_agent_even_when_everything_fits(self, person: User, role: str) -> None:
        CustomerFactory(email=EMAIL)
        request = RequestFactory.received(applicant=person, role=role)
        PartyFactory(request=request, kind=Party.Kind.AGENT)
        assert verify(request).status == Status.IDENTITY_WAITING

    def test_a_type_that_needs_documents(self, person: User) -> None:
        RequestRuleFactory._meta.model.objects.update(identity_level=3)
        CustomerFactory(email=EMAIL)
        assert verify(RequestFactory.received(applicant=person)).status == Status.IDENTITY_WAITING

    def test_a_type_whose_rule_is_gone(self, person: User) -> None:
        RequestRuleFactory._meta.model.objects.all().delete()
        CustomerFactory(email=EMAIL)
        assert verify(RequestFactory.received(applicant=person)).status == Status.IDENTITY_REVIEW


class TestNumbers:
    def test_of_the_customer_do_no_harm(self, person: User) -> None:
        customer = CustomerFactory(email=EMAIL)
        CustomerIdentity.objects.create(customer=customer, source="eccube", external_id="12", digest=b"0" * 32)
        order = OrderFactory(customer=customer)
        party = {"customer_number": "12", "order_number": order.external_id}
        assert verify(RequestFactory.received(applicant=person, party=party)).status == Status.IN_REVIEW

    def test_alone_are_not_enough(self, person: User) -> None:
        customer = CustomerFactory(email=EMAIL)
        CustomerIdentity.objects.create(customer=customer, source="eccube", external_id="12", digest=b"0" * 32)
        party = {"customer_number": "12", "telephone": "", "address1": "", "address2": "", "postal_code": ""}
        assert verify(RequestFactory.received(applicant=person, party=party)).status == Status.IDENTITY_REVIEW


def test_the_person_cannot_tell_why_they_did_not_pass(person: User) -> None:
    """Same status, same timeline, same mail: nobody registered, a wrong name, a family's shared address."""
    seen = set()
    for email, registered in [
        ("nobody@post.example", []),
        ("wrong@post.example", [{"given_name": "太郎"}]),
        ("shared@post.example", [{}, {"given_name": "太郎"}]),
    ]:
        for values in registered:
            CustomerFactory(email=email, **values)
        applicant = PersonFactory(email=email)
        request = verify(RequestFactory.received(applicant=applicant))
        mail = OutgoingMail.objects.get(object_id=str(request.pk))
        texts = tuple(
            text.replace(request.receipt_number, "") for text in (mail.subject, mail.body_text, mail.body_html)
        )
        events = tuple(
            RequestEvent.objects.filter(request=request, public=True).values_list("kind", "to_status", "data__a")
        )
        seen.add((request.status, events, texts))
    assert len(seen) == 1


def test_findings_and_audit_hold_no_values(person: User) -> None:
    CustomerFactory(email=EMAIL)
    request = verify(RequestFactory.received(applicant=person, party={"telephone": "+819011112222"}))
    kept = str(list(AuditEntry.objects.values())) + str(list(request.events.values())) + str(facts(request).findings)
    for value in ("高橋", "髙橋", "花子", "9011112222", "例町", EMAIL):
        assert value not in kept


class TestTwice:
    def test_the_second_run_does_nothing(self, person: User) -> None:
        CustomerFactory(email=EMAIL)
        request = RequestFactory.received(applicant=person)
        verify(request)
        assert identity.verify(request_id=request.pk, now=NOW) is None
        assert OutgoingMail.objects.count() == 1

    def test_an_unknown_request_is_nothing_to_do(self, db: None) -> None:
        assert identity.verify(request_id="00000000-0000-0000-0000-000000000000", now=NOW) is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_compare_once() -> None:
    RequestRuleFactory()
    CustomerFactory(email=EMAIL)
    request = RequestFactory.received(applicant=PersonFactory(email=EMAIL))
    barrier = threading.Barrier(3)
    results: list[object] = []

    def work() -> None:
        barrier.wait(timeout=10)
        try:
            results.append(identity.verify(request_id=request.pk, now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(results) == 3
    assert sum(result is not None for result in results) == 1
    assert OutgoingMail.objects.count() == 1


@pytest.mark.django_db
class TestConfirm:
    def test_links_the_customer_and_goes_on(self) -> None:
        customer, staff = CustomerFactory(), StaffFactory()
        request = RequestFactory.in_identity_review()
        identity.confirm(request=request, actor=staff, customer=customer, note="電話で確かめた。", now=NOW)
        stored = DisclosureRequest.objects.get()
        assert (stored.status, stored.customer) == (Status.IN_REVIEW, customer)
        assert request.customer == customer
        check = IdentityCheck.objects.get(method=IdentityCheck.Method.STAFF)
        assert (check.state, check.decided_by, check.note) == ("passed", staff, "電話で確かめた。")
        entry = AuditEntry.objects.get(action="identity.confirmed")
        assert (entry.actor, entry.detail["customer"]) == (f"user:{staff.pk}", str(customer.pk))

    def test_can_find_that_nobody_is_registered(self) -> None:
        request = RequestFactory.waiting_for_identity()
        identity.confirm(request=request, actor=StaffFactory(), customer=None, note="該当なし。", now=NOW)
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.IN_REVIEW, None)

    @pytest.mark.parametrize("note", ["", " \n", "あ" * 501, "マイナンバー 123456789018"])
    def test_needs_a_reason(self, note: str) -> None:
        request = RequestFactory.in_identity_review()
        with pytest.raises(NoteRequired):
            identity.confirm(request=request, actor=StaffFactory(), customer=None, note=note, now=NOW)
        assert not OutgoingMail.objects.exists()

    def test_needs_the_permission(self) -> None:
        request, staff = RequestFactory.in_identity_review(), StaffFactory(is_superuser=False)
        with pytest.raises(NotAllowed):
            identity.confirm(request=request, actor=staff, customer=None, note="理由", now=NOW)
        staff.user_permissions.add(Permission.objects.get(codename="check_identity"))
        staff = User.objects.get(pk=staff.pk)
        identity.confirm(request=request, actor=staff, customer=None, note="理由", now=NOW)

    def test_nobody_confirms_themselves(self) -> None:
        manager = StaffFactory()
        request = RequestFactory.in_identity_review(applicant=manager)
        with pytest.raises(NotAllowed):
            identity.confirm(request=request, actor=manager, customer=CustomerFactory(), note="理由", now=NOW)

    def test_not_in_another_status(self) -> None:
        with pytest.raises(TransitionRefused):
            identity.confirm(
                request=RequestFactory.in_review(), actor=StaffFactory(), customer=None, note="理由", now=NOW
            )


@pytest.mark.django_db
class TestReconsider:
    def test_takes_the_link_back_and_asks_again(self) -> None:
        request, staff = RequestFactory.in_review(), StaffFactory()
        wrong = request.customer
        identity.reconsider(request=request, actor=staff, note="別の方の登録でした。", now=NOW)
        stored = DisclosureRequest.objects.get()
        assert (stored.status, stored.customer, request.customer) == (Status.IDENTITY_REVIEW, None, None)
        assert not selectors.identity_confirmed(stored)
        assert AuditEntry.objects.get(action="identity.reconsidered").detail == {"customer": str(wrong.pk)}
        assert OutgoingMail.objects.get().template == "request_identity_review"

    def test_a_new_judgement_leads_on(self) -> None:
        request, staff = RequestFactory.in_review(), StaffFactory()
        right = CustomerFactory()
        identity.reconsider(request=request, actor=staff, note="別の方の登録でした。", now=NOW)
        identity.confirm(request=request, actor=staff, customer=right, note="電話で確かめた。", now=NOW)
        stored = DisclosureRequest.objects.get()
        assert (stored.status, stored.customer) == (Status.IN_REVIEW, right)
        notes = {check.state: check.note for check in IdentityCheck.objects.filter(method="staff")}
        assert notes == {"unclear": "別の方の登録でした。", "passed": "電話で確かめた。"}

    def test_needs_a_reason_and_the_permission(self) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(NoteRequired):
            identity.reconsider(request=request, actor=StaffFactory(), note=" ", now=NOW)
        with pytest.raises(NotAllowed):
            identity.reconsider(request=request, actor=StaffFactory(is_superuser=False), note="理由", now=NOW)

    @pytest.mark.parametrize("status", sorted(set(Status) - {Status.IN_REVIEW}))
    def test_not_in_another_status(self, status: Status) -> None:
        with pytest.raises(TransitionRefused):
            identity.reconsider(request=RequestFactory.in_status(status), actor=StaffFactory(), note="理由", now=NOW)


class TestTries:
    """Whoever reads a person's mail must not find their telephone number out by trying."""

    def one_more(self, person: User, telephone: str, **kwargs: Any) -> DisclosureRequest:
        party = {"telephone": telephone, "address1": "", "address2": "", "postal_code": "", "prefecture": ""}
        return RequestFactory.received(applicant=person, party=party, **kwargs)

    def test_after_two_unclear_ones_a_right_one_goes_to_the_manager_too(self, person: User) -> None:
        CustomerFactory(email=EMAIL)
        for wrong in ("+819000000001", "+819000000002"):
            request = verify(self.one_more(person, wrong))
            assert request.status == Status.IDENTITY_REVIEW
            assert "too_many_tries" not in facts(request).findings["codes"]
            lifecycle.withdraw(request=request, actor=person, now=NOW)
        OutgoingMail.objects.all().delete()
        request = verify(self.one_more(person, "+819012345678"))
        assert (request.status, request.customer) == (Status.IDENTITY_REVIEW, None)
        assert facts(request).findings["codes"][:3] == ["too_many_tries", "email.registered", "name.equal"]
        assert OutgoingMail.objects.get().template == "request_identity_review"

    def test_one_slip_of_the_pen_is_forgiven(self, person: User) -> None:
        CustomerFactory(email=EMAIL)
        verify(self.one_more(person, "+819000000001"))
        assert verify(self.one_more(person, "+819012345678")).status == Status.IN_REVIEW

    def test_after_a_month_and_for_others_it_starts_anew(self, person: User) -> None:
        CustomerFactory(email=EMAIL)
        for wrong in ("+819000000001", "+819000000002"):
            verify(self.one_more(person, wrong))
        IdentityCheck.objects.filter(method="facts").update(finished_at=NOW - identity.TRIES_WITHIN)
        assert verify(self.one_more(person, "+819012345678")).status == Status.IN_REVIEW

    def test_findings_are_in_words(self) -> None:
        assert "自動では確認しません" in finding("too_many_tries")


@pytest.mark.django_db(transaction=True)
def test_tries_that_are_compared_at_once_are_counted() -> None:
    RequestRuleFactory()
    CustomerFactory(email=EMAIL)
    person = PersonFactory(email=EMAIL)
    numbers = [f"+8190123456{n}" for n in (70, 71, 72, 73, 74, 75, 76, 77)]
    requests = [TestTries().one_more(person, number) for number in numbers]
    run_at_once([functools.partial(identity.verify, request_id=one.pk, now=NOW) for one in requests])
    marked = [facts(one).findings["codes"][0] for one in requests].count("too_many_tries")
    assert marked == len(requests) - identity.TRIES
