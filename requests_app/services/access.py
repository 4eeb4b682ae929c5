"""Opening an answer: signed in, a fresh code by mail, then a link that works once and for minutes."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import OneTimeCode, User
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import audit, codes, files

from ..domain.transitions import Actor, Note
from ..models import AnswerFile, DisclosureRequest, DownloadGrant, RequestEvent
from . import evidence_state
from .errors import RequestError

GRANT_LIFETIME = timedelta(minutes=10)


class GrantRefused(RequestError):
    """A download link does not open the file. The person asks for a new one."""


class GrantExpired(GrantRefused):
    """The link's minutes are over, or the answer itself is no longer offered."""

    message = _("このリンクの期限が切れました。")


class GrantUsed(GrantRefused):
    """The link opened the file before."""

    message = _("このリンクは使用済みです。")


def _subject(request: DisclosureRequest, user: User) -> str:
    return f"{user.pk}:{request.pk}"


def _own(request: DisclosureRequest, user: User) -> None:
    # The portal's querysets never hand out another person's request; this holds for every other caller too.
    if request.applicant_id != user.pk:
        raise DisclosureRequest.DoesNotExist


def available_files(*, request: DisclosureRequest, now: datetime) -> list[AnswerFile]:
    """The files of the decision in force that can still be opened, the letter first.

    None where the answer is for the person and an agent asked whose mandate does not cover it.
    """
    if evidence_state.goes_past_the_agent(request):
        return []
    rows = request.answer_files.filter(decision__superseded_at=None, expires_at__gt=now, file__erased_at=None)
    return list(rows.select_related("file").order_by("kind"))


def request_code(*, request: DisclosureRequest, user: User, client: str, now: datetime) -> uuid.UUID:
    """Mail a fresh code to the account's address.

    Args:
        client: what ``ratelimit.client_of`` says about the page's request.

    Returns:
        The code's id, to be kept in the person's session and given to :func:`check_code`.

    Raises:
        DisclosureRequest.DoesNotExist: the request is not this person's.
        ratelimit.LimitExceeded: too soon or too often; no code was made.
    """
    _own(request, user)
    try:
        with transaction.atomic():
            code = codes.issue(
                purpose=OneTimeCode.Purpose.OPEN_FILE,
                subject=_subject(request, user),
                recipient=user.email,
                client=client,
                language=user.language,
                template="open_file_code",
                context={"receipt_number": request.receipt_number},
                user=user,
                now=now,
            )
            audit.record(action="answer.code_requested", actor=user, obj=request)
    except LimitExceeded:
        audit.record(action="answer.limited", actor=user, obj=request)
        raise
    return code.pk


def check_code(
    *, request: DisclosureRequest, user: User, code_id: uuid.UUID, code: str, client: str, now: datetime
) -> None:
    """Accept the code, once. Not inside a transaction: a counted try must stay counted.

    Raises:
        codes.CodeWrong, codes.CodeDead, ratelimit.LimitExceeded: see ``codes.check``.
        DisclosureRequest.DoesNotExist: the request is not this person's.
    """
    _own(request, user)
    try:
        codes.check(
            code_id=code_id,
            purpose=OneTimeCode.Purpose.OPEN_FILE,
            subject=_subject(request, user),
            code=code,
            client=client,
            now=now,
        )
    except codes.CodeRefused:
        audit.record(action="answer.code_refused", actor=user, obj=request)
        raise
    except LimitExceeded:
        audit.record(action="answer.limited", actor=user, obj=request)
        raise
    audit.record(action="answer.code_accepted", actor=user, obj=request)


def grant(*, answer_file: AnswerFile, user: User, now: datetime) -> DownloadGrant:
    """Allow one download of one file by one account, within ten minutes.

    The caller has made sure that a fresh code was accepted.

    Raises:
        DisclosureRequest.DoesNotExist: the file is not this person's.
        GrantExpired: the file's own time is over, or a newer decision replaced it.
    """
    _own(answer_file.request, user)
    if answer_file not in available_files(request=answer_file.request, now=now):
        audit.record(action="answer.link_refused", actor=user, obj=answer_file)
        raise GrantExpired
    return DownloadGrant.objects.create(
        answer_file=answer_file, user=user, created_at=now, expires_at=now + GRANT_LIFETIME
    )


def open_grant(*, grant_id: uuid.UUID, user: User, now: datetime) -> tuple[AnswerFile, Iterator[bytes]]:
    """Use the permission up and hand out the decrypted content as a stream. A refusal is recorded.

    Raises:
        DownloadGrant.DoesNotExist: there is none of this id for this account.
        GrantExpired: its minutes are over, or the answer's time is.
        GrantUsed: it opened the file before.
    """
    found = DownloadGrant.objects.select_related("answer_file__file", "answer_file__request", "answer_file__decision")
    allowed = found.get(pk=grant_id, user=user)
    try:
        return allowed.answer_file, _use_up(allowed, user, now)
    except GrantRefused:
        # Outside the transaction, which takes back what it wrote.
        audit.record(action="answer.link_refused", actor=user, obj=allowed.answer_file)
        raise


@transaction.atomic
def _use_up(allowed: DownloadGrant, user: User, now: datetime) -> Iterator[bytes]:
    answer = allowed.answer_file
    if allowed.used_at is not None:
        raise GrantUsed
    gone = answer.expires_at <= now or answer.file.erased_at is not None or answer.decision.superseded_at is not None
    if allowed.expires_at <= now or gone:
        raise GrantExpired
    # Two clicks at once: the database lets exactly one of them through.
    if not DownloadGrant.objects.filter(pk=allowed.pk, used_at=None).update(used_at=now):
        raise GrantUsed
    first = answer.download_count == 0
    AnswerFile.objects.filter(pk=answer.pk).update(
        download_count=F("download_count") + 1, first_opened_at=Coalesce(F("first_opened_at"), Value(now))
    )
    if first:
        RequestEvent.objects.create(
            request=answer.request,
            kind=Note.ANSWER_OPENED,
            actor_kind=Actor.PERSON,
            actor=user,
            at=now,
            data={"file": answer.kind},
        )
    audit.record(action="answer.downloaded", actor=user, obj=answer, detail={"kind": str(answer.kind)})
    return files.open_stream(answer.file)


def purge_grants(*, now: datetime) -> int:
    """Delete permissions whose minutes were over a day ago. Returns how many."""
    return DownloadGrant.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()[0]
