"""My consents: who sees them, what a button does, what is kept of it."""

import json
import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app import selectors
from consent_app.models import Consent, Customer, Purpose
from consent_app.services import collection, consents, gate, suspensions, wordings
from consent_app.services.consent_records import Agent, Said, record
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from tests.factories.collection import CollectionPointFactory
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    DataItemFactory,
    OperatorFactory,
    PurposeFactory,
)
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory, StaffFactory

pytestmark = pytest.mark.django_db

PAGE = "/consents/"
NOBODY = "同意の記録を開けません"


@pytest.fixture
def newsletter() -> Purpose:
    OperatorFactory()
    items = [DataItemFactory(code="email", name_ja="メールアドレス", name_en="E-mail address")]
    return PurposeFactory(
        code="newsletter", needs_consent=True, items=items, text_ja="お知らせのため", text_en="To send news"
    )


@pytest.fixture
def person() -> User:
    return PersonFactory()


@pytest.fixture
def customer(person: User) -> Customer:
    return CustomerFactory(email=person.email)


@pytest.fixture
def signed_in(client: Client, person: User) -> Client:
    sign_in_by_code(client, person)
    return client


def version_on(page: str) -> str:
    found = re.search(r'name="version" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


def press(client: Client, action: str, purpose: str = "newsletter", version: str | None = None) -> int:
    if version is None:
        version = version_on(client.get(PAGE).content.decode())
    url = reverse("portal:consent_change", kwargs={"purpose": purpose})
    return client.post(url, {"action": action, "version": version}).status_code


class TestWhoseTheyAre:
    def test_the_only_customer_with_the_address(self, person: User, customer: Customer) -> None:
        CustomerFactory()
        assert selectors.customer_of(person, address_proven=True) == customer

    def test_nobody_with_the_address(self, person: User) -> None:
        CustomerFactory()
        CustomerFactory(email="")
        assert selectors.customer_of(person, address_proven=True) is None

    def test_two_with_the_address(self, person: User, customer: Customer) -> None:
        CustomerFactory(email=person.email)
        assert selectors.customer_of(person, address_proven=True) is None

    def test_linked_to_another_account(self, person: User, customer: Customer) -> None:
        customer.user = PersonFactory()
        customer.save()
        assert selectors.customer_of(person, address_proven=True) is None

    def test_two_with_the_address_of_whom_one_is_linked_elsewhere(self, person: User, customer: Customer) -> None:
        CustomerFactory(email=person.email, user=PersonFactory())
        assert selectors.customer_of(person, address_proven=True) is None

    def test_linked_to_this_account_whatever_the_address(self, person: User, customer: Customer) -> None:
        CustomerFactory(email=person.email)
        linked = CustomerFactory(user=person)
        assert selectors.customer_of(person, address_proven=True) == linked

    def test_an_address_that_no_code_proved_is_nobodys(self) -> None:
        staff = StaffFactory()
        registered = CustomerFactory(email=staff.email)
        assert selectors.customer_of(staff, address_proven=False) is None
        assert selectors.customer_of(staff, address_proven=True) == registered
        registered.user = staff
        registered.save()
        assert selectors.customer_of(staff, address_proven=False) == registered

    @pytest.mark.usefixtures("newsletter")
    def test_a_session_without_code_opens_nothing(self, client: Client) -> None:
        staff = StaffFactory()
        CustomerFactory(email=staff.email)
        client.force_login(staff)
        assert NOBODY in client.get(PAGE).content.decode()
        assert press(client, "give", version="x") == 404
        sign_in_by_code(client, staff)
        assert NOBODY not in client.get(PAGE).content.decode()

    def test_an_account_without_address_is_nobody(self) -> None:
        CustomerFactory(email="")
        assert selectors.customer_of(PersonFactory(email=""), address_proven=True) is None


@pytest.mark.usefixtures("newsletter")
class TestPage:
    def test_nothing_registered_is_shown(self, signed_in: Client, customer: Customer) -> None:
        page = signed_in.get(PAGE).content.decode()
        assert "お知らせのため" in page
        assert "使う情報：メールアドレス" in page
        assert "同意していません" in page
        for value in (customer.family_name, customer.given_name, customer.telephone, customer.address1, customer.email):
            assert value not in page

    def test_in_english(self, signed_in: Client, customer: Customer) -> None:
        page = signed_in.get(PAGE, headers={"accept-language": "en"}).content.decode()
        assert "To send news" in page
        main = page[page.index("<main") : page.index("</main>")]
        assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", main)

    def test_purposes_without_consent_and_retired_ones_are_not_asked_for(
        self, signed_in: Client, customer: Customer
    ) -> None:
        PurposeFactory(code="services")
        PurposeFactory(code="old", needs_consent=True, active=False)
        page = signed_in.get(PAGE).content.decode()
        assert "services" not in page
        assert "consent-old" not in page

    def test_the_same_page_for_nobody_and_for_several(self, client: Client, person: User) -> None:
        sign_in_by_code(client, person)
        nobody = client.get(PAGE).content.decode()
        CustomerFactory.create_batch(2, email=person.email)
        several = client.get(PAGE).content.decode()
        assert NOBODY in nobody
        nonce = re.compile(r'(nonce|value)="[^"]+"')
        assert nonce.sub("", nobody) == nonce.sub("", several)

    def test_another_account_sees_and_changes_nothing(
        self, client: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        ConsentFactory(customer=customer, purpose=newsletter)
        sign_in_by_code(client, PersonFactory())
        assert NOBODY in client.get(PAGE).content.decode()
        for action in ("give", "withdraw"):
            assert press(client, action, version="x") == 404
        assert client.get("/consents/newsletter/receipt.json").status_code == 404
        assert Consent.objects.count() == 1

    def test_the_history_is_listed_and_only_mine(
        self, signed_in: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        ConsentFactory(customer=customer, purpose=newsletter, event="withdrawn", channel="letter")
        ConsentFactory(purpose=newsletter, channel="telephone")
        page = signed_in.get(PAGE).content.decode()
        assert "手紙" in page
        assert "電話</td>" not in page

    @pytest.mark.parametrize("number", [1, 30])
    def test_queries(
        self,
        signed_in: Client,
        customer: Customer,
        newsletter: Purpose,
        number: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(number):
            purpose = PurposeFactory(needs_consent=True, items=[DataItemFactory()])
            ConsentFactory(customer=customer, purpose=purpose)
        signed_in.get(PAGE)
        # Session is in the cache: account, customer, purposes, items, newest, stops, count and page of the history.
        with django_assert_num_queries(8):
            signed_in.get(PAGE)


class TestButtons:
    def test_giving_and_withdrawing(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> None:
        assert press(signed_in, "give") == 302
        event = Consent.objects.get()
        assert (event.event, event.channel, event.customer, event.recorded_by) == (
            "given",
            "portal",
            customer,
            User.objects.get(),
        )
        assert event.wording.startswith("お知らせのため\n使う情報：メールアドレス\n")
        assert "同意しています" in signed_in.get(PAGE).content.decode()
        assert gate.may_use(customer=customer.pk, purpose="newsletter", at=timezone.now()).allowed
        assert press(signed_in, "withdraw", version="") == 302
        assert [row.event for row in selectors.consent_history(customer)] == ["withdrawn", "given"]
        assert not gate.may_use(customer=customer.pk, purpose="newsletter", at=timezone.now()).allowed
        actions = AuditEntry.objects.filter(object_type="consent_app.consent").order_by("id")
        assert [entry.action for entry in actions] == ["consent.given", "consent.withdrawn"]
        mails = OutgoingMail.objects.order_by("created_at")
        assert [mail.template for mail in mails] == ["consent_given", "consent_withdrawn"]
        assert {mail.recipient for mail in mails} == {customer.email}
        for mail in mails:
            assert "お知らせのため" in (mail.body_text or "")
            assert "http://testserver/consents/" in (mail.body_text or "")
            assert customer.family_name not in (mail.body_text or "")

    def test_in_the_language_that_was_read(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> None:
        english = {"accept-language": "en"}
        version = version_on(signed_in.get(PAGE, headers=english).content.decode())
        signed_in.post("/consents/newsletter/", {"action": "give", "version": version}, headers=english)
        assert Consent.objects.get().wording.startswith("To send news\n")
        mail = OutgoingMail.objects.get()
        assert (mail.language, mail.subject) == ("en", "We have received your consent")

    def test_twice_is_once(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> None:
        version = version_on(signed_in.get(PAGE).content.decode())
        for action, number in [
            ("withdraw", 0),
            ("give", 1),
            ("give", 1),
            ("withdraw", 2),
            ("withdraw", 2),
            ("give", 3),
        ]:
            assert press(signed_in, action, version=version) == 302
            assert Consent.objects.count() == OutgoingMail.objects.count() == number

    def test_what_was_not_read_is_not_consented_to(
        self, signed_in: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        version = version_on(signed_in.get(PAGE).content.decode())
        newsletter.text_ja = "お知らせと広告のため"
        newsletter.save()
        response = signed_in.post("/consents/newsletter/", {"action": "give", "version": version}, follow=True)
        assert "説明の文が新しくなりました" in response.content.decode()
        assert not Consent.objects.exists()

    def test_withdrawing_does_not_depend_on_the_wording(
        self, signed_in: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        ConsentFactory(customer=customer, purpose=newsletter)
        assert press(signed_in, "withdraw", version="anything") == 302
        assert Consent.objects.filter(event="withdrawn").count() == 1

    def test_somebody_who_left_withdraws_and_does_not_give(
        self, signed_in: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        ConsentFactory(customer=customer, purpose=newsletter)
        customer.status = Customer.Status.WITHDRAWN
        customer.save()
        assert press(signed_in, "withdraw") == 302
        assert "新しい同意は受け付けていません" in signed_in.get(PAGE).content.decode()
        assert press(signed_in, "give", version="x") == 302
        assert [row.event for row in selectors.consent_history(customer)] == ["withdrawn", "given"]

    def test_a_consent_that_ran_out_can_be_given_again(
        self, signed_in: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        past = timezone.now() - timedelta(days=2)
        ConsentFactory(customer=customer, purpose=newsletter, at=past, valid_until=past + timedelta(days=1))
        assert "同意していません" in signed_in.get(PAGE).content.decode()
        assert press(signed_in, "give") == 302
        assert "同意しています" in signed_in.get(PAGE).content.decode()

    def test_the_new_event_counts_even_when_a_clock_was_ahead(
        self, person: User, customer: Customer, newsletter: Purpose
    ) -> None:
        now = timezone.now()
        ahead = ConsentFactory(customer=customer, purpose=newsletter, at=now + timedelta(seconds=30))
        event = consents.withdraw(actor=person, address_proven=True, purpose="newsletter", language="ja", now=now)
        assert event is not None
        assert event.at > ahead.at

    def test_no_other_purpose_and_no_other_action(
        self, signed_in: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        PurposeFactory(code="services")
        for purpose, action in [("services", "give"), ("nothing", "give"), ("newsletter", ""), ("newsletter", "x")]:
            assert press(signed_in, action, purpose=purpose, version="x") == 404

    def test_coming_back_after_signing_in_again(self, signed_in: Client, customer: Customer) -> None:
        response = signed_in.get("/consents/newsletter/")
        assert (response.status_code, response["Location"]) == (302, PAGE)
        assert not Consent.objects.exists()

    def test_no_change_without_the_forms_token(self, person: User, customer: Customer, newsletter: Purpose) -> None:
        client = Client(enforce_csrf_checks=True)
        sign_in_by_code(client, person)
        assert client.post("/consents/newsletter/", {"action": "withdraw"}).status_code == 403

    def test_a_switch_that_is_flipped_for_hours(
        self, signed_in: Client, customer: Customer, newsletter: Purpose, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consents, "GIVING", consents.ratelimit.Limit("consent.given", 1, 3600))
        for action in ("give", "withdraw"):
            assert press(signed_in, action) == 302
        version = version_on(signed_in.get(PAGE).content.decode())
        response = signed_in.post("/consents/newsletter/", {"action": "give", "version": version}, follow=True)
        assert "回数が多すぎます" in response.content.decode()
        assert Consent.objects.count() == 2


class TestWordingGone:
    """What was agreed to means something else, or is asked for no more."""

    @pytest.fixture
    def given(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> Purpose:
        press(signed_in, "give")
        return newsletter

    def change(self, purpose: Purpose, **values: object) -> None:
        for name, value in values.items():
            setattr(purpose, name, value)
        purpose.save()
        wordings.keep_version(purpose=Purpose.objects.get(pk=purpose.pk), now=timezone.now())

    def test_asked_anew_and_not_used_until_then(self, signed_in: Client, customer: Customer, given: Purpose) -> None:
        self.change(given, text_ja="お知らせと広告のため", text_en="To send news and advertising")
        page = signed_in.get(PAGE).content.decode()
        assert "もう一度お決めください" in page
        # The history says what was agreed to, not what is asked now.
        assert 'data-label="目的">お知らせのため</td>' in page
        assert "同意しています" not in page
        answer = gate.may_use(customer=customer.pk, purpose="newsletter", at=timezone.now())
        assert (answer.allowed, answer.reasons) == (False, ("consent_outdated",))
        assert signed_in.get(TestReceipt.URL).status_code == 404
        assert [row.purpose for row in selectors.consents_without_wording(timezone.now())] == [given]
        assert press(signed_in, "give") == 302
        assert "同意しています" in signed_in.get(PAGE).content.decode()
        assert gate.may_use(customer=customer.pk, purpose="newsletter", at=timezone.now()).allowed
        assert Consent.objects.count() == 2
        assert not selectors.consents_without_wording(timezone.now()).exists()

    def test_or_taken_back(self, signed_in: Client, customer: Customer, given: Purpose) -> None:
        self.change(given, provided_to="例の百貨店")
        assert press(signed_in, "withdraw") == 302
        assert [row.event for row in selectors.consent_history(customer)] == ["withdrawn", "given"]
        assert not selectors.consents_without_wording(timezone.now()).exists()

    def test_a_change_of_commas_leaves_the_consent(self, signed_in: Client, customer: Customer, given: Purpose) -> None:
        self.change(given, text_ja="お知らせの、ため")
        assert "同意しています" in signed_in.get(PAGE).content.decode()
        assert gate.may_use(customer=customer.pk, purpose="newsletter", at=timezone.now()).allowed

    def test_so_does_one_that_a_person_judged(self, signed_in: Client, customer: Customer, given: Purpose) -> None:
        self.change(given, text_ja="ご案内のため")
        version = given.versions.get(number=2)
        with pytest.raises(wordings.VersionError):
            wordings.judge(version=version, reason=" ", actor=StaffFactory(), now=timezone.now())
        wordings.judge(version=version, reason="言い換えだけ", actor=StaffFactory(), now=timezone.now())
        assert gate.may_use(customer=customer.pk, purpose="newsletter", at=timezone.now()).allowed
        with pytest.raises(wordings.VersionError):
            wordings.judge(version=version, reason="もう一度", actor=StaffFactory(), now=timezone.now())

    def test_an_import_agreed_to_what_was_asked_then(self, customer: Customer, newsletter: Purpose) -> None:
        now = timezone.now()
        wordings.keep_version(purpose=newsletter, now=now - timedelta(days=3))
        ConsentFactory(customer=customer, purpose=newsletter, at=now - timedelta(days=2))
        later = ConsentFactory(purpose=newsletter, at=now + timedelta(seconds=1))
        newsletter.text_ja, newsletter.text_en = "広告のため", "To advertise"
        newsletter.save()
        wordings.keep_version(purpose=Purpose.objects.get(pk=newsletter.pk), now=now)
        asked = gate.may_use_many(
            customers=[customer.pk, later.customer_id], purpose="newsletter", at=now + timedelta(seconds=2)
        )
        assert [answer.allowed for answer in asked.values()] == [False, True]

    def test_a_retired_purpose_says_so_and_can_be_taken_back(
        self, signed_in: Client, customer: Customer, given: Purpose
    ) -> None:
        version = version_on(signed_in.get(PAGE).content.decode())
        given.active = False
        given.save()
        page = signed_in.get(PAGE).content.decode()
        assert "終わった目的" in page
        assert "お知らせのため" in page
        assert not gate.may_use(customer=customer.pk, purpose="newsletter", at=timezone.now()).allowed
        assert selectors.consents_without_wording(timezone.now()).count() == 1
        assert press(signed_in, "give", version=version) == 404
        assert press(signed_in, "withdraw", version="") == 302
        assert "終わった目的" not in signed_in.get(PAGE).content.decode()
        assert not selectors.consents_without_wording(timezone.now()).exists()

    def test_a_part_whose_whole_is_retired_is_gone_too(
        self, signed_in: Client, customer: Customer, given: Purpose
    ) -> None:
        given.part_of = PurposeFactory(active=False)
        given.save()
        assert "終わった目的" in signed_in.get(PAGE).content.decode()
        assert press(signed_in, "give", version="x") == 404


class TestValidity:
    def test_a_purpose_with_months(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> None:
        newsletter.valid_months = 12
        newsletter.save()
        assert "12か月のあいだ" in signed_in.get(PAGE).content.decode()
        press(signed_in, "give")
        until = timezone.localtime(Consent.objects.get().valid_until)
        assert (until.month, until.day) == (timezone.localdate().month, timezone.localdate().day)
        assert until.year == timezone.localdate().year + 1
        assert until.hour == 23


class TestMinors:
    RULE = date(2026, 4, 1)

    @pytest.fixture
    def young(self, customer: Customer) -> Customer:
        customer.birth_date = timezone.localdate() - timedelta(days=15 * 366)
        customer.save()
        return customer

    def test_off_they_decide_alone(self, signed_in: Client, young: Customer, newsletter: Purpose) -> None:
        assert press(signed_in, "give") == 302
        assert Consent.objects.count() == 1

    def test_on_they_do_not(self, signed_in: Client, young: Customer, newsletter: Purpose, settings: Any) -> None:
        ConsentFactory(customer=young, purpose=newsletter)
        version = version_on(signed_in.get(PAGE).content.decode())
        settings.MINOR_RULE_FROM = self.RULE
        page = signed_in.get(PAGE).content.decode()
        assert "法定代理人の方からのお申し出が必要です" in page
        assert 'name="action"' not in page
        assert press(signed_in, "withdraw", version=version) == 302
        assert Consent.objects.count() == 1
        response = signed_in.post("/consents/newsletter/", {"action": "withdraw"}, follow=True)
        assert "このページでは変えられません" in response.content.decode()

    def test_before_its_day_and_of_age(
        self, signed_in: Client, young: Customer, newsletter: Purpose, settings: Any
    ) -> None:
        settings.MINOR_RULE_FROM = timezone.localdate() + timedelta(days=1)
        assert press(signed_in, "give") == 302
        settings.MINOR_RULE_FROM = self.RULE
        young.birth_date = date(1985, 4, 3)
        young.save()
        assert press(signed_in, "withdraw") == 302
        young.birth_date = None
        young.save()
        assert press(signed_in, "give") == 302
        assert Consent.objects.count() == 3


class TestStops:
    def test_the_page_says_since_when_and_at_whose_wish(
        self, signed_in: Client, customer: Customer, newsletter: Purpose
    ) -> None:
        now = timezone.now()
        stop = suspensions.suspend(customer=customer, kind="provision", actor="command", ground="35(3)", now=now)
        suspensions.suspend(customer=customer, kind="use", purpose=newsletter, actor="command", ground="own", now=now)
        suspensions.suspend(customer=CustomerFactory(), kind="use", actor="command", ground="wish", now=now)
        page = signed_in.get(PAGE).content.decode()
        assert "ご本人のお求めにより、第三者への提供を止めています" in page
        assert "当方の判断で、この目的での利用を止めています" in page
        assert "データの利用を止めています" not in page
        suspensions.end(suspension=stop, actor="command", reason="wish", now=now)
        assert "第三者への提供を止めています" not in signed_in.get(PAGE).content.decode()


class TestReceipt:
    URL = "/consents/newsletter/receipt.json"

    def test_the_consent_in_force(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> None:
        press(signed_in, "give")
        response = signed_in.get(self.URL)
        assert response["Content-Type"] == "application/json"
        assert response["Content-Disposition"].startswith("attachment")
        assert "no-store" in response["Cache-Control"]
        content = json.loads(response.content)
        event = Consent.objects.get()
        assert content["consentReceiptID"] == str(event.pk)
        assert content["consentTimestamp"] == int(event.at.timestamp())
        assert content["piiPrincipalId"] == customer.email
        assert content["policyUrl"] == "http://testserver/purposes/"
        assert content["language"] == "ja"
        assert content["piiControllers"][0]["piiController"] == "例の店"
        purpose = content["services"][0]["purposes"][0]
        assert purpose["purpose"] == event.wording
        assert purpose["piiCategory"] == ["メールアドレス"]
        assert customer.family_name not in response.content.decode()
        assert AuditEntry.objects.filter(action="consent.receipt_taken", object_id=str(event.pk)).count() == 1

    def test_where_and_to_which_text(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> None:
        """What the specification lets a receipt carry besides: the point, the version, who acted for the person."""
        press(signed_in, "give")
        purpose = json.loads(signed_in.get(self.URL).content)["services"][0]["purposes"][0]
        shown = Consent.objects.get().wording
        assert purpose["wordingVersion"] == f"1 sha256:{wordings.digest(shown)}"
        assert not {"collectionPoint", "actedForBy"} & set(purpose)
        now = timezone.now()
        point = CollectionPointFactory(purposes=[newsletter], name_ja="店頭の申込書")
        said = Said(
            event="given",
            channel="counter",
            at=now,
            proof="申込書 3番",
            collected=collection.start(point=point, actor="command", now=now - timedelta(seconds=1)),
        )
        parent = Agent(relation="parent", name="髙橋", evidence="family_register", checked_on=date(2026, 4, 1))
        record(
            key=uuid4(), customer=customer, purpose=newsletter, said=said, agent=parent, actor=StaffFactory(), now=now
        )
        receipt = signed_in.get(self.URL).content.decode()
        purpose = json.loads(receipt)["services"][0]["purposes"][0]
        assert (purpose["collectionPoint"], purpose["actedForBy"]) == ("店頭の申込書", "親権者")
        assert purpose["wordingVersion"].startswith("1 sha256:")
        assert "髙橋" not in receipt

    def test_none_without_a_consent_in_force(self, signed_in: Client, customer: Customer, newsletter: Purpose) -> None:
        assert signed_in.get(self.URL).status_code == 404
        ConsentFactory(customer=customer, purpose=newsletter)
        assert signed_in.get(self.URL).status_code == 200
        press(signed_in, "withdraw")
        assert signed_in.get(self.URL).status_code == 404
        assert signed_in.get("/consents/nothing/receipt.json").status_code == 404
