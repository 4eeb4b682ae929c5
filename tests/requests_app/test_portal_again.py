"""One more request from the one just sent: filled in, shown, changeable, and nobody else's."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent_app.models import RequestRule
from privacy_portal.core.models import User
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.models import DisclosureRequest, Party, RequestDraft
from requests_app.portal.offers import offers
from requests_app.services import intake
from tests.factories.consent import OperatorFactory, PurposeFactory, RequestRuleFactory, catalogue
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PartyFactory, PersonFactory, RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client) -> User:
    OperatorFactory()
    catalogue()
    PurposeFactory(code="newsletter")
    for code in REQUEST_TYPES:
        RequestRuleFactory(request_type=code)
    person: User = PersonFactory()
    sign_in_by_code(client, person)
    return person


def sent(person: User, **values: Any) -> DisclosureRequest:
    stated = {
        "birth_date": "1980-04-01",
        "customer_number": "K-100",
        "order_number": "4711",
        "registered_address": "京都市古町9-9",
    }
    return RequestFactory.received(applicant=person, party=stated, **values)


def again(client: Client, request: DisclosureRequest, code: str) -> Any:
    return client.post(f"/requests/{request.receipt_number}/again/", {"request_type": code})


def test_the_receipt_page_offers_every_other_type(client: Client, person: User) -> None:
    request = sent(person)
    page = client.get(f"/requests/{request.receipt_number}/received/").content.decode()
    for offer in offers():
        assert (f'<option value="{offer.type.code}"' in page) is (offer.type.code != "disclosure")


@pytest.mark.parametrize("code", [code for code in REQUEST_TYPES if code != "disclosure"])
def test_the_next_request_begins_with_what_is_known(client: Client, person: User, code: str) -> None:
    if code not in {offer.type.code for offer in offers()}:
        assert again(client, sent(person), code).status_code == 404
        return
    request = sent(person)
    party = request.parties.get()

    response = again(client, request, code)

    asks = REQUEST_TYPES[code].asks
    after = next(slug for slug in asks if slug not in ("name", "contact", "records"))
    assert response["Location"] == f"/requests/new/{code}/{after}/"
    draft = intake.draft_of(user=person, request_type=code)
    assert draft["family_name"] == party.family_name
    assert ("address1" in draft) is ("contact" in asks)
    assert draft.get("birth_date") == ("1980-04-01" if "records" in asks else None)
    assert ("order_number" in draft) is ("records" in asks)
    assert not draft.keys() & {"wanted_note", "grounds", "wanted_items", "answer_method"}
    shown = client.get(f"/requests/new/{code}/name/").content.decode()
    assert f'value="{party.family_name}"' in shown
    assert client.post(f"/requests/new/{code}/name/", {"family_name": "別名", "given_name": ""}).status_code == 302
    assert intake.draft_of(user=person, request_type=code)["family_name"] == "別名"
    party.refresh_from_db()
    assert party.family_name != "別名"


def test_an_agent_and_an_address_abroad_are_carried_over(client: Client, person: User) -> None:
    request = sent(person, role="statutory_agent", requester="parent")
    request.parties.update(prefecture="", postal_code="")
    PartyFactory(request=request, kind=Party.Kind.AGENT, family_name="代理野", order_number="9999")
    again(client, request, "purpose_notice")
    draft = intake.draft_of(user=person, request_type="purpose_notice")
    assert (draft["requester"], draft["agent_family_name"]) == ("parent", "代理野")
    assert draft["prefecture"] == "海外"
    assert draft["agent_prefecture"] != "海外"
    assert draft["order_number"] == "4711"
    assert "agent_order_number" not in draft


@pytest.mark.parametrize(
    ("changed", "together"), [({}, True), ({"family_name": "別人"}, False), ({"requester": "guardian"}, False)]
)
def test_documents_serve_both_as_long_as_both_are_about_the_same_people(
    client: Client, person: User, changed: dict[str, Any], together: bool
) -> None:
    request = sent(person, role="statutory_agent", requester="parent")
    PartyFactory(request=request, kind=Party.Kind.AGENT, family_name="代理野")
    again(client, request, "purpose_notice")
    draft = intake.draft_of(user=person, request_type="purpose_notice")
    more = {"wants_everything": True, "wanted_items": [], "wanted_note": "", "answer_method": "download"}
    second = intake.submit(
        user=person,
        request_type="purpose_notice",
        answers={**draft, **more, **changed},
        language="ja",
        address_proven=True,
        now=timezone.now(),
        sent_with=draft["sent_with"],
    )
    request.refresh_from_db()
    assert (second.visit, request.visit) == ((request.pk, request.pk) if together else (None, None))


def test_nobody_joins_a_request_of_somebody_else(client: Client, person: User) -> None:
    other = RequestFactory.received(party={"family_name": "髙橋"})
    answers = {"requester": "person", "family_name": "髙橋", "given_name": "花子", "answer_method": "download"}
    request = intake.submit(
        user=person, request_type="disclosure", answers=answers, language="ja", address_proven=True,
        now=timezone.now(), sent_with=other.receipt_number,
    )  # fmt: skip
    assert request.visit is None


def test_after_a_complaint_the_address_is_asked(client: Client, person: User) -> None:
    """It was not asked there: an empty one must not pass as one abroad."""
    request = sent(person, request_type="complaint")
    request.parties.update(prefecture="", address1="", postal_code="")
    response = again(client, request, "disclosure")
    assert response["Location"] == "/requests/new/disclosure/contact/"
    assert "prefecture" not in intake.draft_of(user=person, request_type="disclosure")


def test_what_was_begun_before_stays(client: Client, person: User) -> None:
    kept = RequestDraft.objects.create(user=person, request_type="purpose_notice", answers='{"family_name": "前"}')
    response = again(client, sent(person), "purpose_notice")
    assert response["Location"] == "/requests/new/purpose_notice/"
    assert intake.draft_of(user=person, request_type="purpose_notice") == {"family_name": "前"}
    assert RequestDraft.objects.get() == kept


@pytest.mark.parametrize("code", ["", "no_such_type", "stop_use"])
def test_what_is_not_offered_cannot_be_begun(client: Client, person: User, code: str) -> None:
    RequestRule.objects.filter(request_type="stop_use").update(offered=False)
    assert again(client, sent(person), code).status_code == 404
    assert not RequestDraft.objects.exists()


def test_somebody_elses_request_fills_in_nothing(client: Client, person: User) -> None:
    assert again(client, sent(PersonFactory()), "purpose_notice").status_code == 404
    assert not RequestDraft.objects.exists()


def test_a_look_at_the_address_goes_to_the_receipt(client: Client, person: User) -> None:
    request = sent(person)
    response = client.get(f"/requests/{request.receipt_number}/again/")
    assert response["Location"] == f"/requests/{request.receipt_number}/received/"
    assert not RequestDraft.objects.exists()
