"""Staff look at documents, cover what must not be kept, and judge. Looks are recorded, judgements never changed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit, files

from ..domain.evidence import Proof, Reason
from ..models import DisclosureRequest, Evidence, EvidenceJudgement, EvidencePage, RetentionHold
from . import evidence_pages, transition
from .errors import EvidenceRefused
from .evidence import note_of
from .evidence_pages import Box, ReadPage
from .evidence_state import OPEN
from .permissions import require_staff

PERMISSION: Final = "check_identity"
SETTLED = _("本人確認をしている間だけ、書類を判断できます。")
GONE = _("写しは消去されています。")


def look(*, page: EvidencePage, actor: User, now: datetime) -> bytes:
    """A page as JPEG, with the name of who looks and when drawn into it. The look is recorded.

    Raises:
        EvidenceRefused: the content was erased, or the person has not sent it.
        NotAllowed: no permission, or their own request.
    """
    evidence = page.evidence
    require_staff(actor, evidence.request, PERMISSION)
    if page.file.erased_at is not None or evidence.state == Evidence.State.DRAFT:
        raise EvidenceRefused(GONE)
    audit.record(action="evidence.opened", actor=actor, obj=evidence, detail={"page": page.position})
    words = f"{actor.display_name or actor.email}  {timezone.localtime(now):%Y-%m-%d %H:%M}  {evidence.request}"
    return evidence_pages.watermarked(evidence_pages.content_of(page.file), words)


def cover(*, page: EvidencePage, actor: User, boxes: Sequence[Box], now: datetime) -> EvidencePage:
    """Cover what must not be kept. The page is written anew and the old file destroyed: it cannot be taken back.

    Raises:
        EvidenceRefused: no box on the page, or the content was erased.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, page.evidence.request, PERMISSION)
    with transaction.atomic():
        row = (
            EvidencePage.objects.select_for_update(of=("self",))
            .select_related("file", "evidence__request")
            .get(pk=page.pk)
        )
        if row.file.erased_at is not None or row.evidence.state == Evidence.State.DRAFT:
            raise EvidenceRefused(GONE)
        before = row.file
        content = evidence_pages.covered(evidence_pages.content_of(before), boxes)
        row.file = evidence_pages.write(ReadPage(content), row.evidence.request.receipt_number)
        row.masked_by, row.masked_at = actor, now
        row.save(update_fields=["file", "masked_by", "masked_at"])
        files.erase(file=before, actor=actor)
        audit.record(action="evidence.covered", actor=actor, obj=row.evidence, detail={"page": row.position})
    return row


def accept(
    *,
    evidence: Evidence,
    actor: User,
    proofs: Collection[str],
    checks: Collection[str],
    covers_receipt: bool | None,
    note: str,
    now: datetime,
) -> EvidenceJudgement:
    """Staff say what the document shows, and what of it they looked at.

    Args:
        proofs: what it shows, of what the table says it can.
        checks: what was looked at, of what the table says.
        covers_receipt: of a mandate, and required for it: whether the answer may be given to the agent.
        note: never with the number of the document.

    Raises:
        EvidenceRefused: nothing chosen, something else than the table has, or identity is not in question any more.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, evidence.request, PERMISSION)
    kind = evidence.kind
    if not proofs or not {proof.value for proof in kind.proves}.issuperset(proofs):
        raise EvidenceRefused(_("この書類で確かめられたことを選んでください。"), "proofs")
    if evidence.request.role == DisclosureRequest.Role.PERSON and Proof.AGENT in proofs:
        raise EvidenceRefused(_("代理人はいません。"), "proofs")
    if not checks or not {check.value for check in kind.checks}.issuperset(checks):
        raise EvidenceRefused(_("見たところを選んでください。"), "checks")
    is_mandate = evidence.document == "mandate"
    if is_mandate and covers_receipt is None:
        raise EvidenceRefused(_("回答の受け取りも頼まれているかどうかを選んでください。"), "covers_receipt")
    judged = EvidenceJudgement(
        accepted=True,
        proofs=[proof for proof in Proof if proof in proofs],
        checks=[check for check in kind.checks if check in checks],
        covers_receipt=covers_receipt if is_mandate else None,
    )
    return _judge(evidence, judged, actor, note_of(note), now)


def reject(
    *, evidence: Evidence, actor: User, reason: str, note: str, erase_now: bool, now: datetime
) -> EvidenceJudgement:
    """Staff say why the document is not enough.

    Args:
        reason: a value of ``Reason``; the person reads it.
        erase_now: destroy the copy at once, as where a My Number is to be seen on it.

    Raises:
        EvidenceRefused: no reason, or identity is not in question any more.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, evidence.request, PERMISSION)
    if reason not in Reason.values:
        raise EvidenceRefused(_("受け取れない理由を選んでください。"), "reason")
    with transaction.atomic():
        judged = _judge(evidence, EvidenceJudgement(accepted=False, reason=reason), actor, note_of(note), now)
        if erase_now:
            _erase(evidence, actor, now)
    return judged


def _judge(evidence: Evidence, judged: EvidenceJudgement, actor: User, note: str, now: datetime) -> EvidenceJudgement:
    with transaction.atomic():
        request = transition.locked(evidence.request)
        row = Evidence.objects.select_for_update().get(pk=evidence.pk)
        if request.status not in OPEN or row.state == Evidence.State.DRAFT:
            raise EvidenceRefused(SETTLED)
        if judged.accepted and row.erased_at is not None:
            raise EvidenceRefused(GONE)
        judged.evidence, judged.judged_by, judged.judged_at, judged.note = row, actor, now, note or None
        judged.save(force_insert=True)
        row.state = Evidence.State.CHECKED if judged.accepted else Evidence.State.REJECTED
        row.save(update_fields=["state"])
        evidence.state = row.state
        audit.record(action="evidence.judged", actor=actor, obj=row, detail={"accepted": judged.accepted})
    return judged


def _erase(evidence: Evidence, actor: audit.Actor, now: datetime) -> None:
    for page in evidence.pages.select_related("file"):
        files.erase(file=page.file, actor=actor)
    Evidence.objects.filter(pk=evidence.pk).update(erased_at=now)
    evidence.erased_at = now
    audit.record(action="evidence.erased", actor=actor, obj=evidence)


def erase_due(*, now: datetime, batch: int = 200) -> int:
    """Erase the copies ``EVIDENCE_FILE_DAYS`` after the decision in force or the end; what was checked stays.

    Returns:
        How many documents were erased.
    """
    before = now - timedelta(days=settings.EVIDENCE_FILE_DAYS)
    decided = Q(request__decisions__superseded_at=None, request__decisions__decided_at__lte=before)
    ended = Q(request__closed_at__lte=before)
    held = RetentionHold.objects.filter(request=OuterRef("request"), ended_at=None)
    due = Evidence.objects.filter(~Exists(held), decided | ended, erased_at=None).exclude(state=Evidence.State.DRAFT)
    erased = 0
    for key in list(due.order_by("added_at", "pk").values_list("pk", flat=True).distinct()[:batch]):
        with transaction.atomic():
            evidence = Evidence.objects.select_for_update(skip_locked=True).filter(pk=key, erased_at=None).first()
            if evidence is not None:
                _erase(evidence, "worker", now)
                erased += 1
    return erased
