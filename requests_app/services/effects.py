"""What a positive decision does to the data, beside the notice. Called by a worker in the answer's transaction.

Every effect may run twice: what is done stays done.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from consent_app.domain.erasure import Preview
from consent_app.models import Customer, ErasureRecord, Purpose, Recipient, Suspension
from consent_app.models.parts import RECIPIENT_ITEM
from consent_app.selectors import purposes_with_items
from consent_app.services import erasure, gift_erasure, suspensions
from privacy_portal.core.models import User
from privacy_portal.core.services import audit, files

from .. import selectors
from ..connectors.found import held_items
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Status
from ..models import AnswerFile, Decision, DisclosureRequest, GiftLink, RetentionHold
from ..selectors_found import FoundByHand
from . import answer_mails, changes, found_contents


@dataclass(frozen=True, slots=True)
class Preparation:
    """An answer that is being prepared.

    Args:
        decision: in force, its request and customer loaded.
        made: kinds of files that exist already.
        expires_at: until when the answer can be opened.
    """

    decision: Decision
    made: set[str]
    now: datetime
    expires_at: datetime


def purposes_told(request: DisclosureRequest) -> list[Purpose]:
    """For what the data is used (article 32(2)): the purposes that need something of what is held and asked for."""
    held = held_items(request.customer) if request.customer else set()
    if selectors.linked_recipients(request):
        held.add(RECIPIENT_ITEM)
    held |= FoundByHand(request).codes
    if not request.wants_everything:
        held &= set(request.wanted_items.values_list("code", flat=True))
    return [one for one in purposes_with_items() if held & {item.code for item in one.items.all()}]


def purposes_stopped(request: DisclosureRequest, withheld: set[int]) -> list[Purpose]:
    """The purposes that the person wants stopped, without those for which it is not granted.

    Args:
        withheld: keys of the purposes that go on.
    """
    wanted = Purpose.objects.filter(active=True) if request.wants_everything else request.wanted_purposes.all()
    return [one for one in wanted.order_by("position", "pk") if one.pk not in withheld]


def stated_article(request: DisclosureRequest) -> str:
    """The article of the first ground that the person stated, for the registers; of the type where none is stated."""
    entry = REQUEST_TYPES[request.request_type]
    return next((ground.article for ground in entry.grounds if ground.code in request.grounds), entry.article)


def stop_use(preparation: Preparation) -> None:
    """Stop the use for the purposes that were granted; for all of them, later ones too, where nothing was withheld."""
    request = preparation.decision.request
    withheld = set(preparation.decision.withheld_purposes.values_list("pk", flat=True))
    if request.wants_everything and not withheld:
        _suspend(preparation, Suspension.Kind.USE, None)
        return
    for purpose in purposes_stopped(request, withheld):
        _suspend(preparation, Suspension.Kind.USE, purpose)


def stop_provision(preparation: Preparation) -> None:
    """Stop every provision to third parties."""
    _suspend(preparation, Suspension.Kind.PROVISION, None)


def _suspend(preparation: Preparation, kind: str, purpose: Purpose | None) -> None:
    """Of the customer, and of the recipient in the orders of others, as far as the person is either."""
    request = preparation.decision.request
    said: dict[str, Any] = {
        "kind": kind,
        "purpose": purpose,
        "actor": preparation.decision.decided_by or "worker",
        "ground": stated_article(request),
        "reference": request.receipt_number,
        "now": preparation.now,
    }
    if request.customer is not None:
        suspensions.suspend(customer=request.customer, **said)
    for recipient in selectors.linked_recipients(request):
        suspensions.suspend_recipient(recipient=recipient, **said)


def change(preparation: Preparation) -> None:
    """Write the accepted values."""
    changes.apply(request=preparation.decision.request, decision=preparation.decision, now=preparation.now)


def items_erased(request: DisclosureRequest, withheld: set[str]) -> set[str] | None:
    """Codes of the items that an erasure concerns; None: everything, now and whatever else is found.

    Args:
        withheld: codes of the items that stay.
    """
    if request.customer is None:
        return set()
    if request.wants_everything:
        return held_items(request.customer) - withheld if withheld else None
    return set(request.wanted_items.values_list("code", flat=True)) - withheld


def gift_items_erased(request: DisclosureRequest, withheld: set[str]) -> frozenset[str] | None:
    """Codes of the items that an erasure takes out of the orders of others; None: the whole recipient.

    Args:
        withheld: codes of the items that stay.
    """
    every = frozenset(Recipient.ITEM_FIELDS)
    if RECIPIENT_ITEM in withheld:
        return frozenset()
    wanted = every
    if not request.wants_everything:
        named = frozenset(request.wanted_items.values_list("code", flat=True))
        wanted = every if RECIPIENT_ITEM in named else every & named
    left = wanted - withheld
    return None if left == every else left


def _gifts(request: DisclosureRequest) -> list[uuid.UUID]:
    return [recipient.pk for recipient in selectors.linked_recipients(request)]


def erasure_preview(request: DisclosureRequest, withheld: set[str], now: datetime) -> Preview:
    """What an erasure would do now; empty where nothing is held or everything is withheld."""
    own, gifts = Preview(), Preview()
    items = items_erased(request, withheld)
    if request.customer is not None and items != set():
        own = erasure.preview(customer=request.customer, items=items, now=now)
    if (parts := gift_items_erased(request, withheld)) != frozenset() and (found := _gifts(request)):
        gifts = gift_erasure.preview(recipients=found, items=parts)
    return own.beside(gifts)


def erase(preparation: Preparation) -> None:
    """Erase the customer's data, a gift recipient's in other people's orders, and the files of earlier answers.

    What it covers was decided; what came in since goes along. The state is looked at in this transaction, with the
    customer locked, so the letter made of it is true.

    The account stays with the request, whose answer the person opens with it. One that no request needs goes.
    """
    decision, request, now = preparation.decision, preparation.decision.request, preparation.now
    withheld = set(decision.withheld_items.values_list("code", flat=True))
    if (parts := gift_items_erased(request, withheld)) != frozenset():
        gift_erasure.erase(
            recipients=_gifts(request),
            items=parts,
            reference=request.receipt_number,
            key=f"decision:{decision.pk}",
            actor=decision.decided_by or "worker",
            now=now,
        )
        if parts is None:
            persons = {link.record_id: link.persons for link in request.gift_links.all()}
            erase_gift_answers(persons=persons, now=now, but=request.pk)
    if request.customer is None:
        return
    items = items_erased(request, withheld)
    if items == set():
        return
    customer = erasure.lock(request.customer)
    account = customer.user
    record = erasure.erase(
        customer=customer,
        items=items,
        token=erasure.preview(customer=customer, items=items, now=now).token,
        reference=request.receipt_number,
        key=f"decision:{decision.pk}",
        actor=decision.decided_by or "worker",
        now=now,
    )
    if record.everything:
        erase_answers(customer=customer, account=account, now=now)


def erase_answers(*, customer: Customer, account: User | None, now: datetime) -> None:
    """Erase the files of answers about somebody who was erased, and the account unless a request needs it.

    A letter names corrected values, items and records, so letters go as packages do, and so do the copies that staff
    made for them. The letter that tells of an
    erasure stays. What a hold keeps cannot be opened any more and goes when it ends; an answer that waits to be posted
    is owed, and goes with its own time.
    """
    _erase_files(AnswerFile.objects.filter(request__customer=customer), now)
    found_contents.forget(requests=customer.disclosure_requests.all(), now=now)
    if account is not None and not account.is_staff and not account.disclosure_requests.exists():
        account.delete()


def erase_gift_answers(*, persons: Mapping[uuid.UUID, Collection[str]], now: datetime, but: uuid.UUID | None) -> None:
    """The same for a recipient of gifts who was erased.

    Theirs are the requests of no customer that staff linked to the same person in the same orders, as soon as nothing
    that they could be about is left: an answer about a further order, or to another recipient, is not touched.

    Args:
        persons: key of an order -> keys of the person in it (``Recipient.person_key``, hexadecimal).
        but: key of the request that asked for the erasure, whose letter tells of it.
    """
    earlier = GiftLink.objects.filter(record__in=list(persons), request__customer=None).exclude(request=but)
    keys = {
        link.request_id
        for link in earlier.select_related("request")
        if set(persons[link.record_id]) & set(link.persons) and not selectors.linked_recipients(link.request)
    }
    _erase_files(AnswerFile.objects.filter(request__in=keys), now)


def _erase_files(found: QuerySet[AnswerFile], now: datetime) -> None:
    erasures = ErasureRecord.objects.values("reference")
    answers = (
        found.filter(file__erased_at=None)
        .exclude(kind=AnswerFile.Kind.LETTER, request__receipt_number__in=erasures, decision__superseded_at=None)
        .exclude(request__status=Status.READY_TO_POST, decision__superseded_at=None)
    )
    held = Q(request__in=RetentionHold.objects.filter(ended_at=None).values("request"))
    answers.filter(held, expires_at__gt=now).update(expires_at=now)
    for answer in answers.exclude(held).select_related("file"):
        files.erase(file=answer.file, actor="worker")
        answer_mails.forget(decision_id=answer.decision_id, now=now)
        audit.record(action="answer.erased", actor="worker", obj=answer)


def nothing(preparation: Preparation) -> None:
    """The notice says it all."""
