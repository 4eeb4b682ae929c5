"""Every row of the table of promises: its profile loads, its pages open, its tests exist, and the document says so."""

import os
import re
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from consent_app.services.profiles import PROFILES, load_profile, read_profile
from privacy_portal.development import promises as document
from tests.factories.consent import CustomerFactory
from tests.factories.core import EnrolledStaffFactory, UserFactory, pass_second_factor, sign_in_by_code
from tests.promises import OPERATORS, PROMISES, Promise


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """Node ids of every test in the files that the table names, collected as pytest collects them."""
    files = sorted({test.partition("::")[0] for promise in PROMISES for test in promise.tests})
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    return {line for line in result.stdout.splitlines() if "::" in line}


def test_every_clause_has_a_row() -> None:
    """15, 10, 11, 10 and 5 clauses: no row is lost, none is invented."""
    expected = {
        "R": ("rokusho", 15),
        "K": ("kloset", 10),
        "Q": ("quipearl", 11),
        "C": ("cleng", 10),
        "A": ("agreement", 5),
    }
    assert [(promise.code, promise.profile) for promise in PROMISES] == [
        (f"{letter}{number}", profile)
        for letter, (profile, count) in expected.items()
        for number in range(1, count + 1)
    ]
    assert set(OPERATORS) == {path.stem for path in PROFILES.glob("*.toml")}


def test_what_is_shown_names_a_test() -> None:
    for promise in PROMISES:
        assert promise.tests or promise.missing, promise.code
        assert len(set(promise.tests)) == len(promise.tests), promise.code


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.code)
def test_every_named_test_exists(promise: Promise, collected: set[str]) -> None:
    bases = {node.partition("[")[0] for node in collected}
    assert [test for test in promise.tests if test not in collected and test not in bases] == []


@pytest.mark.django_db
@pytest.mark.parametrize("profile", OPERATORS)
def test_every_named_page_opens_for_its_operator(profile: str) -> None:
    cache.clear()
    load_profile(profile=read_profile(profile), actor="command")
    user = UserFactory()
    CustomerFactory(user=user, email=user.email)
    person, manager = Client(), Client()
    sign_in_by_code(person, user)
    pass_second_factor(manager, EnrolledStaffFactory())
    for page in sorted({page for promise in PROMISES if promise.profile == profile for page in promise.pages}):
        for language in ("ja", "en"):
            client = manager if page.startswith("/admin/") else person
            response = client.get(page, headers={"accept-language": language}, follow=True)
            assert response.status_code == 200, (page, language)
            assert "/sign-in/" not in response.request["PATH_INFO"], page


def test_the_document_is_up_to_date() -> None:
    assert document.DOCUMENT.read_text(encoding="utf-8") == document.document(), (
        "run python -m privacy_portal.development.promises"
    )


def test_the_document_counts_what_is_missing() -> None:
    counts = Counter(promise.state for promise in PROMISES)
    told = re.search(r"Of (\d+) promises, (\d+) are shown, (\d+) in part, (\d+) not yet", document.document())
    assert told
    assert [int(number) for number in told.groups()] == [51, counts["shown"], counts["in part"], counts["not yet"]]
