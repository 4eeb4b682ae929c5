"""The request form, page by page, as a browser without JavaScript sends it."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent_app.models import DataItem
from privacy_portal.core import ratelimit
from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.portal.views import ADDRESS_PROVEN
from requests_app.domain.request_types import DISCLOSURE
from requests_app.domain.requesters import ASKERS
from requests_app.models import DisclosureRequest, Party, RequestDraft
from requests_app.portal.wizard import steps_of
from requests_app.services import intake
from requests_app.services.errors import InvalidAnswers
from tests.factories.consent import DataItemFactory, OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import pass_second_factor, sign_in_by_code
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db

STEPS = steps_of(DISCLOSURE)
BASE = "/requests/new/disclosure/"
NAME = {"family_name": "髙橋", "given_name": "花子", "family_kana": "たかはし", "given_kana": "ﾊﾅｺ"}
ADDRESS = {
    "postal_code": "１００－０００１",
    "prefecture": "東京都",
    "address1": "千代田区例町４ー５ー６",
    "address2": "",
    "telephone": "０９０ー１２３４ー５６７８",
}
PAGES: dict[str, dict[str, Any]] = {
    "who": {"requester": "person"},
    "name": NAME,
    "contact": ADDRESS,
    "records": {"customer_number": "", "order_number": "", "registered_postal_code": "", "registered_address": ""},
    "wanted": {"wants_everything": "True", "wanted_note": ""},
    "method": {"answer_method": "download", "answer_method_note": ""},
}
# Who can be chosen, and as whom they act (Order 13).
WHO = {
    **dict.fromkeys(("person", "former", "recipient", "applicant"), "person"),
    **dict.fromkeys(("parent", "guardian"), "statutory_agent"),
    "mandated": "mandated_agent",
}
AGENT_NAME = {f"agent_{key}": value for key, value in {**NAME, "family_name": "代理野"}.items()}
AGENT_ADDRESS = {f"agent_{key}": value for key, value in ADDRESS.items()}


@pytest.fixture
def person() -> User:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    return PersonFactory()


@pytest.fixture
def browser_client(client: Client, person: User) -> Client:
    sign_in_by_code(client, person)
    return client


def send(client: Client, step: str, **changes: Any) -> Any:
    return client.post(f"{BASE}{step}/", {**PAGES[step], **changes})


def fill(client: Client, until: str = "", **changes: dict[str, Any]) -> None:
    """Send every page before ``until`` (all by default), in order."""
    for entry in STEPS:
        if entry.slug == until:
            return
        response = send(client, entry.slug, **changes.get(entry.slug, {}))
        assert response.status_code == 302, (entry.slug, response.context["form"].errors)


def draft(user: User) -> dict[str, Any]:
    return intake.draft_of(user=user, request_type="disclosure")


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["form"].errors)


class TestWay:
    def test_a_person_gets_from_the_first_page_to_the_receipt(self, browser_client: Client, person: User) -> None:
        for place, entry in enumerate(STEPS):
            response = send(browser_client, entry.slug)
            following = STEPS[place + 1].slug if place + 1 < len(STEPS) else "check"
            assert response.url == f"{BASE}{following}/"

        response = browser_client.post(f"{BASE}check/")

        made = DisclosureRequest.objects.get(applicant=person)
        assert response.url == f"/requests/{made.receipt_number}/received/"
        party = made.parties.get()
        assert (party.kind, party.family_name, party.full_kana) == (Party.Kind.PRINCIPAL, "髙橋", "タカハシ　ハナコ")
        assert (party.postal_code, party.prefecture, party.address1) == ("1000001", "東京都", "千代田区例町4-5-6")
        assert party.telephone == "+819012345678"
        assert made.wants_everything
        assert not RequestDraft.objects.exists()
        assert OutgoingMail.objects.filter(template="request_received", user=person).count() == 1

        page = browser_client.get(response.url)
        assert page.status_code == 200
        assert made.receipt_number in page.content.decode()

    def test_the_request_keeps_the_language_of_the_pages(self, browser_client: Client) -> None:
        browser_client.cookies["django_language"] = "en"
        fill(browser_client)
        browser_client.post(f"{BASE}check/")
        assert DisclosureRequest.objects.get().language == "en"

    def test_a_second_click_on_send_leads_to_the_same_receipt(self, browser_client: Client) -> None:
        fill(browser_client)
        first = browser_client.post(f"{BASE}check/")
        second = browser_client.post(f"{BASE}check/")
        assert second.url == first.url
        assert DisclosureRequest.objects.count() == 1

    def test_sending_without_a_draft_and_without_a_request_leads_to_the_start(self, browser_client: Client) -> None:
        assert browser_client.post(f"{BASE}check/").url == BASE
        assert browser_client.get(f"{BASE}check/").url == BASE

    def test_a_type_that_is_not_offered_does_not_exist(self, browser_client: Client) -> None:
        RequestRuleFactory().delete()
        for path in ("", "who/", "check/", "discard/"):
            assert browser_client.get(f"{BASE}{path}").status_code == 404
        assert browser_client.get("/requests/new/erasure/").status_code == 404

    def test_a_page_that_is_not_part_of_the_form_does_not_exist(self, browser_client: Client) -> None:
        assert browser_client.get(f"{BASE}fee/").status_code == 404


class TestDayOfBirth:
    @pytest.mark.parametrize("typed", ["S55.4.1", "昭和５５年４月１日", "1980-04-01"])
    def test_is_kept_as_one_day_and_shown_in_both_calendars(
        self, browser_client: Client, person: User, typed: str
    ) -> None:
        fill(browser_client, records={"birth_date": typed})
        assert draft(person)["birth_date"] == "1980-04-01"
        assert "昭和55年4月1日（1980年4月1日）" in browser_client.get(f"{BASE}check/").content.decode()
        made = browser_client.post(f"{BASE}check/")
        assert Party.objects.get().birth_date == "1980-04-01"
        shown = browser_client.get(made.url.replace("received/", "")).content.decode()
        assert "昭和55年4月1日（1980年4月1日）" in shown

    @pytest.mark.parametrize("typed", ["昭和55年13月1日", "2999-01-01", "1800-01-01", "春"])
    def test_that_is_none_is_told_beside_its_field(self, browser_client: Client, person: User, typed: str) -> None:
        fill(browser_client, until="records")
        assert set(errors(send(browser_client, "records", birth_date=typed))) == {"birth_date"}
        # What was typed is not lost.
        assert draft(person)["birth_date"] == typed

    def test_is_not_asked_where_the_operator_registers_none(self, browser_client: Client, person: User) -> None:
        DataItem.objects.filter(code="birth_date").update(active=False)
        fill(browser_client, records={"birth_date": "1980-04-01"})
        assert "生年月日" not in browser_client.get(f"{BASE}check/").content.decode()
        answers = {**draft(person), "birth_date": "1980-04-01"}
        form, _errors = intake.read_form("disclosure", answers, today=date(2026, 11, 22))
        assert form.clean.principal.birth_date == ""


class TestOrder:
    @pytest.mark.parametrize("step", ["name", "contact", "records", "wanted", "method"])
    def test_nobody_jumps_over_a_page(self, browser_client: Client, step: str) -> None:
        assert browser_client.get(f"{BASE}{step}/").url == f"{BASE}who/"
        assert send(browser_client, step).url == f"{BASE}who/"

    def test_the_last_page_leads_back_to_the_first_open_one(self, browser_client: Client) -> None:
        fill(browser_client, until="records")
        assert browser_client.get(f"{BASE}check/").url == f"{BASE}records/?change=1"
        assert browser_client.post(f"{BASE}check/").url == f"{BASE}records/?change=1"
        assert not DisclosureRequest.objects.exists()

    def test_a_page_without_any_required_answer_must_have_been_seen(self, browser_client: Client) -> None:
        fill(browser_client, until="records")
        assert browser_client.get(f"{BASE}wanted/").url == f"{BASE}records/"

    def test_changing_an_answer_leads_back_to_the_check(self, browser_client: Client, person: User) -> None:
        fill(browser_client)
        response = browser_client.post(f"{BASE}name/?change=1", {**NAME, "given_name": "華子"})
        assert response.url == f"{BASE}check/"
        assert draft(person)["given_name"] == "華子"

    def test_an_open_request_of_the_same_type_is_told_and_stops_nobody(
        self, browser_client: Client, person: User, django_assert_num_queries: Any
    ) -> None:
        fill(browser_client)
        RequestFactory.withdrawn(applicant=person)
        RequestFactory.in_review(request_type="stop_use", applicant=person)
        RequestFactory.in_review()
        said = "同じ種類の請求が、すでに進んでいます。"
        assert said not in browser_client.get(f"{BASE}check/").content.decode()
        mine = RequestFactory.in_review(applicant=person)
        with CaptureQueriesContext(connection) as queries:
            page = browser_client.get(f"{BASE}check/").content.decode()
        assert said in page
        assert f"/requests/{mine.receipt_number}/" in page
        RequestFactory.in_review(applicant=person)
        with django_assert_num_queries(len(queries)):
            browser_client.get(f"{BASE}check/")
        assert "/received/" in browser_client.post(f"{BASE}check/").url

    def test_who_becomes_an_agent_is_asked_what_is_missing(self, browser_client: Client) -> None:
        fill(browser_client)
        browser_client.post(f"{BASE}who/?change=1", {"requester": "mandated"})
        assert browser_client.get(f"{BASE}check/").url == f"{BASE}name/?change=1"


class TestDraft:
    def test_every_page_is_saved(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="contact")
        assert draft(person)["family_name"] == "髙橋"
        page = browser_client.get(f"{BASE}name/").content.decode()
        assert "髙橋" in page

    def test_save_and_continue_later_keeps_what_is_not_right_yet(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="contact")
        response = send(browser_client, "contact", postal_code="12", address1="", later="1")
        assert response.url == "/requests/"
        assert draft(person)["postal_code"] == "12"
        assert "続きから入力する" in browser_client.get("/requests/").content.decode()
        assert f'href="{BASE}contact/"' in browser_client.get(BASE).content.decode()
        assert 'value="12"' in browser_client.get(f"{BASE}contact/").content.decode()

    def test_going_back_loses_nothing(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="contact")
        response = send(browser_client, "contact", address1="", telephone="03", back="1")
        assert response.url == f"{BASE}name/"
        assert draft(person)["telephone"] == "03"
        assert draft(person)["family_name"] == "髙橋"

    def test_back_from_the_first_page_leads_to_the_start(self, browser_client: Client) -> None:
        assert send(browser_client, "who", back="1").url == BASE

    def test_a_draft_is_discarded_after_asking(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="contact")
        assert browser_client.get(f"{BASE}discard/").status_code == 200
        assert draft(person)
        assert browser_client.post(f"{BASE}discard/").url == "/requests/"
        assert not draft(person)
        assert browser_client.get(f"{BASE}discard/").url == "/requests/"

    @pytest.mark.parametrize("button", ["", "later", "back"])
    def test_a_my_number_is_shown_as_an_error_whatever_button_and_never_kept(
        self, browser_client: Client, person: User, button: str
    ) -> None:
        fill(browser_client, until="wanted")
        response = send(browser_client, "wanted", wanted_note="私の番号は 1234 5678 9018 です", **{button or "x": "1"})
        assert "wanted_note" in errors(response)
        assert "wanted_note" not in draft(person)

    def test_a_draft_never_grows_beyond_a_form(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="contact")
        long = dict.fromkeys(("address1", "address2", "telephone", "postal_code"), "あ" * 100000)
        assert send(browser_client, "contact", **long, prefecture="火星").status_code == 200
        assert len(draft(person)["address1"]) < 1000
        assert draft(person)["prefecture"] == ""
        send(browser_client, "contact")
        send(browser_client, "records")
        many = [str(number) for number in range(900)]
        assert (
            send(browser_client, "wanted", wants_everything="False", wanted_items=[*many, "order"]).status_code == 200
        )
        assert draft(person)["wanted_items"] == ["order"]

    def test_a_chosen_item_that_is_no_longer_there_is_asked_again(self, browser_client: Client, person: User) -> None:
        item = DataItemFactory(code="gone")
        fill(browser_client, wanted={"wants_everything": "False", "wanted_items": ["gone", "order"]})
        item.delete()
        assert browser_client.get(f"{BASE}check/").url == f"{BASE}wanted/?change=1"

    def test_drafts_of_two_people_are_apart(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="contact")
        sign_in_by_code(browser_client, PersonFactory())
        assert "髙橋" not in browser_client.get(f"{BASE}who/").content.decode()
        assert browser_client.get(f"{BASE}contact/").url == f"{BASE}who/"


class TestAnswers:
    def test_a_name_of_one_word(self, browser_client: Client) -> None:
        fill(browser_client, name={"family_name": "Suharto", "given_name": "", "family_kana": "", "given_kana": ""})
        browser_client.post(f"{BASE}check/")
        assert Party.objects.get().full_name == "Suharto"

    def test_a_long_name(self, browser_client: Client) -> None:
        name = "Uvuvwevwevwe Onyetenyevwe Ugwemuhwem Osas " * 2
        fill(browser_client, name={"family_name": name})
        assert send(browser_client, "name", family_name="あ" * 101).status_code == 200

    def test_compatibility_kanji_of_a_name_stay_as_they_were_typed(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="contact", name={"family_name": "\ufa19谷"})
        assert draft(person)["family_name"] == "\ufa19谷"

    @pytest.mark.parametrize("kana", ["高橋", "Takahashi", "タカ1"])
    def test_a_reading_is_kana(self, browser_client: Client, kana: str) -> None:
        fill(browser_client, until="name")
        assert "family_kana" in errors(send(browser_client, "name", family_kana=kana))

    @pytest.mark.parametrize(("present", "missing"), [("family_kana", "given_kana"), ("given_kana", "family_kana")])
    def test_half_a_reading_is_noticed(self, browser_client: Client, present: str, missing: str) -> None:
        fill(browser_client, until="name")
        response = send(browser_client, "name", **{present: "タカハシ", missing: ""})
        assert list(errors(response)) == [missing]
        assert send(browser_client, "name", family_kana="", given_kana="").status_code == 302

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("postal_code", "123-456"),
            ("postal_code", "abc"),
            ("postal_code", ""),
            ("telephone", "12"),
            ("prefecture", ""),
            ("address1", " 　"),
        ],
    )
    def test_each_error_stands_beside_its_field_and_what_was_typed_stays(
        self, browser_client: Client, field: str, value: str
    ) -> None:
        fill(browser_client, until="contact")
        response = send(browser_client, "contact", **{field: value})
        assert list(errors(response)) == [field]
        page = response.content.decode()
        assert f'href="#id_{field}"' in page
        assert f'id="id_{field}_error"' in page
        assert "千代田区" in page or field == "address1"

    def test_an_address_abroad_needs_no_postal_code(self, browser_client: Client) -> None:
        abroad = {"postal_code": "SW1A 1AA", "prefecture": "海外", "address1": "10 Example Street, London, UK"}
        fill(browser_client, contact={**abroad, "telephone": "+44 20 7946 0958"})
        browser_client.post(f"{BASE}check/")
        party = Party.objects.get()
        assert (party.postal_code, party.prefecture, party.address1) == ("", "", "10 Example Street, London, UK")

    def test_a_letter_can_go_abroad(self, browser_client: Client) -> None:
        fill(
            browser_client,
            contact={"postal_code": "", "prefecture": "海外", "address1": "10 Example Street, London, UK"},
            method={"answer_method": "paper"},
        )
        browser_client.post(f"{BASE}check/")
        assert DisclosureRequest.objects.get().answer_method == "paper"

    def test_what_only_the_gate_refuses_leads_back_to_its_page(
        self, browser_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(browser_client)

        def refuse(**kwargs: Any) -> None:
            raise InvalidAnswers({"telephone": "この番号は使えません。"})

        monkeypatch.setattr(intake, "submit", refuse)
        response = browser_client.post(f"{BASE}check/")
        assert response.url == f"{BASE}contact/?change=1"
        assert "電話番号：この番号は使えません。" in browser_client.get(response.url).content.decode()

    def test_everything_is_the_default_and_swallows_single_items(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="wanted")
        assert 'value="True"' in browser_client.get(f"{BASE}wanted/").content.decode()
        send(browser_client, "wanted", wanted_items=["order"])
        assert draft(person)["wanted_items"] == []

    def test_nobody_is_forced_to_narrow_but_some_means_some(self, browser_client: Client, person: User) -> None:
        fill(browser_client, until="wanted")
        assert "wanted_items" in errors(send(browser_client, "wanted", wants_everything="False"))
        assert (
            send(browser_client, "wanted", wants_everything="False", wanted_note="昨年の問い合わせ").status_code == 302
        )
        assert send(browser_client, "wanted", wants_everything="False", wanted_items=["order"]).status_code == 302
        assert "wanted_items" in errors(send(browser_client, "wanted", wants_everything="False", wanted_items=["x"]))

    def test_another_way_of_answering_is_described(self, browser_client: Client) -> None:
        fill(browser_client, until="method")
        assert "answer_method_note" in errors(send(browser_client, "method", answer_method="other"))
        assert send(browser_client, "method", answer_method="other", answer_method_note="CD-R").status_code == 302

    def test_an_agent_states_two_persons(self, browser_client: Client, person: User) -> None:
        fill(browser_client, who={"requester": "parent"}, name=AGENT_NAME, contact=AGENT_ADDRESS)
        review = browser_client.get(f"{BASE}check/").content.decode()
        assert "代理野" in review
        assert "今の住所と電話番号：代理人（あなた）" in review
        browser_client.post(f"{BASE}check/")
        parties = {party.kind: party for party in Party.objects.all()}
        assert parties["agent"].family_name == "代理野"
        assert parties["agent"].email == person.email
        assert parties["principal"].email == ""

    @pytest.mark.parametrize(("requester", "role"), WHO.items())
    def test_each_of_those_who_may_ask_is_told_apart(self, browser_client: Client, requester: str, role: str) -> None:
        page = browser_client.get(f"{BASE}who/").content.decode()
        assert f'value="{requester}"' in page
        assert 'value="unknown"' not in page
        parties = {} if role == "person" else {"name": AGENT_NAME, "contact": AGENT_ADDRESS}
        fill(browser_client, who={"requester": requester}, **parties)
        browser_client.post(f"{BASE}check/")
        request = DisclosureRequest.objects.get()
        assert (request.requester, request.role) == (requester, role)
        assert (
            str(ASKERS[requester].requester.label)
            in browser_client.get(f"/requests/{request.receipt_number}/").content.decode()
        )

    def test_nobody_is_somebody_else(self, browser_client: Client) -> None:
        assert "requester" in errors(send(browser_client, "who", requester="manager"))

    def test_an_error_says_whose_answer_it_means(self, browser_client: Client) -> None:
        fill(browser_client, until="contact", who={"requester": "parent"}, name=AGENT_NAME)
        wrong = {**AGENT_ADDRESS, "postal_code": "1", "agent_address1": "", "agent_telephone": "1"}
        found = errors(send(browser_client, "contact", **wrong))
        assert found["postal_code"][0].startswith("ご本人：郵便番号は7桁")
        assert found["agent_address1"] == ["代理人：市区町村と番地を入力してください。"]
        assert found["agent_telephone"][0].startswith("代理人：電話番号を")

    def test_an_agent_who_becomes_the_person_leaves_nothing_behind(self, browser_client: Client) -> None:
        fill(browser_client, who={"requester": "parent"}, name=AGENT_NAME, contact=AGENT_ADDRESS)
        browser_client.post(f"{BASE}who/?change=1", {"requester": "person"})
        assert "代理野" not in browser_client.get(f"{BASE}check/").content.decode()
        browser_client.post(f"{BASE}check/")
        assert [party.kind for party in Party.objects.all()] == [Party.Kind.PRINCIPAL]

    def test_the_browser_may_fill_in_only_what_belongs_to_who_types(self, browser_client: Client) -> None:
        fill(browser_client, until="name")
        page = browser_client.get(f"{BASE}name/").content.decode()
        assert 'autocomplete="family-name"' in page
        assert 'autocomplete="given-name"' in page
        send(browser_client, "who", requester="mandated")
        form = browser_client.get(f"{BASE}name/").context["form"]
        assert form.fields["family_name"].widget.attrs["autocomplete"] == "off"
        assert form.fields["agent_family_name"].widget.attrs["autocomplete"] == "family-name"
        send(browser_client, "name", **AGENT_NAME)
        form = browser_client.get(f"{BASE}contact/").context["form"]
        assert form.fields["agent_postal_code"].widget.attrs["autocomplete"] == "postal-code"
        assert form.fields["agent_telephone"].widget.attrs["autocomplete"] == "tel"


class TestReview:
    def test_every_answer_is_shown_with_its_change_link(self, browser_client: Client) -> None:
        fill(
            browser_client,
            records={"order_number": "B-77"},
            wanted={"wants_everything": "False", "wanted_items": ["order", "note"], "wanted_note": "秋の記録"},
        )
        response = browser_client.get(f"{BASE}check/")
        page = response.content.decode()
        for text in ("髙橋", "タカハシ", "100-0001", "東京都", "千代田区例町4-5-6", "B-77", "注文、メモ", "秋の記録"):
            assert text in page
        for section in response.context["sections"]:
            for row in section["rows"]:
                assert browser_client.get(row["change_url"]).status_code == 200

    def test_what_was_not_asked_is_not_shown(self, browser_client: Client) -> None:
        fill(browser_client)
        labels = [row["label"] for s in browser_client.get(f"{BASE}check/").context["sections"] for row in s["rows"]]
        assert "見たい項目" not in labels
        assert "その他の方法の説明" not in labels


class TestAddress:
    def test_staff_who_came_in_by_password_sign_in_by_code_first(self, client: Client, person: User) -> None:
        manager = StaffFactory()
        pass_second_factor(client, manager)
        for page in ("who", "name", "check"):
            response = client.post(f"{BASE}{page}/", PAGES["who"])
            assert response.status_code == 200
            assert "メールのコードでログイン" in response.content.decode()
        assert not RequestDraft.objects.exists()
        assert not DisclosureRequest.objects.exists()

    def test_the_mark_of_another_account_is_none(self, client: Client, person: User) -> None:
        sign_in_by_code(client, person)
        session = client.session
        session[ADDRESS_PROVEN] = str(PersonFactory().pk)
        session.save()
        assert "メールのコードでログイン" in client.get(f"{BASE}who/").content.decode()


def test_too_many_requests_are_told_when_to_go_on_and_lose_nothing(browser_client: Client, person: User) -> None:
    for _filed in range(intake.SUBMITTED.amount):
        ratelimit.hit((intake.SUBMITTED, str(person.pk)))
    fill(browser_client)
    response = browser_client.post(f"{BASE}check/")
    assert response.status_code == 429
    assert 86_300 < int(response["Retry-After"]) <= 86_400
    assert "24時間後" in response.content.decode()
    assert draft(person)["family_name"] == "髙橋"
    assert not DisclosureRequest.objects.exists()


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("name", "given_name"),
        ("contact", "address1"),
        ("contact", "telephone"),
        ("contact", "postal_code"),
        ("records", "birth_date"),
        ("records", "customer_number"),
        ("records", "order_number"),
        ("records", "registered_address"),
        ("records", "registered_postal_code"),
    ],
)
@pytest.mark.parametrize("button", ["x", "later", "back"])
def test_a_my_number_is_refused_beside_its_field_and_not_kept(
    browser_client: Client, person: User, step: str, name: str, button: str
) -> None:
    fill(browser_client, until=step)
    response = send(browser_client, step, **{name: "１２３４ー５６７８ー９０１８", button: "1"})
    assert "マイナンバー" in str(errors(response)[name])
    assert "9018" not in str(draft(person))
    assert "９０１８" not in str(draft(person))
