"""Filters with their numbers, kept lists, and giving several cases to somebody."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy_portal.core.models import AuditEntry, User
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, FirstView, HandOver, SavedView
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

pytestmark = pytest.mark.django_db
QUEUE = "/admin/requests_app/disclosurerequest/"
VIEWS = f"{QUEUE}views/"


@pytest.fixture
def manager() -> User:
    return StaffFactory()


@pytest.fixture
def signed_in(client: Client, manager: User) -> Client:
    pass_second_factor(client, manager)
    return client


def other_client() -> tuple[Client, User]:
    client, user = Client(), StaffFactory()
    pass_second_factor(client, user)
    return client, user


def choices(page: Any, parameter: str) -> dict[str, str]:
    changelist = page.context["cl"]
    spec = next(one for one in changelist.filter_specs if getattr(one, "parameter_name", "") == parameter)
    return {choice["display"]: choice["query_string"] for choice in spec.choices(changelist)}


def shown(page: Any) -> set[Any]:
    return {row.pk for row in page.context["cl"].result_list}


def test_every_choice_lists_as_many_as_it_says(signed_in: Client, manager: User) -> None:
    today = timezone.localdate()
    other = StaffFactory(display_name="別の担当")
    for status in Status:
        for days in (-1, 0, 3, 30):
            RequestFactory.in_status(status, target_on=today + timedelta(days=days))
    RequestFactory.in_review(assigned_to=manager, request_type="complaint", target_on=today)
    RequestFactory.in_review(assigned_to=other)
    seen = 0
    for query in ({"queue": "open"}, {"queue": "ended"}, {"queue": "open", "waits": "staff", "due": "today"}):
        page = signed_in.get(QUEUE, query)
        for parameter in ("type", "status", "due", "waits", "channel", "assigned"):
            for display, address in choices(page, parameter).items():
                listed = signed_in.get(f"{QUEUE}{address}").context["cl"].result_count
                assert display.endswith(f"({listed})"), (query, parameter, display, listed)
                seen += 1
    assert seen > 40
    assert "別の担当 (1)" in choices(signed_in.get(QUEUE), "assigned")


@pytest.mark.parametrize("query", ["assigned=x", "assigned=0", "type=x", "due=x", "waits=x", "status=x", "channel=x"])
def test_an_unknown_choice_finds_nothing(signed_in: Client, query: str) -> None:
    RequestFactory.in_review()
    assert signed_in.get(f"{QUEUE}?{query}").context["cl"].result_count == 0


def test_the_number_of_statements_stays_the_same(signed_in: Client, django_assert_num_queries: Any) -> None:
    # All of them have somebody: one statement less is needed for a page without.
    RequestFactory.in_review(assigned_to=StaffFactory())
    signed_in.get(QUEUE)
    for wanted in (1, 100):
        while DisclosureRequest.objects.count() < wanted:
            RequestFactory.in_review(assigned_to=StaffFactory())
        with django_assert_num_queries(12):
            assert signed_in.get(QUEUE).context["cl"].result_count == wanted


def test_an_empty_list_says_what_to_do(signed_in: Client) -> None:
    page = signed_in.get(QUEUE, {"type": "complaint"}).content.decode()
    assert "条件を外すか、受付番号や氏名で探してください" in page


def save(client: Client, query: str = "type=complaint&due=overdue", **values: Any) -> Any:
    return client.post(f"{VIEWS}save/?{query}", {"name": "苦情", **values})


def test_a_view_keeps_filters_and_order_and_no_words(signed_in: Client, manager: User) -> None:
    wanted = RequestFactory.in_review(request_type="complaint", target_on=timezone.localdate() - timedelta(days=1))
    RequestFactory.in_review()
    response = save(signed_in, "type=complaint&due=overdue&o=-5&found=abc&words=x&p=3")
    view = SavedView.objects.get()
    assert view.parameters == {"type": "complaint", "due": "overdue", "o": "-5"}
    page = signed_in.get(response["Location"])
    assert shown(page) == {wanted.pk}
    assert 'aria-current="page">苦情</a>' in page.content.decode()
    # Whoever filters on is no longer in it.
    assert not any("view=" in address for address in choices(page, "status").values())
    assert "苦情" in signed_in.get(VIEWS).content.decode()
    assert AuditEntry.objects.get(action="view.saved").object_id == str(view.pk)


def test_a_name_is_taken_once(signed_in: Client) -> None:
    save(signed_in)
    page = save(signed_in)
    assert "同じ名前の一覧があります" in page.content.decode()
    assert SavedView.objects.count() == 1


def test_the_first_view_opens_and_the_others_stay_within_reach(signed_in: Client, manager: User) -> None:
    save(signed_in, first="on")
    assert "type=complaint" in signed_in.get(QUEUE)["Location"]
    assert signed_in.get(QUEUE, {"queue": "open"}).status_code == 200
    view = SavedView.objects.get()
    signed_in.post(reverse("admin:requests_app_view_first", args=[view.pk]), {"never": "1"})
    assert signed_in.get(QUEUE).status_code == 200
    assert not FirstView.objects.exists()


def test_conditions_can_be_replaced_and_the_name_changed(signed_in: Client) -> None:
    save(signed_in)
    view = SavedView.objects.get()
    signed_in.post(f"{VIEWS}save/?status=in_review", {"replace": view.pk})
    signed_in.post(f"{VIEWS}{view.pk}/", {"name": "確認中", "shared": "on"})
    view.refresh_from_db()
    assert (view.name, view.shared, view.parameters) == ("確認中", True, {"status": "in_review"})


def test_others_see_what_is_shared_and_change_nothing(signed_in: Client) -> None:
    save(signed_in)
    view = SavedView.objects.get()
    other, user = other_client()
    first = reverse("admin:requests_app_view_first", args=[view.pk])
    assert "苦情" not in other.get(VIEWS).content.decode()
    assert other.post(first).status_code == 404
    signed_in.post(f"{VIEWS}{view.pk}/", {"name": "苦情", "shared": "on"})
    assert "苦情" in other.get(VIEWS).content.decode()
    other.post(first)
    assert FirstView.objects.get().user_id == user.pk
    for page in (f"{VIEWS}{view.pk}/", f"{VIEWS}{view.pk}/delete/"):
        assert other.get(page).status_code == 404
        assert other.post(page, {"name": "x"}).status_code == 404
    assert other.post(f"{VIEWS}save/?", {"replace": view.pk}).status_code == 404
    # No longer shared: it opens for nobody else.
    signed_in.post(f"{VIEWS}{view.pk}/", {"name": "苦情"})
    assert other.get(QUEUE).status_code == 200


def test_a_view_is_deleted_after_asking(signed_in: Client) -> None:
    save(signed_in, first="on")
    page = f"{VIEWS}{SavedView.objects.get().pk}/delete/"
    assert "請求は消えません" in signed_in.get(page).content.decode()
    assert SavedView.objects.exists()
    signed_in.post(page)
    assert not SavedView.objects.exists()
    assert signed_in.get(QUEUE).status_code == 200


def bulk(client: Client, cases: list[DisclosureRequest], **values: Any) -> Any:
    keys = [str(case.pk) for case in cases]
    return client.post(QUEUE, {"action": "assign_selected", "_selected_action": keys, **values}, follow=True)


def test_several_cases_are_given_to_somebody(signed_in: Client, manager: User) -> None:
    cases = [RequestFactory.in_review() for _ in range(3)]
    other = StaffFactory(display_name="佐々木")
    page = bulk(signed_in, cases).content.decode()
    assert "佐々木（進行中 0件）" in page
    assert all(f"seen-{case.pk}" in page for case in cases)
    done = bulk(signed_in, cases, confirmed="1", assigned_to=other.pk, note="来週までに", **{f"seen-{cases[0].pk}": ""})
    assert "3件の担当者を決めました" in done.content.decode()
    assert DisclosureRequest.objects.filter(assigned_to=other).count() == 3
    assert HandOver.objects.filter(to=other, by=manager).count() == 3
    assert "来週までに" in signed_in.get(f"{QUEUE}{cases[0].pk}/change/").content.decode()
    assert "来週" not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_what_changed_meanwhile_or_may_not_be_given_is_told_and_left(signed_in: Client, manager: User) -> None:
    plain, changed = RequestFactory.in_review(), RequestFactory.in_review()
    other, third = StaffFactory(), StaffFactory()
    theirs = RequestFactory.in_review(applicant=other)
    changed.assigned_to = third
    changed.save()
    page = bulk(signed_in, [plain, changed, theirs], confirmed="1", assigned_to=other.pk).content.decode()
    assert "1件の担当者を決めました" in page
    assert changed.receipt_number in page.split("先に担当者を変えた")[1][:40]
    assert theirs.receipt_number in page.split("扱えないため")[1][:40]
    changed.refresh_from_db()
    assert changed.assigned_to == third
    assert not HandOver.objects.filter(request__in=[changed, theirs]).exists()


def test_only_who_may_change_cases_is_offered_it(client: Client) -> None:
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_disclosurerequest"))
    pass_second_factor(client, viewer)
    case = RequestFactory.in_review()
    assert "assign_selected" not in client.get(QUEUE).content.decode()
    bulk(client, [case], confirmed="1", assigned_to=viewer.pk)
    case.refresh_from_db()
    assert case.assigned_to is None


def test_taking_a_case_oneself(signed_in: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    page = f"{QUEUE}{case.pk}/change/"
    assert "自分が担当する" in signed_in.get(page).content.decode()
    signed_in.post(f"{QUEUE}{case.pk}/assign/", {"assigned_to": manager.pk})
    assert "自分が担当する" not in signed_in.get(page).content.decode()
    assert signed_in.get(QUEUE, {"assigned": "me"}).context["cl"].result_count == 1
    signed_in.post(f"{QUEUE}{case.pk}/assign/", {"assigned_to": manager.pk})
    assert HandOver.objects.count() == 1


def test_views_of_nobody(signed_in: Client) -> None:
    assert signed_in.get(f"{VIEWS}{uuid.uuid4()}/").status_code == 404
    assert "まだありません" in signed_in.get(VIEWS).content.decode()
