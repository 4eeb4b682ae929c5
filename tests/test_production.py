"""What the production settings insist on, in a process of its own."""

import os
import subprocess
import sys

import pytest

from privacy_portal.development.lint import PRODUCTION
from tests.support.worker import ROOT

LOOK = """
import django
django.setup()
from django.conf import settings
from django.test import RequestFactory
print(RequestFactory().get("/", HTTP_X_FORWARDED_PROTO="https").is_secure(), settings.TRUSTED_PROXY_HOPS)
"""


def look(**changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRODUCTION, **changes}
    kept = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


def test_the_number_of_proxies_has_to_be_said() -> None:
    refused = look(TRUSTED_PROXY_HOPS=None)
    assert refused.returncode != 0
    assert "TRUSTED_PROXY_HOPS" in refused.stderr


@pytest.mark.parametrize(("hops", "printed"), [("0", "False 0"), ("1", "True 1"), ("2", "True 2")])
def test_the_forwarded_scheme_is_believed_only_behind_a_proxy(hops: str, printed: str) -> None:
    assert look(TRUSTED_PROXY_HOPS=hops).stdout.strip() == printed
