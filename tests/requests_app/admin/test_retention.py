"""The page of what is kept how long, changing it, and holds on the page of a case."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.domain.retention import DEFAULTS, Periods
from consent_app.selectors import retention_periods
from consent_app.services import retention as periods_service
from privacy_portal.core.models import User
from requests_app import care_kinds
from requests_app.models import DisclosureRequest, RetentionHold
from requests_app.services import holds
from tests.factories.consent import OperatorFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

pytestmark = pytest.mark.django_db
PAGE = "admin:consent_app_retentionrule_changelist"
CHANGE = "admin:requests_app_retention_change"
QUERIES = 11
SEEN = {"seen_identity_days": 30, "seen_files_days": 30, "seen_case_months": 24}


@pytest.fixture
def manager(client: Client) -> User:
    OperatorFactory()
    account = StaffFactory()
    pass_second_factor(client, account)
    return account


def ended(days: int, **given: Any) -> DisclosureRequest:
    return RequestFactory.withdrawn(
        closed_at=timezone.now() - timedelta(days=days),
        party={"customer_number": "K-1", "family_name": "秘田"},
        **given,
    )


def page(client: Client) -> str:
    return client.get(reverse(PAGE)).content.decode()


class TestPage:
    def test_what_goes_next_and_what_is_held(self, client: Client, manager: User) -> None:
        soon, later, held = ended(10), ended(0), ended(400)
        DisclosureRequest.objects.filter(pk=later.pk).update(closed_at=timezone.now() + timedelta(days=1))
        holds.place(request=held, kind="suit", reason="訴え", actor=manager, now=timezone.now())
        text = page(client)
        coming, kept = text.split("消去を保留している請求")
        assert soon.receipt_number in coming
        assert later.receipt_number not in coming
        assert held.receipt_number in kept
        assert held.receipt_number not in coming
        # No name of anybody.
        assert "秘田" not in text
        assert "24か月" in text

    @pytest.mark.parametrize("rows", [1, 30])
    def test_the_number_of_queries(
        self, rows: int, client: Client, manager: User, django_assert_num_queries: Any
    ) -> None:
        for _ in range(rows):
            ended(10)
            held = ended(10)
            holds.place(request=held, kind="suit", reason="訴え", actor=manager, now=timezone.now())
        page(client)
        with django_assert_num_queries(QUERIES):
            page(client)

    def test_not_everybody(self, client: Client) -> None:
        OperatorFactory()
        pass_second_factor(client, StaffFactory(is_superuser=False))
        assert client.get(reverse(PAGE)).status_code == 403
        assert client.get(reverse(CHANGE)).status_code == 403


class TestChange:
    def post(self, client: Client, **given: Any) -> Any:
        return client.post(reverse(CHANGE), {**SEEN, "identity_days": 30, "files_days": 30, "case_months": 24, **given})

    def test_longer_is_set_at_once(self, client: Client, manager: User) -> None:
        assert self.post(client, case_months=36).status_code == 302
        assert retention_periods() == Periods(30, 30, 36)

    def test_what_would_go_at_once_is_shown_and_confirmed(self, client: Client, manager: User) -> None:
        ended(40)
        ended(20)
        text = self.post(client, identity_days=10).content.decode()
        assert "元に戻せません" in text
        assert re.search(r"本人確認の資料：2件", text)
        assert retention_periods() == DEFAULTS
        assert self.post(client, identity_days=10, confirmed=1).status_code == 302
        assert retention_periods() == Periods(10, 30, 24)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"identity_days": 31}, "先に消します"),
            ({"identity_days": ""}, "必須"),
            ({"case_months": 61}, "60"),
            ({"files_days": "abc", "identity_days": 1}, "整数"),
        ],
    )
    def test_what_cannot_be(self, given: dict[str, Any], words: str, client: Client, manager: User) -> None:
        text = self.post(client, **given).content.decode()
        assert words in text
        for name, value in given.items():
            assert re.search(rf'name="{name}"[^>]*value="{value}"', text) or value == ""
        assert retention_periods() == DEFAULTS

    def test_somebody_was_faster(self, client: Client, manager: User) -> None:
        periods_service.change(periods=Periods(1, 2, 3), seen=DEFAULTS, actor=manager, now=timezone.now())
        assert "ほかの人が" in self.post(client, case_months=36).content.decode()
        assert retention_periods() == Periods(1, 2, 3)
        assert "ほかの人が" in self.post(client, case_months=36, seen_case_months="x").content.decode()


class TestHold:
    def test_from_the_page_of_the_case(self, client: Client, manager: User) -> None:
        case = ended(3)
        address = reverse("admin:requests_app_case_hold", args=[case.pk])
        assert "必須" in client.post(address, {"kind": "suit", "reason": ""}).content.decode()
        client.post(address, {"kind": "suit", "reason": "訴えられたため"})
        hold = RetentionHold.objects.get()
        assert (hold.request, hold.reason, hold.placed_by) == (case, "訴えられたため", manager)
        text = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])).content.decode()
        assert "訴えられたため" in text
        assert "保留が終わるまで残します" in text
        # A second one is not offered, and one that is sent all the same changes nothing.
        client.post(address, {"kind": "dispute", "reason": "もう一度"})
        assert RetentionHold.objects.count() == 1
        ending = reverse("admin:requests_app_case_unhold", args=[case.pk])
        assert "元に戻せません" in client.get(ending).content.decode()
        client.post(ending, {"reason": "和解した"})
        hold.refresh_from_db()
        assert (hold.end_reason, hold.ended_by) == ("和解した", manager)
        text = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])).content.decode()
        assert "保留が終わるまで残します" not in text

    def test_long_holds_and_what_could_not_be_erased_need_care(self, manager: User) -> None:
        case, stuck, now = ended(3), ended(2000), timezone.now()
        today = timezone.localdate()
        holds.place(request=case, kind="suit", reason="訴え", actor=manager, now=now)
        assert list(care_kinds._held(today, today)) == []
        RetentionHold.objects.update(placed_at=now - timedelta(days=200))
        assert [due.name for due in care_kinds._held(today, today)] == [case.receipt_number]
        assert [due.name for due in care_kinds._not_erased(today, today)] == [stuck.receipt_number]
