"""What staff do with documents: ask, record, look, cover, judge; and who may not."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from privacy_portal.core.models import AuditEntry, User
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Evidence, EvidenceRequest, Party
from requests_app.services import evidence_pages
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.evidence import everything_for_mandate, given, upload
from tests.factories.requests import PartyFactory, RequestFactory

from .test_cases import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    boss: User = StaffFactory()
    pass_second_factor(client, boss)
    return boss


def agents_case(**kwargs: Any) -> DisclosureRequest:
    case = RequestFactory.in_identity_review(role="mandated_agent", **kwargs)
    PartyFactory(request=case, kind=Party.Kind.AGENT, family_name="代理", given_name="人子")
    return case


def page_of(row: Evidence, name: str) -> str:
    return reverse(f"admin:requests_app_case_{name}", args=[row.request_id, row.pk, row.pages.get().pk])


@pytest.mark.parametrize("requester", ["applicant", "former"])
def test_staff_begin_with_what_the_person_said_of_themselves(client: Client, manager: User, requester: str) -> None:
    case = RequestFactory.in_identity_review(requester=requester)
    form = client.get(address(case, "documents")).context["form"]
    assert form["requester"].value() == requester


def test_asking(client: Client, manager: User) -> None:
    case = RequestFactory.in_identity_review()
    page = client.get(address(case, "documents")).content.decode()
    assert "贈り物を受け取った方" in page
    assert "委任状" not in page
    data = {"requester": "unknown", "proofs": ["principal", "connection"], "note": "お急ぎではありません。"}
    assert client.post(address(case, "documents"), data).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.IDENTITY_WAITING
    assert EvidenceRequest.objects.get().asked_by == manager
    shown = client.get(address(case)).content.decode()
    assert "確認書類" in shown


def test_bad_input_stays_on_the_page(client: Client, manager: User) -> None:
    case = RequestFactory.in_identity_review()
    data = {"requester": "person", "proofs": ["connection"], "note": "とても大切"}
    page = client.post(address(case, "documents"), data).content.decode()
    assert "この方にお願いできるもの" in page
    assert "とても大切" in page


def test_recording_what_came_by_post_and_judging_it(client: Client, manager: User) -> None:
    case = agents_case()
    data = {"what": "authority:mandate", "way": "post", "came_on": str(timezone.localdate()), "copies": [upload()]}
    response = client.post(address(case, "evidence_add"), data)
    row = Evidence.objects.get()
    viewer = reverse("admin:requests_app_case_evidence", args=[case.pk, row.pk])
    assert response.headers["Location"] == viewer
    assert (row.way, row.party, row.state) == ("post", "principal", "given")
    page = client.get(viewer).content.decode()
    assert page_of(row, "evidence_page") in page
    judge = reverse("admin:requests_app_case_evidence_judge", args=[case.pk, row.pk])
    wrong = client.post(judge, {"accept": "1", "accept-proofs": ["authority"], "accept-checks": ["name"]})
    assert wrong.status_code == 200
    assert not row.judgements.exists()
    good = {"accept": "1", "accept-proofs": ["authority"], "accept-checks": ["name", "scope"]}
    assert client.post(judge, {**good, "accept-covers_receipt": "False"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.judgements.get().covers_receipt) == ("checked", False)
    assert "回答は本人に郵送" in client.get(viewer).content.decode()


def test_rejecting_and_erasing(client: Client, manager: User) -> None:
    row = given(RequestFactory.in_identity_review())
    judge = reverse("admin:requests_app_case_evidence_judge", args=[row.request_id, row.pk])
    assert client.post(judge, {"reject": "1"}).status_code == 200
    client.post(judge, {"reject": "1", "reject-reason": "not_masked", "reject-erase_now": "on"})
    row.refresh_from_db()
    assert row.erased_at is not None
    assert client.get(page_of(row, "evidence_page")).status_code == 404


def test_each_look_is_recorded_and_marked(client: Client, manager: User) -> None:
    row = given(RequestFactory.in_identity_review())
    client.get(reverse("admin:requests_app_case_evidence", args=[row.request_id, row.pk]))
    assert not AuditEntry.objects.filter(action="evidence.opened").exists()
    shown = client.get(page_of(row, "evidence_page"))
    assert shown["Content-Type"] == "image/jpeg"
    assert "no-store" in shown["Cache-Control"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown.content != evidence_pages.content_of(row.pages.get().file)
    assert AuditEntry.objects.filter(action="evidence.opened", actor=f"user:{manager.pk}").count() == 1
    assert client.post(page_of(row, "evidence_page")).status_code == 405


def test_covering(client: Client, manager: User) -> None:
    row = given(RequestFactory.in_identity_review())
    prefix = f"p{row.pages.get().pk}"
    cover = page_of(row, "evidence_cover")
    assert client.get(cover).status_code == 405
    half = client.post(cover, {f"{prefix}-left_0": "10"}).content.decode()
    assert "4つの数字をすべて" in half
    out = {f"{prefix}-{side}_0": "80" for side in ("left", "top", "width", "height")}
    assert "ページの中に収まる" in client.post(cover, out).content.decode()
    box = dict(zip(("left", "top", "width", "height"), ("0", "0", "50", "50"), strict=True))
    assert client.post(cover, {f"{prefix}-{side}_0": value for side, value in box.items()}).status_code == 302
    kept = Image.open(io.BytesIO(evidence_pages.content_of(row.pages.get().file))).convert("RGB")
    assert max(kept.getpixel((100, 100))) < 12  # type: ignore[arg-type, type-var]
    assert row.pages.get().masked_by == manager


def test_an_agent_is_confirmed_only_when_everything_was_checked(client: Client, manager: User) -> None:
    case = agents_case()
    customer = CustomerFactory(search_pieces=["高橋", "橋花", "花子"])
    data = {"words": "高橋花子", "customer": customer.pk, "note": "電話で確かめた"}
    page = client.post(address(case, "identity"), data).content.decode()
    assert "次の書類をまだ確認していません" in page
    assert "電話で確かめた" in page
    everything_for_mandate(case, covers_receipt=False)
    client.post(address(case, "identity"), data)
    case.refresh_from_db()
    assert (case.status, case.answer_method) == (Status.IN_REVIEW, "paper")
    assert "回答は本人に郵送します" in client.get(address(case)).content.decode()


@pytest.fixture
def clerk(client: Client, manager: User) -> User:
    """Sees cases, but does not check identity."""
    user: User = StaffFactory(is_superuser=False)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_disclosurerequest", "change_disclosurerequest"])
    )
    pass_second_factor(client, user)
    return user


def test_without_the_permission_nothing_is_seen(client: Client, clerk: User) -> None:
    row = given(RequestFactory.in_identity_review())
    for name in ("evidence_page", "evidence_cover"):
        assert client.get(page_of(row, name)).status_code in (403, 405)
        assert client.post(page_of(row, name)).status_code in (403, 405)
    assert client.get(reverse("admin:requests_app_case_evidence", args=[row.request_id, row.pk])).status_code == 403
    assert client.get(address(row.request, "documents")).status_code == 403
    card = client.get(address(row.request)).content.decode()
    assert "運転免許証" in card
    assert str(row.pk) not in card
    assert not AuditEntry.objects.filter(action="evidence.opened").exists()


def test_never_by_the_address_of_another_case_nor_without_a_session(client: Client, manager: User) -> None:
    row, other = given(RequestFactory.in_identity_review()), RequestFactory.in_identity_review()
    page = row.pages.get().pk
    wrong = reverse("admin:requests_app_case_evidence_page", args=[other.pk, row.pk, page])
    assert client.get(wrong).status_code == 404
    draft = given(other, state="draft", given_at=None)
    assert client.get(page_of(draft, "evidence_page")).status_code == 404
    assert Client().get(page_of(row, "evidence_page")).status_code == 302
    own = given(RequestFactory.in_identity_review(applicant=manager))
    assert client.get(page_of(own, "evidence_page")).status_code == 403


def test_after_the_check_nothing_is_judged(client: Client, manager: User) -> None:
    row = given(RequestFactory.in_review())
    page = client.get(reverse("admin:requests_app_case_evidence", args=[row.request_id, row.pk])).content.decode()
    assert "本人確認が終わっているため" in page
    judge = reverse("admin:requests_app_case_evidence_judge", args=[row.request_id, row.pk])
    data = {"accept": "1", "accept-proofs": ["principal"], "accept-checks": ["name"]}
    answer = client.post(judge, data, follow=True)
    assert "本人確認をしている間だけ" in answer.content.decode()
    assert not row.judgements.exists()
