"""Whatever is sent to whatever address: no error of ours, and what was refused has written nothing.

Every form is taken from the page that shows it, with the fields that it really has; every address of the URL
configuration is tried, whether it has one or not. More than a thousand by hand::

    FUZZ=200 FUZZ_ONLY=portal: python -m pytest -n 0 tests/fuzz
"""

import logging
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
from django.apps import apps
from django.contrib import admin
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from tests.matrix.test_matrix import names_of_addresses, pages
from tests.support.database import at_commit
from tests.support.limits import empty_redis

from .hostile import Sent, anything, encoded, gets, posts
from .world import World, made

# Inputs for each form, for each page that is asked with a query string, and for each other address.
# With 15, 8 and 2 these are some 5,600, which takes four minutes of a core.
FORM, QUERY, OTHER = 4, 2, 1
BY_HAND = int(os.environ.get("FUZZ", "0"))
ONLY = os.environ.get("FUZZ_ONLY", "")
LEAST = 1000
# What a refused post may leave: that somebody tried, what only this browser sees, and a file that was chosen for a
# message and waits for it, so that nobody has to choose it again.
LEFT_BY_REFUSALS = {
    *("core_auditentry", "core_onetimecode", "django_session", "core_outgoingmail"),
    *("core_encryptedfile", "requests_app_messagefile"),
}
# Addresses that no page of this world leads to, with why.
NOWHERE: dict[str, str] = {
    "mfa_edit_webauthn": "needs a passkey, which only a browser can make (tests/core/staff)",
    "mfa_remove_webauthn": "needs a passkey, which only a browser can make (tests/core/staff)",
}


# How portal and admin mark what was answered wrongly.
_REFUSED = re.compile(rb'class="[^"]*(errornote|errorlist|invalid-feedback|is-invalid|pp-errors)')


class Broken(AssertionError):
    """What an input did that it should not have done."""


class Fuzz:
    """Sends inputs into a world that stays as it is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.counts: dict[str, int] = {}
        self.broken: list[str] = []
        self.written: set[str] = set()
        self.tables = {model._meta.db_table for model in apps.get_models()}
        self.rows = {table: self._count(table) for table in self.tables}

    def _count(self, table: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            return int(cursor.fetchone()[0])

    def watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Remember into which tables something was written."""
        if sql.startswith(("INSERT", "DELETE")):
            self.written.add(sql.split('"', 2)[1])
        return execute(sql, params, many, context)

    def run(self, name: str, who: str, url: str, strategy: st.SearchStrategy[Sent], amount: int) -> None:
        """So many inputs to one address; the first one that breaks something is kept."""

        @hypothesis.seed(zlib.crc32(f"{name} {url}".encode()) if not BY_HAND else int.from_bytes(os.urandom(4)))
        @hypothesis.settings(
            max_examples=BY_HAND or amount,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @hypothesis.given(strategy)
        def one(sent: Sent) -> None:
            self.counts[name] = self.counts.get(name, 0) + 1
            self.send(who, url, sent)

        try:
            one()
        except Exception as error:
            self.broken.append(f"{name} ({who}) {url}\n  {error}")

    def send(self, who: str, url: str, sent: Sent) -> None:
        """One request; nothing stays of it.

        Raises:
            Broken: an error of ours, or half of something was written.
        """
        empty_redis()
        self.written.clear()
        address = url
        if sent.query:
            address += ("&" if "?" in url else "?") + encoded(sent.query).decode()
        with _taken_back():
            try:
                response = _ask(self.world.browser(Browser(), who), address, sent)
                content = b"".join(response) if response.streaming else response.content
                self._look(response, content)
                at_commit()
            except Broken as error:
                raise Broken(f"{error}: {sent}") from None
            except Exception as error:
                place = error.__traceback__
                while place is not None and place.tb_next is not None:
                    place = place.tb_next
                where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
                raise Broken(f"{type(error).__name__}: {str(error)[:300]} at {where}: {sent}") from error

    def _look(self, response: HttpResponse, content: bytes) -> None:
        if response.status_code >= 500:
            raise Broken(f"status {response.status_code}")
        if b"Traceback (most recent" in content:
            raise Broken("a traceback")
        marked = _REFUSED.search(content) if response.status_code == 200 else None
        if response.status_code >= 400 or marked:
            left = [t for t in self.written - LEFT_BY_REFUSALS if t in self.rows and self._count(t) != self.rows[t]]
            if left:
                raise Broken(f"refused with {response.status_code} ({marked and marked[0]!r}), yet written: {left}")


@contextmanager
def _taken_back() -> Iterator[None]:
    """A transaction of which nothing stays; inside, code that wants to commit at once may think that it does."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        try:
            yield
        finally:
            transaction.set_rollback(True)


class Browser(Client):
    """Django's, without the copies of every template's context that nobody looks at here: they cost a third."""

    def request(self, **request: Any) -> Any:
        """Ask, and raise what the view raised."""
        failed: list[BaseException] = []

        def remember(**_details: Any) -> None:
            failed.append(sys.exc_info()[1] or AssertionError("an error without a trace"))

        got_request_exception.connect(remember)
        try:
            response = self.handler(self._base_environ(**request))
        finally:
            got_request_exception.disconnect(remember)
        if failed:
            raise failed[0]
        return response


def _ask(client: Client, address: str, sent: Sent) -> HttpResponse:
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.headers.items()}
    if "HTTP_CONTENT_LENGTH" in headers:
        headers["CONTENT_LENGTH"] = headers.pop("HTTP_CONTENT_LENGTH")
    if sent.method == "GET":
        return client.get(address, **headers)
    content_type, body = sent.body()
    path, _mark, query = address.partition("?")
    return client.generic("POST", path, body, content_type=content_type, QUERY_STRING=query, **headers)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Refusals need no log; the frame of the admin's pages, which many other tests look at, is made once."""
    logging.disable(logging.CRITICAL)
    frame: dict[str, Any] = {}
    each_context = admin.site.each_context

    def once(request: Any) -> dict[str, Any]:
        if not frame:
            whole = each_context(request)
            frame.update({**whole, "available_apps": [], "sidebar_navigation": whole["sidebar_navigation"][:1]})
        return {**frame, "is_popup": False}

    with patch.object(admin.site, "each_context", once):
        yield made()
    logging.disable(logging.NOTSET)


def test_no_input_breaks_anything(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    names = sorted(name for name in names_of_addresses() if name)
    nowhere = {name for name in names if name not in world.pages and name not in world.forms}
    assert nowhere == set(NOWHERE), "let made() build what leads there, or say in NOWHERE why nothing does"
    fuzz = Fuzz(world)
    # Only a button leads there, without a field.
    pressed = {page.name for page in pages() if page.posts and page.name not in world.forms}
    with connection.execute_wrapper(fuzz.watch):
        for name in names:
            if not re.match(ONLY, name):
                continue
            known = world.queries.get(name, set())
            for who, form in world.forms.get(name, []):
                if form.posts:
                    fuzz.run(name, who, form.url, posts(form), FORM)
                else:
                    known = known | form.shape
            if name in world.pages:
                inputs = gets(tuple(sorted(known))) if known else anything()
                amount = QUERY if known else FORM if name in pressed else OTHER
                fuzz.run(name, *world.pages[name], inputs, amount)
    with capsys.disabled():
        told = ", ".join(f"{name} {count}" for name, count in fuzz.counts.items())
        sys.stdout.write(f"\n{sum(fuzz.counts.values())} inputs: {told}\n")
    assert not fuzz.broken, f"{len(fuzz.broken)} broken\n" + "\n".join(fuzz.broken)
    assert ONLY or sum(fuzz.counts.values()) >= LEAST
