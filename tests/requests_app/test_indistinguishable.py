"""Whoever reads a mailbox learns from no page, mail, statement or count whether its owner is known here.

The same journey is gone by somebody who is nobody here, a customer, the recipient of a gift and a customer who was
erased: signing in, filing a request with facts that do not fit, sending a document, entering the code of a letter,
being told of a call. Step by step everything that can be seen or measured from outside has to be the same.

Not in it is the page of consents, which shows customers what they agreed to (docs/decisions/consents-by-address.md).
"""

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consent_app.models import Customer
from consent_app.services import erasure
from privacy_portal.core.models import OutgoingMail, User
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, PostCode
from requests_app.services import call_backs, evidence, identity, post_codes, typesetting
from tests.core.portal.test_sign_in import mailed_code
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    RecipientFactory,
    RequestRuleFactory,
    catalogue,
)
from tests.factories.evidence import picture, upload
from tests.factories.requests import StaffFactory
from tests.requests_app.test_portal_form import BASE, PAGES, STEPS
from tests.support.limits import empty_redis

pytestmark = pytest.mark.django_db
# What the recipient's order says of them, too; of a customer it is wrong.
STATED = {
    **PAGES,
    "name": {**PAGES["name"], "family_name": "贈田", "given_name": "先夫"},
    "contact": {
        **PAGES["contact"],
        "postal_code": "5300001",
        "prefecture": "大阪府",
        "address1": "大阪市北区例田7-8-9",
    },
}


@dataclass
class Journey:
    """What one person met, in order."""

    address: str
    steps: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    client: Client = field(default_factory=Client)

    def look(self, method: str, url: str, **data: Any) -> Any:
        """One request, with everything that can be seen of it and all work that it causes."""
        with self._measured() as statements:
            response = getattr(self.client, method)(url, data)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        self.steps.append(
            (
                f"{method} {len(self.steps)} {response.resolver_match.view_name}",
                {
                    "status": response.status_code,
                    "location": self.masked(response.headers.get("Location", "")),
                    "headers": sorted(response.headers),
                    "cookies": sorted(response.cookies),
                    "body": self.masked(body.decode(errors="replace")),
                    "statements": [shape(query["sql"]) for query in statements.captured_queries],
                    "redis": list(self.commands),
                },
            )
        )
        return response

    @contextmanager
    def _measured(self) -> Iterator[CaptureQueriesContext]:
        self.commands.clear()
        run = redis.Redis.execute_command

        def counted(client: Any, *arguments: Any, **options: Any) -> Any:
            self.commands.append(str(arguments[0]))
            return run(client, *arguments, **options)

        with mock.patch.object(redis.Redis, "execute_command", counted), CaptureQueriesContext(connection) as queries:
            yield queries

    def masked(self, text: str) -> str:
        """Without what differs for every request and every page."""
        for number in DisclosureRequest.objects.values_list("receipt_number", flat=True):
            text = text.replace(number, "NUMBER")
        text = text.replace(self.address, "ADDRESS").replace(self.address.replace("@", "%40"), "ADDRESS")
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "KEY", text)
        text = re.sub(r'((csrfmiddlewaretoken|shown|seen)" value|nonce|datetime)="[^"]+', r"\1", text)
        return re.sub(r"\d{1,2}:\d{2}", "TIME", text)

    def mails(self) -> list[tuple[str, ...]]:
        """Everything that was sent to the address."""
        rows = [row for row in OutgoingMail.objects.order_by("created_at", "pk") if row.recipient == self.address]
        return [
            (
                row.template,
                row.language,
                self.masked(row.subject),
                re.sub(r"\d{4} \d{4}", "CODE", self.masked(row.body_text + row.body_html)),
            )
            for row in rows
        ]


def shape(sql: str) -> str:
    """A statement without its values."""
    sql = re.sub(r"'(?:[^']|'')*'(::\w+)?|\s*-?\b\d+\b", "?", sql)
    return re.sub(r"\"?s\d+_x\d+\"?", "SAVEPOINT", sql)


def go(address: str, customer: Customer | None) -> Journey:
    """The whole journey. ``customer`` is whom staff find for it, if anybody."""
    empty_redis()
    journey, staff = Journey(address), StaffFactory()
    look, now = journey.look, timezone.now
    look("get", "/")
    look("get", "/sign-in/")
    look("post", "/sign-in/", email=address)
    look("get", "/sign-in/code/")
    look("post", "/sign-in/code/", code="00000000")
    look("post", "/sign-in/code/", code=mailed_code())
    user = User.objects.get(email=address)
    for page in ("/", "/requests/", "/requests/new/disclosure/", "/registered/", "/registered/open/"):
        look("get", page)
    look("post", "/registered/open/", family_name="贈田", given_name="先夫", telephone="03-1234-5678")
    for step in STEPS:
        look("get", f"{BASE}{step.slug}/")
        look("post", f"{BASE}{step.slug}/", **STATED[step.slug])
    look("get", f"{BASE}check/")
    look("post", f"{BASE}check/")
    case = user.disclosure_requests.get()
    look("get", url(case, "request_done"))
    identity.verify(request_id=case.pk, now=now())
    case.refresh_from_db()
    assert case.status == Status.IDENTITY_REVIEW
    look("get", url(case))
    evidence.ask(request=case, actor=staff, requester="person", proofs=["principal"], note="", now=now())
    look("get", url(case, "request_documents"))
    look("get", reverse("portal:request_document_add", args=[case.receipt_number, "principal"]))
    for copies in ([], [upload(b"no picture")], [upload(picture())]):
        look(
            "post",
            reverse("portal:request_document_add", args=[case.receipt_number, "principal"]),
            document="passport",
            copies=copies,
        )
    look("post", url(case, "request_documents"))
    look("get", url(case))
    case.refresh_from_db()
    call_backs.announce(request=case, actor=staff, customer=customer, now=now())
    look("get", url(case))
    post_codes.order(request=case, actor=staff, customer=customer, now=now())
    if customer is not None:
        with mock.patch.object(typesetting, "typeset", return_value=b"%PDF"):
            post_codes.print_letter(request=case, actor=staff, now=now())
    look("get", url(case, "request_code"))
    for _try in range(PostCode.MAX_ATTEMPTS + 1):
        look("post", url(case, "request_code"), code="00000000")
    post_codes.end_when_due(request_id=case.pk, now=now() + timedelta(seconds=1))
    look("get", url(case))
    look("get", "/requests/")
    look("post", url(case, "request_withdraw"))
    return journey


def url(case: DisclosureRequest, page: str = "request_detail") -> str:
    return reverse(f"portal:{page}", args=[case.receipt_number])


def erased(address: str) -> None:
    customer = CustomerFactory(email=address)
    now = timezone.now()
    token = erasure.preview(customer=customer, items=None, now=now).token
    erasure.erase(customer=customer, items=None, token=token, reference="R", key="k", actor="command", now=now)


def differences(one: Journey, other: Journey) -> list[str]:
    """Where two journeys are not the same: the step and what of it, line by line or statement by statement."""
    found = [
        f"{name}: {what}: {line}"
        for (name, seen), (_name, there) in zip(one.steps, other.steps, strict=True)
        for what in seen
        for line in difflib.unified_diff(lines(seen[what]), lines(there[what]), n=0, lineterm="")
    ]
    return [*found, *(f"mail {a} and {b}" for a, b in zip(one.mails(), other.mails(), strict=True) if a != b)]


def lines(seen: Any) -> list[str]:
    return [str(one) for one in seen] if isinstance(seen, list) else str(seen).splitlines()


def test_nobody_can_tell_who_is_known_here() -> None:
    OperatorFactory()
    catalogue()
    RequestRuleFactory()
    # The first one fills what processes keep in memory.
    go("warm@post.example", None)
    nobody = go("nobody@post.example", None)
    assert len(nobody.steps) > 35
    assert len(nobody.mails()) >= 6
    customer = CustomerFactory(email="customer@post.example")
    OrderFactory(customer=customer)
    found = {"customer": differences(nobody, go("customer@post.example", customer))}
    erased("erased@post.example")
    found["erased"] = differences(nobody, go("erased@post.example", None))
    RecipientFactory(record=OrderFactory(customer=customer))
    found["recipient"] = differences(nobody, go("recipient@post.example", None))
    assert found == {"customer": [], "erased": [], "recipient": []}
