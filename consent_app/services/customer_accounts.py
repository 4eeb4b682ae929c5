"""The account of a customer follows their registered mail address, so that the two never say different things."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from privacy_portal.core.models import User

from ..models import Customer
from . import import_tables


class AddressTaken(Exception):
    """Somebody else is registered under the address here, or its account is somebody else's: people have to look."""


def lock_addresses() -> None:
    """Let changes of an address and imports take turns, before any customer is locked: either may bring an address in.

    Held until the transaction ends.
    """
    import_tables.lock_imports()


def follow(*, customer: Customer, address: str, account: User | None = None) -> User | None:
    """Let the customer's account follow to another address, inside the transaction that changes the address.

    The caller has called :func:`lock_addresses` and locked the customer, in this order.
    Sets ``customer.user`` without saving. Every session of an account whose address changed, or that the customer no
    longer belongs to, ends: whoever sat in one proved the former address.

    Args:
        customer: a locked row whose ``email`` is still the former address.
        address: the new one, as it is stored; empty: the customer is left with none.
        account: the account by which the person came, where the customer is linked to none.

    Returns:
        The account under the new address, None where there is none.

    Raises:
        AddressTaken: the address belongs to another customer, to staff, or to a disabled account.
    """
    # The linked account counts; the one by which the person came only where there is none.
    key = customer.user_id or (account.pk if account else None)
    present = User.objects.select_for_update(no_key=True).filter(pk=key).first() if key else None
    if not address:
        return present
    if Customer.objects.filter(email=address).exclude(pk=customer.pk).exists():
        raise AddressTaken
    if present is not None and present.is_staff:
        # How staff sign in is decided in the admin, and their password must not follow a registered address.
        raise AddressTaken
    theirs = User.objects.select_for_update(no_key=True).filter(email=address).first()
    if present is not None and theirs is None:
        theirs = _rename(present, address)
    if theirs is None:
        return None
    if theirs != present:
        linked = Customer.objects.filter(user=theirs).exclude(pk=customer.pk).exists()
        if theirs.is_staff or not theirs.is_active or linked:
            raise AddressTaken
        if present is not None:
            end_sessions(present)
    customer.user = theirs
    return theirs


def _rename(account: User, address: str) -> User | None:
    try:
        with transaction.atomic():
            account.email = address
            end_sessions(account, "email")
    except IntegrityError:
        # Somebody has signed in with the address at this moment and has an account now.
        account.refresh_from_db(fields=["email", "password"])
        return User.objects.select_for_update(no_key=True).filter(email=address).first()
    return account


def end_sessions(account: User, *also: str) -> None:
    """End every session of a customer's account: sessions carry a hash of the (unusable) password."""
    account.set_unusable_password()
    account.save(update_fields=["password", *also])
