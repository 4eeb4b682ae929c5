"""Changing what is registered about a person: the one way, whoever decided it (articles 22, 34; promise R7).

Imports have their own rules (``services.import_engine``); they never change back what was changed here, because the
origin of such a value is no cart (docs/decisions/own-changes-and-imports.md).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from privacy_portal.core.keys import derive_key
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications
from ..domain import registered
from ..domain.normalise import name_key
from ..models import Customer, CustomerChange
from . import customer_accounts

Values = Mapping[str, Any]


class ChangeError(Exception):
    """The registered data cannot be changed like this. Nothing was changed."""


class UnusableValues(ChangeError):
    """Some values cannot be stored. ``codes``: why, by column (``domain.registered``, ``domain.normalise``)."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{column}: {code}" for column, code in codes.items()))
        self.codes = dict(codes)


class ChangedMeanwhile(ChangeError):
    """What is registered is not what whoever decided had seen. ``items``: which; ``customer``: as it is now."""

    def __init__(self, customer: Customer, items: Iterable[str]) -> None:
        self.customer, self.items = customer, tuple(items)
        super().__init__(", ".join(self.items))


def values_of(customer: Customer, item: str) -> dict[str, Any]:
    """The values of an item's columns.

    Raises:
        KeyError: the item is no column of a customer.
    """
    return {column: getattr(customer, column) for column in Customer.ITEM_FIELDS[item]}


def version_of(item: str, values: Values) -> str:
    """Names exactly these values of an item, without saying them: 32 hexadecimal digits of a keyed hash."""
    text = item + "\0" + CustomerChange.as_text({column: values[column] for column in sorted(values)})
    return hmac.new(derive_key("customer-version"), text.encode(), hashlib.sha256).hexdigest()[:32]


def change_customer(
    *,
    customer: Customer,
    values: Mapping[str, Values],
    actor: audit.Actor,
    channel: str,
    now: datetime,
    seen: Mapping[str, str] | None = None,
    reason: str = "",
    reference: str = "",
    key: str = "",
    mail_in: str | None = None,
) -> list[CustomerChange]:
    """Give data items of a customer new values, with history, origin, search columns, audit entry and mail.

    An item that already has these values is left as it is. An item's columns that are not named keep their values.

    Args:
        customer: whose data; the row is read anew and locked.
        values: the new values by item and column: ``{"address": {"postal_code": "1000001", …}}``. Empty takes away.
        actor: who does it.
        channel: a value of ``CustomerChange.Channel``; it becomes the origin of the values.
        now: an aware moment.
        seen: for each item that must not have changed since, :func:`version_of` the values that were seen.
        reason: why, for the history; encrypted.
        reference: the receipt number of the request behind it; required for ``CustomerChange.Channel.REQUEST``.
        key: names this change for good: with the same key, nothing is done a second time.
        mail_in: the language in which the change is confirmed by mail; None where another letter tells the person.

    Returns:
        One entry of the history for each item that changed; those of the first time, where the key is known.

    Raises:
        ChangeError: the person was erased.
        UnusableValues: a value cannot be stored.
        ChangedMeanwhile: an item is not as it was seen.
        customer_accounts.AddressTaken: the new mail address belongs to somebody else here.
        ValueError: an item or column that is no customer's, no such channel, or a request without its number.
    """
    channel = CustomerChange.Channel(channel)
    if channel == CustomerChange.Channel.REQUEST and not reference:
        raise ValueError("A change on a request names the request.")
    for item, given in values.items():
        if item not in Customer.ITEM_FIELDS or not set(given) <= set(Customer.ITEM_FIELDS[item]):
            raise ValueError(f"{item} with these columns is nothing that is registered about a customer.")
    try:
        wanted = {item: registered.cleaned(given, today=timezone.localdate(now)) for item, given in values.items()}
    except registered.Unusable as error:
        raise UnusableValues(error.codes) from None
    with transaction.atomic():
        if "email" in wanted:
            customer_accounts.lock_addresses()
        # Two changes, or a change and an import, take turns: the second sees what the first wrote.
        row = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
        if row.status == Customer.Status.ERASED:
            raise ChangeError("The person was erased.")
        if key and (done := list(row.changes.filter(key=key).order_by("item"))):
            return done
        stale = [item for item, version in (seen or {}).items() if version_of(item, values_of(row, item)) != version]
        if stale:
            raise ChangedMeanwhile(row, stale)
        told = notifications.addresses_of(row, actor)
        changes = [
            _change(row, item, after, actor, channel, now, reason, reference, key)
            for item, after in wanted.items()
            if after != {column: getattr(row, column) for column in after}
        ]
        if not changes:
            return []
        _save(row, changes, now)
        detail: dict[str, Any] = {"items": sorted(change.item for change in changes), "channel": str(channel)}
        audit.record(action="customer.changed", actor=actor, obj=row, detail=detail)
        if mail_in:
            notifications.registered_changed(customer=row, changes=changes, addresses=told, language=mail_in)
    return changes


def _change(
    row: Customer,
    item: str,
    after: dict[str, Any],
    actor: audit.Actor,
    channel: str,
    now: datetime,
    reason: str,
    reference: str,
    key: str,
) -> CustomerChange:
    """Set the columns on the row and make the entry of the history, unsaved."""
    before = values_of(row, item)
    if item == "email":
        came_by = actor if channel == CustomerChange.Channel.SELF and isinstance(actor, User) else None
        customer_accounts.follow(customer=row, address=after["email"], account=came_by)
    for column, value in after.items():
        setattr(row, column, value)
        # How a cart spelt the former value says nothing about this one.
        row.originals.pop(column, None)
    row.originals.pop(item, None)
    change = CustomerChange(
        customer=row,
        item=item,
        before_text=CustomerChange.as_text(before),
        after_text=CustomerChange.as_text(values_of(row, item)),
        channel=channel,
        reason=reason or None,
        reference=reference,
        key=key,
        changed_by=actor if isinstance(actor, User) else None,
        at=now,
    )
    row.origins[item] = {"source": str(channel), "external_id": reference, "at": now.isoformat()}
    return change


def _save(row: Customer, changes: list[CustomerChange], now: datetime) -> None:
    row.name_key = name_key(row.family_name, row.given_name)[:200]
    row.updated_at = now
    columns = [column for change in changes for column in Customer.ITEM_FIELDS[change.item]]
    row.save(update_fields=[*columns, "user", "origins", "originals", "name_key", "updated_at"])
    for change in changes:
        change.save(force_insert=True)


def restored(change: CustomerChange) -> dict[str, Any]:
    """The values before a change as :func:`change_customer` takes them, for whoever wants them back."""
    before = change.before
    if before.get("birth_date"):
        before["birth_date"] = date.fromisoformat(before["birth_date"])
    return before
