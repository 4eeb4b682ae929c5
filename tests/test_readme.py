"""The README's configuration table is complete and names nothing that is not read."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_every_variable_that_the_settings_read_is_in_the_table() -> None:
    source = "".join(path.read_text() for path in (ROOT / "privacy_portal" / "settings").glob("*.py"))
    read = set(re.findall(r"""env(?:\.\w+)?\(\s*"([A-Z_]+)\"""", source))
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert read == named


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text()))
    assert named <= targets
