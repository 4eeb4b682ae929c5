"""The first staff account and a new start."""

import io
import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from privacy_portal.core.models import AuditEntry, User
from privacy_portal.core.roles import BY_CODE
from tests.factories.core import EnrolledStaffFactory, UserFactory, pass_second_factor

MANAGER_GROUP = BY_CODE["manager"].group
pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("ensure_manager", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def run_json(*arguments: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(run("--json", *arguments)[0])
    return parsed


def test_makes_the_manager_once_and_prints_the_password_once() -> None:
    first = run_json()
    assert first["created"] is True
    assert first["email"] == "manager@rokusho.example"
    user = User.objects.get()
    assert user.is_staff
    assert user.check_password(first["password"])
    assert user.groups.get().name == MANAGER_GROUP
    assert run_json() == {"created": False, "email": "manager@rokusho.example"}
    out, err = run()
    assert out == ""
    assert "exists" in err
    user.refresh_from_db()
    assert user.check_password(first["password"])


def test_the_printed_data_is_for_people_too() -> None:
    out, _err = run("--email", "Privacy@Shop.Example")
    assert "privacy@shop.example" in out
    assert "Password: " in out


def test_passwords_differ() -> None:
    assert run_json()["password"] != run_json("--email", "second@shop.example")["password"]


def test_a_customer_is_not_made_the_manager() -> None:
    customer = UserFactory()
    with pytest.raises(CommandError):
        run("--email", customer.email)
    customer.refresh_from_db()
    assert not customer.is_staff


def test_group_may_look_and_change_but_not_delete_and_not_touch_the_audit_trail() -> None:
    run()
    codenames = set(Group.objects.get(name=MANAGER_GROUP).permissions.values_list("codename", flat=True))
    assert {"view_auditentry", "change_disclosurerequest", "view_customer"} <= codenames
    assert not {name for name in codenames if name.startswith("delete_") or name == "change_auditentry"}


def test_reset_gives_a_new_password_removes_factors_and_ends_sessions(client: Client) -> None:
    user = EnrolledStaffFactory()
    pass_second_factor(client, user)
    assert client.get("/admin/").status_code == 200
    fresh = run_json("--reset", "--email", user.email)
    user.refresh_from_db()
    assert user.check_password(fresh["password"])
    assert not Authenticator.objects.filter(user=user).exists()
    assert client.get("/admin/").status_code == 302
    assert AuditEntry.objects.filter(action="staff_sign_in.reset", actor="command", object_id=str(user.pk)).exists()


@pytest.mark.parametrize("email", ["nobody@shop.example", "no address"])
def test_reset_of_nobody_is_refused(email: str) -> None:
    with pytest.raises(CommandError):
        run("--reset", "--email", email)
