"""How every letter looks: each text × outcome × language, with fixed values, against pictures that were looked at."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from PIL import Image, ImageDraw

from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.models import CaseFinding, Correction, Fee, Payment, PostCode
from requests_app.services import letters, mandates, paper_letters, receipts, typesetting
from tests.factories.requests import FeeFactory, MessageFactory, PartyFactory, StaffFactory
from tests.support import pictures
from tests.support.letters import LetterCase, LetterDesk, refusals_for
from tests.support.pictures import PPI, assert_looks_as_kept

pytestmark = pytest.mark.django_db

KEPT = Path(__file__).parent / "letter_pictures"
# One type stands for all with the same text; what the others say differently is a matter of test_every_letter.
TYPES = {
    "disclosure": ["disclosure"],
    "purpose_notice": ["purpose_notice"],
    "provision_records": ["provision_records"],
    "change": ["correction"],
    "stop": ["erasure"],
    "reply": ["foreign_measures", "inquiry"],
}
LANGUAGES = ("ja", "en")
BY_HAND = [("change", "correction", False), ("stop", "erasure", False), ("stop", "erasure", True)]


def cases_of(letter: str, language: str) -> dict[str, LetterCase]:
    """The letters of one text by the names of their pictures."""
    return {
        f"{letter}-{outcome}-{language}": LetterCase(code, outcome, language, refusals_for(code, outcome)[0])
        for code in TYPES[letter]
        for outcome in REQUEST_TYPES[code].outcome_articles
    }


@pytest.fixture
def failed(request: pytest.FixtureRequest) -> Path:
    return request.config.rootpath / "var" / "letter-pictures"


def pages_of(template: str, data: dict[str, object]) -> list[bytes]:
    """The letter as pictures, one a page, by the compiler and the fonts of the letters themselves."""
    return typesetting.typeset_pages(template, data, ppi=PPI)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", TYPES)
def test_a_letter_looks_as_it_was_approved(letter: str, language: str, failed: Path) -> None:
    desk = LetterDesk()
    wrong = []
    for name, case in cases_of(letter, language).items():
        template, data = letters.template_and_data(desk.content(case))
        assert template == f"{language}/{letter}.typ"
        try:
            assert_looks_as_kept(pages_of(template, data), KEPT / f"{name}.png", failed)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_looks_as_it_was_approved(language: str, failed: Path) -> None:
    request = LetterDesk().request("disclosure", language)
    at = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    fee: Fee = FeeFactory(request=request, accepted_at=at, settled_at=at, explanation="写しの費用")
    Payment.objects.create(fee=fee, amount_yen=fee.amount_yen, on=date(2026, 11, 24), recorded_by=StaffFactory())
    with mock.patch.object(typesetting, "typeset", side_effect=pages_of) as typeset:
        receipts.receipt(fee=fee, actor=StaffFactory())
    template, data = typeset.call_args.args
    assert_looks_as_kept(pages_of(template, data), KEPT / f"receipt-{language}.png", failed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_and_a_reminder_look_as_they_were_approved(language: str, failed: Path) -> None:
    request = LetterDesk().request("disclosure", language)
    day = date(2026, 11, 24)
    body = "ご注文の時期を教えてください。" if language == "ja" else "When did you order?"
    question = MessageFactory(request=request, body=body, channel="letter", on=day, asks_reply=True)
    with mock.patch.object(typesetting, "typeset", side_effect=pages_of) as typeset:
        paper_letters.question(question)
        paper_letters.reminder(request, on=date(2026, 12, 25), closes_on=date(2027, 1, 15))
    for name, call in zip(("question", "reminder"), typeset.call_args_list, strict=True):
        assert_looks_as_kept(pages_of(*call.args), KEPT / f"{name}-{language}.png", failed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_corrected_type_looks_as_it_was_approved(language: str, failed: Path) -> None:
    request = LetterDesk().request("disclosure", language)
    correction = Correction(request=request, before="purpose_notice", after="disclosure")
    with mock.patch.object(typesetting, "typeset", side_effect=pages_of) as typeset:
        paper_letters.type_corrected(correction, on=date(2026, 11, 24))
    assert_looks_as_kept(pages_of(*typeset.call_args.args), KEPT / f"type_corrected-{language}.png", failed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_and_a_mandate_look_as_they_were_approved(language: str, failed: Path) -> None:
    desk = LetterDesk()
    request = desk.request("disclosure", language)
    at = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    code = PostCode(request=request, expires_at=at + timedelta(days=14))
    with mock.patch.object(typesetting, "typeset", side_effect=pages_of) as typeset:
        paper_letters.post_code(code, desk.customer, "1234 5678", on=date(2026, 11, 24))
        mandates.blank(language=language)
        PartyFactory(request=request, kind="agent", family_name="代理野", given_name="一郎")
        mandates.for_request(request=request, actor=StaffFactory(), language=language)
    for name, call in zip(("post_code", "mandate", "mandate-filled"), typeset.call_args_list, strict=True):
        assert_looks_as_kept(pages_of(*call.args), KEPT / f"{name}-{language}.png", failed)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("letter", "code", "registered"), BY_HAND)
def test_what_is_done_by_hand_looks_as_it_was_approved(
    letter: str, code: str, registered: bool, language: str, failed: Path
) -> None:
    """With data that staff found: beside what is registered, and of somebody who is not."""
    desk = LetterDesk()
    request = desk.request(code, language)
    if not registered:
        request.customer = None
        request.save(update_fields=["customer"])
    for place, item in (("倉庫", desk.items["birth_date"]), ("机", None)):
        CaseFinding.objects.create(request=request, item=item, place=place, result="found", author=StaffFactory())
    template, data = letters.template_and_data(desk.content(LetterCase(code, "granted", language)))
    assert template == f"{language}/{letter}.typ"
    assert_looks_as_kept(pages_of(template, data), KEPT / f"{by_hand(letter, registered)}-{language}.png", failed)


def by_hand(letter: str, registered: bool) -> str:
    return f"{letter}-by_hand" + ("" if registered else "_alone")


def test_every_text_has_its_pictures_and_no_picture_is_left_over() -> None:
    texts = {path.stem for path in (typesetting.TEMPLATES / "ja").glob("*.typ")} - {"common"}
    kept = {path.stem for path in KEPT.glob("*.png")}
    named = {name for letter in TYPES for language in LANGUAGES for name in cases_of(letter, language)}
    assert kept == named | {
        f"{name}-{language}"
        for name in (
            *("receipt", "question", "reminder", "type_corrected", "post_code", "mandate", "mandate-filled"),
            *(by_hand(letter, registered) for letter, _code, registered in BY_HAND),
        )
        for language in LANGUAGES
    }
    assert texts == {name.split("-")[0] for name in kept}
    assert {path.name for path in (typesetting.TEMPLATES / "en").glob("*.typ")} == {
        path.name for path in (typesetting.TEMPLATES / "ja").glob("*.typ")
    }
    assert sum(path.stat().st_size for path in KEPT.glob("*.png")) < 500_000


def test_no_font_of_the_machine_is_used() -> None:
    families = set(typesetting._fonts().families())
    assert families == {
        "DejaVu Sans Mono",
        "Libertinus Serif",
        "New Computer Modern",
        "New Computer Modern Math",
        "Noto Sans CJK JP",
    }


def test_a_picture_with_one_other_word_is_seen(tmp_path: Path) -> None:
    kept = Image.open(KEPT / "disclosure-granted-ja.png")
    seen = kept.convert("L")
    assert pictures.differs(seen, kept) is None
    ImageDraw.Draw(seen).rectangle((60, 200, 75, 206), fill=0)
    assert pictures.differs(seen, kept) is not None
    assert pictures.differs(seen.resize((seen.width, seen.height + 1)), kept) is not None
