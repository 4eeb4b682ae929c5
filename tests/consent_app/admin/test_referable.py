"""The pages of article 31: confirmed first, then given; each by permission."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app.models import ReferableConfirmation, ReferableProvision
from consent_app.services import referable
from tests.factories.core import StaffFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
CONFIRMATION: dict[str, Any] = {
    "recipient_name": "例の広告",
    "recipient_address": "東京都千代田区例町8",
    "recipient_country": "JP",
    "data": ["cookie", "browsing"],
    "purpose": "広告の表示",
    "how": "declared",
    "confirmed_by": "広告部門",
    "evidence": "申告書 2026-10",
    "confirmed_on": (TODAY - timedelta(days=30)).isoformat(),
}


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_{model._meta.model_name}_{page}", args=args)


def confirmed(**values: Any) -> ReferableConfirmation:
    row = ReferableConfirmation(**{**CONFIRMATION, "confirmed_on": TODAY - timedelta(days=30), **values})
    return referable.confirm(confirmation=row, actor=StaffFactory(), now=timezone.now())


def given(row: ReferableConfirmation, **values: Any) -> ReferableProvision:
    made = ReferableProvision(confirmation=row, data=["cookie"], provided_on=TODAY, **values)
    return referable.record(provision=made, actor=StaffFactory(), now=timezone.now())


def test_confirmed_then_given_then_ended(manager_client: Client) -> None:
    page = manager_client.post(url(ReferableConfirmation, "add"), CONFIRMATION, follow=True)
    assert page.redirect_chain, page.context["adminform"].form.errors
    row = ReferableConfirmation.objects.get()
    assert (row.data, row.recorded_by) == (["cookie", "browsing"], page.wsgi_request.user)
    values = {"confirmation": row.pk, "data": ["cookie"], "provided_on": TODAY.isoformat(), "method": "each"}
    page = manager_client.post(url(ReferableProvision, "add"), values, follow=True)
    assert page.redirect_chain, page.context["adminform"].form.errors
    assert ReferableProvision.objects.get().keep_until == TODAY.replace(year=TODAY.year + 3)
    html = manager_client.get(url(ReferableConfirmation, "change", row.pk)).content.decode()
    assert "この確認を終える" in html
    assert manager_client.post(url(ReferableConfirmation, "end", row.pk), follow=True).status_code == 200
    row.refresh_from_db()
    assert row.ended_on == TODAY
    assert manager_client.get(url(ReferableConfirmation, "end", row.pk)).status_code == 405


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"recipient_country": "us"}, "ご本人への情報提供を確かめるまで記録できません"),
        ({"confirmed_on": (TODAY + timedelta(days=1)).isoformat()}, "確かめた日が先の日付です。"),
        ({"data": []}, "このフィールドは必須です"),
        ({"evidence": ""}, "このフィールドは必須です"),
    ],
    ids=str,
)
def test_what_is_not_confirmed_is_not_recorded(values: dict[str, Any], words: str, manager_client: Client) -> None:
    response = manager_client.post(url(ReferableConfirmation, "add"), {**CONFIRMATION, **values})
    assert words in response.content.decode()
    assert not ReferableConfirmation.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"data": ["location"]},
        {"provided_on": (TODAY - timedelta(days=31)).isoformat()},
        {"provided_on": (TODAY + timedelta(days=1)).isoformat()},
        {"provided_until": (TODAY - timedelta(days=1)).isoformat()},
        {"method": "batch"},
    ],
    ids=str,
)
def test_without_a_confirmation_that_covers_it_nothing_is_recorded(
    values: dict[str, Any], manager_client: Client
) -> None:
    row = confirmed()
    entered = {"confirmation": row.pk, "data": ["cookie"], "provided_on": TODAY.isoformat(), "method": "each"}
    response = manager_client.post(url(ReferableProvision, "add"), {**entered, **values})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert not ReferableProvision.objects.exists()


@pytest.mark.parametrize("model", [ReferableConfirmation, ReferableProvision], ids=lambda model: model.__name__)
def test_permissions(model: Any, staff_client: Callable[..., Client]) -> None:
    row = confirmed()
    given(row)
    name = model._meta.model_name
    key = model.objects.get().pk
    viewer, nobody = staff_client(f"view_{name}"), staff_client("view_customer")
    pages = [url(model, "changelist"), url(model, "change", key)]
    assert [viewer.get(page).status_code for page in pages] == [200, 200]
    assert [nobody.get(page).status_code for page in pages] == [403, 403]
    assert viewer.get(url(model, "add")).status_code == 403
    assert viewer.post(url(ReferableConfirmation, "end", row.pk)).status_code == 403 or model is ReferableProvision
    assert viewer.post(url(model, "delete", key), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("model", "queries"), [(ReferableConfirmation, 6), (ReferableProvision, 6)])
def test_number_of_queries_does_not_grow(
    model: Any, queries: int, manager_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    given(confirmed())
    manager_client.get(url(model, "changelist"))
    with django_assert_num_queries(queries):
        manager_client.get(url(model, "changelist"))
    for number in range(29):
        given(confirmed(recipient_name=f"例の広告{number}"))
    with django_assert_num_queries(queries):
        assert manager_client.get(url(model, "changelist")).context["cl"].result_count == 30
