"""The printed file of a case: nothing of the case is missing, and what is left out is named."""

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import AuditEntry, User
from requests_app.models import DisclosureRequest
from requests_app.services import typesetting
from requests_app.services.case_file import LEFT_OUT, case_file
from requests_app.services.errors import NotAllowed
from requests_app.services.retention import path_to_request
from tests.factories.consent import OperatorFactory
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import MessageFactory, RequestFactory
from tests.requests_app.test_every_letter import assert_accessible, squeezed, text_of
from tests.support import full_case

pytestmark = pytest.mark.django_db
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def printed(case: DisclosureRequest, language: str = "ja", actor: User | None = None) -> bytes:
    with translation.override(language):
        content = case_file(request=case, actor=actor or StaffFactory(), now=timezone.now())
    if folder := os.environ.get("PICTURES"):
        Path(folder, f"case_file_{language}.pdf").write_bytes(content)
    return content


def models_of_a_case() -> list[Any]:
    return [model for model in apps.get_models() if path_to_request(model)]


@pytest.fixture
def operator() -> None:
    OperatorFactory()


@pytest.mark.usefixtures("operator")
def test_every_text_and_every_kind_of_record_is_printed_or_named_as_left_out() -> None:
    text = text_of(printed(full_case.full_case()))
    expected = dict(full_case.WORDS)
    for model in [DisclosureRequest, *models_of_a_case()]:
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                name = model._meta.model_name or ""
                expected[f"{model._meta.label_lower}.{field.name}"] = full_case.text_of(name, field.name)
    missing = {place for place, words in expected.items() if squeezed(words) not in text}
    assert missing == {place for place in LEFT_OUT if place in expected}
    # A new model has a text of its own, or stands in one of the two lists.
    named = {".".join(place.split(".")[:2]) for place in [*expected, *LEFT_OUT]}
    assert {model._meta.label_lower for model in models_of_a_case()} <= named


@pytest.mark.usefixtures("operator")
def test_it_says_who_did_what_when_and_what_the_codes_mean() -> None:
    text = text_of(printed(full_case.full_case()))
    for words in (
        "RK7D8P2M4X",
        "令和8年11月16日（2026年11月16日）",
        "一致、住所：転居の可能性",
        "確認の係",
        "2026-11-1611:30",
        "第33条第2項",
        "123-45-67890-1",
        "鈴木",
        "1,100円（税込）",
        "2026-11-16→2026-11-23",
        "訴え（法第39条など）",
    ):
        assert words in text


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_sheet_has_its_number_and_the_file_can_be_heard(language: str) -> None:
    content = printed(full_case.full_case(), language)
    title = {"ja": "請求の記録 RK7D8P2M4X", "en": "Record of request RK7D8P2M4X"}[language]
    assert_accessible(content, language, title)
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        text = squeezed(page.extract_text())
        assert "RK7D8P2M4X" in text
        assert f"{number}/{len(pages)}" in text


@pytest.mark.usefixtures("operator")
def test_english_has_no_japanese_word_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(typesetting, "typeset", lambda _template, data: given.append(data) or b"")
    printed(full_case.full_case(), "en")
    for part in given[0]["parts"]:
        assert not JAPANESE.search(part["title"])
        for record in part["records"]:
            assert not any(JAPANESE.search(name) for name, _value in record["rows"])


@pytest.mark.usefixtures("operator")
def test_long_and_rare_texts_and_persons_without_a_name() -> None:
    case = RequestFactory.in_review(
        party={
            "family_name": "",
            "given_name": "",
            "address1": "𠮷" * 20 + "\U000323af",
            "email": "a" * 200 + "@x.example",
        }
    )
    MessageFactory(request=case, body="長い文です。\n" * 1500 + "#let x = 1 *bold* $x$ @ref <label> " + "x" * 3000)
    text = text_of(printed(case))
    assert text.count("長い文です。") == 1500
    assert "#letx=1*bold*$x$@ref<label>" in text
    assert "〓" in text


@pytest.mark.usefixtures("operator")
def test_a_request_that_has_nothing_yet() -> None:
    case = DisclosureRequest.objects.create(
        receipt_number="RK7D8P2M4X", request_type="inquiry", target_on=timezone.localdate()
    )
    text = text_of(printed(case))
    assert "記録がないもの：" in text
    assert "手数料、調べた結果" in text


@pytest.fixture
def manager(client: Client, operator: None) -> User:
    account = StaffFactory()
    pass_second_factor(client, account)
    return account


def address(case: DisclosureRequest) -> str:
    return reverse("admin:requests_app_case_print", args=[case.pk])


def test_it_is_printed_from_the_page_of_the_case_and_recorded(client: Client, manager: User) -> None:
    case = RequestFactory.in_review()
    page = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])).content.decode()
    assert address(case) in page
    assert client.get(address(case)).status_code == 405
    assert not AuditEntry.objects.filter(action="case.printed").exists()
    answer = client.post(address(case))
    assert answer.content.startswith(b"%PDF-")
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Disposition"] == f'attachment; filename="{case.receipt_number}.pdf"'
    entry = AuditEntry.objects.get(action="case.printed")
    assert (entry.actor, entry.object_id) == (f"user:{manager.pk}", str(case.pk))


def test_who_may_only_look_or_asked_themselves_gets_no_copy(client: Client, operator: None) -> None:
    case = RequestFactory.in_review()
    looker = StaffFactory(is_superuser=False)
    looker.user_permissions.set(
        Permission.objects.filter(codename__in=["view_disclosurerequest", "change_disclosurerequest"])
    )
    pass_second_factor(client, looker)
    page = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk]))
    assert page.status_code == 200
    assert address(case) not in page.content.decode()
    assert client.post(address(case)).status_code == 403
    assert AuditEntry.objects.filter(action="request.denied", object_id=str(case.pk)).exists()
    own = RequestFactory.in_review(applicant=StaffFactory())
    assert own.applicant
    with pytest.raises(NotAllowed):
        printed(own, actor=own.applicant)
    assert not AuditEntry.objects.filter(action="case.printed").exists()
