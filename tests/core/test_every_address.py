"""What holds for every address of the product, generated from the URL configuration: a new one cannot be forgotten."""

import ast
import gc
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve

from privacy_portal.core import ratelimit
from privacy_portal.core.middleware import ANONYMOUS_POSTS
from privacy_portal.core.ratelimit import Limit, LimitExceeded
from tests.core.test_redirects import leads_away
from tests.factories.core import EnrolledStaffFactory, UserFactory, pass_second_factor, sign_in_by_code
from tests.matrix.test_matrix import names_of_addresses

pytestmark = pytest.mark.django_db
FILLED = {"uuid": "00000000-0000-0000-0000-000000000000", "int": "1", "receipt": "7D8P-2M4X-9KQR"}
# Answered before anything else, to machines that ask by whatever name and without a session; nothing is posted there.
PROBES = {"portal:healthz", "portal:readyz", "portal:metrics"}


def addresses() -> dict[str, str]:
    """Every named address with something in its gaps."""
    found = {}
    for name, pattern in names_of_addresses().items():
        # The admin's page of an app names the apps: the first of them will do.
        pattern = re.sub(r"\(\?P<\w+>[^)]*\)", "consent_app", pattern)
        filled = re.sub(r"<(?:(\w+):)?\w+>", lambda gap: FILLED.get(gap[1] or "", "a"), pattern)
        if name:
            found[name] = "/" + re.sub(r"[\^$]|\\Z", "", filled)
    return found


def test_every_address_is_looked_at() -> None:
    """Otherwise the tests below would be about pages that do not exist."""
    lost = []
    for name, address in addresses().items():
        try:
            found = resolve(address).view_name
        except Resolver404:
            found = ""
        if found != name:
            lost.append(f"{name} {address} {found}")
    assert lost == []
    assert len(addresses()) > 200


def test_no_address_takes_any_number_of_posts_from_a_stranger(client: Client) -> None:
    request = client.get("/").wsgi_request
    subject = ratelimit.client_of(request)
    for _time in range(ANONYMOUS_POSTS.amount):
        ratelimit.hit((ANONYMOUS_POSTS, subject))
    taken, without_wait = [], []
    for name, address in addresses().items():
        answer = client.post(address)
        if answer.status_code != 429:
            taken.append(name)
        elif not 1 <= int(answer.headers.get("Retry-After", "0")) <= ANONYMOUS_POSTS.seconds:
            without_wait.append(name)
    assert set(taken) == PROBES
    assert without_wait == []


def test_every_wait_that_is_told_is_one_after_which_it_works() -> None:
    """For each limit there is: refused until the told seconds are over, taken then. Redis keeps the time."""
    limits = list(every_limit())
    assert len(limits) > 10
    for limit in limits:
        short = Limit(limit.name, 1, limit.seconds)
        ratelimit.hit((short, "subject"))
        with pytest.raises(LimitExceeded) as refused:
            ratelimit.hit((short, "subject"))
        assert limit.seconds - 2 <= refused.value.retry_after <= limit.seconds


def every_limit() -> Iterator[Limit]:
    """The limits that the modules of the product name."""
    yield from {one for one in gc.get_objects() if type(one) is Limit}


def test_a_host_that_is_not_ours_opens_no_address(client: Client) -> None:
    client.raise_request_exception = False
    opened = {
        name
        for name, address in addresses().items()
        for headers in ({"host": "evil.example"}, {"host": "testserver@evil.example"})
        if client.get(address, headers=headers).status_code != 400
    }
    assert opened == PROBES


@pytest.mark.parametrize("who", ["stranger", "customer", "staff"])
def test_no_address_leads_to_another_host_nor_is_a_page_of_somebody_kept(client: Client, who: str) -> None:
    if who == "customer":
        sign_in_by_code(client, UserFactory())
    elif who == "staff":
        pass_second_factor(client, EnrolledStaffFactory())
    # One shape for the many pages; every shape for the doors (``test_redirects``).
    target = "//evil.example/"
    away, kept = [], set()
    for name, address in addresses().items():
        if not fits(name, who) or "logout" in name or name == "portal:sign_out":
            continue
        answer = client.get(address, {"next": target, "redirect_to": target, "url": target})
        if leads_away(answer):
            away.append(f"{name}: {answer.headers['Location']}")
        if who != "stranger" and "no-store" not in answer.headers.get("Cache-Control", ""):
            kept.add(name)
    assert away == []
    assert kept <= PROBES


def fits(name: str, who: str) -> bool:
    """Whoever has no business there is only sent to sign in, which the stranger's run shows."""
    return who == "stranger" or name.startswith("portal:") == (who == "customer")


# Every file that comes in is made anew in a process of its own (``CleanFileField`` and its kin), but for these.
READ_OTHERWISE = {
    "consent_app/admin/imports.py": "a CSV: read as text, with a limit of bytes and rows",
    "consent_app/admin/provision_forms.py": "a CSV: read as text, with a limit of bytes and rows",
    "consent_app/admin/incident_forms.py": "a CSV: read as text, with a limit of bytes",
    "requests_app/portal/document_forms.py": "handed to evidence_pages.read together with the other copies",
    "privacy_portal/dev_views.py": "a page for developers, not in production",
    "privacy_portal/core/upload_fields.py": "the fields themselves",
}


def test_every_field_for_a_file_cleans_it() -> None:
    root, raw = Path(settings.BASE_DIR), set()
    fields = {"forms.FileField", "forms.ImageField", "models.FileField"}
    for app in ("consent_app", "requests_app", "privacy_portal"):
        for path in (root / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [*getattr(node, "bases", ()), *([node.func] if isinstance(node, ast.Call) else ())]
                if fields & {ast.unparse(one) for one in names}:
                    raw.add(str(path.relative_to(root)))
    assert raw == set(READ_OTHERWISE)
