"""Markdown is shown safely; a difference names what went and what came."""

import pytest

from consent_app.domain.policy_text import Line, Part, difference, render


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)> text",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![x](https://elsewhere.example/pixel.png)",
        '[a](https://shop.example "onmouseover=alert(1)")<b onclick=x>',
    ],
)
def test_nothing_that_runs_or_loads_comes_through(attack: str) -> None:
    html = render(attack)
    for tag in ("<script", "<img", "<b ", 'href="javascript', 'href="data', "<iframe"):
        assert tag not in html.lower()


def test_the_highest_headings_follow_that_of_the_page_and_tables_are_shown() -> None:
    assert render("## 方針\n\n### 目的") == "<h2>方針</h2>\n<h3>目的</h3>\n"
    assert render("# 方針\n\n- 氏名\n\n| 項目 | 目的 |\n|---|---|\n| 住所 | 配送 |").startswith("<h2>方針</h2>")
    assert "<td>配送</td>" in render("| 項目 | 目的 |\n|---|---|\n| 住所 | 配送 |")


def test_no_difference() -> None:
    assert difference("一行\n\n二行", "一行\n二行\n") == []


def test_a_changed_line_shows_the_words_that_changed() -> None:
    assert difference("電話は平日に受け付けます。", "電話は毎日受け付けます。") == [
        Line("removed", (Part("電話は"), Part("平", True), Part("日"), Part("に", True), Part("受け付けます。"))),
        Line("added", (Part("電話は"), Part("毎", True), Part("日"), Part("受け付けます。"))),
    ]
    removed, added = difference("We call you on weekdays.", "We call you on holidays.")
    assert [part.text for part in removed.parts if part.changed] == ["weekdays"]
    assert [part.text for part in added.parts if part.changed] == ["holidays"]


def test_lines_that_came_and_went_and_long_stretches_that_stayed() -> None:
    before = [f"{number}行目です" for number in range(30)]
    after = [*before[:10], "新しい行", *before[10:-1]]
    lines = difference("\n".join(before), "\n".join(after))
    assert [line.kind for line in lines] == [
        *("skip", "same", "same", "added", "same", "same", "skip", "same", "same", "removed")
    ]
    assert sum(line.count for line in lines if line.kind == "skip") == 8 + 15
    assert lines[3].parts == (Part("新しい行"),)
