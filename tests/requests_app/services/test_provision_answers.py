"""The records of provisions and receipts (article 33(5)): the person's own, the statutory items, nothing else."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader

from consent_app.models import Customer
from privacy_portal.core.services import files
from requests_app.domain.transitions import Status
from requests_app.models import AnswerFile, Decision, DisclosureRequest
from requests_app.services import decisions, fulfilment
from requests_app.services.decisions import Proposal
from requests_app.services.errors import InvalidDecision
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    ProvisionBasisFactory,
    ProvisionFactory,
    ReceivedProvisionFactory,
    RequestRuleFactory,
    catalogue,
)
from tests.factories.requests import FeeFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
Outcome = Decision.Outcome
Kind = AnswerFile.Kind


@pytest.fixture
def customer() -> Customer:
    OperatorFactory()
    catalogue()
    RequestRuleFactory(request_type="provision_records")
    customer: Customer = CustomerFactory()
    return customer


def case(customer: Customer, **values: object) -> DisclosureRequest:
    return RequestFactory.in_review(customer=customer, request_type="provision_records", **values)


def answer(request: DisclosureRequest, outcome: str = Outcome.GRANTED, **proposal: object) -> str:
    """Decide and fulfil; the text of the notice without white space."""
    decisions.decide(request=request, actor=StaffFactory(), proposal=Proposal(outcome, **proposal), now=NOW)  # type: ignore[arg-type]
    assert fulfilment.fulfil(request_id=request.pk, now=NOW)
    pdf = io.BytesIO(content(request, Kind.LETTER))
    return "".join("".join(page.extract_text().split()) for page in PdfReader(pdf).pages)


def content(request: DisclosureRequest, kind: str) -> bytes:
    return b"".join(files.open_stream(AnswerFile.objects.get(request=request, kind=kind).file))


def members(request: DisclosureRequest) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content(request, Kind.PACKAGE))) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def test_the_letter_and_the_package_have_the_statutory_items_and_not_the_proof(customer: Customer) -> None:
    ProvisionFactory(customer=customer, evidence="同意書-控え-8812", items=["name", "address"])
    ReceivedProvisionFactory(customer=customer, confirmed_how="覚書-写し-4471")
    request = case(customer)

    letter = answer(request)

    package = members(request)
    assert set(package) == {"index.ja.html", "index.en.html", "data.json", "csv/provisions.csv", "csv/received.csv"}
    given = ("例の百貨店", "京都府京都市例区1-1", "例川 次郎", "例の協会", "東京都千代田区例町9")
    for fact in (*given, "会員の申込みのとき、本人から"):
        assert "".join(fact.split()) in letter
        assert fact in package["index.ja.html"]
        assert fact in package["data.json"]
    assert "2026年7月8日" in letter
    assert "第33条第5項" in letter
    everything = letter + "".join(package.values())
    for behind in ("8812", "4471"):
        assert behind not in everything
    held = json.loads(package["data.json"])
    assert held["receipt_number"] == request.receipt_number
    assert [row["items"] for row in held["provisions"]] == [["name", "address"]]
    assert held["received"][0]["provider"] == "例の協会"
    (row,) = csv.DictReader(io.StringIO(package["csv/provisions.csv"]))
    assert (row["recipient"], row["items"], row["consent"]) == ("例の百貨店", "name address", "True")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_another_persons_records_are_in_no_part_of_it(customer: Customer, language: str) -> None:
    ProvisionFactory(customer=customer, recipient_name="甲百貨店")
    ProvisionFactory(customer=CustomerFactory(), recipient_name="乙百貨店")
    ReceivedProvisionFactory(customer=CustomerFactory(), provider_name="丙協会")
    request = case(customer, language=language)

    letter = answer(request)

    everything = letter + "".join(members(request).values())
    assert "甲百貨店" in everything
    for other in ("乙百貨店", "丙協会"):
        assert other not in everything


def test_what_is_outside_the_right_leaves_no_trace(customer: Customer) -> None:
    """Cabinet Order 11: not even that such a record exists is told."""
    ProvisionFactory(customer=customer, recipient_name="甲百貨店")
    plain = answer(case(customer))
    for number in range(12):
        ProvisionFactory(customer=customer, recipient_name=f"例県警察{number}", withheld="crime")
    ProvisionFactory(
        customer=customer,
        recipient_name="例市役所",
        basis=ProvisionBasisFactory(statutory=True, article="27(1)i", requires=[]),
    )
    request = case(customer)

    letter = answer(request)

    assert letter.replace(request.receipt_number, "") == plain.replace(
        DisclosureRequest.objects.exclude(pk=request.pk).get().receipt_number, ""
    )
    for told in members(request).values():
        assert "例県警察" not in told
        assert "例市役所" not in told


def test_no_records_are_said_only_where_there_are_none(customer: Customer) -> None:
    request = case(customer)
    allowed = set(decisions.allowed_outcomes(request))
    assert Outcome.NO_SUCH_DATA in allowed
    assert not allowed & {Outcome.GRANTED, Outcome.PARTLY}
    ProvisionFactory(customer=customer, withheld="crime")
    assert Outcome.NO_SUCH_DATA in decisions.allowed_outcomes(request)
    ReceivedProvisionFactory(customer=customer)
    allowed = set(decisions.allowed_outcomes(request))
    assert allowed >= {Outcome.GRANTED, Outcome.PARTLY, Outcome.REFUSED}
    assert Outcome.NO_SUCH_DATA not in allowed
    with pytest.raises(InvalidDecision):
        answer(request, Outcome.NO_SUCH_DATA)


@pytest.mark.parametrize(
    ("language", "words"), [("ja", "第三者からの受け取りの記録はありません"), ("en", "therearenorecordsofgiving")]
)
def test_that_there_are_none_is_said_in_its_own_words(customer: Customer, language: str, words: str) -> None:
    request = case(customer, language=language)
    assert words in answer(request, Outcome.NO_SUCH_DATA)
    assert not AnswerFile.objects.filter(kind=Kind.PACKAGE).exists()


def test_many_records_are_in_the_package_only(customer: Customer) -> None:
    for number in range(11):
        ProvisionFactory(customer=customer, recipient_name=f"例の百貨店{number:02}")
    request = case(customer)

    letter = answer(request)

    assert "一覧にまとめました" in letter
    assert "例の百貨店" not in letter
    listed = json.loads(members(request)["data.json"])["provisions"]
    assert {row["recipient"] for row in listed} == {f"例の百貨店{number:02}" for number in range(11)}


@pytest.mark.parametrize(("records", "enclosed"), [(10, False), (11, True)])
def test_on_paper_a_list_is_enclosed_only_where_the_letter_does_not_name_all(
    customer: Customer, records: int, enclosed: bool
) -> None:
    for _number in range(records):
        ProvisionFactory(customer=customer)
    request = case(customer, answer_method="paper")

    letter = answer(request)

    assert ("同封" in letter) is enclosed
    assert ("例の百貨店" in letter) is not enclosed
    assert AnswerFile.objects.filter(request=request, kind=Kind.PACKAGE).exists() is enclosed
    request.refresh_from_db()
    assert request.status == Status.READY_TO_POST


def test_a_withheld_item_is_left_out_and_named_with_its_reason(customer: Customer) -> None:
    ProvisionFactory(customer=customer, recipient_name="甲百貨店", items=["name", "order"])
    ProvisionFactory(customer=customer, recipient_name="乙百貨店", items=["order"])
    request = case(customer)

    letter = answer(
        request,
        Outcome.PARTLY,
        ground="harm_to_person",
        reason="ほかの方の安全にかかわるためです。",
        withheld_items=[catalogue()["order"]],
    )

    held = json.loads(members(request)["data.json"])
    assert [(row["recipient"], row["items"]) for row in held["provisions"]] == [("甲百貨店", ["name"])]
    assert held["withheld_items"] == ["order"]
    assert "乙百貨店" not in letter
    assert "ほかの方の安全にかかわるためです。" in letter


def test_a_fee_that_is_owed_holds_the_records_back(customer: Customer) -> None:
    ProvisionFactory(customer=customer)
    request = case(customer)
    FeeFactory(request=request, request_type=request.request_type)
    assert not set(decisions.allowed_outcomes(request)) & {Outcome.GRANTED, Outcome.PARTLY}


def test_an_answer_runs_twice_without_a_second_package(customer: Customer) -> None:
    ProvisionFactory(customer=customer, provided_on=date(2026, 7, 1), provided_until=date(2026, 7, 31))
    request = case(customer)
    assert "令和8年7月1日（2026年7月1日）–令和8年7月31日（2026年7月31日）" in answer(request)
    assert not fulfilment.fulfil(request_id=request.pk, now=NOW)
    assert AnswerFile.objects.filter(request=request).count() == 2
