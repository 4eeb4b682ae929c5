"""The tables of threats and of ASVS: what they name exists, and the document says the same."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from privacy_portal.development import security as document
from tests.asvs import ASVS, CHAPTERS, MET, NONE, OPEN
from tests.threats import THREATS, Threat

ROOT = Path(settings.BASE_DIR)
# The requirements of levels 1 and 2 of each section. V10 and V17 do not apply as a whole.
REQUIREMENTS = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 11,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
}


def numbers_of(section: str, written: str) -> list[str]:
    """``1.3.3, 1.3.8–9`` as single numbers."""
    found = []
    for part in written.split(", "):
        first, _dash, last = part.partition("–")
        start = int(first.rsplit(".", 1)[1])
        end = int(last.rsplit(".", 1)[-1]) if last else start
        found += [f"{section}.{number}" for number in range(start, end + 1)]
    return found


def node_ids(path: Path) -> set[str]:
    """Node ids of a file without parameters: functions, and methods with their class."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{prefix}{one.name}" for one in inner if isinstance(one, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: f"{threat.who}: {threat.wants}")
def test_every_threat_names_a_control_and_a_test_that_exist(threat: Threat) -> None:
    assert threat.modules
    assert threat.tests
    assert [name for name in threat.modules if not (ROOT / name).is_file()] == []
    for test in threat.tests:
        file, _colons, name = test.partition("::")
        assert name in node_ids(ROOT / file), test


def test_every_requirement_stands_in_one_row() -> None:
    told = [number for row in ASVS if row.numbers != "all" for number in numbers_of(row.section, row.numbers)]
    expected = [f"{section}.{number}" for section, last in REQUIREMENTS.items() for number in range(1, last + 1)]
    assert sorted(told) == sorted(expected)
    assert {int(row.section.split(".")[0]) for row in ASVS} == set(CHAPTERS)


def test_every_named_file_exists_and_every_state_is_one() -> None:
    assert {row.state for row in ASVS} == {MET, OPEN, NONE}
    assert [name for row in ASVS for name in row.where if not (ROOT / name).is_file()] == []


def test_the_document_is_up_to_date() -> None:
    assert document.DOCUMENT.read_text(encoding="utf-8") == document.document(), (
        "run python -m privacy_portal.development.security"
    )
    counted = re.search(r"Of (\d+) rows, (\d+) are met, (\d+) open, (\d+) do not apply", document.document())
    assert counted
    assert int(counted[1]) == len(ASVS) == sum(int(number) for number in counted.groups()[1:])


def constants(call: str) -> list[tuple[object, ...]]:
    """The arguments of every call of this name in the product, as far as they are constants."""
    found = []
    for folder in ("privacy_portal", "consent_app", "requests_app"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == call:
                    texts = [ast.unparse(one) for one in node.args]
                    if texts and texts[0][0] in "\"'":
                        found.append(tuple(eval(text, {}) for text in texts))  # constants of our own code
    return found


def test_every_limit_stands_in_the_list() -> None:
    written = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([\w.-]+)` \| (\d+) \| (\d+) \|", written, flags=re.MULTILINE))
    in_code = constants("Limit")
    assert len(in_code) > 15
    assert {(str(name), str(times), str(seconds)) for name, times, seconds in in_code} == rows


def test_everything_that_rests_on_a_secret_stands_in_the_list() -> None:
    written = (ROOT / "docs" / "decisions" / "keys.md").read_text(encoding="utf-8").partition("## What else rests")[2]
    uses = {str(first) for first, *_rest in constants("derive_key")}
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "requests_app").rglob("*.py")]
    sources += [path.read_text(encoding="utf-8") for path in (ROOT / "privacy_portal").rglob("*.py")]
    uses |= {
        salt for source in sources for salt in re.findall(r'^_?SALT(?:: Final)? = "([^"]+)"', source, re.MULTILINE)
    }
    assert len(uses) > 10
    assert {use for use in uses if f"`{use}`" not in written} == set()
