"""Registers that staff keep: no change is lost, every change is remembered. On the register of trackers."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client, RequestFactory
from django.urls import reverse

from consent_app.admin.care import CareFilter
from consent_app.admin.kept import who
from consent_app.domain import care
from consent_app.models import RegisterChange, Tracker
from consent_app.services import kept
from privacy_portal.core.models import AuditEntry, User
from tests.consent_app.admin.test_trackers import fields, url
from tests.factories.consent import PurposeFactory
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.factories.trackers import TrackerFactory

pytestmark = pytest.mark.django_db


def save(client: Client, row: Tracker, **changes: Any) -> Any:
    return client.post(url("change", row.pk), fields(row, **changes))


def test_the_second_of_two_sees_what_the_first_changed_and_loses_nothing(manager_client: Client) -> None:
    row = TrackerFactory(code="ads")
    save(manager_client, row, name_ja="先の人の名称")

    stale = save(manager_client, row, name_ja="あとの人の名称")

    text = stale.content.decode()
    assert stale.status_code == 200
    assert "ほかの人が先に保存しました" in text
    assert "先の人の名称" in text
    assert 'value="あとの人の名称"' in text
    assert Tracker.objects.get().name_ja == "先の人の名称"
    # Whoever has seen both may save their own: the page carries the newest revision now.
    assert stale.context["adminform"].form["seen_revision"].value() == "2"
    assert save(manager_client, row, name_ja="あとの人の名称", seen_revision=2).status_code == 302
    assert Tracker.objects.get().name_ja == "あとの人の名称"


@pytest.mark.parametrize("seen", ["", "0", "x", "99"])
def test_a_form_without_its_revision_is_not_saved(manager_client: Client, seen: str) -> None:
    row = TrackerFactory(code="ads")
    assert save(manager_client, row, seen_revision=seen, name_ja="書換え").status_code == 200
    assert Tracker.objects.get().name_ja == row.name_ja


def test_a_conflict_keeps_every_choice_of_a_many_valued_field(manager_client: Client) -> None:
    row = TrackerFactory(code="ads")
    first, second = PurposeFactory(needs_consent=True), PurposeFactory(needs_consent=True)
    save(manager_client, row)
    stale = save(manager_client, row, purposes=[first.pk, second.pk])
    assert set(stale.context["adminform"].form["purposes"].value()) == {str(first.pk), str(second.pk)}


def test_the_history_has_both_values_in_words(manager_client: Client) -> None:
    row = TrackerFactory(code="ads", kind=Tracker.Kind.COOKIE)
    purpose = PurposeFactory(needs_consent=True, text_ja="広告のため")
    save(manager_client, row, kind="device", purposes=[purpose.pk], advertising="")
    save(manager_client, Tracker.objects.get(), kind="device", purposes=[purpose.pk], advertising="")

    change = RegisterChange.objects.get()
    assert change.fields["kind"] == ["クッキー（Cookie）", "端末の情報"]
    assert change.fields["purposes"] == [[], ["広告のため"]]
    assert (change.revision, change.kind) == (2, "changed")
    page = manager_client.get(url("change", row.pk)).content.decode()
    assert "クッキー（Cookie） → 端末の情報" in page
    assert "クッキー（Cookie） → 端末の情報" in manager_client.get(url("history", row.pk)).content.decode()
    assert AuditEntry.objects.filter(action="register.changed").count() == 1


def test_the_history_is_only_added_to(manager_client: Client) -> None:
    save(manager_client, TrackerFactory(code="ads"), name_ja="新しい名称")
    change = RegisterChange.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for refused in (lambda: RegisterChange.objects.update(fields={}), change.delete):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            refused()
    # That an account is deleted may be forgotten, and nothing else.
    User.objects.filter(pk=change.by_id).delete()
    change.refresh_from_db()
    assert change.by is None
    assert "削除されたアカウント" in who(change)


def test_whoever_may_only_look_gets_no_form(client: Client) -> None:
    row = TrackerFactory(code="ads")
    auditor = EnrolledStaffFactory(is_superuser=False)
    auditor.user_permissions.add(Permission.objects.get(codename="view_tracker"))
    pass_second_factor(client, auditor)
    page = client.get(url("change", row.pk))
    assert page.status_code == 200
    assert "seen_revision" not in page.content.decode()
    assert client.post(url("change", row.pk), fields(row)).status_code == 403
    assert client.get(url("add")).status_code == 403


def test_nothing_is_deleted_from_a_register(manager_client: Client) -> None:
    row = TrackerFactory()
    assert manager_client.post(url("delete", row.pk), {"post": "yes"}).status_code == 403
    assert Tracker.objects.exists()


def test_a_change_by_a_service_is_kept_too() -> None:
    row = TrackerFactory()
    before = kept.snapshot(row)
    row.name_ja = "直した名称"
    row.save()
    change = kept.record(row=row, before=before, actor=EnrolledStaffFactory())
    assert change is not None
    assert (row.revision, row.kept_by_staff) == (2, True)
    assert kept.record(row=row, before=kept.snapshot(row), actor=EnrolledStaffFactory()) is None
    with transaction.atomic(), pytest.raises(kept.ChangedMeanwhile):
        kept.lock(row, revision=1)


@pytest.mark.parametrize("kind", care.kinds(), ids=lambda kind: kind.code)
def test_every_kind_of_care_leads_to_its_list(manager_client: Client, kind: care.CareKind) -> None:
    """The first page links to the list of the model with the filter; the list must take it."""
    model = apps.get_model(kind.model)
    model_admin = admin.site.get_model_admin(model)
    request = RequestFactory().get("/")
    request.user = EnrolledStaffFactory(is_superuser=True)
    offered = model_admin.get_list_filter(request)
    assert sum(isinstance(entry, type) and issubclass(entry, CareFilter) for entry in offered) == 1
    address = reverse(f"admin:{kind.model.replace('.', '_')}_changelist")
    response = manager_client.get(address, {"care": kind.code})
    assert response.status_code == 200


def test_the_first_page_shows_what_needs_care(manager_client: Client) -> None:
    TrackerFactory(to_advertisers=True, refusal_ja="", refusal_en="", name_ja="断れない広告")
    page = manager_client.get("/admin/")
    text = page.content.decode()
    assert "断り方か同意の目的がない送信" in text
    assert "断れない広告" in text
    assert "?care=tracker.incomplete" in text
