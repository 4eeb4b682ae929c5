"""Data that staff found where no connector looks: copied into the case, so that the answer has it (article 33).

Papers of an applicant, notes of a telephone call, a mailbox: what is held is held wherever it lies. Files are written
anew like any other upload. Until the decision a copy can be taken out again; after it the answer is what it was.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit, files, uploads
from privacy_portal.core.services.uploads import CleanFile

from ..domain.transitions import IDENTITY_STATUSES, OPEN_STATUSES, Status
from ..models import CaseFinding, DisclosureRequest, FoundContent, RetentionHold
from . import transition
from .errors import FileGone, RequestError
from .instructions import clean_body
from .permissions import require_staff

NAME = "found"
OPEN = OPEN_STATUSES - IDENTITY_STATUSES - {Status.FULFILLING, Status.READY_TO_POST}


class NothingFound(RequestError):
    """The finding says that nothing is there, or nothing for sure."""

    message = _("「あった」と書いた結果にだけ、データを入れられます。")


class NotNow(RequestError):
    """The person is not confirmed yet, or the answer was decided."""

    message = _("データを入れたり取り除いたりできるのは、本人確認が済んでから、回答を決定するまでの間です。")


class NothingGiven(RequestError):
    """Neither a text nor a file."""

    message = _("内容を書くか、ファイルを選んでください。")


def put_in(
    *, finding: CaseFinding, actor: User, text: str, file: CleanFile | None, now: datetime
) -> list[FoundContent]:
    """Copy what was found into the case: a text, a file, or both.

    Args:
        text: at most 4,000 characters; longer ones are a file.

    Raises:
        InvalidInstruction: the text is too long, or has a My Number in it.
        NotAllowed: no permission, or their own request.
        NothingFound, NothingGiven, NotNow: see there.
    """
    require_staff(actor, finding.request)
    body = clean_body(text, "text", required=False)
    if not body and file is None:
        raise NothingGiven
    if finding.result != CaseFinding.Result.FOUND:
        raise NothingFound
    with files.removed_on_error(), transaction.atomic():
        row = transition.locked(finding.request)
        if row.status not in OPEN:
            raise NotNow
        made = []
        if body:
            made.append(FoundContent.objects.create(finding=finding, text=body, added_by=actor, added_at=now))
        if file is not None:
            stored = uploads.store(file, name=f"{row.receipt_number}-{NAME}")
            made.append(FoundContent.objects.create(finding=finding, file=stored, added_by=actor, added_at=now))
        for one in made:
            audit.record(action="found.added", actor=actor, obj=one)
    return made


def take_out(*, content: FoundContent, actor: User, now: datetime) -> None:
    """Take a copy out of the answer again and erase it. Twice does no harm.

    Raises:
        NotAllowed: no permission, or their own request.
        NotNow: the answer was decided.
    """
    require_staff(actor, content.finding.request)
    with transaction.atomic():
        if transition.locked(content.finding.request).status not in OPEN:
            raise NotNow
        _remove([content.pk], actor, now, "found.removed")


def open_file(*, content: FoundContent, actor: User) -> Iterator[bytes]:
    """The file, decrypted while it is read. The look is recorded.

    Raises:
        FileGone: it was erased or taken out, or it is a text.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, content.finding.request, "view_disclosurerequest")
    if content.file is None or content.file.erased_at is not None:
        raise FileGone
    audit.record(action="found.opened", actor=actor, obj=content)
    return files.open_stream(content.file)


def forget(*, requests: QuerySet[DisclosureRequest], now: datetime) -> None:
    """Erase the copies of earlier cases about somebody who was erased. What a hold keeps stays until that ends.

    In the transaction of the erasure.
    """
    held = RetentionHold.objects.filter(ended_at=None).values("request")
    found = FoundContent.objects.filter(finding__request__in=requests, removed_at=None)
    _remove(found.exclude(finding__request__in=held).values_list("pk", flat=True), "worker", now, "found.erased")


def _remove(keys: Collection[object], actor: audit.Actor, now: datetime, action: str) -> None:
    rows = FoundContent.objects.select_for_update(of=("self",)).select_related("file")
    for row in rows.filter(pk__in=list(keys), removed_at=None).order_by("pk"):
        if row.file is not None:
            files.erase(file=row.file, actor=actor)
        row.text, row.removed_at = None, now
        row.save(update_fields=["text", "removed_at"])
        audit.record(action=action, actor=actor, obj=row)
