"""Customers in the admin: masked in the list, each look recorded, found in any spelling, never named in an address."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.admin.base import CappedPaginator
from consent_app.models import Customer, CustomerIdentity
from consent_app.selectors import CUSTOMERS_FOUND_LIMIT
from consent_app.services.customer_changes import change_customer
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    OrderFactory,
    ProvisionFactory,
    RecipientFactory,
    catalogue,
)
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db

LIST = "admin:consent_app_customer_changelist"


def make_customer(**values: Any) -> Customer:
    names = {"family_name": "髙橋", "given_name": "花子", "family_kana": "タカハシ", "given_kana": "ハナコ"} | values
    customer = CustomerFactory(**names)
    CustomerIdentity.objects.create(
        customer=customer, source="eccube", external_id=f"{customer.pk.int % 10**9}", digest=b"0" * 32
    )
    return customer


def page_of(customer: Customer) -> str:
    return reverse("admin:consent_app_customer_change", args=[customer.pk])


def found_by(client: Client, term: str) -> list[Customer]:
    response = client.post(reverse(LIST), {"words": term}, follow=True)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def rename(customer: Customer, company: str, **more: Any) -> None:
    change_customer(
        customer=customer,
        values={"company": {"company": company}},
        **{"actor": UserFactory(), "channel": "self", "now": timezone.now(), **more},
    )


def test_the_page_shows_the_history_of_changes(manager_client: Client) -> None:
    customer = make_customer()
    staff = UserFactory(display_name="担当 一郎")
    rename(customer, "例社")
    rename(customer, "新例社", actor=staff, channel="request", reference="R-9", reason="登記簿で確認")
    html = manager_client.get(page_of(customer)).content.decode()
    for shown in (
        "例社",
        "新例社",
        "会社名",
        "本人がポータルで変更",
        "請求にもとづく訂正",
        "R-9",
        "登記簿で確認",
        "担当 一郎",
    ):
        assert shown in html, shown


def test_the_list_is_masked(manager_client: Client) -> None:
    make_customer(email="hanako@post.example")
    html = manager_client.get(reverse(LIST)).content.decode()
    for shown in ("髙●●●", "h●●●@post.example", "●●●78", "東京都"):
        assert shown in html
    for hidden in ("髙橋", "花子", "hanako", "+819012345678", "例町4-5-6"):
        assert hidden not in html
    assert not AuditEntry.objects.filter(action="customer.viewed").exists()


def test_the_page_shows_everything_and_records_the_look(manager_client: Client) -> None:
    catalogue()
    customer = make_customer()
    RecipientFactory(record=OrderFactory(customer=customer))
    ConsentFactory(customer=customer)
    ProvisionFactory(customer=customer)

    html = manager_client.get(page_of(customer)).content.decode()

    for shown in (
        "髙橋　花子",
        "〒100-0001 東京都千代田区例町4-5-6 例マンション101",
        "０９０－１２３４－５６７８",
        "eccube 12",
        "2026年4月1日（水）",
        "商品名 サングラス、数量 1",
        "贈田　先夫",
        "例の百貨店",
        "監査記録に残りました",
    ):
        assert shown in html
    entry = AuditEntry.objects.get(action="customer.viewed")
    assert (entry.object_type, entry.object_id) == ("consent_app.customer", str(customer.pk))
    assert entry.actor.startswith("user:")
    assert entry.detail == {}


def test_an_empty_customer_has_a_page(manager_client: Client) -> None:
    customer = CustomerFactory(
        **dict.fromkeys(
            ("family_name", "given_name", "family_kana", "given_kana", "postal_code", "prefecture", "address1"), ""
        ),
        address2="",
        telephone="",
        email="",
        gender="",
        birth_date=None,
        origins={},
        originals={},
    )
    assert "登録されているデータはありません。" in manager_client.get(page_of(customer)).content.decode()
    assert "—" in manager_client.get(reverse(LIST)).content.decode()


def test_without_permission_nothing_is_shown_and_the_attempt_is_recorded(staff_client: Callable[..., Client]) -> None:
    customer = make_customer()
    client = staff_client("view_consent")
    assert client.get(reverse(LIST)).status_code == 403
    assert client.get(page_of(customer)).status_code == 403
    assert AuditEntry.objects.get(action="customer.denied").object_id == str(customer.pk)
    assert not AuditEntry.objects.filter(action="customer.viewed").exists()


def test_an_unknown_id_is_no_page_and_no_entry(manager_client: Client) -> None:
    response = manager_client.get(reverse("admin:consent_app_customer_change", args=[uuid.uuid4()]))
    assert response.status_code == 302
    assert not AuditEntry.objects.filter(action__startswith="customer.").exists()


def test_nobody_changes_a_customer_by_hand(manager_client: Client) -> None:
    customer = make_customer()
    assert manager_client.post(page_of(customer), {"family_name": "改"}).status_code == 403
    assert manager_client.post(reverse("admin:consent_app_customer_delete", args=[customer.pk])).status_code == 403
    assert manager_client.get(reverse("admin:consent_app_customer_add")).status_code == 403
    customer.refresh_from_db()
    assert customer.family_name == "髙橋"


@pytest.mark.parametrize(
    "term",
    [
        "髙橋",
        "高橋",
        "高橋花子",
        "花子 髙橋",
        "高橋　花",
        "たかはし",
        "ﾀｶﾊｼ ﾊﾅｺ",
        "HANAKO@post.example",
        "ｈａｎａｋｏ＠ｐｏｓｔ．ｅｘａｍｐｌｅ",
        "090-1234-5678",
        "０９０１２３４５６７８",
        "〒100-0001",
        " 1000001 ",
    ],
)
def test_search_forgives_spelling_and_width(manager_client: Client, term: str) -> None:
    customer = make_customer(email="hanako@post.example")
    make_customer(
        family_name="渡辺",
        given_name="和也",
        family_kana="ワタナベ",
        given_kana="カズヤ",
        telephone="+81312345678",
        postal_code="5300001",
    )
    assert found_by(manager_client, term) == [customer]


def test_search_by_number_of_any_source_or_id(manager_client: Client) -> None:
    customer, other = make_customer(), make_customer()
    CustomerIdentity.objects.create(customer=customer, source="shopify", external_id="1100000", digest=b"0" * 32)
    CustomerIdentity.objects.create(customer=other, source="base", external_id="1100001", digest=b"0" * 32)
    assert found_by(manager_client, "1100000") == [customer]
    assert found_by(manager_client, "１１００００１") == [other]
    assert found_by(manager_client, str(other.pk)) == [other]


def test_search_by_a_name_of_one_character(manager_client: Client) -> None:
    customer = make_customer(family_name="林", given_name="翔", family_kana="ハヤシ", given_kana="ショウ")
    make_customer(family_name="小林")
    assert found_by(manager_client, "林") == [customer]
    assert found_by(manager_client, "翔") == [customer]


@pytest.mark.parametrize("term", ["該当なし", "a", "%", "'; --", "x@y.example", "　"])
def test_search_for_nobody(manager_client: Client, term: str) -> None:
    make_customer()
    assert found_by(manager_client, term) == ([] if term.strip() else list(Customer.objects.all()))


def test_search_says_when_there_are_more(manager_client: Client) -> None:
    for _ in range(CUSTOMERS_FOUND_LIMIT + 1):
        make_customer()
    response = manager_client.post(reverse(LIST), {"words": "高橋"}, follow=True)
    assert len(response.context["cl"].result_list) == CUSTOMERS_FOUND_LIMIT
    assert "もう少し詳しい言葉で" in response.content.decode()


def test_search_within_a_filter(manager_client: Client) -> None:
    customer = make_customer(status=Customer.Status.WITHDRAWN)
    make_customer()
    response = manager_client.post(f"{reverse(LIST)}?status__exact=withdrawn", {"words": "高橋"}, follow=True)
    assert list(response.context["cl"].result_list) == [customer]


def test_a_name_never_stands_in_an_address(manager_client: Client) -> None:
    """Django's own search would put it there; it is not offered, and asking for it changes nothing."""
    make_customer()
    response = manager_client.get(reverse(LIST), {"q": "高橋"})
    html = response.content.decode() if response.status_code == 200 else ""
    assert 'name="q"' not in html


def test_filters(manager_client: Client) -> None:
    customer = make_customer(user=UserFactory())
    other = make_customer()
    CustomerIdentity.objects.filter(customer=other).update(source="base")
    for query, expected in (
        ("source=eccube", [customer]),
        ("source=base", [other]),
        ("user__isempty=0", [customer]),
        ("user__isempty=1", [other]),
    ):
        response = manager_client.get(f"{reverse(LIST)}?{query}")
        assert list(response.context["cl"].result_list) == expected, query


def test_a_long_list_is_counted_no_further_than_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, manager_client: Client
) -> None:
    monkeypatch.setattr(CappedPaginator, "LIMIT", 2)
    for _ in range(3):
        make_customer()
    response = manager_client.get(reverse(LIST))
    assert response.context["cl"].result_count == 2
    assert "新しい2人まで" in response.content.decode()


def test_number_of_queries_does_not_grow(manager_client: Client, django_assert_num_queries: Any) -> None:
    make_customer()
    manager_client.get(reverse(LIST))
    with django_assert_num_queries(6):
        manager_client.get(reverse(LIST))
    for _ in range(29):
        make_customer()
    with django_assert_num_queries(6):
        assert manager_client.get(reverse(LIST)).context["cl"].result_count == 30


def test_number_of_queries_of_the_page_does_not_grow(manager_client: Client, django_assert_num_queries: Any) -> None:
    customer = make_customer()
    RecipientFactory(record=OrderFactory(customer=customer))
    ConsentFactory(customer=customer)
    ProvisionFactory(customer=customer)
    rename(customer, "例社")
    manager_client.get(page_of(customer))
    with django_assert_num_queries(23):
        manager_client.get(page_of(customer))
    for number in range(15):
        RecipientFactory(record=OrderFactory(customer=customer))
        ConsentFactory(customer=customer)
        ProvisionFactory(customer=customer)
        rename(customer, f"例社{number}")
    with django_assert_num_queries(23):
        manager_client.get(page_of(customer))
