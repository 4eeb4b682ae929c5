"""The first visit of every portal page: below 100 KB over the line, and nothing on it moves once it is seen."""

import gzip
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from playwright.sync_api import APIResponse, Browser, Page, Route

from consent_app.models import EmailChange
from privacy_portal.core.models import User
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.models import DisclosureRequest, EvidenceRequest, Fee, PostCode
from requests_app.portal.wizard import steps_of
from tests.factories.consent import CustomerFactory
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory
from tests.test_languages import PORTAL_NO_PAGES, make_manager, make_person, names_in, pages

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 100_000
WIDTHS = (390, 1280)
# Less than this is not seen; 0.1 counts as good.
UNSEEN = 0.001
# On a busy machine the top of a page may be painted while the rest of it is still being read: the links at the right of
# the header then make room for one more, on a phone by a row of their own (0.015). Nothing else of the page moves then.
STILL_READ = '<nav class="pp-header__nav"'
# So many pages of a view are asked for, to look at the one with the most on it.
A_VIEW = 5
# What the proxy and WhiteNoise compress; the rest goes over the line as it lies on the disk.
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
# Asked for a picture or a script, the page has to stay as it is until it comes.
LATE = ("script", "image", "font")
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const moved = entry.sources.map((one) => one.node && (one.node.outerHTML || one.node.textContent).slice(0, 200));
    window.shifts.push([entry.value, moved]);
  }
}).observe({type: "layout-shift", buffered: true});
"""
# Whether there was something to be seen within ten seconds.
PAINTED = """() => new Promise((done) => {
  window.setTimeout(() => done(false), 10000);
  new PerformanceObserver((list) => list.getEntriesByName("first-contentful-paint").length && done(true))
    .observe({type: "paint", buffered: true});
})"""
# Two frames later everything that a script did is laid out.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(window.shifts))))"


@dataclass(frozen=True)
class Visit:
    """One page to look at."""

    view: str
    address: str
    client: Client


def heaviest(client: Client, starts: list[str]) -> dict[str, Visit]:
    """Of each view that links lead to, the page with the most on it."""
    found: dict[str, tuple[int, Visit]] = {}
    for address, view, page in pages(client, starts, "ja", each=A_VIEW):
        if view not in found or len(page) > found[view][0]:
            found[view] = (len(page), Visit(view, address, client))
    return {view: visit for view, (_length, visit) in found.items()}


def with_everything_open(user: User, answered: str, **change: object) -> Client:
    """Somebody who has stated registered facts, opened an answer, and is about to change the registered address."""
    customer = CustomerFactory(email=user.email)
    EmailChange.objects.create(
        customer=customer,
        user=user,
        old_address=user.email,
        new_address="new@post.example",
        expires_at=timezone.now() + timedelta(hours=1),
        new_code=uuid.uuid4(),
        **change,
    )
    client = Client()
    sign_in_by_code(client, user)
    session = client.session
    session["registered_open"] = {"customer": str(customer.pk), "until": time.time() + 600}
    session["answer_open"] = {"request": answered, "until": time.time() + 600}
    session.save()
    return client


@pytest.fixture
def visits() -> list[Visit]:
    """Every page of the portal: to a stranger, to somebody signed in, and to a customer who stated registered facts."""
    with transaction.atomic():
        make_manager()
        person = make_person()
    stranger, client = Client(), Client()
    public = heaviest(stranger, ["/"])
    stranger.post("/sign-in/", {"email": "somebody@shop.example"})
    public |= heaviest(stranger, ["/sign-in/code/"])
    answered = DisclosureRequest.objects.get(answer_files__kind="letter").receipt_number
    rare = [
        f"/requests/{row.request.receipt_number}/{page}/"
        for model, page in ((PostCode, "code"), (EvidenceRequest, "documents"), (Fee, "fee"))
        for row in model.objects.filter(request__applicant=person)
    ]
    cases = [f"/requests/{number}/" for number in person.disclosure_requests.values_list("receipt_number", flat=True)]
    steps = [
        f"/requests/new/disclosure/{step}/"
        for step in (*(step.slug for step in steps_of(REQUEST_TYPES["disclosure"])), "check", "discard")
    ]
    sign_in_by_code(client, person)
    starts = ["/", "/requests/", "/registered/open/", f"/requests/{answered}/answer/", *rare, *steps]
    own = heaviest(client, [*starts, *cases, *(f"{case}received/" for case in cases)])
    starts = ["/registered/", "/registered/email/new/", f"/requests/{answered}/answer/files/"]
    opened = heaviest(with_everything_open(person, answered), starts)
    # The second half of changing an address begins where the first has ended.
    changed = heaviest(
        with_everything_open(PersonFactory(), answered, new_confirmed_at=timezone.now()), ["/registered/email/old/"]
    )
    own = changed | opened | own
    every = {name for name in names_in(get_resolver()) if name.startswith("portal:")}
    assert every - set(public) - set(own) <= {f"portal:{name}" for name in PORTAL_NO_PAGES}
    return [*public.values(), *own.values()]


def only_the_links(moved: list[str | None]) -> bool:
    """Whether nothing moved but the links of the header."""
    return bool(moved) and all(one is not None and one.startswith(STILL_READ) for one in moved)


def on_the_line(answer: APIResponse) -> int:
    """Bytes of a body as production sends it, before the encryption."""
    body = answer.body()
    kind = answer.headers.get("content-type", "")
    return len(gzip.compress(body)) if kind.startswith(COMPRESSED) else len(body)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that keeps nothing between two pages: whose requests are answered here has no cache."""
    context = browser.new_context(locale="ja-JP")
    context.set_default_timeout(15_000)
    context.add_init_script(SHIFTS)
    yield context.new_page()
    context.close()


def test_first_visits_are_light_and_nothing_moves(live_portal: str, visits: list[Visit], page: Page) -> None:
    held: list[Route] = []
    sizes: dict[str, int] = {}
    known: dict[str, tuple[int, dict[str, str], bytes, int]] = {}

    def serve(route: Route) -> None:
        """Weigh what the server gives; what is the same for everybody is asked for once and given again and again."""
        kind, url = route.request.resource_type, route.request.url
        if kind == "document" or url not in known:
            answer = route.fetch(max_redirects=0)
            known[url] = (answer.status, answer.headers, answer.body(), on_the_line(answer))
        status, headers, body, size = known[url]
        sizes[kind] = sizes.get(kind, 0) + size
        route.fulfill(status=status, headers=headers, body=body)

    def serve_or_hold(route: Route) -> None:
        """Nothing of these kinds comes before the page has been painted."""
        if route.request.resource_type in LATE:
            held.append(route)
        else:
            serve(route)

    page.route("**/*", serve_or_hold)
    moving: dict[str, object] = {}
    weights: dict[str, int] = {}
    for width, visit in product(WIDTHS, visits):
        held.clear()
        sizes.clear()
        page.set_viewport_size({"width": width, "height": 900})
        page.context.clear_cookies()
        page.context.add_cookies(
            [{"name": name, "value": cookie.value, "url": live_portal} for name, cookie in visit.client.cookies.items()]
        )
        answer = page.goto(live_portal + visit.address, wait_until="commit")
        assert answer is not None
        assert (answer.status, urlsplit(page.url).path) == (200, urlsplit(visit.address).path)
        assert page.evaluate(PAINTED), f"{visit.address} waits for what is not needed to be seen"
        for route in held:
            serve(route)
        page.wait_for_load_state("load")
        if moved := [one for one in page.evaluate(SETTLED) if one[0] > UNSEEN and not only_the_links(one[1])]:
            moving[f"{visit.address} at {width}"] = moved
        assert {"document", "stylesheet", "script"} <= sizes.keys()
        weights[visit.address] = max(weights.get(visit.address, 0), sum(sizes.values()))
    page.unroute_all(behavior="ignoreErrors")
    heaviest_one = max(weights, key=weights.__getitem__)
    sys.stdout.write(f"\n{len(weights)} pages, the heaviest {weights[heaviest_one]:,} bytes: {heaviest_one}\n")
    assert weights[heaviest_one] < LIMIT, {address: size for address, size in weights.items() if size >= LIMIT}
    assert not moving
