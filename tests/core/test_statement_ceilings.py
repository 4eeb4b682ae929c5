"""How many statements the two busiest posts may take at most (docs/benchmarks.md), the middleware's included."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from privacy_portal.core.models import OutgoingMail
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory
from tests.requests_app.test_portal_form import BASE, fill

pytestmark = pytest.mark.django_db(transaction=True)


def sent(captured: CaptureQueriesContext) -> list[str]:
    """What was asked of the database; the bounds of transactions are not among it."""
    return [one["sql"] for one in captured if not re.match(r"BEGIN|COMMIT|SAVEPOINT|RELEASE", one["sql"])]


def test_sending_a_request_takes_ten() -> None:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    for _again in range(2):  # the first one fills the caches
        client = Client()
        sign_in_by_code(client, PersonFactory())
        fill(client)
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(f"{BASE}check/")
        assert "/received/" in answer.url
    assert len(sent(captured)) <= 10, "\n".join(sent(captured))


def test_entering_a_code_takes_seven() -> None:
    """Of somebody who has been here before; the first time, the account is made as well."""
    OperatorFactory()
    client = Client()
    client.post("/sign-in/", {"email": PersonFactory().email})
    code = re.search(r"\d{4} \d{4}", str(OutgoingMail.objects.get().body_text))
    assert code
    with CaptureQueriesContext(connection) as captured:
        answer = client.post("/sign-in/code/", {"code": code[0]})
    assert answer.status_code == 302
    assert len(sent(captured)) <= 7, "\n".join(sent(captured))
