"""What may be read, and by whom."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime
from redis.exceptions import RedisError

from privacy_portal.core.models import User

from .domain import normalise
from .domain.provisions import EXCEPTIONS
from .domain.retention import DEFAULTS, Periods
from .models import (
    CollectionPoint,
    CollectionWording,
    Consent,
    Customer,
    CustomerIdentity,
    CustomerRecord,
    DataItem,
    Incident,
    JointUseVersion,
    Measure,
    OffPurposeUse,
    Operator,
    PolicyVersion,
    Provision,
    Purpose,
    PurposeVersion,
    ReceivedProvision,
    Recipient,
    RefusalGround,
    RequestRule,
    RetentionRule,
    SelfDisclosure,
    Subcontractor,
    Suspension,
    Tracker,
)
from .models.searching import found_by

_OPERATOR_CACHE_KEY = "consent_app.operator"
_POLICIES_CACHE_KEY = "consent_app.policies"
_JOINT_USES_CACHE_KEY = "consent_app.joint_uses"
# Loading a profile empties the entry; the limit bounds the case that a reader put the old one back just after that.
_OPERATOR_CACHE_SECONDS = 60
CUSTOMERS_FOUND_LIMIT = 50


def current_operator() -> Operator | None:
    """The operator whose portal this is; None until a profile has been loaded.

    Kept in the cache, because every page and every mail asks for it. Without the cache it is read from the database:
    contacts must be found when something else is broken.
    """
    try:
        cached: Operator | None = cache.get(_OPERATOR_CACHE_KEY)
    except RedisError:
        return Operator.objects.first()
    if cached is not None:
        return cached
    operator = Operator.objects.first()
    if operator is not None:
        with suppress(RedisError):
            cache.set(_OPERATOR_CACHE_KEY, operator, _OPERATOR_CACHE_SECONDS)
    return operator


def forget_operator() -> None:
    """Let the next reader read the operator anew. Without the cache nothing is remembered, so nothing is to be done."""
    with suppress(RedisError):
        cache.delete(_OPERATOR_CACHE_KEY)


@dataclass(frozen=True, slots=True)
class PolicyDates:
    """A published version without its text, as every page needs it."""

    number: int
    effective_from: date
    material: bool


def published_policies() -> QuerySet[PolicyVersion]:
    """Every version that people were told of, the newest first."""
    return PolicyVersion.objects.filter(state=PolicyVersion.State.PUBLISHED).order_by("-number")


def current_policy(*, today: date) -> PolicyVersion | None:
    """The version in effect on this day (in Japan)."""
    return published_policies().filter(effective_from__lte=today).first()


def policy_dates() -> list[PolicyDates]:
    """Numbers and dates of all published versions, the newest first; kept in the cache like the operator."""
    try:
        cached: list[PolicyDates] | None = cache.get(_POLICIES_CACHE_KEY)
    except RedisError:
        return _read_policy_dates()
    if cached is not None:
        return cached
    dates = _read_policy_dates()
    with suppress(RedisError):
        cache.set(_POLICIES_CACHE_KEY, dates, _OPERATOR_CACHE_SECONDS)
    return dates


def _read_policy_dates() -> list[PolicyDates]:
    rows = published_policies().values_list("number", "effective_from", "material")
    return [PolicyDates(number, day, material) for number, day, material in rows if number and day]


def forget_policies() -> None:
    """Let the next reader read the versions anew."""
    with suppress(RedisError):
        cache.delete(_POLICIES_CACHE_KEY)


def joint_use_announced() -> bool:
    """Whether a joint use was ever announced; kept in the cache, because the foot of every page asks."""
    try:
        cached: bool | None = cache.get(_JOINT_USES_CACHE_KEY)
    except RedisError:
        return JointUseVersion.objects.exists()
    if cached is None:
        cached = JointUseVersion.objects.exists()
        with suppress(RedisError):
            cache.set(_JOINT_USES_CACHE_KEY, cached, _OPERATOR_CACHE_SECONDS)
    return cached


def forget_joint_uses() -> None:
    """Let the next reader look anew."""
    with suppress(RedisError):
        cache.delete(_JOINT_USES_CACHE_KEY)


def data_items() -> QuerySet[DataItem]:
    """The present catalogue of data items."""
    return DataItem.objects.filter(active=True)


def purposes_with_items() -> QuerySet[Purpose]:
    """The present purposes of use, each with the items of the present catalogue that it needs."""
    return Purpose.objects.filter(active=True).select_related("added").prefetch_related(_present_items())


def public_subcontractors() -> QuerySet[Subcontractor]:
    """The subcontractors that the operator publishes, each with the items that they may get and, abroad, the basis."""
    rows = Subcontractor.objects.filter(active=True, public=True)
    return rows.select_related("foreign_arrangement").prefetch_related(_present_items())


def trackers() -> QuerySet[Tracker]:
    """What records or sends how people use the shop's site, at present."""
    return Tracker.objects.filter(active=True)


def _present_items() -> Prefetch[str]:
    return Prefetch("items", queryset=data_items())


def collection_points() -> QuerySet[CollectionPoint]:
    """Where data is collected at present, each with ``shown``: its texts, the newest first."""
    texts = Prefetch("wordings", queryset=CollectionWording.objects.order_by("-number"), to_attr="shown")
    present = Purpose.objects.filter(active=True).order_by("position", "id")
    rows = CollectionPoint.objects.filter(active=True).exclude(wordings=None)
    return rows.prefetch_related(texts, Prefetch("purposes", queryset=present), _present_items()).distinct()


def offered_rules() -> QuerySet[RequestRule]:
    """The request types that this operator takes."""
    return RequestRule.objects.filter(offered=True)


def refusal_grounds() -> QuerySet[RefusalGround]:
    """The grounds of refusal that the policy names."""
    return RefusalGround.objects.filter(active=True)


def customer_sources() -> list[str]:
    """The systems that customers are known from.

    Each source is found by the index, without reading every identity as ``DISTINCT`` would.
    """
    sources: list[str] = []
    while True:
        identities = CustomerIdentity.objects.filter(source__gt=sources[-1] if sources else "").order_by("source")
        source = identities.values_list("source", flat=True).first()
        if source is None:
            return sources
        sources.append(source)


def customers_found(customers: QuerySet[Customer], term: str) -> QuerySet[Customer]:
    """Those of ``customers`` whom a manager can mean by ``term``, at most ``CUSTOMERS_FOUND_LIMIT``.

    A name, its reading or a company in any spelling and order, or a part of it; a single character begins a name. A
    part of a mail address or of a telephone number; a whole postal code, member number of any source, or id of the row.
    """
    wanted = Q(pk__in=_identified_by(term))
    if address := normalise.email(term).value:
        wanted |= Q(email=address)
    if postal_code := normalise.postal_code(term).value:
        wanted |= Q(postal_code=postal_code)
    if pieces := found_by(term):
        wanted |= pieces
    living = customers.exclude(status=Customer.Status.ERASED)
    found = living.order_by().filter(wanted).values("pk")[:CUSTOMERS_FOUND_LIMIT]
    return customers.filter(pk__in=found)


def recipients_like(*, name: str, postal_codes: Collection[str], telephone: str) -> QuerySet[Recipient]:
    """Recipients of gifts with this name, and with one of the postal codes or the telephone number.

    They are persons whose data the operator holds (article 2(4)), although no customer stands for them.

    Args:
        name: as :func:`.domain.normalise.name_key` makes it. ``telephone``: in E.164. Whatever is empty finds nobody.
    """
    where = Q(pk__in=[])
    if codes := [code for code in postal_codes if code]:
        where |= Q(postal_code__in=codes)
    if telephone:
        where |= Q(telephone=telephone)
    return Recipient.objects.filter(where, name_key=name).exclude(name_key="")


def _identified_by(term: str) -> list[uuid.UUID]:
    number = normalise.clean_text(term)
    identities = CustomerIdentity.objects.filter(source__in=customer_sources(), external_id=number)
    keys = list(identities.values_list("customer_id", flat=True))
    with suppress(ValueError):
        keys.append(uuid.UUID(number))
    return keys


def customer_of(user: User, *, address_proven: bool) -> Customer | None:
    """The customer whose consents this account sees and changes (docs/decisions/consents-by-address.md).

    The one that is linked to the account; else the only one registered under its address, unless that customer is
    linked to another account. The address counts only in a session that a mailed code opened: staff who signed in with
    a password have not shown that they read the mailbox.

    Args:
        user: the signed-in account.
        address_proven: whether a mailed code opened this session.
    """
    linked = Q(user=user)
    if user.email and address_proven:
        linked |= Q(email=user.email)
    linked_first = Case(When(user=user, then=0), default=1, output_field=IntegerField())
    rows = list(Customer.objects.filter(linked).order_by(linked_first)[:2])
    for row in rows:
        if row.user_id == user.pk:
            return row
    return rows[0] if len(rows) == 1 and rows[0].user_id is None else None


def newest_consent(at: datetime, **lookups: Any) -> QuerySet[Consent]:
    """The consent events of these lookups up to this moment, the one that counts first.

    Of two events of the same moment the one that is no consent counts.
    """
    given_last = Case(When(event=Consent.Event.GIVEN, then=1), default=0, output_field=IntegerField())
    return Consent.objects.filter(at__lte=at, **lookups).order_by("-at", given_last)


def with_wording_state(consents: QuerySet[Any], at: datetime) -> QuerySet[Any]:
    """With ``outdated``: whether what was agreed to has changed its meaning up to this moment.

    A consent without a version (an import's) is to what was asked at its moment.
    """
    later = PurposeVersion.objects.filter(
        purpose=OuterRef("purpose"), material=True, since__gt=OuterRef("agreed_at"), since__lte=at
    )
    dated = consents.annotate(agreed_at=Coalesce("purpose_version__since", "at"))
    return dated.annotate(outdated=Exists(later))


def consent_purposes(customer: Customer, at: datetime) -> QuerySet[Purpose]:
    """What the page of consents shows: the purposes that are asked for, and retired ones with a consent in force.

    With ``newest_id``, the key of this customer's event that counts, and ``newest_outdated``: whether what was agreed
    to has changed its meaning since.
    """
    newest = with_wording_state(newest_consent(at, customer=customer, purpose=OuterRef("pk")), at)
    rows = Purpose.objects.annotate(
        newest_id=Subquery(newest.values("pk")[:1]),
        newest_event=Subquery(newest.values("event")[:1]),
        newest_outdated=Subquery(newest.values("outdated")[:1]),
    )
    present = Q(active=True, needs_consent=True) & (Q(part_of=None) | Q(part_of__active=True))
    shown = rows.filter(present | Q(newest_event=Consent.Event.GIVEN))
    return shown.select_related("part_of", "added").prefetch_related(_present_items())


def consents_without_wording(at: datetime) -> QuerySet[Consent]:
    """Consents in force whose wording is gone: their purpose is retired or means something else since."""
    changed = PurposeVersion.objects.filter(material=True, since__lte=at).values("purpose")
    retired = Q(active=False) | Q(needs_consent=False) | Q(part_of__active=False)
    concerned = Purpose.objects.filter(retired | Q(pk__in=changed))
    later = Consent.objects.filter(customer=OuterRef("customer"), purpose=OuterRef("purpose"), at__lte=at).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at")) & ~Q(event=Consent.Event.GIVEN)
    )
    rows = Consent.objects.filter(purpose__in=concerned, event=Consent.Event.GIVEN, at__lte=at).exclude(
        valid_until__lte=at
    )
    gone = Q(purpose__in=Purpose.objects.filter(retired)) | Q(outdated=True)
    return with_wording_state(rows.filter(~Exists(later)), at).filter(gone)


def suspensions_in_force(customer: Customer, at: datetime) -> QuerySet[Suspension]:
    """The stops that hold for this customer at this moment, the oldest first."""
    rows = Suspension.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at), customer=customer, begins_at__lte=at)
    return rows.select_related("purpose").order_by("begins_at", "pk")


def off_purpose_uses(customer: Customer, *, told: bool = True) -> QuerySet[OffPurposeUse]:
    """The recorded uses beyond the purposes that concern this customer and hold, the oldest first.

    Args:
        told: those that the person may be told of; False: the others.
    """
    rows = OffPurposeUse.objects.filter(persons__customer=customer, voided_at=None, tellable=told)
    return rows.prefetch_related("items").order_by("begins_on", "pk")


def consent_history(customer: Customer) -> QuerySet[Consent]:
    """Every event of this customer, the newest first."""
    return (
        Consent.objects.filter(customer=customer)
        .select_related("purpose", "purpose_version", "agent")
        .order_by("-at", "-pk")
    )


def public_measures() -> QuerySet[Measure]:
    """The security measures that the public may read (article 32(1), Order 10), class by class in the Act's order.

    Only ``text`` is for the public; the note beside it is not.
    """
    order = Case(
        *(When(measure_class=value, then=position) for position, value in enumerate(Measure.Class.values)),
        output_field=IntegerField(),
    )
    return Measure.objects.filter(active=True, public=True).order_by(order, "position", "pk").defer("note")


def reportable_incidents_of(customer: Customer) -> QuerySet[Incident]:
    """The incidents that article 26(1) wants reported and that affect this person, the newest first.

    Each of them is a ground for article 35(5): the person may ask that use stops, that the data is erased, or that it
    is no longer provided. It is one whether or not the report was sent, and whoever sent it.
    """
    return (
        Incident.objects.filter(affected__customer=customer, reportability=Incident.Reportability.REPORTABLE)
        .order_by("-known_at")
        .distinct()
    )


def published_items(customer: Customer) -> dict[str, str]:
    """Codes of the registered items that the person made public themself -> where. One query.

    A value that was registered after the mark was set is not the one that they published.
    """
    rows = SelfDisclosure.objects.filter(customer=customer, ended_at=None, item__isnull=False)
    return {
        code: place
        for code, place, marked_at in rows.order_by().values_list("item__code", "place", "marked_at")
        if not _registered_since(customer, code, marked_at)
    }


def is_outdated(mark: SelfDisclosure) -> bool:
    """Whether what is registered today is another value than the one that was marked."""
    return mark.item is not None and _registered_since(mark.customer, mark.item.code, mark.marked_at)


def _registered_since(customer: Customer, item: str, moment: datetime) -> bool:
    obtained = parse_datetime(customer.origins.get(item, {}).get("at", ""))
    return obtained is not None and obtained > moment


def open_marks() -> Prefetch:
    """For records: ``record.open_marks`` has the mark that the person made it public themself, or nothing."""
    rows = SelfDisclosure.objects.filter(ended_at=None)
    return Prefetch("self_disclosures", queryset=rows, to_attr="open_marks")


def published_records(keys: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Where the person made these records public themself, by the records' keys; those without a mark are left out."""
    rows = SelfDisclosure.objects.filter(record__in=keys, ended_at=None).order_by("marked_at")
    return {key: place for key, place in rows.values_list("record_id", "place") if key}


def marks_of(customer: Customer, of: DataItem | CustomerRecord) -> QuerySet[SelfDisclosure]:
    """Every mark of one item or record of the customer, the newest first."""
    rows = SelfDisclosure.objects.filter(customer=customer).select_related("customer", "item", "marked_by", "ended_by")
    rows = rows.filter(record=of) if isinstance(of, CustomerRecord) else rows.filter(item=of)
    return rows.order_by("-marked_at", "-id")


@dataclass(frozen=True, slots=True)
class ProvisionRecords:
    """What a person may know of the ledgers (article 33(5)), oldest first; ``hidden`` is outside the right."""

    provided: QuerySet[Provision]
    received: QuerySet[ReceivedProvision]
    hidden: tuple[QuerySet[Provision], QuerySet[ReceivedProvision]]

    @property
    def left_out(self) -> int:
        """How many records the person may not know of. The manager is told."""
        provided, received = self.hidden
        return provided.count() + received.count()


def provision_records_of(customer: Customer) -> ProvisionRecords:
    """The records of provisions and receipts about a person that the person may see, with the items of the Rules only.

    Left out are provisions on article 27(1)i to vii, which need no record, and whatever is withheld because its being
    known would do harm (Cabinet Order 11; ``docs/decisions/what-a-package-leaves-out.md``). What was taken back as
    wrong is no record.
    """
    provided = Provision.objects.filter(customer=customer, reversal=None)
    received = ReceivedProvision.objects.filter(customer=customer, reversal=None)
    hidden = Q(ground__in=EXCEPTIONS) | ~Q(withheld="")
    return ProvisionRecords(
        provided=provided.exclude(hidden)
        .only(
            *("provided_on", "provided_until", "ground", "concerns", "items"),
            *("recipient_name", "recipient_address", "recipient_representative"),
        )
        .order_by("provided_on", "id"),
        received=received.filter(withheld="")
        .only(
            *("received_on", "received_until", "kind", "how_acquired", "items"),
            *("provider_name", "provider_address", "provider_representative"),
        )
        .order_by("received_on", "id"),
        hidden=(provided.filter(hidden), received.exclude(withheld="")),
    )


def retention_periods() -> Periods:
    """How long what people give for a request is kept after it has ended."""
    rule = RetentionRule.objects.first()
    return rule.periods if rule else DEFAULTS
