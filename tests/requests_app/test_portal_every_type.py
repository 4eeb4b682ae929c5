"""The form of each type in the portal: it asks what the table says, and nothing else."""

from typing import Any

import pytest
from django.test import Client

from privacy_portal.core.models import User
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.models import DisclosureRequest
from requests_app.portal.offers import offers
from requests_app.portal.wizard import steps_of
from tests.factories.consent import OperatorFactory, PurposeFactory, RequestRuleFactory, catalogue
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory

pytestmark = pytest.mark.django_db

PAGES: dict[str, dict[str, Any]] = {
    "who": {"requester": "person"},
    "name": {"family_name": "高橋", "given_name": "花子", "family_kana": "", "given_kana": ""},
    "contact": {
        "postal_code": "１００－０００１",
        "prefecture": "東京都",
        "address1": "千代田区例町４ー５ー６",
        "address2": "",
        "telephone": "",
    },
    "records": {"customer_number": "", "order_number": "", "registered_postal_code": "", "registered_address": ""},
    "wanted": {"wants_everything": "False", "wanted_items": ["address"], "wanted_note": ""},
    "purposes": {"wants_everything": "False", "wanted_purposes": ["newsletter"]},
    "details": {"wanted_note": "昨日、知らない会社から電話がありました。"},
    "method": {"answer_method": "download", "answer_method_note": ""},
}


@pytest.fixture
def person(client: Client) -> User:
    OperatorFactory()
    catalogue()
    PurposeFactory(code="newsletter", text_ja="新商品のお知らせのため", text_en="To tell about new products")
    for code in REQUEST_TYPES:
        RequestRuleFactory(request_type=code)
    person: User = PersonFactory()
    sign_in_by_code(client, person)
    return person


@pytest.mark.parametrize("code", REQUEST_TYPES)
def test_the_form_of_a_type(client: Client, person: User, code: str) -> None:
    offered = {offer.type.code for offer in offers()}
    if code not in offered:
        assert client.get(f"/requests/new/{code}/").status_code == 404
        return
    entry = REQUEST_TYPES[code]
    start = client.get(f"/requests/new/{code}/").content.decode()
    assert f"入力は{len(entry.asks) + 2}ページです" in start
    for step in steps_of(entry):
        page = dict(PAGES.get(step.slug, {}))
        if step.slug == "changes":
            page = {"item_0": "address", "present_0": "旧住所", "wanted_0": "新住所", "why_0": "住民票"}
        if step.slug == "grounds":
            page = {"grounds": [entry.grounds[0].code], "wanted_note": "退会しました。"}
        assert client.get(f"/requests/new/{code}/{step.slug}/").status_code == 200
        response = client.post(f"/requests/new/{code}/{step.slug}/", page)
        assert response.status_code == 302, (step.slug, response.context["form"].errors)
    check = f"/requests/new/{code}/check/"
    assert response["Location"] == check
    review = client.get(check).content.decode()
    sent = client.post(check)
    request = DisclosureRequest.objects.get()
    assert sent["Location"] == f"/requests/{request.receipt_number}/received/"
    assert request.request_type == code
    if "grounds" in entry.asks:
        assert request.grounds == [entry.grounds[0].code]
        assert request.wanted_note == "退会しました。"
        assert str(entry.grounds[0].text) in review
    if "purposes" in entry.asks:
        assert [purpose.code for purpose in request.wanted_purposes.all()] == ["newsletter"]
        assert "新商品のお知らせのため" in review
    if "wanted" in entry.asks:
        assert [item.code for item in request.wanted_items.all()] == ["address"]
    if "details" in entry.asks:
        assert "知らない会社" in str(request.wanted_note)
    if "changes" in entry.asks:
        (change,) = request.changes.all()
        assert (change.item.code, change.why) == ("address", "住民票")
        assert (change.wanted is None) is (code == "deletion")
        assert (change.present is None) is (code == "addition")
        assert "住民票" in review
    assert client.get(sent["Location"]).status_code == 200
    status = client.get(f"/requests/{request.receipt_number}/").content.decode()
    assert ("ご本人の確認" in client.get(sent["Location"]).content.decode()) is entry.needs_identity
    assert str(entry.name) in status


def test_a_page_of_another_type_does_not_exist(client: Client, person: User) -> None:
    assert client.get("/requests/new/complaint/wanted/").status_code == 404
    assert client.get("/requests/new/disclosure/grounds/").status_code == 404


def test_a_ground_must_be_chosen_and_a_choice_of_purposes_is_no_empty_one(client: Client, person: User) -> None:
    for slug in ("who", "name", "contact", "records"):
        client.post(f"/requests/new/stop_use/{slug}/", PAGES[slug])
    nothing = client.post("/requests/new/stop_use/grounds/", {"wanted_note": ""})
    assert nothing.context["form"].errors["grounds"] == ["あてはまるものを1つ以上選んでください。"]
    client.post("/requests/new/stop_use/grounds/", {"grounds": ["no_longer_needed"], "wanted_note": ""})
    empty = client.post("/requests/new/stop_use/purposes/", {"wants_everything": "False"})
    assert "wanted_purposes" in empty.context["form"].errors


def test_more_items_can_be_changed_at_once(client: Client, person: User) -> None:
    for slug in ("who", "name", "contact", "records"):
        client.post(f"/requests/new/correction/{slug}/", PAGES[slug])
    step = "/requests/new/correction/changes/"
    first = {"item_0": "address", "wanted_0": "新住所"}
    grown = client.post(step, {**first, "more": "1"})
    assert grown["Location"] == f"{step}#div_id_item_1"
    page = client.get(step)
    assert page.context["form"].rows == 2
    assert "新住所" in page.content.decode()
    half = client.post(step, {**first, "item_1": "", "wanted_1": "090"})
    assert half.context["form"].errors["item_1"] == ["項目を選んでください。"]
    nothing = client.post(step, {"item_0": "address", "wanted_0": ""})
    assert "wanted_0" in nothing.context["form"].errors
    assert client.post(step, {**first, "item_1": "telephone", "wanted_1": "09098765432"}).status_code == 302
    client.post("/requests/new/correction/method/", PAGES["method"])
    assert client.post("/requests/new/correction/check/").status_code == 302
    codes = [change.item.code for change in DisclosureRequest.objects.get().changes.all()]
    assert codes == ["address", "telephone"]


def test_ten_items_are_the_most(client: Client, person: User) -> None:
    for slug in ("who", "name", "contact", "records"):
        client.post(f"/requests/new/correction/{slug}/", PAGES[slug])
    for _again in range(12):
        client.post("/requests/new/correction/changes/", {"item_0": "address", "wanted_0": "新", "more": "1"})
    page = client.get("/requests/new/correction/changes/")
    assert page.context["form"].rows == 10
    assert 'name="more"' not in page.content.decode()
