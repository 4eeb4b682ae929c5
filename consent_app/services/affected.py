"""Whom an incident affects: chosen by criteria, kept as rows, told once."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import audit

from ..domain import spreadsheets
from ..domain.affected import Criteria
from ..models import (
    AffectedPerson,
    AffectedSelection,
    BroadcastRecipient,
    Customer,
    CustomerIdentity,
    CustomerRecord,
    ExportKind,
    ImportBatch,
    Incident,
    Recipient,
)
from ..selectors import customer_sources
from . import exports, incidents
from .incidents import IncidentError

GIFT_RECIPIENT = "recipient"


def customers_matching(criteria: Criteria) -> QuerySet[Customer]:
    """The customers whom the criteria mean; nobody where they say nothing."""
    rows = Customer.objects.order_by("pk")
    if criteria.is_empty:
        return rows.none()
    if criteria.items:
        rows = rows.filter(_holds_any(criteria.items))
    if criteria.source:
        rows = rows.filter(Exists(_identities(source=criteria.source)))
    if criteria.batch:
        rows = rows.filter(_of_batch(criteria.batch))
    if criteria.registered_from or criteria.registered_until:
        rows = rows.filter(_within("created_at", criteria.registered_from, criteria.registered_until))
    if criteria.bought_from or criteria.bought_until:
        orders = CustomerRecord.objects.filter(customer=OuterRef("pk"), kind=CustomerRecord.Kind.ORDER)
        rows = rows.filter(Exists(orders.filter(_within("occurred_at", criteria.bought_from, criteria.bought_until))))
    if criteria.numbers:
        rows = rows.filter(_numbered(criteria.numbers))
    return rows


def recipients_matching(criteria: Criteria) -> QuerySet[Recipient]:
    """To whom these customers had something sent, every person of the same name and postal code once.

    Where the purchases have dates, only the recipients of those.
    """
    rows = Recipient.objects.filter(record__customer__in=customers_matching(criteria).order_by().values("pk"))
    if criteria.bought_from or criteria.bought_until:
        rows = rows.filter(_within("record__occurred_at", criteria.bought_from, criteria.bought_until))
    return rows.order_by("name_key", "postal_code", "pk").distinct("name_key", "postal_code")


def numbers_not_found(numbers: Collection[str]) -> list[str]:
    """Those of the numbers under which nobody is known."""
    keys = {str(key) for key in Customer.objects.filter(pk__in=_uuids(numbers)).values_list("pk", flat=True)}
    known = set(
        CustomerIdentity.objects.filter(source__in=customer_sources(), external_id__in=numbers).values_list(
            "external_id", flat=True
        )
    )
    orders = CustomerRecord.objects.filter(kind=CustomerRecord.Kind.ORDER, external_id__in=numbers)
    known |= set(orders.values_list("external_id", flat=True))
    return [number for number in numbers if number not in known and number.lower() not in keys]


def _identities(**lookups: Any) -> QuerySet[CustomerIdentity]:
    return CustomerIdentity.objects.filter(customer=OuterRef("pk"), **lookups)


def _holds_any(codes: Collection[str]) -> Q:
    """At least one of the items is held: in a column, in a record, or, for gift recipients, with an order."""
    held = Q(Exists(CustomerRecord.objects.filter(customer=OuterRef("pk"), item__code__in=codes)))
    for code in codes:
        for column in Customer.ITEM_FIELDS.get(code, ()):
            empty = {f"{column}__isnull": True} if column == "birth_date" else {column: ""}
            held |= ~Q(**empty)
    if GIFT_RECIPIENT in codes:
        held |= Q(Exists(Recipient.objects.filter(record__customer=OuterRef("pk"))))
    return held


def _of_batch(key: str) -> Q:
    """Whom an import made or changed. A later import may have changed them again, so the moment is not compared for
    being equal: better one too many than one too few.
    """
    batch = ImportBatch.objects.select_related("job").filter(pk=key).first()
    if batch is None or batch.job is None or batch.job.started_at is None:
        return Q(pk__in=[])
    end = batch.job.finished_at or timezone.now()
    touched = Exists(_identities(source=batch.format, seen_at__gte=batch.job.started_at))
    return Q(touched) & Q(created_at__lte=end)


def _within(column: str, first: datetime.date | None, last: datetime.date | None) -> Q:
    zone = timezone.get_default_timezone()
    where = Q()
    if first:
        where &= Q(**{f"{column}__gte": datetime.datetime.combine(first, datetime.time.min, zone)})
    if last:
        after = last + datetime.timedelta(days=1)
        where &= Q(**{f"{column}__lt": datetime.datetime.combine(after, datetime.time.min, zone)})
    return where


def _numbered(numbers: Collection[str]) -> Q:
    known = CustomerIdentity.objects.filter(source__in=customer_sources(), external_id__in=numbers)
    ordered = CustomerRecord.objects.filter(kind=CustomerRecord.Kind.ORDER, external_id__in=numbers)
    return Q(pk__in=known.values("customer")) | Q(pk__in=ordered.values("customer")) | Q(pk__in=_uuids(numbers))


def _uuids(numbers: Collection[str]) -> list[uuid.UUID]:
    keys = []
    for number in numbers:
        try:
            keys.append(uuid.UUID(number))
        except ValueError:
            continue
    return keys


@dataclass(frozen=True, slots=True)
class Found:
    """How many the criteria mean; ``fresh`` of them are not on the incident's list yet."""

    customers: int
    recipients: int
    fresh: int


def preview(*, incident: Incident, criteria: Criteria) -> Found:
    """What choosing by these criteria would do."""
    customers = customers_matching(criteria)
    fresh = customers.exclude(affected_by__incident=incident).count()
    count = 0
    if criteria.gift_recipients:
        recipients = recipients_matching(criteria)
        count = recipients.count()
        listed = Recipient.objects.filter(pk__in=recipients.values("pk"), affected_by__incident=incident).count()
        fresh += count - listed
    return Found(customers.count(), count, fresh)


def choose(*, incident: Incident, criteria: Criteria, actor: User, now: datetime.datetime) -> AffectedSelection:
    """Put everybody whom the criteria mean on the list; who is on it stays as they are.

    Raises:
        IncidentError: the incident is closed, or the criteria say nothing.
    """
    if criteria.is_empty:
        raise IncidentError(_("条件を1つ以上選んでください。全員のときは「すべての顧客」を選びます。"))
    with transaction.atomic():
        row = incidents.locked(incident)
        _refuse_closed(row)
        before = AffectedPerson.objects.filter(incident=row).count()
        # The selection is only added, so its number must be known first; the lock of the incident keeps others out.
        added = preview(incident=row, criteria=criteria).fresh
        selection = AffectedSelection.objects.create(
            incident=row, criteria=criteria.as_record(), added=added, by=actor, at=now
        )
        _insert(row, selection, "customer_id", customers_matching(criteria).order_by().values("pk"))
        if criteria.gift_recipients:
            _insert(row, selection, "recipient_id", recipients_matching(criteria).values("pk"))
        incidents.assess(incident=row)
        audit.record(
            action="incident.persons_chosen", actor=actor, obj=row, detail={"persons": row.persons_listed - before}
        )
    return selection


def _insert(incident: Incident, selection: AffectedSelection, column: str, keys: QuerySet[Any]) -> None:
    query, values = keys.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {AffectedPerson._meta.db_table} (incident_id, selection_id, {column}, way)
            SELECT %s, %s, found.id, '' FROM ({query}) AS found (id)
            ON CONFLICT (incident_id, {column}) DO NOTHING
            """,  # noqa: S608, names of our own, and a statement whose values are parameters  # nosec B608
            [incident.pk, selection.pk, *values],
        )


def remove(*, incident: Incident, persons: Collection[int], actor: User) -> int:
    """Take persons off the list who turned out not to be affected; how many it were.

    Raises:
        IncidentError: the incident is closed, or one of them has been told: they stay, as a record of what they were
            told. Nobody is removed then.
    """
    with transaction.atomic():
        row = incidents.locked(incident)
        _refuse_closed(row)
        rows = AffectedPerson.objects.select_for_update(of=("self",)).filter(incident=row, pk__in=persons)
        found = list(rows)
        if any(person.told_at for person in found):
            raise IncidentError(_("もう知らせた人は、一覧から外せません。知らせた記録として残ります。"))
        AffectedPerson.objects.filter(pk__in=[person.pk for person in found]).delete()
        incidents.assess(incident=row)
        if found:
            audit.record(action="incident.persons_removed", actor=actor, obj=row, detail={"persons": len(found)})
    return len(found)


def tell_otherwise(
    *,
    incident: Incident,
    persons: Collection[int],
    way: AffectedPerson.Way,
    told_on: datetime.date,
    actor: User,
    now: datetime.datetime,
) -> int:
    """Record that persons were told by letter, by telephone or face to face; how many.

    Raises:
        IncidentError: the incident is closed, or the day is impossible.
    """
    if way == AffectedPerson.Way.MAIL:
        raise ValueError("Mails record themselves.")
    with transaction.atomic():
        row = incidents.locked(incident)
        _refuse_closed(row)
        if not timezone.localdate(row.known_at) <= told_on <= timezone.localdate(now):
            raise IncidentError(_("知らせた日は、事故を知った日から今日までのどれかです。"))
        moment = min(now, datetime.datetime.combine(told_on, datetime.time(12), timezone.get_default_timezone()))
        rows = AffectedPerson.objects.filter(incident=row, pk__in=persons).filter(Q(told_at=None) | _UNDELIVERED)
        count = AffectedPerson.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
            told_at=moment, way=way.value
        )
        incidents.assess(incident=row)
        if count:
            audit.record(action="incident.persons_told", actor=actor, obj=row, detail={"persons": count})
    return count


_UNDELIVERED = Q(way=AffectedPerson.Way.MAIL, mail__state=OutgoingMail.State.FAILED)


def to_be_told_otherwise(incident: Incident) -> QuerySet[AffectedPerson]:
    """Whom a mail does not reach: no address, one that cannot be used, or a mail that could not be delivered."""
    tried = BroadcastRecipient.objects.filter(
        customer=OuterRef("customer"), broadcast__notice__incident=incident, mail=None, handled_at__isnull=False
    )
    unreached = Q(told_at=None) & (Q(customer=None) | Q(customer__email="") | Exists(tried))
    return AffectedPerson.objects.filter(incident=incident).filter(unreached | _UNDELIVERED)


def still_to_tell(
    incident: Incident, customers: Collection[uuid.UUID], *, again: bool
) -> dict[uuid.UUID, AffectedPerson]:
    """Lock the rows of these customers and return those whom a notice may still go to, by customer.

    Somebody may have been removed from the list, or been told in another way, since the notice was started. ``again``:
    it also goes to those who have been told.
    """
    rows = AffectedPerson.objects.select_for_update(of=("self",)).filter(incident=incident, customer__in=customers)
    if not again:
        rows = rows.filter(told_at=None)
    return {row.customer_id: row for row in rows.order_by("pk") if row.customer_id}


def told_by_mail(*, told: Mapping[AffectedPerson, OutgoingMail], now: datetime.datetime) -> None:
    """Note that mails were written, in the transaction that wrote them."""
    for person, mail in told.items():
        person.told_at, person.way, person.mail = now, AffectedPerson.Way.MAIL, mail
    AffectedPerson.objects.bulk_update(list(told), ["told_at", "way", "mail"])


def addresses(*, incident: Incident, actor: User, now: datetime.datetime) -> str:
    """Names and postal addresses of those whom a mail does not reach, as CSV for letters; recorded as an export.

    Raises:
        NeedsSecondPerson: they are many.
    """
    with transaction.atomic():
        content, count = written(incident)
        exports.allow(kind=ExportKind.ADDRESSES, obj=incident, persons=count, actor=actor, now=now)
        audit.record(action="incident.persons_exported", actor=actor, obj=incident, detail={"persons": count})
    return content


def written(incident: Incident) -> tuple[str, int]:
    """That list, and how many stand in it."""
    rows = to_be_told_otherwise(incident).select_related("customer", "recipient").order_by("pk")
    lines: list[list[object]] = [[_("番号"), _("氏名"), _("郵便番号"), _("住所")]]
    for row in rows:
        person = row.customer or row.recipient
        if person is None:
            continue
        name = "　".join(part for part in (person.family_name, person.given_name) if part)
        address = " ".join(part for part in (person.prefecture + person.address1, person.address2) if part)
        lines.append([row.pk, name, person.postal_code, address])
    return spreadsheets.MARK + spreadsheets.text(lines), len(lines) - 1


def _refuse_closed(incident: Incident) -> None:
    if incident.closed_on is not None:
        raise IncidentError(_("終えた事故です。続けるには、もう一度開いてください。"))
