"""Erasure from the form to the closed case."""

from datetime import timedelta
from typing import Any

import pytest

from consent_app.models import Customer, CustomerRecord, ErasureRecord
from consent_app.services import erasure
from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import files
from requests_app.domain.transitions import Status
from requests_app.models import AnswerFile, DisclosureRequest, RetentionHold
from requests_app.selectors import candidates, other_open_cases
from requests_app.services import decisions, effects, fulfilment, lifecycle
from requests_app.services.errors import ErasureNotSeen
from tests.factories.consent import CustomerFactory, OrderFactory, catalogue
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory
from tests.requests_app.services.test_every_right import NOW, Outcome, answer, submit

pytestmark = pytest.mark.django_db


def asked(**answers: Any) -> tuple[Customer, DisclosureRequest]:
    catalogue()
    customer = CustomerFactory(email="hanako@post.example")
    OrderFactory(customer=customer, occurred_at=NOW - timedelta(days=30))
    return customer, submit("erasure", grounds=["no_longer_needed"], **answers)


def seen(request: DisclosureRequest, *withheld: str) -> str:
    return effects.erasure_preview(request, set(withheld), NOW).token


def test_what_may_go_is_erased_and_the_notice_says_what_goes_later() -> None:
    customer, request = asked()

    text = answer(request, Outcome.GRANTED, seen=seen(request))

    customer.refresh_from_db()
    assert (customer.status, customer.full_name, customer.email) == ("erased", "", "")
    assert customer.records.get().erase_on is not None
    assert "消去したもの" in text
    assert "住所" in text
    assert "注文：令和15年10月25日（2033年10月25日）に消去します" in text
    assert "第35条第7項" in text
    assert ErasureRecord.objects.get().reference == request.receipt_number


def test_the_person_is_told_and_can_open_the_notice_and_the_case_closes() -> None:
    _, request = asked()
    answer(request, Outcome.GRANTED, seen=seen(request))
    mail = OutgoingMail.objects.filter(object_id=str(request.pk)).order_by("created_at").last()
    assert mail is not None
    assert mail.recipient == "hanako@post.example"
    assert User.objects.filter(email="hanako@post.example").exists()
    request.refresh_from_db()
    lifecycle.close(request=request, actor=StaffFactory(), now=NOW)
    assert request.customer is not None
    assert request.parties.get().full_name


def test_nothing_is_erased_that_nobody_looked_at() -> None:
    customer, request = asked()
    token = seen(request)
    OrderFactory(customer=customer)
    for given in (token, ""):
        with pytest.raises(ErasureNotSeen):
            answer(request, Outcome.GRANTED, seen=given)
    customer.refresh_from_db()
    assert customer.email
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW


def test_what_is_withheld_stays() -> None:
    customer, request = asked()
    items = {item.code: item for item in catalogue().values()}
    text = answer(
        request,
        Outcome.PARTLY,
        ground="newer_claim_wrong",
        reason="保証の期間が残っています。",
        withheld_items=[items["name"], items["email"]],
        seen=seen(request, "name", "email"),
    )
    customer.refresh_from_db()
    assert (customer.status, customer.family_name, customer.email) == ("active", "髙橋", "hanako@post.example")
    assert (customer.telephone, customer.birth_date) == ("", None)
    assert customer.user is None or customer.user.email == "hanako@post.example"
    assert "応じないもの" in text


def test_only_the_items_that_were_asked_for_go() -> None:
    customer, request = asked(wants_everything=False, wanted_items=["telephone"])
    answer(request, Outcome.GRANTED, seen=seen(request))
    customer.refresh_from_db()
    assert (customer.telephone, customer.family_name, customer.records.count()) == ("", "髙橋", 1)


def test_a_refusal_and_another_measure_erase_nothing() -> None:
    customer, request = asked()
    answer(
        request,
        Outcome.ALTERNATIVE,
        ground="newer_costly_or_difficult",
        reason="保存期間の途中です。",
        measure="2033年に消去します。",
    )
    customer.refresh_from_db()
    assert customer.email
    assert not ErasureRecord.objects.exists()


def test_a_crash_between_erasing_and_answering_leaves_nothing_half(monkeypatch: pytest.MonkeyPatch) -> None:
    customer, request = asked()
    decisions.decide(
        request=request,
        actor=StaffFactory(),
        proposal=decisions.Proposal(Outcome.GRANTED, seen=seen(request)),
        now=NOW,
    )
    apply = fulfilment.transition.apply

    def crash(**kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(fulfilment.transition, "apply", crash)
    with pytest.raises(RuntimeError):
        fulfilment.fulfil(request_id=request.pk, now=NOW)
    customer.refresh_from_db()
    assert customer.email
    assert not ErasureRecord.objects.exists()
    assert not AnswerFile.objects.exists()
    monkeypatch.setattr(fulfilment.transition, "apply", apply)
    # What came in between goes as well: everything was decided on.
    OrderFactory(customer=customer, external_id="LATE")
    assert fulfilment.fulfil(request_id=request.pk, now=NOW)
    assert fulfilment.fulfil(request_id=request.pk, now=NOW) is False
    customer.refresh_from_db()
    assert customer.status == "erased"
    assert ErasureRecord.objects.count() == 1
    assert not CustomerRecord.objects.filter(erase_on=None).exists()


def content(row: AnswerFile) -> bytes:
    row.file.refresh_from_db()
    return b"".join(files.open_stream(row.file))


@pytest.mark.parametrize("kind", ["package", "letter"])
def test_files_of_earlier_answers_go_too(kind: str) -> None:
    customer, request = asked()
    earlier = RequestFactory.fulfilling(customer=customer)
    fulfilment.fulfil(request_id=earlier.pk, now=NOW)
    file = AnswerFile.objects.get(request=earlier, kind=kind)
    answer(request, Outcome.GRANTED, seen=seen(request))
    with pytest.raises(files.FileErased):
        content(file)
    assert content(AnswerFile.objects.get(request=request, kind="letter")).startswith(b"%PDF")


def test_files_of_earlier_answers_stay_when_only_items_go() -> None:
    customer, request = asked(wants_everything=False, wanted_items=["telephone"])
    earlier = RequestFactory.fulfilling(customer=customer)
    fulfilment.fulfil(request_id=earlier.pk, now=NOW)
    answer(request, Outcome.GRANTED, seen=seen(request))
    assert all(map(content, AnswerFile.objects.filter(request=earlier)))


def test_what_waits_to_be_posted_is_owed_and_what_a_hold_keeps_is_closed() -> None:
    customer, request = asked()
    on_paper = RequestFactory.fulfilling(customer=customer, answer_method="paper")
    held = RequestFactory.fulfilling(customer=customer)
    for one in (on_paper, held):
        fulfilment.fulfil(request_id=one.pk, now=NOW)
    RetentionHold.objects.create(request=held, kind="dispute", reason="訴えの準備", placed_by=StaffFactory())
    answer(request, Outcome.GRANTED, seen=seen(request))
    on_paper.refresh_from_db()
    assert on_paper.status == Status.READY_TO_POST
    assert content(AnswerFile.objects.get(request=on_paper, kind="letter"))
    kept = AnswerFile.objects.get(request=held, kind="letter")
    later = NOW + timedelta(days=1)
    assert content(kept)
    assert kept.expires_at <= later
    assert fulfilment.erase_expired(now=later) == 0
    hold = RetentionHold.objects.get()
    hold.ended_at, hold.end_reason = later, "和解"
    hold.save()
    assert fulfilment.erase_expired(now=later) == 2
    with pytest.raises(files.FileErased):
        content(kept)


def test_an_account_that_no_request_needs_goes() -> None:
    customer, request = asked()
    customer.refresh_from_db()
    other = PersonFactory(email="other@post.example")
    Customer.objects.filter(pk=customer.pk).update(user=other)
    answer(request, Outcome.GRANTED, seen=seen(request))
    assert not User.objects.filter(pk=other.pk).exists()


def test_an_erased_person_is_no_candidate_for_a_later_request() -> None:
    customer, request = asked()
    order = customer.records.get()
    answer(request, Outcome.GRANTED, seen=seen(request))
    later = RequestFactory.in_identity_review(party={"order_number": order.external_id})
    assert customer not in candidates(later)


def test_other_open_cases_are_named() -> None:
    customer, request = asked()
    other = RequestFactory.in_review(customer=customer)
    RequestFactory.in_review()
    request.refresh_from_db()
    assert other_open_cases(request) == [other]


def test_the_worker_finishes_it_years_later() -> None:
    customer, request = asked()
    answer(request, Outcome.GRANTED, seen=seen(request))
    erasure.erase_due(now=NOW + timedelta(days=365 * 8))
    assert not customer.records.exists()
    request.refresh_from_db()
    assert request.customer is not None, "the case still says whose it was"
