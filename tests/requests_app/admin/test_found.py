"""The page on which staff put what they found by hand into the answer."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from privacy_portal.core.models import AuditEntry
from requests_app.models import CaseFinding, DisclosureRequest, FoundContent, Instruction
from tests.factories.consent import OperatorFactory, catalogue
from tests.factories.core import pass_second_factor
from tests.factories.requests import RequestFactory, StaffFactory
from tests.support.hostile_files import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    OperatorFactory()
    catalogue()
    pass_second_factor(client, StaffFactory())
    return client


def written(case: DisclosureRequest, staff: Client, **values: Any) -> CaseFinding:
    page = reverse("admin:requests_app_case_finding", args=[case.pk])
    assert staff.post(page, {"place": "応募書類の棚", "result": "found", "note": "", **values}).status_code == 302
    return CaseFinding.objects.filter(request=case).latest("at")


def page_of(finding: CaseFinding) -> str:
    return reverse("admin:requests_app_case_found", args=[finding.request_id, finding.pk])


def test_from_the_finding_to_the_page_and_back_out(staff: Client) -> None:
    case = RequestFactory.in_review(customer=None)
    finding = written(case, staff)
    page = page_of(finding)
    assert "まだありません" in staff.get(page).content.decode()

    file = SimpleUploadedFile("履歴書.pdf", pdf(), content_type="application/pdf")
    assert staff.post(page, {"text": "志望の動機の写し", "file": file}).status_code == 302
    text, stored = FoundContent.objects.all()
    shown = staff.get(page).content.decode()
    assert "志望の動機の写し" in shown
    assert "履歴書" not in shown, "the name of a file may name somebody"
    assert "2件" in staff.get(reverse("admin:requests_app_case_decide", args=[case.pk])).content.decode()

    opened = staff.post(reverse("admin:requests_app_case_found_file", args=[case.pk, stored.pk]))
    assert b"".join(opened.streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]
    assert AuditEntry.objects.filter(action="found.opened", object_id=str(stored.pk)).exists()

    assert staff.post(page, {"remove": str(text.pk)}).status_code == 302
    assert "志望の動機の写し" not in staff.get(page).content.decode()


def test_what_is_wrong_is_said_and_what_was_typed_stays(staff: Client) -> None:
    page = page_of(written(RequestFactory.in_review(customer=None), staff))
    assert "内容を書くか、ファイルを選んでください。" in staff.post(page, {"text": ""}).content.decode()
    refused = staff.post(page, {"text": "残る言葉", "file": io.BytesIO(b"MZ program")}).content.decode()
    assert "残る言葉" in refused
    assert "マイナンバー" in staff.post(page, {"text": "番号は123456789018"}).content.decode()
    assert not FoundContent.objects.exists()


def test_a_page_of_another_case_or_of_nothing_found_is_not_there(staff: Client) -> None:
    case, other = RequestFactory.in_review(customer=None), RequestFactory.in_review(customer=None)
    finding, nothing = written(case, staff), written(other, staff, result="nothing")
    content = FoundContent.objects.create(finding=finding, text="内容")
    foreign = reverse("admin:requests_app_case_found", args=[other.pk, finding.pk])
    assert staff.get(foreign).status_code == 404
    assert staff.get(page_of(nothing)).status_code == 404
    for key in (str(content.pk), "no key"):
        assert staff.post(foreign, {"remove": key}).status_code == 404
    assert staff.post(page_of(finding), {"remove": "no key"}).status_code == 404
    file = reverse("admin:requests_app_case_found_file", args=[case.pk, content.pk])
    assert staff.post(file).status_code == 404, "a text is no file"


def test_after_the_decision_it_is_only_read(staff: Client) -> None:
    case = RequestFactory.fulfilling(customer=None)
    finding = CaseFinding.objects.create(request=case, place="棚", result="found")
    content = FoundContent.objects.create(finding=finding, text="渡した内容")
    page = staff.get(page_of(finding)).content.decode()
    assert "渡した内容" in page
    assert "取り除く" not in page
    assert staff.post(page_of(finding), {"remove": str(content.pk)}).status_code == 302
    content.refresh_from_db()
    assert content.removed_at is None


def test_a_place_that_is_unclear_is_said_where_it_is_decided(staff: Client) -> None:
    case = RequestFactory.in_review(customer=None)
    written(case, staff, result="unclear")
    page = staff.get(reverse("admin:requests_app_case_decide", args=[case.pk])).content.decode()
    assert "「まだ分からない」場所があります" in page
    assert 'value="no_such_data"' not in page


def test_whoever_will_be_told_to_erase_is_named_before_it_is_decided(staff: Client) -> None:
    case = RequestFactory.in_review(customer=None, request_type="erasure", grounds=["no_longer_needed"])
    written(case, staff)
    values = {"outcome": "granted", "reason": ""}
    page = staff.post(reverse("admin:requests_app_case_decide", args=[case.pk]), values).content.decode()
    assert "消去の指示" in page
    assert "決定すると、すぐに送ります。" in page
    assert not Instruction.objects.exists()


def test_closing_says_why_it_waits(staff: Client) -> None:
    case = RequestFactory.answered(customer=None, request_type="erasure")
    finding = CaseFinding.objects.create(request=case, place="棚", result="found")
    Instruction.objects.create(
        request=case, number=1, kind="erase", addressee_kind="staff", addressee="人事部", due_on=case.target_on,
        finding=finding,
    )  # fmt: skip
    page = reverse("admin:requests_app_case_close", args=[case.pk])
    told = staff.post(page, follow=True).content.decode()
    assert "まだ済んでいません" in told
    case.refresh_from_db()
    assert case.status == "answered"
