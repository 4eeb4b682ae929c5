"""Every page of the portal against everybody who is not the person. A new page needs a row in ``ROWS``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from privacy_portal.core.models import User
from requests_app.domain import receipt_numbers
from requests_app.models import DisclosureRequest, DownloadGrant, Evidence, Message, MessageFile
from requests_app.services import access, fulfilment
from tests.factories import evidence
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import sign_in_by_code
from tests.factories.requests import MessageFactory, MessageFileFactory, PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class World:
    """A request whose answer can be opened, with a link that was made and not used."""

    request: DisclosureRequest
    person: User
    grant: DownloadGrant
    document: Evidence
    attached: MessageFile


Arguments = Callable[[World], dict[str, Any]]


def nothing(world: World) -> dict[str, Any]:
    return {}


def a_type(world: World) -> dict[str, Any]:
    return {"request_type": "disclosure"}


def a_step(world: World) -> dict[str, Any]:
    return {"request_type": "disclosure", "step": "who"}


def a_purpose(world: World) -> dict[str, Any]:
    return {"purpose": "newsletter"}


def a_receipt(world: World) -> dict[str, Any]:
    return {"receipt": world.request.receipt_number}


def an_item(world: World) -> dict[str, Any]:
    return {"item": "address"}


def a_token(world: World) -> dict[str, Any]:
    return {"token": "no-such-token"}


def a_policy(world: World) -> dict[str, Any]:
    return {"number": 1}


def a_joint_use(world: World) -> dict[str, Any]:
    return {"code": "group", "number": 1}


def a_proof(world: World) -> dict[str, Any]:
    return {"receipt": world.request.receipt_number, "proof": "principal"}


def a_document(world: World) -> dict[str, Any]:
    return {"receipt": world.request.receipt_number, "evidence_id": world.document.pk}


def a_page(world: World) -> dict[str, Any]:
    return {"receipt": world.request.receipt_number, "page_id": world.document.pages.get().pk}


def a_grant(world: World) -> dict[str, Any]:
    return {"receipt": world.request.receipt_number, "grant": world.grant.pk}


def a_file(world: World) -> dict[str, Any]:
    return {"receipt": world.request.receipt_number, "key": world.attached.pk}


PUBLIC, SIGNED_IN, OF_A_REQUEST = "public", "signed in", "of a request"
ROWS: dict[str, tuple[str, Arguments]] = {
    # Shows nothing about anybody.
    "home": (PUBLIC, nothing),
    "help": (PUBLIC, nothing),
    "sign_in": (PUBLIC, nothing),
    "sign_in_code": (PUBLIC, nothing),
    "sign_out": (PUBLIC, nothing),
    "set_language": (PUBLIC, nothing),
    "contact": (PUBLIC, nothing),
    "policy": (PUBLIC, nothing),
    "policy_version": (PUBLIC, a_policy),
    "policy_changes": (PUBLIC, a_policy),
    "matters": (PUBLIC, nothing),
    "purposes": (PUBLIC, nothing),
    "collection_points": (PUBLIC, nothing),
    "subcontractors": (PUBLIC, nothing),
    "procedure": (PUBLIC, nothing),
    "mandate_blank": (PUBLIC, nothing),
    "joint_use": (PUBLIC, nothing),
    "joint_use_version": (PUBLIC, a_joint_use),
    "trackers": (PUBLIC, nothing),
    "gpc_support": (PUBLIC, nothing),
    "security_txt": (PUBLIC, nothing),
    "healthz": (PUBLIC, nothing),
    "readyz": (PUBLIC, nothing),
    # Does not exist without a token.
    "metrics": (PUBLIC, nothing),
    "operator_css": (PUBLIC, nothing),
    "operator_logo": (PUBLIC, nothing),
    # Its address is the permission, and it shows nothing either.
    "registered_email_undo": (PUBLIC, a_token),
    # Shows what is asked to whoever has the link and a code mailed to the same address.
    "instruction": (PUBLIC, a_token),
    # Shows what belongs to whoever is signed in.
    "sessions": (SIGNED_IN, nothing),
    "requests": (SIGNED_IN, nothing),
    "request_new": (SIGNED_IN, a_type),
    "request_step": (SIGNED_IN, a_step),
    "request_review": (SIGNED_IN, a_type),
    "request_discard": (SIGNED_IN, a_type),
    "consents": (SIGNED_IN, nothing),
    "trackers_refuse": (SIGNED_IN, nothing),
    "registered": (SIGNED_IN, nothing),
    "registered_open": (SIGNED_IN, nothing),
    "registered_history": (SIGNED_IN, nothing),
    "registered_change": (SIGNED_IN, an_item),
    "registered_email": (SIGNED_IN, nothing),
    "registered_email_new": (SIGNED_IN, nothing),
    "registered_email_old": (SIGNED_IN, nothing),
    "consent_change": (SIGNED_IN, a_purpose),
    "consent_receipt": (SIGNED_IN, a_purpose),
    # Named by a receipt number: somebody else's does not exist.
    "request_detail": (OF_A_REQUEST, a_receipt),
    "request_done": (OF_A_REQUEST, a_receipt),
    "request_again": (OF_A_REQUEST, a_receipt),
    "request_message": (OF_A_REQUEST, a_receipt),
    "message_file": (OF_A_REQUEST, a_file),
    "request_withdraw": (OF_A_REQUEST, a_receipt),
    "request_code": (OF_A_REQUEST, a_receipt),
    "request_documents": (OF_A_REQUEST, a_receipt),
    "request_document_add": (OF_A_REQUEST, a_proof),
    "request_document_remove": (OF_A_REQUEST, a_document),
    "request_document_page": (OF_A_REQUEST, a_page),
    "request_mandate": (OF_A_REQUEST, a_receipt),
    "request_fee": (OF_A_REQUEST, a_receipt),
    "fee_receipt": (OF_A_REQUEST, a_receipt),
    "answer_code": (OF_A_REQUEST, a_receipt),
    "answer_files": (OF_A_REQUEST, a_receipt),
    "answer_download": (OF_A_REQUEST, a_grant),
}


# Refused before anything is looked up, so that the answer tells nothing.
REFUSED_FOR_EVERYBODY = {
    ("request_detail", "post"),
    ("request_done", "post"),
    ("answer_download", "post"),
    ("answer_download", "head"),
    ("message_file", "post"),
    ("message_file", "head"),
}


def portal_names() -> set[str]:
    """The names of the namespace ``portal`` as the URL configuration has them."""
    names: set[str] = set()
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "portal":
            names |= {str(page.name) for page in entry.url_patterns if isinstance(page, URLPattern)}
    return names


def of_kind(*kinds: str) -> list[str]:
    return [name for name, (kind, _) in ROWS.items() if kind in kinds]


@pytest.fixture
def world() -> World:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    request = RequestFactory.fulfilling()
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    request.refresh_from_db()
    assert request.applicant is not None
    MessageFactory(request=request, body="内密の質問")
    package = request.answer_files.get(kind="package")
    grant = access.grant(answer_file=package, user=request.applicant, now=timezone.now())
    document = evidence.given(request, state="draft", given_at=None)
    return World(request, request.applicant, grant, document, MessageFileFactory(request=request, sent=True))


def url_of(name: str, world: World) -> str:
    return reverse(f"portal:{name}", kwargs=ROWS[name][1](world))


def test_every_page_has_a_row() -> None:
    assert portal_names() == set(ROWS)


@pytest.mark.parametrize("name", of_kind(SIGNED_IN, OF_A_REQUEST))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_asked_to_sign_in_first(client: Client, world: World, name: str, method: str) -> None:
    url = url_of(name, world)
    response = getattr(client, method)(url)
    assert response.status_code == 302
    assert response.url == f"{reverse(settings.LOGIN_URL)}?next={url}"


@pytest.mark.parametrize("name", of_kind(OF_A_REQUEST))
@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("who", [PersonFactory, StaffFactory], ids=["another person", "staff"])
def test_somebody_elses_request_does_not_exist(
    client: Client, world: World, name: str, method: str, who: type[PersonFactory]
) -> None:
    client.force_login(who())
    response = getattr(client, method)(url_of(name, world))
    assert response.status_code == (405 if (name, method) in REFUSED_FOR_EVERYBODY else 404)
    world.grant.refresh_from_db()
    assert world.grant.used_at is None
    assert not Message.objects.filter(read_at__isnull=False).exists()


@pytest.mark.parametrize("name", of_kind(OF_A_REQUEST))
def test_somebody_elses_and_nobodys_number_cannot_be_told_apart(client: Client, world: World, name: str) -> None:
    client.force_login(PersonFactory())
    url = url_of(name, world)
    theirs = client.get(url)
    nobodys = client.get(url.replace(world.request.receipt_number, receipt_numbers.generate()))
    nonsense = client.get(url.replace(world.request.receipt_number, "0000"))
    assert theirs.status_code == nobodys.status_code == nonsense.status_code == 404
    assert len(theirs.content) == len(nobodys.content)


@pytest.mark.parametrize("name", of_kind(OF_A_REQUEST))
def test_even_a_session_opened_for_an_own_answer_opens_no_other(client: Client, world: World, name: str) -> None:
    client.force_login(PersonFactory())
    session = client.session
    session["answer_open"] = {"request": world.request.receipt_number, "until": 2**40}
    session.save()
    assert client.get(url_of(name, world)).status_code == 404


@pytest.mark.parametrize("name", of_kind(PUBLIC, SIGNED_IN))
def test_the_other_pages_show_nothing_of_the_request(client: Client, world: World, name: str) -> None:
    client.force_login(PersonFactory())
    content = client.get(url_of(name, world)).content.decode(errors="replace")
    assert world.request.receipt_number not in content
    assert "高橋" not in content
    assert world.person.email not in content


@pytest.mark.parametrize("name", of_kind(SIGNED_IN, OF_A_REQUEST))
def test_personal_pages_are_kept_out_of_every_cache(client: Client, world: World, name: str) -> None:
    sign_in_by_code(client, world.person)
    assert "no-store" in client.get(url_of(name, world))["Cache-Control"]


def test_a_link_made_for_one_request_does_not_work_under_another(client: Client, world: World) -> None:
    other = RequestFactory.answered(applicant=world.person, customer=world.request.customer)
    sign_in_by_code(client, world.person)
    url = reverse("portal:answer_download", args=[other.receipt_number, world.grant.pk])
    assert client.get(url).status_code == 404
    world.grant.refresh_from_db()
    assert world.grant.used_at is None


def test_nothing_personal_stands_in_any_address(world: World) -> None:
    for name in ROWS:
        url = url_of(name, world)
        assert str(world.person.pk) not in url
        assert str(world.request.pk) not in url
        assert "@" not in url
