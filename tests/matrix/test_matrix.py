"""Every address of the product against every role, a customer, a stranger, and staff who did not show a second factor.

Generated from the URL configuration: an address without a row fails, and the message says what to write where.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from privacy_portal.core.models import User
from privacy_portal.core.roles import BY_CODE, ROLES
from privacy_portal.core.services import staff_accounts
from tests.factories.core import StaffFactory, UserFactory, pass_second_factor, sign_in_by_code
from tests.requests_app import test_portal_access
from tests.support.limits import empty_redis

from .rows import ABSENT, CHOSEN, MODELS, OTHERWISE, ROWS, SHOWN_AGAIN, SUPERUSER, Row
from .world import build

LETTERS = {"changelist": "v", "change": "v", "history": "v", "add": "a", "delete": "d"}
VERBS = {"v": "view", "a": "add", "c": "change", "d": "delete"}
OPEN, REFUSED, SIGN_IN, MISSING, NOT_POSTED = "open", "refused", "sign in", "not found", "only opened"


@dataclass(frozen=True)
class Page:
    """One address as this test asks for it."""

    name: str
    needs: tuple[str, ...]
    url: str
    posts: bool = False
    # What posting needs; None: nothing is posted there by anybody.
    to_post: tuple[str, ...] | None = None


@dataclass
class Seen:
    """What somebody got that they should not have got."""

    wrong: list[str] = field(default_factory=list)

    def compare(self, method: str, page: Page, expected: set[str], response: HttpResponse | str) -> None:
        got = response if isinstance(response, str) else verdict(response)
        if got not in expected:
            self.wrong.append(f"{method} {page.name} {page.url}: {got}, expected {' or '.join(sorted(expected))}")


def names_of_addresses() -> dict[str, str]:
    """Name -> pattern of every address; the nameless ones, which only lead elsewhere, are looked at by themselves."""

    def walk(resolver: Any, prefix: str, namespace: str) -> Iterator[tuple[str, str]]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
                yield from walk(entry, prefix + str(entry.pattern), inner)
            elif isinstance(entry, URLPattern):
                yield (f"{namespace}{entry.name}" if entry.name else ""), prefix + str(entry.pattern)

    return dict(walk(get_resolver(), "", ""))


def models() -> dict[str, Any]:
    """The models that have pages, by ``app.model``."""
    return {model._meta.label_lower: model for model in admin.site._registry}


def of_models() -> dict[str, tuple[str, str]]:
    """Name of an address that every model's pages have -> the model and which page it is."""
    known = names_of_addresses()
    every = {f"admin:{label.replace('.', '_')}_{page}": (label, page) for label in models() for page in LETTERS}
    return {name: found for name, found in every.items() if name in known}


def verdict(response: HttpResponse) -> str:
    """What an answer means to whoever asked."""
    if response.status_code in (301, 302) and any(
        place in response.headers["Location"] for place in ("/staff/login/", "/admin/login/", "/sign-in/")
    ):
        return SIGN_IN
    return {403: REFUSED, 404: MISSING, 405: NOT_POSTED}.get(response.status_code, OPEN)


# ------------------------------------------------------------------------------------------------------------ the world


@dataclass(frozen=True)
class World:
    pages: list[Page]
    clients: dict[str, Client]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A thousand refusals need no log."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(db: None) -> World:
    """Built once a test; every request is taken back."""
    build()
    return World(list(pages()), clients())


def clients() -> dict[str, Client]:
    """A client for everybody."""
    boss = StaffFactory()
    made = {"stranger": Client(), "customer": Client(), "password only": Client(), SUPERUSER: Client()}
    sign_in_by_code(made["customer"], UserFactory())
    made["password only"].force_login(StaffFactory())
    pass_second_factor(made[SUPERUSER], boss)
    for role in ROLES:
        email = f"{role.code}@shop.example"
        staff_accounts.create(email=email, display_name="係", language="ja", roles=[role.code], actor=boss)
        made[role.code] = Client()
        pass_second_factor(made[role.code], User.objects.get(email=email))
    for client in made.values():
        # The first page of a session writes it down, which must not be taken back with the page.
        client.get("/language/")
    return made


def pages() -> Iterator[Page]:
    """Every address of the staff, with what it needs."""
    for name, row in ROWS.items():
        yield _page(name, row)
    without = sorted(label for label, model in models().items() if not model._default_manager.exists())
    assert not without, f"tests/matrix/world.py: let build() make one of each of {without}"
    for name, (label, which) in of_models().items():
        offered, model = MODELS.get(label, ""), models()[label]
        needs = _needed(label, LETTERS[which], offered)
        if name in ROWS:
            continue
        if which in ("changelist", "add"):
            url = reverse(name)
        else:
            url = reverse(name, args=[_one_of(model).pk])
        letter = {"change": "c", "add": "a", "delete": "d"}.get(which)
        posted = _needed(label, letter, offered) if letter else None
        yield Page(name, needs, url, False, needs if which == "change" and label in SHOWN_AGAIN else posted)


def _one_of(model: Any) -> Any:
    """Staff for the pages of accounts; of a list that people may or may not change, one that they may."""
    rows = model._default_manager.order_by("pk")
    return rows.filter(**CHOSEN.get(model._meta.label_lower, {})).last()


def _needed(label: str, letter: str, offered: str) -> tuple[str, ...]:
    if letter not in offered:
        return ("nobody",)
    if "S" in offered:
        return (SUPERUSER,)
    app, _dot, model = label.partition(".")
    return (f"{app}.{VERBS[letter]}_{model}",)


def _page(name: str, row: Row) -> Page:
    return Page(name, row.needs, reverse(name, kwargs=row.arguments()), row.posts, (*row.needs, *row.to_post))


def may(who: str, needs: tuple[str, ...]) -> bool:
    """Whether a role has all that is needed."""
    if "nobody" in needs:
        return False
    if who == SUPERUSER:
        return True
    return all(any(one == "" or BY_CODE[who].has(one) for one in names.split("|")) for names in needs)


def ask(client: Client, method: str, url: str) -> HttpResponse | str:
    """The answer; nothing stays of it."""
    with transaction.atomic():
        try:
            return getattr(client, method)(url)
        except Exception as error:
            return f"broke with {type(error).__name__}: {error}"
        finally:
            transaction.set_rollback(True)


# ------------------------------------------------------------------------------------------------------------ the tests


def test_every_address_has_a_row() -> None:
    known = {*ROWS, *OTHERWISE, *of_models(), *(f"portal:{name}" for name in test_portal_access.ROWS)}
    without = {name: pattern for name, pattern in names_of_addresses().items() if name and name not in known}
    assert not without, (
        "Who may open these? Write a row into tests/matrix/rows.py (ROWS for staff: permissions and arguments;"
        f" OTHERWISE with why), or for the portal into tests/requests_app/test_portal_access.py: {without}"
    )
    assert not {*ROWS, *OTHERWISE} - set(names_of_addresses()), "rows of addresses that are no more"


def test_every_model_with_pages_says_what_they_offer() -> None:
    assert set(MODELS) == set(models()), "tests/matrix/rows.py MODELS: which of view, add, change, delete is offered?"


def test_nameless_addresses_lead_to_named_ones_or_nowhere() -> None:
    nameless = [pattern for name, pattern in names_of_addresses().items() if not name]
    assert all(one == "favicon.ico" or one.startswith("admin/") for one in nameless)


def test_every_permission_in_the_rows_exists(world: World) -> None:
    from django.contrib.auth.models import Permission

    rows = Permission.objects.values_list("content_type__app_label", "codename")
    known = {f"{app}.{codename}" for app, codename in rows} | {"", SUPERUSER, "nobody"}
    used = {one for page in world.pages for names in (*page.needs, *(page.to_post or ())) for one in names.split("|")}
    assert used <= known


@pytest.mark.parametrize("who", BY_CODE)
def test_staff(world: World, who: str) -> None:
    seen, client = Seen(), world.clients[who]
    for page in world.pages:
        shown = {OPEN, MISSING} if page.name in ABSENT else {OPEN}
        if not page.posts:
            seen.compare("GET", page, shown if may(who, page.needs) else {REFUSED}, ask(client, "get", page.url))
        if page.to_post is not None:
            allowed = may(who, page.to_post)
            # An address that is only opened says so to everybody; the manager shows that the others can be used.
            if not allowed:
                seen.compare("POST", page, {REFUSED, NOT_POSTED}, ask(client, "post", page.url))
            elif page.posts or who == "manager":
                seen.compare("POST", page, {*shown, NOT_POSTED}, ask(client, "post", page.url))
    assert not seen.wrong, "\n" + "\n".join(seen.wrong)


def test_nobody_but_superusers_has_the_pages_of_accounts(world: World) -> None:
    seen, client = Seen(), world.clients[SUPERUSER]
    pages_of_accounts = [page for page in world.pages if SUPERUSER in page.needs]
    assert pages_of_accounts
    for page in pages_of_accounts:
        method = "post" if page.posts else "get"
        seen.compare(method, page, {OPEN}, ask(client, method, page.url))
    assert not seen.wrong, "\n" + "\n".join(seen.wrong)


@pytest.mark.parametrize("who", ["stranger", "customer", "password only"])
def test_everybody_else_signs_in_first(world: World, who: str) -> None:
    seen, client = Seen(), world.clients[who]
    # Whoever has no factor yet sets one up: these pages are what is open to them.
    setting_up = "mfa_" if who == "password only" else "?"
    for page in world.pages:
        if page.name.startswith((setting_up, "account_reauthenticate", "staff_sessions")) and who == "password only":
            continue
        seen.compare("GET", page, {SIGN_IN}, ask(client, "get", page.url))
        if page.to_post is not None:
            # What strangers post is counted.
            empty_redis()
            seen.compare("POST", page, {SIGN_IN}, ask(client, "post", page.url))
    assert not seen.wrong, "\n" + "\n".join(seen.wrong)
