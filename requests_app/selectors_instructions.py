"""Reading instructions, notes and findings."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from privacy_portal.core.business_days import add_business_days

from .domain.instructions import ESCALATED_AFTER, FOR_STAFF, WAITING, Stage, State
from .models import CaseFinding, CaseNote, DisclosureRequest, Instruction, InstructionEntry


def instructions_of(request: DisclosureRequest) -> QuerySet[Instruction]:
    """The instructions of a case with what became of them, for the case page and the printable case file."""
    return request.instructions.select_related("request", "subcontractor", "created_by").prefetch_related(
        "entries__actor"
    )


def notes_of(request: DisclosureRequest) -> QuerySet[CaseNote]:
    """The notes of staff, the oldest first, for the case page and the printable case file. Never for the person."""
    return request.notes.select_related("author")


def findings_of(request: DisclosureRequest) -> QuerySet[CaseFinding]:
    """What was looked for where, the oldest first."""
    return request.findings.select_related("author", "item", "keeper__subcontractor")


def for_staff(today: date) -> QuerySet[Any]:
    """Cases, ended ones too, with an instruction that staff have to look at; ``instruction_due_on``: the earliest."""
    theirs = Q(instructions__state__in=FOR_STAFF) | Q(instructions__state__in=WAITING, instructions__due_on__lt=today)
    found = DisclosureRequest.objects.filter(theirs).order_by("pk")
    return found.annotate(instruction_due_on=Min("instructions__due_on", filter=theirs))


def to_remind(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Instructions whose addressee is to be reminded, or whose silence the manager has to know; due and not done."""
    today = timezone.localdate(now)
    midnight = timezone.make_aware(datetime.combine(today, datetime.min.time()))
    told = InstructionEntry.objects.filter(instruction=OuterRef("pk"), round=OuterRef("round"))
    due = (
        Q(~Exists(told.exclude(stage="")), due_on__range=(today, add_business_days(today, 1)), sent_at__lt=midnight)
        | Q(~Exists(told.filter(stage=Stage.AFTER)), due_on__lt=today)
        | Q(due_on__lt=_escalated_before(today))
    )
    rows = Instruction.objects.filter(due, state__in=(State.SENT, State.REMINDED))
    return list(rows.order_by("due_on", "pk").values_list("pk", flat=True)[:limit])


def _escalated_before(today: date) -> date:
    """The first day for which the days of escalation have not passed yet: whatever was due before it is escalated."""
    day = today
    while add_business_days(day, ESCALATED_AFTER) >= today:
        day -= timedelta(days=1)
    return day + timedelta(days=1)
