"""The document that says where each promise of the operators is kept, written from the table in the tests.

``python -m privacy_portal.development.promises``
"""

import sys
from collections import Counter
from collections.abc import Iterable

from privacy_portal.engines.places import ROOT
from tests.promises import OPERATORS, PROMISES, Promise

DOCUMENT = ROOT / "docs" / "promises.md"

_OPENING = """# The promises, and where they are kept

What the five operators that come with the product promise in their policies, clause by clause, in our own words. A
promise is *shown* when tests and pages show it for that operator, *in part* when something of it is missing, and *not
yet* when nothing shows it. Made by `python -m privacy_portal.development.promises` from `tests/promises.py`;
`tests/test_promises.py` loads each operator's profile, opens each page and looks for each test.
"""


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


def document() -> str:
    """The document as it should be."""
    counts = Counter(promise.state for promise in PROMISES)
    parts = [
        _OPENING,
        f"Of {len(PROMISES)} promises, {counts['shown']} are shown, {counts['in part']} in part, "
        f"{counts['not yet']} not yet.\n",
    ]
    for profile, name in OPERATORS.items():
        rows = "\n".join(_row(promise) for promise in PROMISES if promise.profile == profile)
        parts.append(
            f"## {name} (`{profile}`)\n\n| | promise | state | pages | tests |\n|---|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _row(promise: Promise) -> str:
    state = f"{promise.state}: {promise.missing}" if promise.missing else promise.state
    pages, tests = _list(promise.pages), _list(_short(test) for test in promise.tests)
    return f"| {promise.code} | {promise.words} | {state} | {pages} | {tests} |"


def _list(names: Iterable[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names) or "–"


def _short(test: str) -> str:
    return test.removeprefix("tests/").replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
