"""Recording the supervision of subcontractors (article 25): what the pages of the admin ask for before they save."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from privacy_portal.core.models import EncryptedFile, User
from privacy_portal.core.services import audit, files, uploads
from privacy_portal.core.services.uploads import CleanFile

from ..domain import duties
from ..models import (
    ChecklistQuestion,
    ForeignArrangement,
    SelectionAnswer,
    Subcontractor,
    SubcontractorContract,
    SubcontractorReview,
    SubcontractorSelection,
)


class SupervisionError(Exception):
    """What keeps a record from being saved; the message tells a person why and what to do."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to one question of the checklist, and what was seen."""

    answer: str
    note: str = ""


def record_selection(
    *,
    subcontractor: Subcontractor,
    decided_on: date,
    decided_by: str,
    result: str,
    next_review_on: date,
    answers: Mapping[int, Answered],
    note: str = "",
    actor: audit.Actor,
    today: date,
) -> SubcontractorSelection:
    """Write down the examination of a subcontractor, with the words of every question that was asked.

    Args:
        answers: by key of the question; every question in use has to be answered.
        result: whether it may be chosen. Not with an indispensable question answered by "no".

    Raises:
        SupervisionError: with everything that is wrong.
    """
    questions = list(ChecklistQuestion.objects.filter(active=True))
    problems = _problems(questions, answers, result)
    if not decided_by.strip():
        problems.append(_("判断した人を書いてください。"))
    if decided_on > today:
        problems.append(_("選定日は、今日以前にしてください。"))
    if next_review_on <= decided_on:
        problems.append(_("最初の確認の予定日は、選定日より後にしてください。"))
    if result == SubcontractorSelection.Result.FAILED and not note.strip():
        problems.append(_("選ばない理由を書いてください。"))
    if problems:
        raise SupervisionError(" ".join(problems))
    with transaction.atomic():
        selection = SubcontractorSelection.objects.create(
            subcontractor=subcontractor,
            decided_on=decided_on,
            decided_by=decided_by.strip(),
            result=result,
            note=note.strip(),
            next_review_on=next_review_on,
            recorded_by=actor if isinstance(actor, User) else None,
        )
        SelectionAnswer.objects.bulk_create(
            SelectionAnswer(
                selection=selection,
                question=question,
                text_ja=question.text_ja,
                text_en=question.text_en,
                required=question.required,
                answer=answers[question.pk].answer,
                note=answers[question.pk].note.strip(),
            )
            for question in questions
        )
        audit.record(
            action="subcontractor.selected",
            actor=actor,
            obj=selection,
            detail={"subcontractor": subcontractor.pk, "result": result},
        )
    return selection


def _problems(questions: list[ChecklistQuestion], answers: Mapping[int, Answered], result: str) -> list[str]:
    problems = []
    if not questions:
        problems.append(_("選定の質問がありません。先に、使う質問を登録してください。"))
    if any(question.pk not in answers or not answers[question.pk].answer for question in questions):
        problems.append(_("すべての質問に答えてください。"))
        return problems
    unexplained = [one for one in answers.values() if one.answer == SelectionAnswer.Answer.NOT_APPLICABLE]
    if any(not one.note.strip() for one in unexplained):
        problems.append(_("「あてはまらない」と答えた質問には、理由を書いてください。"))
    refused = [
        question
        for question in questions
        if question.required and answers[question.pk].answer == SelectionAnswer.Answer.NO
    ]
    if refused and result == SubcontractorSelection.Result.PASSED:
        names = _("、").join(f"「{question}」" for question in refused)
        problems.append(_("欠かせない質問に「いいえ」があるので、選べません：%(questions)s") % {"questions": names})
    return problems


def check_contract(*, contract: SubcontractorContract, today: date) -> None:
    """Raise :class:`SupervisionError` where an agreement cannot be saved. Inside the transaction that saves it.

    A draft may lack anything. A signed contract may lack clauses, too: what was signed is recorded as it is, and the
    task list says what is missing.
    """
    subcontractor = Subcontractor.objects.select_for_update(no_key=True).get(pk=contract.subcontractor_id)
    if contract.kind == SubcontractorContract.Kind.TRAINING and not subcontractor.education:
        raise SupervisionError(
            _("この委託先では、教育を契約の代わりにできません。契約を結んでください（プロフィールの education）。")
        )
    if contract.signed_on is None:
        return
    if contract.signed_on > today:
        raise SupervisionError(_("締結日・実施日は、今日以前にしてください。まだなら空欄にします。"))
    other = overlapping(contract)
    if other is not None:
        end = other.valid_until.isoformat() if other.valid_until else _("期限なし")
        raise SupervisionError(
            _(
                "有効期間が「%(title)s」（%(begin)s〜%(end)s）と重なっています。"
                "どちらが有効か分からなくなるので、前の契約の末日か、この契約の初日を直してください。"
            )
            % {"title": other.title, "begin": other.valid_from.isoformat(), "end": end}
        )


def overlapping(contract: SubcontractorContract) -> SubcontractorContract | None:
    """Another signed agreement of the same subcontractor with a day in common."""
    others = SubcontractorContract.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=contract.valid_from),
        subcontractor=contract.subcontractor_id,
        signed_on__isnull=False,
    ).exclude(pk=contract.pk)
    if contract.valid_until is not None:
        others = others.filter(valid_from__lte=contract.valid_until)
    return others.order_by("valid_from").first()


def missing_clauses(contract: SubcontractorContract) -> list[str]:
    """Names of the clauses that the contract has to contain and does not."""
    if contract.kind == SubcontractorContract.Kind.TRAINING:
        return []
    meta = contract._meta
    return [str(meta.get_field(name).verbose_name) for name in duties.CLAUSES if not getattr(contract, name)]  # type: ignore[union-attr]


def attach_scan(*, contract: SubcontractorContract, scan: CleanFile, actor: User) -> EncryptedFile:
    """Keep the scanned agreement encrypted in place of an earlier one, whose content is erased."""
    with transaction.atomic():
        before = contract.scan
        kept = contract.scan = uploads.store(scan, name=f"agreement-{contract.pk}")
        contract.save(update_fields=["scan"])
        if before is not None:
            files.erase(file=before, actor=actor)
        audit.record(action="subcontractor.agreement_scanned", actor=actor, obj=contract)
    return kept


def check_review(*, review: SubcontractorReview, today: date) -> None:
    """Raise :class:`SupervisionError` where a review cannot be: before the selection, or in the future."""
    if review.reviewed_on > today:
        raise SupervisionError(_("確認日は、今日以前にしてください。"))
    passed = SubcontractorSelection.objects.filter(
        subcontractor=review.subcontractor_id, result=SubcontractorSelection.Result.PASSED
    )
    first = passed.order_by("decided_on").first()
    if first is None:
        raise SupervisionError(_("この委託先はまだ選定されていません。先に選定を記録してください。"))
    if review.reviewed_on < first.decided_on:
        raise SupervisionError(
            _("確認日が、選定日（%(date)s）より前です。日付を確かめてください。")
            % {"date": first.decided_on.isoformat()}
        )


def check_arrangement(*, arrangement: ForeignArrangement) -> None:
    """Raise :class:`SupervisionError` where the basis does not fit the country of the subcontractor."""
    country = arrangement.subcontractor.country
    if country == duties.HOME_COUNTRY:
        raise SupervisionError(_("この委託先は日本にあるので、外国の委託先の記録は要りません。"))
    designated = arrangement.basis == ForeignArrangement.Basis.DESIGNATED
    if designated and country not in duties.EQUIVALENT_COUNTRIES:
        raise SupervisionError(
            _("%(country)s は、日本と同じ水準と認められた国（EEA・英国）ではありません。ほかの根拠を選んでください。")
            % {"country": country}
        )


def open_scan(*, contract: SubcontractorContract, actor: Any) -> EncryptedFile:
    """The scan, with the look recorded.

    Raises:
        SupervisionError: there is none.
    """
    if contract.scan is None or contract.scan.erased_at:
        raise SupervisionError(_("書面の写しはありません。"))
    audit.record(action="subcontractor.agreement_opened", actor=actor, obj=contract)
    return contract.scan


def next_review_day(*, subcontractor: Subcontractor, on: date) -> date:
    """The day of the next review that the operator's rhythm asks for after this one."""
    months = on.month - 1 + subcontractor.review_months
    year, month = on.year + months // 12, months % 12 + 1
    return date(year, month, min(on.day, monthrange(year, month)[1]))
