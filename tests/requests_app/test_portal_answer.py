"""Opening an answer in the portal: a fresh code, ten minutes, a link for one download."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from privacy_portal.core.models import OutgoingMail, User
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, DownloadGrant
from requests_app.services import access, fulfilment
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

# A counted try must stay counted, so the code is checked outside any transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def answered(**kwargs: object) -> DisclosureRequest:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    request = RequestFactory.fulfilling(**kwargs)
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    request.refresh_from_db()
    return request


@pytest.fixture
def disclosure() -> DisclosureRequest:
    return answered()


@pytest.fixture
def person(disclosure: DisclosureRequest) -> User:
    assert disclosure.applicant is not None
    return disclosure.applicant


@pytest.fixture
def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def base(disclosure: DisclosureRequest) -> str:
    return f"/requests/{disclosure.receipt_number}/answer/"


def mailed_code(person: User) -> str:
    mail = OutgoingMail.objects.filter(template="open_file_code", user=person).latest("created_at")
    found = re.search(r"\d{4} \d{4}", mail.body_text or "")
    assert found is not None
    return found[0]


def enter(client: Client, disclosure: DisclosureRequest, person: User) -> None:
    """Ask for a code and type it."""
    client.post(base(disclosure), {"action": "send"})
    response = client.post(base(disclosure), {"code": mailed_code(person)})
    assert response.url == f"{base(disclosure)}files/"


def link(client: Client, disclosure: DisclosureRequest, kind: str = "package") -> str:
    """Press the button of a file; where it leads."""
    file = disclosure.answer_files.get(kind=kind)
    url: str = client.post(f"{base(disclosure)}files/", {"file": str(file.pk)}).url
    return url


class TestCode:
    def test_no_code_is_mailed_before_somebody_asks(self, signed_in: Client, disclosure: DisclosureRequest) -> None:
        page = signed_in.get(base(disclosure)).content.decode()
        assert "コードを送る" in page
        assert not OutgoingMail.objects.filter(template="open_file_code").exists()

    def test_the_code_opens_the_list_of_files(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        assert signed_in.get(f"{base(disclosure)}files/").url == base(disclosure)
        enter(signed_in, disclosure, person)
        page = signed_in.get(f"{base(disclosure)}files/").content.decode()
        assert "開示するデータ" in page
        assert "通知書" in page
        assert signed_in.get(base(disclosure)).url == f"{base(disclosure)}files/"

    def test_full_width_digits_and_hyphens_are_taken(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        signed_in.post(base(disclosure), {"action": "send"})
        wide = mailed_code(person).translate({ord(str(n)): 0xFF10 + n for n in range(10)}).replace(" ", "－")
        assert signed_in.post(base(disclosure), {"code": wide}).status_code == 302

    def test_a_wrong_code_says_how_many_tries_are_left_and_the_sixth_is_dead(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        signed_in.post(base(disclosure), {"action": "send"})
        right = mailed_code(person)
        wrong = "00000000" if right != "0000 0000" else "11111111"
        for left in (4, 3, 2, 1):
            assert f"あと{left}回" in signed_in.post(base(disclosure), {"code": wrong}).content.decode()
        assert "もう使えません" in signed_in.post(base(disclosure), {"code": wrong}).content.decode()
        assert "もう使えません" in signed_in.post(base(disclosure), {"code": right}).content.decode()
        assert signed_in.get(f"{base(disclosure)}files/").url == base(disclosure)

    @pytest.mark.parametrize("code", ["", "1234", "abcdefgh"])
    def test_a_slip_costs_no_try(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User, code: str
    ) -> None:
        signed_in.post(base(disclosure), {"action": "send"})
        assert "code" in signed_in.post(base(disclosure), {"code": code}).context["form"].errors
        assert signed_in.post(base(disclosure), {"code": mailed_code(person)}).status_code == 302

    def test_a_code_expires(self, signed_in: Client, disclosure: DisclosureRequest, person: User) -> None:
        signed_in.post(base(disclosure), {"action": "send"})
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            response = signed_in.post(base(disclosure), {"code": mailed_code(person)})
        assert "もう使えません" in response.content.decode()

    def test_a_code_of_another_session_opens_nothing_here(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        signed_in.post(base(disclosure), {"action": "send"})
        elsewhere = Client()
        elsewhere.force_login(person)
        response = elsewhere.post(base(disclosure), {"code": mailed_code(person)})
        assert response.url == base(disclosure)
        assert elsewhere.get(f"{base(disclosure)}files/").url == base(disclosure)

    def test_a_code_of_one_request_does_not_open_another(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        other = answered(applicant=person, customer=disclosure.customer)
        enter(signed_in, disclosure, person)
        assert signed_in.get(f"{base(other)}files/").url == base(other)

    def test_asking_again_at_once_has_to_wait(self, signed_in: Client, disclosure: DisclosureRequest) -> None:
        signed_in.post(base(disclosure), {"action": "send"})
        page = signed_in.post(base(disclosure), {"action": "send"}, follow=True).content.decode()
        assert "もう一度お試しください" in page
        assert OutgoingMail.objects.filter(template="open_file_code").count() == 1

    @pytest.mark.parametrize("make", ["in_review", "fulfilling", "withdrawn"])
    def test_where_there_is_no_answer_there_is_nothing_to_open(self, client: Client, make: str) -> None:
        made = getattr(RequestFactory, make)()
        client.force_login(made.applicant)
        response = client.post(base(made), {"action": "send"})
        assert response.url == f"/requests/{made.receipt_number}/"
        assert not OutgoingMail.objects.filter(template="open_file_code").exists()

    def test_what_the_person_wanted_on_paper_is_not_offered_here(self, client: Client) -> None:
        made = answered(answer_method="paper")
        assert made.status == Status.READY_TO_POST
        client.force_login(made.applicant)
        assert client.get(base(made)).url == f"/requests/{made.receipt_number}/"
        fulfilment.mark_posted(request=made, actor=StaffFactory(), now=timezone.now())
        assert client.get(base(made)).url == f"/requests/{made.receipt_number}/"
        assert "郵送しました" in client.get(f"/requests/{made.receipt_number}/").content.decode()


class TestFiles:
    def test_ten_minutes_after_the_code_the_list_is_closed(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        enter(signed_in, disclosure, person)
        with time_machine.travel(timezone.now() + timedelta(minutes=9)):
            assert signed_in.get(f"{base(disclosure)}files/").status_code == 200
        with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
            assert signed_in.get(f"{base(disclosure)}files/").url == base(disclosure)
            assert link(signed_in, disclosure) == base(disclosure)
        assert not DownloadGrant.objects.exists()

    def test_signing_out_closes_it(self, signed_in: Client, disclosure: DisclosureRequest, person: User) -> None:
        enter(signed_in, disclosure, person)
        signed_in.post("/sign-out/")
        signed_in.force_login(person)
        assert signed_in.get(f"{base(disclosure)}files/").url == base(disclosure)

    @pytest.mark.parametrize("file", ["", "x", "00000000-0000-4000-8000-000000000000"])
    def test_another_file_does_not_exist(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User, file: str
    ) -> None:
        enter(signed_in, disclosure, person)
        assert signed_in.post(f"{base(disclosure)}files/", {"file": file}).status_code == 404

    def test_a_file_of_ones_own_other_request_needs_its_own_code(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        other = answered(applicant=person, customer=disclosure.customer)
        enter(signed_in, disclosure, person)
        file = other.answer_files.get(kind="package")
        assert signed_in.post(f"{base(disclosure)}files/", {"file": str(file.pk)}).status_code == 404


class TestDownload:
    def test_the_package(self, signed_in: Client, disclosure: DisclosureRequest, person: User) -> None:
        enter(signed_in, disclosure, person)
        response = signed_in.get(link(signed_in, disclosure))
        content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        assert response.status_code == 200
        assert response["Content-Type"] == "application/zip"
        assert response["Content-Disposition"].startswith("attachment; filename=")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "no-store, private"
        assert int(response["Content-Length"]) == len(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            assert archive.namelist()

    def test_the_letter(self, signed_in: Client, disclosure: DisclosureRequest, person: User) -> None:
        enter(signed_in, disclosure, person)
        response = signed_in.get(link(signed_in, disclosure, "letter"))
        assert b"".join(response.streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]

    def test_a_used_link_is_gone_and_leads_to_a_new_one(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        enter(signed_in, disclosure, person)
        url = link(signed_in, disclosure)
        b"".join(signed_in.get(url).streaming_content)  # type: ignore[attr-defined]
        again = signed_in.get(url)
        assert again.status_code == 410
        assert "もう使われました" in again.content.decode()
        assert f'href="{base(disclosure)}"' in again.content.decode()
        assert "no-store" in again["Cache-Control"]

    def test_an_expired_link_is_gone(self, signed_in: Client, disclosure: DisclosureRequest, person: User) -> None:
        enter(signed_in, disclosure, person)
        url = link(signed_in, disclosure)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            response = signed_in.get(url)
        assert response.status_code == 410
        assert "期限が切れました" in response.content.decode()

    def test_looking_ahead_does_not_use_the_link_up(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        enter(signed_in, disclosure, person)
        url = link(signed_in, disclosure)
        assert signed_in.head(url).status_code == 405
        assert signed_in.get(url).status_code == 200

    def test_another_account_gets_nothing_of_it(
        self, signed_in: Client, disclosure: DisclosureRequest, person: User
    ) -> None:
        enter(signed_in, disclosure, person)
        url = link(signed_in, disclosure)
        other = Client()
        other.force_login(PersonFactory())
        assert other.get(url).status_code == 404
        assert signed_in.get(url).status_code == 200

    def test_an_answer_is_offered_until_its_day_and_not_after(
        self, signed_in: Client, disclosure: DisclosureRequest
    ) -> None:
        expiry = disclosure.answer_files.get(kind="package").expires_at
        status_url = f"/requests/{disclosure.receipt_number}/"
        with time_machine.travel(expiry - timedelta(minutes=1)):
            signed_in.force_login(disclosure.applicant)
            assert "回答を開く" in signed_in.get(status_url).content.decode()
        with time_machine.travel(expiry + timedelta(minutes=1)):
            signed_in.force_login(disclosure.applicant)
            assert "回答を開く" not in signed_in.get(status_url).content.decode()


def test_an_answer_may_end_between_the_page_and_the_button(
    signed_in: Client, disclosure: DisclosureRequest, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(signed_in, disclosure, person)
    make = access.grant

    def ended_meanwhile(**kwargs: object) -> DownloadGrant:
        disclosure.answer_files.update(expires_at=timezone.now() - timedelta(minutes=1))
        return make(**kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(access, "grant", ended_meanwhile)
    file = disclosure.answer_files.get(kind="package")
    response = signed_in.post(f"{base(disclosure)}files/", {"file": str(file.pk)}, follow=True)
    assert response.redirect_chain == [(f"/requests/{disclosure.receipt_number}/", 302)]
    assert "このファイルは、今は開けません。" in response.content.decode()
    assert not DownloadGrant.objects.exists()
