"""A code by registered post: who gets the letter at the registered address is the registered person (level 2).

The person sees the same pages, mails and dates whether a letter goes out or nobody is registered: the same row is
written, and without a letter no code fits it. The code is made when the letter is printed, so that it stands nowhere
but on the paper; printing again makes another one.
"""

import hashlib
import hmac
import secrets
import uuid
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import Customer
from privacy_portal.core.keys import derive_key
from privacy_portal.core.models import User
from privacy_portal.core.services import audit, codes
from privacy_portal.core.services.codes import CodeDead, CodeRefused, CodeWrong

from ..domain import tracking
from ..domain.identity_levels import Level, Means
from ..domain.transitions import Actor, Event, Status
from ..models import DisclosureRequest, IdentityCheck, PostCode, RequestEvent
from . import identity, paper_letters, silence, transition
from .errors import CodeLetterRefused, InvalidPosting
from .evidence_state import OPEN
from .permissions import deny, require_means, require_person, require_staff

PERMISSION: Final = "check_identity"
LIFETIME: Final = timedelta(days=30)
# Five tries each: fifteen guesses among a hundred million.
MOST_ORDERS: Final = 3


def lifetime() -> timedelta:
    """How long a code is good for; over before the person is warned of the end of the request by silence."""
    patience = silence.patience()
    return min(LIFETIME, timedelta(days=patience.close - patience.warning - 1))


def live(request: DisclosureRequest, now: datetime) -> PostCode | None:
    """The order for which a code can be entered now; the same whether a letter went out or not."""
    if request.status not in OPEN:
        return None
    return PostCode.objects.filter(
        request=request, ended_at=None, expires_at__gt=now, attempts__lt=PostCode.MAX_ATTEMPTS
    ).first()


def order(*, request: DisclosureRequest, actor: User, customer: Customer | None, now: datetime) -> PostCode:
    """Staff choose the check by post; the operator's clock stands still until the code comes or its time is over.

    Args:
        customer: to whose registered address the letter goes; None where nobody is registered, or without an address.

    Raises:
        CodeLetterRefused: the customer has no address, or three letters were ordered before.
        MeansNotOffered: the operator does not use it.
        NotAllowed: no permission, or their own request.
        TransitionRefused: identity is not under review.
    """
    require_staff(actor, request, PERMISSION)
    require_means(Means.POST_CODE)
    if customer is not None and not has_address(customer):
        raise CodeLetterRefused(_("この顧客の住所は登録されていません。"))
    with transaction.atomic():
        row = transition.locked(request)
        transition.require(row, Event.CODE_ORDERED, Actor.STAFF)
        if PostCode.objects.filter(request=row).count() >= MOST_ORDERS:
            raise CodeLetterRefused(_("郵便のコードは、1つの請求に3回までです。ほかの方法で確かめてください。"))
        PostCode.objects.filter(request=row, ended_at=None).update(ended_at=now)
        transition.apply(request=request, event=Event.CODE_ORDERED, actor=actor, actor_kind=Actor.STAFF, now=now)
        ordered = PostCode.objects.create(
            request=row, customer=customer, ordered_by=actor, ordered_at=now, expires_at=now + lifetime()
        )
        audit.record(
            action="identity.code_ordered",
            actor=actor,
            obj=row,
            detail={"customer": customer.pk if customer else None},
        )
    return ordered


def has_address(customer: Customer) -> bool:
    """Whether a letter can reach the customer."""
    return bool(customer.address1) and customer.status != Customer.Status.ERASED


def print_letter(*, request: DisclosureRequest, actor: User, now: datetime) -> bytes:
    """The letter with a fresh code, to be printed and sent by registered post. A code printed before is void.

    Raises:
        CodeLetterRefused: there is nothing to print: no letter goes out, it was sent, or its time is over.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, PERMISSION)
    with transaction.atomic():
        row, customer = _to_send(request, now)
        code = f"{secrets.randbelow(10**codes.DIGITS):0{codes.DIGITS}}"
        row.code_digest, row.printed_at = _digest(row.pk, code), now
        row.save(update_fields=["code_digest", "printed_at"])
        audit.record(action="identity.code_printed", actor=actor, obj=row.request, detail={"customer": customer.pk})
        return paper_letters.post_code(row, customer, codes.grouped(code), on=timezone.localdate(now))


def _to_send(request: DisclosureRequest, now: datetime) -> tuple[PostCode, Customer]:
    transition.locked(request)
    row = (
        PostCode.objects.select_for_update(of=("self",))
        .select_related("customer", "request")
        .filter(request=request, ended_at=None, sent_on=None, expires_at__gt=now)
        .first()
    )
    if row is None or row.customer is None or row.request.status not in OPEN or not has_address(row.customer):
        raise CodeLetterRefused(_("いま送る手紙はありません。画面を読み直して、いまの状態を確かめてください。"))
    return row, row.customer


def mark_sent(
    *, request: DisclosureRequest, actor: User, sent_on: date, tracking_number: str, now: datetime
) -> PostCode:
    """Staff sent the letter. The person sees nothing of it.

    Raises:
        CodeLetterRefused: nothing was printed, or it was sent before.
        InvalidPosting: a day before the letter was printed or in the future, or a number that the post does not use.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, PERMISSION)
    number = tracking.read(tracking_number)
    if number is None:
        raise InvalidPosting(
            "tracking_number", _("追跡番号を確かめてください。数字11桁から13桁か、英字2つで始まる13文字です。")
        )
    with transaction.atomic():
        row, _customer = _to_send(request, now)
        if row.printed_at is None:
            raise CodeLetterRefused(_("先に手紙を印刷してください。"))
        if not timezone.localdate(row.printed_at) <= sent_on <= timezone.localdate(now):
            raise InvalidPosting("sent_on", _("手紙を印刷した日から今日までの日付を入れてください。"))
        row.sent_on, row.tracking_number, row.sent_by = sent_on, number, actor
        row.save(update_fields=["sent_on", "tracking_number", "sent_by"])
        audit.record(action="identity.code_sent", actor=actor, obj=row.request)
    return row


def enter(*, request: DisclosureRequest, actor: User, code: str, now: datetime) -> DisclosureRequest:
    """The person types the code. Not inside a transaction: a counted try must stay counted.

    Raises:
        codes.CodeWrong, codes.CodeDead: the same whether a letter went out or not.
        NotAllowed: not the person's own request.
    """
    require_person(actor, request)
    return _enter(request, actor, Actor.PERSON, code, now)


def enter_for_person(*, request: DisclosureRequest, actor: User, code: str, now: datetime) -> DisclosureRequest:
    """Staff type the code that a person without an account told by letter or telephone; see :func:`enter`.

    Raises:
        codes.CodeWrong, codes.CodeDead: see there.
        NotAllowed: no permission, or the person has an account and types it themselves.
    """
    require_staff(actor, request, PERMISSION)
    if request.applicant_id is not None:
        deny(actor, request)
    return _enter(request, actor, Actor.STAFF, code, now)


def _enter(request: DisclosureRequest, actor: User, who: Actor, code: str, now: datetime) -> DisclosureRequest:
    try:
        return _accept(request, actor, who, _compare(request, code, now), now)
    except CodeRefused:
        audit.record(action="identity.code_refused", actor=actor, obj=request)
        raise


def _compare(request: DisclosureRequest, code: str, now: datetime) -> uuid.UUID:
    """Take one of the five tries and compare; the key of the order whose code it is.

    Raises:
        CodeWrong, CodeDead: see :func:`enter`.
    """
    # Counted before anything is compared, in one statement that the database serialises, and committed (``durable``).
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE requests_app_postcode SET attempts = attempts + 1"
            " WHERE request_id = %s AND ended_at IS NULL AND attempts < %s AND expires_at > %s"
            " AND EXISTS (SELECT FROM requests_app_disclosurerequest WHERE id = %s AND status = ANY(%s))"
            " RETURNING id, code_digest, attempts",
            [request.pk, PostCode.MAX_ATTEMPTS, now, request.pk, [str(status) for status in OPEN]],
        )
        counted = cursor.fetchone()
    if counted is None:
        raise CodeDead
    key, expected, attempts = counted
    # Where no letter went out there is nothing to compare with, and something is compared all the same.
    if not hmac.compare_digest(bytes(expected or b""), _digest(key, codes.normalise(code))):
        remaining = PostCode.MAX_ATTEMPTS - attempts
        raise CodeWrong(remaining) if remaining else CodeDead
    return uuid.UUID(str(key))


@transaction.atomic
def _accept(request: DisclosureRequest, actor: User, who: Actor, key: uuid.UUID, now: datetime) -> DisclosureRequest:
    row = transition.locked(request)
    ordered = PostCode.objects.select_for_update(of=("self",)).select_related("customer").get(pk=key)
    if ordered.ended_at is not None or row.status not in OPEN or ordered.customer is None:
        # Two right answers at once, or staff decided in the meantime.
        raise CodeDead
    ordered.used_at = ordered.ended_at = now
    ordered.save(update_fields=["used_at", "ended_at"])
    enough = identity.is_enough(row, [Means.POST_CODE])
    check = identity.record_passed(
        request=request,
        row=row,
        actor=actor,
        method=IdentityCheck.Method.POST_CODE,
        customer=ordered.customer,
        level=Level.FACTS,
        enough=enough,
        since=ordered.ordered_at,
        now=now,
    )
    audit.record(
        action="identity.code_accepted",
        actor=actor,
        obj=row,
        detail={"level": int(check.level), "customer": ordered.customer.pk},
    )
    return transition.apply(
        request=request,
        event=Event.CODE_ACCEPTED if enough else Event.CODE_ENTERED,
        actor=actor,
        actor_kind=who,
        now=now,
    )


def to_end(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Requests with a code that is due to end and has not: expired, tried too often, or identity is settled."""
    unended = PostCode.objects.filter(ended_at=None)
    due = unended.filter(expires_at__lte=now) | unended.filter(attempts__gte=PostCode.MAX_ATTEMPTS)
    due |= unended.exclude(request__status__in=OPEN)
    return list(due.order_by("expires_at").values_list("request_id", flat=True)[:limit])


@transaction.atomic
def end_when_due(*, request_id: uuid.UUID, now: datetime) -> bool:
    """End a code of :func:`to_end`; where the request waited for nothing else, staff have to look. Twice is harmless.

    Returns:
        Whether it was ended now.
    """
    request = DisclosureRequest.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=request_id).first()
    if request is None:
        return False
    row = PostCode.objects.select_for_update().filter(request=request, ended_at=None).first()
    if row is None or live(request, now) is not None:
        return False
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    audit.record(action="identity.code_ended", actor="worker", obj=request)
    if waits_for_code(request):
        transition.apply(request=request, event=Event.CODE_ENDED, actor=None, actor_kind=Actor.WORKER, now=now)
    return True


def waits_for_code(request: DisclosureRequest) -> bool:
    """Whether the code is the last thing that was asked of the person; afterwards it may be a question or papers."""
    if request.status != Status.IDENTITY_WAITING:
        return False
    asked = RequestEvent.objects.filter(request=request, to_status=Status.IDENTITY_WAITING).order_by("-at", "-pk")
    return asked.values_list("kind", flat=True).first() == Event.CODE_ORDERED


def _digest(key: uuid.UUID, code: str) -> bytes:
    return hmac.new(derive_key("post-code"), key.bytes + b"\0" + code.encode(), hashlib.sha256).digest()
