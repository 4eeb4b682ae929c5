"""Subcontractors in named states of supervision."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from consent_app.models import (
    ChecklistQuestion,
    Reentrustment,
    Subcontractor,
    SubcontractorContract,
    SubcontractorReview,
    SubcontractorSelection,
)

from .consent import SubcontractorFactory

CLAUSES = {
    "confidentiality": True,
    "no_other_use": True,
    "right_to_look": True,
    "prior_approval": True,
    "security_measures": True,
    "return_or_erasure": True,
}


def day(number: int) -> date:
    """So many days from today, in Japan."""
    return timezone.localdate() + timedelta(days=number)


def selected(subcontractor: Subcontractor, **fields: Any) -> SubcontractorSelection:
    """Examined and chosen half a year ago; the first review is ahead."""
    values = {"decided_on": day(-180), "decided_by": "例山", "result": "passed", "next_review_on": day(185)}
    return SubcontractorSelection.objects.create(subcontractor=subcontractor, **{**values, **fields})


def contracted(subcontractor: Subcontractor, **fields: Any) -> SubcontractorContract:
    """A complete contract, signed half a year ago, without end."""
    values: dict[str, Any] = {"title": "業務委託契約", "signed_on": day(-170), "valid_from": day(-170), **CLAUSES}
    return SubcontractorContract.objects.create(subcontractor=subcontractor, **{**values, **fields})


def reviewed(subcontractor: Subcontractor, **fields: Any) -> SubcontractorReview:
    """A review without findings, a month ago."""
    values = {
        "reviewed_on": day(-30),
        "reviewed_by": "例山",
        "method": "documents",
        "result": "good",
        "summary": "問題なし",
        "next_on": day(335),
    }
    return SubcontractorReview.objects.create(subcontractor=subcontractor, **{**values, **fields})


def asked(subcontractor: Subcontractor, **fields: Any) -> Reentrustment:
    """Asked ten days ago whether it may pass work on."""
    values = {"name": "例の下請", "service": "仕分け", "asked_on": day(-10)}
    return Reentrustment.objects.create(subcontractor=subcontractor, **{**values, **fields})


def supervised(**fields: Any) -> Subcontractor:
    """A subcontractor that data may be entrusted to: chosen and bound."""
    subcontractor: Subcontractor = SubcontractorFactory(**fields)
    selected(subcontractor)
    contracted(subcontractor)
    return subcontractor


def question(code: str, **fields: Any) -> ChecklistQuestion:
    """A question of the checklist."""
    values = {"text_ja": f"質問 {code}", "text_en": f"Question {code}"}
    return ChecklistQuestion.objects.create(code=code, **{**values, **fields})
