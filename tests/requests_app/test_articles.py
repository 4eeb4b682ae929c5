"""Articles in words."""

import pytest

from requests_app.domain.articles import article_text
from requests_app.domain.request_types import REQUEST_TYPES


@pytest.mark.parametrize(
    ("code", "japanese", "english"),
    [
        ("33", "第33条", "article 33"),
        ("33(2)", "第33条第2項", "article 33, paragraph 2"),
        ("33(2)iii", "第33条第2項第3号", "article 33, paragraph 2, item 3"),
        ("40-2", "第40条の2", "article 40-2"),
        ("21(4)i", "第21条第4項第1号", "article 21, paragraph 4, item 1"),
    ],
)
def test_article_is_written_in_words(code: str, japanese: str, english: str) -> None:
    assert article_text(code, "ja") == japanese
    assert article_text(code, "en") == english


@pytest.mark.parametrize("code", ["", "public morals", "33(x)", "33(2)iiii", "33(2"])
def test_what_is_no_article_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="not an article"):
        article_text(code, "ja")


def test_every_article_of_the_table_can_be_written() -> None:
    for entry in REQUEST_TYPES.values():
        for code in (entry.article, entry.notice_article, *(refusal.article for refusal in entry.refusals)):
            assert article_text(code, "ja").startswith("第")
