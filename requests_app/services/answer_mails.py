"""Answers that go out as an encrypted attachment (Rule 30: the person chooses the way, where the operator offers it).

The passphrase never goes by mail: the person sees it on the page of the request after a fresh code. What is mailed is
made of the answer's encrypted files when the mail leaves; neither it nor a plain copy is kept.
"""

import io
import uuid
import zipfile
from datetime import datetime
from typing import Final

import pyzipper
from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from privacy_portal.core.mail_attachments import Attachment, AttachmentGone
from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import audit, files, outbox

from .. import notifications
from ..domain import passphrases
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Actor, Event, Note, Status
from ..models import AnswerFile, AnswerMail, Decision, DisclosureRequest, RequestEvent
from . import evidence_state, letters, transition
from .errors import AnswerGone, NoAddress, TooLargeToMail
from .permissions import require_staff

Method = DisclosureRequest.AnswerMethod
# Effects of the table of types; their files are what the letter announces.
LETTER_NAMES_THE_WAY: Final = ("package", "provision_records")


def is_mailed(request: DisclosureRequest) -> bool:
    """Whether the answer is to go out as an attachment; without an account there is nowhere to show the passphrase.

    Never to an agent whose mandate does not cover it.
    """
    wanted = request.answer_method == Method.ATTACHMENT and request.applicant_id is not None
    return wanted and not evidence_state.goes_past_the_agent(request)


def in_force(request: DisclosureRequest) -> AnswerMail | None:
    """The sending whose passphrase opens what the person has; None where there is none."""
    found = AnswerMail.objects.filter(decision__request=request, decision__superseded_at=None, ended_at=None)
    return found.select_related("mail", "decision").first()


def send(*, decision: Decision, now: datetime) -> AnswerMail | None:
    """Mail the answer of a decision whose files are made, in the transaction that made them.

    Returns:
        None where the files are too large for a mail: the person opens them on the page, and the timeline says so.
    """
    request = decision.request
    if not _fits(decision):
        _note(request, Note.ANSWER_TOO_LARGE, None, now)
        return None
    made = AnswerMail.objects.create(decision=decision, passphrase=passphrases.generate(), created_at=now)
    made.mail = notifications.answer_attached(request=request, answer_mail=made)
    made.save(update_fields=["mail"])
    audit.record(action="answer.mailed", actor="worker", obj=made)
    return made


def _fits(decision: Decision) -> bool:
    size = decision.files.aggregate(size=Sum("file__size"))["size"] or 0
    return bool(size <= settings.ANSWER_MAIL_MAX_MB * 1024 * 1024)


def attachment(key: str) -> Attachment:
    """The encrypted ZIP of a sending, for the outbox. Made anew for each attempt, with the same passphrase.

    Raises:
        AttachmentGone: another sending or decision took its place, or the answer's time is over.
    """
    made = AnswerMail.objects.select_related("decision__request").filter(pk=uuid.UUID(key)).first()
    if made is None or made.passphrase is None or made.decision.superseded_at is not None:
        raise AttachmentGone
    answers = list(made.decision.files.select_related("file").order_by("kind"))
    if not answers or any(answer.file.erased_at for answer in answers):
        raise AttachmentGone
    content = _encrypted(answers, made.passphrase.encode())
    name = f"{made.decision.request.receipt_number}.zip"
    return Attachment(name=name, content=content, content_type="application/zip")


def _encrypted(answers: list[AnswerFile], passphrase: bytes) -> bytes:
    """One ZIP (WinZip AES-256, AE-2) with the notice and the members of the package, whose names say nothing."""
    target = io.BytesIO()
    with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as encrypted:
        encrypted.setpassword(passphrase)
        encrypted.setencryption(pyzipper.WZ_AES, nbits=256)
        for answer in answers:
            plain = io.BytesIO(b"".join(files.open_stream(answer.file)))
            if answer.kind == AnswerFile.Kind.LETTER:
                encrypted.writestr(answer.file.name, plain.getvalue())
                continue
            with zipfile.ZipFile(plain) as package:
                for member in package.infolist():
                    encrypted.writestr(member.filename, package.read(member))
    return target.getvalue()


def show_passphrase(*, request: DisclosureRequest, user: User, now: datetime) -> str:
    """The passphrase, for the page that a fresh code opened. Each showing is recorded.

    Raises:
        AnswerMail.DoesNotExist: the request is not this person's, or nothing in force was mailed.
    """
    with transaction.atomic():
        made = (
            AnswerMail.objects.select_for_update(of=("self",))
            .filter(decision__request__applicant=user, decision__superseded_at=None, ended_at=None)
            .get(decision__request=request, passphrase__isnull=False)
        )
        if not made.shown_count:
            _note(request, Note.PASSPHRASE_SHOWN, user, now)
        AnswerMail.objects.filter(pk=made.pk).update(
            shown_count=F("shown_count") + 1, first_shown_at=Coalesce(F("first_shown_at"), Value(now))
        )
        audit.record(action="answer.passphrase_shown", actor=user, obj=made)
    return str(made.passphrase)


def resend(*, request: DisclosureRequest, actor: User, now: datetime) -> AnswerMail:
    """Mail the answer again, with a new passphrase; the former one is gone, and a mail that waits is not sent.

    Raises:
        NotAllowed: no permission, or their own request.
        TransitionRefused: the request is not answered.
        AnswerGone: the answer's time is over, or it was not to be mailed.
        TooLargeToMail: the files are too large for a mail.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        row, decision = _answered(request)
        if not is_mailed(row):
            raise AnswerGone
        if not _fits(decision):
            raise TooLargeToMail
        _end(decision, now)
        made = send(decision=decision, now=now)
        if made is None:
            raise TooLargeToMail
        _note(row, Note.ANSWER_MAILED_AGAIN, actor, now)
        return made


def switch(*, request: DisclosureRequest, actor: User, to: str, now: datetime) -> DisclosureRequest:
    """Give a mailed answer in another way: on the page of the request, or on paper.

    Args:
        to: ``download`` or ``paper``.

    Raises:
        NotAllowed, TransitionRefused, AnswerGone: as for :func:`resend`.
        NoAddress: the person stated no address to which paper could go.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        row, decision = _answered(request)
        if not is_mailed(row):
            raise AnswerGone
        method = Method(to)
        if method == Method.PAPER and not _address(row):
            raise NoAddress
        _end(decision, now)
        row.answer_method = request.answer_method = method
        row.save(update_fields=["answer_method"])
        if REQUEST_TYPES[row.request_type].effect in LETTER_NAMES_THE_WAY:
            _write_anew(decision, row, actor, now)
        audit.record(action="answer.method_changed", actor=actor, obj=row, detail={"to": str(method)})
        if method == Method.PAPER:
            return transition.apply(
                request=request, event=Event.SENT_ON_PAPER_INSTEAD, actor=actor, actor_kind=Actor.STAFF, now=now
            )
        _note(row, Note.DOWNLOAD_INSTEAD, actor, now)
        notifications.status_changed(request=row, event=Event.FULFILLED)
    return row


def _answered(request: DisclosureRequest) -> tuple[DisclosureRequest, Decision]:
    row = transition.locked(request)
    transition.require(row, Event.SENT_ON_PAPER_INSTEAD, Actor.STAFF)
    decision = Decision.objects.select_for_update(of=("self",)).get(request=row, superseded_at=None)
    answers = AnswerFile.objects.filter(decision=decision)
    if not answers.exists() or answers.exclude(file__erased_at=None).exists():
        raise AnswerGone
    return row, decision


def _address(request: DisclosureRequest) -> bool:
    return request.parties.exclude(address1="").exists()


def _write_anew(decision: Decision, request: DisclosureRequest, actor: User, now: datetime) -> None:
    """The letter says how the data comes; it goes out once more, as of the day on which it was made."""
    decision.request = request
    answer = AnswerFile.objects.select_related("file").get(decision=decision, kind=AnswerFile.Kind.LETTER)
    old = answer.file
    answer.file = letters.kept_letter(
        decision=decision, available_until=timezone.localdate(answer.expires_at), at=answer.created_at
    )
    answer.save(update_fields=["file"])
    files.erase(file=old, actor=actor)


def _end(decision: Decision, now: datetime) -> None:
    """End the sending in force: its passphrase goes, and its mail with it where that has not left."""
    for made in AnswerMail.objects.select_for_update(of=("self",)).filter(decision=decision, ended_at=None):
        if made.mail_id is not None:
            unsent = [OutgoingMail.State.QUEUED, OutgoingMail.State.WAITING]
            outbox.empty_now(OutgoingMail.objects.filter(pk=made.mail_id, state__in=unsent), now=now)
        made.passphrase, made.ended_at = None, now
        made.save(update_fields=["passphrase", "ended_at"])


def forget(*, decision_id: uuid.UUID, now: datetime) -> None:
    """The files of an answer are gone: the passphrase goes too."""
    AnswerMail.objects.filter(decision_id=decision_id, passphrase__isnull=False).update(passphrase=None, ended_at=now)


def can_be_switched(request: DisclosureRequest) -> bool:
    """Whether staff may send again or choose another way."""
    return request.status == Status.ANSWERED and is_mailed(request)


def _note(request: DisclosureRequest, kind: Note, actor: User | None, now: datetime) -> None:
    if actor is None:
        who = Actor.WORKER
    else:
        who = Actor.PERSON if actor.pk == request.applicant_id else Actor.STAFF
    RequestEvent.objects.create(request=request, kind=kind, actor_kind=who, actor=actor, at=now)
