"""Staff note what a person made public themself, on the customer's page."""

import pytest
from django.urls import reverse
from django.utils import timezone

from consent_app.models import SelfDisclosure
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import CustomerFactory, OrderFactory, SelfDisclosureFactory, catalogue

pytestmark = pytest.mark.django_db


def url(customer, item=None, record=None):
    if record is not None:
        return reverse("admin:consent_app_customer_published_record", args=[customer.pk, record.pk])
    return reverse("admin:consent_app_customer_published_item", args=[customer.pk, item])


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_an_item_is_marked_and_unmarked_with_its_history(manager_client):
    catalogue()
    customer = CustomerFactory()
    change = reverse("admin:consent_app_customer_change", args=[customer.pk])
    assert url(customer, "telephone") in page(manager_client, change)

    first = page(manager_client, url(customer, "telephone"))
    assert "まだありません" in first
    assert "090-1234-5678" in first
    assert AuditEntry.objects.filter(action="customer.viewed", object_id=str(customer.pk)).count() == 2
    refused = manager_client.post(url(customer, "telephone"), {"place": " "})
    assert refused.status_code == 200
    assert not SelfDisclosure.objects.exists()
    assert manager_client.post(url(customer, "telephone"), {"place": "自分の店のサイト"}).status_code == 302
    assert "自分の店のサイト" in page(manager_client, change)

    shown = page(manager_client, url(customer, "telephone"))
    assert "本人が公開しました（自分の店のサイト）" in shown
    mark = SelfDisclosure.objects.get()
    assert manager_client.post(url(customer, "telephone"), {"end": str(mark.pk)}).status_code == 302
    shown = page(manager_client, url(customer, "telephone"))
    assert "本人が公開しました" not in shown
    assert "自分の店のサイト" in shown
    assert "外しました" in shown


def test_a_record_is_marked(manager_client):
    catalogue()
    order = OrderFactory()
    address = url(order.customer, record=order)
    assert "サングラス" in page(manager_client, address)
    manager_client.post(address, {"place": "商品のレビュー"})
    assert SelfDisclosure.objects.get().record == order
    change = page(manager_client, reverse("admin:consent_app_customer_change", args=[order.customer.pk]))
    assert "商品のレビュー" in change


def test_whoever_comes_second_is_told(manager_client):
    catalogue()
    customer = CustomerFactory()
    manager_client.post(url(customer, "email"), {"place": "SNS"})
    response = manager_client.post(url(customer, "email"), {"place": "ブログ"}, follow=True)
    assert "ほかの人が先に印を付けました" in response.content.decode()
    assert SelfDisclosure.objects.get().place == "SNS"


def test_only_what_there_is_of_this_customer(manager_client):
    catalogue()
    order, customer = OrderFactory(), CustomerFactory()
    for address in (url(customer, record=order), url(customer, "order"), url(customer, "nothing")):
        assert manager_client.get(address).status_code == 404
        assert manager_client.post(address, {"place": "SNS"}).status_code == 404
    elsewhere = SelfDisclosureFactory()
    assert manager_client.post(url(customer, "email"), {"end": str(elsewhere.pk)}).status_code == 404
    assert manager_client.post(url(customer, "email"), {"end": "x"}).status_code == 404


def test_each_step_needs_its_permission(staff_client):
    catalogue()
    customer = CustomerFactory()
    address = url(customer, "email")
    assert staff_client("view_selfdisclosure").get(address).status_code == 403
    viewer = staff_client("view_customer")
    assert "印を付ける</button>" not in page(viewer, address)
    assert viewer.post(address, {"place": "SNS"}).status_code == 403
    mark = SelfDisclosureFactory(customer=customer)
    adder = staff_client("view_customer", "add_selfdisclosure")
    assert adder.post(address, {"end": str(mark.pk)}).status_code == 403
    assert AuditEntry.objects.filter(action="customer.denied").count() == 3
    mark.refresh_from_db()
    assert mark.ended_at is None


def test_a_value_that_changed_since_is_told(manager_client):
    catalogue()
    customer = CustomerFactory()
    manager_client.post(url(customer, "telephone"), {"place": "自分の店のサイト"})
    customer.origins["telephone"] = {"source": "self", "external_id": "", "at": timezone.now().isoformat()}
    customer.save()
    assert "登録が変わりました" in page(manager_client, url(customer, "telephone"))
    assert "自分の店のサイト" not in page(
        manager_client, reverse("admin:consent_app_customer_change", args=[customer.pk])
    )
