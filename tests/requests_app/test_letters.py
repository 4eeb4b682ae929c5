"""Decision letters."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader

from consent_app.models import DataItem, Operator
from requests_app.models import Decision, DisclosureRequest, Party
from requests_app.services import letters, typesetting
from requests_app.services.letters import LetterContent, decision_letter
from tests.factories.consent import OperatorFactory

pytestmark = pytest.mark.django_db


def make_request(language: str = "ja", **party: str) -> DisclosureRequest:
    OperatorFactory()
    request = DisclosureRequest.objects.create(
        receipt_number="RK7D8P2M4X", request_type="disclosure", language=language, target_on=date(2026, 12, 4)
    )
    stated = {"family_name": "髙橋", "given_name": "花子", "postal_code": "1000001", "prefecture": "東京都"}
    Party.objects.create(request=request, **{**stated, "address1": "千代田区例町4-5-6", **party})
    return request


def content(request: DisclosureRequest, outcome: str = "granted", **changes: object) -> LetterContent:
    values = {
        "request": request,
        "outcome": outcome,
        "article": "33(2)",
        "ground": "",
        "reason": "",
        "measure": "",
        "withheld": [],
        "decided_on": date(2026, 11, 24),
        "available_until": date(2026, 12, 24),
        "at": datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        **changes,
    }
    return LetterContent(**values)  # type: ignore[arg-type]


def letter(request: DisclosureRequest, outcome: str = "granted", **changes: object) -> PdfReader:
    return PdfReader(io.BytesIO(decision_letter(content(request, outcome, **changes))))


def text_of(reader: PdfReader) -> str:
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("outcome", Decision.Outcome.values)
def test_every_outcome_names_person_number_and_article(language: str, outcome: str) -> None:
    reader = letter(make_request(language), outcome)
    text = text_of(reader)
    assert "髙橋花子" in text
    assert "RK7D8P2M4X" in text
    assert ("第33条第2項" if language == "ja" else "article33,paragraph2") in text
    assert "privacy@shop.example" in text


def test_outcomes_read_differently() -> None:
    request = make_request()
    texts = {text_of(letter(request, outcome)) for outcome in Decision.Outcome.values}
    assert len(texts) == len(Decision.Outcome.values)


def test_partial_letter_names_ground_reason_and_items() -> None:
    item = DataItem(code="notes", name_ja="メモ", name_en="Notes")
    reader = letter(
        make_request(),
        "partly",
        ground="harm_to_person",
        reason="ほかの方の情報を含むためです。",
        withheld=[item],
    )
    text = text_of(reader)
    assert "第33条第2項第1号" in text
    assert "ほかの方の情報を含むためです。" in text
    assert "メモ" in text


def test_markup_in_what_people_typed_stays_text() -> None:
    reason = '#let x = 1\n*bold* $x$ @ref <label> #read("/layout.typ") \\'
    request = make_request(family_name='#panic("x")', given_name="=見出し")
    text = text_of(letter(request, "refused", ground="business_hindrance", reason=reason))
    assert '#panic("x")' in text
    assert '#read("/layout.typ")' in text


def test_rare_characters_are_drawn_and_the_document_is_tagged() -> None:
    reader = letter(make_request(family_name="𠮷田", given_name="邉葛﨑"))
    assert "𠮷田" in text_of(reader)
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert reader.trailer["/Root"]["/Lang"] == "ja"


def test_letter_goes_to_the_agent_where_one_acts() -> None:
    request = make_request()
    request.role = "statutory_agent"
    Party.objects.create(
        request=request, kind=Party.Kind.AGENT, family_name="代理", given_name="人子", address1="別町1"
    )
    text = text_of(letter(request))
    assert "代理人子様" in text
    assert "別町1" in text


@pytest.mark.parametrize("name", ["Łukasz", "محمد", "Nguyễn", "김철수", "𠮷男"])
def test_names_that_some_font_has_are_printed_whole(name: str) -> None:
    request = make_request(given_name=name)
    assert "〓" not in text_of(letter(request))
    assert letters.unprintable(content(request)) == ""


@pytest.mark.parametrize(
    ("name", "printed", "missing"), [("花子😀", "花子〓", "😀"), ("สมชาย", "〓〓〓〓〓", "ชมยสา"), ("ሴ花", "〓花", "ሴ")]
)
def test_a_character_that_no_font_has_becomes_a_mark_and_only_that(name: str, printed: str, missing: str) -> None:
    request = make_request(given_name=name)
    assert f"髙橋{printed}様" in text_of(letter(request))
    assert letters.unprintable(content(request)) == missing


def test_a_reason_keeps_its_lines_around_a_missing_character() -> None:
    text = text_of(letter(make_request(), "refused", ground="harm_to_person", reason="一行目😀\n二行目"))
    assert "一行目〓二行目" in text


def test_threads_make_letters_side_by_side() -> None:
    request = make_request()
    data = letters._data(content(request))

    def pages(number: int) -> str:
        named = {**data, "recipient_name": f"PERSON{number}X"}
        return text_of(PdfReader(io.BytesIO(typesetting._compiled("ja/disclosure.typ", named))))

    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(pages, range(24)))
    assert [re.findall(r"PERSON\d+X", text) for text in texts] == [[f"PERSON{number}X"] for number in range(24)]


@pytest.mark.parametrize("address", ["1-2-3 Reicho, Tokyo 100-0001", "1-2-3 Reicho, Tokyo"])
def test_the_operators_postal_code_is_said_once_in_each_address(address: str) -> None:
    request = make_request("en", postal_code="5300001")
    Operator.objects.update(postal_code="100-0001", address_en=address)
    # Above, and below where to complain.
    assert text_of(letter(request)).count("100-0001") == 2
