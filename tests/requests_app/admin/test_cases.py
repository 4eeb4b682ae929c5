"""The manager's queue and case page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import DataItem
from privacy_portal.core.models import AuditEntry, User
from requests_app.admin.steps import PRIMARY, STEPS, WAITS_FOR
from requests_app.domain.transitions import OPEN_STATUSES, Status
from requests_app.models import Decision, DisclosureRequest, HandOver, Message
from tests.factories.consent import (
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    ProvisionBasisFactory,
    ProvisionFactory,
    RecipientFactory,
    RequestRuleFactory,
    catalogue,
)
from tests.factories.core import StaffFactory, UserFactory, pass_second_factor
from tests.factories.requests import DecisionProposalFactory, MessageFactory, RequestFactory

pytestmark = pytest.mark.django_db
QUEUE = "/admin/requests_app/disclosurerequest/"


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


def address(case: DisclosureRequest, step: str = "", **kwargs: Any) -> str:
    if not step:
        return reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])
    return reverse(f"admin:requests_app_case_{step}", args=[case.pk, *kwargs.values()])


def shown(client: Client, queue: str = "") -> set[str]:
    response = client.get(QUEUE, {"queue": queue} if queue else {})
    assert response.status_code == 200
    return {case.receipt_number for case in response.context["cl"].result_list}


def test_queue_shows_open_requests_and_masks_names(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    closed = RequestFactory.closed()
    response = signed_in.get(QUEUE)
    text = response.content.decode()
    assert case.receipt_number in text
    assert closed.receipt_number not in text
    assert "花子" not in text
    assert "高●●" in text


@pytest.mark.parametrize(
    ("queue", "make", "other"),
    [
        ("decide", RequestFactory.in_review, RequestFactory.waiting),
        ("identity", RequestFactory.in_identity_review, RequestFactory.in_review),
        ("to_post", RequestFactory.ready_to_post, RequestFactory.answered),
        ("waiting", RequestFactory.waiting, RequestFactory.in_review),
        ("ended", RequestFactory.closed, RequestFactory.in_review),
    ],
)
def test_each_saved_view_holds_its_own(signed_in: Client, queue: str, make: Any, other: Any) -> None:
    wanted, unwanted = make(), other()
    numbers = shown(signed_in, queue)
    assert wanted.receipt_number in numbers
    assert unwanted.receipt_number not in numbers


def test_due_and_overdue_leave_out_what_waits_for_the_person(signed_in: Client) -> None:
    today = timezone.localdate()
    late = RequestFactory.in_review(target_on=today - timedelta(days=1))
    due = RequestFactory.in_review(target_on=today)
    waiting = RequestFactory.waiting(target_on=today - timedelta(days=1))
    assert shown(signed_in, "overdue") == {late.receipt_number}
    assert due.receipt_number in shown(signed_in, "due_today")
    assert waiting.receipt_number not in shown(signed_in, "overdue")


def test_every_tile_of_the_dashboard_opens_the_list_it_counts(signed_in: Client) -> None:
    today = timezone.localdate()
    for status in Status:
        RequestFactory.in_status(status)
        RequestFactory.in_status(status, target_on=today - timedelta(days=3))
        RequestFactory.in_status(status, target_on=today)
    Message.objects.create(request=RequestFactory.in_review(), from_person=True, body="質問です")
    DecisionProposalFactory(request=RequestFactory.in_review())
    response = signed_in.get("/admin/")
    tiles = response.context["tiles"]
    assert len(tiles) >= 8
    for tile in tiles:
        listed = signed_in.get(tile["address"]).context["cl"].result_count
        assert (tile["label"], listed) == (tile["label"], tile["number"])
        if "due_this_week" not in tile["address"]:
            assert tile["number"] > 0, tile["label"]


@pytest.mark.parametrize(
    "term", ["number", "高橋", "花子", "タカハシ", "高橋 花子", "someone@post.example"], ids=lambda term: term
)
def test_search_finds_by_number_and_name(signed_in: Client, term: str) -> None:
    case = RequestFactory.in_review(party={"email": "someone@post.example"})
    RequestFactory.in_review(party={"family_name": "別人", "given_name": "某", "family_kana": "", "given_kana": ""})
    typed = case.receipt_number.lower().replace("-", " ") if term == "number" else term
    numbers = {
        row.receipt_number for row in signed_in.post(QUEUE, {"words": typed}, follow=True).context["cl"].result_list
    }
    assert numbers == {case.receipt_number}


def test_opening_a_case_reads_what_the_person_wrote(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    MessageFactory(request=case, from_person=True, author=case.applicant)
    assert shown(signed_in, "unread") == {case.receipt_number}
    signed_in.get(address(case))
    assert shown(signed_in, "unread") == set()


def test_saved_views_stand_above_the_list_with_their_numbers(signed_in: Client) -> None:
    RequestFactory.in_review()
    RequestFactory.in_identity_review()
    views = {view["label"]: view for view in signed_in.get(QUEUE, {"queue": "decide"}).context["views"]}
    assert [label for label, view in views.items() if view["chosen"]] == ["回答を決める"]
    assert views["回答を決める"]["number"] == 1
    assert views["進行中のすべて"]["number"] == 2


def test_every_look_is_recorded(signed_in: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    signed_in.get(address(case))
    entry = AuditEntry.objects.get(action="request.viewed")
    assert (entry.actor, entry.object_id) == (f"user:{manager.pk}", str(case.pk))


@pytest.mark.parametrize("tab", ["overview", "data", "messages", "files", "timeline", "nonsense"])
@pytest.mark.parametrize("status", list(Status))
def test_every_tab_in_every_status(signed_in: Client, status: Status, tab: str) -> None:
    case = RequestFactory.in_status(status)
    response = signed_in.get(address(case), {"tab": tab})
    assert response.status_code == 200
    assert case.receipt_number in response.content.decode()


def test_tables_of_the_page_cover_every_status() -> None:
    assert set(WAITS_FOR) == set(Status)
    assert set(PRIMARY) <= set(OPEN_STATUSES) | {Status.ANSWERED}
    assert set(PRIMARY.values()) <= {step.code for step in STEPS}


def test_data_found_shows_values_with_their_origin(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    OrderFactory(customer=case.customer)
    text = signed_in.get(address(case), {"tab": "data"}).content.decode()
    for expected in ("髙橋", "０９０－１２３４－５６７８", "EC-CUBE", "サングラス", "女性", "090-1234-5678"):
        assert expected in text


def decision(**changes: Any) -> dict[str, Any]:
    return {"outcome": "granted", "ground": "", "reason": "", **changes}


def test_deciding_shows_what_will_happen_and_writes_only_when_confirmed(signed_in: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    response = signed_in.post(address(case, "decide"), decision())
    assert response.status_code == 200
    assert "決定すると起きること" in response.content.decode()
    assert not Decision.objects.exists()
    response = signed_in.post(address(case, "decide"), decision(confirmed="1"), follow=True)
    made = Decision.objects.get()
    assert (made.outcome, made.decided_by) == ("granted", manager)
    case.refresh_from_db()
    assert case.status == Status.FULFILLING


def test_a_refusal_without_ground_or_reason_is_explained_and_keeps_what_was_typed(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    response = signed_in.post(address(case, "decide"), decision(outcome="refused", reason="法務に確認済みです"))
    text = response.content.decode()
    assert "応じない根拠を選んでください。" in text
    assert "法務に確認済みです" in text
    assert not Decision.objects.exists()


def test_a_decision_that_somebody_else_made_meanwhile(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    signed_in.post(address(case, "decide"), decision(confirmed="1"))
    response = signed_in.post(address(case, "decide"), decision(confirmed="1"), follow=True)
    assert response.redirect_chain
    assert Decision.objects.count() == 1


def test_the_letter_can_be_seen_before_deciding(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    response = signed_in.post(address(case, "letter"), decision())
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    assert AuditEntry.objects.filter(action="decision.previewed").exists()
    assert not Decision.objects.exists()


def test_what_cannot_be_printed_is_said_before_deciding(signed_in: Client) -> None:
    case = RequestFactory.in_review(party={"given_name": "花子😀"})
    page = signed_in.post(address(case, "decide"), decision()).content.decode()
    assert "〓にします：😀" in page
    response = signed_in.post(address(case, "letter"), decision())
    assert response["Content-Type"] == "application/pdf"
    assert "〓にしました：😀" in signed_in.get(address(case)).content.decode()


def test_an_item_that_is_collected_no_more_but_held_can_be_withheld(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    OrderFactory(customer=case.customer, item=None)
    DataItem.objects.filter(code__in=["order", "note"]).update(active=False)
    form = signed_in.get(address(case, "decide")).context["form"]
    offered = {item.code for item in form.fields["withheld_items"].queryset}
    assert "order" in offered
    assert "note" not in offered


def test_provisions_that_stay_out_of_the_answer_are_told_to_the_manager(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    sentence = "第三者への提供の記録のうち1件は"
    assert sentence not in signed_in.get(address(case, "decide")).content.decode()
    ProvisionFactory(customer=case.customer, basis=ProvisionBasisFactory(article="27(1)iv"))
    assert sentence in signed_in.get(address(case, "decide")).content.decode()
    assert sentence in signed_in.post(address(case, "decide"), decision()).content.decode()


def test_identity_confirmed_with_a_customer_found_by_search(signed_in: Client) -> None:
    case = RequestFactory.in_identity_review()
    customer = CustomerFactory(email="old@post.example", telephone="")
    page = signed_in.post(address(case, "identity"), {"words": "高橋花子", "search": "1"})
    assert customer.email in page.content.decode()
    response = signed_in.post(
        address(case, "identity"), {"words": "高橋花子", "customer": customer.pk, "note": "電話で確認した"}, follow=True
    )
    assert response.status_code == 200
    case.refresh_from_db()
    assert (case.status, case.customer) == (Status.IN_REVIEW, customer)


def test_the_nearest_candidate_comes_first_and_it_says_why(signed_in: Client) -> None:
    case = RequestFactory.in_identity_review()
    sister = CustomerFactory(given_name="桜子", given_kana="サクラコ", email="sister@post.example")
    stranger = CustomerFactory(
        family_name="鈴木", given_name="花", telephone="", postal_code="", address1="", email="b@post.example"
    )
    married = CustomerFactory(family_name="鈴木", email="married@post.example")
    searched = [signed_in.post(address(case, "identity"), {"words": name, "search": "1"}) for name in ("鈴木", "桜子")]
    pages = [page.content.decode() for page in searched]
    assert "名だけ違う（家族の可能性）" in pages[1]
    assert "姓だけ違う（結婚など）" in pages[0]
    keys = list(searched[0].context["form"].candidates)
    assert keys.index(str(married.pk)) < keys.index(str(stranger.pk))
    assert str(sister.pk) in searched[1].context["form"].candidates


@pytest.mark.parametrize(
    "missing",
    [{"customer": "nobody", "note": ""}, {"customer": "", "note": "確認した"}],
    ids=["no reason", "no choice"],
)
def test_identity_cannot_be_confirmed_half(signed_in: Client, missing: dict[str, str]) -> None:
    case = RequestFactory.in_identity_review()
    assert "pp-errors" in signed_in.post(address(case, "identity"), missing).content.decode()
    case.refresh_from_db()
    assert case.status == Status.IDENTITY_REVIEW


def test_somebody_who_is_not_registered_can_be_confirmed(signed_in: Client) -> None:
    case = RequestFactory.in_identity_review()
    signed_in.post(address(case, "identity"), {"customer": "nobody", "note": "身分証を窓口で確認した"})
    case.refresh_from_db()
    assert (case.status, case.customer) == (Status.IN_REVIEW, None)


def test_a_customer_who_is_no_candidate_cannot_be_linked(signed_in: Client) -> None:
    case = RequestFactory.in_identity_review()
    stranger = CustomerFactory(family_name="他人", name_key="他人花子", telephone="", postal_code="")
    signed_in.post(address(case, "identity"), {"customer": stranger.pk, "note": "確認した"})
    case.refresh_from_db()
    assert case.status == Status.IDENTITY_REVIEW


def gift_recipients_case() -> tuple[DisclosureRequest, Any]:
    recipient = RecipientFactory()
    case = RequestFactory.in_identity_review(
        party={
            "family_name": "贈田",
            "given_name": "先夫",
            "postal_code": recipient.postal_code,
            "order_number": recipient.record.external_id,
        }
    )
    return case, recipient


def test_somebody_who_may_be_the_recipient_of_a_gift_is_shown_as_such(signed_in: Client) -> None:
    case, recipient = gift_recipients_case()
    for page in (address(case, "identity"), address(case)):
        text = signed_in.get(page).content.decode()
        assert "贈り先かもしれません" in text
        assert f"注文 {recipient.record.external_id}" in text
        assert recipient.address1 in text
    looks = AuditEntry.objects.filter(action="identity.recipients_viewed", object_id=str(case.pk))
    assert [look.detail for look in looks] == [{"count": 1}] * 2


def test_recipients_are_not_shown_to_staff_who_judge_nothing(client: Client, manager: User) -> None:
    case, _recipient = gift_recipients_case()
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_disclosurerequest"))
    pass_second_factor(client, clerk)
    assert "贈り先かもしれません" not in client.get(address(case)).content.decode()
    assert not AuditEntry.objects.filter(action="identity.recipients_viewed").exists()


def test_the_sender_of_a_gift_is_not_linked_in_passing(signed_in: Client) -> None:
    case, recipient = gift_recipients_case()
    sender = recipient.record.customer
    assert "名前が違います（注文の送り主の可能性）" in signed_in.get(address(case, "identity")).content.decode()
    values = {"customer": sender.pk, "note": "注文番号で確認した"}
    text = signed_in.post(address(case, "identity"), values).content.decode()
    assert "送り主でないことを確かめてから" in text
    case.refresh_from_db()
    assert (case.status, case.customer) == (Status.IDENTITY_REVIEW, None)
    signed_in.post(address(case, "identity"), {**values, "not_the_sender": "on"})
    case.refresh_from_db()
    assert (case.status, case.customer) == (Status.IN_REVIEW, sender)


def test_without_a_possible_sender_nothing_more_is_asked(signed_in: Client) -> None:
    text = signed_in.get(address(RequestFactory.in_identity_review(), "identity")).content.decode()
    assert "not_the_sender" not in text
    assert "贈り先かもしれません" not in text


def test_a_confirmed_identity_can_be_taken_back_with_a_reason(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    signed_in.post(address(case, "reconsider"), {"note": ""})
    case.refresh_from_db()
    assert case.status == Status.IN_REVIEW
    signed_in.post(address(case, "reconsider"), {"note": "別の顧客を結び付けていた"})
    case.refresh_from_db()
    assert (case.status, case.customer) == (Status.IDENTITY_REVIEW, None)


def test_asking_and_writing(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    signed_in.post(address(case, "message"), {"body": "受け付けました。"})
    signed_in.post(address(case, "ask"), {"body": "注文番号を教えてください。"})
    case.refresh_from_db()
    assert case.status == Status.WAITING
    assert [message.asks_reply for message in case.messages.order_by("sent_at")] == [False, True]


def test_assigning(signed_in: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    signed_in.post(address(case, "assign"), {"assigned_to": manager.pk})
    case.refresh_from_db()
    assert case.assigned_to == manager
    assert case.receipt_number in shown(signed_in, "mine")


@pytest.mark.parametrize(
    ("step", "make", "after"),
    [
        ("close", RequestFactory.answered, Status.CLOSED),
        ("reopen", RequestFactory.answered, Status.IN_REVIEW),
    ],
)
def test_steps_without_input_ask_first(signed_in: Client, step: str, make: Any, after: Status) -> None:
    case = make()
    before = case.status
    assert signed_in.get(address(case, step)).status_code == 200
    case.refresh_from_db()
    assert case.status == before
    signed_in.post(address(case, step))
    case.refresh_from_db()
    assert case.status == after


@pytest.mark.parametrize("step", [step.code for step in STEPS if step.event])
@pytest.mark.parametrize("status", [Status.CLOSED, Status.WITHDRAWN, Status.FULFILLING])
def test_what_the_status_does_not_allow_changes_nothing(signed_in: Client, step: str, status: Status) -> None:
    case = RequestFactory.in_status(status)
    response = signed_in.post(address(case, step), decision(confirmed="1", body="x", note="x", customer=""))
    assert response.status_code == 302
    case.refresh_from_db()
    assert case.status == status


def test_staff_without_permission_see_and_do_nothing(client: Client, manager: User) -> None:
    clerk = StaffFactory(is_superuser=False)
    pass_second_factor(client, clerk)
    case = RequestFactory.in_review()
    assert client.get(QUEUE).status_code == 403
    assert client.get(address(case)).status_code == 403
    for step in STEPS:
        assert client.post(address(case, step.code), decision(confirmed="1")).status_code == 403
    assert "tiles" not in client.get("/admin/").context


def test_customers_and_visitors_are_sent_to_sign_in(client: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    for user in (None, UserFactory()):
        if user:
            client.force_login(user)
        for step in ("", *(step.code for step in STEPS)):
            response = client.get(address(case, step))
            assert response.status_code == 302
            assert response["Location"].startswith(("/staff/", "/admin/login/"))


def test_lists_take_the_same_number_of_queries_at_1_and_30_rows(
    signed_in: Client, django_assert_num_queries: Any
) -> None:
    RequestFactory.in_review()
    signed_in.get(QUEUE)
    with django_assert_num_queries(QUEUE_QUERIES):
        signed_in.get(QUEUE)
    for _ in range(29):
        RequestFactory.in_review()
    with django_assert_num_queries(QUEUE_QUERIES):
        signed_in.get(QUEUE)


# Session, account, second factor, staff for the filter, the count, the rows with their staff, the parties, and
# the numbers of the saved views.
QUEUE_QUERIES = 10


def clerk(client: Client, *permissions: str) -> User:
    """Staff with nothing but these permissions, signed in."""
    account = StaffFactory(is_superuser=False)
    account.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    pass_second_factor(client, account)
    return account


def test_what_was_found_asks_for_the_permission_to_see_customers(client: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    account = clerk(client, "view_disclosurerequest")
    page = client.get(address(case) + "?tab=data").content.decode()
    assert "お客さまを見る権限がない" in page
    assert "例町4-5-6" not in page
    account.user_permissions.add(Permission.objects.get(codename="view_customer"))
    assert "例町4-5-6" in client.get(address(case) + "?tab=data").content.decode()
    viewed = AuditEntry.objects.filter(action="customer.viewed", object_id=str(case.customer_id))
    assert [entry.actor for entry in viewed] == [f"user:{account.pk}"]


def test_candidates_ask_for_the_permission_to_see_customers(client: Client, manager: User) -> None:
    customer = CustomerFactory(email="victim@post.example")
    case = RequestFactory.in_identity_review(party={"email": customer.email})
    account = clerk(client, "view_disclosurerequest", "check_identity")
    assert client.post(address(case, "identity"), {"words": "高橋花子", "search": "1"}).status_code == 403
    assert AuditEntry.objects.filter(action="admin.denied", actor=f"user:{account.pk}").count() == 1
    assert "お客さまを見る権限がない" in client.get(address(case)).content.decode()
    account.user_permissions.add(Permission.objects.get(codename="view_customer"))
    assert client.get(address(case, "identity")).status_code == 200
    assert AuditEntry.objects.filter(action="customer.viewed", object_id=str(customer.pk)).count() == 1


def test_nobody_opens_their_own_request_as_staff(client: Client, manager: User) -> None:
    pass_second_factor(client, manager)
    own = RequestFactory.in_identity_review(applicant=manager)
    pages = [address(own), address(own) + "?tab=data", address(own, "identity"), address(own, "decide")]
    pages += [address(own, "ask"), address(own, "assign"), f"{QUEUE}{own.pk}/history/"]
    for page in pages:
        assert client.get(page).status_code == 403, page
    assert client.post(address(own, "file", file_id=own.pk)).status_code == 403
    denied = AuditEntry.objects.filter(action="request.denied", object_id=str(own.pk))
    assert denied.count() >= len(pages)
    assert not AuditEntry.objects.filter(action="request.viewed").exists()


def test_the_target_is_moved_with_a_reason_that_the_person_reads(signed_in: Client) -> None:
    today = timezone.localdate()
    case = RequestFactory.in_review(target_on=today)
    assert signed_in.get(address(case, "extend")).status_code == 200
    wrong = signed_in.post(address(case, "extend"), {"to_on": today.isoformat(), "reason": "調査中です。"})
    assert "後の日を入れてください" in wrong.content.decode()
    to_on = today + timedelta(days=9)
    signed_in.post(address(case, "extend"), {"to_on": to_on.isoformat(), "reason": "倉庫を調べています。"})
    case.refresh_from_db()
    assert case.target_on == to_on
    assert "倉庫を調べています。" in signed_in.get(f"{address(case)}?tab=timeline").content.decode()


def test_while_the_person_owes_something_the_target_is_not_moved_by_hand(signed_in: Client) -> None:
    case = RequestFactory.waiting()
    assert "目標日が自動で延びます" in signed_in.get(address(case, "extend"), follow=True).content.decode()


@pytest.mark.parametrize(
    ("code", "shown_date"), [("disclosure", True), ("purpose_notice", False), ("inquiry", False), ("complaint", False)]
)
def test_the_date_of_a_suit_is_shown_where_article_39_speaks_of_it(
    signed_in: Client, code: str, shown_date: bool
) -> None:
    case = RequestFactory.in_review(request_type=code)
    page = signed_in.get(address(case)).content.decode()
    assert ("法第39条" in page) is shown_date
    assert "2週間を待ちません" not in page


@pytest.mark.parametrize(("outcome", "at_once"), [("granted", False), ("partly", True), ("refused", True)])
def test_after_a_refusal_a_suit_is_possible_at_once(signed_in: Client, outcome: str, at_once: bool) -> None:
    refusal = {} if outcome == "granted" else {"ground": "harm_to_person", "reason": "理由"}
    case = RequestFactory.answered(decision={"outcome": outcome, **refusal})
    response = signed_in.get(address(case))
    assert response.context["suit_after_refusal"] is at_once
    days = response.context["suit_from"] - timezone.localdate(case.received_at)
    assert days == (timedelta(0) if at_once else timedelta(days=15))


class TestErasure:
    @pytest.fixture
    def case(self) -> DisclosureRequest:
        case: DisclosureRequest = RequestFactory.in_review(request_type="erasure", grounds=["no_longer_needed"])
        OrderFactory(customer=case.customer, occurred_at=timezone.now())
        return case

    def test_every_place_is_shown_before_it_is_decided(self, signed_in: Client, case: DisclosureRequest) -> None:
        other = RequestFactory.in_review(customer=case.customer)
        response = signed_in.post(address(case, "decide"), decision())
        page = response.content.decode()
        for words in ("登録された項目", "法令により保存し、あとで消すもの", "残るもの", other.receipt_number):
            assert words in page
        assert not Decision.objects.exists()

    def test_it_wants_the_receipt_number_typed(self, signed_in: Client, case: DisclosureRequest) -> None:
        seen = signed_in.post(address(case, "decide"), decision()).context["erasure"].token
        for typed in ("", "違う番号"):
            page = signed_in.post(address(case, "decide"), decision(confirmed="1", seen=seen, typed=typed))
            assert "受付番号が違います" in page.content.decode()
            assert not Decision.objects.exists()
        signed_in.post(address(case, "decide"), decision(confirmed="1", seen=seen, typed=f" {case.receipt_number} "))
        assert Decision.objects.get().outcome == "granted"

    def test_a_stale_page_shows_the_new_state(self, signed_in: Client, case: DisclosureRequest) -> None:
        seen = signed_in.post(address(case, "decide"), decision()).context["erasure"].token
        OrderFactory(customer=case.customer)
        response = signed_in.post(
            address(case, "decide"), decision(confirmed="1", seen=seen, typed=case.receipt_number)
        )
        assert "消去の対象が変わりました" in response.content.decode()
        assert response.context["erasure"].token != seen
        assert not Decision.objects.exists()

    def test_a_refusal_needs_no_typing(self, signed_in: Client, case: DisclosureRequest) -> None:
        refusal = decision(outcome="refused", ground="newer_claim_wrong", reason="まだ取引が続いています。")
        page = signed_in.post(address(case, "decide"), refusal)
        assert "erasure" not in page.context
        signed_in.post(address(case, "decide"), {**refusal, "confirmed": "1"})
        assert Decision.objects.get().outcome == "refused"


def test_a_my_number_in_a_hand_over_is_refused_beside_the_field_and_what_was_typed_stays(signed_in: Client) -> None:
    case, note = RequestFactory.in_review(), "番号は 1234 5678 9018 です"
    response = signed_in.post(reverse("admin:requests_app_case_assign", args=[case.pk]), {"note": note})
    assert response.status_code == 200
    assert "マイナンバー" in str(response.context["form"].errors["note"])
    assert note in response.content.decode()
    assert not HandOver.objects.exists()
