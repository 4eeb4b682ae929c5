"""Handing data to a subcontractor in the admin, and its record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app.domain.duties import Duty, Obstacle, State
from consent_app.domain.gate import Reason
from consent_app.domain.gate_words import REASON_WORDS
from consent_app.domain.supervision_words import DAY_WORDS, DUTY_WORDS, OBSTACLE_STEPS, STATE_WORDS, STEPS
from consent_app.models import DataItem, Entrustment, ForeignArrangement, Subcontractor
from consent_app.services import entrusting, suspensions
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    OrderFactory,
    PurposeFactory,
    RecipientFactory,
    SubcontractorFactory,
    catalogue,
)
from tests.factories.core import StaffFactory
from tests.factories.supervision import day, supervised

pytestmark = pytest.mark.django_db


@pytest.fixture
def items() -> dict[str, DataItem]:
    return catalogue()


@pytest.fixture
def carrier(items: dict[str, DataItem]) -> Subcontractor:
    wanted = [items[code] for code in ("name", "address", "recipient", "order")]
    PurposeFactory(code="delivery", shipping=True, items=wanted)
    return supervised(code="carrier", items=wanted)


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_entrustment_{page}", args=args)


def form(**changes: Any) -> dict[str, Any]:
    return {"purpose": "delivery", "items": ["name", "order"], "by": "orders", "lines": "A1", **changes}


def test_from_the_choice_to_the_file(manager_client: Client, carrier: Subcontractor) -> None:
    gift = RecipientFactory(record=OrderFactory(external_id="A1"))
    OrderFactory(external_id="A2")
    address = url("hand_over", carrier.pk)
    page = manager_client.get(address).content.decode()
    assert "telephone" not in page, "only what this subcontractor may get can be chosen"
    chosen = form(items=["name", "order", "recipient"], lines="A1\r\n\r\n A2 ")
    confirm = manager_client.post(address, chosen)
    assert (confirm.context["orders"], confirm.context["people"], confirm.context["gifts"]) == (2, 2, 1)
    assert "no-store" in confirm["Cache-Control"]
    assert not Entrustment.objects.exists()

    response = manager_client.post(address, {**chosen, "confirmed": "1"})
    record = Entrustment.objects.get()
    assert response["Location"] == url("change", record.pk)
    page = manager_client.get(response["Location"]).content.decode()
    assert "CSVを受け取る" in page
    assert "髙●●●" in page
    assert gift.record.customer.address1 not in page
    assert AuditEntry.objects.filter(action="entrustment.viewed", object_id=str(record.pk)).count() == 1
    download = manager_client.post(url("file", record.pk))
    content = b"".join(download.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert content.count("\r\n") == 3
    assert "贈田" in content
    assert AuditEntry.objects.filter(action="entrustment.downloaded").count() == 1
    assert manager_client.get(url("file", record.pk)).status_code == 405


def test_gifts_that_are_forgotten_are_pointed_out(manager_client: Client, carrier: Subcontractor) -> None:
    RecipientFactory(record=OrderFactory(external_id="A1"))
    page = manager_client.post(url("hand_over", carrier.pk), form()).content.decode()
    assert "贈り先が1人いますが" in page


def test_one_without_contract(manager_client: Client, items: dict[str, DataItem]) -> None:
    PurposeFactory(code="delivery", items=[items["name"], items["order"]])
    bare = SubcontractorFactory(code="bare", items=[items["name"], items["order"]])
    OrderFactory(external_id="A1")
    page = manager_client.get(url("hand_over", bare.pk)).content.decode()
    assert "委託先との契約がありません" in page
    assert "渡そうとしたことが記録に残ります" in page
    response = manager_client.post(url("hand_over", bare.pk), form(confirmed="1"), follow=True)
    page = response.content.decode()
    assert "渡せませんでした" in page
    assert "委託先の選定が記録されていません。 委託先との契約がありません。" in page
    assert "CSVを受け取る" not in page
    assert Entrustment.objects.get().allowed == 0
    gone = manager_client.post(url("file", Entrustment.objects.get().pk), follow=True)
    assert "ファイルはもうありません。" in gone.content.decode()


def test_abroad_by_consent_the_ledger_is_asked_for(manager_client: Client, items: dict[str, DataItem]) -> None:
    """There the subcontractor is a third party (article 28(1)), and the provision needs its record (article 29)."""
    name = items["name"]
    purpose = PurposeFactory(code="delivery", items=[name], needs_consent=True, provided_to="例の運送")
    abroad = supervised(items=[name], country="US")
    texts = dict.fromkeys(("regime_ja", "regime_en", "measures_ja", "measures_en"), "-")
    ForeignArrangement.objects.create(subcontractor=abroad, basis="consent", informed_from=day(-3), **texts)
    customer = CustomerFactory(email="one@post.example")
    chosen = form(by="people", items=["name"], lines="one@post.example", confirmed="1")
    page = manager_client.post(url("hand_over", abroad.pk), chosen, follow=True).content.decode()
    assert "ご本人の同意がありません" in page
    assert "第三者提供の記録（法第29条）もつけてください" not in page
    ConsentFactory(customer=customer, purpose=purpose)
    page = manager_client.post(url("hand_over", abroad.pk), chosen, follow=True).content.decode()
    assert "第三者提供の記録（法第29条）もつけてください" in page


def test_who_stopped_the_use_is_left_out(manager_client: Client, carrier: Subcontractor) -> None:
    stopped = OrderFactory(external_id="A1").customer
    OrderFactory(external_id="A2")
    suspensions.suspend(customer=stopped, kind="use", actor="command", ground="35(1)", now=timezone.now())
    chosen = form(lines="A1\nA2", confirmed="1")
    page = manager_client.post(url("hand_over", carrier.pk), chosen, follow=True).content.decode()
    assert "一部の人のデータは渡せませんでした" in page
    assert "利用の停止中です" in page


@pytest.mark.parametrize("gift", [False, True])
def test_a_file_does_not_leave_after_a_stop(manager_client: Client, carrier: Subcontractor, gift: bool) -> None:
    recipient = RecipientFactory()
    order = recipient.record
    items = ["name", "address", "recipient"] if gift else ["name", "address"]
    manager_client.post(url("hand_over", carrier.pk), form(lines=order.external_id, items=items, confirmed="1"))
    record = Entrustment.objects.get()
    assert record.allowed == (2 if gift else 1)
    suspensions.suspend(customer=order.customer, kind="use", actor="command", ground="35(1)", now=timezone.now())

    page = manager_client.post(url("file", record.pk), follow=True).content.decode()

    assert f"{record.allowed}人のデータは、もう渡せません" in page
    record.file.refresh_from_db()
    assert record.file.erased_at is not None
    assert AuditEntry.objects.filter(action="entrustment.file_stopped").count() == 1
    assert not AuditEntry.objects.filter(action="entrustment.downloaded").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lines": "A1\nnope"}, "見つかりません：2行目"),
        ({"lines": ""}, "注文番号か、期間の始まりと終わり"),
        ({"items": []}, "入力を確かめてください"),
        ({"items": ["name", "telephone"]}, "telephone"),
        ({"purpose": "advertising"}, "入力を確かめてください"),
        ({"by": "people", "lines": "one@post.example"}, "注文番号か期間で選んだときだけ"),
        ({"by": "people", "items": ["name"], "lines": "nobody@post.example"}, "見つかりません：1行目"),
        ({"by": "days", "since": "2026-05-06", "until": "2026-05-01"}, "始まり以後"),
    ],
    ids=["unknown", "nobody", "nothing", "not allowed", "not its purpose", "by person", "no such person", "backwards"],
)
def test_choices_that_cannot_be(
    manager_client: Client, carrier: Subcontractor, changes: dict[str, Any], told: str
) -> None:
    PurposeFactory(code="advertising")
    CustomerFactory(email="one@post.example")
    OrderFactory(external_id="A1")
    page = manager_client.post(url("hand_over", carrier.pk), form(confirmed="1", **changes)).content.decode()
    assert told in page
    assert not Entrustment.objects.exists()


def test_who_may_not_hand_over(staff_client: Callable[..., Client], carrier: Subcontractor) -> None:
    OrderFactory(external_id="A1")
    record = entrusting.entrust(
        customers=[CustomerFactory().pk],
        subcontractor=carrier,
        purpose="delivery",
        items=["name"],
        actor=StaffFactory(),
        now=timezone.now(),
    ).entrustment
    client = staff_client("view_subcontractor", "view_entrustment")
    assert client.get(url("hand_over", carrier.pk)).status_code == 403
    assert client.post(url("hand_over", carrier.pk), form(confirmed="1")).status_code == 403
    assert client.post(url("file", record.pk)).status_code == 403
    assert client.get(url("change", record.pk)).status_code == 200
    assert Entrustment.objects.count() == 1
    assert AuditEntry.objects.filter(action="entrustment.denied").count() == 3
    assert staff_client("view_subcontractor").get(url("change", record.pk)).status_code == 403


def test_one_that_is_no_longer_used_gets_nothing(manager_client: Client, carrier: Subcontractor) -> None:
    Subcontractor.objects.update(active=False)
    assert manager_client.get(url("hand_over", carrier.pk)).status_code == 404


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_takes_a_constant_number_of_queries(
    manager_client: Client, carrier: Subcontractor, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _index in range(number):
        entrusting.entrust(
            customers=[CustomerFactory().pk],
            subcontractor=carrier,
            purpose="delivery",
            items=["name", "telephone"],
            actor=StaffFactory(),
            now=timezone.now(),
        )
    manager_client.get(url("changelist"))
    with django_assert_num_queries(7):
        page = manager_client.get(url("changelist")).content.decode()
    assert "認められたデータ項目の外" in page
    assert manager_client.get(url("changelist"), {"outcome": "handed"}).context["cl"].result_count == 0
    assert manager_client.get(url("changelist"), {"outcome": "refused"}).context["cl"].result_count == number


def test_everything_has_words() -> None:
    assert set(Reason) <= set(REASON_WORDS)
    assert set(DUTY_WORDS) == set(STEPS) == set(DAY_WORDS) == set(Duty)
    assert set(STATE_WORDS) == set(State)
    assert set(OBSTACLE_STEPS) == set(Obstacle)
