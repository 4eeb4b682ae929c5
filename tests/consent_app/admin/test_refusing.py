"""No form of staff takes a My Number: neither one of today nor one that somebody adds."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib.admin.sites import site
from django.test import Client, RequestFactory
from django.urls import reverse

import consent_app.admin
from consent_app.admin.refusing import Refusing, RefusingForm
from consent_app.models import Department
from tests.factories.core import StaffFactory

MY_NUMBER = "一二三四 ５６７８ 9018"


def written_forms() -> Iterator[type[Any]]:
    for module in pkgutil.iter_modules(consent_app.admin.__path__, "consent_app.admin."):
        for _name, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, forms.BaseForm) and found.__module__ == module.name:
                yield found


@pytest.mark.parametrize("form", list(written_forms()), ids=lambda form: f"{form.__module__}.{form.__name__}")
def test_every_form_refuses(form: type[Any]) -> None:
    assert issubclass(form, Refusing)


@pytest.mark.django_db
def test_every_page_that_can_be_saved_refuses() -> None:
    request = RequestFactory().get("/")
    request.user = StaffFactory(is_superuser=True)
    seen = 0
    for model, admin in site._registry.items():
        if model._meta.app_label != "consent_app":
            continue
        for one in [admin, *admin.get_inline_instances(request)]:
            if one.has_add_permission(request, None) if one is not admin else one.has_add_permission(request):
                form = one.get_formset(request).form if one is not admin else one.get_form(request)
                assert issubclass(form, Refusing), one
                seen += 1
    assert seen > 10


class Words(RefusingForm):
    words = forms.CharField()
    more = forms.CharField(required=False)


@pytest.mark.parametrize("typed", [MY_NUMBER, "番号は 1234-5678-9018 です", "１２３４５６７８９０１８"])
def test_it_is_told_beside_the_field(typed: str) -> None:
    form = Words({"words": "ことば", "more": typed})
    assert not form.is_valid()
    assert list(form.errors) == ["more"]
    assert Words({"words": "090-1234-5678", "more": "2026-11-22"}).is_valid()


@pytest.mark.django_db
def test_nothing_is_kept(manager_client: Client) -> None:
    response = manager_client.post(reverse("admin:consent_app_department_add"), {"name_ja": MY_NUMBER, "name_en": ""})
    assert response.status_code == 200
    assert "マイナンバー" in response.content.decode()
    assert not Department.objects.exists()
