"""What a requester gives serves the request and nothing else: nothing of it reaches what the operator holds."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from requests_app.models import DisclosureRequest
from requests_app.services import decisions, identity, intake, messages
from requests_app.services.fulfilment import fulfil
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.requests import PersonFactory, StaffFactory

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
ANSWERS: dict[str, Any] = {
    "requester": "person",
    "family_name": "秘田",
    "given_name": "花子",
    "family_kana": "ヒミツダ",
    "given_kana": "ハナコ",
    "telephone": "080-1111-2222",
    "postal_code": "100-0009",
    "prefecture": "東京都",
    "address1": "千代田区秘密町9-9",
    "address2": "",
    "answer_method": "download",
}
PROPOSAL = decisions.Proposal(outcome="identity_not_confirmed", reason="確認できません。")
# Whoever reads the persons of a request, and what for. A new one has to be named here, and must serve the request.
READERS = {
    "requests_app/admin/case_page.py": "the page of the case",
    "requests_app/admin/case_views.py": "steps of the case",
    "requests_app/admin/cases.py": "the queue: a masked name",
    "requests_app/admin/correction_views.py": "correcting what was written down wrongly",
    "requests_app/admin/register_form.py": "writing down what came by letter",
    "requests_app/audit_actions.py": "names of the columns",
    "requests_app/doctor_checks.py": "open requests without a person, counted",
    "requests_app/domain/answers.py": "what a form says",
    "requests_app/portal/stated.py": "what the person stated, on their own page",
    "requests_app/selectors.py": "search, and who might be the same person",
    "requests_app/services/again.py": "one more request of the same person",
    "requests_app/services/answer_mails.py": "whether there is an address to write to",
    "requests_app/services/case_file_person.py": "what they stated, on the printed case",
    "requests_app/services/corrections.py": "correcting what was written down wrongly",
    "requests_app/services/type_corrections.py": "whether what was stated can go on under another type",
    "requests_app/services/evidence.py": "whose evidence it is",
    "requests_app/services/evidence_state.py": "to whom the answer goes",
    "requests_app/services/identity.py": "comparison with what is registered",
    "requests_app/services/intake.py": "writing them",
    "requests_app/services/passing_on.py": "of whom whoever keeps papers has to correct or erase them",
    "requests_app/services/mandates.py": "the form of a mandate",
    "requests_app/services/registration.py": "writing them",
    "requests_app/services/typesetting.py": "the address on the letter",
    "requests_app/words.py": "names of the columns",
}


def registers() -> dict[str, list[Any]]:
    """Every row of what the operator holds."""
    return {
        model._meta.label: sorted(str(row) for row in model._default_manager.values_list())
        for model in apps.get_app_config("consent_app").get_models()
    }


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False], ids=["a customer", "nobody who is registered"])
def test_nothing_of_a_request_changes_what_is_held(known: bool) -> None:
    OperatorFactory()
    RequestRuleFactory()
    person, staff = PersonFactory(), StaffFactory()
    if known:
        CustomerFactory(email=person.email)
    before = registers()
    request = intake.submit(
        user=person, request_type="disclosure", answers=ANSWERS, language="ja", address_proven=True, now=NOW
    )
    identity.verify(request_id=request.pk, now=NOW)
    messages.write(request=request, actor=person, body="080-3333-4444にお電話ください。", now=NOW)
    request = DisclosureRequest.objects.get(pk=request.pk)
    decisions.decide(request=request, actor=staff, proposal=PROPOSAL, now=NOW)
    fulfil(request_id=request.pk, now=NOW)
    assert registers() == before


def test_whoever_reads_the_persons_of_a_request_is_known() -> None:
    root = Path(settings.BASE_DIR)
    word = re.compile(r"\bParty\b|\.parties\b|[\"']parties\b|parties__")
    found = {
        str(path.relative_to(root))
        for folder in ("requests_app", "consent_app", "privacy_portal")
        for path in (root / folder).rglob("*.py")
        if not {"migrations", "models"} & set(path.parts) and word.search(path.read_text(encoding="utf-8"))
    }
    # The table of what is kept names them, to have them erased.
    assert found - {"requests_app/domain/retention.py"} == set(READERS)
