"""A case with everything that was built beside it goes as a whole: documents, instructions, notes, findings, files."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Q

from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files
from requests_app.domain.instructions import Kind
from requests_app.models import (
    AnswerFile,
    AnswerMail,
    CaseNote,
    Correction,
    DisclosureRequest,
    Evidence,
    EvidenceJudgement,
    EvidencePage,
    EvidenceRequest,
    FoundContent,
    HandOver,
    Instruction,
    MessageFile,
)
from requests_app.services import holds, instructions, notes, retention
from requests_app.services.retention import path_to_request
from tests.factories.instructions import sent
from tests.factories.requests import DecisionFactory, MessageFileFactory, RequestFactory, StaffFactory

ENDED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LAST = datetime(2028, 11, 24, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def stored(name: str) -> EncryptedFile:
    with files.create(name=name, content_type="text/plain") as writer:
        writer.write("秘密の中身".encode())
    return writer.file


def case_with_everything() -> DisclosureRequest:
    case, staff = RequestFactory.in_review(), StaffFactory()
    decision = DecisionFactory(request=case)
    asked = sent(case, actor=staff, now=ENDED, kind=Kind.QUESTION, text="秘密の質問")
    Instruction.objects.filter(pk=asked.pk).update(decision=decision)
    instructions.answer(
        instruction=asked, round=1, event=instructions.Event.ANSWERED, text="秘密の返答", done_on=None, now=ENDED
    )
    notes.write(request=case, actor=staff, body="秘密のメモ", now=ENDED)
    found = notes.find(request=case, actor=staff, item=None, place="倉庫", result="found", note="秘密の結果", now=ENDED)
    FoundContent.objects.create(finding=found, text="秘密の内容", added_at=ENDED)
    FoundContent.objects.create(finding=found, file=stored("found.pdf"), added_at=ENDED)
    Instruction.objects.filter(pk=asked.pk).update(finding=found)
    HandOver.objects.create(request=case, by=staff, to=staff, note="秘密の引き継ぎ", at=ENDED)
    Correction.objects.create(request=case, field="family_name", before="秘", after="密", reason="訂正", made_at=ENDED)
    EvidenceRequest.objects.create(
        request=case, note="秘密のお願い", proofs=["principal"], asked_by=staff, asked_at=ENDED
    )
    evidence = Evidence.objects.create(
        request=case, proof="principal", document="passport", way="upload", state="checked", given_at=ENDED
    )
    EvidencePage.objects.create(evidence=evidence, file=stored("page.jpg"), position=1)
    EvidenceJudgement.objects.create(
        evidence=evidence,
        accepted=True,
        proofs=["principal"],
        checks=["name"],
        note="秘密の判断",
        judged_by=staff,
        judged_at=ENDED,
    )
    MessageFileFactory(request=case)
    AnswerFile.objects.create(request=case, decision=decision, kind="letter", file=stored("a.pdf"), expires_at=LAST)
    AnswerMail.objects.create(decision=decision, passphrase="秘密の言葉", created_at=ENDED)
    holds.place(request=case, kind="suit", reason="秘密の保留", actor=staff, now=ENDED)
    holds.end(request=case, reason="終わり", actor=staff, now=ENDED)
    DisclosureRequest.objects.filter(pk=case.pk).update(
        status="closed", closed_at=ENDED, answered_at=ENDED, status_changed_at=ENDED
    )
    return case


def rows_of_cases() -> dict[str, int]:
    """How many rows belong to a case, by model; what remains on purpose belongs to none."""
    found: dict[str, Any] = {}
    for model in apps.get_app_config("requests_app").get_models():
        path = path_to_request(model)
        if path is not None:
            found[model.__name__] = model._default_manager.filter(~Q(**{path or "pk": None})).count()
    return found


def test_nothing_of_it_is_left_and_no_file_can_be_read() -> None:
    case_with_everything()
    before = rows_of_cases()
    for model in (
        Instruction,
        CaseNote,
        FoundContent,
        HandOver,
        Correction,
        Evidence,
        EvidenceJudgement,
        MessageFile,
        AnswerMail,
    ):
        assert before[model.__name__], model
    retention.run(now=LAST)
    assert {name: count for name, count in rows_of_cases().items() if count} == {}
    assert not EncryptedFile.objects.filter(erased_at=None).exists()
