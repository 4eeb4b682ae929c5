"""Fixtures for every test. The engines start when this file is imported, before anything reads the settings."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engines import start_engines

try:
    start_engines()
except RuntimeError as error:  # EngineError, by its base: its package is imported only where it is needed
    sys.exit(str(error))

import django
import hypothesis

from privacy_portal.development.translations import compile_all

compile_all()
django.setup()

# Property tests: a busy machine is no reason to fail.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")

pytest_plugins = [
    "tests.support.append_only",
    "tests.support.mail",
    "tests.support.worker",
    "tests.support.browser",
    "tests.support.ground",
]


@pytest.fixture(scope="session", autouse=True)
def _media_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the files that tests write out of the clone; one folder a session, which a worker process can share."""
    from django.conf import settings

    before = settings.MEDIA_ROOT, settings.ERASURE_JOURNAL
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")
    settings.ERASURE_JOURNAL = tmp_path_factory.mktemp("journal") / "erasures.journal"
    yield settings.MEDIA_ROOT
    settings.MEDIA_ROOT, settings.ERASURE_JOURNAL = before


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Rate limits and cached values of one test must not reach the next."""
    from tests.support.limits import empty_redis

    empty_redis()


@pytest.fixture(autouse=True)
def _default_language() -> None:
    """A request in English leaves English active in its thread; the next test starts in Japanese again."""
    from django.utils import translation

    translation.deactivate()
