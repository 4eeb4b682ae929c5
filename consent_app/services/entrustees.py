"""What was recorded about the supervision of subcontractors, read in one statement however many they are."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from ..domain import duties
from ..domain.duties import Abroad, Agreement, Judgement, Supervision, Task
from ..models import (
    ForeignArrangement,
    ForeignCheck,
    Reentrustment,
    Subcontractor,
    SubcontractorContract,
    SubcontractorFinding,
    SubcontractorReview,
    SubcontractorSelection,
)

_CLAUSES = {clause: F(clause) for clause in duties.CLAUSES}


def supervised(rows: QuerySet[Subcontractor]) -> QuerySet[Subcontractor]:
    """The same subcontractors with what :func:`supervision` reads."""
    own = {"subcontractor": OuterRef("pk")}
    selections = SubcontractorSelection.objects.filter(**own).order_by("decided_on", "created_at")
    agreements = SubcontractorContract.objects.filter(**own).order_by("valid_from", "pk")
    reviews = SubcontractorReview.objects.filter(**own).order_by("reviewed_on", "pk")
    findings = SubcontractorFinding.objects.filter(review__subcontractor=OuterRef("pk"), done_on=None)
    passed_on = Reentrustment.objects.filter(**own).order_by().values("subcontractor").annotate(number=Count("pk"))
    checks = ForeignCheck.objects.filter(arrangement__subcontractor=OuterRef("pk")).order_by("-checked_on", "-pk")
    return rows.annotate(
        found_selections=ArraySubquery(
            selections.values(facts=JSONObject(on="decided_on", result="result", next_on="next_review_on"))
        ),
        found_agreements=ArraySubquery(
            agreements.values(
                facts=JSONObject(
                    key="pk",
                    kind="kind",
                    signed_on="signed_on",
                    valid_from="valid_from",
                    valid_until="valid_until",
                    **_CLAUSES,
                )
            )
        ),
        found_reviews=ArraySubquery(
            reviews.values(facts=JSONObject(on="reviewed_on", result="result", next_on="next_on"))
        ),
        found_findings=ArraySubquery(findings.order_by("due_on").values("due_on")),
        found_unapproved=Subquery(
            passed_on.filter(without_approval=True, ended_on=None)
            .exclude(state=Reentrustment.State.APPROVED)
            .values("number")
        ),
        found_waiting=Subquery(
            passed_on.filter(state=Reentrustment.State.ASKED, without_approval=False).values("number")
        ),
        found_abroad=Subquery(
            ForeignArrangement.objects.filter(**own).values(
                facts=JSONObject(basis="basis", informed_from="informed_from")
            )
        ),
        found_check=Subquery(checks.values(facts=JSONObject(on="checked_on", works="works", next_on="next_on"))[:1]),
    )


def supervision(row: Any) -> Supervision:
    """The facts of a row of :func:`supervised`."""
    return Supervision(
        country=row.country,
        selections=tuple(
            Judgement(_day(one["on"]), one["result"] == SubcontractorSelection.Result.PASSED, _date(one["next_on"]))
            for one in row.found_selections
        ),
        agreements=tuple(_agreement(one, training=row.education) for one in row.found_agreements),
        reviews=tuple(
            Judgement(_day(one["on"]), one["result"] != SubcontractorReview.Result.UNFIT, _date(one["next_on"]))
            for one in row.found_reviews
        ),
        abroad=_abroad(row.found_abroad, row.found_check),
        findings_due=tuple(row.found_findings),
        unapproved=row.found_unapproved or 0,
        waiting=row.found_waiting or 0,
    )


def tasks(row: Subcontractor, today: date) -> tuple[Task, ...]:
    """The duties towards a subcontractor of :func:`supervised` as they stand on this day."""
    return duties.tasks(supervision(row), today)


def _agreement(facts: dict[str, Any], *, training: bool) -> Agreement:
    if facts["kind"] == SubcontractorContract.Kind.TRAINING:
        complete = training
    else:
        complete = all(facts[clause] for clause in duties.CLAUSES)
    begins = max(_day(facts["signed_on"]), _day(facts["valid_from"])) if facts["signed_on"] else None
    return Agreement(str(facts["key"]), begins, _date(facts["valid_until"]), complete)


def _abroad(facts: dict[str, Any] | None, check: dict[str, Any] | None) -> Abroad | None:
    if facts is None:
        return None
    abroad = Abroad(facts["basis"], informed_from=_date(facts["informed_from"]))
    if check is None:
        return abroad
    return Abroad(
        facts["basis"],
        informed_from=abroad.informed_from,
        checked_on=_day(check["on"]),
        next_check_on=_date(check["next_on"]),
        check_failed=not check["works"],
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
