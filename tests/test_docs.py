"""What the documentation says about the code is what the code says."""

import re
from io import StringIO
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.urls import NoReverseMatch, reverse

ROOT = Path(settings.BASE_DIR)
DOCS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md"))),
]


def test_the_table_of_transitions_is_the_one_of_the_code() -> None:
    printed = StringIO()
    call_command("describe_transitions", stdout=printed)
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert printed.getvalue().strip() in text, "put the output of manage.py describe_transitions into the document"


def test_the_levels_of_identity_are_those_of_the_code() -> None:
    printed = StringIO()
    call_command("describe_identity", stdout=printed)
    text = (ROOT / "docs" / "decisions" / "identity-levels.md").read_text(encoding="utf-8")
    assert printed.getvalue().strip() in text, "put the output of manage.py describe_identity into the document"


def test_what_is_kept_of_requests_is_what_the_code_keeps() -> None:
    printed = StringIO()
    call_command("describe_retention", stdout=printed)
    text = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")
    assert printed.getvalue().strip() in text, "put the output of manage.py describe_retention into the document"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_to_a_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_is_named_exists(path: Path) -> None:
    """Names in backquotes that begin with a folder of the project and name one file or folder."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(
        r"`((?:privacy_portal|consent_app|requests_app|templates|static|tests|docs|deploy|locale)/[\w./-]*)`", text
    )
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing == []


def test_every_scheduled_task_is_in_the_operations_document() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", text, re.MULTILINE))
    assert named == set(current_app.conf.beat_schedule)


@pytest.mark.django_db
def test_the_second_factor_page_that_the_guide_names_exists() -> None:
    for path in (ROOT / "docs" / "operators-guide.md", ROOT / "docs" / "operators-guide.en.md"):
        assert "/staff/second-factor/" in path.read_text(encoding="utf-8")
    try:
        assert reverse("mfa_index") == "/staff/second-factor/"
    except NoReverseMatch:  # pragma: no cover
        pytest.fail("there is no page for the second factor")
