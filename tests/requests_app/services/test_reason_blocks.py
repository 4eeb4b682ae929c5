"""Which texts are offered for a case, what is filled in, and that no gap is sent."""

from datetime import UTC, datetime

import pytest

from consent_app.models import DataItem, ReasonBlock
from consent_app.services.profiles import load_profile, read_profile
from requests_app.models import Decision
from requests_app.services import decisions, reason_blocks
from requests_app.services.errors import InvalidDecision
from requests_app.services.reason_blocks import Chosen
from tests.factories.requests import RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _blocks() -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")


def codes(request, *outcomes: str) -> set[str]:  # type: ignore[no-untyped-def]
    return {block.code for block in reason_blocks.offered(request, outcomes)}


def block(code: str) -> ReasonBlock:
    return ReasonBlock.objects.get(code=code)


def test_what_fits_type_outcome_and_stated_ground() -> None:
    disclosure = RequestFactory.in_review()
    assert codes(disclosure, "refused", "not_valid") == {
        "harm_others", "harm_safety", "hindrance", "other_law", "other_procedure", "not_valid",
    }  # fmt: skip
    assert codes(disclosure, "granted") == set()
    stop = RequestFactory.in_review(request_type="stop_use", grounds=["no_longer_needed"])
    assert codes(stop, "refused") == {"still_needed", "within_limits"}
    ReasonBlock.objects.filter(code="still_needed").update(active=False)
    ReasonBlock.objects.create(code="ours", title_ja="題", title_en="T", text_ja="文", text_en="Text")
    assert codes(stop, "refused") == {"within_limits", "ours"}


@pytest.mark.parametrize(
    ("language", "article", "items"), [("ja", "第33条第2項第1号", "性別"), ("en", "article 33", "Gender")]
)
def test_article_and_items_come_in_the_language_of_the_letter(language: str, article: str, items: str) -> None:
    request = RequestFactory.in_review(language=language)
    chosen = Chosen("partly", "harm_to_person", [DataItem.objects.get(code="gender")])
    text = reason_blocks.text_for(block("harm_others"), request, chosen)
    assert article in text
    assert items in text
    assert "{" not in text


def test_without_a_choice_the_only_ground_of_the_block_counts() -> None:
    request = RequestFactory.in_review()
    text = reason_blocks.text_for(block("other_law"), request, Chosen())
    assert "第33条第2項第3号" in text
    assert "ご請求の個人データ" in text
    assert "{法令の名前と条文}" in text
    stop = RequestFactory.in_review(request_type="stop_use", grounds=["beyond_purpose", "no_longer_needed"])
    assert "{article}" in reason_blocks.text_for(block("costly"), stop, Chosen())
    # Nonsense that was sent is no ground.
    assert "{article}" in reason_blocks.text_for(block("costly"), stop, Chosen("x", "harm_to_person"))
    assert "第37条第1項" in reason_blocks.text_for(block("not_valid"), stop, Chosen())


def test_what_was_asked_for_is_named_where_it_was_named() -> None:
    request = RequestFactory.in_review(wants_everything=False)
    request.wanted_items.set(DataItem.objects.filter(code__in=["gender", "birth_date"]))
    assert "性別、生年月日" in reason_blocks.text_for(block("harm_others"), request, Chosen())


@pytest.mark.parametrize("field", ["reason", "measure"])
def test_a_gap_is_not_sent(field: str) -> None:
    request = RequestFactory.in_review(request_type="stop_use", grounds=["no_longer_needed"])
    texts = {"reason": "理由です。", "measure": "措置です。"} | {field: "{利用目的}のために必要です。{利用目的}"}
    proposal = decisions.Proposal("alternative", ground="newer_costly_or_difficult", **texts)
    with pytest.raises(InvalidDecision) as refused:
        decisions.decide(request=request, actor=StaffFactory(), proposal=proposal, now=NOW)
    assert refused.value.field == field
    assert str(refused.value).count("{利用目的}") == 1
    assert not Decision.objects.exists()
