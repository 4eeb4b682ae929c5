"""The portal's pages at size: server time and statements, to a stranger and to a customer who is signed in.

    .venv/bin/python -m benchmarks.portal [--customers 1000000] [--requests 200000] [--rounds 40]

The pages are those of the address table that answer with a page; a new one is measured without being named here. Each
is asked as a browser does, without a network between: session, statements, template. The baseline is the page that says
that an address does not exist: what every page costs.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from . import data, environment
from .measure import median, percentile, rounds, row, statements, table
from .plans import sequential_scans

TYPE = "disclosure"
NO_SUCH_PAGE = "no such page"
# Of a form that is filled in and not sent.
DRAFT = {
    "requester": "person",
    "family_name": "高橋",
    "given_name": "花子",
    "postal_code": "1000001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "telephone": "09012345678",
    "wants_everything": "True",
    "wanted_items": [],
    "answer_method": "download",
    **dict.fromkeys(
        (
            *("family_kana", "given_kana", "address2", "customer_number", "birth_date", "order_number"),
            *("registered_postal_code", "registered_address", "wanted_note", "answer_method_note"),
        ),
        "",
    ),
}


def addresses(receipt: str) -> Iterator[tuple[str, str]]:
    """Name and address of every page of the portal that can be named by what the database holds."""
    from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

    from requests_app.domain.request_types import REQUEST_TYPES
    from requests_app.portal.wizard import steps_of

    known = {"receipt": receipt, "request_type": TYPE, "purpose": "newsletter", "item": "address", "proof": "principal"}
    for entry in get_resolver().url_patterns:
        if not isinstance(entry, URLResolver) or entry.namespace != "portal":
            continue
        for page in entry.url_patterns:
            if not isinstance(page, URLPattern):
                continue
            steps = [step.slug for step in steps_of(REQUEST_TYPES[TYPE])] if "step" in page.pattern.converters else [""]
            for step in steps:
                values = {name: (known | {"step": step}).get(name) for name in page.pattern.converters}
                try:
                    yield f"{page.name} {step}".strip(), reverse(f"portal:{page.name}", kwargs=values)
                except NoReverseMatch:
                    continue  # named by something that belongs to one case in a thousand


def clients() -> dict[str, Any]:
    """Who asks: a stranger, and a customer who has a request, an unfinished one, and has stated registered facts."""
    from django.test import Client

    from privacy_portal.core.models import User
    from requests_app.services import intake
    from tests.factories.core import sign_in_by_code

    user = User.objects.get(pk=data.key(0))
    intake.save_draft(user=user, request_type=TYPE, answers=DRAFT, now=datetime.now(UTC))
    customer = Client()
    sign_in_by_code(customer, user)
    session = customer.session
    session["registered_open"] = {"customer": data.key(0), "until": time.time() + 3600}
    session.save()
    return {"stranger": Client(), "customer": customer}


def pages() -> dict[str, Callable[[], Any]]:
    """Name of each page and who asks -> what opens it; only what answers with a page."""
    from requests_app.models import DisclosureRequest

    receipt = DisclosureRequest.objects.get(pk=data.key(0)).receipt_number
    found: dict[str, Callable[[], Any]] = {}
    for who, client in clients().items():
        for name, address in addresses(receipt):
            answer = client.get(address)
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                found[f"{name}, {who}"] = lambda client=client, address=address: client.get(address)
        found[f"{NO_SUCH_PAGE}, {who}"] = lambda client=client: client.get("/no-such-page/")
    return found


def run(times: int) -> None:
    """Ask every page."""
    table("page", "CPU ms median", "CPU ms p95", "wall ms fastest", "median", "p95", "statements", "read whole")
    every: list[float] = []
    for name, call in pages().items():
        call()
        with statements() as sent:
            call()
        scans = sorted(set(sequential_scans(call)))
        taken = rounds(call, times)
        cpu, wall = [one.cpu for one in taken], [one.wall for one in taken]
        every += wall if not name.startswith(NO_SUCH_PAGE) else []
        row(
            name, median(cpu), percentile(cpu, 0.95), min(wall), median(wall), percentile(wall, 0.95), len(sent),
            ", ".join(scans) or "—",
        )  # fmt: skip
    print(f"\nAll pages together, by the clock: median {median(every):.0f} ms, p95 {percentile(every, 0.95):.0f} ms")


def main() -> None:
    """See the head of the module."""
    chosen = environment.arguments(__doc__, customers=1_000_000, requests=200_000, rounds=40)
    environment.prepare()
    data.make(chosen.customers, chosen.requests)
    print(environment.machine())
    run(chosen.rounds)


if __name__ == "__main__":
    main()
