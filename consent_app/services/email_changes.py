"""Another registered mail address: a code to the new one, a code to the former one, and a way back (promise R7).

The registered address opens everything that is held about a person (docs/decisions/identity-by-facts.md), so nobody
gets to another one without reading both mailboxes. Whether the new address is known here is told only to somebody who
has read a code in it. The codes count for the account that asked for them and for this one change.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from privacy_portal.core import ratelimit
from privacy_portal.core.keys import derive_key
from privacy_portal.core.models import OneTimeCode, User
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import audit, codes, sign_in

from .. import notifications, selectors
from ..models import Customer, CustomerChange, EmailChange
from . import customer_accounts, customer_changes
from .customer_accounts import AddressTaken

LIFETIME = timedelta(hours=1)
# Time to notice the mail in a box that is looked at once a week; short enough that a box given to the next person is
# still the former one's.
UNDO_WITHIN = timedelta(days=7)
STARTED = ratelimit.Limit("email-change.started", 5, 86400)
UNDO_TRIED = ratelimit.Limit("email-change.undo", 30, 3600)
NEW, OLD = "new", "old"


class EmailChangeError(Exception):
    """The mail address is not changed."""


class SameAddress(EmailChangeError):
    """It is the registered one already."""


class NotOpen(EmailChangeError):
    """There is no change under way: it expired, was done or given up, or what it began from has changed since."""


class UndoRefused(EmailChangeError):
    """The link is unknown, used, too old, or the address has been changed again since."""


def open_change(*, user: User, now: datetime) -> EmailChange | None:
    """The change that this account has under way."""
    rows = EmailChange.objects.filter(user=user, done_at=None, ended_at=None, expires_at__gt=now)
    return rows.select_related("customer", "user").first()


def start(*, actor: User, customer: Customer, address: str, language: str, client: str, now: datetime) -> EmailChange:
    """Begin: a code goes to the new address, known or not. A change that was under way is given up.

    Args:
        actor: the signed-in person, whose customer this is.
        address: as :func:`sign_in.normalise_address` returns it.
        client: see :func:`privacy_portal.core.ratelimit.client_of`.

    Raises:
        SameAddress: nothing to change.
        LimitExceeded: too many changes, or too many codes.
    """
    if address != sign_in.normalise_address(address):
        raise ValueError("Not an address as it is stored.")
    if address == customer.email:
        raise SameAddress
    try:
        ratelimit.hit((STARTED, str(actor.pk)))
        with transaction.atomic():
            # Of two tabs the second takes over; the account's row makes them take turns.
            User.objects.select_for_update(no_key=True).get(pk=actor.pk)
            EmailChange.objects.filter(user=actor, done_at=None, ended_at=None).update(ended_at=now)
            change = EmailChange.objects.create(
                customer=customer,
                user=actor,
                old_address=customer.email or actor.email,
                new_address=address,
                created_at=now,
                expires_at=now + LIFETIME,
            )
            audit.record(action="email_change.started", actor=actor, obj=customer)
            _send(change, NEW, language, client, now)
    except LimitExceeded:
        audit.record(action="email_change.limited", actor=actor, obj=customer)
        raise
    return change


def send_code(*, change: EmailChange, which: str, language: str, client: str, now: datetime) -> None:
    """Mail a fresh code to the new or, once that is confirmed, to the former address. The one before stops working.

    Raises:
        NotOpen: nothing is under way, or it is not the turn of this address.
        LimitExceeded: too soon or too often.
    """
    try:
        with transaction.atomic():
            row = _locked(change, now)
            if (which == NEW) != (row.new_confirmed_at is None):
                raise NotOpen
            _send(row, which, language, client, now)
    except LimitExceeded:
        audit.record(action="email_change.limited", actor=change.user, obj=change.customer)
        raise


def _send(row: EmailChange, which: str, language: str, client: str, now: datetime) -> None:
    code = codes.issue(
        purpose=OneTimeCode.Purpose.CHANGE_EMAIL,
        subject=_subject(row, which),
        recipient=row.new_address if which == NEW else row.old_address,
        client=client,
        language=language,
        template=f"email_change_{which}_code",
        now=now,
    )
    setattr(row, f"{which}_code", code.pk)
    row.save(update_fields=[f"{which}_code"])
    audit.record(action="email_change.code_sent", actor=row.user, obj=row.customer, detail={"address": which})


def _subject(row: EmailChange, which: str) -> str:
    return f"{row.user_id}:{row.pk}:{which}"


def _locked(change: EmailChange, now: datetime) -> EmailChange:
    rows = EmailChange.objects.select_for_update(of=("self",)).select_related("customer", "user")
    row = rows.filter(pk=change.pk, done_at=None, ended_at=None, expires_at__gt=now).first()
    if row is None:
        raise NotOpen
    return row


def _check(change: EmailChange, which: str, code: str, client: str, now: datetime) -> None:
    """Outside of any transaction: a counted try must stay counted."""
    code_id = change.new_code if which == NEW else change.old_code
    if code_id is None:
        raise codes.CodeDead
    try:
        codes.check(
            code_id=code_id,
            purpose=OneTimeCode.Purpose.CHANGE_EMAIL,
            subject=_subject(change, which),
            code=code,
            client=client,
            now=now,
        )
    except codes.CodeRefused:
        audit.record(
            action="email_change.code_refused", actor=change.user, obj=change.customer, detail={"address": which}
        )
        raise
    except LimitExceeded:
        audit.record(action="email_change.limited", actor=change.user, obj=change.customer)
        raise
    audit.record(action="email_change.code_accepted", actor=change.user, obj=change.customer, detail={"address": which})


def confirm_new(*, change: EmailChange, code: str, client: str, now: datetime) -> None:
    """Accept the code that went to the new address.

    Raises:
        NotOpen: nothing is under way.
        codes.CodeRefused, LimitExceeded: see :func:`codes.check`.
    """
    if open_change(user=change.user, now=now) != change or change.new_confirmed_at is not None:
        raise NotOpen
    _check(change, NEW, code, client, now)
    with transaction.atomic():
        row = _locked(change, now)
        row.new_confirmed_at = now
        row.save(update_fields=["new_confirmed_at"])


def confirm_old(*, change: EmailChange, code: str, language: str, client: str, now: datetime) -> User | None:
    """Accept the code that went to the former address, and change the registered one with the account.

    Returns:
        The account under the new address.

    Raises:
        NotOpen: nothing is under way, or the customer is not this account's with the former address any more.
        AddressTaken: the address is somebody else's here; people have to look. The change is given up.
        codes.CodeRefused, LimitExceeded: see :func:`codes.check`.
    """
    if open_change(user=change.user, now=now) != change or change.new_confirmed_at is None:
        raise NotOpen
    _check(change, OLD, code, client, now)
    try:
        return _complete(change, language, now)
    except AddressTaken:
        with transaction.atomic():
            EmailChange.objects.filter(pk=change.pk, done_at=None).update(ended_at=now)
            audit.record(action="email_change.taken", actor=change.user, obj=change.customer)
        raise


def _complete(change: EmailChange, language: str, now: datetime) -> User | None:
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        customer_accounts.lock_addresses()
        row = _locked(change, now)
        customer = Customer.objects.select_for_update(of=("self",)).get(pk=row.customer_id)
        if selectors.customer_of(row.user, address_proven=True) != customer or customer.email not in (
            "",
            row.old_address,
        ):
            raise NotOpen
        others = [one for one in notifications.addresses_of(customer, row.user) if one != row.old_address]
        changes = customer_changes.change_customer(
            customer=customer,
            values={"email": {"email": row.new_address}},
            actor=row.user,
            channel=CustomerChange.Channel.SELF,
            key=f"email:{row.pk}",
            now=now,
        )
        row.done_at = now
        row.undo_digest, row.undo_until = _digest(token), now + UNDO_WITHIN
        row.save(update_fields=["done_at", "undo_digest", "undo_until"])
        notifications.email_changed(change=row, token=token, language=language)
        notifications.registered_changed(customer=customer, changes=changes, addresses=others, language=language)
    return User.objects.filter(email=row.new_address).first()


def give_up(*, change: EmailChange, now: datetime) -> None:
    """The person does not want it any more."""
    with transaction.atomic():
        if EmailChange.objects.filter(pk=change.pk, done_at=None, ended_at=None).update(ended_at=now):
            audit.record(action="email_change.given_up", actor=change.user, obj=change.customer)


def _digest(token: str) -> bytes:
    return hmac.new(derive_key("email-change-undo"), token.encode(), hashlib.sha256).digest()


def _undoable(token: str, now: datetime) -> EmailChange | None:
    rows = EmailChange.objects.filter(undo_digest=_digest(token), undone_at=None, undo_until__gt=now)
    row = rows.select_related("customer", "user").first()
    return row if row is not None and row.customer.email == row.new_address else None


def can_undo(*, token: str, client: str, now: datetime) -> bool:
    """Whether the link of the mail still works. Tells nothing else.

    Raises:
        LimitExceeded: too many tries from this client.
    """
    ratelimit.hit((UNDO_TRIED, client))
    return _undoable(token, now) is not None


def undo(*, token: str, language: str, client: str, now: datetime) -> None:
    """The reader of the former address takes the change back: it is registered again, every session ends.

    Raises:
        UndoRefused: the link does not work any more, or the former address is somebody else's here by now.
        LimitExceeded: too many tries from this client.
    """
    ratelimit.hit((UNDO_TRIED, client))
    try:
        with transaction.atomic():
            customer_accounts.lock_addresses()
            found = _undoable(token, now)
            if found is None:
                raise UndoRefused
            row = EmailChange.objects.select_for_update(of=("self",)).get(pk=found.pk)
            if row.undone_at is not None:
                raise UndoRefused
            account = User.objects.filter(email=row.new_address).first()
            customer_changes.change_customer(
                customer=row.customer,
                values={"email": {"email": row.old_address}},
                seen={"email": customer_changes.version_of("email", {"email": row.new_address})},
                actor="anonymous",
                channel=CustomerChange.Channel.SELF,
                key=f"email-undo:{row.pk}",
                now=now,
            )
            if account is not None and not account.is_staff:
                # What was begun by whoever reads the new address ends with it.
                EmailChange.objects.filter(user=account, done_at=None, ended_at=None).update(ended_at=now)
            row.undone_at = now
            row.save(update_fields=["undone_at"])
            notifications.email_change_undone(change=row, language=language)
            audit.record(action="email_change.undone", actor="anonymous", obj=row.customer)
    except (UndoRefused, AddressTaken, customer_changes.ChangedMeanwhile):
        audit.record(action="email_change.undo_refused", actor="anonymous")
        raise UndoRefused from None


def purge(*, now: datetime) -> int:
    """Delete changes that ended or expired a day ago, or can no longer be undone. Returns how many."""
    over = Q(done_at=None, expires_at__lt=now - timedelta(days=1)) | Q(undo_until__lt=now)
    return EmailChange.objects.filter(over).delete()[0]
