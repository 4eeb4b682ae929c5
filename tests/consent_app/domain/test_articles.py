"""Articles in words."""

import re

import pytest

from consent_app.domain.articles import article_text
from consent_app.domain.profile import PROVISION_ARTICLES, REFUSAL_ARTICLES
from requests_app.domain.request_types import REQUEST_TYPES


@pytest.mark.parametrize(
    ("code", "ja", "en"),
    [
        ("40", "第40条", "article 40"),
        ("33(2)i", "第33条第2項第1号", "article 33, paragraph 2, item 1"),
        ("27(1)vii", "第27条第1項第7号", "article 27, paragraph 1, item 7"),
        ("40-2(1)", "第40条の2第1項", "article 40-2, paragraph 1"),
    ],
)
def test_words(code: str, ja: str, en: str) -> None:
    assert (article_text(code, "ja"), article_text(code, "en")) == (ja, en)


@pytest.mark.parametrize("code", ["", "x", "33i", "33(2)iiii", "33(2)i "])
def test_other_forms_are_refused(code: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(code)}$"):
        article_text(code, "ja")


@pytest.mark.parametrize("code", [*PROVISION_ARTICLES, *REFUSAL_ARTICLES])
def test_every_article_that_a_profile_may_name_has_words(code: str) -> None:
    assert article_text(code, "ja").startswith("第")


def test_every_article_of_the_table_of_request_types_can_be_written() -> None:
    for entry in REQUEST_TYPES.values():
        for code in (entry.article, *entry.outcome_articles.values(), *(row.article for row in entry.refusals)):
            assert article_text(code, "ja").startswith("第")
