"""Requests in named states, each with what a request in that state has: parties, checks, decision.

``RequestFactory.received()``, ``.in_identity_review()``, ``.in_review()``, … make the rows directly, so that a test of
one step does not depend on the services of the steps before.
"""

from datetime import UTC, date, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from consent_app.models import Customer
from privacy_portal.core.models import User
from privacy_portal.core.services import uploads
from requests_app.domain import receipt_numbers
from requests_app.domain.transitions import Actor, Event, Note, Status
from requests_app.models import (
    Decision,
    DecisionProposal,
    DisclosureRequest,
    Fee,
    IdentityCheck,
    Message,
    MessageFile,
    Party,
    RequestEvent,
)
from tests.factories.consent import CustomerFactory
from tests.support.hostile_files import pdf, taken

RECEIVED_AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
TARGET_ON = date(2026, 12, 1)


class PersonFactory(DjangoModelFactory[User]):
    """An account of a customer, which signs in by code."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@post.example")
    language = "ja"
    password = "!"


class StaffFactory(PersonFactory):
    """The manager: every permission."""

    email = factory.Sequence(lambda n: f"staff{n}@shop.example")
    is_staff = True
    is_superuser = True


class PartyFactory(DjangoModelFactory[Party]):
    """The principal as ``CustomerFactory`` has them registered, in another spelling."""

    class Meta:
        model = Party

    kind = Party.Kind.PRINCIPAL
    family_name = "高橋"
    given_name = "花子"
    family_kana = "タカハシ"
    given_kana = "ハナコ"
    email = factory.LazyAttribute(lambda party: party.request.applicant.email if party.request.applicant else "")
    telephone = "+819012345678"
    postal_code = "1000001"
    prefecture = "東京都"
    address1 = "千代田区例町4-5-6"
    address2 = "例マンション101"


class IdentityCheckFactory(DjangoModelFactory[IdentityCheck]):
    """A comparison that waits for the worker."""

    class Meta:
        model = IdentityCheck

    level = 2
    method = IdentityCheck.Method.FACTS
    created_at = RECEIVED_AT


class MessageFactory(DjangoModelFactory[Message]):
    """A message from staff."""

    class Meta:
        model = Message

    from_person = False
    author = factory.SubFactory(StaffFactory)
    body = "ご確認をお願いします。"
    sent_at = RECEIVED_AT


class DecisionFactory(DjangoModelFactory[Decision]):
    """Granted."""

    class Meta:
        model = Decision

    outcome = Decision.Outcome.GRANTED
    article = "33(2)"
    decided_by = factory.SubFactory(StaffFactory)
    decided_at = RECEIVED_AT


class DecisionProposalFactory(DjangoModelFactory[DecisionProposal]):
    """A refusal that waits for a second person; of a case that looks different now."""

    class Meta:
        model = DecisionProposal

    outcome = Decision.Outcome.REFUSED
    ground = "harm_to_person"
    reason = "ほかの方の情報です。"
    basis = "0" * 64
    proposed_by = factory.SubFactory(StaffFactory)
    proposed_at = RECEIVED_AT


class FeeFactory(DjangoModelFactory[Fee]):
    """A fee that was told and not answered yet."""

    class Meta:
        model = Fee

    request_type = "disclosure"
    amount_yen = 1100
    due_on = date(2026, 12, 8)
    asked_by = factory.SubFactory(StaffFactory)
    asked_at = RECEIVED_AT


class RequestFactory(DjangoModelFactory[DisclosureRequest]):
    """A bare request; use one of the named states."""

    class Meta:
        model = DisclosureRequest

    receipt_number = factory.LazyFunction(receipt_numbers.generate)
    request_type = "disclosure"
    applicant = factory.SubFactory(PersonFactory)
    received_at = RECEIVED_AT
    status_changed_at = RECEIVED_AT
    target_on = TARGET_ON

    @classmethod
    def received(cls, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Just arrived; the comparison waits."""
        request = cls._in(Status.RECEIVED, party, **kwargs)
        IdentityCheckFactory(request=request)
        return request

    @classmethod
    def in_identity_review(cls, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """The comparison was unclear."""
        return cls._unclear(Status.IDENTITY_REVIEW, party, **kwargs)

    @classmethod
    def by_letter(cls, status: Status = Status.RECEIVED, **kwargs: Any) -> DisclosureRequest:
        """Came by letter and was written down by staff: there is no account. Identity has not been looked at."""
        given = {"channel": "letter", "applicant": None, "answer_method": "paper", **kwargs}
        request = cls.create(status=status, registered_by=given.pop("registered_by", None) or StaffFactory(), **given)
        PartyFactory(request=request)
        IdentityCheckFactory(request=request)
        return request

    @classmethod
    def waiting_for_identity(cls, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Staff asked something about who it is."""
        return cls._unclear(Status.IDENTITY_WAITING, party, **kwargs)

    @classmethod
    def in_review(cls, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Confirmed; to be decided. ``customer=None``: nobody is registered under what was stated."""
        return cls._confirmed(Status.IN_REVIEW, party, **kwargs)

    @classmethod
    def waiting(cls, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Staff asked something about the content."""
        return cls._confirmed(Status.WAITING, party, **kwargs)

    @classmethod
    def waiting_for_fee(
        cls, party: dict[str, Any] | None = None, fee: dict[str, Any] | None = None, **kwargs: Any
    ) -> DisclosureRequest:
        """The person was told what it costs."""
        request = cls._confirmed(Status.FEE_WAITING, party, **kwargs)
        FeeFactory(request=request, request_type=request.request_type, **(fee or {}))
        return request

    @classmethod
    def fulfilling(cls, decision: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Decided; the worker prepares the answer."""
        return cls._decided(Status.FULFILLING, decision, **kwargs)

    @classmethod
    def ready_to_post(cls, decision: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """The printed answer can be sent."""
        return cls._decided(Status.READY_TO_POST, decision, **{"answer_method": "paper", **kwargs})

    @classmethod
    def answered(cls, decision: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Answered, without files."""
        return cls._decided(Status.ANSWERED, decision, **{"answered_at": RECEIVED_AT, **kwargs})

    @classmethod
    def closed(cls, decision: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Ended."""
        return cls._decided(Status.CLOSED, decision, **{"answered_at": RECEIVED_AT, "closed_at": RECEIVED_AT, **kwargs})

    @classmethod
    def withdrawn(cls, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        """Taken back before anything was decided."""
        return cls._in(Status.WITHDRAWN, party, **{"closed_at": RECEIVED_AT, **kwargs})

    @classmethod
    def in_status(cls, status: Status, **kwargs: Any) -> DisclosureRequest:
        """The named state for a status, for tests that go through all of them."""
        makers = {
            Status.RECEIVED: cls.received,
            Status.IDENTITY_REVIEW: cls.in_identity_review,
            Status.IDENTITY_WAITING: cls.waiting_for_identity,
            Status.IN_REVIEW: cls.in_review,
            Status.WAITING: cls.waiting,
            Status.FEE_WAITING: cls.waiting_for_fee,
            Status.FULFILLING: cls.fulfilling,
            Status.READY_TO_POST: cls.ready_to_post,
            Status.ANSWERED: cls.answered,
            Status.CLOSED: cls.closed,
            Status.WITHDRAWN: cls.withdrawn,
        }
        return makers[status](**kwargs)

    @classmethod
    def _in(cls, status: Status, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        request = cls.create(status=status, **kwargs)
        PartyFactory(request=request, **(party or {}))
        IdentityCheckFactory(
            request=request,
            level=1,
            method=IdentityCheck.Method.EMAIL_CODE,
            state=IdentityCheck.State.PASSED,
            finished_at=RECEIVED_AT,
        )
        RequestEvent.objects.create(
            request=request,
            kind=Note.RECEIVED,
            to_status=Status.RECEIVED,
            actor_kind=Actor.PERSON,
            actor=request.applicant,
            at=RECEIVED_AT,
        )
        return request

    @classmethod
    def _unclear(cls, status: Status, party: dict[str, Any] | None, **kwargs: Any) -> DisclosureRequest:
        request = cls._in(status, party, **kwargs)
        IdentityCheckFactory(
            request=request,
            state=IdentityCheck.State.UNCLEAR,
            finished_at=RECEIVED_AT,
            findings={"codes": ["email.not_registered"], "candidates": 0},
        )
        cls._event(request, Event.IDENTITY_UNCLEAR, Status.RECEIVED, Status.IDENTITY_REVIEW)
        return request

    @classmethod
    def _confirmed(cls, status: Status, party: dict[str, Any] | None = None, **kwargs: Any) -> DisclosureRequest:
        applicant = kwargs.pop("applicant", None) or PersonFactory()
        customer: Customer | None = (
            kwargs.pop("customer") if "customer" in kwargs else CustomerFactory(email=applicant.email)
        )
        request = cls._in(status, party, applicant=applicant, customer=customer, **kwargs)
        IdentityCheckFactory(
            request=request,
            state=IdentityCheck.State.PASSED,
            finished_at=RECEIVED_AT,
            customer=customer,
            findings={"codes": ["email.registered", "name.equal", "telephone.equal"], "candidates": 1},
        )
        cls._event(request, Event.IDENTITY_PASSED, Status.RECEIVED, Status.IN_REVIEW)
        return request

    @classmethod
    def _decided(cls, status: Status, decision: dict[str, Any] | None, **kwargs: Any) -> DisclosureRequest:
        request = cls._confirmed(status, **kwargs)
        DecisionFactory(request=request, **(decision or {}))
        return request

    @classmethod
    def _event(cls, request: DisclosureRequest, kind: Event, before: Status, after: Status) -> None:
        RequestEvent.objects.create(
            request=request, kind=kind, from_status=before, to_status=after, actor_kind=Actor.WORKER, at=RECEIVED_AT
        )


class MessageFileFactory(DjangoModelFactory[MessageFile]):
    """A chosen PDF of the person; with ``sent=True`` one of a message."""

    class Meta:
        model = MessageFile

    class Params:
        sent = factory.Trait(
            message=factory.SubFactory(MessageFactory, request=factory.SelfAttribute("..request")),
        )

    request = factory.LazyFunction(lambda: RequestFactory.in_review())
    file = factory.LazyFunction(lambda: uploads.store(taken(pdf()), name="attachment"))
    name = "委任状.pdf"
    added_by = factory.SelfAttribute("request.applicant")
    added_at = RECEIVED_AT
