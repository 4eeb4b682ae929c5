"""In person at the counter: staff see the document itself and the face, and keep neither copy nor number."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent_app.models import Customer
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.evidence import AT_COUNTER, NEEDED_AT_COUNTER, Proof
from ..domain.identity_levels import Level, Means
from ..domain.transitions import Actor, Event, Note
from ..models import DisclosureRequest, Evidence, IdentityCheck, RequestEvent
from . import evidence, evidence_review, identity, transition
from .errors import EvidenceRefused
from .permissions import require_means, require_staff

PERMISSION: Final = "check_identity"


def seen(
    *,
    request: DisclosureRequest,
    actor: User,
    customer: Customer | None,
    document: str,
    seen_on: date,
    place: str,
    checks: Collection[str],
    reason: str,
    now: datetime,
) -> IdentityCheck:
    """Staff saw the person and a document with their picture. Where that is enough, the request goes on.

    Args:
        customer: who it is, of those registered; None where nobody is, or as long as staff have to look further.
        document: one of ``AT_COUNTER``.
        place: which counter; at most 100 characters, no personal data.
        checks: what was compared; all of ``NEEDED_AT_COUNTER``, unless ``reason`` says why it was not enough.
        reason: a value of ``evidence.Reason`` where the document was not taken; empty where it was.

    Raises:
        EvidenceRefused: another document, something not compared, an impossible day, a number in ``place``.
        MeansNotOffered: the operator does not use it.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, PERMISSION)
    require_means(Means.COUNTER)
    if document not in AT_COUNTER:
        raise EvidenceRefused(_("顔写真のある書類を選んでください。"), "document")
    if not reason and not set(checks) >= NEEDED_AT_COUNTER:
        raise EvidenceRefused(_("氏名、顔写真、有効期限をすべて確かめてください。"), "checks")
    with transaction.atomic():
        shown = evidence.record(
            request=request,
            actor=actor,
            proof=Proof.PRINCIPAL,
            document=document,
            way=Evidence.Way.COUNTER,
            came_on=seen_on,
            place=place,
            uploads=[],
            now=now,
        )
        if reason:
            evidence_review.reject(evidence=shown, actor=actor, reason=reason, note="", erase_now=False, now=now)
        else:
            evidence_review.accept(
                evidence=shown,
                actor=actor,
                proofs=[Proof.PRINCIPAL],
                checks=checks,
                covers_receipt=None,
                note="",
                now=now,
            )
        return _settle(request, actor, customer, passed=not reason, now=now)


def _settle(
    request: DisclosureRequest, actor: User, customer: Customer | None, *, passed: bool, now: datetime
) -> IdentityCheck:
    row = transition.locked(request)
    enough = passed and customer is not None and identity.is_enough(row, [Means.COUNTER])
    check = identity.record_passed(
        request=request,
        row=row,
        actor=actor,
        method=IdentityCheck.Method.COUNTER,
        customer=customer,
        level=Level.DOCUMENTS,
        enough=enough,
        since=now,
        now=now,
    )
    if not passed:
        check.state = IdentityCheck.State.FAILED
        check.save(update_fields=["state"])
    audit.record(
        action="identity.seen_at_counter",
        actor=actor,
        obj=row,
        detail={"level": int(check.level), "customer": customer.pk if customer else None},
    )
    RequestEvent.objects.create(
        request=row,
        kind=Note.SEEN_AT_COUNTER,
        from_status=row.status,
        to_status=row.status,
        actor_kind=Actor.STAFF,
        actor=actor,
        public=False,
        at=now,
    )
    if enough:
        transition.apply(request=request, event=Event.IDENTITY_CONFIRMED, actor=actor, actor_kind=Actor.STAFF, now=now)
    return check
