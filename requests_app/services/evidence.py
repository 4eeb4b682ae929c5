"""Documents that show identity and authority: asked for, sent by the person, written down when they come on paper.

While documents are owed the operator's clock stands still, by the same statuses as for a question.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.normalise import clean_note
from privacy_portal.core import ratelimit
from privacy_portal.core.models import User
from privacy_portal.core.ratelimit import Limit
from privacy_portal.core.services import audit, files

from ..domain.answers import holds_my_number
from ..domain.evidence import Need, Proof, holds_document_number, is_agents, needs_of, possible_needs
from ..domain.requesters import REQUESTERS_OF
from ..domain.transitions import Actor, Event, Note, Status
from ..models import DisclosureRequest, Evidence, EvidencePage, EvidenceRequest, Party, RequestEvent
from . import evidence_copies, evidence_pages, transition
from .deadlines import asked_on
from .errors import EvidenceRefused, NoAccount
from .evidence_pages import ReadPage
from .evidence_state import OPEN, asked_needs, open_request
from .permissions import require_person, require_staff

NOTE_LENGTH: Final = 1000
PLACE_LENGTH: Final = 100
# Both sides of two cards and a register fit well; more is a mistake or a nuisance.
MOST_DRAFTS: Final = 15
MOST_PAGES: Final = 6
UPLOADED: Final = Limit("evidence-upload", 40, 3600)
OLDEST: Final = timedelta(days=365)


def note_of(typed: str, field: str = "note") -> str:
    """A note about documents as it is kept.

    Raises:
        EvidenceRefused: too long, or with the number of a document or a My Number in it.
    """
    text = clean_note(typed[: 2 * NOTE_LENGTH])
    if len(text) > NOTE_LENGTH:
        raise EvidenceRefused(_("1,000文字以内で書いてください。"), field)
    if holds_my_number(text) or holds_document_number(text):
        raise EvidenceRefused(_("書類の番号やマイナンバーは書かないでください。"), field)
    return text


def ask(
    *,
    request: DisclosureRequest,
    actor: User,
    requester: str,
    proofs: Collection[str],
    note: str,
    now: datetime,
) -> EvidenceRequest:
    """Staff ask for documents; the operator's clock stands still until they arrive.

    Args:
        requester: a value of ``Requester`` that fits the role of the request.
        proofs: what has to be shown; rows of the table for that requester.
        note: for the person to read on their page; the mail does not have it.

    Raises:
        EvidenceRefused: nothing chosen, or something that this requester cannot show.
        NoAccount: the person would never see it.
        NotAllowed: no permission, or their own request.
        TransitionRefused: identity is not under review.
    """
    require_staff(actor, request, "check_identity")
    if request.applicant_id is None:
        raise NoAccount
    if requester not in REQUESTERS_OF[request.role]:
        raise EvidenceRefused(_("請求した人にあてはまるものを選んでください。"), "requester")
    possible = {need.proof.value for need in needs_of(request.role, requester)}
    if not proofs or not possible.issuperset(proofs):
        raise EvidenceRefused(_("この方にお願いできるものを1つ以上選んでください。"), "proofs")
    text = note_of(note)
    with transaction.atomic():
        row = transition.apply(
            request=request, event=Event.DOCUMENTS_ASKED, actor=actor, actor_kind=Actor.STAFF, now=now
        )
        return _ask(row, actor, requester, [proof for proof in Proof if proof in proofs], text, now)


def ask_by_rule(*, request: DisclosureRequest, now: datetime) -> DisclosureRequest | None:
    """The worker asks where the table says so before anybody looked: an agent, or a type of the level of documents.

    What only helps to find the data is asked with it of whoever said who they are; it is not required. Nothing
    registered was compared for it, so that it tells nothing. What was given for a request of the same visit is taken
    over instead. Runs in the caller's transaction.

    Returns:
        The request, waiting; None where everything is there already and staff go on.
    """
    stated = request.requester
    given = evidence_copies.carry_over(request, now=now)
    needs = [need for need in needs_of(request.role, stated) if need.proof not in given]
    if not any(need.required for need in needs):
        return None
    needed = [need.proof for need in needs if need.required or stated]
    row = transition.apply(request=request, event=Event.DOCUMENTS_ASKED, actor=None, actor_kind=Actor.WORKER, now=now)
    _ask(row, None, stated, needed, "", now)
    return row


def _ask(
    row: DisclosureRequest, actor: User | None, requester: str, proofs: Sequence[Proof], note: str, now: datetime
) -> EvidenceRequest:
    asked = EvidenceRequest.objects.create(
        request=row, requester=requester, proofs=proofs, note=note or None, asked_by=actor, asked_at=now
    )
    audit.record(action="evidence.asked", actor=actor or "worker", obj=row, detail={"requester": requester or None})
    return asked


def _need(needs: Collection[Need], proof: str, document: str) -> Need:
    need = next((one for one in needs if one.proof == proof), None)
    if need is None or document not in need.documents:
        raise EvidenceRefused(_("書類の種類を選んでください。"), "document")
    return need


def add(
    *,
    request: DisclosureRequest,
    actor: User,
    proof: str,
    document: str,
    uploads: Sequence[UploadedFile],
    now: datetime,
) -> Evidence:
    """Keep what the person chose, cleaned and encrypted; it is sent later, all at once.

    Args:
        proof: what it is to show, of those asked for.
        document: code of a document of the table.
        uploads: its pages or sides, in their order: pictures or PDF.

    Raises:
        EvidenceRefused: not asked for, no such document, a file that is not taken, too many of them.
        NotAllowed: not the person's own request.
        ratelimit.LimitExceeded: more than 40 in an hour.
    """
    require_person(actor, request)
    asked = open_request(request)
    if asked is None:
        raise EvidenceRefused(_("いまは、書類をお願いしていません。"))
    _need(asked_needs(asked), proof, document)
    ratelimit.hit((UPLOADED, str(actor.pk)))
    pages = evidence_pages.read(uploads, most=MOST_PAGES)
    with transaction.atomic():
        row = transition.locked(request)
        if open_request(row) is None:
            raise EvidenceRefused(_("いまは、書類をお願いしていません。"))
        if Evidence.objects.filter(request=row, state=Evidence.State.DRAFT).count() >= MOST_DRAFTS:
            raise EvidenceRefused(_("一度に送れるのは15点までです。いらないものを取り除いてください。"), "copies")
        evidence = _keep(row, proof, document, actor, now, way=Evidence.Way.UPLOAD, state=Evidence.State.DRAFT)
        _write(evidence, pages)
        audit.record(action="evidence.added", actor=actor, obj=evidence, detail={"pages": len(pages)})
    return evidence


def _keep(row: DisclosureRequest, proof: str, document: str, actor: User, now: datetime, **more: Any) -> Evidence:
    agent = row.role != DisclosureRequest.Role.PERSON and is_agents(proof, document)
    return Evidence.objects.create(
        request=row,
        proof=proof,
        document=document,
        party=Party.Kind.AGENT if agent else Party.Kind.PRINCIPAL,
        added_by=actor,
        added_at=now,
        **more,
    )


def _write(evidence: Evidence, pages: Sequence[ReadPage]) -> None:
    for position, page in enumerate(pages, start=1):
        file = evidence_pages.write(page, evidence.request.receipt_number)
        EvidencePage.objects.create(evidence=evidence, position=position, file=file)


@transaction.atomic
def remove(*, request: DisclosureRequest, actor: User, evidence_id: uuid.UUID) -> bool:
    """The person takes something away before sending it; the content is gone at once. Returns whether it was there.

    Raises:
        NotAllowed: not the person's own request.
    """
    require_person(actor, request)
    found = Evidence.objects.select_for_update().filter(pk=evidence_id, request=request, state=Evidence.State.DRAFT)
    evidence = found.first()
    if evidence is None:
        return False
    _forget_draft(evidence, actor)
    return True


def _forget_draft(evidence: Evidence, actor: audit.Actor) -> None:
    contents = [page.file for page in evidence.pages.select_related("file")]
    audit.record(action="evidence.removed", actor=actor, obj=evidence)
    evidence.delete()
    for file in contents:
        files.erase(file=file, actor=actor)


def send(*, request: DisclosureRequest, actor: User, now: datetime) -> list[Evidence]:
    """Everything that was chosen is sent; staff go on, and the clock runs again.

    A second click finds nothing to send and changes nothing.

    Raises:
        EvidenceRefused: nothing was chosen, or nothing is asked for any more.
        NotAllowed: not the person's own request.
    """
    require_person(actor, request)
    with transaction.atomic():
        row, others = _with_others(request)
        if open_request(row) is None:
            raise EvidenceRefused(_("いまは、書類をお願いしていません。"))
        sent = list(Evidence.objects.select_for_update().filter(request=row, state=Evidence.State.DRAFT))
        if not sent:
            raise EvidenceRefused(_("送る書類がありません。写真かPDFを加えてください。"))
        for evidence in sent:
            evidence.state, evidence.given_at = Evidence.State.GIVEN, now
            evidence.save(update_fields=["state", "given_at"])
        _arrived(row, actor, Actor.PERSON, now)
        _share(sent, others, actor, Actor.PERSON, now)
        request.status, request.target_on = row.status, row.target_on
        audit.record(action="evidence.sent", actor=actor, obj=row, detail={"count": len(sent)})
    return sent


def _with_others(request: DisclosureRequest) -> tuple[DisclosureRequest, list[DisclosureRequest]]:
    """The request and those of the same visit that wait for documents, all of them locked."""
    rows = evidence_copies.locked_together(request)
    others = [row for row in rows if row.pk != request.pk and open_request(row) is not None]
    return next(row for row in rows if row.pk == request.pk), others


def _share(
    given: Sequence[Evidence],
    others: Sequence[DisclosureRequest],
    actor: User,
    who: Actor,
    now: datetime,
    on: date | None = None,
) -> None:
    """What was given for one request of a visit is given for the others that wait for it."""
    for other in others:
        if evidence_copies.copy(given, other, actor=actor):
            _arrived(other, actor, who, now, on)


def _arrived(row: DisclosureRequest, actor: User, who: Actor, now: datetime, on: date | None = None) -> None:
    if row.status == Status.IDENTITY_WAITING:
        # The clock goes by the day on which the paper came, which is not always the day on which it is written down.
        day = max(on, asked_on(row)) if on else None
        transition.apply(request=row, event=Event.DOCUMENTS_SENT, actor=actor, actor_kind=who, now=now, on=day)
        return
    RequestEvent.objects.create(
        request=row,
        kind=Note.DOCUMENTS_ADDED,
        from_status=row.status,
        to_status=row.status,
        actor_kind=who,
        actor=actor,
        at=now,
    )


def record(
    *,
    request: DisclosureRequest,
    actor: User,
    proof: str,
    document: str,
    way: str,
    came_on: date,
    uploads: Sequence[UploadedFile],
    now: datetime,
    place: str = "",
) -> Evidence:
    """Staff write down a document that came by post or was shown at the counter, with a scan or without one.

    Args:
        place: where it was shown; at most 100 characters.

    Raises:
        EvidenceRefused: not a document for this requester, an impossible day, a file that is not taken.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, "check_identity")
    _need(possible_needs(request.role), proof, document)
    if way not in (Evidence.Way.POST, Evidence.Way.COUNTER):
        raise EvidenceRefused(_("届き方を選んでください。"), "way")
    today = timezone.localdate(now)
    if not today - OLDEST <= came_on <= today:
        raise EvidenceRefused(_("今日までの1年のうちの日付を入れてください。"), "came_on")
    where = note_of(place, "place")
    if len(where) > PLACE_LENGTH:
        raise EvidenceRefused(_("場所は100文字以内で書いてください。"), "place")
    pages = evidence_pages.read(uploads, most=MOST_PAGES) if uploads else []
    with transaction.atomic():
        row, others = _with_others(request)
        if row.status not in OPEN:
            raise EvidenceRefused(_("本人確認をしている間だけ、書類を記録できます。"))
        evidence = _keep(
            row,
            proof,
            document,
            actor,
            now,
            way=way,
            state=Evidence.State.GIVEN,
            came_on=came_on,
            place=where,
            given_at=now,
        )
        _write(evidence, pages)
        audit.record(action="evidence.recorded", actor=actor, obj=evidence, detail={"pages": len(pages)})
        _arrived(row, actor, Actor.STAFF, now, came_on)
        _share([evidence], others, actor, Actor.STAFF, now, came_on)
        request.status, request.target_on = row.status, row.target_on
    return evidence


def own_draft_page(*, request: DisclosureRequest, actor: User, page_id: uuid.UUID) -> EvidencePage | None:
    """A page that the person chose and has not sent yet; afterwards it is not shown to them again.

    Raises:
        NotAllowed: not the person's own request.
    """
    require_person(actor, request)
    return (
        EvidencePage.objects.select_related("file", "evidence")
        .filter(pk=page_id, evidence__request=request, evidence__state=Evidence.State.DRAFT)
        .first()
    )


def purge_drafts(*, before: datetime, batch: int = 100) -> int:
    """Erase what was chosen and not sent since ``before``, or for which nobody waits any more. Returns how many."""
    unsent = Evidence.objects.filter(state=Evidence.State.DRAFT)
    due = unsent.filter(added_at__lt=before) | unsent.exclude(request__status__in=OPEN)
    purged = 0
    for key in list(due.values_list("pk", flat=True)[:batch]):
        with transaction.atomic():
            evidence = (
                Evidence.objects.select_for_update(skip_locked=True).filter(pk=key, state=Evidence.State.DRAFT).first()
            )
            if evidence is not None:
                _forget_draft(evidence, "worker")
                purged += 1
    return purged
