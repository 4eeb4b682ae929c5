"""The document of threats and of OWASP ASVS, written from the two tables in the tests.

``python -m privacy_portal.development.security``
"""

import sys
from collections import Counter
from collections.abc import Iterable

from privacy_portal.engines.places import ROOT
from tests.asvs import ASVS, CHAPTERS, Row
from tests.threats import THREATS, Threat

DOCUMENT = ROOT / "docs" / "security.md"

_OPENING = """# Security: who wants what, and what stands against it

Made by `python -m privacy_portal.development.security` from `tests/threats.py` and `tests/asvs.py`;
`tests/test_security.py` looks for every module and test named here. How to report a weakness:
[SECURITY.md](../SECURITY.md).

## What is worth protecting

Who asked for what; what a shop holds about a person; copies of identity documents; the record of who looked and
decided. A wrong answer is worse than a late one: it gives a person's data to somebody else and cannot be taken back.

Trusted are the operator, the server with its environment (keys, database, Redis) and the proxy before it. Not trusted
are browsers, mailboxes, files, addresses, and whatever an import holds.
"""
_THREATS = """## Threats

| who | wants | what stands against it | where | shown by | what remains |
|---|---|---|---|---|---|
"""
_ASVS = """## OWASP ASVS 5.0, level 2

Our own reading of the sections, requirement by requirement of levels 1 and 2 (level 3 is left out). *Met*: it was
looked for in the code. *Open*: something is missing, or is the operator's to do and nothing here insists on it.
"""


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


def document() -> str:
    """The document as it should be."""
    counts = Counter(row.state for row in ASVS)
    parts = [_OPENING, _THREATS + "\n".join(_threat(threat) for threat in THREATS) + "\n", _ASVS]
    told = f"{counts['met']} are met, {counts['open']} open, {counts['not applicable']} do not apply"
    parts.append(f"Of {len(ASVS)} rows, {told}.\n")
    for number, name in CHAPTERS.items():
        rows = "\n".join(_row(row) for row in ASVS if row.section.split(".")[0] == str(number))
        parts.append(
            f"### V{number} {name}\n\n| requirements | state | in words | where |\n|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _threat(threat: Threat) -> str:
    tests = _list(test.removeprefix("tests/") for test in threat.tests)
    cells = (threat.who, threat.wants, threat.control, _list(threat.modules), tests, threat.left or "–")
    return f"| {' | '.join(cells)} |"


def _row(row: Row) -> str:
    numbers = f"{row.section}, {row.numbers}" if row.numbers == "all" else row.numbers
    return f"| {numbers} | {row.state} | {row.words} | {_list(row.where)} |"


def _list(names: Iterable[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names) or "–"


if __name__ == "__main__":
    sys.exit(main())
