"""Recording the supervision of subcontractors, with everything that people get wrong."""

import io
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from consent_app.models import (
    ForeignArrangement,
    RecipientDuty,
    SelectionAnswer,
    SubcontractorContract,
    SubcontractorFinding,
    SubcontractorReview,
    SubcontractorSelection,
)
from consent_app.services import supervision
from consent_app.services.supervision import Answered, SupervisionError
from privacy_portal.core.models import AuditEntry
from privacy_portal.core.services import files, uploads
from privacy_portal.core.services.uploads import CleanFile
from tests.factories.consent import SubcontractorFactory
from tests.factories.core import StaffFactory
from tests.factories.supervision import CLAUSES, asked, contracted, day, question, reviewed, selected
from tests.support.concurrency import run_at_once
from tests.support.files import path_of

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


def select(answers: dict[int, Answered], **changes: Any) -> SubcontractorSelection:
    values: dict[str, Any] = {
        "subcontractor": changes.pop("subcontractor", None) or SubcontractorFactory(),
        "decided_on": TODAY,
        "decided_by": "例山",
        "result": "passed",
        "next_review_on": day(365),
        "actor": StaffFactory(),
        "today": TODAY,
    }
    return supervision.record_selection(answers=answers, **{**values, **changes})


def test_a_selection_keeps_the_words_that_were_asked() -> None:
    rules, logs = question("rules"), question("logs", required=False)
    question("retired", active=False)
    selection = select({rules.pk: Answered("yes", "規程を見た"), logs.pk: Answered("no")})
    rules.text_ja = "変わった質問"
    rules.save()
    assert [(one.text_ja, one.answer, one.note) for one in selection.answers.all()] == [
        ("質問 rules", "yes", "規程を見た"),
        ("質問 logs", "no", ""),
    ]
    entry = AuditEntry.objects.get(action="subcontractor.selected")
    assert entry.detail == {"subcontractor": selection.subcontractor_id, "result": "passed"}


@pytest.mark.parametrize(
    ("answers", "changes", "told"),
    [
        ({"rules": Answered("yes")}, {}, "すべての質問に答えてください"),
        ({"rules": Answered("no"), "logs": Answered("yes")}, {}, "欠かせない質問に「いいえ」があるので、選べません"),
        ({"rules": Answered("not_applicable", " "), "logs": Answered("yes")}, {}, "理由を書いてください"),
        ({"rules": Answered("yes"), "logs": Answered("no")}, {"decided_on": day(1)}, "今日以前"),
        ({"rules": Answered("yes"), "logs": Answered("no")}, {"next_review_on": TODAY}, "選定日より後"),
        ({"rules": Answered("yes"), "logs": Answered("no")}, {"decided_by": " "}, "判断した人"),
        ({"rules": Answered("no"), "logs": Answered("no")}, {"result": "failed"}, "選ばない理由"),
    ],
    ids=["unanswered", "indispensable", "not explained", "tomorrow", "no review", "by nobody", "without a reason"],
)
def test_a_selection_that_cannot_be(answers: dict[str, Answered], changes: dict[str, Any], told: str) -> None:
    keys = {code: question(code, required=code == "rules").pk for code in ("rules", "logs")}
    with pytest.raises(SupervisionError, match=told):
        select({keys[code]: answer for code, answer in answers.items()}, **changes)
    assert not SubcontractorSelection.objects.exists()


def test_a_selection_without_questions_is_none() -> None:
    with pytest.raises(SupervisionError, match="先に、使う質問を登録"):
        select({})


def test_one_who_fails_is_recorded_as_failed() -> None:
    rules = question("rules")
    selection = select({rules.pk: Answered("no")}, result="failed", note="規程がない")
    assert selection.result == "failed"


def test_selections_and_answers_are_only_added() -> None:
    rules = question("rules")
    selection = select({rules.pk: Answered("yes")})
    for change in (
        lambda: SubcontractorSelection.objects.update(result="failed"),
        lambda: SelectionAnswer.objects.update(answer="no"),
    ):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            change()
    with transaction.atomic(), connection.cursor() as cursor:
        SelectionAnswer.objects.filter(selection=selection).delete()
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def draft(**fields: Any) -> SubcontractorContract:
    subcontractor = fields.pop("subcontractor", None) or SubcontractorFactory()
    values = {"title": "新しい契約", "signed_on": TODAY, "valid_from": TODAY, **CLAUSES}
    return SubcontractorContract(subcontractor=subcontractor, **{**values, **fields})


@pytest.mark.parametrize(
    ("before", "new", "overlaps"),
    [
        ({"valid_until": day(-1)}, {}, False),
        ({"valid_until": day(0)}, {}, True),
        ({"valid_until": None}, {}, True),
        ({"valid_until": None, "signed_on": None}, {}, False),
        ({"valid_from": day(100)}, {"valid_until": day(99)}, False),
        ({"valid_from": day(100)}, {"valid_until": day(100)}, True),
        ({"valid_from": day(100)}, {"valid_until": None}, True),
        ({"valid_until": None}, {"signed_on": None}, False),
    ],
)
def test_contracts_that_overlap(before: dict[str, Any], new: dict[str, Any], overlaps: bool) -> None:
    first = contracted(SubcontractorFactory(), title="前の契約", **before)
    contracted(SubcontractorFactory(), title="ほかの会社との契約")
    contract = draft(subcontractor=first.subcontractor, **new)
    if not overlaps:
        supervision.check_contract(contract=contract, today=TODAY)
        contract.save()
        return
    with pytest.raises(SupervisionError, match=r"「前の契約」.*と重なっています"):
        supervision.check_contract(contract=contract, today=TODAY)
    with pytest.raises(DatabaseError, match="overlap"), transaction.atomic():
        contract.save()


def test_saving_a_contract_again_is_no_overlap_with_itself() -> None:
    contract = contracted(SubcontractorFactory())
    contract.valid_until = day(10)
    supervision.check_contract(contract=contract, today=TODAY)
    contract.save()


@pytest.mark.django_db(transaction=True)
def test_two_contracts_saved_at_the_same_moment_do_not_both_get_through() -> None:
    subcontractor = SubcontractorFactory()

    def save() -> str:
        try:
            contracted(subcontractor)
        except DatabaseError:
            return "refused"
        return "saved"

    assert sorted(run_at_once([save, save])) == ["refused", "saved"]
    assert SubcontractorContract.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_until": day(-1)},
        {"kind": "training", "training": ""},
        {"kind": "handshake"},
    ],
    ids=["ends before it begins", "training that nobody tells of", "unknown kind"],
)
def test_contracts_that_the_database_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        draft(**wrong).save()


def test_training_needs_the_promise_that_allows_it() -> None:
    with pytest.raises(SupervisionError, match="教育を契約の代わりにできません"):
        supervision.check_contract(contract=draft(kind="training", training="研修"), today=TODAY)
    allowed = SubcontractorFactory(education=True)
    supervision.check_contract(contract=draft(kind="training", training="研修", subcontractor=allowed), today=TODAY)


def test_nobody_signs_tomorrow() -> None:
    with pytest.raises(SupervisionError, match="今日以前"):
        supervision.check_contract(contract=draft(signed_on=day(1)), today=TODAY)


def test_the_clauses_that_are_missing_have_names() -> None:
    assert supervision.missing_clauses(draft(right_to_look=False, return_or_erasure=False)) == [
        "取扱いの状況を確かめられる",
        "終わったら返すか消す",
    ]
    assert supervision.missing_clauses(draft(kind="training", right_to_look=False)) == []


def own(content: bytes) -> CleanFile:
    return uploads.examined(io.BytesIO(content), name="agreement.pdf")


def test_a_scan_is_encrypted_and_replaced() -> None:
    contract = contracted(SubcontractorFactory())
    staff = StaffFactory()
    first = supervision.attach_scan(contract=contract, scan=own(b"%PDF-1.7 signed"), actor=staff)
    assert b"".join(files.open_stream(supervision.open_scan(contract=contract, actor=staff))) == b"%PDF-1.7 signed"
    assert b"signed" not in path_of(first).read_bytes()
    supervision.attach_scan(contract=contract, scan=own(b"%PDF-1.7 again"), actor=staff)
    first.refresh_from_db()
    assert first.erased_at is not None
    assert AuditEntry.objects.filter(action="subcontractor.agreement_opened").count() == 1


def test_a_review_before_the_selection() -> None:
    subcontractor = SubcontractorFactory()
    review = SubcontractorReview(subcontractor=subcontractor, reviewed_on=day(-10))
    with pytest.raises(SupervisionError, match="まだ選定されていません"):
        supervision.check_review(review=review, today=TODAY)
    selected(subcontractor, decided_on=day(-20), result="failed")
    with pytest.raises(SupervisionError, match="まだ選定されていません"):
        supervision.check_review(review=review, today=TODAY)
    selected(subcontractor, decided_on=day(-9))
    with pytest.raises(SupervisionError, match="より前です"):
        supervision.check_review(review=review, today=TODAY)
    review.reviewed_on = day(-9)
    supervision.check_review(review=review, today=TODAY)
    review.reviewed_on = day(1)
    with pytest.raises(SupervisionError, match="今日以前"):
        supervision.check_review(review=review, today=TODAY)


def test_the_next_review_follows_the_operators_rhythm() -> None:
    half = SubcontractorFactory(review_months=6)
    on = TODAY.replace(year=2026, month=8, day=31)
    assert supervision.next_review_day(subcontractor=half, on=on).isoformat() == "2027-02-28"
    yearly = SubcontractorFactory(review_months=12)
    assert supervision.next_review_day(subcontractor=yearly, on=on).isoformat() == "2027-08-31"


def test_a_review_has_its_next_day_and_a_finding_its_end() -> None:
    subcontractor = SubcontractorFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        reviewed(subcontractor, next_on=day(-30))
    review = reviewed(subcontractor)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubcontractorFinding.objects.create(review=review, text="鍵", due_on=day(1), done_on=TODAY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"began_on": day(-5)},
        {"state": "refused", "decided_on": day(-9), "decided_by": "例山", "began_on": day(-5)},
        {"state": "approved", "decided_on": day(-5), "decided_by": "例山", "began_on": day(-6)},
        {"state": "approved"},
        {"state": "approved", "decided_on": day(-5)},
        {"without_approval": True},
        {"ended_on": day(-1)},
    ],
    ids=[
        "began while asking",
        "began although refused",
        "began the day before the approval",
        "approved on no day",
        "approved by nobody",
        "without approval, but not begun",
        "ended, but never begun",
    ],
)
def test_passing_on_without_approval_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        asked(SubcontractorFactory(), **wrong)


def test_passing_on_that_was_found_out_can_be_recorded() -> None:
    asked(SubcontractorFactory(), began_on=day(-5), without_approval=True)
    asked(SubcontractorFactory(), state="approved", decided_on=day(-5), decided_by="例山", began_on=day(-5))


def test_the_basis_abroad_has_to_fit_the_country() -> None:
    def check(country: str, basis: str) -> None:
        subcontractor = SubcontractorFactory(country=country)
        arrangement = ForeignArrangement(subcontractor=subcontractor, basis=basis)
        supervision.check_arrangement(arrangement=arrangement)

    with pytest.raises(SupervisionError, match="日本にある"):
        check("JP", "equivalent")
    with pytest.raises(SupervisionError, match="US は"):
        check("US", "designated")
    check("DE", "designated")
    check("US", "equivalent")


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": "equivalent", "arrangement": "契約"},
        {"basis": "consent", "informed_from": TODAY, "regime_ja": "-", "regime_en": "-", "measures_ja": "-"},
        {"basis": "trust"},
    ],
)
def test_arrangements_that_lack_what_the_rules_ask_for(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ForeignArrangement.objects.create(subcontractor=SubcontractorFactory(country="US"), **wrong)


def test_a_recipient_has_to_promise_to_prevent_leaks() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RecipientDuty.objects.create(name="例の百貨店", agreed_on=TODAY, evidence="覚書", confidentiality=True)
    RecipientDuty.objects.create(name="例の百貨店", agreed_on=TODAY, evidence="覚書", prevents_leaks=True)
