"""Accounts of staff in the admin."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from privacy_portal.core.models import AuditEntry, User
from privacy_portal.core.services import staff_accounts
from privacy_portal.core.services.staff_accounts import AddressTaken, NoSuchStaff, NotOwnAccount
from tests.factories.core import EnrolledStaffFactory, StaffFactory, UserFactory, pass_second_factor

pytestmark = pytest.mark.django_db
LIST = "/admin/core/user/"
NEW = {"email": "Clerk@Shop.Example", "display_name": "係", "language": "ja", "roles": ["manager"]}


@pytest.fixture
def boss(client: Client) -> User:
    user = EnrolledStaffFactory()
    pass_second_factor(client, user)
    return user


def page(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def test_a_new_account_gets_its_role_and_a_password_that_is_shown_once(client: Client, boss: User) -> None:
    response = client.post(f"{LIST}add/", NEW)
    assert response.status_code == 200
    clerk = User.objects.get(email="clerk@shop.example")
    password = response.context["first"].password
    assert password in response.content.decode()
    assert response["Cache-Control"] == "no-store, private"
    assert clerk.check_password(password)
    assert (clerk.is_staff, clerk.is_superuser, clerk.display_name) == (True, False, "係")
    assert clerk.has_perm("requests_app.decide_request")
    assert password not in client.get(page(clerk)).content.decode()
    entry = AuditEntry.objects.get(action="staff_sign_in.created")
    assert (entry.actor, entry.object_id) == (f"user:{boss.pk}", str(clerk.pk))


def test_an_address_that_somebody_has_is_refused(client: Client, boss: User) -> None:
    customer = UserFactory()
    response = client.post(f"{LIST}add/", {**NEW, "email": customer.email.upper()})
    assert response.context["adminform"].form.errors["email"]
    customer.refresh_from_db()
    assert not customer.is_staff
    with pytest.raises(AddressTaken):
        staff_accounts.create(email=customer.email, display_name="", language="ja", roles=[], actor=boss)


def test_roles_are_changed_and_accounts_switched_off_not_deleted(client: Client, boss: User) -> None:
    clerk = EnrolledStaffFactory(is_superuser=False)
    theirs = Client()
    pass_second_factor(theirs, clerk)
    assert theirs.get("/admin/").status_code == 200
    client.post(page(clerk), {"display_name": "係長", "language": "en", "roles": ["manager"], "is_active": "on"})
    clerk = User.objects.get(pk=clerk.pk)
    assert (clerk.display_name, clerk.language) == ("係長", "en")
    assert clerk.has_perm("requests_app.decide_request")
    client.post(page(clerk), {"display_name": "係長", "language": "en", "roles": []})
    clerk = User.objects.get(pk=clerk.pk)
    assert not clerk.is_active
    assert not clerk.groups.exists()
    assert theirs.get("/admin/").status_code == 302
    assert client.post(f"{LIST}{clerk.pk}/delete/", {"post": "yes"}).status_code == 403
    events = AuditEntry.objects.filter(action="staff_account.changed").order_by("id").values_list("detail", flat=True)
    assert [one["event"] for one in events] == ["details", "roles", "switched_off", "roles"]


def test_nobody_shuts_themselves_out(client: Client, boss: User) -> None:
    for values in ({"roles": ["superuser"]}, {"roles": ["manager"], "is_active": "on"}):
        response = client.post(page(boss), {"display_name": "x", "language": "ja", **values})
        assert response.status_code == 200
        assert response.context["adminform"].form.errors
    with pytest.raises(NotOwnAccount):
        staff_accounts.change(
            user=boss, display_name="", language="ja", roles=["superuser"], is_active=False, actor=boss
        )
    boss.refresh_from_db()
    assert (boss.is_active, boss.is_superuser) == (True, True)


def test_a_new_start_takes_factors_away_and_grants_nothing(client: Client, boss: User) -> None:
    clerk = EnrolledStaffFactory(is_superuser=False)
    assert client.get(f"{LIST}{clerk.pk}/reset/").status_code == 405
    response = client.post(f"{LIST}{clerk.pk}/reset/")
    clerk.refresh_from_db()
    assert clerk.check_password(response.context["first"].password)
    assert not Authenticator.objects.filter(user=clerk).exists()
    assert not clerk.groups.exists()
    assert AuditEntry.objects.filter(action="staff_sign_in.reset", actor=f"user:{boss.pk}").exists()


def test_customers_are_not_here(client: Client, boss: User) -> None:
    customer = UserFactory()
    assert customer.email not in client.get(LIST).content.decode()
    assert client.get(page(customer)).status_code == 302
    assert client.post(f"{LIST}{customer.pk}/reset/").status_code == 404
    with pytest.raises(NoSuchStaff):
        staff_accounts.change(user=customer, display_name="", language="ja", roles=[], is_active=True, actor=boss)


def test_only_superusers_see_it(client: Client) -> None:
    clerk = StaffFactory(is_superuser=False)
    clerk.groups.add(staff_accounts.group_of("manager"))
    pass_second_factor(client, clerk)
    for path in (LIST, f"{LIST}add/", page(clerk)):
        assert client.get(path).status_code == 403
    assert client.post(f"{LIST}{clerk.pk}/reset/").status_code == 403
    assert LIST not in client.get("/admin/").content.decode()


def test_the_list_takes_the_same_number_of_queries_at_1_and_30_rows(
    client: Client, boss: User, django_assert_max_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(LIST)
    counts = []
    for more in (0, 20):
        StaffFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
