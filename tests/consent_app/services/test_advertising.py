"""A stored refusal of advertising, and what it refuses."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent_app.models import Consent, Customer, Purpose, ReferableConfirmation, Tracker
from consent_app.services import advertising, consents, gate, referable, suspensions
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from tests.factories.consent import ConsentFactory, CustomerFactory, DataItemFactory, OperatorFactory, PurposeFactory
from tests.factories.core import UserFactory
from tests.factories.trackers import TrackerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ads() -> Purpose:
    OperatorFactory()
    purpose = PurposeFactory(code="ads", needs_consent=True, items=[DataItemFactory(code="email")])
    TrackerFactory(code="ad_cookie", to_advertisers=True).purposes.add(purpose)
    return purpose


@pytest.fixture
def person() -> User:
    return UserFactory(email="hanako@post.example")


@pytest.fixture
def customer(person: User) -> Customer:
    return CustomerFactory(email=person.email)


def store(person: User) -> int:
    return advertising.store_refusal(actor=person, address_proven=True, language="ja", now=timezone.now())


def test_a_consent_is_withdrawn_and_the_proof_says_by_what(ads: Purpose, person: User, customer: Customer) -> None:
    ConsentFactory(customer=customer, purpose=ads, at=timezone.now() - timedelta(days=1))
    assert gate.may_use(customer=customer.pk, purpose="ads", at=timezone.now()).allowed
    assert store(person) == 1
    event = Consent.objects.latest("at")
    assert (event.event, event.channel, event.recorded_by) == ("withdrawn", "portal", person)
    assert event.proof.startswith("GPC signal wording:")
    answer = gate.may_use(customer=customer.pk, purpose="ads", at=timezone.now())
    assert (answer.allowed, answer.reasons) == (False, ("consent_withdrawn",))
    assert advertising.is_refused(customer, timezone.now())
    assert AuditEntry.objects.filter(action="consent.withdrawn").count() == 1
    assert OutgoingMail.objects.count() == 1


def test_a_refusal_is_kept_although_nothing_was_given(ads: Purpose, person: User, customer: Customer) -> None:
    assert not advertising.is_refused(customer, timezone.now())
    assert store(person) == 1
    assert store(person) == 0
    assert Consent.objects.get().event == "withdrawn"
    assert advertising.is_refused(customer, timezone.now())


def test_consenting_later_is_a_newer_word(ads: Purpose, person: User, customer: Customer) -> None:
    store(person)
    ConsentFactory(customer=customer, purpose=ads, at=timezone.now() + timedelta(seconds=1))
    assert not advertising.is_refused(customer, timezone.now() + timedelta(seconds=2))


def test_only_purposes_that_something_is_sent_on_for(ads: Purpose, person: User, customer: Customer) -> None:
    newsletter = PurposeFactory(code="newsletter", needs_consent=True)
    own = PurposeFactory(code="own", needs_consent=True)
    TrackerFactory().purposes.add(own)
    TrackerFactory(to_advertisers=True, active=False).purposes.add(newsletter)
    TrackerFactory(to_advertisers=True).purposes.add(ads)
    assert [purpose.code for purpose in advertising.purposes()] == ["ads"]
    assert store(person) == 1
    assert set(Consent.objects.values_list("purpose__code", flat=True)) == {"ads"}


def test_nobodys_account_and_no_purpose(ads: Purpose, person: User) -> None:
    with pytest.raises(consents.NotAsked):
        store(person)
    CustomerFactory(email=person.email)
    ads.trackers.update(active=False)
    with pytest.raises(consents.NotAsked):
        store(person)
    assert not Consent.objects.exists()


def ask(customer: Customer | None, *, signal: bool = False, tracker: str = "ad_cookie") -> tuple[bool, set[str]]:
    key = customer.pk if customer else None
    answer = advertising.may_send(tracker=tracker, customer=key, signal=signal, at=timezone.now())
    return answer.allowed, {str(reason) for reason in answer.reasons}


def test_what_may_be_sent(ads: Purpose, person: User, customer: Customer) -> None:
    assert ask(None) == (False, {"consent_missing"})
    assert ask(customer) == (False, {"consent_missing"})
    ConsentFactory(customer=customer, purpose=ads, at=timezone.now() - timedelta(days=1))
    assert ask(customer) == (True, {"tracker_published"})
    assert ask(customer, signal=True) == (False, {"advertising_refused"})
    store(person)
    assert ask(customer) == (False, {"consent_withdrawn", "advertising_refused"})


def test_a_stored_refusal_holds_for_what_names_no_purpose_too(ads: Purpose, person: User, customer: Customer) -> None:
    TrackerFactory(code="plain", to_advertisers=True)
    assert ask(customer, tracker="plain") == (True, {"tracker_published"})
    store(person)
    assert ask(customer, tracker="plain") == (False, {"advertising_refused"})


def confirm(**values: Any) -> ReferableConfirmation:
    row = ReferableConfirmation(
        **{
            "recipient_name": "例の広告株式会社",
            "recipient_address": "東京都千代田区例町1",
            "data": ["cookie"],
            "purpose": "広告",
            "how": "declared",
            "confirmed_by": "広告部",
            "evidence": "申告書 1",
            "confirmed_on": timezone.localdate() - timedelta(days=2),
            **values,
        }
    )
    return referable.confirm(confirmation=row, actor=UserFactory(), now=timezone.now())


def test_what_is_tied_to_a_person_needs_the_confirmation_for_its_recipient_and_kind(
    ads: Purpose, customer: Customer
) -> None:
    ConsentFactory(customer=customer, purpose=ads, at=timezone.now() - timedelta(days=1))
    Tracker.objects.filter(code="ad_cookie").update(tied_to_person=True)
    assert ask(customer) == (False, {"referable_unconfirmed"})
    confirm(recipient_name="別の広告株式会社")
    confirm(data=["browsing"])
    assert ask(customer) == (False, {"referable_unconfirmed"})
    row = confirm()
    assert ask(customer) == (True, {"tracker_published"})
    ReferableConfirmation.objects.filter(pk=row.pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    assert ask(customer) == (False, {"referable_unconfirmed"})


def test_a_kind_that_no_confirmation_knows(ads: Purpose, customer: Customer) -> None:
    ConsentFactory(customer=customer, purpose=ads, at=timezone.now() - timedelta(days=1))
    Tracker.objects.filter(code="ad_cookie").update(tied_to_person=True, kind="other")
    confirm()
    assert ask(customer) == (False, {"referable_unconfirmed"})


def test_a_purpose_that_asks_nobody_is_no_consent(ads: Purpose, customer: Customer) -> None:
    ConsentFactory(customer=customer, purpose=ads, at=timezone.now() - timedelta(days=1))
    Tracker.objects.filter(code="ad_cookie").update(tied_to_person=True)
    confirm()
    assert ask(customer)[0]
    Purpose.objects.filter(pk=ads.pk).update(needs_consent=False)
    assert ask(customer) == (False, {"consent_missing"})


def test_a_stop_and_what_nobody_published(ads: Purpose, customer: Customer) -> None:
    ConsentFactory(customer=customer, purpose=ads, at=timezone.now() - timedelta(days=1))
    stop = suspensions.suspend(customer=customer, kind="provision", actor="command", ground="35(5)", now=timezone.now())
    assert ask(customer) == (False, {"provision_suspended"})
    suspensions.end(suspension=stop, actor="command", reason="wish", now=timezone.now())
    assert ask(customer)[0]
    assert ask(customer, tracker="secret_pixel") == (False, {"tracker_unknown"})
    ads.trackers.update(active=False)
    assert ask(customer) == (False, {"tracker_unknown"})


def test_somebody_who_is_not_held(ads: Purpose) -> None:
    TrackerFactory(code="plain", to_advertisers=True)
    answer = advertising.may_send(tracker="plain", customer=uuid.uuid4(), signal=False, at=timezone.now())
    assert (answer.allowed, answer.reasons) == (False, ("person_unknown",))
