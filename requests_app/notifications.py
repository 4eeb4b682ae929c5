"""Which mail follows which event. A mail says that something happened and where to look, never what it is about."""

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from privacy_portal.core.mail_attachments import reference
from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import outbox

from .domain.instructions import Kind, written_day
from .domain.request_types import REQUEST_TYPES
from .domain.transitions import Event
from .models import AnswerMail, DisclosureRequest, Instruction

RECEIVED = "request_received"
MESSAGE = "request_message"
PAYMENT = "request_payment"
TARGET_EXTENDED = "request_target_extended"
REMINDER = "request_reminder"
CLOSING_SOON = "request_closing_soon"
ATTACHED = "request_answer_attached"
DECISION_PROPOSED, DECISION_RETURNED = "decision_proposed", "decision_returned"
WITHOUT_EVENT = frozenset(
    {
        RECEIVED,
        MESSAGE,
        PAYMENT,
        TARGET_EXTENDED,
        REMINDER,
        CLOSING_SOON,
        ATTACHED,
        DECISION_PROPOSED,
        DECISION_RETURNED,
    }
)

# THE table event -> mail. The two ways to pass the check of identity read the same, and so does every way not to pass
# it: a mail must not tell whether data about somebody is held, nor which fact differed.
TEMPLATES: dict[Event, str] = {
    Event.IDENTITY_PASSED: "request_identity_confirmed",
    Event.IDENTITY_CONFIRMED: "request_identity_confirmed",
    Event.TAKEN_UP: "request_taken_up",
    Event.IDENTITY_UNCLEAR: "request_identity_review",
    Event.ASKED: "request_question",
    Event.REPLIED: "request_reply_received",
    Event.DOCUMENTS_ASKED: "request_documents_asked",
    Event.DOCUMENTS_SENT: "request_documents_received",
    Event.CALL_ANNOUNCED: "request_call_back",
    Event.CODE_ORDERED: "request_code_letter",
    Event.CODE_ACCEPTED: "request_identity_confirmed",
    Event.CODE_ENTERED: "request_reply_received",
    Event.CODE_ENDED: "request_identity_review",
    Event.FEE_ASKED: "request_fee_asked",
    Event.FEE_DECLINED: "request_withdrawn",
    Event.FEE_SETTLED: "request_fee_settled",
    Event.FEE_WAIVED: "request_fee_waived",
    Event.FEE_CANCELLED: "request_fee_cancelled",
    Event.DECIDED: "request_decided",
    Event.PREPARED_FOR_POST: "request_prepared_for_post",
    Event.FULFILLED: "request_answered",
    Event.POSTED: "request_posted",
    Event.SENT_ON_PAPER_INSTEAD: "request_prepared_for_post",
    Event.REOPENED: "request_reopened",
    Event.IDENTITY_REOPENED: "request_identity_review",
    Event.CLOSED: "request_closed",
    Event.CLOSED_SILENT: "request_closed_silent",
    Event.WITHDRAWN: "request_withdrawn",
}


def status_url(request: DisclosureRequest) -> str:
    """Where the person looks; without any token, because the page asks them to sign in."""
    return f"{settings.PORTAL_URL}/requests/{request.receipt_number}/"


def received(*, request: DisclosureRequest) -> OutgoingMail | None:
    """The request has arrived."""
    return _enqueue(request, RECEIVED)


def status_changed(*, request: DisclosureRequest, event: Event) -> OutgoingMail | None:
    """The mail that follows ``event``."""
    return _enqueue(request, TEMPLATES[event])


def message_written(*, request: DisclosureRequest) -> OutgoingMail | None:
    """There is a message from the operator; its text stays on the page."""
    return _enqueue(request, MESSAGE)


def payment_recorded(*, request: DisclosureRequest) -> OutgoingMail | None:
    """Money came in or went back without ending the matter; how much stays on the page."""
    return _enqueue(request, PAYMENT)


def target_extended(*, request: DisclosureRequest) -> OutgoingMail | None:
    """The answer takes longer; why stays on the page."""
    return _enqueue(request, TARGET_EXTENDED)


def reminded(*, request: DisclosureRequest) -> OutgoingMail | None:
    """The person owes something; what it is stays on the page."""
    return _enqueue(request, REMINDER)


def closing_soon(*, request: DisclosureRequest, closes_on: date) -> OutgoingMail | None:
    """Without a reply by ``closes_on`` the request ends."""
    return _enqueue(request, CLOSING_SOON, closes_on=closes_on)


def decision_proposed(*, request: DisclosureRequest, staff: User) -> OutgoingMail:
    """A colleague proposed a decision that this member of staff may look at."""
    return _to_staff(request, staff, DECISION_PROPOSED)


def decision_returned(*, request: DisclosureRequest, staff: User) -> OutgoingMail:
    """What this member of staff proposed came back, with a remark or because the case changed."""
    return _to_staff(request, staff, DECISION_RETURNED)


def _to_staff(request: DisclosureRequest, staff: User, template: str) -> OutgoingMail:
    """A receipt number and where to look; nothing about the person."""
    case = reverse("admin:requests_app_disclosurerequest_change", args=[request.pk])
    with translation.override(staff.language):
        context = {
            "receipt_number": request.receipt_number,
            "request_type": str(REQUEST_TYPES[request.request_type].name),
            "target_on": request.target_on,
            "status_url": f"{settings.PORTAL_URL}{case}",
        }
    return outbox.enqueue(
        template=template,
        recipient=staff.email,
        language=staff.language,
        context=context,
        user=staff,
        object_type=request._meta.label_lower,
        object_id=str(request.pk),
    )


def answer_attached(*, request: DisclosureRequest, answer_mail: AnswerMail) -> OutgoingMail | None:
    """The answer as an encrypted file.

    The mail that says that the answer is ready goes out beside it: filters that throw away what they cannot look into
    must not keep the person from knowing.
    """
    return _enqueue(request, ATTACHED, attachment=reference("answer", answer_mail.pk))


def _enqueue(request: DisclosureRequest, template: str, attachment: str = "", **more: Any) -> OutgoingMail | None:
    """None where the person has no account: a request that came by letter is answered by letter.

    In the account's language, which the person can change; the request's own is that of its letter.
    """
    person = request.applicant
    if person is None:
        return None
    return outbox.enqueue(
        template=template,
        recipient=person.email,
        language=person.language,
        context={
            "receipt_number": request.receipt_number,
            "request_type": REQUEST_TYPES[request.request_type].name,
            "target_on": request.target_on,
            "status_url": status_url(request),
            **more,
        },
        user=person,
        attachment=attachment,
        object_type=request._meta.label_lower,
        object_id=str(request.pk),
    )


def instruction_sent(*, instruction: Instruction, token: str) -> OutgoingMail:
    """Something is asked of somebody without an account; what it is stands on the page behind the link and a code."""
    return _to_addressee(instruction, "instruction_sent", token)


def instruction_reminded(*, instruction: Instruction, token: str, late: bool) -> OutgoingMail:
    """An answer is due, or overdue."""
    return _to_addressee(instruction, "instruction_reminder", token, late=late)


def instruction_withdrawn(*, instruction: Instruction) -> OutgoingMail:
    """What was asked is not needed any more; the link does not open."""
    return _without_link(instruction, "instruction_withdrawn")


def instruction_reconsidered(*, instruction: Instruction) -> OutgoingMail:
    """The decision that the instruction rests on is looked at once more."""
    return _without_link(instruction, "instruction_reconsidered")


def _without_link(instruction: Instruction, template: str) -> OutgoingMail:
    return outbox.enqueue(
        template=template,
        recipient=instruction.email,
        language=instruction.language,
        context={
            "addressee": instruction.addressee,
            "reference": instruction.reference,
            "kind": Kind(instruction.kind).label,
        },
        object_type=instruction._meta.label_lower,
        object_id=str(instruction.pk),
    )


def _to_addressee(instruction: Instruction, template: str, token: str, **more: Any) -> OutgoingMail:
    language = instruction.language
    expires = timezone.localdate(instruction.link_expires_at)
    return outbox.enqueue(
        template=template,
        recipient=instruction.email,
        language=language,
        context={
            "addressee": instruction.addressee,
            "reference": instruction.reference,
            "kind": Kind(instruction.kind).label,
            "due": written_day(instruction.due_on, language),
            "expires": written_day(expires, language),
            "url": f"{settings.PORTAL_URL}/instructions/{token}/",
            **more,
        },
        object_type=instruction._meta.label_lower,
        object_id=str(instruction.pk),
    )
