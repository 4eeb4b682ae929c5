"""Building blocks in the form of a decision, without and with its script, and their register."""

import pytest
from django.test import Client
from django.urls import reverse

from consent_app.models import DataItem, ReasonBlock, RegisterChange
from consent_app.services.profiles import load_profile, read_profile
from privacy_portal.core.models import User
from requests_app.models import Decision
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

from .test_cases import address, decision

pytestmark = pytest.mark.django_db
TYPED = decision(outcome="refused", ground="harm_to_person", reason="はじめの文です。")


@pytest.fixture
def signed_in(client: Client) -> Client:
    load_profile(profile=read_profile("rokusho"), actor="command")
    manager: User = StaffFactory()
    pass_second_factor(client, manager)
    return client


def test_the_button_keeps_what_was_typed_and_adds_the_text(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    page = signed_in.get(address(case, "decide")).content.decode()
    assert 'value="harm_others"' in page
    assert 'value="content_true"' not in page
    answer = signed_in.post(address(case, "block"), {**TYPED, "block": "harm_others"})
    form = answer.context["form"]
    assert form["outcome"].value() == "refused"
    assert form["ground"].value() == "harm_to_person"
    assert form["reason"].value().startswith("はじめの文です。\n\nご請求の個人データには")
    assert "第33条第2項第1号" in form["reason"].value()
    assert not form.errors
    assert "はじめの文です。" in answer.content.decode()
    assert not Decision.objects.exists()


def test_without_a_choice_it_says_so_and_keeps_what_was_typed(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    for block in ("", "content_true", "nothing"):
        answer = signed_in.post(address(case, "block"), {**TYPED, "block": block})
        assert "入れる文例を選んでください" in answer.content.decode()
        assert answer.context["form"]["reason"].value().strip() == "はじめの文です。"


def test_what_is_ticked_stays_ticked(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    item = DataItem.objects.get(code="gender")
    sent = {**TYPED, "outcome": "partly", "withheld_items": [item.pk], "block": "harm_others"}
    answer = signed_in.post(address(case, "block"), sent)
    assert "性別には" in answer.context["form"]["reason"].value()
    assert answer.context["form"]["withheld_items"].value() == [str(item.pk)]


def test_the_script_gets_the_text_alone(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    headers = {"X-Requested-With": "fetch"}
    answer = signed_in.post(address(case, "block"), {**TYPED, "block": "harm_others"}, headers=headers)
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode().startswith("ご請求の個人データには")
    assert signed_in.post(address(case, "block"), TYPED, headers=headers).status_code == 404


def test_a_gap_is_told_beside_the_field(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    answer = signed_in.post(address(case, "decide"), {**TYPED, "reason": "{法令の名前}により応じません。"})
    assert "まだ書いていないところがあります：{法令の名前}" in answer.context["form"].errors["reason"][0]
    assert answer.context["form"]["reason"].value() == "{法令の名前}により応じません。"


def test_staff_keep_the_texts_with_history(signed_in: Client) -> None:
    block = ReasonBlock.objects.get(code="harm_others")
    page = reverse("admin:consent_app_reasonblock_change", args=[block.pk])
    assert signed_in.get(page).status_code == 200
    values = {
        "title_ja": block.title_ja,
        "title_en": block.title_en,
        "text_ja": "別の文です。",
        "text_en": block.text_en,
        "requests": block.requests,
        "outcomes": block.outcomes,
        "grounds": block.grounds,
        "active": "on",
        "position": block.position,
        "seen_revision": block.revision,
    }
    signed_in.post(page, values)
    block.refresh_from_db()
    assert (block.text_ja, block.kept_by_staff) == ("別の文です。", True)
    assert RegisterChange.objects.get(object_type="consent_app.reasonblock").fields.keys() == {"text_ja"}
    report = load_profile(profile=read_profile("rokusho"), actor="command")
    block.refresh_from_db()
    assert block.text_ja == "別の文です。"
    assert any("harm_others" in caution for caution in report.cautions)
    assert signed_in.get(reverse("admin:consent_app_reasonblock_changelist")).status_code == 200
    assert signed_in.get(reverse("admin:consent_app_reasonblock_add")).status_code == 200
