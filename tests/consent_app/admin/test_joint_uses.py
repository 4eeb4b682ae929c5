"""Joint use in the admin: prepare, announce, change, end."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from consent_app.models import JointUse, RegisterChange
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import DataItemFactory, PurposeFactory
from tests.factories.joint_uses import COMPLETE, announce, draft, published, today

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_jointuse_{page}", args=args)


def fields(row: JointUse | None = None, **changes: Any) -> dict[str, Any]:
    """The form as a browser sends it, without companies."""
    values = {
        **COMPLETE,
        "code": "group",
        "items": [item.pk for item in row.items.all()] if row else [],
        "purposes": [purpose.pk for purpose in row.purposes.all()] if row else [],
        "seen_revision": row.revision if row else "",
        "members-TOTAL_FORMS": 0,
        "members-INITIAL_FORMS": 0,
    }
    return {**values, **changes}


def confirm(row: JointUse, **changes: Any) -> dict[str, Any]:
    row.refresh_from_db()
    return {"revision": row.revision, "effective_from": today(1).isoformat(), "confirmed": "on", **changes}


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_from_nothing_to_announced(manager_client: Client) -> None:
    item, purpose = DataItemFactory(code="name"), PurposeFactory(code="news")
    response = manager_client.post(url("add"), fields(responsible_address_ja="", items=[], purposes=[purpose.pk]))
    row = JointUse.objects.get()
    assert response.url == url("change", row.pk)
    page = manager_client.get(response.url).content.decode()
    assert "公表に足りないもの：共同で使うデータ項目、管理責任者の住所" in page
    assert "公表に進む" not in page
    assert "まだ公表できません。足りないもの" in manager_client.get(url("publish", row.pk)).content.decode()

    company = {
        "members-TOTAL_FORMS": 1,
        "members-0-joint_use": row.pk,
        "members-0-name_ja": "例の会社",
        "members-0-name_en": "Example Company",
        "members-0-country": "JP",
        "members-0-since": today().isoformat(),
    }
    manager_client.post(url("change", row.pk), fields(row, items=[item.pk], purposes=[purpose.pk], **company))
    row.refresh_from_db()
    assert (row.revision, [str(member) for member in row.members.all()]) == (2, ["例の会社"])
    change = RegisterChange.objects.get(revision=2)
    assert change.fields["items"] == [[], ["項目 name"]]
    assert change.fields["jointuser"] == [[], ["例の会社"]]
    assert "公表に進む" in manager_client.get(url("change", row.pk)).content.decode()

    page = manager_client.get(url("publish", row.pk)).content.decode()
    assert "もう変えられません" in page
    assert f'value="{today(1).isoformat()}"' in page
    data = confirm(row)
    del data["confirmed"]
    assert "チェックを入れて" in manager_client.post(url("publish", row.pk), data).content.decode()
    early = manager_client.post(url("publish", row.pk), confirm(row, effective_from=today().isoformat()))
    assert "翌日から" in early.content.decode()
    stale = manager_client.post(url("publish", row.pk), confirm(row, revision=1), follow=True)
    assert "ほかの人が先に" in messages_of(stale)
    nonsense = manager_client.post(url("publish", row.pk), confirm(row, effective_from="soon"))
    assert nonsense.status_code == 200
    assert not row.versions.exists()

    response = manager_client.post(url("publish", row.pk), confirm(row), follow=True)
    assert "公表しました" in messages_of(response)
    assert "第1版（予告中" in response.content.decode()


def test_items_and_scope_of_a_published_one_are_shown_and_not_taken(manager_client: Client) -> None:
    row = published()
    page = manager_client.get(url("change", row.pk)).content.decode()
    assert 'name="users_ja"' not in page
    assert 'name="items"' not in page
    other = DataItemFactory(code="telephone")
    response = manager_client.post(
        url("change", row.pk),
        fields(row, items=[other.pk], users_ja="だれでも", responsible_address_ja="大阪府大阪市例区1"),
    )
    assert response.status_code == 302
    row.refresh_from_db()
    assert row.users_ja == COMPLETE["users_ja"]
    assert {item.code for item in row.items.all()} == {"name", "email"}
    assert row.responsible_address_ja == "大阪府大阪市例区1"
    assert row.versions.get().responsible_address_ja == COMPLETE["responsible_address_ja"]
    page = manager_client.get(url("change", row.pk)).content.decode()
    assert "公表した内容と違います" in page

    page = manager_client.get(url("publish", row.pk)).content.decode()
    assert "遅れずに公表します" in page
    assert "大阪府大阪市例区1" in page
    manager_client.post(url("publish", row.pk), confirm(row, effective_from=today().isoformat()))
    assert row.versions.count() == 2


def test_a_new_name_of_the_responsible_party_is_asked_about(manager_client: Client) -> None:
    row = published()
    JointUse.objects.filter(pk=row.pk).update(responsible_name_ja="新しい名の店株式会社")
    page = manager_client.get(url("publish", row.pk)).content.decode()
    assert 'name="same_party"' in page
    at_once = confirm(row, effective_from=today().isoformat())
    assert "14日前までに" in manager_client.post(url("publish", row.pk), at_once).content.decode()
    manager_client.post(url("publish", row.pk), {**at_once, "same_party": "on"})
    assert row.versions.get(number=2).change == "without_delay"


def test_an_announced_change_is_watched_and_replaced(manager_client: Client) -> None:
    row = published()
    purpose = PurposeFactory(code="ads", text_ja="広告のため")
    row.purposes.add(purpose)
    announce(row, effective_from=today(20), announced_on=today())
    page = manager_client.get(url("change", row.pk)).content.decode()
    assert "第2版（予告中" in page
    assert "変更を予告中" in manager_client.get(url("changelist")).content.decode()
    row.purposes.remove(purpose)
    page = manager_client.get(url("publish", row.pk)).content.decode()
    assert "予告中の第2版" in page


def test_the_end(manager_client: Client) -> None:
    row = published()
    assert "もう変えられません" in manager_client.get(url("end", row.pk)).content.decode()
    response = manager_client.post(url("end", row.pk), {"revision": 1}, follow=True)
    assert "チェックを入れて" in messages_of(response)
    response = manager_client.post(url("end", row.pk), {"revision": "x", "confirmed": 1}, follow=True)
    assert "ほかの人が先に" in messages_of(response)
    response = manager_client.post(url("end", row.pk), {"revision": 1, "confirmed": 1}, follow=True)
    assert "終えました" in messages_of(response)
    assert 'name="name_ja"' not in response.content.decode()
    assert manager_client.post(url("change", row.pk), fields(row)).status_code == 403
    response = manager_client.post(url("end", row.pk), {"revision": 2, "confirmed": 1}, follow=True)
    assert "もう、終わって" in messages_of(response) or "もう終わって" in messages_of(response)
    assert "終わっています" in manager_client.get(url("publish", row.pk)).content.decode()


def test_two_people_at_one_draft(manager_client: Client) -> None:
    row = draft()
    manager_client.post(url("change", row.pk), fields(row, name_ja="一人目の名称"))
    response = manager_client.post(url("change", row.pk), fields(row, name_ja="二人目の名称"))
    assert "ほかの人が先に保存しました" in response.content.decode()
    assert "一人目の名称" in response.content.decode()
    row.refresh_from_db()
    assert row.name_ja == "一人目の名称"


@pytest.mark.parametrize("code", ["Group", "9group", "グループ", "a-b", ""])
def test_a_code_is_plain(manager_client: Client, code: str) -> None:
    assert manager_client.post(url("add"), fields(code=code)).status_code == 200
    assert not JointUse.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"members-0-country": "Japan"}, {"members-0-country": "jp"}, {"members-0-until": today(-99).isoformat()}]
)
def test_a_company_with_a_mistake_is_not_saved(manager_client: Client, bad: dict[str, str]) -> None:
    row = draft()
    company = {
        "members-TOTAL_FORMS": 1,
        "members-0-joint_use": row.pk,
        "members-0-name_ja": "例の会社",
        "members-0-name_en": "Example Company",
        "members-0-country": "JP",
        "members-0-since": today().isoformat(),
    }
    assert manager_client.post(url("change", row.pk), fields(row, **{**company, **bad})).status_code == 200
    assert not row.members.exists()


def test_each_action_needs_its_permission(staff_client: Callable[..., Client]) -> None:
    row = published()
    client = staff_client("view_jointuse", "change_jointuse")
    page = client.get(url("change", row.pk)).content.decode()
    assert 'name="name_ja"' in page
    assert url("end", row.pk) not in page
    for name in ("publish", "end"):
        assert client.get(url(name, row.pk)).status_code == 403
        assert client.post(url(name, row.pk), {"revision": 1, "confirmed": 1}).status_code == 403
    assert AuditEntry.objects.filter(action="register.denied").count() == 4
    assert staff_client("view_customer").get(url("change", row.pk)).status_code == 403
    assert staff_client("view_jointuse").post(url("change", row.pk), fields(row)).status_code == 403
    assert (
        url("end", row.pk) in staff_client("view_jointuse", "end_jointuse").get(url("change", row.pk)).content.decode()
    )
    assert Permission.objects.filter(codename__in=["publish_jointuse", "end_jointuse"]).count() == 2


def test_nobody_deletes_one(manager_client: Client) -> None:
    assert manager_client.post(url("delete", draft().pk), {"post": "yes"}).status_code == 403


def test_the_list_at_one_and_at_thirty_rows(manager_client: Client, django_assert_max_num_queries: Any) -> None:
    published()
    manager_client.get(url("changelist"))
    counts = []
    for more in range(2):
        with django_assert_max_num_queries(40) as queries:
            assert manager_client.get(url("changelist")).status_code == 200
        counts.append(len(queries))
        for number in range(30 * (1 - more)):
            published(code=f"group{number}")
    assert counts[0] == counts[1]


def test_the_list_says_what_is_missing_and_where_each_stands(manager_client: Client) -> None:
    draft(code="empty", users_en="", items=())
    draft(code="ready")
    published(code="coming", effective_from=today(3))
    published(code="active")
    page = manager_client.get(url("changelist")).content.decode()
    for words in ("そろっていません", "共同で使うデータ項目、利用者の範囲（英語）", "公表済み、開始前", "行っている"):
        assert words in page
    assert manager_client.get(url("changelist"), {"care": "joint_use.incomplete"}).content.decode().count("empty/") == 0
    found = manager_client.get(url("changelist"), {"care": "joint_use.incomplete"})
    assert [row.code for row in found.context["cl"].queryset] == ["empty"]
