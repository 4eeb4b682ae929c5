"""Files of messages: chosen one by one or together, kept until the message is sent, opened by the two sides only.

A file that was accepted stays chosen although another one was refused or the text was not right: nobody has to find it
on their telephone a second time.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from privacy_portal.core import ratelimit
from privacy_portal.core.models import User
from privacy_portal.core.ratelimit import Limit
from privacy_portal.core.services import audit, files, uploads
from privacy_portal.core.services.uploads import CleanFile

from ..domain.answers import holds_my_number
from ..domain.transitions import ENDED_STATUSES
from ..models import DisclosureRequest, Message, MessageFile
from . import transition
from .errors import FileGone, FilesChanged, NoAccount, ThreadClosed, TooManyFiles
from .permissions import require_person, require_staff

# Opening a file costs seconds; nobody has more to say than this. Staff have no such limit.
SENT_BY_PERSON: Final = Limit("message-file", 40, 3600)
UNSENT_FOR: Final = timedelta(days=1)
NAME: Final = "attachment"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the chosen files: keys of the accepted ones; a sentence with its name for each refused one."""

    accepted: list[uuid.UUID] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def take(*, request: DisclosureRequest, actor: User, chosen: Sequence[UploadedFile], now: datetime) -> Taken:
    """Clean and keep the files that were chosen for the next message. Each stands for itself.

    Raises:
        NoAccount: the person would never see them.
        NotAllowed: neither the person nor staff.
        ThreadClosed: the request has ended.
        LimitExceeded: too many files of this account within an hour; those before are kept.
    """
    if not chosen:
        return Taken()
    _require_side(request, actor)
    taken = Taken()
    for upload in chosen:
        name = upload.name or ""
        try:
            # Asked before the file is opened, and again when it is kept.
            _require_room(request, actor)
            if actor.pk == request.applicant_id:
                ratelimit.hit((SENT_BY_PERSON, str(actor.pk)))
            added = _add(request, actor, uploads.clean(upload, name=name), now)  # type: ignore[arg-type]
            taken.accepted.append(added.pk)
        except (ValidationError, TooManyFiles) as error:
            words = error.messages[0] if isinstance(error, ValidationError) else str(error)
            shown = uploads.shown_name(name)
            taken.refused.append(gettext("「%(name)s」：%(words)s") % {"name": shown, "words": words})
    return taken


def _require_side(request: DisclosureRequest, actor: User) -> None:
    if actor.pk == request.applicant_id:
        require_person(actor, request)
        return
    require_staff(actor, request)
    if request.applicant_id is None:
        raise NoAccount


def _require_room(request: DisclosureRequest, actor: User) -> int:
    """How many files are chosen already, if another one may be."""
    count = unsent(request=request, actor=actor).count()
    if count >= settings.MESSAGE_FILES_MAX:
        raise TooManyFiles(settings.MESSAGE_FILES_MAX)
    return count


def _add(request: DisclosureRequest, actor: User, clean: CleanFile, now: datetime) -> MessageFile:
    with transaction.atomic():
        row = transition.locked(request)
        if row.status in ENDED_STATUSES:
            raise ThreadClosed
        position = _require_room(row, actor)
        stored = uploads.store(clean, name=NAME)
        added = MessageFile.objects.create(
            request=row,
            file=stored,
            # Nobody notices what stands in the name of a file; the file itself may be needed.
            name=stored.name if holds_my_number(clean.name) else clean.name,
            added_by=actor,
            added_at=now,
            position=position,
        )
        audit.record(action="message_file.added", actor=actor, obj=added)
    return added


def unsent(*, request: DisclosureRequest, actor: User) -> QuerySet[MessageFile]:
    """What this account has chosen and not sent yet."""
    return MessageFile.objects.filter(request=request, message=None, added_by=actor).select_related("file")


def discard(*, request: DisclosureRequest, actor: User, key: uuid.UUID) -> bool:
    """Take a chosen file back before it is sent. Returns whether there was one.

    Raises:
        NotAllowed: neither the person nor staff.
    """
    _require_side(request, actor)
    with transaction.atomic():
        found = unsent(request=request, actor=actor).select_for_update(of=("self",)).filter(pk=key).first()
        if found is None:
            return False
        _forget(found, actor)
    return True


def _forget(unsent_file: MessageFile, actor: audit.Actor) -> None:
    content = unsent_file.file
    audit.record(action="message_file.discarded", actor=actor, obj=unsent_file)
    unsent_file.delete()
    files.erase(file=content, actor=actor)


def attach(*, message: Message, actor: User, keys: Collection[uuid.UUID]) -> None:
    """Send the chosen files with the message. Inside its transaction, with the request locked.

    Args:
        keys: the files that the page showed; what was chosen on another page meanwhile does not go along unseen.

    Raises:
        FilesChanged: one of them was sent or taken back meanwhile.
    """
    if not keys:
        return
    mine = unsent(request=message.request, actor=actor).filter(pk__in=keys)
    if mine.update(message=message) != len(set(keys)):
        raise FilesChanged


def open_file(*, attached: MessageFile, actor: User) -> Iterator[bytes]:
    """The content, decrypted while it is read. The look is recorded.

    Raises:
        NotAllowed: neither the person nor staff who may see the request.
        FileGone: it was erased, or never sent.
    """
    request = attached.request
    if actor.pk == request.applicant_id:
        require_person(actor, request)
    else:
        require_staff(actor, request, "view_disclosurerequest")
    if attached.message_id is None or attached.file.erased_at is not None:
        raise FileGone
    audit.record(action="message_file.opened", actor=actor, obj=attached)
    return files.open_stream(attached.file)


def discard_forgotten(*, now: datetime) -> int:
    """Take back what was chosen a day ago and never sent. What was sent goes with the case (:mod:`.retention`).

    Returns:
        How many were taken back.
    """
    forgotten = MessageFile.objects.filter(message=None, added_at__lte=now - UNSENT_FOR)
    count = 0
    for key in list(forgotten.values_list("pk", flat=True)):
        with transaction.atomic():
            # Somebody may be sending it in this moment.
            still = forgotten.select_for_update(of=("self",)).select_related("file").filter(pk=key).first()
            if still is not None:
                _forget(still, "worker")
                count += 1
    return count
