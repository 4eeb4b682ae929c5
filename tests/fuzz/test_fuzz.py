"""Whatever is sent to whatever address: no error of ours, and what was refused has written nothing.

Every form is taken from the page that shows it, with the fields that it really has; every address of the URL
configuration is tried, whether it has one or not. More than a thousand by hand::

    FUZZ=200 FUZZ_ONLY=portal: python -m pytest -n 0 tests/fuzz
"""

import email
import functools
import gc
import itertools
import logging
import os
import re
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import AdminErrorList
from django.db import connection, transaction
from django.forms import BaseForm
from django.forms.utils import ErrorList
from django.http import HttpResponse
from django.template.backends.django import Template
from django.test import Client
from django.utils.safestring import SafeString
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from privacy_portal.core import session_end
from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services.delivery import as_message
from tests.matrix.test_matrix import names_of_addresses, pages
from tests.support.database import at_commit

from .hostile import BOMBS, Chance, Sent, anything, armed, encoded, get, post
from .pages import Form
from .world import Browser, World, made

# Inputs for each form, for each page that is asked with a query string, and for each other address.
FORM, QUERY, OTHER = 12, 7, 3
# Of them, so many are looked at as a whole page. Of the others the page is not written out, which is half of the work:
# what they are refused for, what they write and what they raise is looked at as well.
WRITTEN_OUT = 2
BY_HAND = int(os.environ.get("FUZZ", "0"))
ONLY = os.environ.get("FUZZ_ONLY", "")
LEAST = 5000
# What a refused post may leave: that somebody tried, what only this browser sees, when it was last used, and a file
# that was chosen for a message and waits for it, so that nobody has to choose it again.
LEFT_BY_REFUSALS = {
    *("core_auditentry", "core_onetimecode", "django_session", "core_ownsession", "core_outgoingmail"),
    *("core_encryptedfile", "requests_app_messagefile"),
    # How often a code from a letter was tried: it is counted before the code is compared.
    "requests_app_postcode",
    # A form that is sent in steps keeps what was typed, right or wrong.
    "requests_app_requestdraft",
}
# What a mail that leaves here says about itself, each once.
HEADERS = {
    *("Subject", "From", "To", "Reply-To", "Date", "Message-ID", "Auto-Submitted", "Content-Language"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
}
# Addresses that no page of this world leads to, with why.
NOWHERE: dict[str, str] = {
    "mfa_edit_webauthn": "needs a passkey, which only a browser can make (tests/core/staff)",
    "mfa_remove_webauthn": "needs a passkey, which only a browser can make (tests/core/staff)",
}
# How portal and admin mark what was answered wrongly.
_REFUSED = re.compile(rb'class="[^"]*(errornote|errorlist|invalid-feedback|is-invalid|pp-errors)')
_KEYS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}|[0-9]+")
_WRITES = re.compile(r'\s*(?:INSERT INTO|DELETE FROM|UPDATE)\s+"?(\w+)')


class Broken(AssertionError):
    """What an input did that it should not have done."""


class Fuzz:
    """Sends inputs into a world that stays as it is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.counts: dict[str, int] = {}
        self.broken: list[str] = []
        self.written: set[str] = set()
        tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - LEFT_BY_REFUSALS
        self.rows = {table: self._rows(table) for table in tables}
        self.world_mails = list(OutgoingMail.objects.values_list("pk", flat=True))

    def _rows(self, table: str) -> str:
        """Every row with every value, as one word."""
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" AS t')
            return str(cursor.fetchone()[0])

    def watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Remember in which tables something was written."""
        if writes := _WRITES.match(sql):
            self.written.add(writes[1])
        return execute(sql, params, many, context)

    def run(self, name: str, who: str, url: str, make: Callable[[Chance], Sent], amount: int) -> None:
        """So many inputs to one address; the first one that breaks something is kept."""
        sent_before = itertools.count()
        # Keys and numbers are others in each run; what is sent is the same, so that a run can be repeated.
        place = f"{name} {_KEYS.sub('*', url)}"

        @hypothesis.seed(zlib.crc32(place.encode()) if not BY_HAND else int.from_bytes(os.urandom(4)))
        @hypothesis.settings(
            max_examples=BY_HAND or amount,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @hypothesis.given(st.integers(0, 2**64 - 1))
        def one(seed: int) -> None:
            self.counts[name] = self.counts.get(name, 0) + 1
            with nullcontext() if next(sent_before) < WRITTEN_OUT or BY_HAND else _not_written_out():
                self.send(who, url, make(Chance(f"{place} {seed}")))

        try:
            one()
        except Exception as error:
            self.broken.append(f"{name} ({who}) {url}\n  {error}")

    def send(self, who: str, url: str, sent: Sent) -> None:
        """One request; nothing stays of it.

        Raises:
            Broken: an error of ours, or half of something was written.
        """
        _redis().flushdb()
        self.written.clear()
        address = url
        if sent.query:
            address += ("&" if "?" in url else "?") + encoded(sent.query).decode()
        with _taken_back():
            try:
                response = _ask(self.world.browser(Browser(), who), address, sent)
                content = b"".join(response) if response.streaming else response.content
                self._look(response, content)
                if self.written:
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
        if "core_outgoingmail" in self.written:
            self._look_at_mails()
        marked = _REFUSED.search(content) if response.status_code == 200 else None
        if response.status_code >= 400 or marked:
            left = [table for table in self.written if table in self.rows and self._rows(table) != self.rows[table]]
            if left:
                raise Broken(f"refused with {response.status_code} ({marked and marked[0]!r}), yet written: {left}")

    def _look_at_mails(self) -> None:
        """Whatever was typed, a mail has the headers that it has to have and one recipient."""
        for mail in OutgoingMail.objects.exclude(pk__in=self.world_mails):
            sent = email.message_from_bytes(as_message(mail).message().as_bytes())
            if set(sent.keys()) - HEADERS or len(sent.keys()) != len(set(sent.keys())) or "," in sent["To"]:
                raise Broken(f"headers of a mail: {sent.keys()}")

    def blow_up(self, name: str, who: str, form: Form) -> None:
        """Every small file that is a large one inside, to one form that takes files."""
        for called in BOMBS:
            self.counts[name] = self.counts.get(name, 0) + 1
            try:
                self.send(who, form.url, armed(Chance(f"{name} {called}"), form, called))
            except Broken as error:
                self.broken.append(f"{name} ({who}) {form.url} {called}\n  {error}")


@functools.cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


def _not_written_out() -> Any:
    """Pages, but not mails and letters, come out as nothing but the mark that something was answered wrongly."""
    whole = Template.render

    def marks(self: Template, context: Any = None, request: Any = None) -> Any:
        if request is None:
            return whole(self, context, request)
        found = [*(context or {}).values()]
        errors = any(one.is_bound and one.errors for one in found if isinstance(one, BaseForm))
        errors = errors or any(one for one in found if isinstance(one, ErrorList | AdminErrorList))
        return SafeString('<p class="errornote"></p>' if errors else "<p></p>")

    return patch.object(Template, "render", marks)


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

    # Nobody is away for long here: when a session was used last is not written again and again.
    with patch.object(admin.site, "each_context", once), patch.object(session_end, "_PRECISION", 3600):
        built = made()
        # What was made so far stays until the end: the collector need not look at it again and again.
        gc.freeze()
        yield built
        gc.unfreeze()
    logging.disable(logging.NOTSET)


# Two minutes of a core, and the world before.
@pytest.mark.timeout(900)
def test_no_input_breaks_anything(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    names = sorted(name for name in names_of_addresses() if name)
    nowhere = {name for name in names if name not in world.pages and name not in world.forms}
    assert nowhere == set(NOWHERE), "let made() build what leads there, or say in NOWHERE why nothing does"
    fuzz, began = Fuzz(world), time.process_time()
    # Only a button leads there, without a field.
    pressed = {page.name for page in pages() if page.posts and page.name not in world.forms}
    with connection.execute_wrapper(fuzz.watch):
        for name in names:
            if not re.match(ONLY, name):
                continue
            known = world.queries.get(name, set())
            for who, form in world.forms.get(name, []):
                if form.posts:
                    fuzz.run(name, who, form.url, partial(post, form=form), FORM)
                    if form.has_files:
                        fuzz.blow_up(name, who, form)
                else:
                    known = known | form.shape
            if name in world.pages:
                inputs = partial(get, known=sorted(known)) if known else anything
                amount = QUERY if known else FORM if name in pressed else OTHER
                fuzz.run(name, *world.pages[name], inputs, amount)
    with capsys.disabled():
        told = ", ".join(f"{name} {count}" for name, count in fuzz.counts.items())
        taken = f"{time.process_time() - began:.0f} s of a core"
        sys.stdout.write(f"\n{sum(fuzz.counts.values())} inputs in {taken}: {told}\n")
    assert not fuzz.broken, f"{len(fuzz.broken)} broken\n" + "\n".join(fuzz.broken)
    assert ONLY or sum(fuzz.counts.values()) >= LEAST
