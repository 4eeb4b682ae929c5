"""The supervision of subcontractors in the admin: the task list, the forms, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from consent_app.models import (
    ForeignArrangement,
    ForeignCheck,
    RecipientDuty,
    Reentrustment,
    RegisterChange,
    Subcontractor,
    SubcontractorContract,
    SubcontractorFinding,
    SubcontractorReview,
    SubcontractorSelection,
)
from consent_app.services import care
from privacy_portal.core.models import AuditEntry, User
from tests.factories.consent import SubcontractorFactory
from tests.factories.supervision import CLAUSES, asked, contracted, day, question, reviewed, selected, supervised

pytestmark = pytest.mark.django_db


def url(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_{model}_{page}", args=args)


def text_of(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def contract_form(subcontractor: Subcontractor, **changes: Any) -> dict[str, Any]:
    values = {
        "subcontractor": subcontractor.pk,
        "kind": "contract",
        "title": "業務委託契約",
        "signed_on": day(-1).isoformat(),
        "valid_from": day(-1).isoformat(),
        "valid_until": day(364).isoformat(),
        **dict.fromkeys(CLAUSES, "on"),
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def review_form(subcontractor: Subcontractor, **changes: Any) -> dict[str, Any]:
    return {
        "subcontractor": subcontractor.pk,
        "reviewed_on": day(0).isoformat(),
        "reviewed_by": "例山",
        "method": "visit",
        "result": "good",
        "summary": "問題なし",
        "next_on": day(365).isoformat(),
        "findings-TOTAL_FORMS": "0",
        "findings-INITIAL_FORMS": "0",
        **changes,
    }


def test_the_task_list_leads_from_nothing_to_ready(manager_client: Client) -> None:
    subcontractor = SubcontractorFactory(public=True)
    rules = question("rules")
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    assert "いまは、この委託先にデータを渡せません" in page
    assert "委託先の一覧には公表されています" in page
    assert url("subcontractor", "select", subcontractor.pk) in page

    response = manager_client.post(
        url("subcontractor", "select", subcontractor.pk),
        {
            f"answer_{rules.pk}": "yes",
            f"note_{rules.pk}": "規程を見た",
            "decided_on": day(0).isoformat(),
            "decided_by": "例山",
            "result": "passed",
            "next_review_on": day(365).isoformat(),
        },
    )
    assert response["Location"] == url("subcontractor", "change", subcontractor.pk)
    add = url("subcontractorcontract", "add") + f"?subcontractor={subcontractor.pk}"
    page = text_of(manager_client.get(response["Location"]))
    assert add in page
    assert manager_client.get(add).context["adminform"].form["subcontractor"].value() == str(subcontractor.pk)

    response = manager_client.post(add, contract_form(subcontractor))
    assert response["Location"] == url("subcontractor", "change", subcontractor.pk)
    page = text_of(manager_client.get(response["Location"]))
    assert "いまは、この委託先にデータを渡せません" not in page
    assert "問題なし" in text_of(manager_client.get(url("subcontractor", "changelist")))


def test_a_selection_that_is_wrong_says_why_and_keeps_what_was_typed(manager_client: Client) -> None:
    subcontractor = SubcontractorFactory()
    rules = question("rules")
    form = {
        f"answer_{rules.pk}": "no",
        f"note_{rules.pk}": "規程がない",
        "decided_on": day(0).isoformat(),
        "decided_by": "例山",
        "result": "passed",
        "next_review_on": day(365).isoformat(),
    }
    page = text_of(manager_client.post(url("subcontractor", "select", subcontractor.pk), form))
    assert "欠かせない質問に「いいえ」があるので" in page
    assert "規程がない" in page
    assert not SubcontractorSelection.objects.exists()
    page = text_of(manager_client.post(url("subcontractor", "select", subcontractor.pk), {}))
    assert "入力を確かめてください" in page


def test_who_may_not_select_is_refused_and_it_is_recorded(staff_client: Callable[..., Client]) -> None:
    subcontractor = SubcontractorFactory()
    client = staff_client("view_subcontractor")
    page = text_of(client.get(url("subcontractor", "change", subcontractor.pk)))
    assert url("subcontractor", "select", subcontractor.pk) not in page
    assert "データを渡す" not in page
    assert client.get(url("subcontractor", "select", subcontractor.pk)).status_code == 403
    assert AuditEntry.objects.filter(action="subcontractor.denied", object_id=str(subcontractor.pk)).count() == 1
    for model in ("subcontractorcontract", "subcontractorreview", "reentrustment", "foreignarrangement"):
        assert client.get(url(model, "add")).status_code == 403
    assert staff_client().get(url("subcontractor", "change", subcontractor.pk)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"valid_until": day(-2).isoformat()}, "末日は、初日以後"),
        ({"valid_from": day(-30).isoformat(), "valid_until": None}, "「前の契約」"),
        ({"signed_on": day(3).isoformat()}, "締結日・実施日は、今日以前"),
        ({"kind": "training", "training": "研修"}, "教育を契約の代わりにできません"),
        ({"kind": "training"}, "内容と受けた人を書いてください"),
    ],
    ids=["ends before it begins", "overlaps", "signed tomorrow", "training is not enough", "training not told"],
)
def test_contracts_that_cannot_be(manager_client: Client, changes: dict[str, Any], told: str) -> None:
    subcontractor = SubcontractorFactory()
    contracted(subcontractor, title="前の契約", valid_until=day(-10))
    page = text_of(manager_client.post(url("subcontractorcontract", "add"), contract_form(subcontractor, **changes)))
    assert told in page
    assert SubcontractorContract.objects.count() == 1


def test_two_staff_at_one_contract(manager_client: Client) -> None:
    contract = contracted(SubcontractorFactory())
    address = url("subcontractorcontract", "change", contract.pk)
    seen = manager_client.get(address).context["adminform"].form["seen_revision"].value()
    form = contract_form(contract.subcontractor, seen_revision=seen, _continue="1")
    assert manager_client.post(address, {**form, "title": "一人目の題"}).status_code == 302
    page = text_of(manager_client.post(address, {**form, "title": "二人目の題"}))
    assert "ほかの人が先に保存しました" in page
    assert "一人目の題" in page
    contract.refresh_from_db()
    assert contract.title == "一人目の題"
    change = RegisterChange.objects.get(object_type="consent_app.subcontractorcontract")
    assert change.fields["title"] == ["業務委託契約", "一人目の題"]


def test_the_scan_of_a_contract(manager_client: Client, staff_client: Callable[..., Client]) -> None:
    subcontractor = SubcontractorFactory()
    add = url("subcontractorcontract", "add")
    wrong = SimpleUploadedFile("contract.pdf", b"MZ no pdf")
    assert "PDF、PNG、JPEG" in text_of(manager_client.post(add, contract_form(subcontractor, upload=wrong)))
    scan = SimpleUploadedFile("contract.pdf", b"%PDF-1.7 signed by both")
    assert manager_client.post(add, contract_form(subcontractor, upload=scan)).status_code == 302
    contract = SubcontractorContract.objects.get()
    address = url("subcontractorcontract", "scan", contract.pk)
    assert address in text_of(manager_client.get(url("subcontractorcontract", "change", contract.pk)))
    response = manager_client.get(address)
    assert b"".join(response.streaming_content) == b"%PDF-1.7 signed by both"  # type: ignore[attr-defined]
    assert response["Content-Disposition"].endswith('.pdf"')
    assert AuditEntry.objects.filter(action="subcontractor.agreement_opened").count() == 1
    assert staff_client("view_subcontractor").get(address).status_code == 403
    bare = contracted(SubcontractorFactory())
    assert manager_client.get(url("subcontractorcontract", "scan", bare.pk)).status_code == 404


def test_a_review_with_something_to_put_right(manager_client: Client) -> None:
    subcontractor = supervised()
    add = url("subcontractorreview", "add") + f"?subcontractor={subcontractor.pk}"
    assert manager_client.get(add).context["adminform"].form["next_on"].value() is not None
    finding = {"findings-0-text": "鍵がない", "findings-0-due_on": day(30).isoformat()}
    form = review_form(subcontractor, result="findings", **{**finding, "findings-TOTAL_FORMS": "1"})
    assert manager_client.post(add, form).status_code == 302
    review = SubcontractorReview.objects.get()
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    assert "見つかったことの改善" in page
    address = url("subcontractorreview", "change", review.pk)
    done = {
        "findings-0-id": SubcontractorFinding.objects.get().pk,
        "findings-0-review": review.pk,
        "findings-INITIAL_FORMS": "1",
        "findings-0-done_on": day(0).isoformat(),
        "seen_revision": review.revision,
    }
    assert "どう確かめたかを書いてください" in text_of(manager_client.post(address, {**form, **done}))
    tomorrow = {**done, "findings-0-done_on": day(1).isoformat(), "findings-0-done_note": "見た"}
    assert "未来の日付です" in text_of(manager_client.post(address, {**form, **tomorrow}))
    assert manager_client.post(address, {**form, **done, "findings-0-done_note": "写真を見た"}).status_code == 302
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    assert "見つかったことの改善" not in page


def test_a_review_before_the_selection(manager_client: Client) -> None:
    subcontractor = SubcontractorFactory()
    add = url("subcontractorreview", "add")
    assert "先に選定を記録してください" in text_of(manager_client.post(add, review_form(subcontractor)))
    selected(subcontractor, decided_on=day(-5))
    form = review_form(subcontractor, reviewed_on=day(-6).isoformat())
    assert "より前です" in text_of(manager_client.post(add, form))
    assert not SubcontractorReview.objects.exists()


def test_passing_on_without_approval(manager_client: Client) -> None:
    subcontractor = supervised()
    add = url("reentrustment", "add")
    form = {
        "subcontractor": subcontractor.pk,
        "name": "例の下請",
        "service": "仕分け",
        "country": "JP",
        "asked_on": day(-10).isoformat(),
        "state": "asked",
        "began_on": day(-5).isoformat(),
    }
    assert "承認した日より前に始められません" in text_of(manager_client.post(add, form))
    assert not Reentrustment.objects.exists()
    assert manager_client.post(add, {**form, "without_approval": "on"}).status_code == 302
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    assert "いまは、この委託先にデータを渡せません" in page
    assert "承認するか、やめさせて" in page
    entry = Reentrustment.objects.get()
    address = url("reentrustment", "change", entry.pk)
    approved = {**form, "without_approval": "on", "state": "approved", "seen_revision": entry.revision}
    assert "決めた日と決めた人" in text_of(manager_client.post(address, approved))
    decided = {**approved, "decided_on": day(0).isoformat(), "decided_by": "例山"}
    tomorrow = {**decided, "decided_on": day(1).isoformat()}
    assert "未来の日付です" in text_of(manager_client.post(address, tomorrow))
    assert manager_client.post(address, decided).status_code == 302
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    assert "いまは、この委託先にデータを渡せません" not in page


def test_abroad(manager_client: Client) -> None:
    subcontractor = supervised(country="US")
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    add = url("foreignarrangement", "add") + f"?subcontractor={subcontractor.pk}"
    assert add in page
    form = {
        "subcontractor": subcontractor.pk,
        "basis": "designated",
        "checks-TOTAL_FORMS": "0",
        "checks-INITIAL_FORMS": "0",
    }
    assert "US は、日本と同じ水準と認められた国" in text_of(manager_client.post(add, form))
    equivalent = {**form, "basis": "equivalent", "arrangement": "契約", "check_method": "毎年、書面で"}
    check = {
        "checks-TOTAL_FORMS": "1",
        "checks-0-checked_on": day(1).isoformat(),
        "checks-0-checked_by": "例山",
        "checks-0-works": "on",
        "checks-0-next_on": day(365).isoformat(),
    }
    assert "未来の日付です" in text_of(manager_client.post(add, {**equivalent, **check}))
    assert manager_client.post(add, equivalent).status_code == 302
    arrangement = ForeignArrangement.objects.get()
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    assert url("foreignarrangement", "change", arrangement.pk) in page
    address = url("foreignarrangement", "change", arrangement.pk)
    today = {**check, "checks-0-checked_on": day(0).isoformat(), "checks-0-arrangement": arrangement.pk}
    form = {**equivalent, **today, "seen_revision": arrangement.revision}
    assert manager_client.post(address, form).status_code == 302
    assert ForeignCheck.objects.get().checked_on == day(0)
    page = text_of(manager_client.get(url("subcontractor", "change", subcontractor.pk)))
    assert "いまは、この委託先にデータを渡せません" not in page
    at_home = {**equivalent, "subcontractor": supervised().pk}
    assert "日本にある" in text_of(manager_client.post(add, at_home))


def test_a_recipient_promises_to_prevent_leaks(manager_client: Client) -> None:
    add = url("recipientduty", "add")
    form = {"name": "例の百貨店", "agreed_on": day(0).isoformat(), "evidence": "覚書", "active": "on"}
    assert "漏えいを防ぐことを約束してもらって" in text_of(manager_client.post(add, form))
    assert manager_client.post(add, {**form, "prevents_leaks": "on", "liability": "on"}).status_code == 302
    page = text_of(manager_client.get(url("recipientduty", "changelist")))
    assert "漏えいを防ぐ、事故の責任を負う" in page
    assert RecipientDuty.objects.get().kept_by_staff


def test_questions_can_be_changed_and_stay_so(manager_client: Client) -> None:
    rules = question("rules")
    address = url("checklistquestion", "change", rules.pk)
    form = {"text_ja": "新しい質問", "text_en": "New question", "position": "1", "seen_revision": rules.revision}
    assert manager_client.post(address, form).status_code == 302
    rules.refresh_from_db()
    assert (rules.text_ja, rules.required, rules.active, rules.kept_by_staff) == ("新しい質問", False, False, True)


def test_what_is_due_comes_to_the_care_list() -> None:
    manager = User.objects.create_superuser(email="m@shop.example", password=None)
    ending = SubcontractorFactory(name_ja="期限の会社")
    selected(ending, next_review_on=day(5))
    contracted(ending, valid_until=day(20))
    SubcontractorFactory(name_ja="何もない会社")
    SubcontractorFactory(name_ja="使わない会社", active=False)
    finding = supervised(name_ja="直す会社")
    review = reviewed(finding)
    SubcontractorFinding.objects.create(review=review, text="鍵", due_on=day(-1))
    asked(finding)
    abroad = supervised(name_ja="外国の会社", country="US")
    arrangement = ForeignArrangement.objects.create(
        subcontractor=abroad, basis="equivalent", arrangement="契約", check_method="毎年"
    )
    ForeignCheck.objects.create(arrangement=arrangement, checked_on=day(-200), checked_by="例山", next_on=day(9))
    RecipientDuty.objects.create(
        name="例の百貨店", agreed_on=day(-9), evidence="覚書", prevents_leaks=True, valid_until=day(3)
    )
    found = {
        one.kind.code: [(entry.name, entry.on) for entry in one.entries]
        for one in care.list_of(user=manager, today=day(0))
        if one.kind.code.startswith(("subcontractor.", "recipientduty."))
    }
    assert found == {
        "subcontractor.missing": [("何もない会社", None)],
        "subcontractor.agreement": [("期限の会社", day(20))],
        "subcontractor.review": [("期限の会社", day(5))],
        "subcontractor.abroad": [("外国の会社", day(9))],
        "subcontractor.findings": [("直す会社", day(-1))],
        "subcontractor.reentrustment": [("直す会社", None)],
        "recipientduty.ends": [("例の百貨店", day(3))],
    }


def test_the_list_says_who_cannot_be_entrusted(manager_client: Client) -> None:
    SubcontractorFactory(name_ja="何もない会社")
    supervised(name_ja="そろった会社")
    late = SubcontractorFactory(name_ja="確認の会社")
    selected(late, next_review_on=day(-1))
    contracted(late)
    address = url("subcontractor", "changelist")

    def shown(query: str) -> set[str]:
        rows = manager_client.get(f"{address}?{query}").context["cl"].result_list
        return {row.name_ja for row in rows}

    assert shown("standing=blocked") == {"何もない会社"}
    assert shown("standing=open") == {"確認の会社"}
    assert shown("standing=ready") == {"そろった会社"}
    assert shown("care=subcontractor.missing") == {"何もない会社"}


@pytest.mark.parametrize("number", [1, 30])
@pytest.mark.parametrize(
    ("model", "queries"),
    [
        ("subcontractor", 7),
        ("subcontractorcontract", 7),
        ("subcontractorreview", 8),
        ("reentrustment", 6),
        ("subcontractorselection", 7),
        ("foreignarrangement", 5),
        ("recipientduty", 4),
        ("checklistquestion", 4),
    ],
)
def test_lists_take_a_constant_number_of_queries(
    manager_client: Client, django_assert_num_queries: DjangoAssertNumQueries, model: str, queries: int, number: int
) -> None:
    for index in range(number):
        subcontractor = supervised(country="US")
        reviewed(subcontractor)
        asked(subcontractor)
        arrangement = ForeignArrangement.objects.create(
            subcontractor=subcontractor, basis="equivalent", arrangement="契約", check_method="毎年"
        )
        ForeignCheck.objects.create(arrangement=arrangement, checked_on=day(-9), checked_by="例山", next_on=day(9))
        RecipientDuty.objects.create(name=f"提供先{index}", agreed_on=day(0), evidence="覚書", prevents_leaks=True)
        question(f"q{index}")
    manager_client.get(url(model, "changelist"))
    with django_assert_num_queries(queries):
        assert manager_client.get(url(model, "changelist")).status_code == 200
