"""axe-core for every browser test: ``assert_accessible(page)``."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@cache
def _source() -> str:
    return (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")


def assert_accessible(page: Page, rules: Sequence[str] = (), *, within: str = "body") -> None:
    """Fail with rule, element and how to mend it for everything that axe-core finds on the page as it is now.

    ``rules`` limits it to the named ones; by default everything of WCAG 2.2 A and AA and the best practices.
    ``within`` limits it to what a selector finds: in the admin, our part of a page whose frame is the theme's.

    The script is evaluated by the browser's debugger, so the page's content security policy stays as it is.
    """
    page.evaluate(_source())
    # ``reporter: v1`` says how to mend each finding; without resultTypes axe also lists every element that is right.
    result = page.evaluate(
        "([only, within]) => axe.run(within === 'body' ? document : within,"
        " {runOnly: only, resultTypes: ['violations'], reporter: 'v1'})",
        [{"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(TAGS)}, within],
    )
    found = [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n"
        f"    {node['html'][:200]}\n    {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    assert not found, f"axe-core at {page.url}:\n" + "\n".join(found)
