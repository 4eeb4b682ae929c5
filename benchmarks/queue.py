"""The manager's queue, search and case page at size: server time, statements and plans.

    .venv/bin/python -m benchmarks.queue [--customers 1000000] [--requests 200000] [--rounds 40]

Each page is asked as the manager does, without a network between: sign-in check, statements, template, and whatever is
recorded. The baseline is the search without the index, in the same database: ILIKE over the names.
"""

from collections.abc import Callable
from typing import Any

from . import data, environment
from .measure import median, percentile, rounds, row, statements, table
from .plans import sequential_scans

QUEUE, CUSTOMERS = "/admin/requests_app/disclosurerequest/", "/admin/consent_app/customer/"


def manager() -> Any:
    """A browser in which the manager is signed in."""
    from django.test import Client

    from privacy_portal.core.models import User
    from tests.factories.core import pass_second_factor

    client = Client()
    pass_second_factor(client, User.objects.get(email=data.STAFF))
    return client


def pages() -> dict[str, Callable[[], Any]]:
    """Name of each page -> what opens it."""
    from requests_app.models import DisclosureRequest

    number = DisclosureRequest.objects.get(pk=data.key(0)).receipt_number

    def page(address: str, words: str = "") -> Callable[[], Any]:
        client = manager()  # each with a session of its own, which keeps ten searches
        if words:
            address = client.post(address, {"words": words})["Location"]

        def get() -> Any:
            response = client.get(address)
            if response.status_code != 200:
                raise SystemExit(f"{address}: {response.status_code}")
            return response

        return get

    case = f"{QUEUE}{data.key(0)}/change/"
    found = {
        "queue, all that are open": page(f"{QUEUE}?queue=open"),
        "queue, one state, one kind": page(f"{QUEUE}?queue=open&status=in_review&type=erasure"),
        "queue, page 40": page(f"{QUEUE}?queue=open&p=40"),
        "queue, ended": page(f"{QUEUE}?queue=ended"),
        "case": page(case),
        "case, data": page(f"{case}?tab=data"),
        "case, timeline": page(f"{case}?tab=timeline"),
        "customer": page(f"{CUSTOMERS}{data.key(0)}/change/"),
        "requests: receipt number": page(QUEUE, number),
        "requests: part of a receipt number": page(QUEUE, _part(number)),
    }
    terms = {
        "rare name": "長谷川吉乃",
        "beginning of a rare name": "長",
        "kana": "はせがわ",
        "part of a mail address": "hasegawa",
        "telephone": "090-8765-4321",
        "last digits of a telephone": "4321",
        "name that 1 in 320 has": "渡辺和也",
        "name that 1 in 20 has": "渡辺",
    }
    for name, words in terms.items():
        found[f"requests: {name}"] = page(QUEUE, words)
        found[f"customers: {name}"] = page(CUSTOMERS, words)
    return found


def _part(number: str) -> str:
    """Six characters of a receipt number with a digit among them; without one they would be a name."""
    part = number.replace("-", "")[3:9]
    return part if any(one.isdigit() for one in part) else number[:9]


def run(times: int) -> None:
    """Ask every page."""
    from consent_app.models import Customer
    from requests_app.models import Party

    table("page", "CPU ms median", "CPU ms p95", "wall ms fastest", "median", "p95", "statements", "read whole")
    for name, call in pages().items():
        call()
        with statements() as sent:
            call()
        scans = sorted(set(sequential_scans(call)))
        taken = rounds(call, times)
        cpu, wall = [one.cpu for one in taken], [one.wall for one in taken]
        row(
            name, median(cpu), percentile(cpu, 0.95), min(wall), median(wall), percentile(wall, 0.95), len(sent),
            ", ".join(scans) or "—",
        )  # fmt: skip
    table("baseline", "CPU ms median", "wall ms fastest")
    for model in (Party, Customer):
        rows = _by_ilike(model)
        taken = rounds(rows.count, 3)
        cpu = median([one.cpu for one in taken])
        row(f"{model._meta.object_name} by ILIKE, the query alone", cpu, min(one.wall for one in taken))


def _by_ilike(model: Any) -> Any:
    from django.db.models import F, Value
    from django.db.models.functions import Concat

    whole = Concat(F("family_name"), F("given_name"), Value(" "), F("family_kana"), F("given_kana"))
    return model._default_manager.annotate(whole=whole).filter(whole__icontains="ハセガワ")


def main() -> None:
    """See the head of the module."""
    chosen = environment.arguments(__doc__, customers=1_000_000, requests=200_000, rounds=40)
    environment.prepare()
    data.make(chosen.customers, chosen.requests)
    print(environment.machine())
    run(chosen.rounds)


if __name__ == "__main__":
    main()
