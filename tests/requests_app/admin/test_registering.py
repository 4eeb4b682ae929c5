"""The pages on which staff register what came another way."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy_portal.core.models import AuditEntry, User
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest
from requests_app.services.fulfilment import EFFECTS
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory
from tests.support.hostile_files import cleaned, pdf

from .test_cases import QUEUE, address

pytestmark = pytest.mark.django_db
PDF = pdf()


@pytest.fixture
def manager() -> User:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    return StaffFactory()


@pytest.fixture
def signed_in(client: Client, manager: User) -> Client:
    pass_second_factor(client, manager)
    return client


def clerk(client: Client, *permissions: str) -> User:
    account = StaffFactory(is_superuser=False)
    account.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    pass_second_factor(client, account)
    return account


def page(request_type: str = "disclosure") -> str:
    return reverse("admin:requests_app_register_type", args=[request_type])


def filled(**changes: Any) -> dict[str, Any]:
    return {
        "key": str(uuid.uuid4()),
        "change_rows": "1",
        "channel": "letter",
        "arrived_on": str(timezone.localdate() - timedelta(days=2)),
        "language": "ja",
        "requester": "person",
        "family_name": "高橋",
        "given_name": "花子",
        "prefecture": "東京都",
        "postal_code": "１００−０００１",
        "address1": "千代田区例町4-5-6",
        "wants_everything": "True",
        "answer_method": "paper",
        **changes,
    }


def scan(data: bytes = PDF, name: str = "letter.pdf", content_type: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type)


def test_from_the_queue_to_the_case(signed_in: Client, manager: User) -> None:
    choose = reverse("admin:requests_app_register")
    assert choose in signed_in.get(QUEUE).content.decode()
    assert page() in signed_in.get(choose).content.decode()
    assert signed_in.get(page()).status_code == 200
    response = signed_in.post(page(), filled(scan=scan()))
    case = DisclosureRequest.objects.get()
    assert response.headers["Location"] == address(case)
    assert (case.channel, case.registered_by, case.status) == ("letter", manager, Status.RECEIVED)
    assert case.parties.get().postal_code == "1000001"
    shown = signed_in.get(address(case)).content.decode()
    assert "手紙" in shown
    assert str(manager) in shown
    received = case.received_files.get()
    opening = address(case, "received", file_id=received.pk)
    assert opening in shown
    assert signed_in.get(opening).status_code == 405
    opened = signed_in.post(opening)
    assert b"".join(opened) == cleaned(PDF).content  # type: ignore[arg-type]
    assert opened.headers["Content-Disposition"].startswith("attachment;")
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert opened.headers["Content-Type"] == "application/pdf"
    assert AuditEntry.objects.filter(action="received_file.opened", actor=f"user:{manager.pk}").count() == 1


@pytest.mark.parametrize("request_type", [code for code, entry in REQUEST_TYPES.items() if entry.effect in EFFECTS])
def test_every_type_has_its_form(signed_in: Client, request_type: str) -> None:
    if request_type != "disclosure":
        RequestRuleFactory(request_type=request_type, fee="none", fee_yen=None, identity_level=2)
    entry = REQUEST_TYPES[request_type]
    answers: dict[str, Any] = {"wanted_note": "お願いします"}
    if "grounds" in entry.asks:
        answers["grounds"] = [entry.grounds[0].code]
    if "changes" in entry.asks:
        form = signed_in.get(page(request_type)).context["form"]
        answers |= {"item_0": form.fields["item_0"].choices[1][0], "wanted_0": "新しい内容"}
    response = signed_in.post(page(request_type), filled(**answers))
    assert response.status_code == 302, response.context["form"].errors
    case = DisclosureRequest.objects.get()
    assert case.request_type == request_type
    assert case.wanted_note == "お願いします"
    assert case.changes.count() == ("changes" in entry.asks)


def test_errors_stand_beside_their_fields_and_what_was_typed_stays(signed_in: Client) -> None:
    wrong = filled(arrived_on=str(timezone.localdate() + timedelta(days=1)), postal_code="12", wanted_note="原文のまま")
    response = signed_in.post(page(), wrong)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"arrived_on", "postal_code"}
    shown = response.content.decode()
    assert "原文のまま" in shown
    assert f'value="{wrong["key"]}"' in shown
    assert not DisclosureRequest.objects.exists()


def test_a_file_that_has_to_be_chosen_again_is_said(signed_in: Client) -> None:
    for sent in (filled(family_name=""), filled(more="1")):
        assert "もう一度選んでください" in signed_in.post(page(), {**sent, "scan": scan()}).content.decode()
        assert "もう一度選んでください" not in signed_in.post(page(), sent).content.decode()


def test_html_that_is_called_pdf_is_refused(signed_in: Client) -> None:
    response = signed_in.post(page(), filled(scan=scan(b"<html><script>alert(1)</script></html>")))
    assert set(response.context["form"].errors) == {"scan"}
    assert not DisclosureRequest.objects.exists()


def test_two_clicks_make_one_case(signed_in: Client) -> None:
    sent = filled()
    first, second = signed_in.post(page(), sent), signed_in.post(page(), sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert DisclosureRequest.objects.count() == 1


def test_room_for_another_item_keeps_what_was_typed(signed_in: Client) -> None:
    RequestRuleFactory(request_type="correction", fee="none", fee_yen=None)
    url = page("correction")
    item = signed_in.get(url).context["form"].fields["item_0"].choices[1][0]
    response = signed_in.post(url, filled(item_0=item, wanted_0="一つ目", more="1", channel="counter"))
    form = response.context["form"]
    assert "item_1" in form.fields
    assert not form.errors
    assert "一つ目" in response.content.decode()
    assert form["channel"].value() == "counter"
    for junk in ("0", "99", "x", "-1", "²"):
        assert signed_in.post(url, filled(change_rows=junk)).status_code == 200
    assert not DisclosureRequest.objects.exists()


def test_a_type_that_is_not_offered_has_no_page(signed_in: Client) -> None:
    assert signed_in.get(page("complaint")).status_code == 404
    assert signed_in.get(page("nonsense")).status_code == 404


def test_without_the_permission(client: Client, manager: User) -> None:
    account = clerk(client, "view_disclosurerequest", "change_disclosurerequest")
    assert reverse("admin:requests_app_register") not in client.get(QUEUE).content.decode()
    for url in (reverse("admin:requests_app_register"), page()):
        assert client.get(url).status_code == 403
    assert client.post(page(), filled()).status_code == 403
    assert not DisclosureRequest.objects.exists()
    assert AuditEntry.objects.filter(action="admin.denied", actor=f"user:{account.pk}").count() == 3


def test_the_original_asks_for_a_permission_of_its_own(client: Client, manager: User) -> None:
    pass_second_factor(client, manager)
    client.post(page(), filled(scan=scan()))
    case = DisclosureRequest.objects.get()
    received = case.received_files.get()
    other = RequestFactory.by_letter()
    assert client.post(address(other, "received", file_id=received.pk)).status_code == 404
    account = clerk(client, "view_disclosurerequest")
    opening = address(case, "received", file_id=received.pk)
    assert opening not in client.get(address(case)).content.decode()
    assert client.post(opening).status_code == 403
    account.user_permissions.add(Permission.objects.get(codename="check_identity"))
    assert client.post(opening).status_code == 200


def test_the_same_matter_is_shown(signed_in: Client) -> None:
    first, second = RequestFactory.in_review(), RequestFactory.by_letter(Status.IN_REVIEW)
    assert address(first) in signed_in.get(address(second)).content.decode()
    assert address(second) in signed_in.get(address(first)).content.decode()


def test_a_question_on_the_portal_is_not_asked_where_nobody_reads_it(signed_in: Client) -> None:
    """Without the way and the day of a letter or a call there is no question; see ``test_paper``."""
    case = RequestFactory.by_letter(Status.IN_REVIEW)
    response = signed_in.post(address(case, "ask"), {"body": "教えてください"})
    assert set(response.context["form"].errors) == {"channel", "on"}
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW
    signed_in.post(address(case, "message"), {"body": "受け付けました"})
    assert not case.messages.exists()
    shown = signed_in.get(address(case) + "?tab=messages").content.decode()
    assert "手紙や電話で連絡します" in shown
    assert not re.search(r"<textarea", shown)


def test_posting_with_its_day_and_number(signed_in: Client) -> None:
    case = RequestFactory.ready_to_post()
    today = timezone.localdate()
    assert signed_in.get(address(case, "posted")).status_code == 200
    wrong = signed_in.post(address(case, "posted"), {"sent_on": str(today), "tracking_number": "abc"})
    assert set(wrong.context["form"].errors) == {"tracking_number"}
    early = signed_in.post(address(case, "posted"), {"sent_on": "2020-01-01"})
    assert set(early.context["form"].errors) == {"sent_on"}
    case.refresh_from_db()
    assert case.status == Status.READY_TO_POST
    signed_in.post(address(case, "posted"), {"sent_on": str(today), "tracking_number": "123-45-67890-1"})
    case.refresh_from_db()
    assert case.status == Status.ANSWERED
    for tab in ("overview", "timeline"):
        assert "123-45-67890-1" in signed_in.get(address(case), {"tab": tab}).content.decode()


def test_statements_do_not_grow_with_originals_and_alike_cases(
    signed_in: Client, django_assert_max_num_queries: Any
) -> None:
    case = RequestFactory.by_letter(Status.IN_REVIEW)
    signed_in.get(address(case))
    with django_assert_max_num_queries(60) as few:
        signed_in.get(address(case))
    for _number in range(4):
        RequestFactory.by_letter(Status.IN_REVIEW)
    with django_assert_max_num_queries(len(few)):
        signed_in.get(address(case))
