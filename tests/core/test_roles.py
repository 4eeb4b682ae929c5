"""The table of roles, and the groups that are made from it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from privacy_portal.core import roles
from privacy_portal.core.models import User
from privacy_portal.core.services import staff_accounts
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest
from tests.factories.consent import CustomerFactory, OperatorFactory
from tests.factories.core import EnrolledStaffFactory, StaffFactory, pass_second_factor
from tests.factories.requests import MessageFactory, RequestFactory

pytestmark = pytest.mark.django_db
QUEUE = "/admin/requests_app/disclosurerequest/"


def every_permission() -> set[str]:
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def of(code: str) -> set[str]:
    return {name for name in every_permission() if roles.BY_CODE[code].has(name)}


def member(code: str) -> tuple[Client, User]:
    staff_accounts.create(
        email=f"{code}@shop.example", display_name="係", language="ja", roles=[code], actor=StaffFactory()
    )
    user = User.objects.get(email=f"{code}@shop.example")
    client = Client()
    pass_second_factor(client, user)
    return client, user


@pytest.mark.parametrize("role", roles.ROLES, ids=lambda role: role.code)
def test_every_name_in_the_table_is_a_permission(role: roles.StaffRole) -> None:
    known = every_permission()
    for pattern in role.grants:
        alone = roles.StaffRole("x", "x", role.name, role.summary, (pattern,))
        assert any(alone.has(name) for name in known), f"{pattern} is no permission; see privacy_portal/core/roles.py"


def test_who_may_do_what() -> None:
    assert not {name for name in of("manager") if ".delete_" in name}
    assert not {name for name in of("auditor") if ".view_" not in name}
    assert {"core.view_auditentry", "consent_app.view_customer", "requests_app.view_disclosurerequest"} <= of("auditor")
    assert of("support") == {"requests_app.list_requests"}
    assert of("handler") < of("department")
    assert of("department") - of("manager") == set()
    for code in ("handler", "department", "auditor", "support"):
        assert not {"consent_app.export_provisionrun", "consent_app.add_entrustment"} & of(code)
    assert "requests_app.approve_decision" not in of("handler")


def test_only_the_manager_gets_a_permission_that_nobody_wrote_into_a_role() -> None:
    granted = [role.code for role in roles.ROLES if role.has("requests_app.something_new")]
    assert granted == ["manager"]


def test_a_migration_brings_groups_back_to_the_table() -> None:
    group = Group.objects.get(name=roles.BY_CODE["auditor"].group)
    group.permissions.add(Permission.objects.get(codename="change_disclosurerequest"))
    Group.objects.filter(name=roles.BY_CODE["support"].group).delete()
    call_command("migrate", verbosity=0)
    for role in roles.ROLES:
        rows = Group.objects.get(name=role.group).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{codename}" for app, codename in rows} == of(role.code)


def test_a_change_of_roles_leaves_nothing_of_the_old_ones() -> None:
    _client, user = member("manager")
    user.groups.add(Group.objects.create(name="made by hand"))
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    staff_accounts.change(
        user=user, display_name="係", language="ja", roles=["support"], is_active=True, actor=StaffFactory()
    )
    fresh = User.objects.get(pk=user.pk)
    assert fresh.get_all_permissions() == {"requests_app.list_requests"}


def test_roles_are_not_edited_past_the_table() -> None:
    client = Client()
    pass_second_factor(client, EnrolledStaffFactory())
    assert client.get("/admin/auth/group/").status_code == 404


def test_support_sees_the_list_and_no_person() -> None:
    OperatorFactory()
    CustomerFactory()
    case = RequestFactory.in_review()
    client, _user = member("support")
    page = client.get(QUEUE)
    assert page.status_code == 200
    content = page.content.decode()
    assert case.receipt_number in content
    for party in case.parties.all():
        assert party.full_name not in content
        assert party.email not in content
    assert client.get(f"{QUEUE}{case.pk}/change/").status_code == 403
    assert client.get("/admin/consent_app/customer/").status_code == 403
    assert case.receipt_number in client.post(QUEUE, {"words": case.receipt_number}, follow=True).content.decode()


@pytest.mark.parametrize("words", ["高橋", "タカハシ", "+819012345678"])
def test_support_does_not_learn_from_the_search_who_made_a_request(words: str) -> None:
    OperatorFactory()
    case = RequestFactory.in_review()
    client, _user = member("support")
    assert case.receipt_number not in client.post(QUEUE, {"words": words}, follow=True).content.decode()
    handler, _user = member("handler")
    assert case.receipt_number in handler.post(QUEUE, {"words": words}, follow=True).content.decode()


def test_an_auditors_look_changes_nothing() -> None:
    OperatorFactory()
    case = RequestFactory.in_review()
    message = MessageFactory(request=case, from_person=True)
    client, _user = member("auditor")
    assert client.get(f"{QUEUE}{case.pk}/change/").status_code == 200
    message.refresh_from_db()
    assert message.read_at is None
    assert DisclosureRequest.objects.get().status == Status.IN_REVIEW
    handler, _user = member("handler")
    handler.get(f"{QUEUE}{case.pk}/change/")
    message.refresh_from_db()
    assert message.read_at is not None


@pytest.mark.parametrize(("file", "language"), [("operators-guide.md", "ja"), ("operators-guide.en.md", "en")])
def test_the_guide_names_every_role(file: str, language: str) -> None:
    from django.utils.translation import override

    guide = (Path(settings.BASE_DIR) / "docs" / file).read_text()
    with override(language):
        for role in roles.ROLES:
            assert f"| {role.name} | {role.summary} |" in guide
