"""Where files come in and tables go out: each of these places goes through the one that cleans, or says why not."""

import ast
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain import spreadsheets

ROOT = Path(settings.BASE_DIR)
# OWASP, "CSV injection", with the full-width forms that spreadsheets of Japan read as well.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r]")
# Who writes CSV beside the one place.
WRITERS = {
    "consent_app/domain/spreadsheets.py": "the one place",
    "consent_app/services/provision_runs.py": "numbers that were typed, kept as a list that the worker reads again",
}
# Fields that take a file as it came, and what becomes of it.
RAW_FILES = {
    "consent_app/admin/provision_forms.py": "CSV, read as text with limits (consent_app/services/file_runs.py)",
    "consent_app/admin/imports.py": "CSV of a cart, read by its format with limits (consent_app/domain/formats)",
    "consent_app/admin/incident_forms.py": "CSV of numbers, read as text, 5 MB at most",
    "requests_app/portal/document_forms.py": "a photo, cleaned by services.evidence_pages",
    "privacy_portal/dev_views.py": "a gallery of the parts of pages, in development only; nothing is kept",
    "privacy_portal/core/portal/form_mixin.py": "asks whether a field is one, and has none",
    "privacy_portal/core/upload_fields.py": "the fields that clean",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in ("privacy_portal", "consent_app", "requests_app"):
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def naming(module: ast.Module, *names: str) -> bool:
    return any(isinstance(node, ast.Attribute) and ast.unparse(node) in names for node in ast.walk(module))


def test_only_one_place_writes_tables_for_spreadsheets() -> None:
    found = {name for name, module in modules() if naming(module, "csv.writer", "csv.DictWriter")}
    assert found == set(WRITERS)


def test_every_field_that_takes_a_file_as_it_came_is_known() -> None:
    found = {name for name, module in modules() if naming(module, "forms.FileField", "forms.ImageField")}
    assert found == set(RAW_FILES)


@given(st.lists(st.lists(st.text(max_size=12) | st.integers() | st.none(), min_size=1, max_size=4), max_size=4))
def test_no_cell_is_a_formula_and_every_text_comes_back(lines: list[list[object]]) -> None:
    text = spreadsheets.text(lines)
    for line, read in zip(lines, csv.reader(io.StringIO(text, newline="")), strict=True):
        for cell, shown in zip(line, read, strict=True):
            if isinstance(cell, int):
                assert shown == str(cell)
                continue
            assert not FORMULA.match(shown)
            assert shown.removeprefix("'") == (cell or "") or shown == cell


@pytest.mark.parametrize("cell", ["=1+1", " =1", "＝1", "@SUM(A1)", "-1 OR 1", "\t=1", "\r=1", "+81 90"])
def test_what_a_spreadsheet_would_run_is_marked(cell: str) -> None:
    assert next(csv.reader([spreadsheets.text([[cell]])]))[0].startswith("'")


def test_numbers_stay_numbers() -> None:
    assert spreadsheets.text([[1, -2, 0.5, None]]) == "1,-2,0.5,\r\n"
