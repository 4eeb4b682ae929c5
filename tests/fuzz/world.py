"""Everything that has a page, everybody who may see one, and the forms that they are shown."""

import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import Customer, EmailChange, Operator, Purpose
from consent_app.selectors import forget_operator
from consent_app.services import customer_changes
from privacy_portal.core.models import User
from requests_app.admin.case_page import TABS
from requests_app.models import AnswerFile, DisclosureRequest, EvidenceRequest, Instruction, SavedView
from requests_app.portal.offers import offers
from requests_app.portal.wizard import steps_of
from requests_app.services import access, call_backs, instructions, intake, post_codes
from tests.factories import evidence
from tests.factories.consent import CustomerFactory, OrderFactory, RecipientFactory
from tests.factories.core import (
    PASSWORD,
    EnrolledStaffFactory,
    StaffFactory,
    UserFactory,
    pass_second_factor,
    sign_in_by_code,
)
from tests.factories.requests import MessageFileFactory, PartyFactory, RequestFactory
from tests.matrix import test_matrix as matrix
from tests.matrix.world import build
from tests.test_languages import ANSWERS, rare_states

from .pages import Form, Page, parameters, read, view_of

# A page is opened this often under different addresses, and a form of one shape taken this often.
PAGES_A_VIEW = 1
SHAPES_A_VIEW = 40


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


@dataclass
class World:
    """What can be sent, by the name of the view that takes it."""

    cookies: dict[str, SimpleCookie]
    forms: dict[str, list[tuple[str, Form]]] = field(default_factory=dict)
    # Name of a view -> somebody who may ask for it, and its address.
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    queries: dict[str, set[str]] = field(default_factory=dict)

    def browser(self, client: Client, who: str) -> Client:
        """The browser in the state that ``who`` is in; what it is sent stays with it."""
        # A message about another page, which nobody has seen yet, would stand on every page.
        kept = {name: one.value for name, one in self.cookies[who].items() if name != settings.MESSAGES_COOKIE_NAME}
        client.cookies.load(kept)
        return client


def made() -> World:
    """Build everything and look at every page once or twice. Inside a transaction that is taken back."""
    build()
    boss = StaffFactory()
    rare_states(boss)
    person = _person()
    names = "stranger", "under way", "addressee", "customer", "closed", "new", "old", "password", "factor", "staff"
    clients = {name: Client() for name in names}
    starts = {
        "stranger": ["/", "/staff/login/", "/admin/login/"],
        "under way": _signing_in(clients["under way"]),
        "addressee": _instructed(clients["addressee"]),
        "customer": _customer(clients["customer"], person),
        "closed": _closed(clients["closed"]),
        "new": _changing_address(clients["new"], confirmed=False),
        "old": _changing_address(clients["old"], confirmed=True),
        "password": _password(clients["password"]),
        "factor": _half_way(clients["factor"]),
        "staff": _staff(clients["staff"], boss),
    }
    world = World({who: client.cookies for who, client in clients.items()})
    for who, addresses in starts.items():
        _walk(world, who, clients[who], addresses)
    for page in matrix.pages():
        world.pages.setdefault(page.name, ("staff", page.url))
    for name, url in _unlinked(person):
        world.pages.setdefault(name, ("staff" if name.startswith("admin:") else "customer", url))
    return world


def _person() -> User:
    """A customer with a case in every state, registered facts and an unfinished form."""
    person = UserFactory(email="hanako@post.example")
    DisclosureRequest.objects.filter(registered_by=None).update(applicant=person)
    case = RequestFactory.waiting_for_identity(applicant=person, role="mandated_agent")
    PartyFactory(request=case, kind="agent")
    EvidenceRequest.objects.create(request=case, proofs=["principal", "agent", "authority", "seal"])
    evidence.given(case, state="draft", given_at=None)
    by_post = RequestFactory.in_identity_review(applicant=person)
    customer = CustomerFactory(email=person.email)
    Operator.objects.update(identity_means=Operator.IdentityMeans.values)
    forget_operator()
    by_telephone = RequestFactory.in_identity_review(applicant=person)
    call_backs.announce(request=by_telephone, actor=StaffFactory(), customer=customer, now=timezone.now())
    post_codes.order(request=by_post, actor=StaffFactory(), customer=customer, now=timezone.now())
    for item, values in {"company": {"company": "例社"}, "gender": {"gender": "male"}}.items():
        customer_changes.change_customer(
            customer=customer, values={item: values}, actor=person, channel="self", now=timezone.now()
        )
    RecipientFactory(record=OrderFactory(customer=customer))
    for offer in offers():
        intake.save_draft(user=person, request_type=offer.type.code, answers=ANSWERS, now=timezone.now())
    return person


def _signing_in(client: Client) -> list[str]:
    client.post("/sign-in/", {"email": "new@post.example", "next": "/requests/"})
    return ["/sign-in/code/"]


def _instructed(client: Client) -> list[str]:
    url = reverse("portal:instruction", args=[instructions.token_of(Instruction.objects.earliest("pk"))])
    client.post(url, {"action": "send"})
    row = Instruction.objects.latest("pk")
    session = client.session
    session["instruction_open"] = {"of": [str(row.pk), row.round], "until": time.time() + 3600}
    session.save()
    return [url, reverse("portal:instruction", args=[instructions.token_of(row)])]


def _customer(client: Client, person: User) -> list[str]:
    sign_in_by_code(client, person)
    session = client.session
    session["answer_open"] = {"request": _package(person).request.receipt_number, "until": time.time() + 3600}
    session.save()
    _open(client, Customer.objects.get(email=person.email))
    mine = person.disclosure_requests.all()
    cases = [
        reverse(f"portal:{page}", args=[row.receipt_number])
        for row in mine
        for page in ("request_detail", "answer_code")
    ]
    steps = [f"{offer.url}{step.slug}/" for offer in offers() for step in steps_of(offer.type)]
    checks = [f"{offer.url}check/" for offer in offers()]
    return ["/", "/requests/", "/registered/", "/registered/email/", *cases, *steps, *checks]


def _closed(client: Client) -> list[str]:
    """Another customer, who has not opened the registered facts yet."""
    person = UserFactory()
    CustomerFactory(email=person.email)
    sign_in_by_code(client, person)
    return ["/registered/"]


def _changing_address(client: Client, *, confirmed: bool) -> list[str]:
    person = UserFactory()
    customer = CustomerFactory(email=person.email)
    sign_in_by_code(client, person)
    _open(client, customer)
    now = timezone.now()
    EmailChange.objects.create(
        customer=customer,
        user=person,
        old_address=person.email,
        new_address=f"{customer.pk}@post.example",
        expires_at=now + timedelta(hours=1),
        new_code=uuid.uuid4(),
        new_confirmed_at=now if confirmed else None,
    )
    return ["/registered/email/new/", "/registered/email/old/"]


def _open(client: Client, customer: Customer) -> None:
    session = client.session
    session["registered_open"] = {"customer": str(customer.pk), "until": time.time() + 3600}
    session.save()


def _package(person: User) -> AnswerFile:
    return AnswerFile.objects.filter(kind="package", request__applicant=person).latest("pk")


def _unlinked(person: User) -> Iterator[tuple[str, str]]:
    """Addresses that nothing leads to by itself, because something is pressed first or a machine asks for them."""
    package = _package(person)
    case = package.request
    grant = access.grant(answer_file=package, user=person, now=timezone.now())
    file = MessageFileFactory(request=case, sent=True)
    machines = "security_txt", "gpc_support", "operator_css", "operator_logo", "healthz", "readyz", "metrics"
    for name in (*machines, "trackers_refuse", "sessions"):
        yield f"portal:{name}", reverse(f"portal:{name}")
    for name in ("request_done", "request_again", "request_code", "fee_receipt", "answer_files"):
        yield f"portal:{name}", reverse(f"portal:{name}", args=[case.receipt_number])
    purpose = Purpose.objects.filter(needs_consent=True).latest("pk").code
    yield "portal:consent_receipt", reverse("portal:consent_receipt", args=[purpose])
    yield "portal:message_file", reverse("portal:message_file", args=[case.receipt_number, file.pk])
    yield "portal:answer_download", reverse("portal:answer_download", args=[case.receipt_number, grant.pk])
    yield "portal:registered_email_undo", reverse("portal:registered_email_undo", args=["no-such-token"])
    yield "admin:autocomplete", reverse("admin:autocomplete")
    yield "admin:view_on_site", reverse("admin:view_on_site", args=[1, "1"])
    yield "account_inactive", reverse("account_inactive")


def _password(client: Client) -> list[str]:
    client.post("/staff/login/", {"login": StaffFactory().email, "password": PASSWORD})
    return ["/staff/second-factor/", "/staff/second-factor/app/activate/"]


def _half_way(client: Client) -> list[str]:
    """Staff who gave the password and not yet the second factor."""
    client.post("/staff/login/", {"login": EnrolledStaffFactory().email, "password": PASSWORD})
    return ["/staff/second-factor/authenticate/"]


def _staff(client: Client, boss: User) -> list[str]:
    pass_second_factor(client, boss)
    SavedView.objects.create(owner=boss, name="見本")
    keys = DisclosureRequest.objects.order_by("received_at").values_list("pk", flat=True)
    cases = [reverse("admin:requests_app_disclosurerequest_change", args=[key]) for key in keys]
    tabs = [f"{case}?tab={tab}" for tab, _words in TABS for case in (cases[-1], cases[0])]
    return [
        "/admin/",
        *cases,
        *tabs,
        *(page.url for page in matrix.pages() if not page.posts and not page.name.endswith(("_history", "_delete"))),
        "/staff/logout/",
    ]


def _walk(world: World, who: str, client: Client, starts: list[str]) -> None:
    """Every page that ``starts`` lead to; a start is opened whatever else was."""
    waiting, seen, opened = list(starts), set(starts), Counter[str]()
    browser = Browser()
    browser.cookies = client.cookies
    while waiting:
        url = waiting.pop(0)
        name = view_of(url)
        opened[name] += 1
        response = browser.get(url)
        if response.status_code >= 400:
            continue
        world.pages.setdefault(name, (who, url))
        if response.status_code in (301, 302):
            found = Page([], [response.headers["Location"]])
        elif _is_page(response):
            found = read(response.content.decode(), url)
        else:
            continue
        for form in found.forms:
            _take(world, who, form)
        for link in found.links:
            _queries(world, link)
            target = link.split("#")[0]
            if _is_ours(target) and target not in seen and opened[view_of(target)] < PAGES_A_VIEW:
                seen.add(target)
                opened[view_of(target)] += 1
                waiting.append(target)


def _is_page(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and response.headers.get("Content-Type", "").startswith("text/html")
    )


def _is_ours(link: str) -> bool:
    parts = urlsplit(link)
    return not parts.netloc and parts.path.startswith("/") and not parts.path.startswith((settings.STATIC_URL, "/dev/"))


def _take(world: World, who: str, form: Form) -> None:
    known = world.forms.setdefault(form.view, [])
    if len(known) < SHAPES_A_VIEW and all(other.shape != form.shape for _who, other in known):
        known.append((who, form))


def _queries(world: World, link: str) -> None:
    if _is_ours(link):
        world.queries.setdefault(view_of(link), set()).update(parameters([link]))
