"""The table of evidence against the list of the law, written down here again."""

from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from requests_app.domain.evidence import (
    DOCUMENTS,
    NEEDS,
    PICTURES,
    Check,
    Mask,
    Proof,
    holds_document_number,
    is_agents,
    needs_of,
    possible_needs,
    required_proofs,
)
from requests_app.domain.requesters import ASKERS, REQUESTERS_OF, AnswerTo, Requester, answer_to
from requests_app.models import DisclosureRequest

IDENTITY = {
    "driving_licence",
    "individual_number_card",
    "eligibility_certificate",
    "passport",
    "residence_card",
    "residence_record",
}
# Who -> what has to be shown, and by which documents (Order 13; Guidelines on the procedure of article 37).
LAW = {
    "person": {"principal": IDENTITY},
    "former": {"principal": IDENTITY},
    "recipient": {"principal": IDENTITY},
    "applicant": {"principal": IDENTITY},
    "unknown": {"principal": IDENTITY},
    "parent": {
        "principal": IDENTITY | {"family_register"},
        "agent": IDENTITY,
        "authority": {"family_register", "residence_record"},
    },
    "guardian": {"principal": IDENTITY, "agent": IDENTITY, "authority": {"guardianship_certificate"}},
    "mandated": {
        "principal": IDENTITY,
        "agent": IDENTITY,
        "authority": {"mandate"},
        "seal": {"seal_certificate", "signature_certificate"},
    },
}


@pytest.mark.parametrize("requester", Requester)
def test_each_requester_shows_what_the_law_lets_ask(requester: Requester) -> None:
    required = {need.proof.value: set(need.documents) for need in NEEDS[requester] if need.required}
    assert required == LAW[requester]


def test_every_requester_belongs_to_one_role() -> None:
    assert set(REQUESTERS_OF) == set(DisclosureRequest.Role.values)
    assert sorted(one for group in REQUESTERS_OF.values() for one in group) == sorted(Requester)


def test_who_asks_decides_who_gets_the_answer() -> None:
    """Order 13: a statutory agent acts in the person's place; a mandated one gets what the mandate says."""
    expected = {"person": "principal", "statutory_agent": "agent", "mandated_agent": "by_mandate"}
    assert {role: answer_to(role).value for role in REQUESTERS_OF} == expected
    for role, requesters in REQUESTERS_OF.items():
        assert {ASKERS[one].answer for one in requesters} == {AnswerTo(expected[role])}
    assert {code for code, row in ASKERS.items() if not row.words} == {"unknown"}


def test_a_document_is_asked_only_for_what_it_shows() -> None:
    for needs in NEEDS.values():
        for need in needs:
            for code in need.documents:
                assert need.proof in DOCUMENTS[code].proves, (need.proof, code)


def test_what_must_never_be_kept_is_masked() -> None:
    assert Mask.MY_NUMBER in DOCUMENTS["residence_record"].masks
    assert {Mask.INSURANCE, Mask.QR_CODE} <= set(DOCUMENTS["eligibility_certificate"].masks)
    for code in ("driving_licence", "passport", "residence_record", "family_register", "guardianship_certificate"):
        assert Mask.DOMICILE in DOCUMENTS[code].masks, code


def test_every_drawing_is_there_and_every_document_can_be_checked() -> None:
    for document in DOCUMENTS.values():
        assert document.checks
        if document.picture:
            assert (Path(settings.BASE_DIR) / "static" / document.picture_path).is_file()
            assert document.picture_words == PICTURES[document.picture]


@pytest.mark.parametrize("role", REQUESTERS_OF)
@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("needs_identity", [True, False])
def test_what_is_required(role: str, level: int, needs_identity: bool) -> None:
    expected: set[str] = set()
    if needs_identity and role == "statutory_agent":
        expected = {"principal", "agent", "authority"}
    elif needs_identity and role == "mandated_agent":
        expected = {"principal", "agent", "authority", "seal"}
    elif needs_identity and level == 3:
        expected = {"principal"}
    assert {proof.value for proof in required_proofs(role=role, level=level, needs_identity=needs_identity)} == expected


def test_an_unknown_kind_of_agent_may_send_what_any_of_them_has() -> None:
    authority = next(need for need in needs_of("statutory_agent") if need.proof == Proof.AUTHORITY)
    assert set(authority.documents) == {"family_register", "residence_record", "guardianship_certificate"}
    assert [need.proof for need in needs_of("person")] == [Proof.PRINCIPAL]
    assert [need.proof for need in needs_of("person", "recipient")] == [Proof.PRINCIPAL, Proof.CONNECTION]
    assert needs_of("person", "mandated") == needs_of("person")
    assert Proof.CONNECTION in {need.proof for need in possible_needs("person")}


def test_whose_document_it_is() -> None:
    assert is_agents("agent", "passport")
    assert is_agents("authority", "family_register")
    assert not is_agents("authority", "mandate")
    assert not is_agents("principal", "passport")


@pytest.mark.parametrize(
    "text",
    [
        "免許証 123456789012",
        "TK1234567",
        "ＡＢ１２３４５６７８ＣＤ",
        "1234 5678 9012",
        "1234-5678-9012",
        "記号12345678",
    ],
)
def test_numbers_of_documents_are_recognised(text: str) -> None:
    assert holds_document_number(text)


@pytest.mark.parametrize(
    "text",
    ["", "氏名と住所が合った。", "2026-11-20に発行", "2026年11月20日発行、3か月以内", "電話 1234", "第33条第2項"],
)
def test_what_is_no_number(text: str) -> None:
    assert not holds_document_number(text)


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.text("あいう、。", max_size=5))
def test_twelve_digits_are_a_number_wherever_they_stand(digits: str, around: str) -> None:
    assert holds_document_number(around + digits + around)


def test_checks_are_words() -> None:
    assert all(str(check.label) for check in Check)
