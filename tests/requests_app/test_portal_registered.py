"""Registered information: who gets in, what is shown, changing an item, its history."""

import html
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app.models import Customer, CustomerChange, CustomerIdentity, DataItem, Suspension
from consent_app.services.customer_changes import change_customer
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.models import RegisteredCheck
from requests_app.portal.offers import Offer
from requests_app.services import registered as service
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    PurposeFactory,
    RecipientFactory,
    RequestRuleFactory,
    SelfDisclosureFactory,
    catalogue,
)
from tests.factories.core import sign_in_by_code
from tests.factories.off_purpose import use_beyond
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db

APRIL = date(2026, 4, 1)
PAGE, OPEN, HISTORY = "/registered/", "/registered/open/", "/registered/history/"
ADDRESS = "/registered/address/"
REFUSED = "一致することを確かめられませんでした"
FACTS = {"family_name": "高橋", "given_name": "花子", "telephone": "０９０ 1234 5678", "postal_code": "", "address": ""}
NEW_HOME = {
    "postal_code": "１５０ー０００１",
    "prefecture": "東京都",
    "address1": "渋谷区例町９－８",
    "address2": "",
}


@pytest.fixture
def person() -> User:
    OperatorFactory()
    items = catalogue()
    PurposeFactory(text_ja="ご注文品のお届け", items=[items["address"], items["name"]])
    return PersonFactory()


@pytest.fixture
def customer(person: User) -> Customer:
    return CustomerFactory(email=person.email)


@pytest.fixture
def signed_in(client: Client, person: User) -> Client:
    sign_in_by_code(client, person)
    return client


@pytest.fixture
def inside(signed_in: Client, customer: Customer) -> Client:
    assert signed_in.post(OPEN, FACTS).status_code == 302
    return signed_in


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return html.unescape(response.content.decode())


def seen_on(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


def save(client: Client, url: str = ADDRESS, seen: str | None = None, **answers: str):  # type: ignore[no-untyped-def]
    seen = seen or seen_on(text(client, url))
    return client.post(url, {**answers, "seen": seen, "save": "1"})


def known_as(**values: object) -> None:
    CustomerIdentity.objects.create(digest=b"", **values)


class TestGettingIn:
    def test_facts_open_it_for_this_session(self, signed_in: Client, customer: Customer) -> None:
        assert signed_in.get(PAGE).headers["Location"] == OPEN
        assert signed_in.post(OPEN, FACTS).headers["Location"] == PAGE
        assert "千代田区例町4-5-6" in text(signed_in, PAGE)
        assert RegisteredCheck.objects.get().passed
        assert AuditEntry.objects.filter(action="registered.opened").count() == 1

    def test_the_address_will_do_without_the_telephone(self, signed_in: Client, customer: Customer) -> None:
        facts = {**FACTS, "telephone": "", "postal_code": "100-0001", "address": "東京都千代田区例町四丁目5番6号"}
        assert signed_in.post(OPEN, facts).status_code == 302

    @pytest.mark.parametrize(
        "wrong",
        [
            {"given_name": "太郎"},
            {"telephone": "03-1234-5678"},
            {"telephone": "", "address": "千代田区例町", "postal_code": "1000001"},
            {"telephone": "", "address": "千代田区例町4-5-7", "postal_code": "1000001"},
        ],
    )
    def test_what_does_not_fit_shows_nothing_and_not_why(self, signed_in, customer, wrong) -> None:  # type: ignore[no-untyped-def]
        response = signed_in.post(OPEN, FACTS | wrong)
        page = html.unescape(response.content.decode())
        assert "一致することを確かめられませんでした" in page
        assert "例マンション" not in page
        assert signed_in.get(PAGE).status_code == 302
        check = RegisteredCheck.objects.get()
        assert not check.passed
        assert not any(value in str(check.codes) for value in ("高橋", "1234", "千代田"))

    def test_the_page_is_the_same_whichever_fact_differs(self, signed_in: Client, customer: Customer) -> None:
        pages = [
            re.sub(r'value="[^"]*"', "", signed_in.post(OPEN, FACTS | wrong).content.decode())
            for wrong in ({"given_name": "太郎"}, {"telephone": "03-1234-5678"})
        ]
        assert pages[0] == pages[1]

    def test_three_tries_and_then_not_even_the_right_facts(self, signed_in: Client, customer: Customer) -> None:
        for _ in range(3):
            signed_in.post(OPEN, FACTS | {"telephone": "03-1234-5678"})
        response = signed_in.post(OPEN, FACTS)
        assert response.status_code == 429
        assert "回数が多すぎる" in response.content.decode()
        assert RegisteredCheck.objects.count() == 3
        assert AuditEntry.objects.filter(action="registered.limited").count() == 1
        RegisteredCheck.objects.update(at=timezone.now() - timedelta(days=31))
        assert signed_in.post(OPEN, FACTS).status_code == 302

    def test_tries_in_requests_count_too(self, signed_in: Client, customer: Customer, person: User) -> None:
        for _ in range(3):
            request = RequestFactory.in_identity_review(applicant=person)
            request.identity_checks.filter(method="facts").update(state="unclear", finished_at=timezone.now())
        assert signed_in.post(OPEN, FACTS).status_code == 429

    def test_neither_telephone_nor_address_is_no_try(self, signed_in: Client, customer: Customer) -> None:
        response = signed_in.post(OPEN, FACTS | {"telephone": ""})
        assert "どちらかを入力してください" in response.content.decode()
        assert not RegisteredCheck.objects.exists()

    @pytest.mark.parametrize("case", ["nobody", "two", "linked elsewhere", "by password"])
    def test_who_is_not_exactly_one_customer_is_told_the_same(self, client: Client, person: User, case: str) -> None:
        if case == "two":
            CustomerFactory.create_batch(2, email=person.email)
        elif case == "linked elsewhere":
            CustomerFactory(email=person.email, user=PersonFactory())
        elif case == "by password":
            CustomerFactory(email=person.email)
        if case == "by password":
            client.force_login(person)
        else:
            sign_in_by_code(client, person)
        for url in (PAGE, HISTORY, ADDRESS, "/registered/email/"):
            assert client.get(url).headers["Location"] == OPEN
        assert "千代田" not in text(client, OPEN)
        # Right facts for the customer that this account is not: even these open nothing.
        assert REFUSED in client.post(OPEN, FACTS).content.decode()
        check = RegisteredCheck.objects.get()
        assert not check.passed

    def test_whether_somebody_is_registered_shows_nowhere(
        self, client: Client, customer: Customer, person: User
    ) -> None:
        """Page by page and statement by statement: a customer with wrong facts, and somebody who is none."""
        seen: list[list[tuple[int, int, str]]] = []
        wrong = FACTS | {"telephone": "03-1234-5678"}
        # The first of them warms what is kept in memory.
        for user in (PersonFactory(), person, PersonFactory()):
            visitor = Client()
            sign_in_by_code(visitor, user)
            answers = []
            for ask in (lambda: visitor.get(PAGE), lambda: visitor.get(OPEN), *[lambda: visitor.post(OPEN, wrong)] * 4):  # noqa: B023
                with CaptureQueriesContext(connection) as statements:
                    response = ask()
                body = re.sub(r'(value|nonce|content)="[^"]*"', "", response.content.decode())
                answers.append((response.status_code, len(statements), body))
            seen.append(answers)
        for one, other in zip(*seen[1:], strict=True):
            assert one[:2] == other[:2]
            assert one[2] == other[2]
        assert [status for status, *_ in seen[0]] == [302, 200, 200, 200, 200, 429]

    def test_after_an_hour_the_facts_are_asked_again(self, inside: Client) -> None:
        session = inside.session
        session["registered_open"] = {**session["registered_open"], "until": timezone.now().timestamp() - 1}
        session.save()
        for url in (PAGE, HISTORY, ADDRESS, "/registered/email/"):
            assert inside.get(url).headers["Location"] == OPEN
        assert save(inside, seen="0" * 32, **NEW_HOME).headers["Location"] == OPEN
        assert not CustomerChange.objects.exists()

    def test_a_session_opened_for_one_customer_opens_no_other(self, inside: Client, customer: Customer) -> None:
        customer.delete()
        other = CustomerFactory(email=PersonFactory().email)
        other.email = User.objects.get(pk=inside.session["_auth_user_id"]).email
        other.save()
        assert inside.get(PAGE).headers["Location"] == OPEN

    def test_a_customer_without_registered_facts_is_never_let_in(self, signed_in: Client, person: User) -> None:
        CustomerFactory(email=person.email, telephone="", postal_code="", prefecture="", address1="", address2="")
        page = html.unescape(signed_in.post(OPEN, FACTS).content.decode())
        assert "一致することを確かめられませんでした" in page


class TestWhatIsShown:
    def test_each_item_with_its_origin_and_uses(self, inside: Client) -> None:
        page = text(inside, PAGE)
        for expected in (
            "髙橋",
            "〒100-0001 東京都千代田区例町4-5-6 例マンション101",
            "090-1234-5678",
            "1985年4月3日",
            "女性",
            "EC-CUBEからの取込",
            "2026年4月1日",
            "ご注文品のお届け",
            "受け取ったままの表記：０９０－１２３４－５６７８",
        ):
            assert expected in page, expected

    def test_empty_items_can_be_filled_in(self, inside: Client) -> None:
        assert "登録なし" in text(inside, PAGE)
        assert 'href="/registered/company/"' in text(inside, PAGE)

    def test_what_may_not_be_changed_leads_to_a_correction(self, inside: Client) -> None:
        RequestRuleFactory()
        page = text(inside, PAGE)
        assert "/registered/birth_date/" not in page
        assert "訂正を請求する" in page or "お問い合わせ先を見る" in page
        assert inside.get("/registered/birth_date/").status_code == 404

    def test_the_way_is_a_request_where_one_is_offered_and_else_the_contact(
        self, inside: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = text(inside, PAGE)
        assert "開示を請求する" not in page
        assert 'href="/contact/">お問い合わせ先を見る' in page
        RequestRuleFactory(request_type="inquiry")
        assert 'href="/requests/new/inquiry/"' in text(inside, PAGE)
        rule = RequestRuleFactory(request_type="correction")
        offered = [Offer(REQUEST_TYPES[code], rule) for code in ("provision_records", "correction", "inquiry")]
        monkeypatch.setattr("requests_app.portal.corrections.offers", lambda: offered)
        page = text(inside, PAGE)
        assert 'href="/requests/new/correction/">訂正を請求する' in page
        assert 'href="/requests/new/provision_records/">第三者への提供の記録の開示' in page
        assert 'href="/requests/new/inquiry/"' not in page

    def test_records_recipients_numbers_and_stops(self, inside: Client, customer: Customer) -> None:
        order = OrderFactory(customer=customer)
        RecipientFactory(record=order, family_name="贈先", given_name="一郎")
        known_as(customer=customer, source="eccube", external_id="KAIIN-12")
        Suspension.objects.create(customer=customer, kind="use", ground="35(1)", begins_at=timezone.now())
        page = text(inside, PAGE)
        for expected in ("サングラス", order.external_id, "贈先", "KAIIN-12", "利用の停止", "BASEからの取込"):
            assert expected in page, expected

    def test_uses_beyond_the_purposes_that_may_be_told(self, inside: Client, customer: Customer) -> None:
        assert "利用目的をこえた利用" not in text(inside, PAGE)
        name = DataItem.objects.get(code="name")
        use_beyond(customer, items=[name], begins_on=APRIL, decided_on=APRIL, ends_on=date(2026, 4, 3))
        use_beyond(customer, items=[name], aim_ja="捜査への協力", ground="18(3)iv", tellable=False)
        use_beyond(CustomerFactory(), items=[name], aim_ja="ほかの人のこと")
        page = text(inside, PAGE)
        for expected in ("利用目的をこえた利用", "事故の連絡のため", "人の生命、身体、財産を守るため", name.name):
            assert expected in page.split('id="beyond"')[1], expected
        assert "2026年4月1日" in page.split('id="beyond"')[1]
        assert "捜査への協力" not in page
        assert "ほかの人のこと" not in page
        english = inside.get(PAGE, headers={"accept-language": "en"}).content.decode()
        assert "To tell of an accident" in english

    def test_what_staff_wrote_is_counted_and_not_shown(self, inside: Client, customer: Customer) -> None:
        OrderFactory(customer=customer, kind="note", data={"text": "ご家族の話"})
        OrderFactory(customer=customer, data={"total": "1", "memo": "別の客の件"})
        page = text(inside, PAGE)
        assert "担当者が書いた記録が1件" in page
        assert "ご家族の話" not in page
        assert "別の客の件" not in page

    def test_what_the_person_made_public_is_marked(self, inside: Client, customer: Customer) -> None:
        SelfDisclosureFactory(customer=customer, item=DataItem.objects.get(code="telephone"), place="自分のブログ")
        SelfDisclosureFactory(item=None, record=OrderFactory(customer=customer), place="商品のレビュー")
        SelfDisclosureFactory(place="よその人のブログ")
        page = text(inside, PAGE)
        assert page.count("ご自身で公開されたもの") == 2
        assert "ご自身で公開されたもの（自分のブログ）" in page
        assert "ご自身で公開されたもの（商品のレビュー）" in page

    def test_nothing_of_anybody_else(self, inside: Client) -> None:
        other = OrderFactory(customer=CustomerFactory(family_name="別人"))
        page = text(inside, PAGE)
        assert other.external_id not in page
        assert "別人" not in page

    def test_every_look_is_recorded(self, inside: Client, customer: Customer) -> None:
        for url in (PAGE, HISTORY, ADDRESS):
            inside.get(url)
        looks = AuditEntry.objects.filter(action="registered.viewed").order_by("pk")
        assert [entry.detail["page"] for entry in looks] == ["registered", "history", "change"]
        assert {entry.object_id for entry in looks} == {str(customer.pk)}

    @pytest.mark.parametrize("url", [PAGE, HISTORY, ADDRESS, "/registered/email/"])
    def test_no_page_is_kept_in_a_cache(self, inside: Client, url: str) -> None:
        assert "no-store" in inside.get(url)["Cache-Control"]

    @pytest.mark.parametrize("records", [1, 30])
    def test_queries_do_not_grow(
        self, inside: Client, customer: Customer, records: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for order in OrderFactory.create_batch(records, customer=customer):
            RecipientFactory(record=order)
        for number in range(records):
            known_as(customer=customer, source="eccube", external_id=f"K{number}")
            use_beyond(customer, items=[DataItem.objects.get(code="name")])
        inside.get(PAGE)
        with django_assert_num_queries(17):
            inside.get(PAGE)

    def test_an_item_that_the_profile_lost_is_still_shown(self, inside: Client) -> None:
        DataItem.objects.filter(code="gender").delete()
        assert "女性" in text(inside, PAGE)
        assert inside.get("/registered/gender/").status_code == 404


class TestChanging:
    def test_form_check_save(self, inside: Client, customer: Customer) -> None:
        page = text(inside, ADDRESS)
        assert 'value="千代田区例町4-5-6"' in page
        check = inside.post(ADDRESS, {**NEW_HOME, "seen": seen_on(page), "check": "1"})
        shown = html.unescape(check.content.decode())
        assert "まだ保存していません" in shown
        assert "〒150-0001 東京都渋谷区例町9-8" in shown
        assert not CustomerChange.objects.exists()
        typed = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', check.content.decode()))
        assert inside.post(ADDRESS, {**typed, "save": "1"}).headers["Location"] == PAGE
        customer.refresh_from_db()
        assert (customer.postal_code, customer.address1, customer.address2) == ("1500001", "渋谷区例町9-8", "")
        assert "「住所」を変更しました" in text(inside, PAGE)
        assert OutgoingMail.objects.get().template == "registered_changed"
        assert CustomerChange.objects.get().channel == "self"

    def test_back_from_the_check_page_keeps_what_was_typed(self, inside: Client) -> None:
        answer = inside.post(ADDRESS, {**NEW_HOME, "seen": "0" * 32, "edit": "1"})
        assert 'value="渋谷区例町９－８"' in html.unescape(answer.content.decode())

    @pytest.mark.parametrize(
        ("item", "answers", "words"),
        [
            ("address", {**NEW_HOME, "postal_code": "12-34"}, "郵便番号は7桁"),
            ("address", {**NEW_HOME, "postal_code": ""}, "郵便番号を7桁の数字で入力"),
            ("address", {**NEW_HOME, "prefecture": ""}, "都道府県を選んで"),
            ("address", {**NEW_HOME, "address1": ""}, "市区町村と番地を入力"),
            ("address", {**NEW_HOME, "address2": "あ" * 301}, "300文字以内"),
            ("telephone", {"telephone": "12345"}, "電話番号を確かめて"),
            ("name", {"family_name": "", "given_name": "花子"}, "「姓」を入力"),
            ("name", {"family_name": "あ" * 101, "given_name": ""}, "100文字以内"),
            ("kana", {"family_kana": "Takahashi", "given_kana": ""}, "カタカナかひらがな"),
            ("gender", {"gender": "robot"}, "表示されている中から"),
            ("company", {"company": "1234-5678-9018"}, "マイナンバー"),
        ],
    )
    def test_mistakes_are_told_and_nothing_is_saved(self, inside, item, answers, words) -> None:  # type: ignore[no-untyped-def]
        response = save(inside, f"/registered/{item}/", **answers)
        assert response.status_code == 200
        assert words in html.unescape(response.content.decode())
        assert not CustomerChange.objects.exists()

    @pytest.mark.parametrize(
        ("item", "answers", "stored"),
        [
            ("telephone", {"telephone": "０３（１２３４）５６７８"}, {"telephone": "+81312345678"}),
            ("telephone", {"telephone": ""}, {"telephone": ""}),
            (
                "kana",
                {"family_kana": "たかはし", "given_kana": "ﾊﾅｺ"},
                {"family_kana": "タカハシ", "given_kana": "ハナコ"},
            ),
            ("name", {"family_name": "Ｓｍｉｔｈ", "given_name": ""}, {"family_name": "Smith", "given_name": ""}),
            ("gender", {"gender": ""}, {"gender": ""}),
            (
                "address",
                {"postal_code": "SW1A 1AA", "prefecture": "海外", "address1": "1 Example St, London", "address2": ""},
                {"postal_code": "", "prefecture": "", "address1": "1 Example St, London"},
            ),
            (
                "address",
                dict.fromkeys(("postal_code", "prefecture", "address1", "address2"), ""),
                {"postal_code": "", "prefecture": "", "address1": "", "address2": ""},
            ),
        ],
    )
    def test_spellings_that_are_taken(self, inside, customer, item, answers, stored) -> None:  # type: ignore[no-untyped-def]
        assert save(inside, f"/registered/{item}/", **answers).status_code == 302
        customer.refresh_from_db()
        assert {column: getattr(customer, column) for column in stored} == stored

    def test_what_the_operator_needs_cannot_be_taken_away(self, inside: Client) -> None:
        DataItem.objects.filter(code="telephone").update(optional=False)
        assert "「電話番号」を入力" in save(inside, "/registered/telephone/", telephone="").content.decode()

    def test_nothing_new_changes_nothing(self, inside: Client) -> None:
        save(inside, "/registered/telephone/", telephone="090-1234-5678")
        assert "何も変更していません" in text(inside, PAGE)
        assert not CustomerChange.objects.exists()

    def test_two_tabs(self, inside: Client, customer: Customer) -> None:
        seen = seen_on(text(inside, ADDRESS))
        save(inside, seen=seen, **{**NEW_HOME, "address1": "港区例町1-1"})
        second = save(inside, seen=seen, **NEW_HOME)
        page = html.unescape(second.content.decode())
        assert second.status_code == 409
        assert "このページを開いたあとで、登録が変わりました" in page
        assert "港区例町1-1" in page
        assert 'value="渋谷区例町９－８"' in page
        assert CustomerChange.objects.count() == 1
        assert save(inside, seen=seen_on(page), **NEW_HOME).status_code == 302
        customer.refresh_from_db()
        assert customer.address1 == "渋谷区例町9-8"

    def test_an_item_of_the_profile_s_requests_is_not_changed_by_hand(self, inside: Client) -> None:
        DataItem.objects.filter(code="address").update(change="request")
        assert save(inside, seen="0" * 32, **NEW_HOME).status_code == 404
        assert not CustomerChange.objects.exists()

    @pytest.mark.parametrize("item", ["order", "note", "nothing"])
    def test_other_items_have_no_page(self, inside: Client, item: str) -> None:
        assert inside.get(f"/registered/{item}/").status_code == 404

    def test_thirty_an_hour(self, inside: Client) -> None:
        for number in range(30):
            save(inside, "/registered/company/", company=f"例社{number}")
        assert save(inside, "/registered/company/", company="例社").status_code == 429
        assert CustomerChange.objects.count() == 30

    def test_values_stand_in_no_address(self, inside: Client) -> None:
        response = save(inside, **NEW_HOME)
        assert response.headers["Location"] == PAGE


class TestHistory:
    def test_before_and_after_and_by_whom(self, inside: Client, customer: Customer) -> None:
        save(inside, **NEW_HOME)
        change_customer(
            customer=customer,
            values={"telephone": {"telephone": "03-1234-5678"}},
            actor=StaffFactory(),
            channel="request",
            reference="R-123",
            now=timezone.now(),
        )
        page = text(inside, HISTORY)
        for expected in (
            "〒100-0001 東京都千代田区例町4-5-6 例マンション101",
            "〒150-0001 東京都渋谷区例町9-8",
            "090-1234-5678",
            "03-1234-5678",
            "本人がポータルで変更",
            "請求にもとづく訂正",
            "R-123",
        ):
            assert expected in page, expected

    def test_empty(self, inside: Client) -> None:
        assert "変更の記録はありません" in text(inside, HISTORY)

    def test_an_own_change_can_be_taken_back(self, inside: Client, customer: Customer) -> None:
        save(inside, **NEW_HOME)
        found = re.search(r'href="(/registered/address/\?undo=[^"]+)"', text(inside, HISTORY))
        assert found
        page = text(inside, found[1])
        assert 'value="千代田区例町4-5-6"' in page
        assert 'action="/registered/address/"' in page
        back = {
            "postal_code": "100-0001",
            "prefecture": "東京都",
            "address1": "千代田区例町4-5-6",
            "address2": "例マンション101",
        }
        assert save(inside, seen=seen_on(page), **back).status_code == 302
        customer.refresh_from_db()
        assert customer.address1 == "千代田区例町4-5-6"
        assert inside.get(found[1]).status_code == 404

    def test_nobody_elses_change_and_none_of_staff(self, inside: Client, customer: Customer) -> None:
        now = timezone.now()
        values = {"address": {"address1": "港区例町1-1"}}
        theirs = CustomerFactory()
        (other,) = change_customer(customer=theirs, values=values, actor=PersonFactory(), channel="self", now=now)
        (by_staff,) = change_customer(customer=customer, values=values, actor=StaffFactory(), channel="staff", now=now)
        for key in (other.pk, by_staff.pk, "nonsense"):
            assert inside.get(f"{ADDRESS}?undo={key}").status_code == 404
        assert "undo=" not in text(inside, HISTORY)

    def test_not_after_a_week(self, inside: Client, customer: Customer, person: User) -> None:
        values = {"address": {"address1": "港区例町1-1"}}
        past = timezone.now() - timedelta(days=8)
        change_customer(customer=customer, values=values, actor=person, channel="self", now=past)
        assert "undo=" not in text(inside, HISTORY)

    @pytest.mark.parametrize("changes", [1, 19])
    def test_queries_do_not_grow(
        self, inside: Client, customer, person, changes, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:  # type: ignore[no-untyped-def]
        for number in range(changes):
            values = {"company": {"company": f"例社{number}"}}
            change_customer(customer=customer, values=values, actor=person, channel="self", now=timezone.now())
        inside.get(HISTORY)
        with django_assert_num_queries(7):
            inside.get(HISTORY)


def test_in_english(signed_in: Client, customer: Customer) -> None:
    page = signed_in.post(OPEN, FACTS | {"telephone": "03-1234-5678"}, headers={"accept-language": "en"})
    assert "could not confirm" in page.content.decode()


def test_tries_are_forgotten_when_they_no_longer_count(person: User) -> None:
    now = timezone.now()
    RegisteredCheck.objects.create(user=person, passed=False, at=now - timedelta(days=31))
    RegisteredCheck.objects.create(user=person, passed=False, at=now)
    assert service.purge(now=now) == 1
    assert RegisteredCheck.objects.count() == 1
