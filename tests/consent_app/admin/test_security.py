"""The registers of security in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consent_app.models import CorrectiveAction, Department, Measure, ReviewEvent, SecurityAudit
from consent_app.services.profiles import load_profile, read_profile
from tests.factories.security import action, audit, finding, measure, today

pytestmark = pytest.mark.django_db


def department(**fields: Any) -> Department:
    return Department.objects.create(**{"name_ja": "例の部", "manager_title_ja": "管理者", **fields})


def review(**fields: Any) -> ReviewEvent:
    return ReviewEvent.objects.create(**{"title_ja": "見直し", "subject": "policy", "planned_on": today(3), **fields})


MAKERS: dict[type[Any], Callable[..., Any]] = {
    Measure: measure,
    Department: department,
    SecurityAudit: audit,
    CorrectiveAction: action,
    ReviewEvent: review,
}


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_{model._meta.model_name}_{page}", args=args)


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_permissions(model: Any, staff_client: Callable[..., Client]) -> None:
    row = MAKERS[model]()
    name = model._meta.model_name
    viewer = staff_client(f"view_{name}")
    assert viewer.get(url(model, "changelist")).status_code == 200
    assert viewer.get(url(model, "change", row.pk)).status_code == 200
    assert viewer.get(url(model, "add")).status_code == 403
    assert viewer.post(url(model, "change", row.pk), {}).status_code == 403
    stranger = staff_client("view_customer")
    assert stranger.get(url(model, "changelist")).status_code == 403
    assert stranger.get(url(model, "change", row.pk)).status_code == 403
    keeper = staff_client(f"view_{name}", f"change_{name}")
    assert keeper.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_lists_cost_the_same_at_one_and_at_thirty_rows(
    model: Any, manager_client: Client, django_assert_max_num_queries: Any
) -> None:
    MAKERS[model]()
    manager_client.get(url(model, "changelist"))
    counts = []
    for more in range(2):
        with django_assert_max_num_queries(40) as queries:
            assert manager_client.get(url(model, "changelist")).status_code == 200
        counts.append(len(queries))
        for _number in range(29 * (1 - more)):
            MAKERS[model]()
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["rokusho", "cleng"])
def test_every_list_of_a_profile_opens_in_english_too(name: str, manager_client: Client) -> None:
    load_profile(profile=read_profile(name), actor="command")
    for model in MAKERS:
        for language in ("ja", "en"):
            page = manager_client.get(url(model, "changelist"), headers={"accept-language": language})
            assert page.status_code == 200


def audit_fields(row: SecurityAudit, **changes: Any) -> dict[str, Any]:
    return {
        "title_ja": row.title_ja,
        "title_en": row.title_en,
        "planned_on": row.planned_on.isoformat(),
        "repeat_months": row.repeat_months or "",
        "seen_revision": row.revision,
        "findings-TOTAL_FORMS": 0,
        "findings-INITIAL_FORMS": 0,
        "scope": "",
        "summary": "",
        "done_by": "",
        **changes,
    }


def test_an_audit_from_plan_to_finding_and_the_next_plan(manager_client: Client) -> None:
    row = audit(repeat_months=12)
    done = {
        "done_on": today().isoformat(),
        "done_by": "例野",
        "result": "findings",
        "findings-TOTAL_FORMS": 1,
        "findings-0-severity": "high",
        "findings-0-text": "鍵がかかっていない",
        "findings-0-found_on": today().isoformat(),
    }
    response = manager_client.post(url(SecurityAudit, "change", row.pk), audit_fields(row, **done), follow=True)
    assert "次の予定を" in messages_of(response)
    row.refresh_from_db()
    assert row.findings.get().text == "鍵がかかっていない"
    assert SecurityAudit.objects.filter(series=row.series, done_on=None).count() == 1
    page = manager_client.get(url(SecurityAudit, "change", row.pk)).content.decode()
    assert "鍵がかかっていない" in page

    stale = audit_fields(row, **{**done, "done_by": "別の人", "findings-TOTAL_FORMS": 0}, seen_revision=1)
    response = manager_client.post(url(SecurityAudit, "change", row.pk), stale)
    assert "ほかの人が先に保存しました" in response.content.decode()
    row.refresh_from_db()
    assert row.done_by == "例野"


def test_nothing_is_done_in_the_future_or_by_halves(manager_client: Client) -> None:
    row = audit()
    future = audit_fields(row, done_on=today(1).isoformat(), done_by="例野", result="good")
    assert "未来の日付" in manager_client.post(url(SecurityAudit, "change", row.pk), future).content.decode()
    half = audit_fields(row, done_on=today().isoformat())
    assert "すべて入れるか" in manager_client.post(url(SecurityAudit, "change", row.pk), half).content.decode()
    two = audit_fields(row, measure=measure().pk, department=department().pk)
    assert "どれか1つだけ" in manager_client.post(url(SecurityAudit, "change", row.pk), two).content.decode()


def action_fields(**changes: Any) -> dict[str, Any]:
    return {
        "source": "audit",
        "problem": "棚に鍵がない",
        "action": "鍵をつける",
        "responsible": "例野",
        "due_on": today(5).isoformat(),
        "request_number": "",
        "done_note": "",
        "check_note": "",
        **changes,
    }


def test_a_correction_from_finding_to_reopening(manager_client: Client) -> None:
    found = finding()
    missing = manager_client.post(url(CorrectiveAction, "add"), action_fields())
    assert "きっかけに合う欄" in missing.content.decode()
    manager_client.post(url(CorrectiveAction, "add"), action_fields(finding=found.pk))
    row = CorrectiveAction.objects.get()
    early = action_fields(finding=found.pk, checked_on=today().isoformat(), effective="True", seen_revision=1)
    assert (
        "実施日を入れてください" in manager_client.post(url(CorrectiveAction, "change", row.pk), early).content.decode()
    )
    closing = {**early, "done_on": today().isoformat(), "effective": "False"}
    manager_client.post(url(CorrectiveAction, "change", row.pk), closing)
    row.refresh_from_db()
    assert row.closed
    assert manager_client.post(url(CorrectiveAction, "change", row.pk), closing).status_code == 403

    page = manager_client.get(url(CorrectiveAction, "change", row.pk)).content.decode()
    again = f"{url(CorrectiveAction, 'add')}?reopens={row.pk}"
    assert again in page
    form = manager_client.get(again).content.decode()
    assert "棚に鍵がない" in form
    manager_client.post(again, action_fields(finding=found.pk, reopens=row.pk))
    later = CorrectiveAction.objects.get(reopens=row)
    page = manager_client.get(url(CorrectiveAction, "change", row.pk)).content.decode()
    assert again not in page
    assert url(CorrectiveAction, "change", later.pk) in page
    twice = manager_client.post(url(CorrectiveAction, "add"), action_fields(finding=found.pk, reopens=row.pk))
    assert twice.status_code == 200
    assert CorrectiveAction.objects.count() == 2


def test_what_is_published_needs_both_languages(manager_client: Client) -> None:
    fields = {"measure_class": "people", "text_ja": "研修をします。", "text_en": "", "public": "on", "position": 0}
    response = manager_client.post(url(Measure, "add"), fields)
    assert "日本語と英語" in response.content.decode()
    manager_client.post(url(Measure, "add"), {**fields, "text_en": "We train our people."})
    row = Measure.objects.get()
    assert (row.code, row.kept_by_staff) == (None, True)
    assert "研修をします。" in manager_client.get(url(Measure, "changelist"), {"q": "研修"}).content.decode()
