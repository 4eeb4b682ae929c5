"""Whatever lets data of many customers out asks the gate, or is documented with the reason why not."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DECISION = ROOT / "docs" / "decisions" / "who-asks-the-gate.md"
# What can carry data of many people out of the product: tables as files, and mails to everybody.
WAYS_OUT = re.compile(r"csv\.(?:writer|DictWriter)|spreadsheets\.(?:write|text)\(|enqueue_notice\(")


def ways_out() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for app in ("consent_app", "requests_app")
        for path in (ROOT / app).rglob("*.py")
        # The place that writes every table knows nobody's data.
        if path.name != "spreadsheets.py" and WAYS_OUT.search(path.read_text(encoding="utf-8"))
    }


def test_every_way_out_is_in_the_decision() -> None:
    table = re.findall(r"^\| `([\w/.]+)` \|", DECISION.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(table) == ways_out()


def test_the_modules_that_must_ask_do() -> None:
    for module, question in {
        "consent_app/services/provisions.py": "may_provide_many",
        "consent_app/services/entrusting.py": "may_provide_many",
        "consent_app/services/received.py": "may_use_many",
    }.items():
        assert question in (ROOT / module).read_text(encoding="utf-8"), module
