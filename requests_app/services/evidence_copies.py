"""Documents that somebody sends once for several requests of one visit.

Each request keeps a copy of its own: it is judged there (a mandate may cover one matter and not the other) and goes
with its own case.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet

from privacy_portal.core.services import audit

from ..domain.evidence import Proof, possible_needs
from ..domain.transitions import Actor, Note
from ..models import DisclosureRequest, Evidence, EvidencePage, RequestEvent
from . import evidence_pages
from .evidence_pages import ReadPage
from .evidence_state import OPEN

State = Evidence.State


def together(request: DisclosureRequest) -> QuerySet[DisclosureRequest]:
    """The other requests that the same person sent with it for the same people."""
    if request.visit is None:
        return DisclosureRequest.objects.none()
    return DisclosureRequest.objects.filter(visit=request.visit).exclude(pk=request.pk).order_by("received_at", "pk")


def locked_together(request: DisclosureRequest) -> list[DisclosureRequest]:
    """It and those that were sent with it and still have to show something, locked in one order for everybody."""
    keys = [request.pk, *together(request).filter(status__in=OPEN).values_list("pk", flat=True)]
    return list(DisclosureRequest.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))


def copy(documents: Iterable[Evidence], to: DisclosureRequest, *, actor: audit.Actor) -> list[Evidence]:
    """Give a request what was given for another one, to be judged there. In the caller's transaction.

    What cannot be read any more, or shows nothing for this request, stays where it is.
    """
    useful = {(need.proof, code) for need in possible_needs(to.role) for code in need.documents}
    copies = []
    for document in documents:
        if document.erased_at is not None or (document.proof, document.document) not in useful:
            continue
        made = Evidence.objects.create(
            request=to,
            document=document.document,
            proof=document.proof,
            party=document.party,
            way=document.way,
            state=State.GIVEN,
            added_by=document.added_by,
            added_at=document.added_at,
            came_on=document.came_on,
            place=document.place,
            given_at=document.given_at,
        )
        for page in document.pages.select_related("file"):
            content = ReadPage(evidence_pages.content_of(page.file))
            EvidencePage.objects.create(
                evidence=made,
                position=page.position,
                file=evidence_pages.write(content, to.receipt_number),
                masked_by=page.masked_by,
                masked_at=page.masked_at,
            )
        audit.record(action="evidence.carried_over", actor=actor, obj=made)
        copies.append(made)
    return copies


def carry_over(request: DisclosureRequest, *, now: datetime) -> Collection[Proof]:
    """A request that was sent after another one gets what was already given for that. In the caller's transaction.

    Returns:
        What these documents may show, so that it is not asked for again.
    """
    if request.visit is None or request.evidence.exists():
        return frozenset()
    given = Evidence.objects.filter(
        request__in=together(request), state__in=[State.GIVEN, State.CHECKED], erased_at=None
    ).order_by("added_at", "pk")
    # A third request finds the same document at the first and at the second.
    once = {(one.proof, one.document, one.given_at): one for one in given}
    copies = copy(once.values(), request, actor="worker")
    if copies:
        RequestEvent.objects.create(
            request=request,
            kind=Note.DOCUMENTS_ADDED,
            from_status=request.status,
            to_status=request.status,
            actor_kind=Actor.WORKER,
            at=now,
        )
    return frozenset(Proof(one.proof) for one in copies)
