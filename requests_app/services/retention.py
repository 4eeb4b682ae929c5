"""Erasing what people gave for a request once its time is over, stage by stage, as ``domain.retention`` says.

Due is what is still there: a day without a worker, a crash in the middle or a file that was added late change nothing.
Each case is a transaction of its own that locks its row, so that a hold placed at the same moment is either seen or
comes too late. What the law or a dispute needs is kept by a hold, and by nothing else.
"""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from consent_app.domain.months import months_later
from consent_app.domain.retention import Periods
from consent_app.selectors import retention_periods
from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import EncryptedFile, OutgoingMail, User
from privacy_portal.core.services import audit, files, outbox

from ..domain.retention import KEPT, ORDER, Stage, due_on, last_ended_on
from ..domain.transitions import ENDED_STATUSES
from ..models import DisclosureRequest, KeptPayment, Payment, RequestRemains, RetentionHold
from ..selectors import fees_owed_back

logger = logging.getLogger(__name__)

# One run takes so many cases of a stage; the next one goes on.
BATCH = 2000
# What is due for longer than this is not late but stuck, and staff are told.
PATIENCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Place:
    """A column of the table of what is kept, as the models have it.

    Args:
        path: the look-up from its model to the request; empty for the request itself.
    """

    name: str
    model: type[models.Model]
    field: models.Field[Any, Any]
    path: str

    @property
    def is_file(self) -> bool:
        """Whether it is a link to an encrypted file."""
        return self.field.related_model is EncryptedFile

    def left(self) -> Q:
        """The rows of the model in which something is still there."""
        if self.is_file:
            return Q(**{f"{self.field.name}__isnull": False, f"{self.field.name}__erased_at": None})
        if self.field.null:
            return Q(**{f"{self.field.name}__isnull": False})
        return ~Q(**{self.field.name: ""})

    def of(self, request_id: uuid.UUID) -> QuerySet[Any]:
        """The rows of one case in which something is still there."""
        return self.model._default_manager.filter(self.left(), **{self.path or "pk": request_id})


def path_to_request(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> str | None:
    """The look-up that leads from a model to its request; None where it belongs to none."""
    if model is DisclosureRequest:
        return ""
    # The shortest way, and one that every row has.
    links = sorted(model._meta.concrete_fields, key=lambda one: (one.related_model is not DisclosureRequest, one.null))
    for field in links:
        target = field.related_model
        if not isinstance(target, type) or target in seen or target._meta.app_label != model._meta.app_label:
            continue
        if (path := path_to_request(target, seen | {model})) is not None:
            return f"{field.name}__{path}" if path else field.name
    return None


@functools.cache
def places(stage: Stage) -> tuple[Place, ...]:
    """What goes in a stage, for the two that empty and erase; with the last one, rows go as they are."""
    found = []
    for kept in KEPT:
        for name in kept.places if kept.stage == stage else ():
            app, model_name, field_name = name.split(".")
            model = apps.get_model(app, model_name)
            field = model._meta.get_field(field_name)
            path = path_to_request(model)
            if path is None or not isinstance(field, models.Field):
                raise LookupError(name)
            found.append(Place(name, model, field, path))
    return tuple(found)


# ---------------------------------------------------------------------------------------------------------- what is due


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _ended(stage: Stage, today: date, periods: Periods) -> QuerySet[DisclosureRequest]:
    """Cases that no hold keeps and whose time for the stage is over on a day."""
    before = _end_of(last_ended_on(stage, today, periods))
    held = RetentionHold.objects.filter(request=OuterRef("pk"), ended_at=None)
    cases = DisclosureRequest.objects.filter(status__in=ENDED_STATUSES, closed_at__lt=before).filter(~Exists(held))
    if stage == Stage.CASE:
        # Nobody's money is forgotten.
        return cases.exclude(pk__in=fees_owed_back().values("request"))
    left = Q()
    for place in places(stage):
        rows = place.model._default_manager.filter(place.left())
        left |= Q(Exists(rows.filter(**{place.path or "pk": OuterRef("pk")})))
    return cases.filter(left)


def due(stage: Stage, *, now: datetime) -> QuerySet[DisclosureRequest]:
    """What a run of the worker would take up in a stage now."""
    return _ended(stage, timezone.localdate(now), retention_periods())


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One case and stage that will be erased."""

    case: DisclosureRequest
    stage: Stage
    on: date


def upcoming(*, now: datetime, days: int, limit: int) -> tuple[list[Upcoming], dict[Stage, int]]:
    """What will be erased in the next days if nothing changes: the first of it, and how many cases in each stage."""
    today, periods = timezone.localdate(now), retention_periods()
    rows: list[Upcoming] = []
    counts: dict[Stage, int] = {}
    for stage in ORDER:
        cases = _ended(stage, today + timedelta(days=days), periods)
        counts[stage] = cases.count()
        for case in cases.order_by("closed_at")[:limit]:
            ended_on = timezone.localdate(case.closed_at)
            rows.append(Upcoming(case, stage, max(today, due_on(stage, ended_on, periods))))
    rows.sort(key=lambda row: (row.on, row.case.receipt_number))
    return rows[:limit], counts


def due_at_once(periods: Periods, *, now: datetime) -> dict[Stage, int]:
    """How many cases each stage would take up now by other times, before anybody sets them."""
    today = timezone.localdate(now)
    return {stage: _ended(stage, today, periods).count() for stage in ORDER}


def stuck(*, now: datetime) -> QuerySet[DisclosureRequest]:
    """Cases that should have been erased days ago and are still there."""
    return _ended(Stage.CASE, timezone.localdate(now - PATIENCE), retention_periods())


def stages_of(case: DisclosureRequest) -> list[dict[str, Any]]:
    """For the page of an ended case: each stage, its day, and whether anything of it is left."""
    if case.closed_at is None:
        return []
    ended_on, periods = timezone.localdate(case.closed_at), retention_periods()
    return [
        {
            "stage": stage,
            "on": due_on(stage, ended_on, periods),
            "left": stage == Stage.CASE or any(place.of(case.pk).exists() for place in places(stage)),
        }
        for stage in ORDER
    ]


# -------------------------------------------------------------------------------------------------------------- erasing


def run(*, now: datetime) -> dict[str, int]:
    """Erase what is due, a case at a time. May run twice, at once and after any crash.

    Returns:
        How many cases of each stage were worked on, and how many accounts and payments went.
    """
    counts: dict[str, int] = {stage.value: 0 for stage in ORDER}
    for stage in ORDER:
        for pk in list(due(stage, now=now).order_by("closed_at").values_list("pk", flat=True)[:BATCH]):
            try:
                counts[stage.value] += erase_case(pk, now=now) if stage == Stage.CASE else _erase_stage(pk, stage, now)
            except Exception:
                # One case must not keep the others; its key is all that the log gets.
                logger.exception("Erasing the %s of request %s failed; the next run tries again.", stage.value, pk)
    counts["payments"], _ = KeptPayment.objects.filter(keep_until__lt=timezone.localdate(now)).delete()
    counts["accounts"] = _forget_accounts(now)
    return counts


def _locked(pk: uuid.UUID, stage: Stage, now: datetime) -> DisclosureRequest | None:
    """The row, locked and looked at anew, unless somebody is at it."""
    row = DisclosureRequest.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    return row if row is not None and due(stage, now=now).filter(pk=pk).exists() else None


def _erase_stage(pk: uuid.UUID, stage: Stage, now: datetime) -> bool:
    with transaction.atomic():
        row = _locked(pk, stage, now)
        if row is None:
            return False
        number = sum(_erase_place(place, row) for place in places(stage))
        audit.record(
            action="request.stage_erased", actor="worker", obj=row, detail={"stage": str(stage), "number": number}
        )
    return True


def _erase_place(place: Place, row: DisclosureRequest) -> int:
    rows = place.of(row.pk)
    if not place.is_file:
        return rows.update(**{place.field.name: None if place.field.null else ""})
    contents = [getattr(one, place.field.name) for one in rows.select_related(place.field.name)]
    for content in contents:
        files.erase(file=content, actor="worker")
    return len(contents)


def _files_of(row: DisclosureRequest) -> list[EncryptedFile]:
    """Every encrypted file of a case, erased or not."""
    keys: set[uuid.UUID] = set()
    for stage in ORDER:
        for place in places(stage):
            if place.is_file:
                rows = place.model._default_manager.filter(**{place.path or "pk": row.pk})
                keys.update(rows.exclude(**{place.field.name: None}).values_list(place.field.name, flat=True))
    return list(EncryptedFile.objects.filter(pk__in=keys))


def erase_case(pk: uuid.UUID, *, now: datetime) -> bool:
    """Erase a case with its persons, texts, files and mails; leave an anonymous row and its payments.

    Returns:
        Whether it was done: not if a hold keeps it, its time is not over, or somebody is at it.
    """
    with transaction.atomic():
        row = _locked(pk, Stage.CASE, now)
        if row is None:
            return False
        contents = _files_of(row)
        for content in contents:
            files.erase(file=content, actor="worker")
        mails = OutgoingMail.objects.filter(object_type=row._meta.label_lower, object_id=str(row.pk))
        # One that is just leaving is emptied by its own retention.
        outbox.empty_now(mails.filter(emptied_at=None).exclude(state=OutgoingMail.State.SENDING), now=now)
        payments = _keep_payments(row)
        _keep_remains(row)
        audit.record(
            action="request.purged", actor="worker", obj=row, detail={"files": len(contents), "payments": payments}
        )
        row.delete()
        # Their names have the receipt number.
        EncryptedFile.objects.filter(pk__in=[content.pk for content in contents]).delete()
    return True


def _keep_remains(row: DisclosureRequest) -> None:
    decision = row.decisions.filter(superseded_at=None).first()
    RequestRemains.objects.create(
        request_type=row.request_type,
        channel=row.channel,
        received_on=timezone.localdate(row.received_at),
        answered_on=timezone.localdate(row.answered_at) if row.answered_at else None,
        ended_on=timezone.localdate(row.closed_at),
        ended_as=row.status,
        outcome=decision.outcome if decision else "",
        article=decision.article if decision else "",
        last_of_person=not _others_of_person(row).exists(),
    )


def _others_of_person(row: DisclosureRequest) -> QuerySet[DisclosureRequest]:
    same = Q()
    if row.customer_id:
        same |= Q(customer=row.customer_id)
    if row.applicant_id:
        same |= Q(applicant=row.applicant_id)
    others = DisclosureRequest.objects.exclude(pk=row.pk)
    return others.filter(same) if same else others.none()


def _keep_payments(row: DisclosureRequest) -> int:
    kept = [
        KeptPayment(
            receipt_number=row.receipt_number,
            kind=payment.kind,
            amount_yen=payment.amount_yen,
            on=payment.on,
            method=payment.method,
            keep_until=months_later(payment.on, settings.ORDER_RECORDS_MONTHS),
        )
        for payment in Payment.objects.filter(fee__request=row)
    ]
    return len(KeptPayment.objects.bulk_create(kept))


def _forget_accounts(now: datetime) -> int:
    """Delete accounts that nothing needs any more: no customer, request or draft, and long unused."""
    before = _end_of(last_ended_on(Stage.CASE, timezone.localdate(now), retention_periods()))
    unused = User.objects.annotate(last_used=Coalesce("last_login", "created_at")).filter(
        is_staff=False,
        is_superuser=False,
        last_used__lt=before,
        created_at__lt=before,
        customer=None,
        disclosure_requests=None,
        drafts=None,
    )
    count = 0
    for pk in list(unused.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            account = User.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
            # Signed in, or asked for something, while this waited.
            if account is None or not unused.filter(pk=pk).exists():
                continue
            account.delete()
            count += 1
    if count:
        audit.record(action="account.forgotten", actor="worker", detail={"count": count})
    return count


def protected() -> Iterator[str]:
    """Links between rows of one case that would keep it from being deleted as a whole, for the system check."""
    for model in apps.get_models():
        if path_to_request(model) is None:
            continue
        for field in model._meta.concrete_fields:
            target = field.related_model
            inside = isinstance(target, type) and path_to_request(target) is not None
            if inside and field.remote_field and field.remote_field.on_delete is models.PROTECT:
                yield f"{model._meta.label_lower}.{field.name}"


def unclassified() -> Iterator[str]:
    """Links to cases, links to files and encrypted texts of cases that the table does not know."""
    known = {place for kept in KEPT for place in kept.places}
    for model in apps.get_models():
        label = model._meta.label_lower
        ours = path_to_request(model) is not None
        for field in model._meta.concrete_fields:
            target = field.related_model
            to_case = isinstance(target, type) and path_to_request(target) is not None
            of_case = model._meta.app_label == DisclosureRequest._meta.app_label and (
                isinstance(field, EncryptedTextField) or target is EncryptedFile
            )
            if (to_case or of_case or (ours and target is EncryptedFile)) and f"{label}.{field.name}" not in known:
                yield f"{label}.{field.name}"
