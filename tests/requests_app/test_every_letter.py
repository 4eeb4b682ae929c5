"""Every letter: each type × outcome × ground × language of the table says what the law wants (32 to 36, 40)."""

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from consent_app.domain.articles import article_text
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.models import Fee, Payment
from requests_app.services import receipts, typesetting
from requests_app.services.letters import decision_letter
from tests.factories.consent import ProvisionBasisFactory, ProvisionFactory
from tests.factories.requests import FeeFactory, RequestFactory, StaffFactory
from tests.support.letters import (
    ACCREDITED,
    ACCREDITED_CONTACT,
    MEASURE,
    NUMBER,
    REASON,
    LetterCase,
    LetterDesk,
    every_type_and_language,
    letter_cases,
)

pytestmark = pytest.mark.django_db

ACT = {"ja": "個人情報の保護に関する法律", "en": "Act on the Protection of Personal Information"}
COMMISSION = {"ja": "個人情報保護委員会", "en": "Personal Information Protection Commission"}
COURT = {"ja": "第39条", "en": "article 39"}
DECIDED = {"ja": "令和8年11月24日（2026年11月24日）", "en": "24 November 2026"}
# 15:30 UTC of the day before.
RECEIVED = {"ja": "令和8年11月21日（2026年11月21日）", "en": "21 November 2026"}
WESTERN_ALONE = re.compile(r"(?<!（)(?<!\d)\d{4}年\d{1,2}月\d{1,2}日")


def squeezed(text: str) -> str:
    return "".join(text.split())


def text_of(pdf: bytes) -> str:
    """What a PDF says, without white space and page numbers in between."""
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def tags_of(reader: PdfReader) -> list[str]:
    """The structure of a tagged PDF as a list of its elements, in reading order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for entry in node:
                walk(entry)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append(str(node["/S"]))
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])  # type: ignore[index]
    return found


def assert_accessible(pdf: bytes, language: str, title: str) -> list[str]:
    """What PDF/UA-1 (ISO 14289-1) wants of every file, as far as it can be read from the file; gives its structure."""
    reader = PdfReader(io.BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == title
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"<pdfuaid:part>1</pdfuaid:part>|pdfuaid:part=\"1\"", xmp)
    assert title in xmp
    tags = tags_of(reader)
    assert tags.count("/H1") == 1
    assert "/P" in tags
    # Each table has a row of headers, and nothing on the page is without a tag or an artifact's mark.
    assert tags.count("/TH") == 2 * tags.count("/Table")
    for page in reader.pages:
        assert page["/Tabs"] == "/S" or "/Annots" not in page
        assert "/StructParents" in page
        fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
        for font in fonts.values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor), "every font lies in the file"
            assert "/ToUnicode" in font.get_object()
    return tags


def assert_complete(case: LetterCase, text: str) -> None:
    """The article, the ground, the reason, the alternative, how to complain and to whom."""
    entry, language = REQUEST_TYPES[case.request_type], case.language

    def says(words: str) -> None:
        assert squeezed(words) in text, f"{case} does not say: {words}"

    says(ACT[language])
    says(article_text(entry.outcome_articles[case.outcome], language))
    for words in (RECEIVED[language], DECIDED[language], NUMBER, "髙橋", COMMISSION[language]):
        says(words)
    if case.refusal:
        with typesetting.translation.override(language):
            says(str(case.refusal.text))
        says(article_text(case.refusal.article, language))
        says(REASON[language])
    if case.outcome in ("not_valid", "replied") or case.outcome in entry.told:
        says(REASON[language])
    if case.outcome == "alternative":
        says(MEASURE[language])
    says("例の店" if language == "ja" else "Example Shop")
    says("個人情報管理者" if language == "ja" else "Personal Information Manager")
    for way in ("privacy@shop.example", "050-0000-0000", "例町1-2-3" if language == "ja" else "1-2-3 Reicho"):
        says(way)
    says("12:00〜18:00" if language == "ja" else "12:00–18:00")
    says(ACCREDITED[language])
    says(ACCREDITED_CONTACT[language])
    refuses = case.outcome in ("refused", "partly", "alternative", "not_valid")
    assert (squeezed(COURT[language]) in text) == (entry.suit_waits and refuses), f"{case}: article 39"
    if language == "ja":
        assert not WESTERN_ALONE.search(text), f"{case} has a day in one calendar only"


@pytest.mark.parametrize(("request_type", "language"), every_type_and_language())
def test_every_letter_says_what_the_law_wants_and_can_be_heard(request_type: str, language: str) -> None:
    desk = LetterDesk()
    texts = {}
    for case in letter_cases(request_type, language):
        pdf = decision_letter(desk.content(case))
        texts[str(case)] = text_of(pdf)
        assert_complete(case, texts[str(case)])
        with typesetting.translation.override(language):
            name = str(REQUEST_TYPES[request_type].name)
        title = f"{name}について（通知）" if language == "ja" else PdfReader(io.BytesIO(pdf)).metadata.title
        tags = assert_accessible(pdf, language, str(title))
        assert name in str(title)
        assert tags.count("/H2") >= 3
    assert len(set(texts.values())) == len(texts), "two letters read the same"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_without_an_accredited_organisation_none_is_named(language: str) -> None:
    desk = LetterDesk(accredited=False)
    text = text_of(decision_letter(desk.content(LetterCase("disclosure", "refused", language))))
    assert ("認定個人情報保護団体" if language == "ja" else "accreditedpersonalinformation") not in text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_complaints_go_where_the_profile_takes_them(language: str) -> None:
    desk = LetterDesk()
    desk.operator.complaint_channels = ["portal", "letter"]
    desk.operator.save()
    text = text_of(decision_letter(desk.content(LetterCase("disclosure", "refused", language))))
    assert "privacy@shop.example" not in text
    assert "050-0000-0000" not in text
    assert squeezed(typesetting.settings.PORTAL_URL) in text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_receipt_can_be_heard_and_has_both_calendars(language: str) -> None:
    LetterDesk()
    request = RequestFactory.in_review(language=language)
    at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    fee: Fee = FeeFactory(request=request, accepted_at=at, settled_at=at)
    Payment.objects.create(fee=fee, amount_yen=fee.amount_yen, on=date(2026, 11, 24), recorded_by=StaffFactory())
    pdf = receipts.receipt(fee=fee, actor=StaffFactory())
    title = "領収書" if language == "ja" else "Receipt"
    assert_accessible(pdf, language, title)
    text = text_of(pdf)
    assert squeezed("令和8年11月25日（2026年11月25日）" if language == "ja" else "25 November 2026") in text
    assert squeezed(DECIDED[language]) in text


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("髙﨑", "𠮷男"),
        ("葛\U000e0100城", "辻\U000e0101子"),
        ("", ""),
        ("名前の長い" * 20, "終わらない" * 20),
        ("Wolfeschlegelsteinhausenbergerdorff" * 2, "Adolph" * 10),
        ("か\u3099", "ﾊﾟ①㈱"),
    ],
    ids=["rare", "variants", "nobody", "long", "long-word", "odd"],
)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_any_name_makes_an_accessible_letter(family: str, given: str, language: str) -> None:
    desk = LetterDesk()
    request = desk.request("disclosure", language, family_name=family, given_name=given)
    case = LetterCase("disclosure", "granted", language)
    pdf = decision_letter(desk.content(case, request))
    assert_accessible(pdf, language, str(PdfReader(io.BytesIO(pdf)).metadata.title))
    text = text_of(pdf)
    assert "〓" not in text
    if not family:
        assert squeezed("ご請求者 様" if language == "ja" else "person who made the request") in text


def test_a_long_letter_repeats_its_heads_and_counts_its_pages() -> None:
    desk = LetterDesk()
    basis = ProvisionBasisFactory(code="more")
    for day in range(1, 9):
        ProvisionFactory(
            customer=desk.customer, items=["name"], basis=basis, provided_on=date(2026, 8, day),
            recipient_address="京都府京都市例区" + "1-1-" * 60,
        )  # fmt: skip
    case = LetterCase("provision_records", "granted", "ja")
    pdf = decision_letter(desk.content(case, reason="長い理由です。" * 900))
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) > 4
    tags = assert_accessible(pdf, "ja", str(reader.metadata.title))  # type: ignore[union-attr]
    assert tags.count("/Table") == 12
    last = len(reader.pages)
    assert squeezed(f"{last} / {last}") in squeezed(reader.pages[-1].extract_text())


def test_lists_with_nothing_in_them_leave_no_heading_without_words() -> None:
    desk = LetterDesk(ledger=False)
    text = text_of(decision_letter(desk.content(LetterCase("provision_records", "granted", "ja"))))
    assert "第三者に提供した記録開示できる記録はありません。" in text
