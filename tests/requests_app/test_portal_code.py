"""The page for the code of a letter: the same whether a letter went out or nobody is registered."""

import difflib
import re
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from privacy_portal.core.models import OutgoingMail
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, PostCode, RequestEvent
from requests_app.services import post_codes, typesetting
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _operator(db: None) -> None:
    OperatorFactory()
    RequestRuleFactory()


def case(*, registered: bool, email: str) -> DisclosureRequest:
    """A request in which staff chose the code by post; the letter left where somebody is registered."""
    request = RequestFactory.in_identity_review(applicant=PersonFactory(email=email))
    customer = CustomerFactory() if registered else None
    post_codes.order(request=request, actor=StaffFactory(), customer=customer, now=timezone.now())
    if registered:
        staff, now = StaffFactory(), timezone.now()
        with mock.patch.object(typesetting, "typeset", return_value=b"%PDF"):
            post_codes.print_letter(request=request, actor=staff, now=now)
        post_codes.mark_sent(request=request, actor=staff, sent_on=timezone.localdate(now), tracking_number="", now=now)
    return request


def url(request: DisclosureRequest, page: str = "request_code") -> str:
    return reverse(f"portal:{page}", args=[request.receipt_number])


def test_the_page_of_the_request_leads_to_it(client: Client) -> None:
    request = case(registered=True, email="one@post.example")
    assert request.applicant is not None
    sign_in_by_code(client, request.applicant)
    page = client.get(url(request, "request_detail")).content.decode()
    assert f'href="{url(request)}">コードを入力する' in page
    form = client.get(url(request)).content.decode()
    assert "8桁のコード" in form
    wrong = client.post(url(request), {"code": "123"}).content.decode()
    assert "コードは8桁の数字です" in wrong
    assert PostCode.objects.get().attempts == 0
    assert "手紙に書かれた8桁のコードを入力してください" in client.post(url(request), {"code": ""}).content.decode()


def test_the_right_code_goes_on(client: Client) -> None:
    request = RequestFactory.in_identity_review()
    post_codes.order(request=request, actor=StaffFactory(), customer=CustomerFactory(), now=timezone.now())
    with mock.patch.object(typesetting, "typeset", return_value=b"%PDF") as typeset:
        post_codes.print_letter(request=request, actor=StaffFactory(), now=timezone.now())
    assert request.applicant is not None
    sign_in_by_code(client, request.applicant)
    done = client.post(url(request), {"code": typeset.call_args.args[1]["code"]}, follow=True)
    assert "コードを確かめました。手続きを続けます。" in done.content.decode()
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW
    assert "いま入力していただくコードはありません" in client.get(url(request), follow=True).content.decode()


def masked(text: str, request: DisclosureRequest) -> str:
    """Without what differs for every request and every page."""
    assert request.applicant is not None
    for own in (request.receipt_number, str(request.pk), request.applicant.email):
        text = text.replace(own, "·")
    text = re.sub(r"datetime=\"[^\"]+", "datetime", text)
    text = re.sub(r"csrfmiddlewaretoken\" value=\"[^\"]+", "csrf", text)
    return re.sub(r"nonce=\"[^\"]+", "nonce", text)


def everything_seen(client: Client, request: DisclosureRequest) -> list[tuple[str, int, object]]:
    """All pages of the check, each as bytes, number of statements and where it leads; then mails and entries."""
    assert request.applicant is not None
    sign_in_by_code(client, request.applicant)
    seen: list[tuple[str, int, object]] = []

    def look(method: str, address: str, **data: str) -> None:
        with CaptureQueriesContext(connection) as queries:
            response = getattr(client, method)(address, data)
        words = re.sub(r"[0-9a-f-]{32,36}|'[^']*'|\d+", "?", " ".join(q["sql"].split(" ")[0] for q in queries))
        target = masked(response.headers.get("Location", ""), request)
        seen.append((masked(response.content.decode(), request), len(queries), (response.status_code, target, words)))

    for page in ("request_detail", "request_code", "request_message"):
        look("get", url(request, page))
    for _try in range(6):
        look("post", url(request), code="00000000")
        look("get", url(request))
        look("get", url(request, "request_detail"))
    post_codes.end_when_due(request_id=request.pk, now=timezone.now() + timedelta(seconds=1))
    look("get", url(request, "request_detail"))
    look("get", url(request))
    mails = OutgoingMail.objects.filter(user=request.applicant).order_by("created_at")
    seen.extend(
        (masked(f"{mail.template} {mail.subject} {mail.body_text} {mail.body_html}", request), 0, mail.language)
        for mail in mails
        if mail.template != "sign_in_code"
    )
    events = RequestEvent.objects.filter(request=request, public=True).order_by("at", "pk")
    seen.extend((event.kind, 0, event.data) for event in events)
    return seen


def test_nobody_learns_from_it_whether_anything_is_registered() -> None:
    # The first page of all fills caches.
    everything_seen(Client(), case(registered=False, email="first@post.example"))
    held = everything_seen(Client(), case(registered=True, email="registered@post.example"))
    none = everything_seen(Client(), case(registered=False, email="not-there@post.example"))
    assert len(held) == len(none) > 25
    for one, other in zip(held, none, strict=True):
        assert one[1:] == other[1:]
        assert not list(difflib.unified_diff(one[0].splitlines(), other[0].splitlines(), n=0, lineterm=""))
